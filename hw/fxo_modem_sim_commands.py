"""What the FXO twins answer to commands, by class and hook: V.253 as the two models speak it, errors included."""

import re
from dataclasses import dataclass, field
from typing import Literal

from hw.at_conversation_sim import Reply
from hw.dtmf import DIGITS
from hw.g711 import Law

SoundFormat = Literal["a_law", "mu_law", "too_much", "other"]


@dataclass(frozen=True)
class FxoModel:
    name: str
    answers: dict[str, str]
    """Identity and firmware."""
    formats: dict[int, SoundFormat]
    """+VSM codes it takes. "too_much" fills the link faster than it empties."""
    firmware: str = ""
    lifting_firmware: str = ""
    """Older firmware answers OK to +VLS=1 and stays on hook."""
    confirms_lift: bool = False
    """Says <DLE>H after +VLS=1."""
    countries: frozenset[str] = frozenset()
    """What +GCI takes; none: the command is unknown."""
    dumb_digits: bool = False
    """+VTS=<digit> is answered OK and says nothing; +VTS=[f1,f2,t] works."""


_CX_COUNTRIES = "00 07 09 0A 0F 16 20 26 27 2E 31 3C 3D 42 46 50 51 53 57 58 59 73 7B 7E A0 B4 B5"
MODELS = {
    "cx93010": FxoModel(
        "cx93010",
        {"AT+FMM": "CX93001-EIS_V0.2013-V92", "ATI3": "CX93001-EIS_V0.2013-V92"},
        {0: "other", 1: "other", 129: "other", 130: "other", 131: "mu_law", 132: "a_law", 133: "too_much"},
        countries=frozenset(_CX_COUNTRIES.split(" ")),
    ),
    "usr5637": FxoModel(
        "usr5637",
        {"ATI3": "U.S. Robotics 56K FAX USB V1.2.23", "ATI7": "Product type USB, Version 1.2.23"},
        {128: "other", 129: "too_much", 130: "a_law", 131: "mu_law"},
        firmware="1.2.23",
        lifting_firmware="1.2.23",
        confirms_lift=True,
        dumb_digits=True,
    ),
}
FACTORY_COUNTRY = "B5"


@dataclass
class FxoState:
    """What commands change. `vls` is what the host asked, the line knows whether it was done."""

    fclass: int = 0
    vcid: bool = False
    vls: int = 0
    sound_format: SoundFormat = "other"
    format_set: bool = False
    country: str = FACTORY_COUNTRY
    settings: list[str] = field(default_factory=list)

    @property
    def law(self) -> Law:
        return "mu_law" if self.sound_format == "mu_law" else "a_law"


_VSM = re.compile(r"^AT\+VSM=(\d+),8000$")
_PLAIN = re.compile(r"^AT(V1|X[0-4]|S0=0|&D[02]|&F|\+VSD=\d+,\d+|\+VIT=\d+)$")
_COUNTRY = re.compile(r"^AT\+GCI=([0-9A-F]{2})$")
_VOICE = ("AT+VSD", "AT+VIT", "AT+VLS", "AT+VSM", "AT+VTR", "AT+VRX", "AT+VTS")
_TONES = {(low, high): place for place, (low, high) in enumerate(
    (low, high) for low in (697, 770, 852, 941) for high in (1209, 1336, 1477, 1633)
)}  # fmt: skip
_VTS_DIGIT = re.compile(r"^AT\+VTS=([0-9*#A-D])$")
_VTS_TONES = re.compile(r"^AT\+VTS=\[(\d+),(\d+),(\d+)\]$")


def plain_reply(text: str, model: FxoModel, state: FxoState, refuses_country: bool = False) -> Reply | None:
    """The reply to a command that touches neither the line nor sound; None for those that do, and the unknown."""
    if text == "AT" or _PLAIN.match(text):
        return ["ERROR"] if text.startswith(_VOICE) and state.fclass != 8 else ["OK"]
    if text in model.answers:
        answer = model.answers[text]
        return [answer.replace("1.2.23", model.firmware) if model.firmware else answer, "OK"]
    if text == "AT+FCLASS?":
        return [str(state.fclass), "OK"]
    if text in ("AT+FCLASS=0", "AT+FCLASS=8"):
        state.fclass = int(text[-1])
        return ["OK"]
    if text in ("AT+VCID=0", "AT+VCID=1"):
        state.vcid = text.endswith("1")
        return ["OK"]
    if text == "AT+VTR=?":
        return ["ERROR"]  # and means nothing
    wanted = _VSM.match(text)
    if wanted and state.fclass == 8 and int(wanted.group(1)) in model.formats:
        state.sound_format = model.formats[int(wanted.group(1))]
        state.format_set = True
        return ["OK"]
    return _country_reply(text, model, state, refuses_country)


def _country_reply(text: str, model: FxoModel, state: FxoState, refuses: bool) -> Reply | None:
    if not model.countries:
        return None
    if text == "AT+GCI?":
        return [f"+GCI: {state.country}", "OK"]
    wanted = _COUNTRY.match(text)
    if wanted and wanted.group(1) in model.countries and not refuses:
        state.country = wanted.group(1)
        return ["OK"]
    return None


def sent_digit(text: str, model: FxoModel) -> str | None:
    """The digit a +VTS sends, "" for one that sends nothing and is answered OK, None for what is no such command."""
    plain = _VTS_DIGIT.match(text)
    if plain:
        return "" if model.dumb_digits else plain.group(1)
    tones = _VTS_TONES.match(text)
    if tones:
        place = _TONES.get((int(tones.group(1)), int(tones.group(2))))
        return DIGITS[place] if place is not None else None
    return None
