"""The menus and known callers of the drawn offices: all that a plan can say of them, what a proof would refuse too."""

import random

from appliance.acd.ids import QueueName
from appliance.acd.plan import CallerPlan, Destination, Hours, LookupEntry, MenuPlan, OpenSpan

MENUS = ("principal", "idioma", "cliente")
KNOWN = ("600000001", "600000002", "600000003")
"""Numbers that call again and again."""
HOURS = {"mananas": Hours("Europe/Madrid", (OpenSpan((0, 1, 2, 3, 4, 5, 6), 0, 780),))}
"""The world's day begins at noon: an hour later it is closed."""


def drawn_menus(rng: random.Random, queues: list[QueueName]) -> dict[str, MenuPlan]:
    """Some of the three menus; they lead into each other, to themselves, to queues, and to menus that are not there."""
    return {name: _menu(name, rng, queues) for name in MENUS if rng.random() < 0.8}


def drawn_lookups(rng: random.Random, queues: list[QueueName]) -> dict[str, dict[str, LookupEntry]]:
    entries = {
        "1111": LookupEntry(_to(rng, queues), "Uno", "vip", rng.choice((0, 2))),
        "222222": LookupEntry(name="Dos"),
    }
    return {"clientes": entries} if rng.random() < 0.9 else {}


def drawn_callers(rng: random.Random, queues: list[QueueName]) -> dict[str, CallerPlan]:
    callers = {
        "+34600000001": CallerPlan("Vip", "vip", priority=rng.choice((1, 3)), language=rng.choice((None, "en"))),
        "+34600000002": CallerPlan(
            queue=rng.choice((None, *queues)), menu=rng.choice(("", *MENUS)), needs={"ingles": 1}
        ),
        "+34600000003": CallerPlan(blocked=rng.random() < 0.5),
        "withheld": CallerPlan(blocked=rng.random() < 0.3, menu="principal"),
    }
    return {number: who for number, who in callers.items() if rng.random() < 0.7}


def keys_pressed(rng: random.Random) -> str:
    """What somebody presses who hears a menu: a key it may have, one it has not, digits, or nothing."""
    return rng.choice(("1", "1", "2", "3", "9", "*", "7", "#", "A", "1111", "222222", "111#", "3333#", "12", "", ""))


def _menu(name: str, rng: random.Random, queues: list[QueueName]) -> MenuPlan:
    collects = name == "cliente"
    return MenuPlan(
        name,
        ("greeting",) * rng.choice((0, 1, 2)),
        {key: _to(rng, queues) for key in ("*" if collects else "1239")},
        {"1": "en", "2": "es"} if rng.random() < 0.5 else {},
        rng.choice((None, None, "en")),
        timeout_ms=rng.choice((0, 4_000)),
        digit_timeout_ms=2_000,
        retries=rng.choice((0, 1, 3)),
        on_timeout=_to(rng, queues),
        on_invalid=_to(rng, queues),
        hours=rng.choice(("", "", "mananas")),
        on_closed=_to(rng, queues),
        min_digits=4 if collects else 0,
        max_digits=6 if collects else 0,
        lookup="clientes" if collects else "",
        on_found=_to(rng, queues),
        on_not_found=_to(rng, queues),
    )


def _to(rng: random.Random, queues: list[QueueName]) -> Destination:
    return rng.choice(
        (
            Destination("queue", rng.choice(queues)),
            Destination("queue", rng.choice(queues)),
            Destination("menu", menu=rng.choice(MENUS)),
            Destination("voicemail"),
            Destination(),
            Destination("number", number="911222333"),
            Destination("callback", rng.choice((None, *queues))),
            Destination("message", prompt="closed"),
        )
    )
