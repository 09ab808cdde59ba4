"""Store effects as a busy office makes them, one call after another, the same for the same number."""

from appliance.acd.effects import Cdr, StoreAgentState, StoreCdr, StoreEffect, StoreWorklistItem, StoreWrapUp
from appliance.acd.ids import AgentName, CallId, LineName, QueueName, StationName

START = 1_763_800_000_000


def effects(number: int) -> list[StoreEffect]:
    """A call, its wrap-up, an agent's state and a worklist item."""
    call, agent, at = CallId(f"oficina-{number}"), AgentName("ana"), START + number * 1000
    return [
        StoreCdr(cdr(number)),
        StoreWrapUp(call, agent, 5000 + number, "venta"),
        StoreAgentState(number, agent, "ready", "", StationName("mesa1"), call, at, 9000),
        StoreWorklistItem(f"+34600{number:06d}", call, QueueName("ventas"), "abandoned", at),
    ]


def cdr(number: int, caller: str = "+34600111222") -> Cdr:
    at = START + number * 1000
    return Cdr(
        call=CallId(f"oficina-{number}"),
        seq=number,
        incarnation=1,
        direction="in",
        line=LineName("movil1"),
        caller=caller,
        called="+34910000002",
        queue=QueueName("ventas"),
        queues=(QueueName("ventas"),),
        project="tienda",
        client="acme",
        offered_at=at,
        queued_at=at + 10,
        answered_at=at + 3000,
        ended_at=at + 63_000,
        clock_synchronised=True,
        ivr_ms=10,
        wait_ms=2990,
        ring_ms=2000,
        talk_ms=60_000 + number,
        hold_ms=0,
        voicemail_ms=0,
        end_reason="answered",
        hung_up_by="caller",
        evidence="signalled",
        agent=AgentName("ana"),
        recording=None,
        legs=(),
        segments=(),
    )
