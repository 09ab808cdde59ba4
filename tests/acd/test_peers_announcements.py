"""What who waits hears and when, as app_queue documents it; who documents less is mod_callcenter (announce-sound)."""

import pytest

from appliance.acd.effects import Play
from appliance.acd.ids import LegId
from appliance.acd.plan import WaitAnnounced
from tests.acd.office import START_MS, Office, small_plan, ventas
from tests.acd.peers import APP_QUEUE, CALLCENTER, Rule, same
from tests.acd.test_announcements import waiting_after_talks

PROMPT_MS = 3_000


class Listener:
    """Hears every prompt to its end, and notes when each began, in seconds after the first caller came."""

    def __init__(self, one: Office, caller: LegId) -> None:
        self.office, self.leg = one, one.switch.legs[caller]
        self.heard: list[tuple[float, str]] = []
        self._seen = 0

    def listens(self, seconds: int, prompt_ms: int = PROMPT_MS) -> list[float]:
        """When announcements began, so far."""
        one = self.office
        until_ms, ends_ms = one.now_ms + seconds * 1_000, -1
        while one.now_ms < until_ms:
            one.wait(500)
            for effect in one.switch.done[self._seen :]:
                if isinstance(effect, Play) and effect.leg == self.leg.leg:
                    self.heard.append(((one.now_ms - START_MS) / 1_000, effect.prompts[0]))
                    ends_ms = one.now_ms + prompt_ms
            self._seen = len(one.switch.done)
            if self.leg.playing and 0 <= ends_ms <= one.now_ms:
                one.hears_to_the_end(self.leg.leg)
        return [at_s for at_s, _ in self.heard]


def second_in_line(**changes: object) -> tuple[Office, Listener]:
    """One caller is ahead; nobody is there."""
    fields: dict[str, object] = {
        "greeting": "",
        "max_wait_ms": 900_000,
        "announce_position_every_ms": 30_000,
        **changes,
    }
    one = Office(small_plan(ventas("ana", **fields)))
    one.calls("600000001", "trunk")
    return one, Listener(one, one.calls("600000002", "trunk"))


def the_one_ahead_leaves(one: Office) -> None:
    one.ends(next(leg.leg for leg in one.switch.legs.values() if leg.number == "600000001"))


def test_the_position_is_said_so_often() -> None:
    rule = same(APP_QUEUE, "announce-frequency=30", "how often to announce the position", [30, 60, 90])
    _, listener = second_in_line()
    rule.holds(listener.listens(95))


def test_a_position_that_changes_is_said_at_its_time() -> None:
    rule = Rule(
        APP_QUEUE,
        "announce-frequency=30, min-announce-frequency=15",
        "announce-frequency is ignored if the position has changed; only never sooner than the minimum after the last",
        peer=[30, 50, 80],
        ours=[30, 60],
        differs="a change is not said at once, only at the next time: callers hear each other leave no more than that",
    )
    one, listener = second_in_line()
    listener.listens(50)
    the_one_ahead_leaves(one)
    rule.holds(listener.listens(35))
    assert listener.heard[-1][1] == "es/you_are_number"
    assert listener.leg.heard[-1] == "es/number_1", "the place is the one of now"


POSITIONS: list[tuple[Rule, bool]] = [
    (
        Rule(
            APP_QUEUE,
            "announce-position-only-up=yes",
            "only announce the position if it has improved since the last announcement",
            peer=[30],
            ours=[30, 60, 90],
            differs="who hears nothing for minutes believes to be forgotten; the expected wait has when_better",
        ),
        False,
    ),
    (same(APP_QUEUE, "announce-position-only-up=no", "the position is announced each time", [30, 60, 90]), False),
    (same(APP_QUEUE, "announce-to-first-user=yes", "play announcements to the first in the queue", [30, 60, 90]), True),
    (
        Rule(
            APP_QUEUE,
            "announce-to-first-user=no",
            "the default: the first in the queue hears none, which might be spoken over an agent",
            peer=[],
            ours=[30, 60, 90],
            differs="ours is cut off by the agent who lifts, so it delays nobody",
        ),
        True,
    ),
]


@pytest.mark.parametrize(("rule", "is_first"), POSITIONS, ids=str)
def test_to_whom_the_position_is_said(rule: Rule, is_first: bool) -> None:
    one, listener = second_in_line()
    if is_first:
        the_one_ahead_leaves(one)
    rule.holds(listener.listens(95))


def test_an_announcement_delays_no_agent() -> None:
    one, listener = second_in_line()
    the_one_ahead_leaves(one)
    listener.listens(30, prompt_ms=60_000)
    assert listener.leg.playing, "its position is being said"
    one.sits_down("ana")
    assert one.talking(listener.leg.leg, one.lifts("ana"))


WAITS: list[tuple[Rule, WaitAnnounced]] = [
    (same(APP_QUEUE, "announce-holdtime=no", "no hold time in position announcements", 0), "never"),
    (same(APP_QUEUE, "announce-holdtime=yes", "the estimated hold time in each position announcement", 3), "always"),
    (same(APP_QUEUE, "announce-holdtime=once", "only once", 1), "once"),
]


@pytest.mark.parametrize(("rule", "announce_wait"), WAITS, ids=str)
def test_how_often_the_expected_wait_is_said(rule: Rule, announce_wait: WaitAnnounced) -> None:
    one = waiting_after_talks(announce_wait, 150_000)
    (leg,) = (leg for leg in one.switch.legs.values() if leg.number == "600000010")
    for _ in range(3):
        one.wait(30_000)
        one.hears_to_the_end(leg.leg)
    rule.holds(leg.heard.count("es/wait_is_about"))
    assert leg.heard.count("es/you_are_number") == 3


MESSAGES: list[Rule] = [
    same(APP_QUEUE, "periodic-announce-frequency=20", "the first after so long, then every so long", [20, 40, 60]),
    same(CALLCENTER, "announce-frequency=20", "how often announce-sound is played", [20, 40, 60]),
    Rule(
        APP_QUEUE,
        "periodic-announce-frequency=20, relative-periodic-announce=yes",
        "timed from the end of each announcement",
        peer=[20, 50],
        ours=[20, 40, 60],
        differs="as relative-periodic-announce=no, the default: from the start of each",
    ),
    Rule(
        APP_QUEUE,
        "periodic-announce-frequency=20, periodic-announce-startdelay=10",
        "the first one after the start delay",
        peer=[10, 30, 50],
        ours=[20, 40, 60],
        differs="there is the greeting for the beginning",
    ),
]


@pytest.mark.parametrize("rule", MESSAGES, ids=str)
def test_when_messages_are_said(rule: Rule) -> None:
    """Each lasts ten seconds."""
    _, listener = second_in_line(messages=("web",), message_every_ms=20_000, announce_position_every_ms=0)
    rule.holds(listener.listens(70, prompt_ms=10_000))


def test_messages_are_said_in_their_order_and_again_from_the_first() -> None:
    rule = same(
        APP_QUEUE,
        "periodic-announce=web,horario, random-periodic-announce=no",
        "played in the order in which they are defined, and again from the beginning",
        ["es/web", "es/horario", "es/web"],
    )
    _, listener = second_in_line(messages=("web", "horario"), message_every_ms=20_000, announce_position_every_ms=0)
    listener.listens(70)
    rule.holds([prompt for _, prompt in listener.heard])
