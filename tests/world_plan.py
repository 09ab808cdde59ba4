"""The offices of the simulated world: one that is always the same, and ones drawn by a seed from all a plan can say."""

import random
from typing import get_args

from msgspec.structs import replace

from appliance.acd.ids import AgentName, LineName, QueueName, StationName
from appliance.acd.plan import (
    Absence,
    AgentPlan,
    CallbackPlan,
    CallerPlan,
    Destination,
    LinePlan,
    Plan,
    QueuePlan,
    StationPlan,
    Strategy,
    WaitAnnounced,
)
from tests.world_menus import HOURS, MENUS, drawn_callers, drawn_lookups, drawn_menus

OUTSIDE = Destination("number", number="911222333")
VENTAS, SOPORTE, AVERIAS = QueueName("ventas"), QueueName("soporte"), QueueName("averias")


def plain_plan(agents: int = 8) -> Plan:
    """Three queues that share agents; they overflow into each other and to voicemail. No tiers, skills or weights."""
    names = tuple(AgentName(f"a{i}") for i in range(agents))
    half = agents // 2
    return Plan(
        "oficina",
        (
            QueuePlan(VENTAS, "Ventas", names, max_wait_ms=90_000, on_max_wait=Destination("voicemail"), max_length=12),
            QueuePlan(
                SOPORTE,
                "Soporte",
                names[:half],
                strategy="ring_all",
                max_length=4,
                on_full=Destination("queue", VENTAS),
                greeting_first=True,
                record=False,
            ),
            QueuePlan(
                AVERIAS,
                "Averías",
                names[half - 1 :][::-1],
                strategy="linear",
                wrap_up_ms=0,
                max_wait_ms=60_000,
                on_max_wait=Destination("queue", SOPORTE),
                on_closed=Destination("voicemail"),
            ),
        ),
        tuple(AgentPlan(name, name, str(100 + i), station=StationName(f"s{i}")) for i, name in enumerate(names)),
        tuple(StationPlan(StationName(f"s{i}"), str(200 + i)) for i in range(agents)),
        (
            LinePlan(LineName("gsm1"), "both", VENTAS, channels=1),
            LinePlan(LineName("fxo1"), "in", AVERIAS, channels=1),
            LinePlan(LineName("trunk"), "both", VENTAS, did={"902": SOPORTE, "903": AVERIAS}),
        ),
        max_calls=60,
        voicemail_max_ms=30_000,
    )


def drawn_plan(rng: random.Random) -> Plan:
    """Who serves whom, in which order and how soon; now and then somebody, a phone or a queue of the plain plan is not
    there."""
    plain = plain_plan()
    gone = rng.sample([agent.name for agent in plain.agents], rng.choice((0, 0, 1, 2)))
    people = tuple(agent for agent in plain.agents if agent.name not in gone)
    missing = rng.choice((None, None, None, AVERIAS, SOPORTE))
    kept = tuple(
        replace(queue, on_full=_without(queue.on_full, missing), on_max_wait=_without(queue.on_max_wait, missing))
        for queue in plain.queues
        if queue.name != missing
    )
    queues = [queue.name for queue in kept]
    menus = drawn_menus(rng, queues)
    return Plan(
        plain.box,
        tuple(_queue(queue, people, queues, rng) for queue in kept),
        tuple(
            AgentPlan(one.name, one.full_name, one.number, station=one.station, skills=_skills(rng, 0.7))
            for one in people
        ),
        tuple(station for station in plain.stations if rng.random() > 0.03),
        tuple(
            LinePlan(
                line.name,
                line.mode,
                line.queue if line.queue != missing else VENTAS,
                did={number: queue for number, queue in line.did.items() if queue != missing},
                channels=line.channels,
                menu=rng.choice(("", "", *menus)),
                did_menus={"902": rng.choice(list(menus))} if menus and rng.random() < 0.3 else {},
                language=rng.choice((None, None, "en")),
                priority=rng.choice((0, 0, 1, 3)),
                needs=_skills(rng, 0.2),
            )
            for line in plain.lines
        ),
        country_code="34",
        national_digits=9,
        emergency=("112",),
        dial_rules={"6666": False},
        dial_timeout_ms=20_000,
        max_calls=plain.max_calls,
        voicemail_max_ms=plain.voicemail_max_ms,
        priority_worth_ms=rng.choice((5_000, 60_000)),
        hours=HOURS,
        menus=menus,
        lookups=drawn_lookups(rng, queues),
        callers=drawn_callers(rng, queues),
        caller_prefixes={"+34700": CallerPlan(segment="known", priority=1)},
    )


def _without(overflow: Destination, missing: QueueName | None) -> Destination:
    return Destination("voicemail") if overflow.queue is not None and overflow.queue == missing else overflow


def _queue(plain: QueuePlan, people: tuple[AgentPlan, ...], queues: list[QueueName], rng: random.Random) -> QueuePlan:
    there = [agent.name for agent in people if agent.name in plain.agents]
    agents = tuple(rng.sample(there, rng.randint((len(there) + 1) // 2, len(there))))
    needs = _skills(rng, 0.3)
    return QueuePlan(
        plain.name,
        plain.title,
        agents,
        strategy=rng.choice(get_args(Strategy)),
        tiers={agent: rng.randint(1, 3) for agent in agents[1:]} if rng.random() < 0.5 else {},
        tier_after_ms=rng.choice(((), (10_000,), (5_000, 30_000))),
        weights={agents[0]: 5},
        ring_more_ms=rng.choice((3_000, 8_000)),
        needs=needs,
        needs_relax_ms=rng.choice((4_000, 15_000)),
        sticky_ms=rng.choice((0, 0, 12_000)),
        weight=rng.choice((0, 0, 2)),
        ring_timeout_ms=rng.choice((12_000, 20_000)),
        retry_rejected_ms=rng.choice((0, 500)),
        retry_busy_ms=rng.choice((0, 30_000)),
        retry_no_answer_ms=rng.choice((0, 7_000)),
        retry_unreachable_ms=rng.choice((0, 5_000)),
        wrap_up_ms=rng.choice((0, 10_000)),
        max_wait_ms=plain.max_wait_ms,
        max_length=plain.max_length,
        join_empty=_absences(rng),
        leave_empty=_absences(rng),
        on_empty=rng.choice((Destination(), Destination("voicemail"))),
        on_full=rng.choice((plain.on_full, OUTSIDE)),
        on_max_wait=rng.choice(
            (plain.on_max_wait, OUTSIDE, Destination("callback"), Destination("menu", menu=rng.choice(MENUS)))
        ),
        on_closed=plain.on_closed,
        greeting_first=plain.greeting_first,
        record=plain.record,
        announce_wait=rng.choice(get_args(WaitAnnounced)),
        messages=("greeting", "all_busy") if rng.random() < 0.5 else (),
        message_every_ms=20_000,
        exit_keys={
            "1": Destination("voicemail"),
            "2": Destination("queue", rng.choice(queues)),
            "3": Destination("callback"),
            "4": rng.choice((OUTSIDE, Destination("message", prompt="closed"))),
            "5": Destination("menu", menu=rng.choice(MENUS)),
        },
        resume_ms=rng.choice((0, 60_000)),
        callback=CallbackPlan(rng.choice(("agent", "customer")), rng.choice((0, 20_000)), rng.choice((1, 3)), 30_000),
        whisper=rng.choice(((), ("wait", "customer"), ("queue",))),
    )


def _absences(rng: random.Random) -> tuple[Absence, ...]:
    return tuple(absence for absence in get_args(Absence) if rng.random() < 0.3)


def _skills(rng: random.Random, probability: float) -> dict[str, int]:
    return {skill: rng.randint(1, 4) for skill in ("ingles", "facturas") if rng.random() < probability}
