"""The messages of the simulated world: customers who write, and what agents do with what they are offered."""

import random
from collections.abc import Callable, Iterable

from appliance.acd.effects import DeskEffect, OfferContact
from appliance.acd.ids import ContactId, QueueName
from appliance.acd.inputs import ContactAccepted, ContactClosed, ContactOffered, ContactRejected, Input

Later = Callable[[float, Input], None]
"""Give this input after so many ms."""


class Messages:
    """Whoever carries messages between customers and the ACD; bound to nothing but what is handed in."""

    def __init__(self, rng: random.Random, later: Later, twice: float) -> None:
        """`twice`: how often a name is used again."""
        self._random = rng
        self._later = later
        self._twice = twice
        self._written = 0

    def somebody_may_write(self) -> None:
        """Now and then a new conversation, which ends by itself sooner or later."""
        if self._random.random() >= 0.4:
            return
        self._written += 1
        name = ContactId(f"m-{self._written if self._random.random() >= self._twice else max(1, self._written - 3)}")
        queue = QueueName(self._random.choice(("ventas", "soporte", "averias")))
        self._later(0, ContactOffered(name, queue, f"c{self._written}", priority=self._random.choice((0, 0, 1))))
        self._later(self._random.expovariate(1 / 180_000), ContactClosed(name))

    def desks_show(self, shown: Iterable[DeskEffect]) -> None:
        """Agents see what they are offered, and take it, refuse it, do nothing, or do both too late."""
        for one in shown:
            what = self._random.random()
            if isinstance(one, OfferContact) and what < 0.8:
                self._later(self._random.uniform(500, 25_000), ContactAccepted(one.contact, one.agent))
            if isinstance(one, OfferContact) and (what < 0.05 or 0.8 <= what < 0.9):
                self._later(self._random.uniform(500, 25_000), ContactRejected(one.contact, one.agent))
