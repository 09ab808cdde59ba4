"""Which line a number goes out on: beginnings, cost, minutes left, the order; what is passed over, and why."""

import pytest

from appliance.acd import effects as e
from appliance.acd.deadlines import Deadlines
from appliance.acd.explain import tell, why_call
from appliance.acd.explain_data import decision_data
from appliance.acd.explain_lines import why_passed_over
from appliance.acd.ids import AgentName, LineName, QueueName
from appliance.acd.inputs import AgentPause, LineChanged
from appliance.acd.line_choice import choose
from appliance.acd.line_effects import LineCandidate
from appliance.acd.line_plan import AllowancePlan
from appliance.acd.plan import LinePlan
from appliance.acd.turn import Turn
from tests.acd.office import Office, small_plan, ventas

NUMBER = "600111222"
MONTH = AllowancePlan(each_month_ms=300 * 60_000, covers={"": True, "00": False})


def line(name: str, **changes: object) -> LinePlan:
    return LinePlan(LineName(name), "both", QueueName("ventas"), **changes)  # type: ignore[arg-type]


def office(*lines: LinePlan, **changes: object) -> Office:
    """Ana at her desk in Spain, and these lines, all up."""
    spain: dict[str, object] = {"country_code": "34", "national_digits": 9, "dial_rules": {"00": True}}
    one = Office(small_plan(ventas("ana"), lines=lines, emergency=("112",), **spain | changes))  # type: ignore[arg-type]
    for each in lines:
        one.do(LineChanged(each.name, "up"))
    one.sits_down("ana")
    return one


def used(one: Office, name: str, minutes: int) -> None:
    """The line has used so many of its minutes this month."""
    state = one.acd.state.lines[LineName(name)]
    state.used_ms, state.used_since = minutes * 60_000, "2026-11-01"


def choice(one: Office, number: str = NUMBER) -> e.Decision:
    """What is decided when Ana dials this."""
    one.dials("ana", number)
    return one.decisions()[-1] if one.reasons("dial") == [] else one.decisions("dial")[-1]


def line_of(decision: e.Decision) -> str:
    return decision.detail.partition(":")[2]


@pytest.mark.parametrize(
    ("number", "goes_out_on"),
    [
        (NUMBER, "movil"),
        ("+34600111222", "movil"),
        ("0034600111222", "movil"),
        ("900111222", "gratis"),
        ("910111222", "fijo"),
        ("+351211234567", "portugal"),
        ("+441214960000", "resto"),
    ],
)
def test_the_longest_beginning_chooses_the_line(number: str, goes_out_on: str) -> None:
    one = office(
        line("resto"),
        line("fijo", calls={"": True, "00": False}, channels=1),
        line("movil", calls={"6": True, "7": True}),
        line("gratis", calls={"9": True, "900": True}),
        line("portugal", calls={"00351": True}),
    )
    if goes_out_on == "fijo":  # 9 is more particular than all the country
        one.do(LineChanged(LineName("gratis"), "down"))
        one.do(LineChanged(LineName("resto"), "down"))
    assert line_of(choice(one, number)) == goes_out_on


def test_of_lines_alike_the_cheaper_one_is_taken() -> None:
    one = office(
        line("cara", costs={"": 90_000, "6": 120_000}),
        line("barata", costs={"": 200_000, "6": 80_000, "00": 10}),
    )
    made = choice(one)
    assert (line_of(made), made.strategy) == ("barata", "least_cost")
    assert [(seen.line, seen.cost_micros, seen.chosen) for seen in made.lines] == [
        ("cara", 120_000, False),
        ("barata", 80_000, True),
    ]
    assert line_of(choice(office(*[one.plan for one in one.acd.state.lines.values()]), "910111222")) == "cara"


def test_of_many_prices_the_one_of_the_longest_beginning_counts() -> None:
    many = {str(begins): 1_000 + begins for begins in range(60, 80)} | {"": 5}
    one = office(line("a", costs=many), line("b", costs={"": 1_030}))
    assert [seen.cost_micros for seen in choice(one, "660111222").lines] == [1_066, 1_030]


def test_minutes_that_are_paid_for_cost_nothing_until_they_are_used() -> None:
    lines = (line("gsm1", costs={"": 90_000}, allowance=MONTH), line("gsm2", costs={"": 20_000}))
    one = office(*lines)
    used(one, "gsm1", 299)
    assert line_of(choice(one)) == "gsm1"
    one = office(*lines)
    used(one, "gsm1", 300)
    made = choice(one)
    assert (line_of(made), made.strategy) == ("gsm2", "least_cost")
    assert "gsm1 (no minutes left: 0.09 a minute)" in tell(made, "en")
    assert "gsm1 (no le quedan minutos: 0,09 el minuto)" in tell(made, "es")


def test_minutes_are_for_the_numbers_the_contract_covers() -> None:
    one = office(line("gsm1", costs={"": 90_000}, allowance=MONTH), line("gsm2", costs={"": 20_000}))
    made = choice(one, "+441214960000")
    assert line_of(made) == "gsm2"
    assert [seen.left_ms for seen in made.lines] == [-1, -1]


@pytest.mark.parametrize(
    ("used_minutes", "goes_out_on", "by", "why"),
    [
        ((10, 20, None), "a", "most_minutes", "it has most included minutes left (290 min)"),
        ((20, 10, None), "b", "most_minutes", "it has most included minutes left (290 min)"),
        ((20, 20, None), "a", "order", "it comes first in the configuration"),
        ((300, 20, None), "b", "minutes_left", "it has included minutes left (280 min)"),
        ((300, 300, None), "c", "minutes_left", "the others have no included minutes left"),
    ],
)
def test_most_minutes_first_and_none_needed_before_none_left(
    used_minutes: tuple[int | None, ...], goes_out_on: str, by: str, why: str
) -> None:
    names = ("a", "b", "c")
    minutes = dict(zip(names, used_minutes, strict=True))
    one = office(*(line(name, allowance=AllowancePlan() if minutes[name] is None else MONTH) for name in names))
    for name, spent in minutes.items():
        used(one, name, spent or 0)
    made = choice(one)
    assert (line_of(made), made.strategy) == (goes_out_on, by)
    assert why in tell(made, "en")


def test_minutes_of_calls_that_go_on_are_used_already() -> None:
    """Two lines of a hundred minutes; on one a call has lasted two of them."""
    plan = AllowancePlan(each_month_ms=6_000_000)
    one = office(line("a", allowance=plan), line("b", allowance=plan))
    one.dials("ana", NUMBER)
    leg = next(leg.leg for leg in one.switch.up() if leg.state == "dialling")
    for said in one.switch.far_end(leg, "answers"):
        one.do(said)
    one.wait(61_000)
    made = choose(Turn(one.acd.state, Deadlines(one.acd.state), one.now_ms, [], []), NUMBER)
    assert made.line == "b" and made.by == "most_minutes"
    assert [seen.left_ms for seen in made.seen] == [6_000_000 - 120_000, 6_000_000]


def test_what_cannot_be_dialled_on_is_passed_over_and_told() -> None:
    one = office(
        LinePlan(LineName("entra"), "in", QueueName("ventas")),
        line("otros", calls={"9": True}),
        line("rota"),
        line("nueva"),
        line("modem", channels=1),
        line("buena"),
        line("segunda"),
        line("tercera"),
    )
    one.do(LineChanged(LineName("rota"), "down"))
    one.do(LineChanged(LineName("nueva"), "starting"))
    one.do(AgentPause(AgentName("ana"), "gestion"))
    one.calls(line="modem")
    made = choice(one)
    assert line_of(made) == "buena" and made.strategy == "order"
    assert [(seen.line, seen.excluded) for seen in made.lines if seen.excluded] == [
        ("entra", "in_only"),
        ("otros", "other_numbers"),
        ("rota", "down"),
        ("nueva", "starting"),
        ("modem", "busy"),
    ]
    told = tell(made, "en")
    assert "entra (for incoming calls only), otros (not for such numbers), rota (down), nueva (starting)" in told
    assert told.endswith("modem (busy), segunda (later in the configuration), and 1 more.")


def test_a_line_that_has_trouble_is_tried_last() -> None:
    one = office(line("a", calls={"6": True}), line("b", costs={"": 90_000}), line("c", costs={"": 50_000}))
    one.do(LineChanged(LineName("a"), "degraded", "silent"))
    one.do(LineChanged(LineName("c"), "degraded", "silent"))
    one.dials("ana", NUMBER)
    for _ in range(3):
        leg = next(leg.leg for leg in one.switch.up() if leg.state == "dialling")
        one.ends(leg, "unreachable")
    made = one.decisions("dial")
    assert [line_of(each) for each in made] == ["b", "a", "c"]
    assert [seen.excluded for seen in made[0].lines] == ["degraded", "", "degraded"]
    assert "Las demás: a (con problemas), c (con problemas)." in tell(made[0], "es")


def test_a_line_that_fails_leaves_its_traffic_to_the_next_best() -> None:
    one = office(line("a"), line("b", costs={"": 50_000}), line("c", costs={"": 10_000}))
    one.dials("ana", NUMBER)
    for _ in range(3):
        leg = next(leg.leg for leg in one.switch.up() if leg.state == "dialling")
        one.ends(leg, "line_lost")
    made = one.decisions("dial")
    assert [line_of(each) for each in made] == ["a", "c", "b"]
    assert [seen.excluded for seen in made[-1].lines] == ["tried", "", "tried"]
    assert made[-1].strategy == "only_line"
    cdr = one.cdr()
    told = why_call([each for each in one.decisions() if each.call == cdr.call], cdr, "es")
    assert "por la línea c. Esa línea: es donde menos cuesta el minuto (0,01). Las demás: a (ya se intentó)" in told


def test_no_line_is_told_with_what_is_wrong_with_each() -> None:
    one = office(line("a"), line("b", calls={"9": True}))
    one.do(LineChanged(LineName("a"), "down"))
    desk = one.dials("ana", NUMBER)
    (refused,) = one.decisions("refuse")
    assert one.switch.legs[desk].heard == ["es/no_line"]
    assert tell(refused, "es") == (
        "No había ninguna línea libre para llamar al 600111222. Líneas: a (no funciona), b (no es para esos números)."
    )


def test_an_emergency_goes_out_whatever_the_line_is_for() -> None:
    one = office(line("otros", calls={"9": True}, costs={"": 1}), line("b"))
    one.do(LineChanged(LineName("b"), "down"))
    made = choice(one, "112")
    assert (line_of(made), made.reason, made.strategy) == ("otros", "emergency", "emergency")
    assert tell(made, "en") == "Emergency: 112 was dialled on line otros. The others: b (later in the configuration)."


def test_the_choice_is_data_for_programs() -> None:
    one = office(line("a", costs={"": 90_000}, allowance=MONTH), line("b"))
    used(one, "a", 300)
    data = decision_data(choice(one), "en")
    assert [(seen.line, seen.outcome, seen.passed_over, seen.left_ms) for seen in data.lines] == [
        ("a", "passed_over", "used_up", 0),
        ("b", "dialled", "", None),
    ]
    assert data.lines[0].because == "no minutes left: 0.09 a minute" and data.strategy == "least_cost"


def test_a_code_of_a_newer_version_stays_a_code() -> None:
    seen = LineCandidate(LineName("a"), "something_new", "", 0, -1)
    assert why_passed_over((seen,), seen, "es") == "something_new"
