"""The `bill` commands at the terminal: statements made and proved, months closed, accounts sealed."""

import os
import re
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from appliance.acd.plan import Language
from appliance.billing.ledger import LedgerError
from appliance.billing.lines import Line
from appliance.billing.seals import CALLS_ACCOUNT
from appliance.configuration.file import Configuration, read_configuration
from appliance.daemon.box_key import BoxKeyError, box_key, fingerprint, known_box_key
from appliance.daemon.contract_builder import build_contracts
from appliance.daemon.ledger_queries import months, statements
from appliance.daemon.period_closing import Month
from appliance.daemon.queries import StoreMissing, open_store
from appliance.daemon.sealing import SealBroken, seal_all
from appliance.daemon.short_writes import JobRefused, immediate, store_for_job
from appliance.daemon.store_audit import Fault, audit_store
from appliance.statements import csv_file
from appliance.statements.csv_verify import prove_csv
from appliance.statements.files import CannotWrite, file_name, json_parts, written_whole
from appliance.statements.ledger_words import ledger_words
from appliance.statements.line_words import arithmetic, what
from appliance.statements.making import NotMade, Office, clients, close_month, make, make_so_far
from appliance.statements.numbers import NoSuchLocale, Place, default_place
from appliance.statements.proving import NotProved, Proved
from appliance.statements.statement import Statement
from appliance.statements.texts import said
from appliance.statements.verify import open_file, prove
from appliance.terminal import columns, sorry, store_path
from appliance.words_details import detail_words

TELL_EVERY_S = 2.0
FORMATS = ("json", "csv", "pdf")


@dataclass(frozen=True)
class Wanted:
    """A statement, as it was asked for."""

    client: str
    month: str
    formats: tuple[str, ...]
    locale: str
    out: Path
    so_far: bool


class _Refused(Exception):
    """The message is for people."""


def show_statement(config: Path, wanted: Wanted, language: Language | None) -> int:
    """Make a statement, or again the one that was made, and write its files."""
    with _said(config, language) as (configuration, spoken):
        place = _place(wanted.locale, spoken, configuration)
        office, month = _office(configuration), _month(wanted.month, configuration)
        now = _now_ms()
        tell = _Teller(spoken, f"{wanted.client} {month.name}")
        data_dir = Path(configuration.box.data_dir)
        with store_for_job(store_path(configuration)) as db:
            if wanted.so_far and now < month.until_ms:
                made = make_so_far(db, office, wanted.client, month, now, tell)
                print(said("so_far_made", spoken), file=sys.stderr)
            else:
                made = make(db, office, wanted.client, month, lambda: box_key(data_dir), now, tell)
            for ending in wanted.formats:
                print(said("written", spoken, path=_write(db, made, ending, wanted.out, place, spoken)))
        return 0
    return 1


def close_months(config: Path, month: str, client: str, language: Language | None) -> int:
    """Charge what a month comes to beside its calls, a client after the other."""
    with _said(config, language) as (configuration, spoken):
        office, named = _office(configuration), _month(month, configuration)
        with store_for_job(store_path(configuration)) as db:
            everybody = clients(db, office)
            if client and client not in everybody:
                raise NotMade("no_client", client=client, clients=", ".join(everybody) or "—")
            for one in [client] if client else everybody:
                lines = close_month(db, office, named, one, _now_ms())
                code = "closed" if lines else "closed_before"
                print(said(code, spoken, client=one, month=named.name, lines=len(lines)))
        return 0
    return 1


def seal_accounts(config: Path, language: Language | None) -> int:
    """Seal what every account and the call records are now."""
    with _said(config, language) as (configuration, spoken):
        with store_for_job(store_path(configuration)) as db:
            key = box_key(Path(configuration.box.data_dir))
            with immediate(db):
                made = seal_all(db, key, configuration.box.name, _now_ms())
        for one in made:
            print(said("sealed", spoken, account=_account(one.account, spoken), number=one.number))
        if not made:
            print(said("sealed_before", spoken))
        return 0
    return 1


def show_key(config: Path, language: Language | None) -> int:
    """The fingerprint that clients compare."""
    with _said(config, language) as (configuration, spoken):
        key = known_box_key(Path(configuration.box.data_dir))
        if key is None:
            raise _Refused(said("no_key", spoken))
        print(said("key", spoken, box=configuration.box.name, fingerprint=fingerprint(key.public)))
        return 0
    return 1


def list_statements(config: Path, language: Language | None) -> int:
    """What each client comes to in each month, and whether there is a statement of it."""
    with _said(config, language) as (configuration, spoken):
        place = Place.named(default_place(spoken, configuration.box.country))
        currency = configuration.box.currency
        store = open_store(store_path(configuration))
        with closing(store):
            made = {(one.account, one.month): one for one in statements(store)}
            rows = [
                (
                    one.account,
                    one.month,
                    str(one.lines),
                    place.money(one.amount_micros, currency),
                    place.money(one.tax_micros, currency),
                    place.money(one.amount_micros + one.tax_micros, currency),
                    place.money(made[key].totals.payable_micros, currency)
                    if (key := (one.account, one.month)) in made
                    else said("list_none", spoken),
                )
                for one in months(store)
                if not one.account.startswith("=")
            ]
        if not rows:
            print(said("nobody", spoken))
        else:
            print("\n".join(columns([tuple(said("list", spoken).split("|")), *rows])))
        return 0
    return 1


def verify_store(config: Path, language: Language | None) -> int:
    """Prove the whole ledger and the call records. 1 when anything does not hold."""
    with _said(config, language) as (configuration, spoken):
        key = known_box_key(Path(configuration.box.data_dir))
        tell = _Teller(spoken)
        faults = seals = 0
        store = open_store(store_path(configuration))
        with closing(store):
            public = "" if key is None else key.public
            for one in audit_store(store, public, tell.of):
                account = _account(one.account, spoken)
                if isinstance(one, Fault):
                    faults += 1
                    why = ledger_words(one.why, spoken)
                    print(said("audit_bad", spoken, account=account, line=one.number, why=why))
                else:
                    seals += one.seals
                    print(said("audit_ok", spoken, account=account, lines=one.lines, seals=one.seals))
        if not seals:
            print(said("audit_unsealed", spoken))
        if faults:
            return sorry(said("audit_broken", spoken, count=faults, path=store_path(configuration)))
        print(said("audit_holds", spoken))
        return 0
    return 1


def verify_file(path: Path, key: str, language: Language | None) -> int:
    """Prove a statement by itself. 1 when it does not hold: the first line that does not is named."""
    spoken = language or _of_the_terminal()
    tell = _Teller(spoken, path.name)
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
    yield said("of", spoken, client=_plain(head.client), month=head.month, box=_plain(head.box))
    payable = place.money(totals.payable_micros, _plain(head.currency))
    yield said("facts", spoken, lines=totals.lines, hidden=proved.hidden, payable=payable)
    seal = proved.end.seal
    assert seal is not None
    yield said("sealed_at", spoken, at=_utc(seal.at_utc_ms), fingerprint=proved.fingerprint)
    yield said("key_same" if key else "compare", spoken)


def _not_proved(error: NotProved, spoken: Language) -> int:
    parts = dict(error.parts)
    if "why" in parts:
        parts["why"] = ledger_words(parts["why"], spoken)
    why = said(error.code, spoken, line=error.entry, **{name: _plain(part) for name, part in parts.items()})
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
    return said("it_says", spoken, **{name: _plain(part) for name, part in parts.items()})


def _write(db: sqlite3.Connection, made: Statement, ending: str, folder: Path, place: Place, spoken: Language) -> Path:
    path = folder / file_name(made, ending, spoken)
    tell = _Teller(spoken, path.name)
    with written_whole(path) as file:
        if ending == "json":
            for part in json_parts(db, made, tell):
                file.write(part)
        elif ending == "csv":
            for row in csv_file.parts(db, made, place, spoken, tell):
                file.write(row)
        else:
            from appliance.statements import pdf  # its library takes time to import, and is needed here only

            pdf.write(db, made, place, spoken, file, tell)
    return path


@contextmanager
def _said(config: Path, language: Language | None) -> Iterator[tuple[Configuration, Language]]:
    """The configuration and the language; whatever cannot be done is said in it, and the caller goes on after the
    block."""
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    try:
        yield configuration, spoken
    except NotMade as error:
        sorry(said(error.code, spoken, **error.parts))
    except LedgerError as error:
        sorry(said("ledger", spoken, client="", line=error.number, why=ledger_words(error.why, spoken)))
    except CannotWrite as error:
        sorry(said("cannot_write", spoken, path=error.path, error=error.error))
    except (StoreMissing, JobRefused) as error:
        sorry(detail_words(str(error), spoken))
    except NoSuchLocale as error:
        sorry(said("no_locale", spoken, tag=error))
    except sqlite3.Error as error:
        sorry(said("unreadable", spoken, path=store_path(configuration), error=error))
    except (SealBroken, BoxKeyError, _Refused) as error:
        sorry(str(error))


def _office(configuration: Configuration) -> Office:
    box = configuration.box
    return Office(box.name, box.time_zone, box.currency, build_contracts(configuration))


def _month(name: str, configuration: Configuration) -> Month:
    try:
        return Month.named(name, configuration.box.time_zone)
    except ValueError as error:
        raise _Refused(str(error)) from error


def _place(tag: str, spoken: Language, configuration: Configuration) -> Place:
    return Place.named(tag or default_place(spoken, configuration.box.country))


def _account(account: str, spoken: Language) -> str:
    return said("calls", spoken) if account == CALLS_ACCOUNT else account


class _Teller:
    """Says on the standard error how far it is, when it takes longer than a moment."""

    def __init__(self, spoken: Language, name: str = "") -> None:
        self._spoken = spoken
        self._name = name
        self._last_s = time.monotonic()

    def __call__(self, done: int, count: int) -> None:
        self.of(self._name, done, count)

    def of(self, name: str, done: int, count: int) -> None:
        now_s = time.monotonic()
        if now_s - self._last_s >= TELL_EVERY_S:
            self._last_s = now_s
            what = _plain(_account(name, self._spoken))
            print(said("progress", self._spoken, what=what, done=done, count=count), file=sys.stderr, flush=True)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _utc(utc_ms: int) -> str:
    return datetime.fromtimestamp(utc_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _plain(text: str) -> str:
    """What a file says, for a terminal: nothing in it moves the cursor."""
    return re.sub(r"[^\x20-\x7e\u00a0-\uffff]", "?", text)


def _of_the_terminal() -> Language:
    told = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "es" if told.startswith("es") else "en"
