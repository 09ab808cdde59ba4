"""What the comparison of a machine with its board says, Spanish beside English: part, sentence, what to do."""

from typing import Literal, NamedTuple

Language = Literal["es", "en"]


class Said(NamedTuple):
    es: str
    en: str

    def text(self, language: Language) -> str:
        return self.es if language == "es" else self.en


class Told(NamedTuple):
    """One kind of finding. The fields in braces are named alike in both languages."""

    part: Said
    sentence: Said
    what_to_do: Said | None = None
    """None: it is as it should be."""


_COMPUTER = Said("ordenador", "computer")
_LINES = Said("pines", "pins")
_LINE = Said("pin {line}", "pin {line}")
_CARD = Said("puerto de auricular {port}", "handset port {port}")
_HUB = Said("concentrador USB", "USB hub")
_MODEMS = Said("módems", "modems")
_POWER = Said("alimentación", "power supply")
_WATCHDOG = Said("vigilante", "watchdog")
_CLOCK = Said("reloj", "clock")

TOLD: dict[str, Told] = {
    "computer": Told(_COMPUTER, Said("es un {found}, como dice la placa.", "a {found}, as the board says.")),
    "no_header": Told(
        _COMPUTER,
        Said("la placa no dice qué ordenador es: sus pines no se comparan.",
             "the board does not say which computer it is for: its pins are not compared."),
    ),
    "other_computer": Told(
        _COMPUTER,
        Said("es un {found}, y la placa es para un {wanted}.", "this is a {found}, and the board is for a {wanted}."),
        Said("Escriba en [box] board la placa de este ordenador, o use un {wanted}.",
             "Name the board of this computer in [box] board, or use a {wanted}."),
    ),
    "no_chip": Told(
        _LINES,
        Said("no se ven los pines ({wanted}).", "the pins ({wanted}) cannot be seen."),
        Said("En la caja, ejecútelo como root; si falta el chip, la imagen no es la de este ordenador.",
             "On the box, run this as root; if the chip is missing, the image is not this computer's."),
    ),
    "lines": Told(
        _LINES,
        Said("los {count} tienen su nombre; {used} en uso por la centralita.",
             "all {count} have their names; the box uses {used} of them now."),
    ),
    "no_overlay": Told(
        _LINES,
        Said("no tienen los nombres de la placa: falta su overlay.",
             "have not the board's names: its overlay is not loaded."),
        Said("config.txt necesita dtoverlay={overlay}: véase `./centralita board config`. Luego, reinicie.",
             "config.txt needs dtoverlay={overlay}: see `./centralita board config`. Then restart the box."),
    ),
    "other_name": Told(
        _LINE,
        Said("GPIO {pin} se llama {found}: el overlay es de otra placa.",
             "GPIO {pin} is called {found}: the overlay is another board's."),
        Said("Ponga el overlay de la placa en la partición de arranque: `./centralita board overlay`.",
             "Put this board's overlay on the boot partition: `./centralita board overlay`."),
    ),
    "other_user": Told(
        _LINE,
        Said("GPIO {pin} (pin {position} del conector) lo usa {user}.",
             "GPIO {pin} (header pin {position}) is used by {user}."),
        Said("Quite de config.txt o de los módulos lo que lo usa, o dele otro pin en la placa.",
             "Remove what uses it from config.txt or the modules, or give it another pin in the board."),
    ),
    "other_direction": Told(
        _LINE,
        Said("GPIO {pin} es una {found} y la placa lo quiere como {wanted}.",
             "GPIO {pin} is an {found}, and the board wants an {wanted}."),
        Said("Reinicie la centralita: usa la placa anterior.", "Restart the box's processes: they use the old board."),
    ),
    "card": Told(
        _CARD,
        Said("la tarjeta de sonido {card} está en la toma USB {socket}, con micrófono y auricular.",
             "the sound card {card} sits in USB socket {socket} and has microphone and ear piece."),
    ),
    "no_card": Told(
        _CARD,
        Said("no hay ninguna tarjeta de sonido en la toma USB {socket}.", "no sound card sits in USB socket {socket}."),
        Said("Enchufe ahí el adaptador de este puerto, o compruebe su cable.",
             "Plug this port's adapter in there, or check its cable."),
    ),
    "card_name": Told(
        _CARD,
        Said("la tarjeta de la toma USB {socket} se llama {found} y no {card}.",
             "the card in USB socket {socket} is called {found}, not {card}."),
        Said("Instale las reglas de `./centralita board udev` y vuelva a enchufarla.",
             "Install the rules of `./centralita board udev` and plug it in again."),
    ),
    "card_moved": Told(
        _CARD,
        Said("la tarjeta {card} está en la toma USB {found} y no en la {socket}: ¿cambiadas?",
             "the card {card} sits in USB socket {found}, not in {socket}: swapped?"),
        Said("Enchúfela en la toma {socket}; el auricular de otro puesto sonaría.",
             "Plug it into socket {socket}; another desk's handset would ring."),
    ),
    "card_kind": Told(
        _CARD,
        Said("la tarjeta {card} es una {found}, y la placa dice {wanted}.",
             "the card {card} is a {found}, and the board says {wanted}."),
        Said("Cámbiela, o corrija sound_id en la placa.", "Exchange it, or correct sound_id in the board."),
    ),
    "card_half": Told(
        _CARD,
        Said("la tarjeta {card} no tiene entrada y salida de sonido.",
             "the card {card} has not both sound in and out."),
        Said("Use un adaptador con micrófono y auriculares.", "Use an adapter with microphone and headphones."),
    ),
    "hub": Told(
        _HUB,
        Said("{usb_id} en la toma {socket}, con {ports} tomas.",
             "{usb_id} in socket {socket}, with {ports} sockets."),
    ),
    "no_hub": Told(
        _HUB,
        Said("en la toma USB {socket} no hay ningún concentrador.", "there is no hub in USB socket {socket}."),
        Said("Enchúfelo ahí y compruebe su alimentador.", "Plug it in there and check its supply."),
    ),
    "other_hub": Told(
        _HUB,
        Said("el de la toma {socket} es un {found}, y la placa dice {wanted}.",
             "the one in socket {socket} is a {found}, and the board says {wanted}."),
        Said("Compruebe que conmuta sus tomas (uhubctl) y corrija usb_id en la placa.",
             "See that it switches its ports (uhubctl), and correct usb_id in the board."),
    ),
    "small_hub": Told(
        _HUB,
        Said("tiene {found} tomas, y la placa dice {wanted}.", "it has {found} sockets, and the board says {wanted}."),
        Said("Ponga el de la lista de piezas: `./centralita board parts`.",
             "Use the one of the list of parts: `./centralita board parts`."),
    ),
    "modems": Told(
        _MODEMS,
        Said("{found} enchufados; líneas con módem: {wanted}.",
             "{found} plugged in; lines with a modem: {wanted}."),
    ),
    "few_modems": Told(
        _MODEMS,
        Said("solo {found} enchufados; líneas con módem: {wanted}.",
             "only {found} plugged in; lines with a modem: {wanted}."),
        Said("Enchufe los que faltan en el concentrador; un módem recién enchufado tarda hasta 30 s.",
             "Plug the missing ones into the hub; a modem takes up to 30 s to appear."),
    ),
    "modem_off_hub": Told(
        _MODEMS,
        Said("el {usb_id} de la toma {socket} cuelga del propio ordenador: en una ráfaga puede dejarlo sin corriente.",
             "the {usb_id} in socket {socket} hangs on the computer itself: a burst may take its power away."),
        Said("Páselo al concentrador, que tiene alimentador propio y puede apagarlo.",
             "Move it to the hub, which has its own supply and can switch it off and on."),
    ),
    "power": Told(_POWER, Said("la tensión es suficiente.", "the voltage is high enough.")),
    "power_unseen": Told(
        _POWER,
        Said("este núcleo no mide la tensión: si es baja, la luz roja del ordenador se apaga.",
             "this kernel does not measure the voltage: when it is low, the computer's red lamp goes out."),
    ),
    "low_power": Told(
        _POWER,
        Said("la tensión ha bajado de 4,63 V en los últimos segundos.",
             "the voltage fell below 4.63 V within the last seconds."),
        Said("Use el alimentador de la lista de piezas y un cable corto; los módems, al concentrador.",
             "Use the supply of the list of parts and a short cable; put the modems on the hub."),
    ),
    "watchdog": Told(_WATCHDOG, Said("{found}, en marcha.", "{found}, running.")),
    "idle_watchdog": Told(
        _WATCHDOG,
        Said("{found} está, pero nadie lo usa: una caja colgada no se reiniciaría.",
             "{found} is there, but nobody uses it: a box that hangs would not restart."),
        Said("systemd necesita RuntimeWatchdogSec; la imagen lo trae.",
             "systemd needs RuntimeWatchdogSec; the image sets it."),
    ),
    "no_watchdog": Told(
        _WATCHDOG,
        Said("falta {wanted}: una caja colgada no se reiniciaría.",
             "{wanted} is missing: a box that hangs would not restart."),
        Said("Cargue el módulo bcm2835_wdt (modprobe bcm2835_wdt).",
             "Load the module bcm2835_wdt (modprobe bcm2835_wdt)."),
    ),
    "clock": Told(_CLOCK, Said("hay un reloj con pila: {found}.", "there is a clock with a battery: {found}.")),
    "no_clock": Told(
        _CLOCK,
        Said("no se ve el {wanted}: sin red, tras un corte de corriente la hora sería falsa.",
             "the {wanted} cannot be seen: without network the time would be wrong after a power cut."),
        Said("Compruebe sus hilos (3,3 V en el pin 1, GPIO 2 en el 3, GPIO 3 en el 5, masa) y el overlay.",
             "Check its wires (3.3 V at pin 1, GPIO 2 at 3, GPIO 3 at 5, ground) and the overlay."),
    ),
}  # fmt: skip

INPUT = Said("entrada", "input")
OUTPUT = Said("salida", "output")
NO_COMPUTER = Said("un ordenador sin árbol de dispositivos (un PC)", "computer without a device tree (a PC)")
