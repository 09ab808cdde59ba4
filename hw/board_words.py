"""The words of a board's drawing, table and list of parts, Spanish beside English."""

from collections.abc import Mapping

from hw.board_check_words import Language, Said
from hw.board_rules import PinUse
from hw.boards import Board
from hw.wire_colours import wire_in_spanish

WORDS: Mapping[str, Said] = {
    "position": Said("pin", "pin"),
    "gpio": Said("GPIO", "GPIO"),
    "what": Said("función", "function"),
    "goes": Said("sentido", "direction"),
    "wire": Said("hilo", "wire"),
    "cable": Said("cable", "cable"),
    "resistor": Said("resistencia", "resistor"),
    "rest": Said("reposo", "at rest"),
    "in": Said("entrada", "input"),
    "out": Said("salida", "output"),
    "high": Said("alto", "high"),
    "low": Said("bajo", "low"),
    "ground": Said("masa", "ground"),
    "header": Said("Conector de 40 pines, visto desde arriba", "40-pin header, seen from above"),
    "usb_end": Said("lado de las tomas USB", "end with the USB sockets"),
    "card_end": Said("lado de la tarjeta SD, pin 1", "end with the SD card, pin 1"),
    "panel": Said("Panel: lámparas y pulsadores", "Panel: lamps and buttons"),
    "port": Said("Puerto de auricular {n}", "Handset port {n}"),
    "circuits": Said("Cómo va cada cosa", "How each is wired"),
    "lamp_circuit": Said("lámpara", "lamp"),
    "button_circuit": Said("pulsador o gancho", "button or hook"),
    "high_hook_circuit": Said("gancho que cierra a 3,3 V", "hook that closes to 3.3 V"),
    "ringer_circuit": Said("timbre", "ringer"),
    "sound_circuit": Said("sonido de un puerto", "a port's sound"),
    "sound_mic": Said("micrófono electret: 4P4C 1 y 4 → entrada de micrófono",
                      "electret microphone: 4P4C 1 and 4 → microphone in"),
    "sound_ear": Said("auricular de 150 Ω: 4P4C 2 y 3 → auriculares, un lado",
                      "ear piece, 150 Ω: 4P4C 2 and 3 → headphones, one side"),
    "sound_usb": Said("adaptador en la toma USB {socket}, tarjeta {card}",
                      "adapter in USB socket {socket}, card {card}"),
    "to_gpio": Said("al GPIO", "to GPIO"),
    "buzzer": Said("zumbador 5 V", "5 V buzzer"),
    "hub": Said("Concentrador USB en {socket}, {ports} tomas: los módems.",
                "USB hub in {socket}, {ports} sockets: the modems."),
    "in_the_box": Said("El transistor va en la caja; por el cable van colector y 5 V.",
                       "The transistor is in the box; its collector and 5 V go by the cable."),
    "clock": Said("reloj {clock}", "{clock} clock"),
    "kept": Said("reservado", "kept"),
    "currents": Said("Todos los pines encendidos: {all}, de {limit} que dan juntos.",
                     "All pins lit: {all} of the {limit} they give together."),
    "greatest_current": Said("El pin que más da: {most}, de {one}.",
                             "The pin that gives most: {most} of {one}."),
    "never_5v": Said("Nunca 5 V en un GPIO. Corte la corriente antes de mover un hilo.",
                     "Never 5 V on a GPIO. Switch the power off before you move a wire."),
    "clock_wires": Said("Reloj {clock}: pin 1 (3,3 V), 3 (SDA), 5 (SCL), 6 (masa).",
                        "{clock} clock: pins 1 (3.3 V), 3 (SDA), 5 (SCL), 6 (ground)."),
    "part": Said("pieza", "part"),
    "quantity": Said("cantidad", "quantity"),
    "number": Said("referencia", "part number"),
    "for": Said("para", "for"),
    "supply_need": Said("El alimentador da {gives} mA; hacen falta {needs} mA: {why}.",
                        "The supply gives {gives} mA; {needs} mA are needed: {why}."),
    "hub_need": Said("El alimentador del concentrador da {gives} mA a 5 V; hacen falta {needs} mA: {why}.",
                     "The hub's supply gives {gives} mA at 5 V; {needs} mA are needed: {why}."),
    "reserve": Said("y un {percent} % de reserva", "and a reserve of {percent} %"),
    "the_pins": Said("los pines {ma}", "pins {ma}"),
    "the_ringers": Said("los timbres {ma}", "ringers {ma}"),
    "the_computer": Said("el ordenador {ma}", "the computer {ma}"),
}  # fmt: skip


def word(key: str, language: Language, **facts: object) -> str:
    return WORDS[key].text(language).format(**facts)


def title(board: Board, language: Language) -> str:
    return board.title_es or board.title if language == "es" else board.title


def wire(colours: str, language: Language) -> str:
    """`white/green` as its reader says it."""
    return wire_in_spanish(colours) if language == "es" else colours


def function(use: PinUse, language: Language) -> str:
    """What a pin is for, as a person says it: "lamp of queue 2"."""
    kinds = {
        "hook": Said("gancho", "hook"),
        "lamp": Said("lámpara", "lamp"),
        "ringer": Said("timbre", "ringer"),
        "button": Said("pulsador", "button"),
    }
    kind = kinds[use.kind].text(language)
    if use.cable != "panel":
        return kind
    _, _, name = use.line.partition(":")
    what, _, number = name.partition(":")
    named = {
        "queue": Said("cola {n}", "queue {n}"),
        "line": Said("línea {n}", "line {n}"),
        "login": Said("entrar, puerto {n}", "login, port {n}"),
        "night_mode": Said("modo noche", "night mode"),
        "box": Said("avería de la caja", "box fault"),
    }
    said = named[what].text(language).format(n=number) if what in named else name
    return f"{kind}: {said}"


def cable(use: PinUse, language: Language) -> str:
    if use.cable == "panel":
        return "panel"
    return word("port", language, n=use.cable.removeprefix("port ")).lower()
