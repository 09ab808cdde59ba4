"""Parts of messages become messages: in any order, doubled, by two centres, with one missing; and bounded."""

from dataclasses import replace
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hw.sms_assembly import MAX_HALF_MESSAGES, ReceivedMessage, SmsAssembly, Stored
from hw.sms_fields import Address, address_of
from hw.sms_pdu import Deliver, Submit, write_deliver, write_submit
from hw.sms_text import Concatenation, UserData, split_text

SENDER = address_of("+34600123123")
CENTRES = (address_of("+34600000001"), address_of("+34600000002"))
SENT_AT_MS = 1_700_000_000_000
THREE = "a" * 153 + "b" * 153 + "€c"


def _parts(
    text: str, reference: int = 7, sender: Address = SENDER, wide: bool = False, sent_at_ms: int = SENT_AT_MS
) -> list[Stored]:
    """As they lie in the modem, each from another centre than the one before, a second apart."""
    return [
        _stored(number, Deliver(sender, data, sent_at_ms + 1000 * number, CENTRES[number % 2]))
        for number, data in enumerate(split_text(text, reference, wide))
    ]


def _stored(place: int, deliver: Deliver) -> Stored:
    return Stored(f"ME/{place}", write_deliver(deliver).hex)


def _take_all(assembly: SmsAssembly, stored: list[Stored]) -> list[ReceivedMessage]:
    return [message for one in stored for message in assembly.take(one, 0)]


def test_a_single_message_is_ready_at_once() -> None:
    (message,) = _take_all(SmsAssembly(), _parts("Hola, ¿me llamáis?"))
    assert (message.sender, message.text, message.sent_at_ms) == ("+34600123123", "Hola, ¿me llamáis?", SENT_AT_MS)
    assert (message.parts, message.missing, message.places, message.centre) == (1, (), ("ME/0",), "+34600000001")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_parts_in_any_order_from_different_centres(order: tuple[int, ...]) -> None:
    parts = _parts(THREE)
    (message,) = _take_all(SmsAssembly(), [parts[place] for place in order])
    assert (message.text, message.parts, message.missing) == (THREE, 3, ())
    assert message.places == ("ME/0", "ME/1", "ME/2")
    assert message.sent_at_ms == SENT_AT_MS


@given(
    some.text(some.characters(exclude_categories=["Cs"]), min_size=1, max_size=260),
    some.randoms(use_true_random=False),
    some.booleans(),
)
def test_any_text_shuffled_with_another_and_doubled(text: str, rng: Random, wide: bool) -> None:
    ours = _parts(text, 9, wide=wide)
    others = [replace(one, place=one.place.replace("ME", "SM")) for one in _parts(THREE, 9, CENTRES[0], wide)]
    doubled = [replace(one, place=f"{one.place}0") for one in ours if len(ours) > 1]
    mixed = [*ours, *others, *doubled]
    rng.shuffle(mixed)
    assembly = SmsAssembly()
    messages = _take_all(assembly, mixed)
    assert {message.text for message in messages} == {text, THREE}
    assert len({message.id for message in messages}) == 2
    assert not len(assembly)
    whole = [place for message in messages for place in message.places]
    assert sorted(whole) == sorted(one.place for one in mixed)


def test_a_doubled_part_is_emptied_with_the_others() -> None:
    first, second, third = _parts(THREE)
    (message,) = _take_all(SmsAssembly(), [first, second, replace(second, place="ME/9"), third])
    assert (message.text, message.places) == (THREE, ("ME/0", "ME/1", "ME/2", "ME/9"))


def test_a_part_that_comes_again_after_the_whole_is_that_message_again() -> None:
    assembly = SmsAssembly()
    (message,) = _take_all(assembly, _parts(THREE))
    (again,) = assembly.take(replace(_parts(THREE)[1], place="ME/9"), 0)
    assert (again.id, again.text, again.places) == (message.id, THREE, ("ME/9",))
    assert len(assembly) == 0


def test_the_same_words_with_the_same_reference_at_another_time_are_another_message() -> None:
    """An alarm that always counts its parts from the same reference, and rings twice."""
    assembly = SmsAssembly()
    (first,) = _take_all(assembly, _parts(THREE))
    (second,) = _take_all(assembly, _parts(THREE, sent_at_ms=SENT_AT_MS + 3_600_000))
    assert (first.text, second.text) == (THREE, THREE)
    assert first.id != second.id


def test_the_same_message_read_again_has_the_same_name_and_another_has_not() -> None:
    (first,) = _take_all(SmsAssembly(), _parts(THREE))
    (again,) = _take_all(SmsAssembly(), _parts(THREE)[::-1])
    (other,) = _take_all(SmsAssembly(), _parts(THREE + "!"))
    assert first.id == again.id != other.id


def test_without_a_time_the_same_words_elsewhere_are_another_message() -> None:
    deliver = Deliver(SENDER, UserData("gsm7", b"ok"), None)
    (here,), (there,) = (SmsAssembly().take(_stored(place, deliver), 0) for place in (1, 2))
    assert here.id != there.id


def test_a_missing_part_times_out_and_says_so() -> None:
    assembly = SmsAssembly(part_wait_ms=1_000)
    first, _, third = _parts(THREE)
    assert assembly.take(first, 0) == []
    assert assembly.take(third, 500) == []
    assert assembly.deadline_ms() == 1_500
    assert assembly.overdue(1_499) == []
    (message,) = assembly.overdue(1_500)
    assert message.text == "a" * 153 + "[…2/3…]" + "€c"
    assert (message.missing, message.parts, message.places) == ((2,), 3, ("ME/0", "ME/2"))
    assert (len(assembly), assembly.deadline_ms()) == (0, None)


def test_looking_into_the_memory_again_makes_nobody_wait_longer() -> None:
    assembly = SmsAssembly(part_wait_ms=1_000)
    first, _, third = _parts(THREE)
    for now_ms in range(0, 900, 100):
        assert assembly.take(first, now_ms) == []
    assert assembly.deadline_ms() == 1_000
    assert assembly.take(third, 900) == []
    assert assembly.deadline_ms() == 1_900


def test_a_part_that_comes_after_that_is_a_message_of_its_own_with_gaps() -> None:
    assembly = SmsAssembly(part_wait_ms=1_000)
    first, second, third = _parts(THREE)
    _take_all(assembly, [first, third])
    assembly.overdue(1_000)
    assert assembly.take(second, 2_000) == []
    (late,) = assembly.overdue(3_000)
    assert (late.text, late.missing) == ("[…1/3…]" + "b" * 153 + "[…3/3…]", (1, 3))


def test_a_reference_used_again_begins_another_message() -> None:
    assembly = SmsAssembly()
    old, new = _parts("o" * 160 + "x" * 10), _parts("n" * 160 + "y" * 10)
    assert assembly.take(old[0], 0) == []
    (given_out,) = assembly.take(new[0], 0)
    assert given_out.missing == (2,)
    assert [message.text for message in assembly.take(new[1], 0)] == ["n" * 160 + "y" * 10]


def test_half_messages_are_bounded_and_the_oldest_goes_first() -> None:
    assembly = SmsAssembly()
    for reference in range(MAX_HALF_MESSAGES):
        assert assembly.take(_parts(THREE, reference)[0], reference) == []
    (oldest,) = assembly.take(_parts("z" * 161, 99)[0], 1_000)
    assert oldest.text.startswith("aaa")
    assert len(assembly) == MAX_HALF_MESSAGES


def test_a_message_of_255_parts_whose_first_and_last_came() -> None:
    assembly = SmsAssembly()
    for part in (1, 255):
        data = UserData("gsm7", b"a", Concatenation(1, 255, part))
        assert assembly.take(_stored(part, Deliver(SENDER, data, SENT_AT_MS)), 0) == []
    (message,) = assembly.give_up_waiting()
    assert (len(message.missing), message.text[:10], message.text[-1]) == (253, "a[…2/255…]", "a")


def test_parts_of_different_codings_and_pairs_cut_between_parts() -> None:
    halves = "😀".encode("utf-16-be")
    datas = [("gsm7", b"x"), ("ucs2", halves[:2]), ("ucs2", halves[2:]), ("gsm7", b"\x1b"), ("gsm7", b"\x65")]
    assembly = SmsAssembly()
    messages = []
    for number, (coding, content) in enumerate(datas, start=1):
        data = UserData(coding, content, Concatenation(1, len(datas), number))  # type: ignore[arg-type]
        messages += assembly.take(_stored(number, Deliver(SENDER, data, SENT_AT_MS)), 0)
    assert [message.text for message in messages] == ["x😀€"]


def test_what_cannot_be_read_is_kept_as_it_is() -> None:
    (message,) = SmsAssembly().take(Stored("SM/3", "07911326040000F0040B"), 0)
    assert (message.octets.hex().upper(), message.places) == ("07911326040000F0040B", ("SM/3",))
    assert message.unreadable == "ends within the sender"
    (message,) = SmsAssembly().take(Stored("SM/4", "hello"), 0)
    assert (message.octets, message.unreadable) == (b"hello", "not an even number of hexadecimal digits")


def test_octets_are_kept_and_a_draft_is_no_message() -> None:
    data = UserData("octets", b"\x01\x02")
    (message,) = SmsAssembly().take(_stored(1, Deliver(SENDER, data, SENT_AT_MS)), 0)
    assert (message.octets, message.text) == (b"\x01\x02", "")
    assert SmsAssembly().take(Stored("ME/1", write_submit(Submit(SENDER, data)).hex), 0) == []


@given(some.lists(some.binary(max_size=60), max_size=20))
def test_whatever_comes_is_bounded_and_never_raises(units: list[bytes]) -> None:
    assembly = SmsAssembly()
    for number, unit in enumerate(units):
        assembly.take(Stored(f"ME/{number}", unit.hex()), number)
    assert len(assembly) <= MAX_HALF_MESSAGES
