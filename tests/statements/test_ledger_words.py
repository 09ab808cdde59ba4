"""Why a line does not hold is said in Spanish too: every sentence of the billing's code has its own in the table."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from appliance.daemon.box_key import FILE_NAME, BoxKeyError, box_key
from appliance.statements.ledger_words import SPANISH, ledger_words
from appliance.statements.texts import SAID

APPLIANCE = Path(__file__).resolve().parent.parent.parent / "appliance"
TELLERS = {
    "billing/ledger.py": "LedgerError",
    "daemon/store_audit.py": "LedgerError",
    "statements/statement.py": "LedgerError",
    "daemon/sealing.py": "SealBroken",
    "daemon/box_key.py": "BoxKeyError",
    "daemon/period_closing.py": "ValueError",
    "billing/rating.py": "ValueError",
    "billing/amounts.py": "ValueError",
    "billing/lines.py": "ValueError",
}


def sentences() -> Iterator[str]:
    """What is said, with 7 in the place of each part."""
    for name, error in TELLERS.items():
        for node in ast.walk(ast.parse((APPLIANCE / name).read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == error:
                match node.args[-1]:
                    case ast.Call():
                        continue  # a sentence that is made elsewhere: `_damaged`, see below
                    case ast.Constant(value=str(text)):
                        yield text
                    case ast.JoinedStr(values=parts):
                        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)


@pytest.mark.parametrize("sentence", sorted(set(sentences())))
def test_every_sentence_is_there_in_spanish(sentence: str) -> None:
    if sentence != "7":
        assert ledger_words(sentence, "es") != sentence
    assert ledger_words(sentence, "en") == sentence


def test_a_damaged_key_is_told_in_spanish_too(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).parent.mkdir()
    (tmp_path / FILE_NAME).write_text("?")
    with pytest.raises(BoxKeyError) as refused:
        box_key(tmp_path)
    assert "Recupérela de un respaldo" in ledger_words(str(refused.value), "es")


def test_a_cause_is_put_into_spanish_too() -> None:
    said = ledger_words("its facts contradict themselves: a price of -1 micro-units: no price is negative", "es")
    assert said == "sus datos se contradicen: un precio de -1 millonésimas: ninguno es negativo"
    assert ledger_words("who knows", "es") == "who knows"


def test_both_languages_say_the_same_things_with_the_same_parts() -> None:
    def parts(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert SAID["es"].keys() == SAID["en"].keys()
    for code, spanish in SAID["es"].items():
        assert parts(spanish) == parts(SAID["en"][code]), code
    for english, spanish in SPANISH.items():
        assert parts(english) == parts(spanish)
