"""`bill verify` at the terminal: a statement proved by itself, or everything this box has."""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from appliance.acd.plan import Language
from appliance.bill_saying import Teller, account_name, plain, sayable
from appliance.billing.lines import Line
from appliance.daemon.box_key import known_box_key
from appliance.daemon.ledger_queries import statements
from appliance.daemon.queries import open_store
from appliance.daemon.store_audit import Fault, audit_store
from appliance.statements import csv_file
from appliance.statements.csv_verify import prove_csv
from appliance.statements.ledger_words import ledger_words
from appliance.statements.line_words import arithmetic, what
from appliance.statements.making import is_as_signed
from appliance.statements.numbers import Place
from appliance.statements.proving import NotProved, Proved
from appliance.statements.statement import Progress
from appliance.statements.texts import said
from appliance.statements.verify import open_file, prove
from appliance.terminal import sorry, store_path


def verify_store(config: Path, language: Language | None) -> int:
    """Prove the whole ledger and the call records. 1 when anything does not hold."""
    with sayable(config, language) as (configuration, spoken):
        key = known_box_key(Path(configuration.box.data_dir))
        tell = Teller(spoken)
        faults = seals = 0
        store = open_store(store_path(configuration))
        with closing(store):
            public = "" if key is None else key.public
            for one in audit_store(store, public, tell.of):
                account = account_name(one.account, spoken)
                if isinstance(one, Fault):
                    faults += 1
                    why = ledger_words(one.why, spoken)
                    print(said("audit_bad", spoken, account=account, line=one.number, why=why))
                else:
                    seals += one.seals
                    print(said("audit_ok", spoken, account=account, lines=one.lines, seals=one.seals))
            faults += _wrong_statements(store, public, spoken, tell)
        if not seals:
            print(said("audit_unsealed", spoken))
        if faults:
            return sorry(said("audit_broken", spoken, count=faults, path=store_path(configuration)))
        print(said("audit_holds", spoken))
        return 0
    return 1


def _wrong_statements(store: sqlite3.Connection, key: str, spoken: Language, tell: Progress) -> int:
    """How many of the statements that were made are not what was signed; each is named."""
    made = statements(store)
    wrong = [one for one in made if not is_as_signed(store, one, key, tell)]
    for one in wrong:
        print(said("audit_statement", spoken, client=one.account, month=one.month))
    if made and not wrong:
        print(said("audit_statements", spoken, count=len(made)))
    return len(wrong)


def verify_file(path: Path, key: str, language: Language | None) -> int:
    """Prove a statement by itself. 1 when it does not hold: the first line that does not is named."""
    spoken = language or _of_the_terminal()
    tell = Teller(spoken, path.name)
    try:
        with open_file(path) as file:
            proved = (prove_csv if csv_file.is_csv(file) else prove)(file, key, tell)
    except NotProved as error:
        return _not_proved(error, spoken)
    print("\n".join(_proved(proved, spoken, key)))
    return 0


def _proved(proved: Proved, spoken: Language, key: str) -> Iterator[str]:
    head, totals = proved.head, proved.end.totals
    place = Place.named("es-ES" if spoken == "es" else "en-GB")
    yield said("holds", spoken)
    yield said("of", spoken, client=plain(head.client), month=head.month, box=plain(head.box))
    payable = place.money(totals.payable_micros, plain(head.currency))
    yield said("facts", spoken, lines=totals.lines, hidden=proved.hidden, payable=payable)
    seal = proved.end.seal
    assert seal is not None
    yield said("sealed_at", spoken, at=_utc(seal.at_utc_ms), fingerprint=proved.fingerprint)
    yield said("key_same" if key else "compare", spoken)


def _not_proved(error: NotProved, spoken: Language) -> int:
    parts = dict(error.parts)
    if "why" in parts:
        parts["why"] = ledger_words(parts["why"], spoken)
    why = said(error.code, spoken, line=error.entry, **{name: plain(part) for name, part in parts.items()})
    if error.code in ("no_file", "unreadable"):
        return sorry(why)
    sorry(said("no", spoken, why=why))
    if error.entry:
        print(said("first", spoken, line=error.entry), file=sys.stderr)
    if error.line is not None:
        print(_it_says(error.line, spoken), file=sys.stderr)
    return 1


def _it_says(line: Line, spoken: Language) -> str:
    """Of a line that does not hold: it may say anything."""
    try:
        facts, date = arithmetic(line, spoken), _utc(line.at_utc_ms)
    except (ValueError, ArithmeticError, LookupError, OSError):
        facts, date = "?", "?"
    parts = {"what": what(line, spoken), "date": date, "subject": line.subject, "arithmetic": facts}
    return said("it_says", spoken, **{name: plain(part) for name, part in parts.items()})


def _utc(utc_ms: int) -> str:
    return datetime.fromtimestamp(utc_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _of_the_terminal() -> Language:
    told = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "es" if told.startswith("es") else "en"
