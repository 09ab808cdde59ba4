"""What is read as data: profiles, information lines of 27.007, caller ID; and the tones of digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw import at_answers, modem_profiles
from hw.at_answers import Caller, ListedCall
from hw.at_call import CallTracker
from hw.caller_id import CallerId
from hw.dtmf import DIGITS, DigitHearer, DigitSender, digit_sound
from hw.modem_profiles import FxoProfile, GsmProfile, ProfileError
from tests.sound import tone, tone_dbfs


def test_every_profile_can_be_read() -> None:
    kinds = {name: type(modem_profiles.read_profile(name)) for name in modem_profiles.profile_names()}
    assert kinds == {
        "a7670": GsmProfile,
        "cx93010": FxoProfile,
        "ec25": GsmProfile,
        "generic_27007": GsmProfile,
        "huawei_e1550": GsmProfile,
        "sim7600": GsmProfile,
        "sim800": GsmProfile,
        "usr5637": FxoProfile,
    }


@pytest.mark.parametrize("name", ["sim760", "", "../boards/laptop"])
def test_a_model_without_a_profile_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(ProfileError, match="ec25"):
        modem_profiles.read_gsm_profile(name)


def test_a_profile_of_the_other_kind_is_refused() -> None:
    with pytest.raises(ProfileError, match="not a GSM modem"):
        modem_profiles.read_gsm_profile("cx93010")
    with pytest.raises(ProfileError, match="not an FXO modem"):
        modem_profiles.read_fxo_profile("ec25")


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ('+CLCC: 1,1,4,0,0,"600123123",129', ListedCall(True, "incoming", "600123123")),
        ('+CLCC: 1,0,0,0,0,"+34600123123",145,""', ListedCall(False, "active", "+34600123123")),
        ("+CLCC: 1,0,3,0,0", ListedCall(False, "alerting", "")),
        ("+CLCC: 1,0,6,0,0,600,129", ListedCall(False, "over", "600")),
        ('+CLCC: 2,0,0,1,0,"",128', None),  # a data call
        ("+CLCC:", None),
        ("+CLCC: 1,0,9,0,0", None),
        ("+CLCC: x,y,z", None),
    ],
)
def test_call_list_lines(line: str, call: ListedCall | None) -> None:
    assert at_answers.listed_call(line) == call


def test_quectels_announcements() -> None:
    line = '+QIND: "ccinfo",1,1,-1,0,0,"600123123",129'
    assert at_answers.announced_call(line) == ListedCall(True, "over", "600123123")


def test_of_two_lines_about_one_call_the_later_counts() -> None:
    assert at_answers.call_list(("+CLCC: 1,0,3,0,0", "+CLCC: 1,0,6,0,0")) == ()


@pytest.mark.parametrize(
    ("line", "caller"),
    [
        ('+CLIP: "600123123",129,,,,0', Caller("600123123")),
        ('+CLIP: "600123123",129,"",,"Ana, casa",0', Caller("600123123", "Ana, casa")),
        ('+CLIP: "",128,,,,1', Caller("")),
        ("+CLIP: 600123123,129", Caller("600123123")),
        ("+CLIP:", Caller("")),
    ],
)
def test_callers(line: str, caller: Caller) -> None:
    assert at_answers.caller(line) == caller


@pytest.mark.parametrize(
    ("line", "state"), [("+CREG: 1,5", 5), ("+CREG: 2", 2), ('+CREG: 1,"00C3","0A1B",7', 1), ("+CREG: ?", -1)]
)
def test_registration(line: str, state: int) -> None:
    assert at_answers.registration(line) == state


def test_signal_and_operator() -> None:
    assert [at_answers.signal_percent(f"+CSQ: {rssi},99") for rssi in (0, 20, 31, 99)] == [0, 65, 100, -1]
    assert at_answers.signal_percent("+CSQ: ") == -1
    assert at_answers.signal_percent("+CSQ: \xb3") == -1, "a superscript three is no number; found by fuzzing"
    assert at_answers.operator('+COPS: 0,0,"Movistar, S.A.",7') == "Movistar, S.A."
    assert at_answers.operator("+COPS: 0") == ""


@given(st.text(max_size=80))
def test_any_line_is_read_without_raising(text: str) -> None:
    tracker = CallTracker(lambda event: None, lambda call: None)
    tracker.caller(at_answers.caller(text), 0)
    for listed in (at_answers.listed_call(text), at_answers.announced_call(text)):
        if listed is not None:
            tracker.seen(listed, 0)
    at_answers.registration(text)
    at_answers.signal_percent(text)
    at_answers.operator(text)
    CallerId().line(text)
    CallerId().line("MESG = " + text)


@pytest.mark.parametrize(
    ("lines", "number", "name"),
    [
        (["DATE=0117", "TIME=1452", "NMBR=600123123", "NAME=ANA"], "600123123", "ANA"),
        (["NMBR = 600123123"], "600123123", ""),
        (["NMBR=P", "NAME=P"], "", ""),
        (["NMBR = O"], "", ""),
        (["NAME=ANA"], None, "ANA"),
        (["MESG = 80060204363030" + "31"], "6001", ""),
        (["MESG = 0603010230020536303031320703414E41"], "60012", "ANA"),
        (["MESG = 040150"], "", ""),
        (["MESG = 02FF36"], None, ""),  # cut: half a number is somebody else's
        (["MESG = XYZ"], None, ""),
    ],
)
def test_caller_id_lines(lines: list[str], number: str | None, name: str) -> None:
    identity = CallerId()
    assert all(identity.line(line) for line in lines)
    assert (identity.number, identity.name) == (number, name)


def test_other_lines_are_no_caller_id() -> None:
    assert not any(CallerId().line(line) for line in ("RING", "OK", "NAMES=1", ""))


def _heard(sound: bytes) -> str:
    hearer = DigitHearer()
    found = [hearer.heard(sound[at : at + 320]) for at in range(0, len(sound) - 319, 320)]
    return "".join(digit for digit in found if digit)


def test_digits_sound_as_q23_says_and_are_heard_again() -> None:
    assert abs(tone_dbfs(digit_sound("1")[:1600], 697) - tone_dbfs(digit_sound("1")[:1600], 1209)) < 1
    sender = DigitSender()
    sender.send(DIGITS + "x")
    assert _heard(b"".join(sender.over(bytes(320)) for _ in range(10 * 17))) == DIGITS
    assert sender.over(b"ab") == b"ab"


def test_tones_that_are_no_digits_are_not_heard() -> None:
    assert _heard(tone(425, 1) + tone(697, 1) + tone(1209, 1)) == ""


def test_digits_beyond_the_limit_are_left_out() -> None:
    sender = DigitSender()
    sender.send("1" * 1000)
    frames = 0
    while sender.over(bytes(320)) != bytes(320) or frames % 10:
        frames += 1
    assert frames == DigitSender.MAX_DIGITS * 10
