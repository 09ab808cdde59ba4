"""Paper for a statement: A4 pages with the same head and foot on each, text in columns, amounts under each other.

Drawn with ReportLab's canvas, which keeps finished pages compressed, so that thousands of them fit a small machine.
"""

from functools import cache
from pathlib import Path
from typing import BinaryIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from appliance.acd.plan import Language
from appliance.daemon.box_key import fingerprint
from appliance.statements.making import NotMade
from appliance.statements.numbers import MICROS, Place, month_words
from appliance.statements.statement import Statement
from appliance.statements.texts import said

FONTS = Path("/usr/share/fonts/truetype/dejavu")
"""Of the Debian package fonts-dejavu-core: every letter of Spanish, the currencies' signs, and most of Europe's."""
NORMAL, BOLD = "DejaVuSans", "DejaVuSans-Bold"
WIDTH, HEIGHT = A4
LEFT, RIGHT = 42.0, WIDTH - 42.0
TOP, BOTTOM = HEIGHT - 96.0, 56.0
SIZE, SMALL = 7.5, 6.3
GREY = 0.38
_PAGES = "pages"


@cache
def _fonts() -> None:
    for name in (NORMAL, BOLD):
        try:
            pdfmetrics.registerFont(TTFont(name, FONTS / f"{name}.ttf"))
        except (TTFError, OSError) as error:
            raise NotMade("no_font", path=f"{FONTS / name}.ttf") from error


class Paper:
    """Pages of a statement, one begun. `y` is where the next line stands, points from the bottom."""

    def __init__(self, statement: Statement, place: Place, language: Language, file: BinaryIO) -> None:
        _fonts()
        head = statement.head
        self.place = place
        self.language = language
        self.page = 0
        self.y = TOP
        self._statement = statement
        self._canvas = Canvas(file, pagesize=A4, pageCompression=1, invariant=1)
        self._canvas.setTitle(f"{said('not_invoice', language)}: {head.client}, {head.month}")
        self._canvas.setAuthor(head.box)
        self._canvas.setSubject(said("not_invoice", language))
        self._canvas.setCreator("Centralita")
        self._begin()

    def room(self, points: float) -> bool:
        """Whether so much is left on this page."""
        return bool(self.y - points >= BOTTOM)

    def new_page(self) -> None:
        self._canvas.showPage()
        self._begin()

    def end(self) -> None:
        """Nothing can be drawn any more."""
        self._canvas.showPage()
        self._canvas.beginForm(_PAGES)
        self._canvas.setFont(NORMAL, SMALL)
        self._canvas.drawString(RIGHT - 22, 30, str(self.page))
        self._canvas.endForm()
        self._canvas.save()

    def text(self, x: float, text: str, *, size: float = SIZE, font: str = NORMAL, grey: bool = False) -> None:
        self._pen(font, size, grey)
        self._canvas.drawString(x, self.y, text)

    def right(self, x: float, text: str, *, size: float = SIZE, font: str = NORMAL) -> None:
        self._pen(font, size, False)
        self._canvas.drawRightString(x, self.y, text)

    def amount(self, x: float, micros: int, *, font: str = NORMAL) -> None:
        """Exact, its decimal point at `x`, so that amounts of different decimals stand under each other."""
        needed = len(str(abs(micros) % MICROS + MICROS).rstrip("0")) - 1
        text = self.place.amount(micros, max(needed, self._statement.head.decimals))
        whole, point, decimals = text.partition(self.place.point)
        if micros % MICROS == 0 and self._statement.head.decimals == 0:
            whole, point, decimals = text, "", ""
        self._pen(font, SIZE, False)
        self._canvas.drawRightString(x, self.y, whole)
        self._canvas.drawString(x, self.y, point + decimals)

    def paragraph(self, x: float, text: str, width: float, *, size: float = SMALL) -> None:
        """Wrapped, in grey; `y` is below it then."""
        for line in wrapped(text, width, size):
            self.text(x, line, size=size, grey=True)
            self.y -= size + 2

    def rule(self, *, strong: bool = False) -> None:
        """A line across, a little above where text stands."""
        self._canvas.setLineWidth(0.8 if strong else 0.25)
        self._canvas.setStrokeGray(0.2 if strong else 0.7)
        self._canvas.line(LEFT, self.y + SIZE + 1.5, RIGHT, self.y + SIZE + 1.5)

    def _pen(self, font: str, size: float, grey: bool) -> None:
        self._canvas.setFont(font, size)
        self._canvas.setFillGray(GREY if grey else 0)

    def _begin(self) -> None:
        """The head and foot that every page has."""
        self.page += 1
        head, language, canvas = self._statement.head, self.language, self._canvas
        self._pen(BOLD, 13, False)
        canvas.drawString(LEFT, HEIGHT - 48, clipped(head.client, 330, 13, BOLD))
        self._pen(BOLD, 8, False)
        canvas.drawRightString(RIGHT, HEIGHT - 44, said("not_invoice", language))
        self._pen(NORMAL, 8, False)
        canvas.drawRightString(RIGHT, HEIGHT - 55, month_words(head.month, language))
        self._pen(NORMAL, SMALL, True)
        box = f"{said('box', language)}: {clipped(head.box, 160, SMALL)}"
        if head.key:
            box += f"   ·   {said('fingerprint', language)}: {fingerprint(head.key)}"
        canvas.drawString(LEFT, HEIGHT - 62, box)
        if head.so_far:
            self._pen(BOLD, 8, False)
            canvas.drawString(LEFT, HEIGHT - 82, said("so_far_page", language))
        canvas.setLineWidth(0.8)
        canvas.setStrokeGray(0.2)
        canvas.line(LEFT, HEIGHT - 68, RIGHT, HEIGHT - 68)
        canvas.line(LEFT, 42, RIGHT, 42)
        self._pen(NORMAL, SMALL, False)
        canvas.drawString(LEFT, 30, said("not_invoice", language))
        canvas.drawRightString(RIGHT - 24, 30, said("page", language, page=self.page))
        canvas.doForm(_PAGES)  # the number of pages, known at the end
        self.y = TOP


def clipped(text: str, width: float, size: float, font: str = NORMAL) -> str:
    """As much of a text as fits, with an ellipsis when that is not all."""
    _fonts()
    if pdfmetrics.stringWidth(text, font, size) <= width:
        return text
    while text and pdfmetrics.stringWidth(f"{text}…", font, size) > width:
        text = text[:-1]
    return f"{text}…"


def wrapped(text: str, width: float, size: float, font: str = NORMAL) -> list[str]:
    """In lines that fit; a word that does not is clipped."""
    if pdfmetrics.stringWidth(text, font, size) <= width:
        return [text]
    return [clipped(line, width, size, font) for line in simpleSplit(text, font, size, width)]
