"""What the ACD remembers of an agent's work beside the call itself: contacts that are no calls, and after-call work."""

from typing import Literal

from msgspec import Struct, field

from appliance.acd.ids import AgentName, CallId, ContactId, QueueName
from appliance.acd.plan import Channel


class Contact(Struct):
    """A customer contact that is no call: it waits, is offered or goes on. It stands in a queue as a call does."""

    id: CallId
    """Among the calls: no call has such a name."""
    number: int
    contact: ContactId
    channel: Channel
    queue: QueueName
    customer: str
    queued_ms: int
    head_start_ms: int = 0
    state: Literal["waiting", "offered", "open"] = "waiting"
    agent: AgentName | None = None
    """Whom it is offered to, or who has it."""
    accepted_ms: int = -1
    """When it was taken first."""
    needs: dict[str, int] = field(default_factory=dict)
    sticky: AgentName | None = None
    for_agent: AgentName | None = None
    want: str = ""
    last_picture: str = ""


class FinishedCall(Struct):
    """A call an agent had, for its disposition."""

    call: CallId
    wrap_up_ms: int = 0
    disposition: str = ""


class WrapUp(Struct):
    """The rules of the after-call work an agent is in, as they were when it began."""

    ends_ms: int = 0
    """When it is over, unless it waits for a disposition."""
    longest_ms: int = 0
    """When it is over whatever happens."""
    extend_ms: int = 0
    extensions_left: int = 0
    ends_with_disposition: bool = False
    needs_disposition: bool = False
