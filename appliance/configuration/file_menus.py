"""The tables of the configuration file about who calls and what they hear first: menus, look-ups, callers, prompts."""

import hashlib
from typing import Annotated

from msgspec import Meta, Struct

from appliance.configuration.file_types import Key, Language, Level, MenuTo, Name, Priority

Words = Annotated[str, Meta(min_length=1, max_length=600)]
"""About 50 seconds of speech, more with many digits: `rules_lengths`."""
Retries = Annotated[int, Meta(ge=0, le=10)]


class _Table(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Say(_Table, frozen=True):
    """What the box says with its own voice."""

    es: Words = ""
    en: Words = ""


class Prompt(_Table, frozen=True):
    """A prompt of the office's own, named by menus and queues."""

    name: Name
    say: Say


class Menu(_Table, frozen=True):
    name: Name
    say: Say | None = None
    """The words callers hear; or `prompts`."""
    prompts: tuple[Name, ...] = ()
    keys: dict[Key, MenuTo] = {}
    languages: dict[Key, Language] = {}
    """Keys by which the caller chooses a language too."""
    language: Language | None = None
    """Of the caller from here on."""
    timeout_s: Annotated[float, Meta(ge=0.5, le=60)] = 5
    """For a key, after the words."""
    digit_timeout_s: Annotated[float, Meta(ge=0.5, le=30)] = 3
    """For each further digit."""
    retries: Retries = 2
    """How many mistakes are forgiven: nothing pressed, a wrong key, digits that are not found."""
    on_timeout: MenuTo = "hang_up"
    on_invalid: MenuTo = "hang_up"
    hours: Name | None = None
    on_closed: MenuTo = "hang_up"
    digits: Annotated[str, Meta(pattern=r"^([1-9][0-9]?(\.\.[1-9][0-9]?)?)?$")] = ""
    """`4..8`, `6`: so many digits are keyed in, and looked up."""
    lookup: Name | None = None
    on_found: MenuTo = "hang_up"
    """Where entries lead that do not say."""
    on_not_found: MenuTo = "hang_up"

    @property
    def fewest_and_most_digits(self) -> tuple[int, int]:
        """(0, 0) for a menu of keys."""
        fewest, _, most = self.digits.partition("..")
        return int(fewest or 0), int(most or fewest or 0)


def prompt_of(menu: Menu) -> str:
    """The name of the prompt with a menu's own words; no prompt of the file can be called so."""
    return named_by_words(f"menu.{menu.name}", menu.say or Say())


def named_by_words(name: str, say: Say) -> str:
    """`oferta.1a2b3c4d`: other words are another prompt, so that whoever names it gets those that were meant."""
    return f"{name}.{hashlib.sha256(f'{say.es}|{say.en}'.encode()).hexdigest()[:8]}"


class Entry(_Table, frozen=True):
    to: MenuTo | None = None
    name: str = ""
    """The customer's."""
    segment: str = ""
    priority: Priority | None = None
    """None: 2 for a vip, else 0."""


class Lookup(_Table, frozen=True):
    """Digits that callers key in, and what is known of them."""

    name: Name
    entries: dict[Annotated[str, Meta(pattern="^[0-9]{1,20}$")], Entry]


class Caller(_Table, frozen=True):
    """Somebody who calls: `number`, or everybody whose number begins with `prefix`."""

    number: Annotated[str, Meta(pattern=r"^(withheld|\+?[0-9]{2,15}|)$")] = ""
    prefix: Annotated[str, Meta(pattern=r"^(\+?[0-9]{1,15}|)$")] = ""
    name: str = ""
    segment: Annotated[str, Meta(max_length=32)] = ""
    """`vip`, `known`, or a word of your own."""
    blocked: bool = False
    priority: Priority | None = None
    """None: 2 for a vip, else 0."""
    queue: Name | None = None
    menu: Name | None = None
    language: Language | None = None
    needs: dict[Name, Level] = {}
