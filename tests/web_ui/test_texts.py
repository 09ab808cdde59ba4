"""Every sentence is there in both languages, and every one the templates ask for exists."""

import re
from pathlib import Path
from string import Formatter

import pytest

import web_ui
from web_ui.texts import TEXTS, code_text, text
from web_ui.texts_codes import CODES
from web_ui.texts_figures import FIGURES

FOLDER = Path(web_ui.__file__).parent
ALL = {**{key: tuple(pair) for key, pair in TEXTS.items()}, **FIGURES}


def test_no_key_is_in_two_lists() -> None:
    assert not set(TEXTS) & set(FIGURES)


@pytest.mark.parametrize("key", sorted(ALL))
def test_both_languages_say_something_with_the_same_blanks(key: str) -> None:
    spanish, english = ALL[key]
    assert spanish.strip()
    assert english.strip()
    blanks = [{name for _, name, _, _ in Formatter().parse(one) if name} for one in (spanish, english)]
    assert blanks[0] == blanks[1]


def test_every_key_that_is_asked_for_exists_and_every_one_that_exists_is_asked_for() -> None:
    sources = [*FOLDER.rglob("*.html"), *FOLDER.glob("*.py")]
    said = "\n".join(file.read_text() for file in sources if not file.name.startswith("texts"))
    asked = set(re.findall(r"""(?:\bt|tell|text|figure|fact)\(\s*['"]([a-z_]+\.[a-z_0-9.]*[a-z_0-9])['"]""", said))
    assert not {key for key in asked if key not in ALL}
    # Some are put together: `'call.' ~ kind`, `key ~ '.rule'`.
    prefixes = (*re.findall(r"""['"]([a-z_.]+\.)['"] ~""", said), "error.")
    whole = {key.removesuffix(".rule") for key in ALL if not key.startswith(prefixes)}
    assert not {key for key in whole if f"'{key}'" not in said and f'"{key}"' not in said}


def test_codes_have_both_languages_and_unknown_ones_are_shown_as_they_are() -> None:
    for kind, words in CODES.items():
        for code, pair in words.items():
            assert all(part.strip() for part in pair), f"{kind} {code}"
    assert code_text("agent_state", "wrap_up", "es") == "Trabajo posterior"
    assert code_text("agent_state", "from_the_future", "es") == "from the future"
    assert text("agents.log_in", "en", station="mesa1") == "Log in on mesa1"
