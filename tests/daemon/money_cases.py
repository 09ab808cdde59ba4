"""Random offices, calls and what agents and supervisors say of them, for tests of what clients are charged."""

import random

from msgspec.structs import replace

from appliance.acd.effects import Cdr, StoreCdr, StoreWrapUp
from appliance.acd.ids import AgentName, QueueName
from appliance.billing.contracts import Contract, Contracts, Counted, PerCall, PerProject, PerResult, Tax
from appliance.billing.tariffs import FOREVER_MS, Direction, Rate, RateTable
from appliance.daemon.store_writes import Office
from tests.daemon.records import OFFERED_AT, abandoned, cdr

DAY_MS = 86_400_000
CLIENTS, PROJECTS, QUEUES, CODES = ("Acme", "Bolt"), ("", "tienda", "web"), ("ventas", "soporte"), ("1", "7", "9")
AGENTS = (AgentName("ana"), AgentName("luis"))
TAXES = (Tax(), Tax("IVA", 210_000), Tax("IGIC", 72_500))
Said = StoreCdr | StoreWrapUp


def random_calls(chance: random.Random, count: int) -> list[Cdr]:
    """Answered and not, in and out, of clients and of none, over some months that begin and end near midnight."""
    calls = []
    for number in range(1, count + 1):
        offered_at = OFFERED_AT + chance.randrange(-40 * DAY_MS, 40 * DAY_MS)
        client = chance.choice((*CLIENTS, *CLIENTS, ""))
        queue = QueueName(chance.choice(QUEUES)) if client or chance.random() < 0.5 else None
        shared = {
            "offered_at": offered_at,
            "client": client,
            "project": chance.choice(PROJECTS) if client else "",
            "queue": queue,
            "direction": chance.choice(("in", "in", "out")),
            "caller": chance.choice(("+34600111222", "+34910000001", "600999888", "", "+525512345678")),
            "called": chance.choice(("+34600111222", "912345678", "112", "+525512345678")),
        }
        if chance.random() < 0.3:
            calls.append(abandoned(number, chance.randrange(60_000), **shared))
        else:
            talk_ms = chance.choice((1, 999, 60_000, 60_001, chance.randrange(1, 900_000)))
            hold_ms = chance.choice((0, 0, 5_000))
            times = {"answered_at": offered_at + 5_000, "ended_at": offered_at + 5_000 + talk_ms + hold_ms}
            agent = chance.choice(AGENTS)
            calls.append(cdr(number, **shared, **times, talk_ms=talk_ms, hold_ms=hold_ms, agent=agent))
    return calls


def what_is_said(chance: random.Random, calls: list[Cdr]) -> list[Said]:
    """Records and dispositions as the ACD stores them, each agent's in their order, else in any."""
    streams: list[list[Said]] = []
    for call in calls:
        streams.append([StoreCdr(call)])
        for agent in AGENTS:
            if chance.random() < 0.5:
                codes = [chance.choice((*CODES, "")) for _ in range(chance.randrange(1, 4))]
                streams.append(
                    [StoreWrapUp(call.call, agent, 1_000 * place, code) for place, code in enumerate(codes, 1)]
                )
    return shuffled(chance, streams)


def shuffled(chance: random.Random, streams: list[list[Said]]) -> list[Said]:
    """One stream of all, each in its own order."""
    order = [place for place, stream in enumerate(streams) for _ in stream]
    chance.shuffle(order)
    left = [iter(stream) for stream in streams]
    return [next(left[place]) for place in order]


def random_office(chance: random.Random) -> Office:
    contracts = [contract for client in CLIENTS for contract in _contracts(chance, client)]
    return Office("oficina", _rates(chance), contracts=Contracts(contracts))


def _contracts(chance: random.Random, client: str) -> list[Contract]:
    """One, or two versions of one, and perhaps a project's own for some of the time."""
    name, split = client.lower(), OFFERED_AT + chance.randrange(-20 * DAY_MS, 20 * DAY_MS)
    made = []
    if chance.random() < 0.5:
        made.append(_contract(chance, name, "1", client, ""))
    else:
        made.append(_contract(chance, name, "1", client, "", valid_to_ms=split))
        made.append(_contract(chance, name, "2", client, "", valid_from_ms=split))
    if chance.random() < 0.5:
        until_ms = chance.choice((FOREVER_MS, split + 10 * DAY_MS))
        made.append(_contract(chance, f"{name}-tienda", "1", client, "tienda", split, until_ms))
    return made


def _contract(
    chance: random.Random,
    name: str,
    version: str,
    client: str,
    project: str,
    valid_from_ms: int = 0,
    valid_to_ms: int = FOREVER_MS,
) -> Contract:
    return Contract(
        name,
        version,
        client,
        "EUR",
        project,
        valid_from_ms,
        valid_to_ms,
        set_up_micros=chance.choice((0, 30_000_000)),
        minimum_micros=chance.choice((0, 1_000_000, 50_000_000)),
        tax=chance.choice(TAXES),
        calls=tuple(_per_call(chance, place) for place in range(chance.randrange(4))),
        minutes=_rates(chance) if chance.random() < 0.7 else None,
        projects=tuple(_per_project(chance, place, project) for place in range(chance.randrange(3))),
        results=tuple(_per_result(chance, place) for place in range(chance.randrange(3))),
    )


def _per_call(chance: random.Random, place: int) -> PerCall:
    counted: Counted = chance.choice(("answered", "unanswered", "any"))
    direction: Direction | str = chance.choice(("", "in", "out"))
    clause = PerCall(f"c{place}", _price(chance), chance.choice(TAXES), counted)
    return replace(
        clause,
        direction=direction,
        queues=chance.choice(((), (chance.choice(QUEUES),))),
        dispositions=chance.choice(((), (chance.choice(CODES),), CODES[:2])),
    )


def _per_project(chance: random.Random, place: int, project: str) -> PerProject:
    return PerProject(
        f"p{place}",
        chance.choice((0, 9_000_000)),
        chance.choice(TAXES),
        "" if project else chance.choice(PROJECTS),
        chance.randrange(6),
        _price(chance),
        chance.choice((0, 60, 600)),
        _price(chance),
        chance.choice((1, 6, 60)),
    )


def _per_result(chance: random.Random, place: int) -> PerResult:
    codes = (chance.choice(CODES),)
    return PerResult(f"r{place}", _price(chance), codes, chance.choice(TAXES), chance.choice(("claimed", "confirmed")))


def _price(chance: random.Random) -> int:
    return chance.choice((0, 1, 333_333, chance.randrange(5_000_000)))


def _rates(chance: random.Random) -> RateTable:
    rates = []
    for direction in ("in", "out"):
        for prefix in ("", "+34", "+346"):
            if chance.random() < 0.7:
                first, later = chance.choice(((60, 60), (1, 1), (30, 6)))
                price, fee = chance.randrange(500_000), chance.choice((0, 50_000))
                rates.append(Rate(f"{direction}{prefix}", direction, prefix, None, "", fee, price, first, later))
    return RateTable(rates, "EUR")
