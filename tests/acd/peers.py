"""What the peers document, as rows of tables: a rule in words with its source, what the peer does, what we do.

  - APP_QUEUE: Asterisk, configs/samples/queues.conf.sample; where that is silent, apps/app_queue.c.
  - CALLCENTER: FreeSWITCH, the documentation of mod_callcenter; where that is silent, mod_callcenter.c.

Peers were read, not run: what a row says of one is its documented rule worked out by hand for the row's scenario. What
it says of us is tested. A row in which the two differ says why; one in which they do not says nothing.
"""

from typing import NamedTuple

APP_QUEUE = "app_queue"
CALLCENTER = "mod_callcenter"


class Rule(NamedTuple):
    """`option` as the peer's configuration writes it; `peer` and `ours` are what comes out of the same scenario."""

    source: str
    option: str
    says: str
    peer: object
    ours: object
    differs: str = ""

    def __str__(self) -> str:
        return f"{self.source} {self.option}"

    def holds(self, got: object) -> None:
        """Ours is what the row says, and the row is honest about whether the peer's is the same."""
        assert got == self.ours, f"{self}: {self.says}"
        assert (self.peer == self.ours) == (not self.differs), f"{self}: the row does not say how they differ"


def same(source: str, option: str, says: str, result: object) -> Rule:
    return Rule(source, option, says, result, result)
