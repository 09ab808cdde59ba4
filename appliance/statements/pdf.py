"""The statement on paper: a summary by contract, clause and project, and every line with its arithmetic."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import BinaryIO
from zoneinfo import ZoneInfo

from appliance.acd.plan import Language
from appliance.billing.ledger import Entry
from appliance.billing.statements import Group
from appliance.statements.line_words import KINDS, arithmetic, what
from appliance.statements.numbers import Place
from appliance.statements.pdf_page import BOLD, LEFT, RIGHT, SIZE, SMALL, Paper, clipped, wrapped
from appliance.statements.statement import Progress, Statement
from appliance.statements.texts import said

AMOUNT, TAX, TOTAL = RIGHT - 148.0, RIGHT - 82.0, RIGHT - 28.0
"""Where the decimal points stand."""
RATE = AMOUNT + 54.0
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
    """The whole document. Raises pdf_page.NoFont."""
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
    issued = paper.place.moment(head.issued_utc_ms, ZoneInfo(head.time_zone))
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
    paper.text(LEFT + 190, said("project", words), size=SMALL, font=BOLD)
    paper.right(AMOUNT - 46, said("lines", words), size=SMALL, font=BOLD)
    _amount_columns(paper)


def _amount_columns(paper: Paper) -> None:
    words = paper.language
    paper.right(AMOUNT + 14, said("amount", words), size=SMALL, font=BOLD)
    paper.right(TAX + 14, said("tax_sum", words), size=SMALL, font=BOLD)
    paper.right(TOTAL + 14, said("total", words), size=SMALL, font=BOLD)
    paper.y -= STEP + 2
    paper.rule(strong=True)


def _contract(paper: Paper, statement: Statement, month: str, contract: str, groups: list[Group]) -> None:
    language = paper.language
    _need(paper, STEP * 3, _summary_columns)
    if month != statement.head.month:
        paper.text(LEFT, said("late_group", language, month=paper.place.month(month)), font=BOLD)
        paper.y -= STEP
    for group in groups:
        _need(paper, STEP, _summary_columns)
        words = f"{KINDS[language][group.kind]} {group.clause}"
        paper.text(LEFT, clipped(words, 184, SIZE))
        paper.text(LEFT + 190, clipped(group.project, 96, SIZE))
        paper.right(AMOUNT - 46, paper.place.amount(group.lines * 1_000_000, 0))
        _amounts(paper, group.amount_micros, group.tax_micros)
        paper.y -= STEP
        paper.rule()
    _need(paper, STEP, _summary_columns)
    paper.text(LEFT, clipped(said("subtotal", language, contract=contract), 280, SIZE, BOLD), font=BOLD)
    paper.right(AMOUNT - 46, paper.place.amount(sum(one.lines for one in groups) * 1_000_000, 0), font=BOLD)
    _amounts(paper, sum(one.amount_micros for one in groups), sum(one.tax_micros for one in groups), font=BOLD)
    paper.y -= STEP
    paper.rule(strong=True)


def _sum(paper: Paper, words: str, micros: int, currency: str, *, bold: bool = False) -> None:
    _need(paper, STEP, lambda paper: None)
    font = {"font": BOLD} if bold else {}
    paper.right(TAX + 14, words, **font)
    paper.right(RIGHT, paper.place.money(micros, currency), **font)
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
    paper.text(DATE, f"{datetime.fromtimestamp(line.at_utc_ms / 1000, zone):%Y-%m-%d %H:%M}")
    words = " · ".join(word for word in (what(line, paper.language), line.project, line.call) if word)
    paper.text(WHAT, clipped(words, ROOM_FOR_WORDS, SIZE))
    if line.tax.ppm:
        paper.right(RATE, paper.place.percent(line.tax.ppm).rstrip("%").rstrip())
    _amounts(paper, line.amount_micros, line.tax_micros)
    paper.y -= SMALL + 3


def _facts(entry: Entry, paper: Paper) -> Iterator[str]:
    yield from wrapped(arithmetic(entry.line, paper.language, paper.place.point), ROOM_FOR_FACTS, SMALL)


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
