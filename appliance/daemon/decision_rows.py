"""A decision as the row it is kept in, and back: who was looked at is most of it, and is kept small.

A row's `packed` is MessagePack, a list of one list a candidate, in their order:

    [agent, state, excluded]                         could not be rung: the usual case, four bytes
    [agent, state, excluded, chosen, idle, measure]  idle in ms; chosen is 0 or 1

Agents, states and reasons are numbers of the table `words`, which has each once: as many words as the configuration
has agents and the ACD has codes, whatever the number of calls. A row of schema 3 or older has JSON in `candidates`
instead, and no `packed`.
"""

import sqlite3
from collections.abc import Sequence

import msgspec

from appliance.acd.effects import Candidate, Decision
from appliance.acd.ids import AgentName, LineName
from appliance.acd.line_effects import LineCandidate

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[tuple[int, ...], ...]).decode
_json = msgspec.json.Encoder().encode
_line_lists = msgspec.json.Decoder(tuple[tuple[LineName, str, str, int, int, bool], ...]).decode
_unpack_json = msgspec.json.Decoder(tuple[Candidate, ...]).decode


class Words:
    """The table `words`, read once. For one transaction of the writer, or one question of a reader."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._texts: dict[int, str] = dict(db.execute("select word, text from words").fetchall())
        self._numbers = {text: word for word, text in self._texts.items()}

    def number(self, text: str) -> int:
        """The word's number; a new one is added to the table."""
        known = self._numbers.get(text)
        if known is None:
            (known,) = self._db.execute("insert into words (text) values (?) returning word", (text,)).fetchone()
            self._numbers[text], self._texts[known] = known, text
        return known

    def text(self, word: int) -> str:
        """Raises KeyError for a number that was never given."""
        return self._texts[word]


def packed(candidates: Sequence[Candidate], words: Words) -> bytes:
    """Empty when nobody was looked at."""
    return _pack([_packed(seen, words) for seen in candidates]) if candidates else b""


def _packed(seen: Candidate, words: Words) -> tuple[int, ...]:
    named = (words.number(seen.agent), words.number(seen.state), words.number(seen.excluded))
    if seen.idle_ms or seen.measure or seen.chosen:
        return (*named, int(seen.chosen), seen.idle_ms, seen.measure)
    return named


def decision_of(row: sqlite3.Row, words: Words) -> Decision:
    """A row of `decisions`, all columns of it, as the decision it was made of."""
    return Decision(
        number=row["number"],
        call=row["call"],
        at_utc_ms=row["at_utc_ms"],
        kind=row["kind"],
        queue=row["queue"],
        strategy=row["strategy"],
        reason=row["reason"],
        detail=row["detail"],
        waited_ms=row["waited_ms"],
        candidates=_candidates(row["candidates"], row["packed"], words),
        lines=_lines(row["lines"]),
    )


def lines_json(lines: Sequence[LineCandidate]) -> str:
    """The column `lines`: the lines looked at, a list of one list each; "" for none."""
    return _json(tuple(msgspec.structs.astuple(seen) for seen in lines)).decode() if lines else ""


def _lines(json: str) -> tuple[LineCandidate, ...]:
    return tuple(LineCandidate(*seen) for seen in _line_lists(json)) if json else ()


def _candidates(json: str, pack: bytes | None, words: Words) -> tuple[Candidate, ...]:
    if pack is None:
        return _unpack_json(json)
    return tuple(_candidate(words, *one) for one in _unpack(pack)) if pack else ()


def _candidate(
    words: Words, agent: int, state: int, excluded: int, chosen: int = 0, idle_ms: int = 0, measure: int = 0
) -> Candidate:
    return Candidate(
        AgentName(words.text(agent)), words.text(state), words.text(excluded), idle_ms, bool(chosen), measure
    )
