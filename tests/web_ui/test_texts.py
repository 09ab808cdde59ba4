"""Every sentence is there in both languages, and every one the templates ask for exists."""

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

import web_ui
from appliance.demo.world_records import CallerStage
from appliance.words import CODES, code_text
from web_ui.accounts import GROUPS
from web_ui.texts import TEXTS, text
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
    # Some are put together in the templates: `'call.' ~ kind`.
    composed = {
        *(f"language.{language}" for language in ("es", "en")),
        *(f"error.{status}" for status in (404, 405, 413, 429, 503)),
        *(f"call.{kind}" for kind in ("ivr", "wait", "talk", "hold", "voicemail")),
        *(f"bench.{state}" for state in ("on_hook", "off_hook", "ringing", "unreachable")),
        *(f"accounts.by.{group}" for group in GROUPS),
        *(f"bench.stage.{stage}" for stage in get_args(CallerStage)),
        *(key for key in ALL if key.endswith(".rule") and key.removesuffix(".rule") in ALL),
    }
    assert composed <= set(ALL)
    assert not {key for key in ALL if f"'{key}'" not in said and f'"{key}"' not in said and key not in composed}


def test_codes_have_both_languages_and_unknown_ones_are_shown_as_they_are() -> None:
    for kind, words in CODES.items():
        for code, pair in words.items():
            assert all(part.strip() for part in pair), f"{kind} {code}"
    assert code_text("agent_state", "wrap_up", "es") == "Trabajo posterior"
    assert code_text("agent_state", "from_the_future", "es") == "from the future"
    assert text("agents.log_in", "en", station="mesa1") == "Log in on mesa1"
