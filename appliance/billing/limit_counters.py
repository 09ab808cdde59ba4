"""What was spent, by limit and window: what a store told, and what came since; and what calls that are up reserve.

A counter is made when it is asked for first, of what is known of its window, and kept up from then on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from appliance.billing.limit_terms import Account, Group, Limit, Window, account_window, covers, subject, window


class Key(NamedTuple):
    """One sum of money: a limit, whose of it, and when."""

    limit: Limit
    subject: tuple[str, ...]
    window: Window


class Counters:
    def __init__(self, limits: Iterable[Limit], time_zone: str) -> None:
        self.limits = tuple(limits)
        self.time_zone = time_zone
        self.accounts: dict[str, Account] = {}
        self.reserved: dict[Key, int] = defaultdict(int)
        self._stored: dict[Window, dict[Group, int]] = {}
        self._since: dict[int, dict[Group, int]] = defaultdict(lambda: defaultdict(int))
        """By the hour in which the calls began."""
        self._since_of_account: dict[str, int] = defaultdict(int)
        """By client: an account may open in the middle of an hour."""
        self._spent: dict[Key, int] = {}
        self._windows: dict[str, Window] = {}

    def keys(self, group: Group, begun_utc_ms: int) -> tuple[Key, ...]:
        """Every sum that a call counts in."""
        return tuple(
            Key(limit, subject(limit, group), self._window(limit, group, begun_utc_ms))
            for limit in self.limits
            if covers(limit, group)
        )

    def unread(self, keys: Iterable[Key]) -> list[Window]:
        """Windows of which nobody told yet what a store has of them."""
        return [key.window for key in keys if key.window not in self._stored]

    def know(self, of: Window, spent: Mapping[Group, int]) -> None:
        """What a store has of a window: of none of the calls that `add` tells."""
        self._stored[of] = dict(spent)
        for key in [key for key in self._spent if key.window == of]:
            del self._spent[key]

    def set_account(self, client: str, account: Account) -> None:
        self.accounts[client] = account

    def add(self, group: Group, begun_utc_ms: int, cost_micros: int) -> None:
        """A call that is over cost so much."""
        if not cost_micros:
            return
        self._since[window("hour", self.time_zone, begun_utc_ms).from_ms][group] += cost_micros
        if begun_utc_ms >= account_window(self.accounts.get(group.client), group.client).from_ms:
            self._since_of_account[group.client] += cost_micros
        for key in self.keys(group, begun_utc_ms):
            if key in self._spent and key.window.from_ms <= begun_utc_ms:
                self._spent[key] += cost_micros

    def spent(self, key: Key) -> int:
        found = self._spent.get(key)
        if found is None:
            found = self._spent[key] = self._sum(key)
        return found

    def most(self, key: Key) -> int:
        """What the limit allows; of an account, what was paid in."""
        if key.limit.per != "prepaid":
            return key.limit.most_micros
        account = self.accounts.get(key.window.client)
        return 0 if account is None else account.credit_micros

    def left(self, key: Key) -> int:
        """May be less than nothing where a limit was made smaller."""
        return self.most(key) - self.spent(key) - self.reserved[key]

    def reserve(self, keys: Iterable[Key], more_micros: int) -> None:
        """So much more, or less, is kept for calls that are up."""
        for key in keys:
            self.reserved[key] += more_micros
            if not self.reserved[key]:
                del self.reserved[key]

    def _window(self, limit: Limit, group: Group, begun_utc_ms: int) -> Window:
        if limit.per == "prepaid":
            return account_window(self.accounts.get(group.client), group.client)
        last = self._windows.get(limit.per)
        if last is None or not last.from_ms <= begun_utc_ms < last.to_ms:
            last = self._windows[limit.per] = window(limit.per, self.time_zone, begun_utc_ms)
        return last

    def _sum(self, key: Key) -> int:
        def mine(spent: Mapping[Group, int]) -> int:
            limit = key.limit
            return sum(
                micros
                for group, micros in spent.items()
                if covers(limit, group) and subject(limit, group) == key.subject
            )

        stored = mine(self._stored.get(key.window, {}))
        if key.limit.per == "prepaid":
            return stored + self._since_of_account[key.window.client]
        since = (spent for hour_ms, spent in self._since.items() if key.window.from_ms <= hour_ms < key.window.to_ms)
        return stored + sum(map(mine, since))
