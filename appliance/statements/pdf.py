"""The statement on paper: a summary by contract, clause and project, and every line with its arithmetic."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import BinaryIO
from zoneinfo import ZoneInfo

from appliance.acd.plan import Language
from appliance.billing.ledger import Entry
from appliance.billing.lines import MinutesFact
from appliance.billing.statements import Group
from appliance.statements.line_words import KINDS, arithmetic, what, when
from appliance.statements.numbers import Place, moment, month_words
from appliance.statements.pdf_page import BOLD, LEFT, NORMAL, RIGHT, SIZE, SMALL, Paper, clipped, wrapped
from appliance.statements.statement import Progress, Statement
from appliance.statements.texts import said

AMOUNT, TAX, TOTAL = RIGHT - 190.0, RIGHT - 98.0, RIGHT - 35.0
"""Where the decimal points stand."""
RATE = TAX - 34.0
NUMBER = LEFT + 30.0
DATE, WHAT = LEFT + 36.0, LEFT + 116.0
ROOM_FOR_WORDS = AMOUNT - 34 - WHAT
ROOM_FOR_FACTS = RIGHT - WHAT
STEP = SIZE + 3.5


def write(
    store: sqlite3.Connection,
    statement: Statement,
    place: Place,
    language: Language,
    file: BinaryIO,
    tell: Progress,
) -> None:
    """The whole document. Raises NotMade where its font is not installed."""
    paper = Paper(statement, place, language, file)
    _summary(paper, statement)
    paper.y -= STEP
    _lines(paper, statement, statement.lines(store, late=False, tell=tell), "detail")
    if statement.has_late:
        paper.y -= STEP
        _lines(paper, statement, statement.lines(store, late=True, tell=tell), "late_title")
    paper.end()


def _summary(paper: Paper, statement: Statement) -> None:
    head, totals, language = statement.head, statement.totals, paper.language
    _title(paper, said("summary", language))
    issued = moment(head.issued_utc_ms, ZoneInfo(head.time_zone), language)
    paper.text(LEFT, f"{said('issued', language)} {issued}", grey=True)
    paper.y -= STEP * 1.6
    _summary_columns(paper)
    order = sorted(totals.groups, key=lambda group: (group.month != head.month, group.month, group.contract))
    for (month, contract), groups in groupby(order, key=lambda group: (group.month, group.contract)):
        _contract(paper, statement, month, contract, list(groups))
    paper.y -= STEP * 0.6
    for tax in totals.taxes:
        if tax.name or tax.ppm:
            on = paper.place.money(tax.amount_micros, head.currency)
            rate = paper.place.percent(tax.ppm)
            _sum(paper, said("on", language, tax=tax.name, percent=rate, amount=on), tax.tax_micros, head.currency)
    if totals.rounding_micros:
        _sum(paper, said("rounding", language), totals.rounding_micros, head.currency)
    _sum(paper, said("payable", language), totals.payable_micros, head.currency, bold=True)
    paper.y -= STEP
    if statement.seal is not None:
        said_ = said("proof", language, until=statement.seal.number, head=statement.seal.head)
        paper.paragraph(LEFT, said_, RIGHT - LEFT)


def _summary_columns(paper: Paper) -> None:
    words = paper.language
    paper.text(LEFT, said("concept", words), size=SMALL, font=BOLD)
    paper.text(LEFT + 170, said("project", words), size=SMALL, font=BOLD)
    paper.right(AMOUNT - 44, said("lines", words), size=SMALL, font=BOLD)
    _amount_columns(paper)


def _amount_columns(paper: Paper) -> None:
    words = paper.language
    paper.right(AMOUNT + 20, said("amount", words), size=SMALL, font=BOLD)
    paper.right(TAX + 20, said("tax_sum", words), size=SMALL, font=BOLD)
    paper.right(TOTAL + 20, said("total", words), size=SMALL, font=BOLD)
    paper.y -= STEP + 2
    paper.rule(strong=True)


def _contract(paper: Paper, statement: Statement, month: str, contract: str, groups: list[Group]) -> None:
    language = paper.language
    _need(paper, STEP * 3, _summary_columns)
    if month != statement.head.month:
        paper.text(LEFT, said("late_group", language, month=month_words(month, language)), font=BOLD)
        paper.y -= STEP
    for group in groups:
        _need(paper, STEP, _summary_columns)
        words = f"{KINDS[language][group.kind]} {group.clause}"
        paper.text(LEFT, clipped(words, 164, SIZE))
        paper.text(LEFT + 170, clipped(group.project, 88, SIZE))
        paper.right(AMOUNT - 44, paper.place.amount(group.lines * 1_000_000, 0))
        _amounts(paper, group.amount_micros, group.tax_micros)
        paper.y -= STEP
        paper.rule()
    _need(paper, STEP, _summary_columns)
    paper.text(LEFT, clipped(said("subtotal", language, contract=contract), 280, SIZE, BOLD), font=BOLD)
    paper.right(AMOUNT - 44, paper.place.amount(sum(one.lines for one in groups) * 1_000_000, 0), font=BOLD)
    _amounts(paper, sum(one.amount_micros for one in groups), sum(one.tax_micros for one in groups), font=BOLD)
    paper.y -= STEP
    paper.rule(strong=True)


def _sum(paper: Paper, words: str, micros: int, currency: str, *, bold: bool = False) -> None:
    _need(paper, STEP, lambda paper: None)
    font = BOLD if bold else NORMAL
    paper.right(TAX + 20, words, font=font)
    paper.right(RIGHT, paper.place.money(micros, currency), font=font)
    paper.y -= STEP


def _lines(paper: Paper, statement: Statement, entries: Iterable[Entry], title: str) -> None:
    zone = ZoneInfo(statement.head.time_zone)
    _need(paper, STEP * 6, lambda paper: None)
    _title(paper, said(title, paper.language))
    _line_columns(paper)
    for entry in entries:
        facts = list(_facts(entry, paper))
        _need(paper, STEP + len(facts) * (SMALL + 2), _line_columns)
        _line(paper, entry, zone)
        for text in facts:
            paper.text(WHAT, text, size=SMALL, grey=True)
            paper.y -= SMALL + 2
        paper.y -= 3
        paper.rule()


def _line_columns(paper: Paper) -> None:
    words = paper.language
    paper.right(NUMBER, said("number", words), size=SMALL, font=BOLD)
    paper.text(DATE, said("date", words), size=SMALL, font=BOLD)
    paper.text(WHAT, said("concept", words), size=SMALL, font=BOLD)
    paper.right(RATE, "%", size=SMALL, font=BOLD)
    _amount_columns(paper)


def _line(paper: Paper, entry: Entry, zone: ZoneInfo) -> None:
    line = entry.line
    paper.right(NUMBER, str(entry.number))
    paper.text(DATE, when(line, zone)[:16])
    words = " · ".join(word for word in (what(line, paper.language), line.project) if word)
    paper.text(WHAT, clipped(words, ROOM_FOR_WORDS, SIZE))
    if line.tax.ppm:
        paper.right(RATE, paper.place.percent(line.tax.ppm).rstrip("%").rstrip())
    _amounts(paper, line.amount_micros, line.tax_micros)
    paper.y -= SMALL + 3


def _facts(entry: Entry, paper: Paper) -> Iterator[str]:
    line = entry.line
    number = line.facts.charge.number if isinstance(line.facts, MinutesFact) else ""
    words = (line.call, number, arithmetic(line, paper.language, paper.place.point))
    yield from wrapped(" · ".join(word for word in words if word), ROOM_FOR_FACTS, SMALL)


def _amounts(paper: Paper, amount_micros: int, tax_micros: int, **font: str) -> None:
    paper.amount(AMOUNT, amount_micros, **font)
    paper.amount(TAX, tax_micros, **font)
    paper.amount(TOTAL, amount_micros + tax_micros, **font)


def _title(paper: Paper, text: str) -> None:
    paper.text(LEFT, text, size=10, font=BOLD)
    paper.y -= STEP * 1.5


def _need(paper: Paper, points: float, columns: Callable[[Paper], None]) -> None:
    """Room for so much, on a new page with the columns' names if need be."""
    if not paper.room(points):
        paper.new_page()
        columns(paper)
