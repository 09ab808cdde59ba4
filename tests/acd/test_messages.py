"""Text messages in the ACD: stored before they are emptied, sent within limits, tried again, and never sent twice."""

import random

import pytest

from appliance.acd import messages as rules
from appliance.acd.acd import Acd
from appliance.acd.durable import DurableMessage, DurableMessageCount
from appliance.acd.effects import DialLine, StoreDecision
from appliance.acd.ids import LegId, LineName, MessageId, StationName
from appliance.acd.inputs import (
    LineChanged,
    PlanChanged,
    RestoreDurable,
    StationDialled,
    SwitchLost,
    SwitchStarted,
    Tick,
)
from appliance.acd.message_effects import (
    MessageKept,
    SendText,
    StoreIncomingMessage,
    StoreMessageReport,
    StoreOutgoingMessage,
)
from appliance.acd.message_inputs import (
    MessageCame,
    MessageFailed,
    MessageReported,
    MessageSent,
    MessagesStored,
    SendMessage,
    StoredMessage,
)
from appliance.acd.message_parts import parts_of
from appliance.acd.plan import LinePlan, Plan
from hw.sms_text import split_text
from tests.hw import sms_samples

GSM, OTHER = LineName("gsm1"), LineName("gsm2")
NUMBER = "600123123"


class Office:
    """An ACD with two lines that can write, one hour after another."""

    def __init__(self, per_minute: int = 10, per_day: int = 100, up: bool = True) -> None:
        lines = tuple(LinePlan(name, messages_per_minute=per_minute, messages_per_day=per_day) for name in (GSM, OTHER))
        self.acd = Acd(Plan(box="b", lines=lines, emergency=("112",)))
        self.now_ms = 1_000
        self.stored: list[StoreOutgoingMessage] = []
        self.put(SwitchStarted("s1"))
        if up:
            for name in (GSM, OTHER):
                self.put(LineChanged(name, "up"))

    def put(self, what: object, after_ms: int = 0) -> list[object]:
        """What the switch is to do."""
        self.now_ms += after_ms
        effects = self.acd.handle(what, self.now_ms)  # type: ignore[arg-type]  # every input, one by one
        self.stored += [one for one in effects.store if isinstance(one, StoreOutgoingMessage)]
        return [one for one in effects.switch if isinstance(one, SendText | MessageKept)]

    def send(self, name: str, text: str = "hola", line: LineName | None = GSM) -> list[object]:
        return self.put(SendMessage(MessageId(name), NUMBER, text, "ana", line))

    def refusal(self, **changes: object) -> str | None:
        what = {"message": MessageId("x"), "number": NUMBER, "text": "hola", "by": "ana", "line": GSM} | changes
        return self.acd.refusal(SendMessage(**what), "en", self.now_ms)  # type: ignore[arg-type]

    def states(self, name: str) -> list[str]:
        return [one.state for one in self.stored if one.message == name]

    def sent(self, name: str, after_ms: int = 100) -> list[object]:
        return self.put(MessageSent(GSM, MessageId(name), (7,)), after_ms)

    def fails(self, name: str, again: bool, parts_sent: int = 0) -> list[object]:
        return self.put(MessageFailed(GSM, MessageId(name), "congestion", again, parts_sent), 100)


def _text(name: str, text: str = "hola") -> SendText:
    return SendText(GSM, MessageId(name), NUMBER, text)


def test_one_after_another_over_a_line() -> None:
    office = Office()
    assert office.send("m1") == [_text("m1")]
    assert office.send("m2") == []
    assert office.sent("m1") == [_text("m2")]
    assert office.sent("m2") == []
    assert office.states("m1") == office.states("m2") == ["queued", "sending", "sent"]
    assert office.stored[-1].references == (7,)
    assert office.acd.state.messages.outgoing == {}


def test_no_more_than_the_lines_minute() -> None:
    office = Office(per_minute=2)
    for name in ("m1", "m2", "m3"):
        office.send(name)
    office.sent("m1")
    assert office.sent("m2") == []
    assert office.put(Tick(), 59_000) == []
    assert office.put(Tick(), 1_000) == [_text("m3")]


def test_a_text_of_more_parts_than_a_minute_has_goes_alone() -> None:
    office = Office(per_minute=2)
    office.send("m1")
    office.send("m2", "a" * 600)
    assert office.sent("m1") == []
    assert office.put(Tick(), 60_000) == [_text("m2", "a" * 600)]


def test_the_days_cap_refuses_and_ends_at_midnight() -> None:
    office = Office(per_day=3)
    office.send("m1", "a" * 300)
    office.send("m2")
    assert "messages of today" in str(office.refusal())
    assert office.refusal(line=None) is None  # the other line has room
    assert office.put(SendMessage(MessageId("m3"), NUMBER, "hola", "ana")) == [
        SendText(OTHER, MessageId("m3"), NUMBER, "hola")
    ]
    office.now_ms += 24 * 3_600_000
    assert office.refusal() is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"text": ""}, "has no text"),
        ({"text": "a\ud83d"}, "has no text"),
        ({"text": "a" * 1_225}, "too long"),
        ({"text": "ж" * 537}, "too long"),
        ({"number": "112"}, "may not be called"),
        ({"number": "mamá"}, "may not be called"),
        ({"line": "nowhere"}, "no such line"),
        ({"message": "m1"}, "asked for already"),
    ],
)
def test_what_is_refused_and_why(changes: dict[str, object], why: str) -> None:
    office = Office()
    office.send("m1")
    assert why in str(office.refusal(**changes))


def test_who_asks_all_the_same_is_ignored() -> None:
    office = Office(per_day=0)
    assert office.send("m1") == []
    assert office.stored == []


def test_a_line_that_is_down_is_waited_for() -> None:
    office = Office(up=False)
    assert office.send("m1") == []
    assert office.put(LineChanged(GSM, "up")) == []
    assert office.put(Tick(), rules.LOOK_AGAIN_MS) == [_text("m1")]


def test_a_switch_that_is_away_is_waited_for() -> None:
    office = Office()
    office.put(SwitchLost())
    assert office.send("m1") == []
    office.put(SwitchStarted("s2"))
    office.put(LineChanged(GSM, "up"))
    assert office.put(Tick(), rules.LOOK_AGAIN_MS + 1_000) == [_text("m1")]


def test_tries_are_bounded() -> None:
    office = Office()
    office.send("m1")
    for wait_ms in rules.RETRY_MS:
        assert office.fails("m1", again=True) == []
        assert office.put(Tick(), wait_ms - 1) == []
        assert office.put(Tick(), 1) == [_text("m1")]
    office.fails("m1", again=True)
    assert (office.states("m1")[-1], office.stored[-1].cause, office.stored[-1].tries) == ("failed", "congestion", 4)


@pytest.mark.parametrize(("again", "parts_sent"), [(False, 0), (True, 1)])
def test_what_has_no_hope_or_half_went_is_not_tried_again(again: bool, parts_sent: int) -> None:
    office = Office()
    office.send("m1")
    office.send("m2")
    assert office.fails("m1", again, parts_sent) == [_text("m2")]
    assert office.states("m1") == ["queued", "sending", "failed"]


def test_another_goes_while_one_waits_for_its_next_try() -> None:
    office = Office()
    office.send("m1")
    office.send("m2")
    assert office.fails("m1", again=True) == [_text("m2")]


def test_a_switch_that_dies_while_it_sends() -> None:
    """Nobody knows whether it went: it is not sent again by itself, and the next goes on."""
    office = Office()
    office.send("m1")
    office.send("m2")
    office.put(SwitchStarted("s2"))
    assert (office.states("m1")[-1], [one.cause for one in office.stored if one.state == "failed"]) == (
        "failed",
        ["interrupted"],
    )
    office.put(LineChanged(GSM, "up"))
    assert office.put(Tick(), rules.LOOK_AGAIN_MS) == [_text("m2")]
    office.sent("m1")  # late news
    assert office.states("m1")[-1] == "failed"


def test_a_message_nobody_could_send_in_a_day_is_given_up() -> None:
    office = Office(up=False)
    office.send("m1")
    office.put(Tick(), rules.GIVE_UP_MS)
    assert (office.stored[-1].state, office.stored[-1].cause) == ("failed", "not_sent_in_time")


@pytest.mark.parametrize("lines", [(LinePlan(GSM, messages_per_day=0),), ()], ids=["sends no more", "is gone"])
def test_what_waits_for_a_line_that_left_the_plan_is_given_up(lines: tuple[LinePlan, ...]) -> None:
    office = Office()
    office.send("m1")
    office.send("m2")
    office.put(PlanChanged(Plan(box="b", lines=lines, emergency=("112",))))
    assert office.sent("m1") == []
    assert office.states("m1")[-1] == "sent"
    assert (office.states("m2")[-1], office.stored[-1].cause) == ("failed", "line_is_gone")
    assert office.acd.state.messages.outgoing == {}


def test_no_more_wait_than_there_is_room_for() -> None:
    office = Office(per_day=10_000)
    for number in range(rules.MOST_WAITING):
        office.send(f"m{number}")
    assert "Too many messages" in str(office.refusal())
    office.sent("m0")
    assert office.refusal() is None


def test_news_of_a_message_nobody_asked_for_is_named_and_ignored() -> None:
    office = Office()
    for news in (MessageSent(GSM, MessageId("x"), (7,)), MessageFailed(GSM, MessageId("x"), "congestion", again=True)):
        effects = office.acd.handle(news, office.now_ms)
        (decision,) = [one.decision for one in effects.store if isinstance(one, StoreDecision)]
        assert (decision.kind, decision.reason) == ("late", "message_not_known")
    assert office.stored == []


def test_what_came_is_stored_each_time_and_emptied_when_it_is_durable() -> None:
    office = Office()
    came = MessageCame(GSM, MessageId("id1"), "+34600123123", "hola", 123, 3, (2,))
    for _ in range(2):
        effects = office.acd.handle(came, office.now_ms)
        assert effects.switch == []
        (stored,) = effects.store
        assert isinstance(stored, StoreIncomingMessage)
        assert (stored.message, stored.text, stored.missing, stored.sent_at_utc_ms) == ("id1", "hola", (2,), 123)
    durable = MessagesStored((StoredMessage(GSM, MessageId("id1")),))
    assert office.put(durable) == [MessageKept(GSM, MessageId("id1"))]


def test_a_report_is_stored() -> None:
    office = Office()
    report = MessageReported(GSM, MessageId("r1"), 7, "+34600123123", "delivered", "received", 99)
    (stored,) = office.acd.handle(report, office.now_ms).store
    assert stored == StoreMessageReport(MessageId("r1"), GSM, 7, "+34600123123", "delivered", "received", 99)


def test_after_a_power_cut_what_waited_goes_on_and_what_was_being_sent_does_not() -> None:
    office = Office()
    fresh = Office()
    waited = DurableMessage(MessageId("m1"), GSM, NUMBER, "hola", "ana", 1, 900, was_being_sent=False)
    half = DurableMessage(MessageId("m2"), GSM, NUMBER, "hola", "ana", 1, 900, was_being_sent=True)
    day = DurableMessageCount(GSM, "1970-01-01", 100)
    fresh.put(RestoreDurable(messages=(waited, half), message_counts=(day,)))
    assert (fresh.states("m2"), fresh.stored[-1].cause) == (["failed"], "interrupted")
    assert fresh.put(Tick(), rules.LOOK_AGAIN_MS) == [_text("m1")]
    assert "messages of today" in str(fresh.refusal())
    assert office.refusal() is None


def test_asked_again_after_it_went_or_failed_it_is_refused() -> None:
    """A form that is sent twice, seconds apart: nobody gets the message twice."""
    office = Office()
    office.send("m1")
    office.sent("m1")
    office.send("m2")
    office.fails("m2", again=False)
    for _ in range(2):
        assert "asked for already" in str(office.refusal(message=MessageId("m1")))
        assert "asked for already" in str(office.refusal(message=MessageId("m2")))
        assert office.send("m1") == []
        office.acd = Acd.from_snapshot(office.acd.snapshot())
    assert office.states("m1") == ["queued", "sending", "sent"]
    fresh = Office()
    fresh.put(RestoreDurable(messages_done=(MessageId("m1"),)))
    assert fresh.send("m1") == []
    for number in range(rules.REMEMBERED):
        fresh.send(f"n{number}", line=(GSM, OTHER)[number % 2])
        fresh.put(MessageFailed(GSM, MessageId(f"n{number}"), "congestion"), 86_400_000)
    assert len(fresh.acd.state.messages.done) <= rules.REMEMBERED


def test_an_emergency_goes_out_on_a_line_that_sends_no_message() -> None:
    """A modem dials nothing before the network has answered for the message: up to a minute."""
    office = Office()
    office.send("m1", line=GSM)
    dialled = StationDialled(LegId("h1"), StationName("desk"), "112")
    effects = office.acd.handle(dialled, office.now_ms).switch
    assert [one.line for one in effects if isinstance(one, DialLine)] == [OTHER]


def test_a_snapshot_keeps_what_waits() -> None:
    office = Office(per_minute=1)
    office.send("m1")
    office.send("m2")
    office.acd = Acd.from_snapshot(office.acd.snapshot())
    office.sent("m1")
    assert office.put(Tick(), 60_000) == [_text("m2")]


def test_parts_are_counted_as_they_are_cut() -> None:
    rng = random.Random(5)
    for _ in range(2_000):
        text = sms_samples.text(rng, rng.choice((80, 170, 400)))
        assert parts_of(text) == len(split_text(text, 0)), text
