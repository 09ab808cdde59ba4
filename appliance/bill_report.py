"""The `bill` commands at the terminal: statements made and proved, months closed, accounts sealed."""

import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from appliance.acd.plan import Language
from appliance.bill_saying import Refused, Teller, account_name, sayable
from appliance.configuration.file import Configuration
from appliance.daemon.box_key import box_key, fingerprint, known_box_key
from appliance.daemon.contract_builder import build_contracts
from appliance.daemon.ledger_queries import months, statements
from appliance.daemon.period_closing import Month
from appliance.daemon.queries import open_store
from appliance.daemon.sealing import seal_all
from appliance.daemon.short_writes import immediate, store_for_job
from appliance.statements import csv_file
from appliance.statements.files import file_name, json_parts, written_whole
from appliance.statements.making import NotMade, Office, clients, close_month, make, make_so_far
from appliance.statements.numbers import Place, default_place
from appliance.statements.statement import Statement
from appliance.statements.texts import said
from appliance.terminal import columns, store_path

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


def show_statement(config: Path, wanted: Wanted, language: Language | None) -> int:
    """Make a statement, or again the one that was made, and write its files."""
    with sayable(config, language) as (configuration, spoken):
        place = _place(wanted.locale, spoken, configuration)
        office, month = _office(configuration), _month(wanted.month, configuration)
        now = _now_ms()
        tell = Teller(spoken, f"{wanted.client} {month.name}")
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
    with sayable(config, language) as (configuration, spoken):
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
    with sayable(config, language) as (configuration, spoken):
        with store_for_job(store_path(configuration)) as db:
            key = box_key(Path(configuration.box.data_dir))
            with immediate(db):
                made = seal_all(db, key, configuration.box.name, _now_ms())
        for one in made:
            print(said("sealed", spoken, account=account_name(one.account, spoken), number=one.number))
        if not made:
            print(said("sealed_before", spoken))
        return 0
    return 1


def show_key(config: Path, language: Language | None) -> int:
    """The fingerprint that clients compare."""
    with sayable(config, language) as (configuration, spoken):
        key = known_box_key(Path(configuration.box.data_dir))
        if key is None:
            raise Refused(said("no_key", spoken))
        print(said("key", spoken, box=configuration.box.name, fingerprint=fingerprint(key.public)))
        return 0
    return 1


def list_statements(config: Path, language: Language | None) -> int:
    """What each client comes to in each month, and whether there is a statement of it."""
    with sayable(config, language) as (configuration, spoken):
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


def _write(db: sqlite3.Connection, made: Statement, ending: str, folder: Path, place: Place, spoken: Language) -> Path:
    path = folder / file_name(made, ending, spoken)
    tell = Teller(spoken, path.name)
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


def _office(configuration: Configuration) -> Office:
    box = configuration.box
    return Office(box.name, box.time_zone, box.currency, build_contracts(configuration))


def _month(name: str, configuration: Configuration) -> Month:
    try:
        return Month.named(name, configuration.box.time_zone)
    except ValueError as error:
        raise Refused(str(error)) from error


def _place(tag: str, spoken: Language, configuration: Configuration) -> Place:
    return Place.named(tag or default_place(spoken, configuration.box.country))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
