"""The whole state as bytes and back, so that an ACD that died starts from here and replays only what came since."""

import msgspec
from msgspec import Struct

from appliance.acd.state import State

VERSION = 2
"""Raised when a state of an older version can no longer be read; added fields with defaults do not need it."""


class SnapshotError(Exception):
    """These bytes are not a snapshot this program can start from. The message says why."""


class _Snapshot(Struct, frozen=True):
    version: int
    state: State


class _Version(Struct, frozen=True):
    version: int


_encoder = msgspec.msgpack.Encoder()
_versions = msgspec.msgpack.Decoder(_Version)
_snapshots = msgspec.msgpack.Decoder(_Snapshot)


def encode(state: State) -> bytes:
    """MessagePack of the state, with the version of its shape."""
    return _encoder.encode(_Snapshot(VERSION, state))


def decode(data: bytes) -> State:
    """The state of a snapshot. Raises SnapshotError."""
    try:
        version = _versions.decode(data).version
        if version != VERSION:
            raise SnapshotError(f"the snapshot is of version {version}, this program reads version {VERSION}")
        return _snapshots.decode(data).state
    except msgspec.DecodeError as error:
        raise SnapshotError(f"the snapshot cannot be read: {error}") from error
