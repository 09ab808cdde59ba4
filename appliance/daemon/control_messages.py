"""What is said on the control socket: one JSON object a line each way, as typed records.

client -> {"id":1,"do":{"type":"AgentPause","agent":"ana","reason":"cafe"}}   any acd.inputs.Command
       <- {"id":1,"ok":true}   or   {"id":1,"ok":false,"error":"why it was refused"}
client -> {"id":2,"ask":"status"}          <- {"id":2,"ok":true,"status":{...}}
client -> {"id":3,"ask":"health"}          <- {"id":3,"ok":true,"health":{...}}
client -> {"id":4,"ask":"reload"}          <- ok once the configuration file was read again and is in force
client -> {"id":5,"subscribe":"status"}    <- ok, then {"status":{...}} on every change and at least every 5 s
client -> {"id":6,"outbox_sent":4711}      <- ok: outbox rows up to 4711 are in the cloud and may be deleted
"""

from typing import Literal

import msgspec
from msgspec import Struct

from appliance.acd.inputs import Command
from appliance.acd.view import Status

MAX_REQUEST_BYTES = 16_384
"""A command is a few hundred bytes."""
MAX_MESSAGE_BYTES = 2_000_000
"""A status with 250 calls is about 100 kB; nothing honest is larger."""


class Health(Struct, frozen=True):
    """How the ACD process itself is doing. Empty strings and zeros are good news."""

    version: str
    """Of the package."""
    decision_code: str
    """Hash of the decision code: a journal written by another is not replayed."""
    incarnation: int
    started_utc_ms: int
    uptime_ms: int
    back_after_ms: int
    """From the start of the process to ready: what callers noticed of a restart."""
    replayed_inputs: int
    skipped_inputs: int
    """Inputs left out of the last replay because handling them raised: each one is a bug to report."""
    switch_connected: bool
    switch_incarnation: str
    unacknowledged_effects: int
    journal_inputs: int
    journal_bytes: int
    journal_error: str
    store_pending: int
    """Store effects not yet durable."""
    store_error: str
    """Why the store cannot write now (disk full, I/O error); what is pending is kept and tried again."""
    store_dropped: int
    """Effects given up because too much was pending; each was written to the log in full."""
    store_refused: int
    """Effects the database refused; kept in the table `refused_effects`."""
    configuration_error: str
    """Why the file on disk is not in force; the last good one is."""
    clients: int
    tariff_books: tuple[str, ...] = ()
    """The versions of books that are in force, or will be: `orange 2026-12 (from 2026-12-01, 1204 rates)`."""
    tariff_books_left_out: tuple[str, ...] = ()
    """Why books, or rates of them, are not: the calls they are for are charged 0 (`no_rate`)."""
    tariffs_at_work: bool = False
    """New tariffs are being compiled; the last good ones are in force until then."""


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """One line from a client: an id of its choosing and exactly one of the others."""

    id: int
    do: Command | None = None
    ask: Literal["status", "health", "reload"] | None = None
    subscribe: Literal["status"] | None = None
    outbox_sent: int | None = None


class Message(Struct, frozen=True, omit_defaults=True):
    """One line to a client. Without `id` it is news of a subscription."""

    id: int | None = None
    ok: bool | None = None
    error: str = ""
    status: Status | None = None
    health: Health | None = None


class _IdOnly(Struct, frozen=True):
    id: int = 0


class BadRequest(Exception):
    """A line that is no request. The message says what is wrong; `request_id` is 0 when there was none."""

    def __init__(self, request_id: int, message: str) -> None:
        super().__init__(message)
        self.request_id = request_id


_encoder = msgspec.json.Encoder()
_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_messages: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_ids: msgspec.json.Decoder[_IdOnly] = msgspec.json.Decoder(_IdOnly)


def encode(record: Request | Message) -> bytes:
    """One line, its newline included."""
    return _encoder.encode(record) + b"\n"


def decode_request(line: bytes) -> Request:
    """A client's line, checked. Raises BadRequest."""
    try:
        request = _requests.decode(line)
    except msgspec.DecodeError as error:
        raise BadRequest(_id_of(line), f"not a request of this socket: {error}") from error
    said = (request.do, request.ask, request.subscribe, request.outbox_sent)
    if sum(part is not None for part in said) != 1:
        raise BadRequest(request.id, "a request has exactly one of `do`, `ask`, `subscribe`, `outbox_sent`")
    return request


def decode_message(line: bytes) -> Message:
    """The ACD's line. Raises msgspec.DecodeError."""
    return _messages.decode(line)


def _id_of(line: bytes) -> int:
    try:
        return _ids.decode(line).id
    except msgspec.DecodeError:
        return 0
