"""An office with menus for tests: a main one, one that asks for a customer's number, and two queues."""

from appliance.acd.ids import LegId, LineName, QueueName
from appliance.acd.inputs import DigitPressed
from appliance.acd.plan import Destination, Hours, LinePlan, LookupEntry, MenuPlan, OpenSpan, Plan, QueuePlan
from tests.acd.office import Office, small_plan, ventas

VENTAS, SOPORTE = Destination("queue", QueueName("ventas")), Destination("queue", QueueName("soporte"))
VOICEMAIL = Destination("voicemail")
SUNDAYS = Hours("Europe/Madrid", (OpenSpan((6,), 0, 1440),))
MONDAYS = Hours("Europe/Madrid", (OpenSpan((0,), 0, 1440),))


def to_menu(name: str) -> Destination:
    return Destination("menu", menu=name)


def principal(**changes: object) -> MenuPlan:
    fields: dict[str, object] = {
        "name": "principal",
        "prompts": ("welcome", "options"),
        "keys": {"1": VENTAS, "2": SOPORTE, "9": to_menu("principal"), "0": Destination()},
        "on_timeout": VENTAS,
        "on_invalid": VOICEMAIL,
        "retries": 1,
    }
    return MenuPlan(**{**fields, **changes})  # type: ignore[arg-type]


def number(**changes: object) -> MenuPlan:
    """Asks for a customer's number of four to six digits."""
    fields: dict[str, object] = {
        "name": "cliente",
        "prompts": ("your_number",),
        "keys": {"*": VENTAS},
        "min_digits": 4,
        "max_digits": 6,
        "lookup": "clientes",
        "on_found": VENTAS,
        "on_not_found": VOICEMAIL,
        "retries": 1,
    }
    return MenuPlan(**{**fields, **changes})  # type: ignore[arg-type]


def plan(*menus: MenuPlan, **changes: object) -> Plan:
    """The line leads to the first menu; soporte speaks English."""
    menus = menus or (principal(),)
    soporte = QueuePlan(QueueName("soporte"), "Soporte", ventas("bob").agents, language="en")
    fields: dict[str, object] = {
        "menus": {menu.name: menu for menu in menus},
        "lines": (LinePlan(LineName("gsm1"), "in", menu=menus[0].name),),
        "hours": {"sundays": SUNDAYS, "mondays": MONDAYS},
        "lookups": {
            "clientes": {
                "1234": LookupEntry(SOPORTE, "Taller Pérez", "vip", 2),
                "123456": LookupEntry(),
            }
        },
    }
    return small_plan(ventas("ana"), soporte, **{**fields, **changes})  # type: ignore[arg-type]


def office(*menus: MenuPlan, **changes: object) -> Office:
    return Office(plan(*menus, **changes))


def press(one: Office, leg: LegId, keys: str) -> None:
    for pressed in keys:
        one.do(DigitPressed(leg, pressed))


def queue_of(one: Office) -> str:
    (call,) = one.acd.state.calls.values()
    return f"{call.state} {call.queue}"
