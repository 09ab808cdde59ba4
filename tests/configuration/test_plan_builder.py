"""The plan the ACD gets says what the configuration file says, in the ACD's units."""

from pathlib import Path

import msgspec

from appliance.acd.ids import LineName, QueueName, StationName
from appliance.acd.plan import LinePlan, OpenSpan, Overflow, Plan, StationPlan
from appliance.billing.tariffs import Rate, RateTable
from appliance.configuration import file
from appliance.daemon.plan_builder import build_plan, build_rates
from tests.configuration.offices import office


def test_every_part_of_the_office_is_in_the_plan(tmp_path: Path) -> None:
    plan = build_plan(office(tmp_path))
    assert plan.box == "oficina"
    assert plan.lines == (
        LinePlan(LineName("movil1"), "both", QueueName("ventas")),
        LinePlan(LineName("fijo"), "both", QueueName("soporte")),
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
    assert (queue.on_full, queue.on_closed) == (Overflow("queue", QueueName("soporte")), Overflow("voicemail"))
    assert (queue.hours, queue.project, queue.record) == ("diario", "tienda", True)
    assert (other.language, other.hours, other.on_full) == ("es", "", Overflow("hang_up"))


def test_defaults_of_the_file_are_the_defaults_of_the_plan(tmp_path: Path) -> None:
    """Two places state them, so they must not drift apart (on_max_wait differs on purpose: a file means voicemail)."""
    queue = build_plan(office(tmp_path)).queues[1]
    plain = type(queue)(name=queue.name, title=queue.title, agents=queue.agents, on_max_wait=Overflow("voicemail"))
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
