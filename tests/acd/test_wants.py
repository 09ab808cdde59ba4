"""Whom a caller may be given to, and who comes first: tiers, skills, the last agent, priorities and weights."""

import pytest
from msgspec.structs import replace

from appliance.acd.explain import why_call
from appliance.acd.ids import AgentName, LineName, QueueName
from appliance.acd.inputs import AgentLogout, AgentPause, PlanChanged
from appliance.acd.plan import LinePlan, Plan, QueuePlan
from tests.acd.office import Office, small_plan, ventas

ANA, BOB, EVA = AgentName("ana"), AgentName("bob"), AgentName("eva")


def with_skills(plan: Plan, **skills: dict[str, int]) -> Plan:
    return replace(plan, agents=tuple(replace(one, skills=skills.get(one.name, {})) for one in plan.agents))


def excluded(one: Office) -> dict[str, str]:
    """Who was looked at last and not rung, and why."""
    decision = [*one.decisions("ring"), *one.decisions("none_ready")]
    last = max(decision, key=lambda one: one.number)
    return {seen.agent: seen.excluded for seen in last.candidates if seen.excluded}


# --- tiers


def test_a_later_tier_is_rung_when_nobody_of_an_earlier_one_is_free() -> None:
    """mod_callcenter: "if no agent of tier level 1 is available, level 2 is tried" (tier rules that do not wait)."""
    one = Office(small_plan(ventas(tiers={ANA: 2})))
    one.sits_down("ana", "bob")
    one.calls("600000001", "trunk")
    assert one.ringing() == ["bob"]
    assert excluded(one) == {"ana": "lower_tier_first", "eva": "logged_out"}
    one.calls("600000002", "trunk")
    assert one.ringing() == ["bob", "ana"]


def test_a_later_tier_joins_when_the_caller_has_waited_long_enough() -> None:
    """mod_callcenter `tier-rule-wait-second`."""
    one = Office(small_plan(ventas(tiers={BOB: 2, EVA: 3}, tier_after_ms=(10_000, 30_000))))
    one.sits_down("bob", "eva")
    caller = one.calls()
    assert one.ringing() == [] and excluded(one) == {"ana": "logged_out", "bob": "tier", "eva": "tier"}
    one.wait(9_999)
    assert one.ringing() == []
    one.wait(1)
    assert one.ringing() == ["bob"]
    one.wait(20_000)  # bob does not answer, and is left alone for a while
    assert one.ringing() == ["eva"]
    one.ends(caller)


def test_who_waits_longer_is_served_by_a_tier_that_is_not_open_to_those_behind() -> None:
    one = Office(small_plan(ventas("ana bob", tiers={BOB: 2}, tier_after_ms=(10_000,))))
    one.calls("600000001", "trunk")
    one.wait(8_000)
    one.calls("600000002", "trunk")
    one.sits_down("bob")
    assert one.ringing() == []
    one.wait(2_000)
    assert one.acd.state.agents[BOB].call == "oficina-1"
    one.sits_down("ana")
    assert one.acd.state.agents[ANA].call == "oficina-2"


def test_ring_all_rings_every_tier_that_is_open() -> None:
    one = Office(small_plan(ventas(strategy="ring_all", tiers={BOB: 2, EVA: 2}, tier_after_ms=(5_000,))))
    one.sits_down("ana", "bob", "eva")
    one.calls()
    assert one.ringing() == ["ana"]
    one.wait(5_000)
    assert one.ringing() == ["ana", "bob", "eva"]


def test_a_caller_who_waits_for_nobody_new_is_not_decided_about_again() -> None:
    one = Office(small_plan(ventas("ana bob", tiers={BOB: 2}, tier_after_ms=(5_000,))))
    one.calls()
    one.wait(60_000)
    assert len(one.decisions("none_ready")) == 1, "nobody is there, in whatever tier"


# --- skills


def test_only_who_has_the_skill_at_its_level_is_rung() -> None:
    plan = with_skills(small_plan(ventas(needs={"ingles": 3})), ana={"ingles": 2}, bob={"ingles": 3})
    one = Office(plan)
    one.sits_down("ana", "bob", "eva")
    one.calls()
    assert one.ringing() == ["bob"]
    assert excluded(one) == {"ana": "skill", "eva": "skill"}


def test_who_lacks_a_level_or_is_of_a_later_tier_is_told_so() -> None:
    plan = small_plan(ventas(needs={"ingles": 3}, tiers={EVA: 2}, tier_after_ms=(10_000,)))
    one = Office(with_skills(plan, bob={"ingles": 3}, eva={"ingles": 3}))
    one.sits_down("ana", "bob", "eva")
    one.calls()
    told = why_call(one.decisions(), None, "es")
    assert "ana (sin el nivel que pide la llamada), eva (de un escalón que aún no entra)" in told


def test_what_is_needed_relaxes_with_the_wait() -> None:
    plan = small_plan(ventas(needs={"ingles": 3}, needs_relax_ms=10_000, ring_timeout_ms=60_000))
    one = Office(with_skills(plan, ana={"ingles": 2}, bob={"ingles": 1}))
    one.sits_down("eva", "bob", "ana")
    one.calls("600000001", "trunk")
    one.wait(9_999)
    assert one.ringing() == []
    one.wait(1)
    assert one.ringing() == ["ana"], "level 2 is enough by now"
    one.calls("600000002", "trunk")
    one.wait(19_999)
    assert one.ringing() == ["ana"]
    one.wait(1)
    assert one.ringing() == ["ana", "bob"]
    one.calls("600000003", "trunk")
    one.wait(30_000)
    assert one.ringing() == ["ana", "bob", "eva"], "after 30 s nothing is demanded any more"


def test_callers_of_a_line_may_need_more_than_their_queue() -> None:
    plan = small_plan(ventas(needs={"ventas": 1}), lines=(
        LinePlan(LineName("gsm1"), "in", QueueName("ventas"), needs={"ingles": 1, "ventas": 2}),
        LinePlan(LineName("trunk"), "in", QueueName("ventas")),
    ))  # fmt: skip
    one = Office(with_skills(plan, ana={"ventas": 5}, bob={"ventas": 5, "ingles": 1}))
    one.calls("600000001", "gsm1")
    one.calls("600000002", "trunk")
    one.sits_down("ana")
    assert one.acd.state.agents[ANA].call == "oficina-2", "the first caller is not for her"
    one.sits_down("bob")
    assert one.acd.state.agents[BOB].call == "oficina-1"


# --- the last agent


def talked(one: Office, agent: str, number: str = "600000001") -> None:
    caller = one.calls(number, "trunk")
    one.lifts(agent)
    one.wait(5_000)
    one.ends(caller)
    one.wait(20_000)


def familiar() -> Office:
    """eva had 600000001 last; all three are free, ana for longest."""
    one = Office(small_plan(ventas(sticky_ms=15_000, ring_timeout_ms=10_000, wrap_up_ms=0)))
    one.sits_down("eva")
    talked(one, "eva")
    one.sits_down("ana", "bob")
    return one


def test_a_caller_is_given_to_the_agent_who_had_the_number_last() -> None:
    one = familiar()
    one.wait(60_000)
    one.calls("600000002", "trunk")
    assert one.ringing() == ["eva"], "idle for longest"
    one.calls("600000001", "trunk")
    assert one.ringing() == ["eva"], "hers, and she is rung already: it waits for her"
    assert excluded(one) == {"ana": "kept_for_last_agent", "bob": "kept_for_last_agent", "eva": "ringing"}
    one.wait(15_000)
    assert len(one.ringing()) == 2, "long enough"


def test_why_nobody_else_was_rung_is_told() -> None:
    one = familiar()
    one.calls("600000001", "trunk")
    assert one.decisions("ring")[-1].reason == "last_agent"
    told = why_call(one.decisions("ring")[-1:], None, "es")
    assert "sonó eva: fue quien atendió a este número la última vez." in told
    assert "ana (quien llama espera primero a quien le atendió la última vez)" in told


def test_a_last_agent_who_does_not_take_it_has_no_right_to_it_any_more() -> None:
    one = familiar()
    one.calls("600000001", "trunk")
    one.wait(10_000)
    assert one.ringing() == ["ana"]


def test_nobody_waits_for_an_agent_who_is_not_at_work() -> None:
    one = familiar()
    one.dials("eva", "*45")
    assert one.agent("eva") == "logged_out"
    one.calls("600000001", "trunk")
    assert one.ringing() == ["ana"]


@pytest.mark.parametrize("needs", [{}, {"ingles": 1}])
def test_who_waits_for_a_last_agent_does_not_stand_in_the_way_of_who_does_not(needs: dict[str, int]) -> None:
    plan = small_plan(ventas(sticky_ms=15_000, wrap_up_ms=0, needs=needs))
    one = Office(with_skills(plan, ana={"ingles": 1}, bob={"ingles": 1}, eva={"ingles": 1}))
    one.sits_down("eva")
    talked(one, "eva")
    one.sits_down("ana", "bob")
    talks = {}
    for number in (7, 8, 9):
        caller = one.calls(f"60000000{number}", "trunk")
        (agent,) = one.ringing()
        one.lifts(agent)
        talks[agent] = caller
    one.calls("600000001", "trunk")
    one.calls("600000002", "trunk")
    one.ends(talks["bob"])
    assert one.acd.state.agents[BOB].call == "oficina-6", "not eva's caller"
    one.ends(talks["eva"])
    assert one.acd.state.agents[EVA].call == "oficina-5"


@pytest.mark.parametrize("needs", [{}, {"ingles": 1}])
def test_two_callers_wait_each_for_their_own_last_agent(needs: dict[str, int]) -> None:
    plan = small_plan(ventas("bob eva", sticky_ms=15_000, wrap_up_ms=0, needs=needs))
    one = Office(with_skills(plan, bob={"ingles": 1}, eva={"ingles": 1}))
    for agent, number in (("eva", "600000001"), ("bob", "600000002")):
        one.sits_down(agent)
        talked(one, agent, number)
        one.station(agent, "up", off_hook=True)
    one.calls("600000001", "trunk")
    one.calls("600000002", "trunk")
    one.station("bob", "up")
    assert one.acd.state.agents[BOB].call == "oficina-4"
    one.station("eva", "up")
    assert one.acd.state.agents[EVA].call == "oficina-3"


def test_the_first_right_of_a_last_agent_ends_to_the_millisecond() -> None:
    one = familiar()
    one.calls("600000009", "trunk")
    one.lifts("eva")
    one.calls("600000001", "trunk")
    one.wait(14_999)
    assert one.ringing() == [], "she talks"
    one.wait(1)
    assert one.ringing() == ["ana"]


def test_a_withheld_number_is_nobodys() -> None:
    one = Office(small_plan(ventas(sticky_ms=15_000, wrap_up_ms=0)))
    one.sits_down("eva")
    talked(one, "eva", "")
    one.sits_down("ana")
    assert one.acd.state.last_agents == {}


def test_the_numbers_remembered_are_bounded() -> None:
    one = Office(small_plan(ventas(sticky_ms=15_000, wrap_up_ms=0)))
    one.sits_down("ana")
    one.acd.state.last_agents.clear()
    for number in range(2_010):
        caller = one.calls(f"6{number:08}", "trunk")
        one.lifts("ana")
        one.ends(caller)
    assert len(one.acd.state.last_agents) == 2_000
    assert next(iter(one.acd.state.last_agents)) == "600000010"


# --- who comes first


def test_a_line_with_priority_has_a_head_start_and_no_more() -> None:
    lines = (
        LinePlan(LineName("gsm1"), "in", QueueName("ventas")),
        LinePlan(LineName("trunk"), "in", QueueName("ventas"), priority=2),
    )
    one = Office(small_plan(ventas(max_wait_ms=900_000), lines=lines, priority_worth_ms=60_000))
    one.calls("600000001", "gsm1")
    one.wait(119_000)
    one.calls("600000002", "trunk")
    one.wait(2_000)
    one.calls("600000003", "trunk")
    assert [call.position for call in one.acd.view(one.now_ms).calls] == [2, 1, 3], "121 s are more than two minutes"
    (queue,) = one.acd.view(one.now_ms).queues
    assert queue.longest_wait_ms == 121_000, "waiting is waiting, whatever it is worth"
    one.sits_down("ana")
    assert one.acd.state.agents[ANA].call == "oficina-2"


def test_a_queue_with_weight_is_served_sooner_by_shared_agents_and_starves_nobody() -> None:
    """Not app_queue's `weight`, which serves the heavier queue first for ever: a head start, as priority is."""
    names = (ANA,)
    quick = QueuePlan(QueueName("urgencias"), "Urgencias", names, weight=1, max_wait_ms=900_000)
    plan = small_plan(QueuePlan(QueueName("ventas"), "Ventas", names, max_wait_ms=900_000), quick)
    one = Office(plan)
    first = one.calls("600000001", "trunk", "900")
    one.wait(59_000)
    second = one.calls("600000002", "trunk", "901")
    one.wait(2_000)
    one.calls("600000003", "trunk", "901")
    one.sits_down("ana")
    assert one.acd.state.agents[ANA].call == "oficina-2"
    one.ends(second)
    assert one.acd.state.agents[ANA].call == "oficina-1", "61 s are more than what the weight is worth"
    one.ends(first)
    assert one.acd.state.agents[ANA].call == "oficina-3"


# --- a plan that changes


def test_who_waits_wants_what_the_new_plan_says_and_keeps_the_place() -> None:
    one = Office(small_plan(ventas(needs={"ingles": 1})))
    one.sits_down("ana")
    one.calls("600000001", "trunk")
    one.wait(1_000)
    one.calls("600000002", "trunk")
    assert one.ringing() == []
    one.do(PlanChanged(small_plan(ventas())))
    assert one.ringing() == ["ana"] and one.acd.state.agents[ANA].call == "oficina-1"


def test_nobody_waits_for_a_last_agent_who_left_the_queue() -> None:
    one = familiar()
    one.calls("600000009", "trunk")
    one.lifts("eva")
    one.calls("600000001", "trunk")
    assert one.ringing() == [], "hers, and she talks"
    one.do(PlanChanged(small_plan(ventas("ana bob", sticky_ms=15_000))))
    assert one.ringing() == ["ana"]


@pytest.mark.parametrize("how", ["logged_out", "not_ready", "unreachable"])
def test_who_waits_for_a_last_agent_is_given_to_another_as_soon_as_that_one_leaves(how: str) -> None:
    one = familiar()
    talk = one.calls("600000009", "trunk")
    one.lifts("eva")
    one.calls("600000001", "trunk")
    assert one.ringing() == []
    match how:
        case "logged_out":
            one.do(AgentLogout(EVA))
        case "not_ready":
            one.do(AgentPause(EVA, "cafe"))
        case _:
            one.station("eva", "unreachable")
    one.ends(talk)
    assert one.ringing() == ["ana"], "there is nobody to wait for"


def test_a_last_agent_whose_phone_cannot_be_reached_is_not_waited_for() -> None:
    one = familiar()
    one.station("eva", "unreachable")
    one.calls("600000001", "trunk")
    assert one.ringing() == ["ana"]


def test_a_caller_of_a_full_queue_is_given_to_whoever_is_free_and_not_refused_for_the_last_agent() -> None:
    one = Office(small_plan(ventas(sticky_ms=15_000, wrap_up_ms=0, max_length=0)))
    one.sits_down("eva")
    talked(one, "eva")
    one.sits_down("ana")
    one.calls("600000009", "trunk")
    one.lifts("eva")
    one.calls("600000001", "trunk")
    assert one.ringing() == ["ana"]


def test_the_only_one_free_of_a_tier_is_told_apart_from_the_only_one_free() -> None:
    one = Office(small_plan(ventas("ana bob", tiers={BOB: 2})))
    one.sits_down("ana", "bob")
    one.calls()
    told = why_call(one.decisions(), None, "es")
    assert "sonó ana: no había nadie más libre en su escalón, y los posteriores esperan." in told


def test_a_full_queue_takes_a_caller_whom_somebody_free_can_serve() -> None:
    """An agent who is free but lacks the skill is no reason to let one more wait."""
    plan = with_skills(small_plan(ventas(needs={"ingles": 1}, max_length=0)), bob={"ingles": 1})
    one = Office(plan)
    one.sits_down("ana")
    one.calls("600000001", "trunk")
    assert one.cdr().end_reason == "busy"
    one.sits_down("bob")
    one.calls("600000002", "trunk")
    assert one.ringing() == ["bob"]


def test_who_has_not_waited_yet_finds_a_full_queue_with_all_its_demands() -> None:
    """What is needed relaxes with the wait, and a caller who is not let in has none."""
    one = Office(small_plan(ventas(needs={"ingles": 1}, needs_relax_ms=10_000, max_length=0)))
    one.sits_down("ana")
    one.calls()
    assert one.cdr().end_reason == "busy"


def test_those_who_come_to_want_an_agent_in_the_same_moment_are_served_by_their_places() -> None:
    """Both waited ten seconds for the second tier; who stands before has other needs, and came a moment later."""
    queue = ventas("ana bob", tiers={AgentName("bob"): 2}, tier_after_ms=(10_000,))
    plan = small_plan(
        queue,
        agents="ana bob",
        lines=(
            LinePlan(LineName("gsm1"), "in", queue.name),
            LinePlan(LineName("trunk"), "in", queue.name, priority=1, needs={"frances": 1}),
        ),
    )
    people = tuple(replace(agent, skills={"frances": 1}) for agent in plan.agents)
    one = Office(replace(plan, agents=people))
    one.sits_down("ana", "bob")
    one.do(AgentPause(AgentName("ana"), "cafe"))
    one.calls("600111111", "gsm1")
    first = one.calls("600222222", "trunk")
    one.wait(10_000)
    assert one.lifts("bob") and one.acd.state.agents[AgentName("bob")].call == "oficina-2"
    assert not one.switch.legs[first].over
