"""Calls there is no money for: another line, what the agent hears, what is written down; and those cut while up."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd.explain import tell, why_call
from appliance.acd.explain_money import MONEY, money_told
from appliance.acd.ids import LegId, LineName, QueueName, StationName
from appliance.acd.inputs import CallBack, DigitPressed, Input, LegAnswered, LineChanged, PlanChanged, TestLine
from appliance.acd.money import SAID
from appliance.acd.money_inputs import DialRefused, MoneyLow, MoneyOut
from appliance.acd.plan import CallbackPlan, Destination, LinePlan, QueuePlan
from appliance.acd.prompts import PROMPTS
from appliance.acd.star_codes import CONFIRMATION_LIMIT_MS
from tests.acd.office import Office, small_plan, ventas

LINES = (
    LinePlan(LineName("gsm1"), "in", QueueName("ventas"), number="600000001", channels=1),
    LinePlan(LineName("gsm2"), "out", QueueName("ventas"), number="600000002", channels=1),
    LinePlan(LineName("trunk"), "both", QueueName("ventas"), number="910000001"),
)
NUMBER = "910111222"
Refuse = Callable[[e.DialLine], DialRefused | None]


def nothing(_: e.DialLine) -> None:
    return None


def refuse_all(dial: e.DialLine) -> DialRefused:
    return DialRefused(dial.leg, "limit", "dia", 100_000, 2_000_000, 400_000)


def refuse_gsm2(dial: e.DialLine) -> DialRefused | None:
    """What only that line has used up."""
    return replace(refuse_all(dial), other_line=True) if dial.line == "gsm2" else None


class MoneyOffice(Office):
    """Ana and Bob at their desks; what is refused never reaches the switch, as in the box."""

    def __init__(self, refuse: Refuse = nothing, queue: QueuePlan | None = None, *, through: bool = True) -> None:
        self.refuse = refuse
        super().__init__(
            small_plan(queue or ventas("ana bob"), lines=LINES, emergency=("112",), dial_rules={"803": False}),
            through=through,
        )
        for line in LINES:
            self.do(LineChanged(line.name, "up"))
        self.sits_down("ana", "bob")

    def do(self, input: Input) -> None:
        said: list[Input] = [input]
        while said:
            one = said.pop(0)
            self.inputs.append((one, self.now_ms))
            effects = self.acd.handle(one, self.now_ms)
            self.stored += effects.store
            for effect in effects.switch:
                refused = self.refuse(effect) if isinstance(effect, e.DialLine) and not effect.emergency else None
                if refused is not None:
                    said.insert(0, refused)
                    continue
                answers = self.switch.carry_out(effect)
                said += [] if isinstance(effect, e.AnswerLeg) and not self.through else answers

    def dialled(self) -> list[tuple[str, str]]:
        return [(effect.line, effect.number) for effect in self.switch.done if isinstance(effect, e.DialLine)]

    def answered_by(self, agent: str = "ana") -> tuple[LegId, LegId]:
        """An agent calls out, and the customer answers: (customer's leg, agent's)."""
        desk = self.dials(agent, NUMBER)
        customer = self.far_leg()
        for said in self.switch.far_end(customer, "answers"):
            self.do(said)
        assert self.talking(customer, desk)
        return customer, desk

    def far_leg(self) -> LegId:
        return next(leg.leg for leg in self.switch.up() if leg.state == "dialling")

    def heard(self, leg: LegId) -> list[str]:
        return [effect.prompts[0] for effect in self.switch.done if isinstance(effect, e.Play) and effect.leg == leg]

    def told(self, language: str = "en") -> str:
        cdr = self.cdr()
        mine = [decision for decision in self.decisions() if decision.call == cdr.call]
        return why_call(mine, cdr, language)  # type: ignore[arg-type]


@pytest.mark.parametrize("through", [True, False])
def test_an_agent_who_dials_what_there_is_no_money_for_hears_so(*, through: bool) -> None:
    """Whether the station's path opens before or after the refusal."""
    one = MoneyOffice(refuse_all, through=through)
    desk = one.dials("ana", NUMBER)
    assert one.dialled() == []
    if not through:
        assert one.heard(desk) == []
        one.do(LegAnswered(desk))
    assert one.heard(desk) == ["es/no_money"]
    assert one.agent("ana") == "ready" and not one.acd.state.calls
    caller = one.calls()
    assert one.ringing() == ["bob"], "she is still on the phone"
    one.hears_to_the_end(desk)
    assert one.switch.legs[desk].over
    one.ends(caller)
    cdr = next(cdr for cdr in one.cdrs() if cdr.direction == "out")
    assert (cdr.end_reason, cdr.hung_up_by, cdr.called, cdr.talk_ms) == ("rejected", "system", NUMBER, 0)
    assert cdr.line == "" and one.acd.state.lines[LineName("gsm2")].calls == 0, "it went out on none"
    assert [(leg.role, leg.station) for leg in cdr.legs] == [("agent", "desk-ana")], "nobody was dialled"


def test_the_record_tells_why_in_both_languages() -> None:
    one = MoneyOffice(refuse_all)
    one.dials("ana", NUMBER)
    assert one.reasons("refuse") == ["money_limit"]
    assert "limit dia had 0.10 left of 2.00, and it would cost 0.40 at least" in one.told("en")
    assert "al límite dia le quedaban 0,10 de 2,00, y costaba al menos 0,40" in one.told("es")


def test_a_path_that_never_opens_is_hung_up_all_the_same() -> None:
    one = MoneyOffice(refuse_all, through=False)
    desk = one.dials("ana", NUMBER)
    one.wait(CONFIRMATION_LIMIT_MS)
    assert one.switch.legs[desk].over or one.acd.state.legs[desk].state == "closing"


@pytest.mark.parametrize("reason", sorted(SAID))
def test_every_refusal_has_a_prompt_and_words(reason: str) -> None:
    one = MoneyOffice(lambda dial: DialRefused(dial.leg, reason, "acme"))  # type: ignore[arg-type]
    desk = one.dials("ana", NUMBER)
    said = SAID[reason]  # type: ignore[index]
    assert one.heard(desk) == [f"es/{said}"] and said in PROMPTS
    (decision,) = one.decisions("refuse")
    spanish, english = tell(decision, "es"), tell(decision, "en")
    assert NUMBER in spanish and NUMBER in english and spanish != english


def test_a_line_that_has_used_up_its_own_leaves_the_call_to_another() -> None:
    one = MoneyOffice(refuse_gsm2)
    one.dials("ana", NUMBER)
    assert one.dialled() == [("trunk", NUMBER)] and one.agent("ana") == "outbound"
    assert one.reasons("dial") == ["called", "called"] and one.reasons("refuse") == ["money_limit"]
    one.ends(one.far_leg(), "busy")
    assert one.cdr().end_reason == "busy" and one.cdr().line == "trunk"


def test_without_another_line_the_agent_hears_it() -> None:
    one = MoneyOffice(lambda dial: replace(refuse_all(dial), other_line=True))
    desk = one.dials("ana", NUMBER)
    assert one.dialled() == [] and one.heard(desk) == ["es/no_money"]
    assert one.reasons("refuse") == ["money_limit", "money_limit"]


def test_an_emergency_is_never_refused_nor_cut() -> None:
    one = MoneyOffice(refuse_all)
    one.dials("ana", "112")
    assert one.dialled() == [("gsm2", "112")]
    leg = one.far_leg()
    one.do(DialRefused(leg, "limit"))
    for said in one.switch.far_end(leg, "answers"):
        one.do(said)
    one.do(MoneyLow(leg, "dia", 10_000))
    one.do(MoneyOut(leg, "dia"))
    assert one.reasons("late") == ["refused_is_not_dialled", "money_low_late", "money_out_late"]
    assert not one.switch.legs[leg].over and one.cdrs() == []


def test_who_is_called_back_is_not_and_the_agent_who_lifted_hears_why() -> None:
    one = MoneyOffice(refuse_all)
    one.do(CallBack(NUMBER, "jefa"))
    desk = one.lifts("ana")
    assert one.heard(desk)[-1] == "es/no_money" and one.agent("ana") == "ready"
    assert one.cdr().end_reason == "rejected" and one.acd.state.callbacks, "it is tried again"
    one.hears_to_the_end(desk)
    assert one.switch.legs[desk].over


def test_an_agent_kept_free_for_a_customer_is_free_again() -> None:
    one = MoneyOffice(refuse_all, ventas("ana bob", callback=CallbackPlan(first="customer")))
    one.do(CallBack(NUMBER, "jefa"))
    assert one.cdr().end_reason == "rejected" and one.agent("ana") == one.agent("bob") == "ready"
    assert one.ringing() == [] and one.reasons("refuse") == ["money_limit"]


def test_a_caller_sent_to_an_outside_number_hears_a_good_bye() -> None:
    one = MoneyOffice(refuse_all, ventas("", exit_keys={"4": Destination("number", number=NUMBER)}))
    caller = one.calls()
    one.do(DigitPressed(caller, "4"))
    assert one.dialled() == [] and one.reasons("refuse") == ["money_limit"]
    assert one.call_state() == "ending"


def test_a_line_is_not_tried_out_without_money_and_the_test_is_cut() -> None:
    one = MoneyOffice(refuse_all)
    one.do(TestLine(LineName("gsm2"), NUMBER, "doctor"))
    test = one.acd.state.lines[LineName("gsm2")].test
    assert test is not None and (test.state, test.cause) == ("over", "rejected")
    assert one.acd.state.legs == {} and NUMBER in tell(one.decisions("refuse")[0], "en")
    one.refuse = nothing
    one.do(TestLine(LineName("gsm2"), NUMBER, "doctor"))
    leg = one.far_leg()
    for said in one.switch.far_end(leg, "answers"):
        one.do(said)
    one.do(MoneyLow(leg, "dia", 10_000))
    one.do(MoneyOut(leg, "dia"))
    assert one.switch.legs[leg].over and one.reasons("money") == []


def test_the_test_of_a_line_that_left_the_plan_is_refused_too() -> None:
    one = MoneyOffice()
    one.do(TestLine(LineName("gsm2"), NUMBER, "doctor"))
    leg = one.far_leg()
    one.do(PlanChanged(replace(one.acd.plan, lines=LINES[:1])))
    if leg in one.acd.state.legs and one.acd.state.legs[leg].state == "dialling":
        one.do(DialRefused(leg, "limit", "dia"))
        assert leg not in one.acd.state.legs


def test_the_agent_is_warned_alone_and_the_call_is_cut() -> None:
    one = MoneyOffice()
    customer, desk = one.answered_by()
    one.wait(45_000)
    one.do(MoneyLow(customer, "dia", 14_000))
    assert one.heard(desk)[-1:] == ["es/money_low"] and one.heard(customer) == []
    assert one.talking(customer, desk), "they hear each other when it was said"
    one.hears_to_the_end(desk)
    assert one.acd.state.calls and one.reasons("late") == []
    one.wait(14_000)
    one.do(MoneyOut(customer, "dia"))
    assert one.switch.legs[customer].over and one.switch.legs[desk].over
    cdr = one.cdr()
    assert (cdr.end_reason, cdr.hung_up_by, cdr.talk_ms) == ("answered", "system", 59_000)
    assert one.agent("ana") == "wrap_up" and one.reasons("money") == ["low", "out"]
    assert "was told that the money of limit dia was running out: 14 s were left. It was cut" in one.told("en")
    assert "Se cortó: el límite dia no tenía dinero para seguir." in one.told("es")
    one.do(MoneyOut(customer, "dia"))
    one.do(MoneyLow(customer, "dia", 0))
    one.do(DialRefused(customer, "limit", "dia"))
    assert one.reasons("late") == ["money_out_late", "money_low_late", "refused_is_not_dialled"]
    assert len(one.cdrs()) == 1


def test_a_call_sent_outside_is_cut_without_a_word() -> None:
    """Nobody of ours is there to be warned."""
    one = MoneyOffice(nothing, ventas("", exit_keys={"4": Destination("number", number=NUMBER)}))
    caller = one.calls()
    one.do(DigitPressed(caller, "4"))
    outside = one.far_leg()
    for said in one.switch.far_end(outside, "answers"):
        one.do(said)
    before = one.heard(outside), one.heard(caller)
    one.do(MoneyLow(outside, "dia", 14_000))
    assert (one.heard(outside), one.heard(caller)) == before
    one.do(MoneyOut(outside, "dia"))
    assert one.cdr().end_reason == "overflowed" and one.switch.legs[outside].over


def test_a_station_without_an_agent_hears_why_too() -> None:
    """Not that it may dial much: the rule holds whoever has the leg."""
    one = MoneyOffice(nothing)
    desk = one.dials("ana", NUMBER)
    one.acd.state.legs[desk].station = StationName("gone")
    leg = one.far_leg()
    one.do(DialRefused(leg, "no_price", "dia"))
    assert one.heard(desk) == ["es/price_unknown"]


def test_who_waits_for_an_agent_after_answering_is_cut_too() -> None:
    one = MoneyOffice(nothing, ventas("ana", callback=CallbackPlan(first="customer")))
    one.do(CallBack(NUMBER, "jefa"))
    customer = one.far_leg()
    for said in one.switch.far_end(customer, "answers"):
        one.do(said)
    assert one.ringing() == ["ana"]
    one.do(MoneyLow(customer, "dia", 14_000))
    one.do(MoneyOut(customer, "dia"))
    assert one.ringing() == [] and one.agent("ana") == "ready" and one.cdr().hung_up_by == "system"


def test_words_of_a_newer_version_are_no_sentence() -> None:
    assert money_told("money_of_tomorrow", "a|b", "es") == ""
    assert all(words.es and words.en for words in MONEY.values())
    assert "0.00" in money_told("money_limit", "600|gsm|dia|-5|x", "en")
