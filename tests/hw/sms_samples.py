"""Random messages for tests of short messages: texts of every alphabet and length, senders, times; seeded."""

import random
from dataclasses import dataclass

from hw import gsm_alphabet
from hw.sms_fields import Address

GSM_CHARACTERS = tuple(c for c in gsm_alphabet.BASIC if c != "\x1b") + tuple(gsm_alphabet.EXTENSION.values())
GSM_LETTERS = tuple(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZÑñéèàüøΔΩ@ 0123456789.,:;()*/+-_!?¿¡&%$#£¥\n\r"
)
EMOJI = tuple("😀🎉👍🏽🇪🇸👩‍👧☎️🚀𝄞")
WIDE_CHARACTERS = tuple("áíóúÁÍÓÚçñ“”’–…жщЯ中文字ع日本0 ") + GSM_CHARACTERS
FROM_2000_TO_2099_S = (946_684_800 + 86_400, 4_102_444_799 - 86_400)
TO_2068_S = 3_124_223_999 - 86_400
"""Two digits of a year beyond are the last century to some."""


def text(rng: random.Random, longest: int = 400) -> str:
    """A quarter in the alphabet of GSM, a quarter without its extension, a quarter of UCS-2, a quarter with emoji."""
    characters = rng.choice((GSM_CHARACTERS, GSM_LETTERS, WIDE_CHARACTERS, (*WIDE_CHARACTERS, *EMOJI * 3)))
    return "".join(rng.choices(characters, k=rng.randint(1, longest)))


def number(rng: random.Random) -> str:
    return rng.choice(("", "+")) + "".join(rng.choices("0123456789", k=rng.randint(3, 15)))


def sender(rng: random.Random) -> Address:
    kind = rng.choice(("international", "national", "unknown", "alphanumeric"))
    if kind == "alphanumeric":
        length = rng.choice((2, 3, 4, 5, 6, 8, 9, 10, 11))  # of 7 letters others read an @ more
        return Address("alphanumeric", "".join(rng.choices("ABCDEFGHIJKLMnopqrstuvwxyz0189 -", k=length)))
    digits = "".join(rng.choices("0123456789", k=rng.randint(3, 15)))
    return Address("international" if kind == "international" else "unknown", digits)


@dataclass(frozen=True)
class When:
    utc_ms: int
    offset_minutes: int


def when(rng: random.Random) -> When:
    return When(rng.randint(FROM_2000_TO_2099_S[0], TO_2068_S) * 1000, 15 * rng.randint(-48, 56))
