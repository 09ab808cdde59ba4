"""Each finding of the box's health as an installer reads it: what is wrong, what still works, what to do."""

from collections.abc import Mapping
from datetime import UTC, datetime

from appliance.acd.plan import Language
from appliance.acd.view import BoxFinding

_DATA_LOST = {
    "cannot be mounted": ("no se puede leer", "cannot be read"),
    "is not there": ("no aparece", "is not there"),
    "cannot be written": ("no se puede escribir", "cannot be written"),
}
WORDS: Mapping[str, tuple[str, str]] = {
    "data_lost": (
        "La partición de datos {reason}. La centralita atiende llamadas con lo que tiene en memoria: lo que apunte "
        "y grabe se perderá al apagarla. Apáguela, revise o cambie el disco o la tarjeta y restaure la última copia"
        " de seguridad.",
        "The data partition {reason}. The box takes calls from memory: what it writes down and records is lost when"
        " it is switched off. Switch it off, check or replace the disk or card, and restore the last backup.",
    ),
    "data_gone": (
        "El disco de datos ha desaparecido. Las llamadas siguen y sus registros esperan en memoria: se pierden si "
        "se apaga la centralita. No se graba. Cuando no haya llamadas, apáguela, revise que el disco o la tarjeta "
        "está bien conectado y enciéndala: si no vuelve, cámbielo y restaure la copia de seguridad.",
        "The data disk has disappeared. Calls go on and their records wait in memory: they are lost when the box is"
        " switched off. Nothing is recorded. When there are no calls, switch it off, see that the disk or card is "
        "well connected, and switch it on: if the disk does not come back, replace it and restore the backup.",
    ),
    "data_read_only": (
        "El disco de datos solo se deja leer, casi siempre porque está fallando. Las llamadas siguen y sus "
        "registros esperan en memoria: se pierden si se apaga la centralita. No se graba. Haga una copia de "
        "seguridad en una memoria USB y, cuando no haya llamadas, reinicie la centralita, que repara el disco al "
        "arrancar. Si se repite, cambie el disco o la tarjeta.",
        "The data disk can only be read, nearly always because it is failing. Calls go on and their records wait in"
        " memory: they are lost when the box is switched off. Nothing is recorded. Make a backup on a USB stick "
        "and, when there are no calls, restart the box, which mends the disk as it starts. If it happens again, "
        "replace the disk or card.",
    ),
    "data_full": (
        "El disco de datos está lleno: quedan {mb} MB. Las llamadas siguen, pero ya no se graban, y si se acaba del"
        " todo sus registros esperan en memoria. Deje de grabar en las colas que no lo necesiten («record» en "
        "office.toml) o ponga un disco mayor.",
        "The data disk is full: {mb} MB are left. Calls go on but are not recorded any more, and once nothing is "
        "left their records wait in memory. Stop recording in queues that do not need it (“record” in office.toml),"
        " or fit a larger disk.",
    ),
    "data_low": (
        "En el disco de datos quedan {mb} MB. Con menos de 105 MB se deja de grabar. Deje de grabar en las colas "
        "que no lo necesiten («record» en office.toml) o ponga un disco mayor.",
        "{mb} MB are left on the data disk. Below 105 MB calls are not recorded any more. Stop recording in queues "
        "that do not need it (“record” in office.toml), or fit a larger disk.",
    ),
    "store_failing": (
        "Los registros de llamadas no se pueden guardar ({error}). Las llamadas siguen; {n} registros esperan en "
        "memoria y se guardarán en cuanto el disco los acepte. No apague la centralita sin haber visto antes qué le"
        " pasa al disco.",
        "Call records cannot be stored ({error}). Calls go on; {n} records wait in memory and are stored as soon as"
        " the disk takes them. Do not switch the box off before you have seen what is wrong with the disk.",
    ),
    "records_given_up": (
        "El disco lleva demasiado tiempo sin aceptar nada: {n} registros ya no cabían en memoria y están solo en el"
        " registro del sistema. Arregle el disco cuanto antes.",
        "The disk has taken nothing for too long: {n} records no longer fitted into memory and are in the system "
        "log only. Mend the disk as soon as possible.",
    ),
    "address_clash": (
        "Otro aparato de la red usa ya la dirección {address} que el router ha dado a la centralita, así que la "
        "centralita no la toma: los teléfonos SIP no la encuentran. Las líneas móviles y analógicas y los teléfonos"
        " conectados a ella siguen funcionando. Cambie la dirección del otro aparato, o reserve en el router otra "
        "para la centralita.",
        "Another device on the network already uses the address {address} that the router gave the box, so the box "
        "does not take it: SIP phones do not find it. Mobile and analogue lines and the handsets on the box go on "
        "working. Change the other device's address, or reserve another one for the box in the router.",
    ),
    "no_network": (
        "No hay red: el cable no está conectado o el otro extremo está apagado. Las líneas móviles y analógicas y "
        "los teléfonos conectados a la centralita siguen funcionando; los teléfonos SIP y las líneas SIP no. Revise"
        " el cable y el switch o router.",
        "There is no network: the cable is not plugged in, or its other end is off. Mobile and analogue lines and "
        "the handsets on the box go on working; SIP phones and SIP lines do not. Check the cable and the switch or "
        "router.",
    ),
    "no_address": (
        "La red no da ninguna dirección a la centralita: los teléfonos SIP no la encuentran. Revise que el router "
        "reparte direcciones (DHCP).",
        "The network gives the box no address: SIP phones do not find it. See that the router hands out addresses "
        "(DHCP).",
    ),
    "own_address": (
        "La red no reparte direcciones (DHCP), así que la centralita se ha puesto una ella misma. Solo la "
        "encuentran los aparatos que hagan igual. Revise que el router está encendido y reparte direcciones.",
        "The network hands out no addresses (DHCP), so the box took one of its own. Only devices that do the same "
        "find it. See that the router is on and hands out addresses.",
    ),
    "clock_wrong": (
        "El reloj está mal: la centralita cree que es {day}. Las llamadas siguen y sus duraciones son correctas, "
        "pero sus fechas no, y los horarios y las tarifas por horas se guían por este reloj. Conecte la centralita "
        "a internet, o a un servidor de hora (NTP) de la red; si tiene pila de reloj, cámbiela.",
        "The clock is wrong: the box believes it is {day}. Calls go on and their durations are right, but their "
        "dates are not, and opening hours and tariffs by the hour follow this clock. Connect the box to the "
        "internet, or to a time server (NTP) of the network; if it has a clock battery, replace it.",
    ),
    "clock_moved": (
        "El reloj se ha puesto en hora: iba {by}. Las duraciones son correctas; las llamadas anteriores llevan la "
        "hora equivocada y están marcadas «reloj sin sincronizar», y se les aplicó la tarifa de esa hora. Revise "
        "sus cargos si su tarifa depende de la hora.",
        "The clock was put right: it was {by}. Durations are right; calls before that carry the wrong time, are "
        "marked “clock not synchronised”, and were charged by the tariff of that time. Check their charges if your "
        "tariff depends on the hour.",
    ),
}


def finding_words(finding: BoxFinding, language: Language) -> str:
    """A few sentences. One this version does not know is shown by its name."""
    pair = WORDS.get(finding.kind)
    if pair is None:
        return finding.kind
    values = dict(finding.values)
    if finding.kind == "data_lost":
        reason = _DATA_LOST.get(values.get("reason", ""))
        values["reason"] = _in(reason, language) if reason is not None else f"({values.get('reason', '')})"
    if finding.kind == "clock_wrong":
        values["day"] = _day(values.get("utc_ms", "0"), language)
    if finding.kind == "clock_moved":
        values["by"] = _moved(int(values.get("by_ms", "0")), language)
    return _in(pair, language).format(**values)


def _in(pair: tuple[str, str], language: Language) -> str:
    return pair[0] if language == "es" else pair[1]


def _day(utc_ms: str, language: Language) -> str:
    day = datetime.fromtimestamp(min(int(utc_ms), 32_503_680_000_000) / 1000, UTC)
    return f"{day:%d/%m/%Y}" if language == "es" else f"{day:%Y-%m-%d}"


def _moved(by_ms: int, language: Language) -> str:
    """How wrong it was: put forward by so much, it was behind by so much."""
    hours = abs(by_ms) // 3_600_000
    n, es, en = (hours, "h", "h") if hours < 48 else (hours // 24, "días", "days")
    if hours >= 2 * 365 * 24:
        n, es, en = hours // 8766, "años", "years"
    if by_ms > 0:
        return f"{n} {es} atrasado" if language == "es" else f"{n} {en} behind"
    return f"{n} {es} adelantado" if language == "es" else f"{n} {en} ahead"
