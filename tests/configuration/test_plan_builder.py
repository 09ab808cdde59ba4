"""The plan the ACD gets says what the configuration file says, in the ACD's units."""

from pathlib import Path

import msgspec

from appliance.acd.ids import LineName, QueueName, StationName
from appliance.acd.plan import Destination, LinePlan, OpenSpan, Plan, StationPlan
from appliance.billing.tariffs import Rate, RateTable
from appliance.configuration import file
from appliance.daemon.plan_builder import build_plan, build_rates
from tests.configuration.offices import office


def test_every_part_of_the_office_is_in_the_plan(tmp_path: Path) -> None:
    plan = build_plan(office(tmp_path))
    assert plan.box == "oficina"
    assert plan.lines == (
        LinePlan(LineName("movil1"), "both", QueueName("ventas"), channels=1),
        LinePlan(LineName("fijo"), "both", QueueName("soporte"), channels=1),
        LinePlan(LineName("operador"), "both", None, "", {"+34910000002": QueueName("soporte")}),
        LinePlan(LineName("reserva"), "out"),
    )
    assert plan.stations == (
        StationPlan(StationName("mesa1"), "101"),
        StationPlan(StationName("puerto1"), "301"),
        StationPlan(StationName("puerto2"), "302"),
        StationPlan(StationName("mesa2"), "201", always_reachable=True),
    )
    assert [(agent.name, agent.number, agent.station, agent.auto_login) for agent in plan.agents] == [
        ("ana", "11", "mesa1", True),
        ("luis", "12", "mesa2", True),
    ]
    assert plan.hours["diario"].time_zone == "Europe/Madrid"
    assert plan.hours["diario"].spans == (OpenSpan((0, 1, 2, 3, 4), 9 * 60, 18 * 60 + 30),)
    assert plan.hours["diario"].holidays == ("2026-12-25",)


def test_a_queue_keeps_its_order_limits_and_overflows(tmp_path: Path) -> None:
    changes = (
        (
            'title = "Ventas"',
            'title = "Ventas"\nring_timeout_s = 12.5\nwrap_up_s = 0.25\nlanguage = "en"\nmax_length = 3',
        ),
        ('agents = ["ana", "luis"]', 'agents = ["luis", "ana"]\nstrategy = "linear"'),
    )
    queue, other = build_plan(office(tmp_path, *changes)).queues
    assert (queue.agents, queue.strategy, queue.language, queue.max_length) == (("luis", "ana"), "linear", "en", 3)
    assert (queue.ring_timeout_ms, queue.wrap_up_ms, queue.max_wait_ms) == (12_500, 250, 300_000)
    assert (queue.on_full, queue.on_closed) == (Destination("queue", QueueName("soporte")), Destination("voicemail"))
    assert (queue.hours, queue.project, queue.record) == ("diario", "tienda", True)
    assert (other.language, other.hours, other.on_full) == ("es", "", Destination("hang_up"))


def test_how_long_an_agent_is_left_alone_is_in_the_plan_by_cause(tmp_path: Path) -> None:
    keys = "retry_s = 3\nretry_rejected_s = 5\nretry_busy_s = 60\nretry_unreachable_s = 0.5"
    queue, other = build_plan(office(tmp_path, ('title = "Ventas"', f'title = "Ventas"\n{keys}'))).queues
    assert (queue.retry_ms, queue.retry_rejected_ms, queue.retry_busy_ms) == (3_000, 5_000, 60_000)
    assert (queue.retry_no_answer_ms, queue.retry_unreachable_ms) == (0, 500)
    assert (other.retry_ms, other.retry_rejected_ms) == (2_000, 0)


def test_who_may_serve_whom_is_in_the_plan(tmp_path: Path) -> None:
    changes = (
        (
            'agents = ["ana", "luis"]',
            'agents = ["ana", "luis"]\nstrategy = "weighted_random"\ntiers = { luis = 2 }\ntier_after_s = [7.5]\n'
            "weights = { ana = 3 }\nring_more_s = 2\nneeds = { ingles = 3 }\nneeds_relax_s = 20\n"
            "sticky_s = 15\nweight = 2",
        ),
        ('number = "11"', 'number = "11"\nskills = { ingles = 4 }'),
        ("address_port = 5070", "address_port = 5070\npriority = 3\nneeds = { frances = 1 }"),
        ('name = "oficina"', 'name = "oficina"\npriority_worth_s = 30'),
    )
    plan = build_plan(office(tmp_path, *changes))
    queue = plan.queues[0]
    assert (queue.strategy, queue.tiers, queue.tier_after_ms) == ("weighted_random", {"luis": 2}, (7_500,))
    assert (queue.weights, queue.ring_more_ms) == ({"ana": 3}, 2_000)
    assert (queue.needs, queue.needs_relax_ms, queue.sticky_ms, queue.weight) == ({"ingles": 3}, 20_000, 15_000, 2)
    assert [agent.skills for agent in plan.agents] == [{"ingles": 4}, {}]
    assert (plan.lines[-1].priority, plan.lines[-1].needs, plan.priority_worth_ms) == (3, {"frances": 1}, 30_000)


def test_defaults_of_the_file_are_the_defaults_of_the_plan(tmp_path: Path) -> None:
    """Two places state them, so they must not drift apart (on_max_wait differs on purpose: a file means voicemail)."""
    queue = build_plan(office(tmp_path)).queues[1]
    plain = type(queue)(name=queue.name, title=queue.title, agents=queue.agents, on_max_wait=Destination("voicemail"))
    assert queue == plain


def test_tariffs_become_rates(tmp_path: Path) -> None:
    incoming, mobiles = build_rates(office(tmp_path))
    assert incoming == Rate(
        "entrantes", "in", project="tienda", connect_fee_micros=50_000, rate_micros_per_minute=120_000
    )
    assert (mobiles.direction, mobiles.prefix, mobiles.line) == ("out", "+346", "movil1")
    plain = file.Tariff("x", "in")
    assert build_rates(file.Configuration(tariff=(plain,))) == (Rate("x", "in"),), "the defaults are the same"
    table = RateTable((incoming, mobiles), "EUR")
    assert table.find("out", "+34600111222", LineName("movil1"), "") == mobiles


def test_a_plan_survives_the_journal(tmp_path: Path) -> None:
    plan = build_plan(office(tmp_path))
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan
