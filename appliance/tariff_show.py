"""`tariff show` at the terminal: which rate covers a number, why that one, and what three minutes would cost."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.acd.ids import LineName
from appliance.acd.plan import Language
from appliance.billing.charges import money
from appliance.billing.rating import rate_call
from appliance.billing.tariffs import FOREVER_MS, Direction, Rate, RateTable, TariffError, normalised
from appliance.configuration.file import Configuration
from appliance.configuration.numbering import emergency_numbers
from appliance.daemon.e164 import e164
from appliance.daemon.tariff_rates import in_force
from appliance.daemon.tariff_shelf import Shelf, ShelfError
from appliance.tariff_report import proved
from appliance.terminal import local_time, sorry

SHOWN_MS = 180_000
MOST_OTHERS = 20
WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "number": "{number} ({direction}, línea {line}, el {at})",
        "as": "se tarifica como {number}",
        "none": "Ninguna tarifa lo cubre: la llamada se cobraría a 0 y quedaría marcada (no_rate).",
        "emergency": "Es un número de emergencia: no cuesta nada, salvo que una tarifa sea solo de ese número.",
        "rate": "Tarifa {name}, versión {version}: prefijo {prefix}, {price} {currency}/min, establecimiento {fee}",
        "why": "Es el prefijo más largo con tarifa en ese momento.",
        "others": "También empiezan así:",
        "now_not": "no vale en ese momento",
        "other_line": "es de otra línea, proyecto o sentido",
        "shorter": "es más corto",
        "general": "es más general",
        "sum": "3 minutos",
        "any": "*",
        "in": "entrante",
        "out": "saliente",
        "line": "no hay ninguna línea «{line}»; hay: {lines}",
        "when": "--at {at}: escriba un día o un momento, como 2026-12-01 o 2026-12-01T09:30",
        "until": "Vale hasta el {until}.",
        "left_out": "Fuera",
    },
    "en": {
        "number": "{number} ({direction}, line {line}, at {at})",
        "as": "rated as {number}",
        "none": "No rate covers it: the call would be charged 0 and marked (no_rate).",
        "emergency": "This is an emergency number: it costs nothing, unless a tariff is of just that number.",
        "rate": "Rate {name}, version {version}: prefix {prefix}, {price} {currency}/min, connect fee {fee}",
        "why": "It is the longest prefix that has a rate at that moment.",
        "others": "These begin alike:",
        "now_not": "does not hold at that moment",
        "other_line": "is for another line, project or direction",
        "shorter": "is shorter",
        "general": "is more general",
        "sum": "3 minutes",
        "any": "*",
        "in": "incoming",
        "out": "outgoing",
        "line": "there is no line “{line}”; there are: {lines}",
        "when": "--at {at}: write a day or a moment, as 2026-12-01 or 2026-12-01T09:30",
        "until": "It holds until {until}.",
        "left_out": "Left out",
    },
}


def show_tariff(
    config: Path,
    number: str,
    line: str,
    at: str,
    direction: Direction,
    project: str,
    language: Language | None,
) -> int:
    """Print the rate and the sum. 1 when nothing covers the number, or something asked for is not there."""
    configuration = proved(config)
    box = configuration.box
    spoken = language or box.language
    words, zone = WORDS[spoken], ZoneInfo(box.time_zone)
    lines = [one.name for one in configuration.line]
    if line and line not in lines:
        return sorry(words["line"].format(line=line, lines=", ".join(lines)))
    try:
        moment = datetime.fromisoformat(at) if at else datetime.now(zone)
    except ValueError:
        return sorry(words["when"].format(at=at))
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    try:
        force = in_force(configuration, Shelf(Path(box.data_dir)).look(), spoken)
    except ShelfError as error:
        return sorry(error.text(spoken))
    except TariffError as error:
        return sorry(str(error))
    at_ms = int(moment.timestamp() * 1000)
    whole = e164(number, box.country)
    name = LineName(line or "")
    shown = words["number"].format(
        number=number, direction=words[direction], line=line or words["any"], at=local_time(at_ms, zone)
    )
    print(shown + (f": {words['as'].format(number=whole)}" if whole != number else ""))
    rate = force.table.find(direction, whole, name, project, at_ms)
    is_emergency = direction == "out" and number in _emergency(configuration)
    if is_emergency:
        print(words["emergency"])
    elif rate is None:
        print(words["none"])
    else:
        _tell_rate(rate, force.table, spoken, zone)
        charge = rate_call(force.table, direction, number, name, project, SHOWN_MS, at_utc_ms=at_ms, rated_as=whole)
        print(f"{words['sum']}: {charge.arithmetic(spoken)}")
    _tell_others(force.table, rate, whole, spoken, at_ms)
    for why in force.left_out:
        print(f"  ✗ {words['left_out']}: {why}")
    return 0 if rate is not None or is_emergency else 1


def _emergency(configuration: Configuration) -> tuple[str, ...]:
    return emergency_numbers(configuration.box.country) + configuration.dialling.emergency


def _tell_rate(rate: Rate, table: RateTable, language: Language, zone: ZoneInfo) -> None:
    words = WORDS[language]
    print(
        words["rate"].format(
            name=rate.name,
            version=rate.version,
            prefix=rate.prefix or words["any"],
            price=money(rate.rate_micros_per_minute),
            currency=table.currency,
            fee=money(rate.connect_fee_micros),
        )
    )
    print(words["why"])
    if rate.valid_to_ms < FOREVER_MS:
        print(words["until"].format(until=local_time(rate.valid_to_ms, zone)))


def _tell_others(table: RateTable, chosen: Rate | None, number: str, language: Language, at_ms: int) -> None:
    """The other rates the number begins with, the longest first, and why each was not taken."""
    words, digits = WORDS[language], normalised(number)
    alike = [rate for rate in table.rates if rate is not chosen and digits.startswith(normalised(rate.prefix))]
    alike.sort(key=lambda rate: -len(normalised(rate.prefix)))
    if alike:
        print(words["others"])
    for rate in alike[:MOST_OTHERS]:
        if not rate.valid_from_ms <= at_ms < rate.valid_to_ms:
            why = words["now_not"]
        elif chosen is None or len(normalised(rate.prefix)) > len(normalised(chosen.prefix)):
            why = words["now_not"] if rate.calendar else words["other_line"]
        else:
            shorter = len(normalised(rate.prefix)) < len(normalised(chosen.prefix))
            why = words["shorter"] if shorter else words["other_line" if _apart(rate, chosen) else "general"]
        price = f"{money(rate.rate_micros_per_minute)} {table.currency}/min"
        print(f"  {rate.prefix or words['any']}  {rate.name} v{rate.version}  {price}: {why}")
    if len(alike) > MOST_OTHERS:
        print(f"  … +{len(alike) - MOST_OTHERS}")


def _apart(rate: Rate, chosen: Rate) -> bool:
    return rate.direction != chosen.direction
