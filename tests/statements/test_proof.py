"""A statement proves itself: what holds is let through, whatever was changed is noticed, and nothing crashes it."""

import io
import sqlite3
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.billing.ledger import Entry, chained, digest, encoded
from appliance.billing.lines import FeeFact
from appliance.billing.seals import Seal, seal_text
from appliance.billing.statements import Sums, Totals
from appliance.configuration.file import read_configuration
from appliance.daemon.box_key import BoxKey, box_key, fingerprint
from appliance.daemon.connection import connect
from appliance.daemon.contract_builder import build_contracts
from appliance.daemon.period_closing import Month
from appliance.statements.csv_file import parts
from appliance.statements.csv_verify import prove_csv
from appliance.statements.files import json_parts
from appliance.statements.making import Office, make
from appliance.statements.numbers import Place
from appliance.statements.proof import Body, End, Head, begin, end, entry, signature
from appliance.statements.proving import NotProved, Proved
from appliance.statements.statement import Statement
from appliance.statements.verify import prove
from tests.command_line.charged_office import CLIENT, ZONE, charged_office

NOW = 1_780_000_000_000


def quiet(done: int, count: int) -> None:
    pass


@cache
def made() -> tuple[bytes, bytes, Statement]:
    """The same statement as JSON and as CSV."""
    with TemporaryDirectory() as folder:
        charged = charged_office(Path(folder))
        office = Office("oficina", ZONE, "EUR", build_contracts(read_configuration(charged.config)))
        db = connect(charged.store, "rw")
        month = Month.named("2026-01", ZONE)
        statement = make(db, office, CLIENT, month, lambda: box_key(Path(folder)), NOW, quiet)
        as_json = b"".join(json_parts(db, statement, quiet))
        as_csv = b"".join(parts(db, statement, Place.named("es-ES"), "es", quiet))
        db.close()
    return as_json, as_csv, statement


def of_json(text: bytes, key: str = "") -> Proved:
    return prove(io.BytesIO(text), key)


def of_csv(text: bytes, key: str = "") -> Proved:
    return prove_csv(io.BytesIO(text), key)


def test_it_holds_and_is_json() -> None:
    text, table, statement = made()
    proved = of_json(text)
    assert proved.head.client == CLIENT
    assert proved.end.totals == statement.totals
    assert proved.hidden == 1, "the line of February between"
    assert of_csv(table) == proved
    document = msgspec.json.decode(text)
    assert [document["format"], len(document["entries"])] == [1, statement.totals.lines + 1]
    assert (
        sum(one["line"]["amount_micros"] for one in document["entries"] if "line" in one)
        == statement.totals.amount_micros
    )


@settings(max_examples=1500, deadline=None)
@given(where=st.integers(0, 10**9), byte=st.integers(1, 255))
@example(where=0, byte=1)
@example(where=-1, byte=7)
def test_any_byte_that_is_changed_is_noticed(where: int, byte: int) -> None:
    for text, proof in ((made()[0], of_json), (made()[1], of_csv)):
        wrong = bytearray(text)
        wrong[where % len(text)] ^= byte
        with pytest.raises(NotProved):
            proof(bytes(wrong))


@settings(max_examples=300, deadline=None)
@given(
    cut=st.integers(0, 10**9), kind=st.sampled_from(["cut", "line out", "lines changed round", "line twice", "more"])
)
def test_whatever_is_cut_out_or_moved_is_noticed(cut: int, kind: str) -> None:
    for text, proof in ((made()[0], of_json), (made()[1], of_csv)):
        lines = text.splitlines(keepends=True)
        place = cut % (len(lines) - 1)
        match kind:
            case "cut":
                wrong = text[: cut % len(text)]
            case "out":
                wrong = b"".join(lines[:place] + lines[place + 1 :])
            case "changed round":
                wrong = b"".join([*lines[:place], lines[place + 1], lines[place], *lines[place + 2 :]])
            case "twice":
                wrong = b"".join([*lines[:place], lines[place], *lines[place:]])
            case _:
                wrong = text + b"\n"
        with pytest.raises(NotProved):
            proof(wrong)


@settings(max_examples=500, deadline=None)
@given(data=st.data())
def test_what_is_no_statement_is_refused_and_nothing_crashes(data: st.DataObject) -> None:
    """Pieces of statements, of JSON and of nothing, put together; numbers and nesting without end among them."""
    text, table, _ = made()
    lines = [*text.splitlines(keepends=True), *table.splitlines(keepends=True)]
    pieces = st.one_of(
        st.sampled_from(lines),
        st.binary(max_size=60),
        st.sampled_from(
            [
                b"[" * 5_000,
                b'{"number":' + b"9" * 5_000,
                b"\xff\xfe",
                b'"\\ud800"',
                b"1e999",
                b"-0",
                b"NaN",
                b"\r\n",
                b'""',
            ]
        ),
        st.tuples(st.sampled_from(lines), st.integers(0, 400), st.binary(max_size=8)).map(
            lambda one: one[0][: one[1]] + one[2] + one[0][one[1] :]
        ),
    )
    wrong = b"".join(data.draw(st.lists(pieces, max_size=6)))
    for proof in (of_json, of_csv):
        with pytest.raises(NotProved):
            proof(wrong)


def test_the_first_line_that_does_not_hold_is_named() -> None:
    text, table, statement = made()
    for number, old, new in (
        (3, b'"amount_micros":', b'"amount_micros":1'),
        (5, b'"project":"tienda"', b'"project":"Tienda"'),
    ):
        mark = b'{"number":%d,' % number
        lines = text.splitlines(keepends=True)
        place = next(place for place, line in enumerate(lines) if line.startswith(mark))
        lines[place] = lines[place].replace(old, new, 1)
        with pytest.raises(NotProved) as refused:
            of_json(b"".join(lines))
        assert (refused.value.code, refused.value.entry) == ("line", number)
        assert refused.value.line is not None
    rows = table.split(b"\r\n")
    assert b";0,333333;IVA" in rows[1]
    rows[1] = rows[1].replace(b";0,333333;IVA", b";0,333334;IVA")
    with pytest.raises(NotProved) as refused:
        of_csv(b"\r\n".join(rows))
    assert (refused.value.code, refused.value.entry) == ("cells", 1)
    assert statement.totals.lines > 5


def test_the_key_that_was_named_has_to_be_the_box_s() -> None:
    text, table, statement = made()
    right = fingerprint(statement.head.key)
    assert of_json(text, right.replace("-", "").upper()) == of_csv(table, right)
    for proof, content in ((of_json, text), (of_csv, table)):
        with pytest.raises(NotProved) as refused:
            proof(content, "0000" + right[4:])
        assert refused.value.code == "other_key"


class Forger:
    """Makes statements with a key of its own: everything is signed, and so only what they say can betray them."""

    def __init__(self) -> None:
        private = Ed25519PrivateKey.generate()
        self.key = BoxKey(private, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex())
        text = made()[0]
        self.entries = [
            msgspec.json.decode(line.rstrip(b",\n"), type=Entry)
            for line in text.splitlines(keepends=True)
            if b'"line":' in line
        ]

    def write(
        self, head: dict[str, object], lines: list[Entry], totals: dict[str, object], box: str = "oficina"
    ) -> bytes:
        sound = made()[2]
        previous, chain = sound.head.after.hash, []
        for number, one in enumerate(lines, sound.head.after.number + 1):
            previous = chained(previous, number, digest(encoded(one.line)))
            chain.append(Entry(number, one.line, previous))
        until = sound.head.after.number + len(chain)
        whole: Head = msgspec.structs.replace(sound.head, **({"key": self.key.public, "until": until} | head))
        sums = _totals(chain)
        said = msgspec.structs.replace(sums, **totals)
        sealed = seal_text(box, whole.client, until, previous, NOW)
        seal = Seal(box, whole.client, until, previous, NOW, self.key.public, self.key.sign(sealed))
        body = Body()
        text = body.add(begin(whole))
        for one in chain:
            text += body.add(entry(one, last=one.number == until))
        text += body.add(end(End(said, seal)))
        return text + signature(self.key.sign(body.signed))


def _totals(entries: list[Entry]) -> Totals:
    sums = Sums(2)
    for one in entries:
        sums.add(one.line)
    return sums.totals()


def test_a_forger_with_a_key_can_write_only_what_works_out() -> None:
    forger = Forger()
    assert of_json(forger.write({}, forger.entries, {})).head.client == CLIENT
    first = forger.entries[0]
    dearer = msgspec.structs.replace(first.line, amount_micros=first.line.amount_micros + 1)
    other_facts = msgspec.structs.replace(first.line, facts=FeeFact(1))
    with pytest.raises(NotProved) as refused:
        of_json(forger.write({}, [msgspec.structs.replace(first, line=dearer), *forger.entries[1:]], {}))
    assert (refused.value.code, refused.value.entry) == ("line", 1)
    for wrong, code in (
        (forger.write({}, [msgspec.structs.replace(first, line=other_facts)], {}), "line"),
        (forger.write({}, forger.entries, {"payable_micros": 1}), "totals"),
        (forger.write({}, forger.entries, {"rounding_micros": 10**30}), "totals"),
        (forger.write({"client": "Otra"}, forger.entries, {}), "of_another"),
        (forger.write({"currency": "USD"}, forger.entries, {}), "other_currency"),
        (forger.write({"month": "2026-02"}, forger.entries, {}), "other_month"),
        (forger.write({"month": "2026-13"}, forger.entries, {}), "head"),
        (forger.write({"decimals": 9}, forger.entries, {}), "head"),
        (forger.write({"issued_utc_ms": 10**18}, forger.entries, {}), "head"),
        (forger.write({"so_far": True}, forger.entries, {}), "so_far"),
        (forger.write({"key": made()[2].head.key}, forger.entries, {}), "seal_of_another"),
        (forger.write({}, [first, first], {}), "line"),
    ):
        with pytest.raises(NotProved) as refused:
            of_json(wrong)
        assert refused.value.code == code


def test_numbers_beyond_all_bounds_are_refused() -> None:
    forger = Forger()
    first = forger.entries[0]
    huge = msgspec.structs.replace(first.line, facts=FeeFact(10**4_200), amount_micros=10**4_200)
    absurd = msgspec.structs.replace(first.line, at_utc_ms=10**30)
    for line in (huge, absurd):
        with pytest.raises(NotProved):
            of_json(forger.write({}, [msgspec.structs.replace(first, line=line), *forger.entries[1:]], {"lines": 0}))


def test_it_is_the_same_to_the_byte_when_it_is_written_again(tmp_path: Path) -> None:
    charged = charged_office(tmp_path)
    office = Office("oficina", ZONE, "EUR", build_contracts(read_configuration(charged.config)))
    texts = []
    for now in (NOW, NOW + 10**9):
        db: sqlite3.Connection = connect(charged.store, "rw")
        month = Month.named("2026-01", ZONE)
        texts.append(
            b"".join(json_parts(db, make(db, office, CLIENT, month, lambda: box_key(tmp_path), now, quiet), quiet))
        )
        db.close()
    assert texts[0] == texts[1]
