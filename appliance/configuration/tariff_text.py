"""From the bytes of a carrier's list to its lines of text, or to what keeps them from being read."""

import re
import unicodedata

from appliance.configuration.tariff_problems import Problems

LONGEST_LINE = 10_000
_ENDS = re.compile(r"\r\n|\r|\n")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]"
)
"""Control and format characters: nobody sees them in an editor, and a name or number with one is another."""
_UTF8_BOM = b"\xef\xbb\xbf"
_BOMS = (
    (b"\xff\xfe\x00\x00", "UTF-32LE"),
    (b"\x00\x00\xfe\xff", "UTF-32BE"),
    (b"\xff\xfe", "UTF-16LE"),
    (b"\xfe\xff", "UTF-16BE"),
    (b"+/v", "UTF-7"),
    (b"\x0e\xfe\xff", "SCSU"),
    (b"\xdd\x73\x66\x73", "UTF-EBCDIC"),
)
"""Unicode Standard, 23.8, “Byte Order Mark”."""
_OTHER_FILES = (
    (b"PK\x03\x04", "XLSX/ODS/ZIP"),
    (b"\xd0\xcf\x11\xe0", "XLS"),
    (b"\x1f\x8b", "GZIP"),
    (b"%PDF", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"\x7fELF", "ELF"),
    (b"\x89PNG", "PNG"),
    (b"SQLite format 3\x00", "SQLite"),
)


def lines_of(data: bytes, problems: Problems) -> list[str]:
    """The lines without their ends, of UTF-8 with its mark or without; what is not that is told, and then it is []."""
    if not data.removeprefix(_UTF8_BOM).strip():
        problems.add("empty", 1, 1)
        return []
    text = _text(data, problems)
    before = problems.count
    lines = _ENDS.split(text)
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            problems.add("long_line", number, LONGEST_LINE + 1, "", "", str(LONGEST_LINE))
    if _UNSEEN.search(text) is not None:
        for number, line in enumerate(lines, 1):
            for found in _UNSEEN.finditer(line):
                letter = found[0]
                what = unicodedata.name(letter, "")
                code = f"U+{ord(letter):04X} {what}" if what else f"U+{ord(letter):04X}"
                problems.add("control", number, found.start() + 1, "", code)
    return lines if problems.count == before else []


def _text(data: bytes, problems: Problems) -> str:
    for begins, what in _OTHER_FILES:
        if data.startswith(begins):
            problems.add("no_text", 1, 1, "", what)
            return ""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            problems.add("encoding", 1, 1, "", encoding)
            return ""
    if encoding := _with_zeros(data):
        problems.add("encoding", 1, 1, "", encoding)
        return ""
    data = data.removeprefix(_UTF8_BOM)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        ends = [end.end() for end in _ENDS.finditer(before)]
        byte = data[error.start : error.start + 1]
        meant = byte.decode("cp1252", "replace")
        column = len(before) - (ends[-1] if ends else 0) + 1
        problems.add("byte", len(ends) + 1, column, "", f"{byte[0]:02X}", meant)
        return ""


def _with_zeros(data: bytes) -> str:
    """UTF-16 and UTF-32 without a mark have a zero in most places of one kind; text has none, a stray one is told by
    its place."""
    head = data[:400]
    zeros = [head[place::4].count(0) for place in range(4)]
    if sum(zeros) * 5 < len(head) or len(head) < 4:
        return ""
    if sum(zeros) * 20 > len(head) * 13:
        return "UTF-32LE" if zeros[3] >= zeros[0] else "UTF-32BE"
    return "UTF-16LE" if zeros[1] + zeros[3] >= zeros[0] + zeros[2] else "UTF-16BE"
