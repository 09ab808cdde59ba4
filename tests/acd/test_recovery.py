"""After the switch, the ACD or the box died: what is found goes on, what is gone is recorded with the truth."""

from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd.acd import Acd
from appliance.acd.durable import DurableAgent, DurableLastAgent, DurableQueue, DurableWorklistItem
from appliance.acd.familiar import REMEMBERED
from appliance.acd.ids import AgentName, CallId, LegId, LineName, QueueName, StationName
from appliance.acd.inputs import (
    ClockSet,
    DaemonStarted,
    HangUpCall,
    LegFound,
    LegOffered,
    RestoreDurable,
    StationChanged,
    SwitchBack,
    SwitchLost,
    SwitchStarted,
)
from appliance.acd.plan import AgentPlan, Destination
from appliance.acd.state import LastAgent
from tests.acd.office import NOON_UTC_MS, START_MS, Office, adds_up, small_plan, ventas
from tests.fake_switch import FakeLeg


def restart(one: Office, *keep: LegId, name: str = "s2") -> dict[LegId, LegId]:
    """The switch died; it finds the legs to keep again. Old leg -> new leg."""
    one.switch, renamed = one.switch.restart(name, set(keep))
    one.do(SwitchStarted(name, one.switch.inventory(adopted=True)))
    return renamed


def talking(*agents: str) -> tuple[Office, LegId, LegId]:
    one = Office()
    one.sits_down(*(agents or ("ana",)))
    caller = one.calls()
    one.wait(2_000)
    agent = one.lifts("ana")
    one.wait(5_000)
    return one, caller, agent


def test_a_conversation_whose_two_ends_are_found_goes_on_in_a_new_recording() -> None:
    one, caller, agent = talking()
    new = restart(one, caller, agent)
    assert one.talking(new[caller], new[agent])
    assert list(one.switch.recordings) == ["2026/11/22/oficina-1-2.wav"]
    one.wait(3_000)
    one.ends(new[caller])
    cdr = one.cdr()
    assert (cdr.end_reason, cdr.talk_ms, adds_up(cdr)) == ("answered", 8_000, True)
    assert [segment.talk_ms for segment in cdr.segments] == [8_000]
    assert len(cdr.legs) == 4, "two legs each, before and after"


def test_a_conversation_found_while_on_hold_is_taken_back() -> None:
    one, caller, agent = talking()
    one.holds("ana")
    new = restart(one, caller, agent)
    assert one.talking(new[caller], new[agent])
    assert (one.agent("ana"), one.call_state()) == ("talking", "talking")


def test_a_caller_found_without_the_agent_goes_to_the_front_with_an_apology() -> None:
    one, caller, _ = talking("ana", "bob")
    one.station("bob", "unreachable")
    one.calls("600000009", "trunk")
    new = restart(one, caller)
    assert one.agent("ana") == "wrap_up"
    assert "es/sorry_reconnecting" in one.switch.legs[new[caller]].heard
    assert one.switch.legs[new[caller]].background == "music"
    assert one.ringing() == ["bob"], "desk phones at fixed contacts can be rung at once"
    assert one.decisions("ring")[-1].call == "oficina-1"


def test_calls_whose_caller_is_gone_end_with_the_truth_and_nobody_is_stuck() -> None:
    one, _, _ = talking("ana", "bob")
    one.calls("600000009", "trunk")
    assert one.agent("bob") == "ringing"
    restart(one)
    first, second = one.cdrs()
    assert (first.end_reason, first.hung_up_by, first.talk_ms, first.agent) == ("box_restarted", "system", 5_000, "ana")
    assert (second.end_reason, second.wait_ms, second.agent) == ("box_restarted", 0, None)
    assert adds_up(first) and adds_up(second)
    assert one.worklist() == {"600111222": "box_restarted", "600000009": "box_restarted"}
    assert (one.agent("ana"), one.agent("bob")) == ("wrap_up", "ready")
    assert not one.acd.state.legs


def lost_for(one: Office, ms: int) -> None:
    """The switch is lost, and only so much later another one introduces itself."""
    one.do(SwitchLost())
    one.wait(ms)


def test_calls_that_went_with_the_switch_ended_when_it_was_lost() -> None:
    """Whatever came due meanwhile: ring timeouts, the longest wait. Nobody pays for a switch that starts slowly."""
    one = Office(small_plan(ventas(max_wait_ms=20_000, ring_timeout_ms=15_000)))
    one.sits_down("ana", "bob")
    one.calls()
    one.wait(2_000)
    one.lifts("ana")
    one.wait(5_000)
    one.calls("600000009", "trunk")
    lost_for(one, 40_000)
    assert one.agent("bob") == "ringing", "nobody missed anything"
    restart(one)
    second, first = sorted(one.cdrs(), key=lambda cdr: cdr.talk_ms)
    assert (first.end_reason, first.talk_ms, adds_up(first)) == ("box_restarted", 5_000, True)
    assert first.ended_at == NOON_UTC_MS + 7_000
    assert [leg.ended_ms for leg in first.legs] == [7_000, 7_000]
    assert (second.end_reason, second.ended_at, second.voicemail_ms) == ("box_restarted", first.ended_at, 0)
    assert not one.acd.state.legs and one.acd.state.switch_lost_ms == -1


def test_an_agent_lost_with_the_switch_talked_until_then_and_the_caller_waits_since() -> None:
    one, caller, _ = talking("ana", "bob")
    lost_for(one, 10_000)
    new = restart(one, caller)
    one.wait(1_000)
    one.ends(new[caller])
    cdr = one.cdr()
    assert (cdr.end_reason, cdr.talk_ms, cdr.wait_ms, adds_up(cdr)) == ("answered", 5_000, 13_000, True)


def test_a_conversation_found_again_went_on_all_the_time() -> None:
    one, caller, agent = talking()
    lost_for(one, 40_000)
    new = restart(one, caller, agent)
    one.ends(new[caller])
    assert one.cdr().talk_ms == 45_000


def test_a_connection_that_was_lost_and_is_back_changes_nothing() -> None:
    one, caller, _ = talking()
    one.do(SwitchLost())
    one.wait(1_000)
    one.do(SwitchBack())
    one.wait(60_000)
    heartbeats = [stored for stored in one.stored if isinstance(stored, e.StoreOpenCall)]
    assert heartbeats[-1].cdr.talk_ms > 40_000
    one.ends(caller)
    assert (one.cdr().end_reason, one.cdr().talk_ms) == ("answered", 66_000)


def test_a_handset_found_off_hook_whose_caller_is_gone_is_hung_up() -> None:
    one, _, agent = talking()
    new = restart(one, agent)
    assert one.switch.legs[new[agent]].over
    assert one.agent("ana") == "wrap_up"


def test_waiting_callers_found_again_keep_their_wait_and_hear_music() -> None:
    one = Office()
    caller = one.calls()
    one.wait(9_000)
    new = restart(one, caller)
    one.wait(1_000)
    (view,) = one.acd.view(one.now_ms).calls
    assert (view.state, view.wait_ms, view.position) == ("waiting", 10_000, 1)
    assert one.switch.legs[new[caller]].background == "music"


def test_a_caller_found_still_ringing_is_answered_now() -> None:
    one = Office(through=False)
    offer = one.switch.offer("gsm1", "600111222")
    one.acd.handle(offer, one.now_ms)  # its effects never reach the switch
    one.through = True
    new = restart(one, offer.leg)
    assert one.switch.legs[new[offer.leg]].state == "answered"


def test_a_message_goes_on_in_a_new_recording_and_a_good_bye_is_over() -> None:
    one = Office(small_plan(ventas(max_wait_ms=10_000, on_max_wait=Destination("voicemail"))))
    message = one.calls()
    one.wait(10_000)
    one.hears_to_the_end(message)
    new = restart(one, message)
    assert list(one.switch.recordings.values()) == [(new[message],)]
    other = Office(small_plan(ventas(max_wait_ms=10_000)))
    goodbye = other.calls()
    other.wait(10_000)
    new = restart(other, goodbye)
    assert other.switch.legs[new[goodbye]].over
    assert other.cdr().end_reason == "overflowed"


def test_a_message_is_no_longer_than_allowed_however_often_the_switch_dies() -> None:
    """A caller who left unheard would else keep the line for as long as it does."""
    plan = small_plan(ventas(max_wait_ms=10_000, on_max_wait=Destination("voicemail")), voicemail_max_ms=60_000)
    one = Office(plan)
    message = one.calls()
    one.wait(10_000)
    one.hears_to_the_end(message)
    for turn in range(2):
        one.wait(25_000)
        message = restart(one, message, name=f"s{turn + 2}")[message]
    assert one.call_state() == "voicemail"
    one.wait(10_500)
    assert one.cdr().hung_up_by == "system"
    assert 60_000 <= one.cdr().voicemail_ms <= 61_000


def test_a_greeting_cut_off_by_the_restart_counts_as_heard() -> None:
    one = Office(small_plan(ventas(greeting_first=True)))
    caller = one.calls()
    restart(one, caller)
    assert one.call_state() == "waiting"


def test_another_caller_on_the_same_line_is_not_taken_for_the_one_before() -> None:
    one, _, _ = talking()
    one.switch, _ = one.switch.restart("s2", set())
    offer = one.switch.offer("gsm1", "699999999")
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=True)))
    assert [(cdr.caller, cdr.end_reason) for cdr in one.cdrs()] == [("600111222", "box_restarted")]
    assert [call.caller for call in one.acd.state.calls.values()] == ["699999999"]
    assert one.switch.legs[offer.leg].state == "answered"


def test_a_call_found_on_an_analogue_line_that_knows_no_number_is_the_one_we_had() -> None:
    one, caller, agent = talking()
    one.switch, new = one.switch.restart("s2", {caller, agent})
    found = [replace(leg, number="") for leg in one.switch.inventory(adopted=True)]
    one.do(SwitchStarted("s2", tuple(found)))
    assert one.talking(new[caller], new[agent])
    assert [call.caller for call in one.acd.state.calls.values()] == ["600111222"]


def test_a_call_that_rings_without_a_number_is_not_taken_for_the_one_before() -> None:
    one, _, _ = talking()
    one.switch, _ = one.switch.restart("s2", set())
    one.switch.offer("gsm1", "")
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=True)))
    assert [(cdr.caller, cdr.end_reason) for cdr in one.cdrs()] == [("600111222", "box_restarted")]


def test_an_unknown_conversation_becomes_a_new_call_and_strays_are_hung_up() -> None:
    one = Office()
    one.sits_down("ana")
    for leg, line, state in (("s2-7", "gsm1", "answered"), ("s2-8", "gsm2", "answered"), ("s2-9", "trunk", "dialling")):
        one.switch.has(FakeLeg(LegId(leg), state, LineName(line), number="600111222"))
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=True)))
    assert one.ringing() == ["ana"], "the caller nobody remembers is served"
    assert one.switch.legs[LegId("s2-8")].over, "a line that is out only has no callers"
    assert one.switch.legs[LegId("s2-9")].over


def test_a_call_that_came_while_the_switch_was_dead_began_when_the_new_one_found_it() -> None:
    """The old switch's calls end when it died, which is earlier: nobody had called then."""
    one, _, _ = talking()
    lost_ms = one.now_ms
    one.do(SwitchLost())
    one.switch, _ = one.switch.restart("s2", set())
    one.switch.offer("gsm1", "699999999")
    (found,) = (replace(leg, announced=True) for leg in one.switch.inventory(adopted=True))
    one.do(SwitchStarted("s2", (found,)))
    assert [(cdr.caller, cdr.ended_at) for cdr in one.cdrs()] == [("600111222", NOON_UTC_MS - START_MS + lost_ms)]
    assert one.acd.state.calls == {}
    one.wait(800)
    one.do(LegFound(found))
    (call,) = one.acd.state.calls.values()
    assert (call.caller, call.offered_ms) == ("699999999", lost_ms + 800)
    one.do(LegFound(found))
    assert list(one.acd.state.calls.values()) == [call], "it is known by now"


def test_leg_ids_the_switch_still_uses_are_not_minted_again() -> None:
    one = Office()
    one.switch.has(FakeLeg(LegId("acd-41"), "ringing", station=StationName("desk-eva")))
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=False)))
    one.sits_down("ana")
    one.acd.handle(LegOffered(LegId("s2-1"), one.acd.plan.lines[0].name, "600", ""), one.now_ms)
    assert one.acd.state.agents[AgentName("ana")].leg == "acd-42"


def test_a_new_switch_knows_no_lamp_and_no_station() -> None:
    one, _, _ = talking()
    one.do(StationChanged(StationName("desk-ana"), "up", off_hook=True))
    restart(one)
    assert {"night_mode", "queue:ventas", "line:gsm1"} <= one.switch.lamps.keys()
    assert not one.acd.state.stations[StationName("desk-ana")].off_hook


def test_the_same_switch_with_the_same_legs_goes_on_as_if_nothing_was() -> None:
    one, caller, agent = talking()
    one.do(SwitchStarted("s1", one.switch.inventory(adopted=False)))
    assert one.talking(caller, agent)
    assert one.cdrs() == []
    assert list(one.switch.recordings) == ["2026/11/22/oficina-1.wav"]


def test_inputs_lost_on_the_way_are_made_up_for_by_the_inventory() -> None:
    one = Office(through=False)
    one.sits_down("ana", "bob")
    caller = one.calls()
    agent = one.ringing_leg("ana")
    one.switch.lift(agent)  # and nobody hears of it
    one.do(SwitchStarted("s1b", one.switch.inventory(adopted=False)))
    assert one.talking(caller, agent)


def test_a_hang_up_lost_on_the_way_is_said_again() -> None:
    one, _, _ = talking()
    one.acd.handle(HangUpCall(CallId("oficina-1"), "jefa"), one.now_ms)  # its effects never reach the switch
    one.do(SwitchStarted("s1b", one.switch.inventory(adopted=False)))
    assert one.switch.up() == []


def test_after_a_power_cut_the_store_remembers_who_was_there() -> None:
    acd = Acd(small_plan())
    acd.handle(DaemonStarted(7), START_MS)
    acd.handle(ClockSet(NOON_UTC_MS - START_MS, True), START_MS)
    acd.handle(
        RestoreDurable(
            (
                DurableAgent(AgentName("ana"), "ready", StationName("desk-ana")),
                DurableAgent(AgentName("bob"), "not_ready", StationName("desk-bob"), "comida"),
                DurableAgent(AgentName("eva"), "logged_out"),
                DurableAgent(AgentName("gone"), "ready", StationName("desk-eva")),
            ),
            night_mode=True,
            next_call=412,
            worklist=(DurableWorklistItem("600111222", QueueName("ventas"), "abandoned", 0, 2),),
        ),
        START_MS,
    )
    view = acd.view(START_MS)
    assert [(agent.state, agent.reason) for agent in view.agents] == [
        ("ready", ""),
        ("not_ready", "comida"),
        ("logged_out", ""),
    ]
    assert view.night_mode
    effects = acd.handle(LegOffered(LegId("s1-1"), acd.plan.lines[0].name, "600111222", ""), START_MS)
    decided = [stored.decision for stored in effects.store if isinstance(stored, e.StoreDecision)]
    assert decided[0].call == "oficina-412"
    assert decided[0].number > 7_000_000_000


def test_after_a_power_cut_the_store_remembers_whose_turn_it_is_and_who_knows_whom() -> None:
    acd = Acd(small_plan(ventas(wrap_up_ms=20_000)))
    acd.handle(DaemonStarted(7), START_MS)
    ana, ventas_ = AgentName("ana"), QueueName("ventas")
    acd.handle(
        RestoreDurable(
            (DurableAgent(ana, "logged_out", day="2026-11-22", calls_today=3, talk_today_ms=90_000),),
            queues=(
                DurableQueue(ventas_, ana, (60_000, 140_000)),
                DurableQueue(QueueName("gone"), ana, (60_000,)),
            ),
            last_agents=tuple(DurableLastAgent(f"6{n:08}", ana, n) for n in range(REMEMBERED + 1)),
        ),
        START_MS,
    )
    state = acd.state
    assert (state.queues[ventas_].last_rung, list(state.queues)) == (ana, [ventas_])
    assert state.queues[ventas_].handle_ms == 80_000 + (160_000 - 80_000) // 8
    agent = state.agents[ana]
    assert (agent.day, agent.calls_today, agent.talk_today_ms) == ("2026-11-22", 3, 90_000)
    assert len(state.last_agents) == REMEMBERED
    assert next(iter(state.last_agents.items())) == ("600000001", LastAgent(ana, 1))


def test_auto_login_is_for_the_first_start_and_not_after_a_log_out() -> None:
    ana = AgentPlan(AgentName("ana"), "Ana", "100", station=StationName("desk-ana"), auto_login=True)
    plan = replace(small_plan(), agents=(ana,))
    acd = Acd(plan)
    acd.handle(DaemonStarted(1), START_MS)
    assert acd.view(START_MS).agents[0].state == "ready"
    acd = Acd(plan)
    acd.handle(DaemonStarted(2), START_MS)
    acd.handle(RestoreDurable((DurableAgent(ana.name, "logged_out"),)), START_MS)
    assert acd.view(START_MS).agents[0].state == "logged_out"


def test_an_agent_who_is_as_the_store_remembers_gets_no_second_history_row() -> None:
    ana = AgentPlan(AgentName("ana"), "Ana", "100", station=StationName("desk-ana"), auto_login=True)
    acd = Acd(replace(small_plan(), agents=(ana,)))
    rows = acd.handle(DaemonStarted(2), START_MS).store
    rows += acd.handle(RestoreDurable((DurableAgent(ana.name, "ready", ana.station),)), START_MS).store
    assert [row.state for row in rows if isinstance(row, e.StoreAgentState)] == ["ready"]
