"""`./centralita bill` itself, as a process on a real store: statements made, written, and proved where no store is."""

import csv
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from appliance.billing.ledger import FIRST, chained, digest
from appliance.daemon.connection import connect
from tests.command_line.charged_office import CLIENT, OTHER, Charged, a_call, bill, charged_office
from tests.daemon.stores import writing


@pytest.fixture
def office(tmp_path: Path) -> Charged:
    folder = tmp_path / "office"
    folder.mkdir()
    return charged_office(folder)


def statement(office: Charged, *words: str, client: str = CLIENT, month: str = "2026-01") -> dict[str, Path]:
    out = office.config.parent / "out"
    code, said, sorry = office.bill("statement", client, month, "--out", out, *words)
    assert code == 0, sorry
    paths = [Path(line.split(": ", 1)[1]) for line in said.splitlines()]
    return {path.suffix[1:]: path for path in paths}


def lines_of(path: Path) -> list[tuple[str, str, int]]:
    """Month, kind and amount of each line that is shown."""
    entries = msgspec.json.decode(path.read_bytes())["entries"]
    return [
        (one["line"]["period"], one["line"]["kind"], one["line"]["amount_micros"]) for one in entries if "line" in one
    ]


def test_a_statement_is_made_and_proved_where_nothing_of_the_box_is(office: Charged, tmp_path: Path) -> None:
    files = statement(office)
    assert set(files) == {"json", "csv", "pdf"}
    code, said, _ = office.bill("key")
    fingerprint = said.split(": ")[1].strip()
    far = tmp_path / "far away"
    far.mkdir()
    for kind in ("json", "csv"):
        shutil.copy(files[kind], far)
    shutil.rmtree(office.config.parent)
    nothing = {"PYTHONPATH": "", "PATH": ""}
    for kind in ("json", "csv"):
        path = far / files[kind].name
        code, said, sorry = bill("verify", path, "--language", "es", "--key", fingerprint, env=nothing)
        assert (code, sorry) == (0, "")
        assert said.splitlines()[0] == "El extracto es auténtico y cuadra."
        assert fingerprint in said and CLIENT in said
        code, _, sorry = bill("verify", path, "--key", "0000" + fingerprint[4:], env=nothing)
        assert code == 1 and "the key 0000" in sorry


def test_it_opens_no_connection_and_reads_only_the_file(office: Charged) -> None:
    """The process is watched: sockets and files of the box would show."""
    path = statement(office, "--format", "json")["json"]
    watched = (
        "import sys\n"
        "seen = []\n"
        "sys.addaudithook(lambda event, args: seen.append((event, str(args[:1]))) "
        "if event in ('socket.connect', 'socket.getaddrinfo', 'sqlite3.connect', 'open') else None)\n"
        "from appliance.bill_verify import verify_file\n"
        "from pathlib import Path\n"
        f"assert verify_file(Path({str(path)!r}), '', 'en') == 0\n"
        "bad = [one for one in seen if one[0] != 'open' or 'office.toml' in one[1] or 'sqlite3\\'' in one[1] "
        "or '.pem' in one[1]]\n"
        "assert not bad, bad\n"
    )
    done = subprocess.run([sys.executable, "-c", watched], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_changed_line_is_named_with_what_it_says(office: Charged) -> None:
    path = statement(office, "--format", "json")["json"]
    text = path.read_text()
    path.write_text(text.replace('"price_micros":333333', '"price_micros":333334', 1))
    code, said, sorry = bill("verify", path, "--language", "en")
    assert (code, said) == (1, "")
    assert "THE STATEMENT DOES NOT HOLD: line 1 of the account: its hash is not that of its contents" in sorry
    assert "First line that does not hold: 1." in sorry
    assert "oficina-1: an answered call = 0.333334 EUR" in sorry
    code, _, sorry = bill("verify", path, "--language", "es")
    assert "su huella no es la de su contenido y de la línea anterior" in sorry


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cut off"),
        (b"{}\n", "line 1 of the file has not the shape"),
        (b'{"format":2,"head":{}}\n', "of format 2, and this program knows 1"),
        (b"\xef\xbb\xbfa;b\r\n", "does not end as a statement in CSV"),
        (b"[" * 100_000, "has not the shape"),
    ],
)
def test_what_is_no_statement_is_said_to_be_none(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    code, _, sorry = bill("verify", path, "--language", "en")
    assert code == 1 and said in sorry and "Traceback" not in sorry
    code, _, sorry = bill("verify", tmp_path / "none", "--language", "en")
    assert code == 1 and "cannot be read" in sorry
    code, _, sorry = bill("verify", tmp_path, "--language", "en")
    assert code == 1 and "is no file" in sorry


def test_a_terminal_is_safe_from_what_a_file_says(office: Charged) -> None:
    path = statement(office, "--format", "json")["json"]
    path.write_text(path.read_text().replace('"oficina-1"', '"\\u001b[2Jx"', 1))
    _, _, sorry = bill("verify", path)
    assert "\x1b" not in sorry


def test_what_comes_late_is_on_the_next_statement_apart(office: Charged) -> None:
    first = statement(office)
    before = first["json"].read_bytes()
    late = a_call(77, "2026-01", CLIENT)
    office.put(late, a_call(5_000_010, "2026-02", CLIENT), codes={"oficina-1": "1"})
    again = statement(office)
    assert again["json"].read_bytes() == before, "made once, the same for good"
    second = statement(office, month="2026-02")
    shown = lines_of(second["json"])
    of_january = [line for line in shown if line[0] == "2026-01"]
    assert ("2026-01", "call", 333_333) in of_january, "the late call"
    assert ("2026-01", "call", 2_000_000 - 333_333) in of_january, "the corrected price"
    assert ("2026-01", "extra", 250_000) in of_january, "one call more than the fee includes"
    assert len([line for line in shown if line[0] == "2026-02"]) == 5
    assert bill("verify", second["json"])[0] == bill("verify", second["csv"])[0] == 0
    text = " ".join(pdf_text(second["pdf"]).split())
    assert "De meses anteriores, registrado después de su extracto" in text
    assert "corrige la línea 1: otra tipificación" in text
    third = statement(office, month="2026-03")
    assert {line[0] for line in lines_of(third["json"])} == {"2026-03"}
    accounts = [line for path in (first, second, third) for line in lines_of(path["json"])]
    db = connect(office.store, "rw")
    (charged,) = db.execute("select sum(amount_micros) from ledger where account = ?", (CLIENT,)).fetchone()
    db.close()
    assert sum(amount for _, _, amount in accounts) == charged, "each line is on one statement"


def pdf_text(path: Path) -> str:
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout


def test_on_paper_every_page_says_what_it_is(office: Charged) -> None:
    office.put(*(a_call(number, "2026-01", CLIENT) for number in range(100, 150)))
    text = pdf_text(statement(office, "--format", "pdf")["pdf"])
    pages = text.rstrip("\f").split("\f")
    assert len(pages) > 2
    key = office.bill("key")[1].split(": ")[1].strip()
    for number, page in enumerate(pages, 1):
        assert CLIENT in page and "enero de 2026" in page and key in page
        assert page.count("Extracto, no es una factura") == 2
        assert f"Página {number} de {len(pages)}" in " ".join(page.split())
    plain = " ".join(text.split())
    assert "0 + 60 s (30 + 30 x 1) x 0,061/min = 0,061 EUR" in plain
    assert "por el mes = 90 EUR" in plain and "IVA reducido 10 % sobre" in plain
    assert "€" in plain


@pytest.mark.parametrize(
    ("words", "currency", "seen", "point"),
    [
        (["--language", "es", "--locale", "es-ES"], "EUR", "2.090,00 €", ","),
        (["--language", "es", "--locale", "es-MX"], "MXN", "$2,090.00", "."),
        (["--language", "en", "--locale", "en-GB"], "EUR", "€2,090.00", "."),
    ],
)
def test_numbers_are_those_of_the_place(tmp_path: Path, words: list[str], currency: str, seen: str, point: str) -> None:
    office = charged_office(tmp_path, currency=currency)
    config = office.config.read_text().replace("minimum_micros = 20_000_000\n", "set_up_micros = 0\n")
    config = config.replace("fee_micros = 90_000_000", "fee_micros = 1_900_000_000")
    office.config.write_text(config)
    files = statement(office, *words, client=CLIENT, month="2026-03")
    text = pdf_text(files["pdf"]).replace("\u00a0", " ")
    assert seen in text
    rows = list(csv.reader(files["csv"].open(encoding="utf-8-sig"), delimiter=";" if point == "," else ","))
    assert rows[1][12] == "1900" and rows[1][15] == "190"
    assert bill("verify", files["csv"])[0] == 0


def test_a_month_that_is_not_over_has_no_statement_but_what_it_comes_to(office: Charged) -> None:
    out = office.config.parent / "out"
    code, _, sorry = office.bill("statement", CLIENT, "2099-01", "--out", out, "--language", "en")
    assert code == 1 and "--so-far" in sorry and not out.exists()
    code, _, sorry = office.bill("close", "2099-01", "--language", "en")
    assert code == 1 and "2099-01 is not over" in sorry
    files = statement(office, "--so-far", month="2099-01")
    assert all(path.stem.endswith("-so-far") for path in files.values())
    assert "LO QUE VA DE MES" in pdf_text(files["pdf"])
    for kind in ("json", "csv"):
        code, _, sorry = bill("verify", files[kind], "--language", "en")
        assert code == 1 and "month that was not over" in sorry
    db = connect(office.store, "rw")
    assert db.execute("select count(*) from statements").fetchone() == (0,)
    db.close()


def test_it_works_while_the_acd_writes(office: Charged) -> None:
    """The store's own writer is up, and what it writes meanwhile is there afterwards."""
    with writing(office.store) as store:
        files = statement(office, "--format", "json")
        assert bill("verify", files["json"])[0] == 0
        assert office.bill("close", "2026-03")[0] == 0
        store.wait()
    office.put(a_call(500, "2026-03", CLIENT))
    assert office.bill("verify")[0] == 0


def test_months_are_closed_once_and_listed(office: Charged) -> None:
    code, said, _ = office.bill("close", "2026-01", "--language", "en")
    assert (code, said.splitlines()) == (
        0,
        [f"{OTHER}: 2026-01 was closed already, nothing has changed", f"{CLIENT}: 2026-01 closed, 3 new lines"],
    )
    code, said, _ = office.bill("close", "2026-01", CLIENT, "--language", "en")
    assert "nothing has changed" in said
    statement(office, "--format", "json")
    code, said, _ = office.bill("list", "--language", "en")
    assert code == 0
    rows = {line.split("  ")[0]: line for line in said.splitlines() if "2026-01" in line}
    assert rows[OTHER].endswith("not made") and rows[CLIENT].rstrip().endswith("€")


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (["statement", "Nadie", "2026-01"], 1, "Nadie"),
        (["statement", CLIENT, "enero"], 1, "enero is no month"),
        (["statement", CLIENT, "2026-01", "--locale", "xx-YY"], 1, "xx-YY"),
        (["statement", CLIENT], 2, "1 names"),
        (["close", "2026-01", "Nadie"], 1, "Nadie"),
        (["statement", CLIENT, "2026-01", "--out", "/proc/nowhere"], 1, "/proc/nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_line(office: Charged, words: list[str], code: int, named: str) -> None:
    exit_code, said, sorry = office.bill(*words, "--language", "en")
    assert (exit_code, said) == (code, "")
    assert named in sorry and "Traceback" not in sorry


def test_the_key_is_made_once_and_kept_to_oneself(office: Charged) -> None:
    assert office.bill("key", "--language", "en")[2].startswith("centralita: This box has sealed nothing yet")
    office.bill("seal")
    path = office.config.parent / "keys" / "box-ed25519.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = path.read_bytes()
    office.put(a_call(600, "2026-01", CLIENT))
    code, _, _ = office.bill("seal", "--language", "en")
    assert code == 0 and path.read_bytes() == content
    assert office.bill("seal", "--language", "en")[1] == "Nothing new to seal.\n"
    path.write_bytes(b"damaged")
    office.put(a_call(601, "2026-01", CLIENT))
    code, _, sorry = office.bill("seal")
    assert code == 1 and "Recupérela de un respaldo" in sorry and path.read_bytes() == b"damaged"


def _attack(office: Charged, *statements: str) -> None:
    """Somebody with the file and a program for it: triggers do not stop them."""
    db = sqlite3.connect(office.store)
    for (name,) in db.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        db.execute(f"drop trigger {name}")
    for one in statements:
        db.execute(one)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("account", "line", "statements"),
    [
        (CLIENT, 10, ["delete from ledger where account like 'P%' and number >= 10"]),
        (CLIENT, 5, ["delete from ledger where account like 'P%' and number = 4"]),
        (CLIENT, 2, ["update ledger set amount_micros = 1 where account like 'P%' and number = 2"]),
        (
            CLIENT,
            3,
            ["update ledger set line = replace(line, 'tienda', 'Tienda') where account like 'P%' and number = 3"],
        ),
        (
            CLIENT,
            2,
            [
                "update ledger set number = 999 where account like 'P%' and number = 2",
                "update ledger set number = 2 where account like 'P%' and number = 3",
                "update ledger set number = 3 where account like 'P%' and number = 999",
            ],
        ),
        (CLIENT, 1, ["update ledger set line = line || ' ' where account like 'P%' and number = 1"]),
        (CLIENT, 1, ["delete from ledger where account like 'P%'"]),
        (OTHER, 1, ["delete from ledger where account = 'Otra'"]),
        ("call records", 8, ["delete from calls where record >= 8"]),
        ("call records", 2, ["update calls set talk_ms = talk_ms + 1 where record = 2"]),
        ("call records", 1, ["update legs set cause = 'busy' where call = 'oficina-1' and position = 0"]),
        ("call records", 3, ["delete from calls where record = 3"]),
    ],
)
def test_a_store_that_was_changed_is_found_out(office: Charged, account: str, line: int, statements: list[str]) -> None:
    office.bill("close", "2026-01")
    assert office.bill("seal")[0] == 0
    code, said, _ = office.bill("verify", "--language", "en")
    assert code == 0 and said.endswith("The whole ledger holds.\n")
    _attack(office, *statements)
    code, said, sorry = office.bill("verify", "--language", "en")
    assert code == 1 and " accounts or statements do not hold" in sorry
    assert f"{account}: DOES NOT HOLD from line {line}: " in said
    code, said, _ = office.bill("verify", "--language", "es")
    assert code == 1
    why = next(line for line in said.splitlines() if "NO CUADRA" in line)
    assert not any(word in why for word in (" is ", " was ", " are ", " has ")), why


@pytest.mark.parametrize(
    "change",
    [
        "update statements set totals = replace(totals, '120330000', '20330000')",
        "update statements set head = replace(head, '2026-01', '2026-02')",
        "update statements set until = until - 1",
        "update statements set signature = replace(signature, 'a', 'b')",
    ],
)
def test_a_statement_that_was_changed_in_the_store_is_found_out(office: Charged, change: str) -> None:
    office.put(*(a_call(number, "2026-01", CLIENT) for number in range(7, 41)))
    statement(office, "--format", "json")
    code, said, _ = office.bill("verify", "--language", "en")
    assert code == 0 and "1 statements made, all hold" in said
    _attack(office, change)
    code, said, _ = office.bill("verify", "--language", "en")
    assert code == 1 and f"Statement of {CLIENT}, 2026-01: DOES NOT HOLD" in said


def test_an_account_that_was_cut_off_is_not_sealed_again_nor_stated(office: Charged) -> None:
    office.bill("close", "2026-01")
    office.bill("seal")
    _attack(office, "delete from ledger where account like 'P%' and number >= 5")
    code, _, sorry = office.bill("seal")
    assert code == 1 and "bill verify" in sorry
    code, _, sorry = office.bill("statement", CLIENT, "2026-01", "--out", office.config.parent / "out")
    assert code == 1 and "bill verify" in sorry
    office.put(*(a_call(number, "2026-01", CLIENT) for number in range(700, 720)))
    assert f"{CLIENT}: DOES NOT HOLD from line" in office.bill("verify", "--language", "en")[1]


def test_whoever_writes_an_account_anew_needs_the_box_s_key(office: Charged) -> None:
    """All hashes made again, in a store without seals and in one with them."""
    office.bill("close", "2026-01")
    office.bill("seal")
    db = connect(office.store, "rw")
    rows = db.execute("select number, line from ledger where account = ? order by number", (OTHER,)).fetchall()
    db.close()
    head, changes = FIRST, []
    for number, text in rows:
        text = text.replace("1000000", "2000000")
        head = chained(head, number, digest(text.encode()))
        changes.append(
            f"update ledger set line = '{text}', hash = '{head}', amount_micros = 2000000 "
            f"where account = '{OTHER}' and number = {number}"
        )
    _attack(office, *changes)
    said = office.bill("verify", "--language", "en")[1]
    assert f"{OTHER}: DOES NOT HOLD from line 1: it was sealed with another hash" in said
    _attack(office, "update seals set signature = replace(signature, 'a', 'b')")
    said = office.bill("verify", "--language", "en")[1]
    assert said.count("its seal is not signed by the key it names") >= 1
