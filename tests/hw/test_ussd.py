"""The network's answers to USSD requests, in every form modems give them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hw import gsm_alphabet
from hw.ussd import UssdReply, is_ussd_code, packed_request, ussd_reply

BALANCE = "Tu saldo es 12,50 € hasta el 31/12"


def _ucs2(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


def _packed(text: str) -> str:
    return gsm_alphabet.pack_ussd(gsm_alphabet.encode(text) or b"").hex().upper()


@pytest.mark.parametrize(
    ("line", "state", "text"),
    [
        (f'+CUSD: 0,"{BALANCE}",15', "done", BALANCE),
        ('+CUSD: 1,"1. Saldo\n2. Recargas\n3. Salir",15', "wants_reply", "1. Saldo\n2. Recargas\n3. Salir"),
        (f'+CUSD: 0,"{_ucs2(BALANCE)}",15', "done", BALANCE),
        (f'+CUSD: 0,"{_ucs2("Баланс 120,50 р.")}",72', "done", "Баланс 120,50 р."),
        (f'+CUSD: 0,"{_ucs2("Saldo: ñandú")}",17', "done", "Saldo: ñandú"),
        (f'+CUSD: 0,"{_packed(BALANCE)}",15', "done", BALANCE),
        (f'+CUSD: 0,"{_packed("Saldo 7")}",0', "done", "Saldo 7"),
        (f"+CUSD: 0,{BALANCE}", "done", BALANCE),
        (f'+CUSD: 0,"{BALANCE}"', "done", BALANCE),
        (f"+CUSD: 0,{_ucs2(BALANCE)}", "done", BALANCE),
        ('+CUSD:0, "Hola" , 15', "done", "Hola"),
        ('+CUSD: 0,"Di "hola"",15', "done", 'Di "hola"'),
        ('+CUSD: 0,"34600123123",15', "done", "34600123123"),
        ('+CUSD: 0,"600123123123",15', "done", "600123123123"),
        ('+CUSD: 0,"DECADA",15', "done", "DECADA"),
        ('+CUSD: 2,"",15', "ended", ""),
        ("+CUSD: 4", "not_supported", ""),
        ("+CUSD: 5", "no_answer", ""),
        ("+CUSD: 2", "ended", ""),
        ("+CUSD: 9", "ended", ""),
    ],
)
def test_every_form_an_answer_takes(line: str, state: str, text: str) -> None:
    assert ussd_reply(line) == UssdReply(state, text)  # type: ignore[arg-type]


@pytest.mark.parametrize("line", ["", "OK", "+CUSD:", "+CUSD: x", "+CMTI: 1"])
def test_what_is_no_answer(line: str) -> None:
    assert ussd_reply(line) is None


@given(some.text(max_size=300))
def test_any_text_is_read_or_is_none(text: str) -> None:
    ussd_reply(f"+CUSD: {text}")
    ussd_reply(f'+CUSD: 0,"{text}",15')


def test_words_in_seven_bits_and_in_ucs_2_are_told_apart() -> None:
    rng = random.Random(1)
    words = [word for word in f"{BALANCE}. Gracias por usar Movistar! Tiene 120 MB y 30 min.".split(" ") if word]
    for _ in range(2_000):
        text = " ".join(["Saldo:", *rng.choices(words, k=rng.randint(3, 12))])
        for coded in (_packed(text), _ucs2(text)):
            assert ussd_reply(f'+CUSD: 0,"{coded}",15') == UssdReply("done", text)


def test_requests() -> None:
    assert packed_request("*100#") == "AA180C3602"
    assert is_ussd_code("*100#") and is_ussd_code("*133*1#") and is_ussd_code("#100#")
    assert not any(map(is_ussd_code, ("*100#\n", "100", "*100", '*1"#', "*" * 40 + "#", "", "*1\r#")))
