"""What the browser may send: names and numbers of a known shape, anything else is a bad request."""

import re

from flask import abort

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
"""As in the configuration file."""
_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
_CALL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")


def checked_name(value: str) -> str:
    """A name as the configuration has them; else answers 400."""
    return _checked(_NAME, value)


def checked_number(value: str) -> str:
    """A telephone number as the network gave it; else answers 400."""
    return _checked(_NUMBER, value)


def checked_call(value: str) -> str:
    """A call's id; else answers 404, as there is no such call."""
    if not _CALL.fullmatch(value):
        abort(404)
    return value


def _checked(shape: re.Pattern[str], value: str) -> str:
    if not shape.fullmatch(value):
        abort(400)
    return value
