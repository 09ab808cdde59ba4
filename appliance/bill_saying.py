"""How the `bill` commands say things: what cannot be done, how far they are, and nothing that upsets a terminal."""

import re
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.acd.plan import Language
from appliance.billing.ledger import LedgerError
from appliance.billing.seals import CALLS_ACCOUNT
from appliance.configuration.file import Configuration, read_configuration
from appliance.daemon.box_key import BoxKeyError
from appliance.daemon.queries import StoreMissing
from appliance.daemon.sealing import SealBroken
from appliance.daemon.short_writes import JobRefused
from appliance.statements.files import CannotWrite
from appliance.statements.ledger_words import ledger_words
from appliance.statements.making import NotMade
from appliance.statements.numbers import NoSuchLocale
from appliance.statements.texts import said
from appliance.terminal import sorry, store_path
from appliance.words_details import detail_words

TELL_EVERY_S = 2.0


class Refused(Exception):
    """The message is for people."""


@contextmanager
def sayable(config: Path, language: Language | None) -> Iterator[tuple[Configuration, Language]]:
    """The configuration and the language; whatever cannot be done is said in it, and the caller goes on after the
    block."""
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    try:
        yield configuration, spoken
    except NotMade as error:
        sorry(said(error.code, spoken, **error.parts))
    except LedgerError as error:
        sorry(said("ledger", spoken, line=error.number, why=ledger_words(error.why, spoken)))
    except CannotWrite as error:
        sorry(said("cannot_write", spoken, path=error.path, error=error.error))
    except (StoreMissing, JobRefused) as error:
        sorry(detail_words(str(error), spoken))
    except NoSuchLocale as error:
        sorry(said("no_locale", spoken, tag=error))
    except sqlite3.Error as error:
        sorry(said("unreadable", spoken, path=store_path(configuration), error=error))
    except (SealBroken, BoxKeyError, Refused) as error:
        sorry(ledger_words(str(error), spoken))


class Teller:
    """Says on the standard error how far it is, when it takes longer than a moment."""

    def __init__(self, spoken: Language, name: str = "") -> None:
        self._spoken = spoken
        self._name = name
        self._last_s = time.monotonic()

    def __call__(self, done: int, count: int) -> None:
        self.of(self._name, done, count)

    def of(self, name: str, done: int, count: int) -> None:
        now_s = time.monotonic()
        if now_s - self._last_s >= TELL_EVERY_S:
            self._last_s = now_s
            what = plain(account_name(name, self._spoken))
            print(said("progress", self._spoken, what=what, done=done, count=count), file=sys.stderr, flush=True)


def account_name(account: str, spoken: Language) -> str:
    return said("calls", spoken) if account == CALLS_ACCOUNT else account


def plain(text: str) -> str:
    """What a file says, for a terminal: nothing in it moves the cursor."""
    return re.sub(r"[^\x20-\x7e\u00a0-\uffff]", "?", text)
