"""`tariff import` and `tariff list` at the terminal: what a file would change, what became of it, what is in force."""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.acd.plan import Language
from appliance.billing.tariffs import TariffError
from appliance.configuration.calendar import is_date
from appliance.configuration.file import Configuration, ConfigurationError, read_configuration
from appliance.configuration.rules import decision_problems
from appliance.configuration.tariff_books import Book
from appliance.daemon.control_client import CommandRefused, ControlClient, ControlUnavailable
from appliance.daemon.control_messages import Health
from appliance.daemon.tariff_import import Prepared, Wanted, compared, end_of, prepare
from appliance.daemon.tariff_rates import by_name, in_force, wrong_with
from appliance.daemon.tariff_shelf import OnShelf, Shelf, ShelfError
from appliance.terminal import columns, sorry
from appliance.words_details import detail_words

COMPILED_WITHIN_S = 60.0
WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "problems": "{file}: no se ha cambiado nada (problemas: {count}).",
        "book": "Libro {name}, versión {version}, {since}: {rates} tarifas.",
        "since": "vale desde el {day}",
        "always": "vale siempre",
        "against": "Respecto a la versión {version}: {new} nuevas, {gone} quitadas, {dearer} más caras, {cheaper} más "
        "baratas, {changed} con otros cambios, {same} iguales.",
        "ends": "Las tarifas de la versión {version} acaban al empezar el {day}.",
        "never": "La versión {version} ya no llega a valer ningún día.",
        "past": "Lo ya cobrado desde el {day} queda como se cobró.",
        "dry": "Es una prueba (--dry-run): no se ha cambiado nada.",
        "known": "Esta lista ya es la versión {version} del libro {name}: no hay nada que hacer.",
        "kept": "Guardado: {path}",
        "in_force": "La centralita lo ha leído y cobra con:",
        "no_book": "no hay ningún libro «{name}»; hay: {names}",
        "no_day": "--valid-from {day}: escriba un día, como 2026-12-01",
        "ended": "El libro {name} no tiene tarifas desde el {day}. Lo que tenía se guarda; otra importación lo "
        "reanuda.",
        "not_running": "La centralita no está en marcha aquí: el libro valdrá cuando arranque.",
        "away": "La centralita no está en marcha aquí.",
        "refused": "El libro está guardado, pero la centralita no ha vuelto a leer la configuración: {why}",
        "slow": "El libro está guardado y la centralita lo está leyendo todavía; `tariff list` dirá cuándo vale.",
        "out": "El libro está guardado, pero la centralita no lo usa. Mire `tariff list` y el registro.",
        "header": "LIBRO|VERSIÓN|DESDE|TARIFAS|FICHERO|IMPORTADO|",
        "replaced": "sustituida",
        "none": "No hay ningún libro de tarifas. `tariff import FICHERO` añade uno.",
        "own": "Tarifas propias de la configuración, además: {count}.",
        "left_out": "Fuera",
        "daemon": "La centralita cobra con",
    },
    "en": {
        "problems": "{file}: nothing was changed (problems: {count}).",
        "book": "Book {name}, version {version}, {since}: {rates} rates.",
        "since": "holds from {day}",
        "always": "holds always",
        "against": "Against version {version}: {new} new, {gone} gone, {dearer} dearer, {cheaper} cheaper, {changed} "
        "changed otherwise, {same} the same.",
        "ends": "The rates of version {version} end when {day} begins.",
        "never": "Version {version} never comes to hold on any day.",
        "past": "What was charged since {day} stays as it was charged.",
        "dry": "This is a trial (--dry-run): nothing was changed.",
        "known": "This list is version {version} of the book {name} already: there is nothing to do.",
        "kept": "Kept: {path}",
        "in_force": "The box has read it and charges by:",
        "no_book": "there is no book “{name}”; there are: {names}",
        "no_day": "--valid-from {day}: write a day, as 2026-12-01",
        "ended": "The book {name} has no rates from {day} on. What it had is kept; another import goes on with it.",
        "not_running": "The box does not run here: the book will be in force when it starts.",
        "away": "The box does not run here.",
        "refused": "The book is kept, but the box has not read its configuration again: {why}",
        "slow": "The book is kept and the box is still reading it; `tariff list` will say when it is in force.",
        "out": "The book is kept, but the box does not use it. See `tariff list` and the log.",
        "header": "BOOK|VERSION|FROM|RATES|FILE|IMPORTED|",
        "replaced": "replaced",
        "none": "There is no book of tariffs. `tariff import FILE` adds one.",
        "own": "Tariffs of the configuration itself, besides: {count}.",
        "left_out": "Left out",
        "daemon": "The box charges by",
    },
}


def proved(config: Path) -> Configuration:
    """The configuration as far as tariffs depend on it. Raises ConfigurationError."""
    configuration = read_configuration(config)
    problems = list(decision_problems(configuration))
    if problems:
        raise ConfigurationError("\n  - ".join([f"{config}:", *problems]))
    return configuration


def import_tariffs(config: Path, file: Path, wanted: Wanted, language: Language | None, *, dry_run: bool) -> int:
    """Make a file the next version of a book, or say all that is wrong with it and change nothing; then 1."""
    configuration = proved(config)
    spoken = language or configuration.box.language
    shelf = Shelf(Path(configuration.box.data_dir))
    try:
        if dry_run:
            prepared = _prepared(configuration, file, wanted._replace(language=spoken), shelf)
            return _tell(prepared, file, configuration, spoken, None)
        first = _prepared(configuration, file, wanted._replace(language=spoken), shelf)
        if first.book is None:  # nothing is to be made for it, not even the folder
            return _tell(first, file, configuration, spoken, None)
        with shelf.changing():
            prepared = _prepared(configuration, file, wanted._replace(language=spoken), shelf)
            path = None if prepared.book is None or prepared.is_known else shelf.put(prepared.book)
    except ShelfError as error:
        return sorry(error.text(spoken))
    except TariffError as error:
        return sorry(str(error))
    told = _tell(prepared, file, configuration, spoken, path)
    return told or (0 if prepared.book is None else _reload(configuration, prepared.book, spoken))


def end_tariffs(config: Path, name: str, day: str, language: Language | None) -> int:
    """Have a book hold no more from a day on, today where none is given. 1 when there is no such book or day."""
    configuration = proved(config)
    spoken = language or configuration.box.language
    words = WORDS[spoken]
    today = datetime.now(ZoneInfo(configuration.box.time_zone)).date().isoformat()
    if day and not is_date(day):
        return sorry(words["no_day"].format(day=day))
    shelf = Shelf(Path(configuration.box.data_dir))
    try:
        named = by_name(shelf.look())
        if name not in named:
            return sorry(words["no_book"].format(name=name, names=", ".join(named) or "—"))
        with shelf.changing():
            versions = by_name(shelf.look())[name]
            book = end_of(versions, day or today, configuration.box.currency, int(time.time() * 1000))
            shelf.put(book)
    except ShelfError as error:
        return sorry(error.text(spoken))
    print(words["ended"].format(name=name, day=book.valid_from))
    return _reload(configuration, book, spoken)


def _prepared(configuration: Configuration, file: Path, wanted: Wanted, shelf: Shelf) -> Prepared:
    today = datetime.now(ZoneInfo(configuration.box.time_zone)).date()
    return prepare(configuration, file, wanted, shelf.look(), int(time.time() * 1000), today)


def _tell(prepared: Prepared, file: Path, configuration: Configuration, language: Language, kept: Path | None) -> int:
    words, book = WORDS[language], prepared.book
    if book is None:
        print("\n".join(prepared.problems.texts(file.name, language)))
        return sorry(words["problems"].format(file=file, count=prepared.problems.count))
    if prepared.is_known:
        print(words["known"].format(version=book.version, name=book.name))
        return 0
    since = words["since"].format(day=book.valid_from) if book.valid_from else words["always"]
    print(words["book"].format(name=book.name, version=book.version, since=since, rates=len(book.rates)))
    before = prepared.before.book if prepared.before is not None else None
    if before is not None:
        print(words["against"].format(version=before.version, **compared(book, before)._asdict()))
        if before.version not in prepared.never:
            print(words["ends"].format(version=before.version, day=book.valid_from))
    for version in prepared.never:
        print(words["never"].format(version=version))
    today = datetime.now(ZoneInfo(configuration.box.time_zone)).date().isoformat()
    if book.valid_from and book.valid_from < today:
        print(words["past"].format(day=book.valid_from))
    print(words["dry"] if kept is None else words["kept"].format(path=kept))
    return 0


def _reload(configuration: Configuration, book: Book, language: Language) -> int:
    """Have the running box take the book; 1 when it does not."""
    words = WORDS[language]
    client = ControlClient(Path(configuration.box.run_dir) / "acd.sock")
    try:
        client.reload()
        health = _settled(client)
    except ControlUnavailable:
        print(words["not_running" if book.rates else "away"])
        return 0
    except CommandRefused as error:
        return sorry(words["refused"].format(why=detail_words(str(error), language)))
    if health.tariffs_at_work:
        print(words["slow"])
        return 0
    if book.rates and not any(told.startswith(f"{book.name} {book.version} (") for told in health.tariff_books):
        _tell_left_out(health.tariff_books_left_out, language)
        return sorry(words["out"])
    print(words["in_force"])
    for told in health.tariff_books or ("—",):
        print(f"  {told}")
    _tell_left_out(health.tariff_books_left_out, language)
    return 0


def _settled(client: ControlClient) -> Health:
    give_up_at = time.monotonic() + COMPILED_WITHIN_S
    while (health := client.health()).tariffs_at_work and time.monotonic() < give_up_at:
        time.sleep(0.05)
    return health


def list_tariffs(config: Path, language: Language | None) -> int:
    """Print every version of every book, then what is left out and why. 1 when something is."""
    configuration = proved(config)
    spoken = language or configuration.box.language
    words = WORDS[spoken]
    try:
        shelf = Shelf(Path(configuration.box.data_dir)).look()
        force = in_force(configuration, shelf, spoken)
    except ShelfError as error:
        return sorry(error.text(spoken))
    except TariffError as error:
        return sorry(str(error))
    zone = ZoneInfo(configuration.box.time_zone)
    rows = [
        row
        for versions in by_name(shelf).values()
        for row in (_row(one, versions[place + 1 :], zone, spoken) for place, one in enumerate(versions))
    ]
    print("\n".join(columns([tuple(words["header"].split("|")), *rows])) if rows else words["none"])
    if configuration.tariff:
        print(words["own"].format(count=len(configuration.tariff)))
    left_out = force.left_out
    try:
        health = ControlClient(Path(configuration.box.run_dir) / "acd.sock", connect_wait_s=0.2).health()
    except (ControlUnavailable, CommandRefused):
        print(words["away"])
    else:
        print(f"{words['daemon']}: {', '.join(health.tariff_books) or '—'}")
        left_out = health.tariff_books_left_out or left_out
    _tell_left_out(left_out, spoken)
    return 1 if left_out else 0


def _row(one: OnShelf, later: Sequence[OnShelf], zone: ZoneInfo, language: Language) -> tuple[str, ...]:
    words = WORDS[language]
    since = one.valid_from or "—"
    if one.book is None:
        return one.name, f"#{one.number}", since, "", one.path.name, "", wrong_with(one, language)
    imported = datetime.fromtimestamp(one.book.imported_utc_ms / 1000, zone).strftime("%Y-%m-%d %H:%M")
    replaced = any(other.valid_from <= one.valid_from for other in later)
    state = words["replaced"] if replaced else ""
    return one.name, one.book.version, since, str(len(one.book.rates)), one.book.source, imported, state


def _tell_left_out(left_out: Sequence[str], language: Language) -> None:
    for why in left_out:
        print(f"  ✗ {WORDS[language]['left_out']}: {why}")
