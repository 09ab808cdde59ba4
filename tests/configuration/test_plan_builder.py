"""The plan the ACD gets says what the configuration file says, in the ACD's units."""

from pathlib import Path

import msgspec

from appliance.acd.ids import LineName, QueueName, StationName
from appliance.acd.plan import Destination, Hours, LinePlan, OpenSpan, PausePlan, Plan, StationPlan
from appliance.billing.tariffs import Rate, RateTable
from appliance.configuration import file
from appliance.daemon.plan_builder import build_plan, build_rates, rate_table
from tests.configuration.offices import office


def test_every_part_of_the_office_is_in_the_plan(tmp_path: Path) -> None:
    plan = build_plan(office(tmp_path))
    assert plan.box == "oficina"
    assert plan.lines == (
        LinePlan(LineName("movil1"), "both", QueueName("ventas"), channels=1, messages_per_day=100),
        LinePlan(LineName("fijo"), "both", QueueName("soporte"), channels=1, has_dial_tone=True),
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


def test_a_tariffs_hours_and_days_are_those_of_the_boxs_clock(tmp_path: Path) -> None:
    days = 'valid_from = "2026-03-29"\nvalid_to = "2026-10-25"'
    more = f'{days}\nhours = "diario"\nfree_s = 5\ndecimals = 4\nrounding = "up"'
    configuration = office(tmp_path, ('prefix = "+346"', f'prefix = "+346"\n{more}'))
    rate = build_rates(configuration)[1]
    assert rate.valid_from_ms == 1_774_738_800_000, "2026-03-28T23:00Z, the day on which the clock goes forward"
    assert rate.valid_to_ms == 1_792_969_200_000, "2026-10-25T23:00Z, the end of the day on which it goes back"
    assert (rate.calendar, rate.free_s, rate.decimals, rate.rounding) == ("diario", 5, 4, "up")
    assert "diario" in rate_table(configuration).calendars


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


def test_the_agents_time_is_in_the_plan(tmp_path: Path) -> None:
    tables = """
[[shift]]
name = "manana"
spans = [{ days = "mon-fri", open = "08:00", close = "15:00" }]
agents = ["ana"]
grace_s = 60
allow_overtime = true

[[shift]]
name = "tarde"
spans = [{ days = "sat", open = "15:00", close = "24:00" }]
time_zone = "Atlantic/Canary"

[[pause]]
code = "cafe"
digit = "1"
title = "Café"
limit_s = 900
day_limit_s = 1800
at_once = 2
at_once_percent = 50
when_over = "resume"

[[pause]]
code = "comida"
limit_s = 1800
at = ["14:00", "20:30"]
days = "mon-fri"
shifts = ["tarde"]

[[pause]]
code = "limpieza"
limit_s = 60
at = ["09:00"]
queues = ["soporte"]
agents = ["ana"]

[[pause]]
code = "todos"
limit_s = 60
at = ["09:00"]

[[hours]]
name = "diario"
"""
    changes = (
        ('\n[[hours]]\nname = "diario"\n', tables),
        (
            'number = "12"',
            'number = "12"\nshift = "tarde"\nwrap_up_s = 0\nmessages = 2\nmessages_while_on_call = true\n'
            "calls_while_in_conversation = false",
        ),
        (
            'title = "Ventas"',
            'title = "Ventas"\nwrap_up_extend_s = 20\nwrap_up_extensions = 1\nwrap_up_longest_s = 90\n'
            'wrap_up_ends_with_disposition = true\nwrap_up_needs_disposition = true\nat_closing = "send_on"',
        ),
    )
    plan = build_plan(office(tmp_path, *changes))
    assert [(agent.name, agent.shifts, agent.wrap_up_ms) for agent in plan.agents] == [
        ("ana", ("manana",), -1),
        ("luis", ("tarde",), 0),
    ]
    ana, luis = plan.agents
    assert (ana.capacity, ana.messages_while_on_call, ana.calls_while_in_conversation) == ({}, False, True)
    assert (luis.capacity, luis.messages_while_on_call, luis.calls_while_in_conversation) == (
        {"message": 2},
        True,
        False,
    )
    morning, evening = plan.shifts.values()
    assert (morning.grace_ms, morning.allow_overtime, morning.hours.time_zone) == (60_000, True, "Europe/Madrid")
    assert evening.hours == Hours("Atlantic/Canary", (OpenSpan((5,), 15 * 60, 1440),))
    cafe, comida, limpieza, todos = plan.pauses
    assert cafe == PausePlan("cafe", "1", "Café", 900_000, 1_800_000, 2, 50, "resume")
    assert (comida.at_minutes, comida.at_weekdays, comida.at_agents) == ((840, 1230), (0, 1, 2, 3, 4), ("luis",))
    assert (limpieza.at_agents, todos.at_agents) == (("ana", "luis"), ("ana", "luis"))
    queue, other = plan.queues
    assert (queue.wrap_up_extend_ms, queue.wrap_up_extensions, queue.wrap_up_longest_ms) == (20_000, 1, 90_000)
    assert (queue.wrap_up_ends_with_disposition, queue.wrap_up_needs_disposition) == (True, True)
    assert (queue.at_closing, other.at_closing, other.wrap_up_longest_ms) == ("send_on", "serve", 600_000)
