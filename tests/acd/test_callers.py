"""Who calls decides too: numbers in every spelling, blocked and withheld ones, VIPs, own ways and languages."""

import pytest

from appliance.acd.callers import known
from appliance.acd.explain import why_call
from appliance.acd.ids import LineName, QueueName
from appliance.acd.inputs import DigitPressed, SwitchStarted
from appliance.acd.numbers import key, spelled
from appliance.acd.plan import CallerPlan, Destination, LinePlan, MenuPlan, Plan, QueuePlan
from tests.acd.office import Office, small_plan, ventas

SPAIN = Plan("box", country_code="34", national_digits=9)
UNITED_STATES = Plan("box", country_code="1", national_digits=10, abroad="011")
TALLER = CallerPlan("Taller Pérez", "vip", priority=2)
SOPORTE = QueueName("soporte")


def plan(callers: dict[str, CallerPlan], prefixes: dict[str, CallerPlan] | None = None, **line: object) -> Plan:
    queues = (ventas("ana"), QueuePlan(SOPORTE, "Soporte", ventas("bob").agents))
    return small_plan(
        *queues,
        lines=(LinePlan(LineName("gsm1"), "in", QueueName("ventas"), **line),),  # type: ignore[arg-type]
        menus={"principal": MenuPlan("principal", ("welcome",), {"1": Destination("queue", SOPORTE)})},
        country_code="34",
        national_digits=9,
        callers=callers,
        caller_prefixes=prefixes or {},
        priority_worth_ms=60_000,
    )


@pytest.mark.parametrize(
    ("number", "country", "written"),
    [
        ("+34600111222", SPAIN, "+34600111222"),
        ("0034600111222", SPAIN, "+34600111222"),
        ("34600111222", SPAIN, "+34600111222"),
        ("600111222", SPAIN, "+34600111222"),
        ("600 11 12-22", SPAIN, "+34600111222"),
        ("+44 (20) 7946 0000", SPAIN, "+442079460000"),
        ("00442079460000", SPAIN, "+442079460000"),
        ("442079460000", SPAIN, "442079460000"),  # which country's cannot be told
        ("1004", SPAIN, "1004"),
        ("ana", SPAIN, "ana"),
        ("01134600111222", UNITED_STATES, "+34600111222"),
        ("12125550100", UNITED_STATES, "+12125550100"),
        ("2125550100", UNITED_STATES, "+12125550100"),
        ("600111222", Plan("box"), "600111222"),
        ("0034600111222", Plan("box"), "+34600111222"),
        ("", SPAIN, ""),
    ],
)
def test_a_number_is_the_same_however_it_is_written(number: str, country: Plan, written: str) -> None:
    assert spelled(country, number) == written


def test_the_key_of_a_number_is_its_national_form() -> None:
    written = ("+34600111222", "0034600111222", "34600111222", "600111222", "+442079460000", "+34", "112", "ana", "")
    assert [key(SPAIN, number) for number in written] == [*["600111222"] * 4, "+442079460000", "+34", "112", "ana", ""]
    assert key(Plan("box"), "0034600111222") == "0034600111222"


def test_just_this_number_comes_first_then_the_longest_prefix() -> None:
    one, mobile, spain = CallerPlan("one"), CallerPlan("mobile"), CallerPlan("spain")
    office = plan({"+34600111222": one}, {"+346": mobile, "+34": spain})
    assert [known(office, number) for number in ("600111222", "0034600111223", "+34910000000", "+33100000000", "")] == [
        one,
        mobile,
        spain,
        None,
        None,
    ]
    assert known(office, "+34600111222" + "0" * 100_000) == mobile
    assert known(plan({"withheld": one}), "") == one


@pytest.mark.parametrize("number", ["600111222", ""])
def test_a_blocked_caller_hears_busy_and_is_never_answered(number: str) -> None:
    one = Office(plan({"+34600111222": CallerPlan(blocked=True), "withheld": CallerPlan(blocked=True)}))
    one.sits_down("ana")
    leg = one.calls(number)
    assert one.switch.legs[leg].over and one.switch.legs[leg].state == "offered"
    cdr = one.cdr()
    assert (cdr.end_reason, cdr.queue, cdr.legs[0].cause) == ("rejected", None, "busy")
    assert not one.worklist() and not one.ringing()
    told = why_call(one.decisions(), cdr, "es")
    assert ("quien llama está bloqueado (600111222)" if number else "no se admiten números ocultos") in told


def test_a_blocked_caller_whom_the_switch_found_connected_is_hung_up() -> None:
    one = Office(plan({"+34600111222": CallerPlan("Pesado", blocked=True)}))
    leg = one.switch.offer("gsm1", "600111222").leg
    one.switch.legs[leg].state = "answered"
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=True)))
    assert one.switch.legs[leg].over and one.cdr().end_reason == "rejected"
    assert one.decisions("refuse")[0].detail == "Pesado"


def test_a_vip_is_served_as_if_having_come_earlier() -> None:
    """And no earlier than that: who waits longer than the head start is served first."""
    one = Office(plan({"+34600111222": TALLER}))
    one.calls("700000001")
    one.wait(130_000)
    one.calls("700000002")
    one.wait(10_000)
    one.calls("600111222")
    queue = one.acd.state.queues[QueueName("ventas")]
    order = [one.acd.state.calls[name].caller for _, _, name in queue.waiting]
    assert order == ["700000001", "600111222", "700000002"]
    (vip,) = [call for call in one.acd.state.calls.values() if call.caller == "600111222"]
    assert (vip.caller_name, vip.segment) == ("Taller Pérez", "vip")
    assert one.decisions("route")[2].detail == "Taller Pérez, vip"


def test_the_name_the_network_gave_is_kept() -> None:
    one = Office(plan({"+34600111222": TALLER}))
    offer = one.switch.offer("gsm1", "600111222")
    one.do(type(offer)(offer.leg, offer.line, offer.caller, offer.called, "PEREZ SL"))
    assert next(iter(one.acd.state.calls.values())).caller_name == "PEREZ SL"


@pytest.mark.parametrize(
    ("who", "state", "reasons"),
    [
        (CallerPlan(queue=SOPORTE), "waiting soporte", ["known_caller", "caller"]),
        (CallerPlan(menu="principal"), "menu None", ["known_caller", "caller_menu"]),
        (CallerPlan(segment="known"), "waiting ventas", ["known_caller", "dialled_number"]),
    ],
)
def test_the_callers_own_way_comes_before_the_dialled_number(who: CallerPlan, state: str, reasons: list[str]) -> None:
    one = Office(plan({"+34600111222": who}, did={"900": QueueName("ventas")}))
    one.calls("600111222", called="900")
    (call,) = one.acd.state.calls.values()
    assert f"{call.state} {call.queue}" == state
    assert one.reasons("route") == reasons


def test_a_dialled_number_may_lead_to_a_menu() -> None:
    one = Office(plan({}, did_menus={"900": "principal"}))
    one.calls("600111222", called="900")
    assert (one.call_state(), one.reasons("route")) == ("menu", ["dialled_number_menu"])


def test_a_withheld_number_may_have_its_own_way() -> None:
    one = Office(plan({"withheld": CallerPlan(menu="principal")}))
    one.calls("")
    assert (one.call_state(), one.reasons("route")) == ("menu", ["caller_menu"])


def test_a_way_that_is_not_there_is_refused() -> None:
    one = Office(plan({"+34600111222": CallerPlan(menu="otro")}))
    one.calls("600111222")
    assert one.reasons("refuse") == ["no_queue"]


@pytest.mark.parametrize("of_line", [True, False])
def test_the_language_of_a_caller_or_a_line_is_kept_in_every_queue(of_line: bool) -> None:
    who = CallerPlan(menu="principal", language=None if of_line else "en")
    one = Office(plan({"+34600111222": who}, language="en" if of_line else None))
    leg = one.calls("600111222")
    one.do(DigitPressed(leg, "1"))
    assert one.switch.legs[leg].heard == ["en/welcome", "en/greeting"]


def test_a_caller_may_need_more_than_the_line_does() -> None:
    who = CallerPlan(needs={"ingles": 3, "facturas": 1})
    one = Office(plan({"+34600111222": who}, needs={"ingles": 1, "facturas": 2}))
    one.calls("600111222")
    assert next(iter(one.acd.state.calls.values())).needs == {"ingles": 3, "facturas": 2}
