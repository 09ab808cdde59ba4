"""A board's list of parts: what pins and ports imply, what its file adds, and how its supplies were sized. Pure."""

import csv
import io
from collections import Counter
from dataclasses import dataclass

from hw.board_check_words import Language, Said
from hw.board_parts import RESERVE_PERCENT, RINGER_MA, Part, needed_ma
from hw.board_words import title, word
from hw.boards import Board

# Low-current LEDs, which are bright at the 2 mA a pin spares (Vishay, TLLR5400 data sheet).
_LED_NUMBERS = {"red": "Vishay TLLR5400", "yellow": "Vishay TLLY5400", "green": "Vishay TLLG5400"}
_LED = Said("LED de 5 mm y 2 mA, {colour}", "5 mm LED for 2 mA, {colour}")
_COLOURS = {"red": "rojo", "yellow": "amarillo", "green": "verde"}
_RESISTOR = Said("resistencia de {ohm} Ω, 0,25 W, 5 %", "resistor {ohm} Ω, 0.25 W, 5 %")
_BUTTON = Said("pulsador, contacto normalmente abierto", "push button, normally open")
_BUZZER = Said("zumbador de 5 V con oscilador, 35 mA como mucho", "5 V buzzer with oscillator, 35 mA at the most")
_TRANSISTOR = Said("transistor NPN, 500 mA", "NPN transistor, 500 mA")
_DIODE = Said("diodo", "diode")
_SOCKET = Said("conector hembra 4P4C", "4P4C socket")
_LAMPS = Said("lámparas", "lamps")
_RINGERS = Said("timbres", "ringers")
_BUTTONS = Said("pulsadores", "buttons")
_PORTS = Said("puertos de auricular", "handset ports")
_FOR = {
    "computer": Said("la caja", "the box"),
    "supply": Said("el ordenador y lo que cuelga de él", "the computer and what hangs on it"),
    "hub": Said("los módems", "the modems"),
    "sound": _PORTS,
    "modem": Said("una línea cada uno", "a line each"),
    "handset": _PORTS,
    "clock": Said("la hora sin red", "the time without network"),
    "storage": Said("el sistema y los datos", "system and data"),
    "cable": Said("cableado", "wiring"),
    "other": Said("–", "–"),
}


@dataclass(frozen=True)
class BillLine:
    quantity: int
    part: str
    number: str
    """Of a maker, "" for what anybody makes."""
    used_for: str


def bill(board: Board, language: Language) -> list[BillLine]:
    """What must be bought, what the file says first."""
    lines = [
        BillLine(part.quantity, _said(part, language), part.number, _FOR[part.kind].text(language))
        for part in board.part
    ]

    def add(quantity: int, said: Said, used_for: Said, number: str = "", **facts: object) -> None:
        if quantity:
            lines.append(BillLine(quantity, said.text(language).format(**facts), number, used_for.text(language)))

    leds = Counter[str](lamp.led for lamp in board.lamp) + Counter(["green"] * len(board.handset_port))
    for led, count in sorted(leds.items()):
        add(count, _LED, _LAMPS, _LED_NUMBERS[led], colour=_COLOURS[led] if language == "es" else led)
    uses = board.pin_uses()
    for kind, used_for in (("lamp", _LAMPS), ("ringer", _RINGERS)):
        ohms = Counter(use.resistor_ohm for use in uses if use.kind == kind and use.resistor_ohm)
        for ohm, count in sorted(ohms.items()):
            add(count, _RESISTOR, used_for, ohm=ohm)
    ringers = sum(use.kind == "ringer" for use in uses)
    add(ringers, _BUZZER, _RINGERS)
    add(ringers, _TRANSISTOR, _RINGERS, "BC337-40")
    add(ringers, _DIODE, _RINGERS, "1N4148")
    add(len(board.button), _BUTTON, _BUTTONS)
    add(len(board.handset_port), _SOCKET, _PORTS)
    return lines


def sizing(board: Board, language: Language) -> list[str]:
    """How the supplies were sized, a sentence each."""
    computer = board.model
    if computer is None:
        return []
    uses = board.pin_uses()
    pins_ma = -(-sum(use.high_ua for use in uses) // 1000)
    ringers_ma = RINGER_MA * sum(use.kind == "ringer" for use in uses)
    said = []
    for kind, who, key in (("supply", "computer", "supply_need"), ("hub", "hub", "hub_need")):
        gives = sum(part.gives_ma for part in board.part if part.kind == kind)
        terms = [f"{part.quantity} × {_short(part, language)} {part.ma}" for part in board.part if part.fed_by == who]
        if who == "computer":
            terms = [
                word("the_computer", language, ma=computer.busy_ma),
                word("the_pins", language, ma=pins_ma),
                word("the_ringers", language, ma=ringers_ma),
                *terms,
            ]
        needs = needed_ma(board.part, computer, uses, "hub" if who == "hub" else "computer")
        why = f"{' + '.join(terms)}, {word('reserve', language, percent=RESERVE_PERCENT)}"
        if gives and terms:
            said.append(word(key, language, gives=gives, needs=needs, why=why))
    return said


def bill_markdown(board: Board, language: Language) -> str:
    """The list as a table for people, with the sentences under it."""
    heads = [word(key, language) for key in ("quantity", "part", "number", "for")]
    rows = ["| " + " | ".join(heads) + " |", "|---|---|---|---|"]
    rows += [f"| {one.quantity} | {one.part} | {one.number or '–'} | {one.used_for} |" for one in bill(board, language)]
    return "\n".join([f"# {title(board, language)}", "", *rows, "", *sizing(board, language), ""])


def bill_csv(board: Board, language: Language) -> str:
    """The list for a shop's form."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([word(key, language) for key in ("quantity", "part", "number", "for")])
    writer.writerows([one.quantity, one.part, one.number, one.used_for] for one in bill(board, language))
    return text.getvalue()


def _said(part: Part, language: Language) -> str:
    return part.es if language == "es" else part.en


def _short(part: Part, language: Language) -> str:
    kinds = {
        "modem": Said("módem", "modem"),
        "sound": Said("adaptador de sonido", "sound adapter"),
        "clock": Said("reloj", "clock"),
        "storage": Said("memoria", "storage"),
    }
    return kinds[part.kind].text(language) if part.kind in kinds else _said(part, language)
