"""Contracts: what a client is charged for, by call, by minute, by project and period, and by result, together.

What a carrier charges the box is no contract but a tariff (`billing.tariffs`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from appliance.billing.tariffs import FOREVER_MS, Direction, RateTable

Counted = Literal["answered", "unanswered", "any"]
ChargedWhen = Literal["claimed", "confirmed"]


class ContractError(Exception):
    """Contracts that contradict each other or themselves. The message names them."""


class Tax(Struct, frozen=True, forbid_unknown_fields=True):
    """What is added to an amount, in millionths of it: 21 % is 210_000. Nothing is added by ""."""

    name: str = ""
    ppm: int = 0


NO_TAX = Tax()


class PerCall(Struct, frozen=True, forbid_unknown_fields=True):
    """A price for each call of a kind. () and "" are any."""

    name: str
    price_micros: int
    tax: Tax = NO_TAX
    counted: Counted = "answered"
    direction: Direction | Literal[""] = ""
    queues: tuple[str, ...] = ()
    dispositions: tuple[str, ...] = ()
    """One of the codes that agents gave the call."""


class PerProject(Struct, frozen=True, forbid_unknown_fields=True):
    """A fee for each month that has begun, with calls and minutes that it includes; "" is every project."""

    name: str
    fee_micros: int = 0
    tax: Tax = NO_TAX
    project: str = ""
    included_calls: int = 0
    """Answered ones."""
    extra_call_micros: int = 0
    """For each answered call above."""
    included_s: int = 0
    extra_minute_micros: int = 0
    """For each minute above, by the second."""
    increment_s: int = 1
    """Each call counts in whole steps of this."""


class PerResult(Struct, frozen=True, forbid_unknown_fields=True):
    """A price for each call that came to a result: a sale, an appointment, a payment promised."""

    name: str
    price_micros: int
    dispositions: tuple[str, ...]
    """The codes with which agents claim it."""
    tax: Tax = NO_TAX
    charged_when: ChargedWhen = "confirmed"


@dataclass(frozen=True)
class Contract:
    """One version of what a client has agreed to. Money in micro-units of `currency`."""

    name: str
    version: str
    client: str
    currency: str
    project: str = ""
    """"" is every project that has no contract of its own."""
    valid_from_ms: int = 0
    """UTC. For calls offered from this instant …"""
    valid_to_ms: int = FOREVER_MS
    """… to this one, which is outside."""
    set_up_micros: int = 0
    minimum_micros: int = 0
    """Of a month that has begun: all its lines together but the set-up, without tax."""
    tax: Tax = NO_TAX
    """Of the set-up, of what is missing to the minimum and of minutes."""
    calls: tuple[PerCall, ...] = ()
    """The first that fits a call is charged."""
    minutes: RateTable | None = None
    projects: tuple[PerProject, ...] = ()
    results: tuple[PerResult, ...] = ()

    @property
    def depends_on_dispositions(self) -> bool:
        return bool(self.results) or any(clause.dispositions for clause in self.calls)


class Contracts:
    """All contracts, looked up by client, project and time. Raises ContractError when two of them cover the same."""

    def __init__(self, contracts: Iterable[Contract] = ()) -> None:
        self.all = tuple(contracts)
        self._of: dict[tuple[str, str], list[Contract]] = {}
        for contract in self.all:
            others = self._of.setdefault((contract.client, contract.project), [])
            for other in others:
                if contract.valid_from_ms < other.valid_to_ms and other.valid_from_ms < contract.valid_to_ms:
                    raise ContractError(
                        f"contracts `{other.name}` v{other.version} and `{contract.name}` v{contract.version} of "
                        f"{contract.client} are in force at the same time. End one before the other begins."
                    )
            others.append(contract)

    def find(self, client: str, project: str, at_utc_ms: int) -> Contract | None:
        """The one in force for a call offered at a moment: its project's own, else the client's."""
        for scope in dict.fromkeys((project, "")):
            for contract in self._of.get((client, scope), ()):
                if contract.valid_from_ms <= at_utc_ms < contract.valid_to_ms:
                    return contract
        return None

    def taken_out(self, contract: Contract) -> tuple[Contract, ...]:
        """The contracts of single projects, whose calls are not of this one while they are in force; () when it is a
        project's itself."""
        if contract.project:
            return ()
        return tuple(one for one in self.all if one.client == contract.client and one.project)
