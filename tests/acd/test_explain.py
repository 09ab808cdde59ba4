"""Why a call went where it went, in sentences people read; every code a decision can have has its words."""

import ast
from pathlib import Path

from msgspec.structs import replace

import appliance.acd
from appliance.acd import explain_words
from appliance.acd.effects import Decision
from appliance.acd.explain import duration, tell, why_agent, why_call
from appliance.acd.explain_money import MONEY
from appliance.acd.ids import AgentName
from appliance.acd.inputs import AgentPause
from appliance.acd.plan import AgentPlan, Destination
from tests.acd.office import Office, small_plan, ventas


def a_day() -> Office:
    one = Office(small_plan(ventas(wrap_up_ms=0)))
    one.sits_down("ana")
    one.wait(200_000)
    one.sits_down("bob", "eva")
    one.wait(5_000)
    one.do(AgentPause(AgentName("eva"), "cafe"))
    caller = one.calls()
    one.wait(4_000)
    one.lifts("ana")
    one.wait(65_000)
    one.ends(caller)
    return one


def test_a_call_answered_is_told_in_spanish() -> None:
    one = a_day()
    assert why_call(one.decisions(), one.cdr(), "es") == (
        "La llamada oficina-1 de 600111222 entró por la línea gsm1. Fue a la cola ventas, que es la de esa línea. "
        "A los 0 s de espera sonó ana: llevaba más tiempo libre (3 min 25 s). No podían: eva (en pausa). "
        "Descolgó ana a los 4 s. "
        "Se atendió; colgó quien llamaba. Espera 4 s, conversación 1 min 05 s."
    )


def test_and_in_english() -> None:
    one = a_day()
    assert why_call(one.decisions(), one.cdr(), "en") == (
        "Call oficina-1 from 600111222 came in on line gsm1. It went to queue ventas, which is that line's. "
        "After waiting 0 s, ana was rung: idle for longest (3 min 25 s). Not available: eva (not ready). "
        "ana answered after 4 s. "
        "It was answered; the caller hung up. Waited 4 s, talked 1 min 05 s."
    )


def test_a_call_still_up_is_told_as_far_as_it_went() -> None:
    one = Office()
    one.calls()
    assert why_call(one.decisions(), None, "es") == (
        "Fue a la cola ventas, que es la de esa línea. No había nadie libre en la cola ventas. "
        "No podían: ana (fuera de turno), bob (fuera de turno), eva (fuera de turno)."
    )


def test_a_call_that_overflowed_says_why_and_where_to() -> None:
    one = Office(small_plan(ventas(max_wait_ms=30_000, on_max_wait=Destination("voicemail"))))
    caller = one.calls("")
    one.wait(30_000)
    one.ends(caller)
    told = why_call(one.decisions(), one.cdr(), "es")
    assert "de un número oculto" in told
    assert "Llegó al máximo de espera de la cola ventas (30 s): pasó al buzón de voz." in told


def test_why_an_agent_was_rung_or_not() -> None:
    one = a_day()
    ana, bob, eva = (why_agent(one.decisions(), AgentName(name), "es") for name in ("ana", "bob", "eva"))
    assert ana == "El aparato de ana sonó para oficina-1: llevaba más tiempo libre (3 min 25 s)."
    assert bob == "bob estaba libre, pero para oficina-1 sonó ana: llevaba más tiempo libre (3 min 25 s)."
    assert eva == "eva no sonó para oficina-1: en pausa."
    assert why_agent(one.decisions(), AgentName("noe"), "en").startswith("There was no call")


def test_many_rings_are_counted_not_recited() -> None:
    one = Office(small_plan(ventas(max_wait_ms=1_200_000, missed_rings_limit=100)))
    one.sits_down("ana")
    caller = one.calls()
    one.wait(600_000)
    one.ends(caller)
    told = why_call(one.decisions(), one.cdr(), "es")
    assert told.count("sonó ana") == 8
    assert "veces." in told


def test_many_who_could_not_be_rung_are_counted() -> None:
    names = " ".join(f"a{number}" for number in range(9))
    people = tuple(AgentPlan(AgentName(name), name, name[1:]) for name in names.split())
    one = Office(replace(small_plan(ventas(names)), agents=people))
    one.calls()
    assert "a5 (fuera de turno), y 3 más." in why_call(one.decisions(), None, "es")


def test_a_decision_that_concerns_no_call_has_no_sentence() -> None:
    """A leg nobody knows, found after a restart: it is hung up, and there is nobody to tell of it."""
    stray = Decision(1, None, 0, "recover", None, "", "leg_of_no_call", "s2-9", 0, ())
    assert tell(stray, "es") == ""


def test_durations() -> None:
    assert [duration(ms) for ms in (0, 999, 59_999, 60_000, 3_723_000)] == [
        "0 s",
        "0 s",
        "59 s",
        "1 min 00 s",
        "62 min 03 s",
    ]


def test_every_reason_the_acd_decides_by_has_its_words() -> None:
    """Read from the source: `turn.decide("kind", "reason", …)` with both as literals."""
    missing = []
    for file in sorted(Path(appliance.acd.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "decide"):
                continue
            kind, *reasons = [str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)]
            for reason in reasons:
                words = explain_words.SENTENCES.keys() | explain_words.WHY_RUNG.keys()
                words |= {f"money_{code}" for code in MONEY}
                known = {f"{kind}_{reason}", reason} & words
                if kind != "late" and not known:
                    missing.append(f"{file.name}: {kind} {reason}")
    told_of_no_call = {"recovery.py: recover leg_of_no_call", "star_codes.py: refuse unknown_station"}
    assert set(missing) <= told_of_no_call


def test_what_was_pruned_of_a_call_is_said() -> None:
    assert "400" in why_call((), None, "es", pruned_after_days=400)
    one = Office()
    one.sits_down("ana")
    one.ends(one.calls())
    whole, part = why_call((), one.cdr(), "es", pruned_after_days=400), why_call(one.decisions(), None, "es", 400)
    assert "400" in part and whole not in part, "some of it is there"


def test_whoever_ordered_a_call_back_may_be_called_anything() -> None:
    ordered = Decision(1, None, 0, "dial", None, "", "callback_ordered", "crm:lunes:tarde:x", 0, ())
    assert tell(ordered, "en") == "crm:lunes:tarde:x asked for this number to be called."
