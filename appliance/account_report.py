"""`account` in the terminal: pay money into a client's prepaid account, and what is left on each."""

import re
import sqlite3
import time
import uuid
from contextlib import closing
from datetime import datetime
from pathlib import Path

from appliance.acd.explain_lines import amount
from appliance.acd.hours import zone
from appliance.acd.plan import Language
from appliance.configuration.file import Configuration, read_configuration
from appliance.daemon.accounts import AccountError, Balance, TopUp, balances, top_up
from appliance.daemon.connection import connect
from appliance.daemon.migrations import SCHEMA_VERSION, schema_version
from appliance.daemon.queries import StoreMissing, open_store
from appliance.terminal import columns, sorry, store_path

MOST_MICROS = 10**12
LONGEST_TEXT = 200
_AMOUNT = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,6}))?")
WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "header": "CLIENTE|PAGADO|GASTADO|QUEDA|RECARGAS|ÚLTIMA",
        "none": "No hay ninguna cuenta: ./centralita account top-up CLIENTE IMPORTE abre la primera.",
        "booked": "{client}: {amount} {currency} más, referencia {reference}. Quedan {left}.",
        "again": "{client}: la referencia {reference} ya estaba apuntada; no cambia nada. Quedan {left}.",
        "amount": "«{amount}» no es un importe: escriba por ejemplo 50 o 12.50, más que nada y menos de un millón.",
        "client": "Ninguna cola es del cliente «{client}». Hay: {known}.",
        "text": "La referencia y la nota tienen como mucho 200 caracteres.",
        "usage": "Diga CLIENTE e IMPORTE.",
    },
    "en": {
        "header": "CLIENT|PAID IN|SPENT|LEFT|TOP-UPS|LAST",
        "none": "There is no account: ./centralita account top-up CLIENT AMOUNT opens the first.",
        "booked": "{client}: {amount} {currency} more, reference {reference}. {left} are left.",
        "again": "{client}: reference {reference} was booked before; nothing changes. {left} are left.",
        "amount": "“{amount}” is no amount: write for example 50 or 12.50, more than nothing and less than a million.",
        "client": "No queue is of client “{client}”. There are: {known}.",
        "text": "The reference and the note have 200 characters at most.",
        "usage": "Say CLIENT and AMOUNT.",
    },
}


def micros_of(text: str) -> int | None:
    """An amount as people write it, exactly; None when it is none."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return None
    micros = int(match[1]) * 1_000_000 + int((match[2] or "").ljust(6, "0"))
    return micros if 0 < micros <= MOST_MICROS else None


def show_accounts(config: Path, language: Language | None) -> int:
    """0: told; 1: why not."""
    configuration = read_configuration(config)
    in_language = language or configuration.box.language
    try:
        with closing(open_store(store_path(configuration))) as db:
            found = balances(db)
    except (StoreMissing, sqlite3.Error) as error:
        return sorry(str(error))
    words = WORDS[in_language]
    rows = [_row(one, configuration, in_language) for one in found]
    print("\n".join(columns([tuple(words["header"].split("|")), *rows])) if rows else words["none"])
    return 0


def pay_in(
    config: Path, client: str | None, text: str | None, reference: str, note: str, by: str, language: Language | None
) -> int:
    """0: booked, now or before; 1: why not."""
    configuration = read_configuration(config)
    words = WORDS[language or configuration.box.language]
    if not client or not text:
        return sorry(words["usage"])
    known = sorted({queue.client for queue in configuration.queue if queue.client})
    if client not in known:
        return sorry(words["client"].format(client=client, known=", ".join(known)))
    micros = micros_of(text)
    if micros is None:
        return sorry(words["amount"].format(amount=text))
    if max(len(reference), len(note)) > LONGEST_TEXT:
        return sorry(words["text"])
    currency = configuration.box.currency
    paid = TopUp(client, micros, currency, reference or uuid.uuid4().hex, note, by, time.time_ns() // 1_000_000)
    try:
        store = store_path(configuration)
        with closing(open_store(store)):
            pass  # that there is one, and of this version
        with closing(connect(store, "rw")) as db:
            assert schema_version(db) == SCHEMA_VERSION, "it was looked at"
            new = top_up(db, paid)
            left = next(one.left_micros for one in balances(db) if one.client == client)
    except (StoreMissing, AccountError, sqlite3.Error) as error:
        return sorry(str(error))
    in_language = language or configuration.box.language
    said = {"amount": amount(micros, in_language), "currency": currency, "left": _money(left, in_language)}
    print(words["booked" if new else "again"].format(client=client, reference=paid.reference, **said))
    return 0


def _row(one: Balance, configuration: Configuration, language: Language) -> tuple[str, ...]:
    last = datetime.fromtimestamp(one.last_at_utc_ms / 1000, zone(configuration.box.time_zone))
    sums = [_money(micros, language) for micros in (one.credit_micros, one.spent_micros, one.left_micros)]
    return (one.client, *sums, str(one.top_ups), f"{last:%Y-%m-%d %H:%M}")


def _money(micros: int, language: Language) -> str:
    return f"{'-' if micros < 0 else ''}{amount(abs(micros), language)}"
