"""The offices of the simulated world: one that is always the same, and ones drawn by a seed from all a plan can say."""

import random
from typing import get_args

from msgspec.structs import replace

from appliance.acd.ids import AgentName, LineName, QueueName, StationName
from appliance.acd.plan import (
    Absence,
    AgentPlan,
    AtClosing,
    CallbackPlan,
    CallerPlan,
    Destination,
    Hours,
    LinePlan,
    OpenSpan,
    PausePlan,
    Plan,
    QueuePlan,
    ShiftPlan,
    StationPlan,
    Strategy,
    WaitAnnounced,
    WhenOver,
)
from tests.world_lines import contract, drawn_lines
from tests.world_menus import HOURS, MENUS, drawn_callers, drawn_lookups, drawn_menus

OUTSIDE = Destination("number", number="911222333")
VENTAS, SOPORTE, AVERIAS = QueueName("ventas"), QueueName("soporte"), QueueName("averias")
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)


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
            LinePlan(LineName("gsm1"), "both", VENTAS, channels=1, allowance=contract("gsm1")),
            LinePlan(LineName("fxo1"), "in", AVERIAS, channels=1, allowance=contract("fxo1")),
            LinePlan(
                LineName("trunk"),
                "both",
                VENTAS,
                did={"902": SOPORTE, "903": AVERIAS},
                allowance=contract("trunk"),
            ),
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
            AgentPlan(
                one.name,
                one.full_name,
                one.number,
                station=one.station,
                skills=_skills(rng, 0.7),
                auto_login=rng.random() < 0.5,
                capacity={"message": rng.randint(1, 3)} if rng.random() < 0.6 else {},
                messages_while_on_call=rng.random() < 0.5,
                calls_while_in_conversation=rng.random() < 0.7,
                wrap_up_ms=rng.choice((-1, -1, 0, 25_000)),
                shifts=rng.choice(((), (), (), ("manana",), ("tarde",), ("manana", "tarde"))),
            )
            for one in people
        ),
        tuple(station for station in plain.stations if rng.random() > 0.03),
        tuple(
            replace(
                line,
                queue=line.queue if line.queue != missing else VENTAS,
                did={number: queue for number, queue in line.did.items() if queue != missing},
                channels=line.channels or rng.choice((0, 0, 2)),
                menu=rng.choice(("", "", *menus)),
                did_menus={"902": rng.choice(list(menus))} if menus and rng.random() < 0.3 else {},
                language=rng.choice((None, None, "en")),
                priority=rng.choice((0, 0, 1, 3)),
                needs=_skills(rng, 0.2),
            )
            for line in drawn_lines(rng, plain.lines, queues[0])
        ),
        country_code="34",
        national_digits=9,
        emergency=("112",),
        dial_rules=rng.choice(({"6666": False}, {"00": False, "803": False}, {"00": False, "00351": True, "9": False})),
        dial_timeout_ms=20_000,
        pauses=_pauses(rng, people),
        shifts=_shifts(rng) if rng.random() < 0.6 else {},
        time_zone="Europe/Madrid",
        max_calls=plain.max_calls,
        voicemail_max_ms=plain.voicemail_max_ms,
        priority_worth_ms=rng.choice((5_000, 60_000)),
        hours={**HOURS, "a_ratos": next(iter(_shifts(rng).values())).hours},
        menus=menus,
        lookups=drawn_lookups(rng, queues),
        callers=drawn_callers(rng, queues),
        caller_prefixes={"+34700": CallerPlan(segment="known", priority=1)},
    )


def _pauses(rng: random.Random, people: tuple[AgentPlan, ...]) -> tuple[PausePlan, ...]:
    """None, or limits so short that they are met, and times of the day at which people are paused."""
    if rng.random() < 0.3:
        return ()
    some = tuple(agent.name for agent in people if rng.random() < 0.5)
    return (
        PausePlan(
            "cafe",
            "1",
            "Café",
            limit_ms=rng.choice((0, 20_000, 45_000)),
            day_limit_ms=rng.choice((0, 90_000)),
            at_once=rng.choice((0, 2)),
            at_once_percent=rng.choice((0, 40)),
            when_over=rng.choice(get_args(WhenOver)),
        ),
        PausePlan(
            "comida",
            "2",
            limit_ms=240_000,
            at_minutes=tuple(sorted(rng.sample(range(12 * 60, 15 * 60), 4))),
            at_weekdays=EVERY_DAY,
            at_agents=some,
        ),
    )


def _shifts(rng: random.Random) -> dict[str, ShiftPlan]:
    """Spans of a few minutes at the hour the world begins: they begin and end many times in its day."""
    found = {}
    for name in ("manana", "tarde"):
        starts = sorted(rng.sample(range(12 * 60, 15 * 60, 4), 8))
        spans = tuple(OpenSpan(EVERY_DAY, start, start + rng.randint(5, 40)) for start in starts)
        grace_ms, overtime = rng.choice((0, 0, 60_000)), rng.random() < 0.3
        found[name] = ShiftPlan(name, Hours("Europe/Madrid", spans), grace_ms, overtime)
    return found


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
        wrap_up_extend_ms=15_000,
        wrap_up_extensions=2,
        wrap_up_longest_ms=rng.choice((20_000, 60_000)),
        wrap_up_ends_with_disposition=rng.random() < 0.3,
        wrap_up_needs_disposition=rng.random() < 0.2,
        hours="a_ratos" if rng.random() < 0.2 else "",
        at_closing=rng.choice(get_args(AtClosing)),
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
