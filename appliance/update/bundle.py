"""What a bundle says of itself once its signature is good, and whether it may be installed here. Pure.

`rauc info --output-format=json-2` prints it; `[meta.centralita]` of the manifest is ours (image_build/bundle.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from appliance.update.errors import UpdateError

_NUMBERS = re.compile(r"\d+")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+~-]{0,63}")


class _Update(Struct, frozen=True):
    compatible: str
    version: str = ""


class _Info(Struct, frozen=True):
    update: _Update
    meta: Mapping[str, Mapping[str, str]] = {}


@dataclass(frozen=True)
class Bundle:
    """`schema`: of the store it makes; `oldest_schema`: the oldest a version may have and still use that store."""

    compatible: str
    version: str
    schema: int
    oldest_schema: int


def read_info(text: bytes) -> Bundle:
    """Raises UpdateError for what is no description of a bundle of ours."""
    try:
        info = msgspec.json.decode(text, type=_Info)
        ours = info.meta["centralita"]
        bundle = Bundle(info.update.compatible, info.update.version, int(ours["schema"]), int(ours["oldest-schema"]))
    except (msgspec.DecodeError, KeyError, ValueError) as error:
        raise UpdateError("not_ours", {"reason": str(error)}) from error
    if not _VERSION.fullmatch(bundle.version):
        raise UpdateError("not_ours", {"reason": f'version "{bundle.version}"'})
    return bundle


def order(version: str) -> tuple[int, ...]:
    """Versions are compared number by number: 0.10.0 is newer than 0.9.1; what is between the numbers says nothing."""
    numbers = [int(number) for number in _NUMBERS.findall(version)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def check(bundle: Bundle, compatible: str, version: str, schema: int, *, force: bool) -> None:
    """Whether this box (`compatible`, running `version` with a store of `schema`) takes it. Raises UpdateError.

    Another machine's is refused in any case. An older one, and one after which the running version could not use the
    store any more, are taken when they are forced: the first may not be able to use the store itself.
    """
    said = {"version": bundle.version, "running": version}
    if bundle.compatible != compatible:
        raise UpdateError("other_machine", {"theirs": bundle.compatible, "ours": compatible})
    if force:
        return
    if order(bundle.version) < order(version):
        raise UpdateError("older", said)
    if bundle.oldest_schema > schema:
        raise UpdateError("no_way_back", {**said, "schema": str(bundle.oldest_schema)})
