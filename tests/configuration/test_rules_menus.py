"""The rules of menus, look-ups, known callers and prompts: each refuses what breaks it, and nothing else."""

import re
from pathlib import Path

import pytest

from appliance.configuration.file import Configuration, ConfigurationError
from appliance.configuration.rules import check, decision_problems
from appliance.daemon.plan_builder import build_plan
from hw.boards import load_board
from tests.configuration.offices import office

BOARD, MODELS = load_board("laptop"), {"sim7600", "usr5637"}
PROMPTS = {"greeting", "closed"}
MENUS = """
[[menu]]
name = "principal"
say = { es = "Para ventas, pulse uno.", en = "For sales, press one." }
keys = { "1" = "queue:ventas", "2" = "menu:cliente", "9" = "menu:principal" }
languages = { "9" = "en" }
hours = "diario"
on_timeout = "queue:soporte"
on_closed = "menu:noche"

[[menu]]
name = "noche"
prompts = ["closed"]
keys = { "0" = "queue:guardia" }

[[menu]]
name = "cliente"
prompts = ["su_numero"]
keys = { "*" = "menu:principal" }
digits = "4..6"
lookup = "clientes"
on_found = "queue:ventas"
on_not_found = "voicemail"

[[lookup]]
name = "clientes"
[lookup.entries]
1234 = { to = "queue:soporte", name = "Taller Pérez", segment = "vip" }
123456 = { priority = 1 }

[[prompt]]
name = "su_numero"
say = { es = "Marque su número de cliente.", en = "Key in your customer number." }

[[caller]]
number = "600111222"
name = "Taller"
segment = "vip"

[[caller]]
prefix = "+44"
language = "en"

[[caller]]
number = "withheld"
blocked = true

[[hours]]
name = "noches"
spans = [{ days = "mon-sun", open = "20:00", close = "23:00" }]

[[queue]]
name = "guardia"
title = "Guardia"
agents = ["ana"]
hours = "noches"
on_closed = "voicemail"

[[tariff]]"""
BASE = (("[[tariff]]", MENUS), ('audio_port = "@port2"\nqueue = "ventas"', 'audio_port = "@port2"\nmenu = "principal"'))


def with_menus(folder: Path, *changes: tuple[str, str]) -> Configuration:
    return office(folder, *BASE, *changes)


CASES = {
    "key to no queue": ('"1" = "queue:ventas"', '"1" = "queue:compras"', r'principal, keys."1": no queue .*compras'),
    "key to no menu": ('"2" = "menu:cliente"', '"2" = "menu:clientes"', r'keys."2": no menu is called "clientes"'),
    "line to no menu": ('menu = "principal"', 'menu = "central"', r'movil1, menu: no menu is called "central"'),
    "number to no menu": (
        '"+34910000002" = "soporte"',
        '"+34910000002" = "soporte", "+34910000003" = "menu:central"',
        r'operador, did."\+34910000003": no menu is called "central"',
    ),
    "line with both": ('menu = "principal"', 'menu = "principal"\nqueue = "ventas"', r"movil1, menu: .*`queue` too"),
    "two menus of a name": (
        'name = "noche"\n',
        'name = "principal"\n',
        r"\[\[menu\]\] name = .principal. is wr",
    ),
    "no hours of the name": (
        'hours = "diario"\non_timeout',
        'hours = "tarde"\non_timeout',
        r"principal, hours: no",
    ),
    "closed, and never closed": (
        'prompts = ["closed"]',
        'prompts = ["closed"]\non_closed = "voicemail"',
        r"noche, on_closed: the menu is always open",
    ),
    "words twice": (
        'lookup = "clientes"\n',
        'lookup = "clientes"\nsay = { es = "Hola", en = "Hello" }\n',
        r"cliente, prompts: the menu has words in `say` too",
    ),
    "no words": ('prompts = ["closed"]\n', "", r"noche, say: callers would hear nothing"),
    "language of no key": (
        'languages = { "9" = "en" }',
        'languages = { "8" = "en" }',
        r'languages."8": key 8',
    ),
    "keys among digits": (
        '"*" = "menu:principal"',
        '"*" = "menu:principal", "0" = "voicemail"',
        r"cliente, keys: .*only \* can lead",
    ),
    "digits that cannot be": ('digits = "4..6"', 'digits = "6..4"', r"cliente, digits: 6..4 cannot be keyed in"),
    "digits looked up nowhere": ('lookup = "clientes"\n', "", r"cliente, lookup: is missing"),
    "look-up of no name": (
        'lookup = "clientes"',
        'lookup = "socios"',
        r"cliente, lookup: no lookup .*socios",
    ),
    "a look-up without digits": ('digits = "4..6"\n', "", r"cliente, digits: is missing, so lookup means nothing"),
    "found and hung up": ('on_found = "queue:ventas"\n', "", r"cliente, on_found: who keys in 123456 would be hung up"),
    "an entry that cannot be keyed in": ("1234 = {", "123 = {", r'clientes, entries."123": no menu takes 3 digits'),
    "an entry to no queue": ('to = "queue:soporte"', 'to = "queue:otra"', r'clientes, entries."1234": no queue .*otra'),
    "an empty look-up": (
        "[[prompt]]",
        '[[lookup]]\nname = "socios"\nentries = {}\n[[prompt]]',
        r"socios, entries: is empty",
    ),
    "a look-up nobody uses": (
        "[[prompt]]",
        '[[lookup]]\nname = "socios"\nentries = { 1 = {} }\n[[prompt]]',
        r"socios, name: no menu looks anything up here",
    ),
    "a caller by both": ('prefix = "+44"', 'prefix = "+44"\nnumber = "600"', r"600, prefix: write either"),
    "00 instead of +": ('prefix = "+44"', 'prefix = "0044"', r'0044, prefix: write \+ .*"\+44"'),
    "a caller twice": (
        'number = "withheld"',
        'number = "+34600111222"',
        r"\+34600111222 is written twice",
    ),
    "blocked, and served": (
        "blocked = true",
        'blocked = true\nqueue = "ventas"',
        r"withheld, number: is blocked, so queue is never asked",
    ),
    "a caller with two ways": (
        'prefix = "+44"',
        'prefix = "+44"\nqueue = "ventas"\nmenu = "noche"',
        r"\+44, prefix: has a queue and a menu",
    ),
    "a caller to no menu": ('prefix = "+44"', 'prefix = "+44"\nmenu = "central"', r"\+44, menu: no menu is called"),
    "a caller whom nobody can serve": (
        'segment = "vip"\n\n[[caller]]',
        'segment = "vip"\nqueue = "soporte"\nneeds = { chino = 1 }\n\n[[caller]]',
        r"\[\[caller\]\] Taller, needs: no agent of queue soporte has chino at level 1",
    ),
    "called back by no queue": ('"1" = "queue:ventas"', '"1" = "callback:otra"', r'keys."1": no queue .*otra'),
    "called back by whom": ('"1" = "queue:ventas"', '"1" = "callback"', r'keys."1": .*such as "callback:ventas"'),
    "a message nobody spoke": (
        '"1" = "queue:ventas"',
        '"1" = "queue:ventas", "3" = "message:horario"',
        r'principal, keys."3": prompt "horario" cannot be heard in Spanish',
    ),
    "a menu nobody hears": (
        'on_closed = "menu:noche"',
        'on_closed = "voicemail"',
        r"noche, name: no line, caller",
    ),
    "a dead end": ('"0" = "queue:guardia"', '"0" = "menu:noche"', r"noche, keys: a dead end"),
    "a loop of menus without a key": (
        '"0" = "queue:guardia" }',
        '"0" = "queue:guardia" }\non_timeout = "menu:principal"',
        r"principal, on_closed: .*loop: menu principal \(on_closed\) → menu noche \(on_timeout\) → menu principal",
    ),
    "a loop of a menu and a queue": (
        'agents = ["luis"]\n',
        'agents = ["luis"]\non_max_wait = "menu:principal"\n',
        r"loop: soporte \(on_max_wait\) → menu principal \(on_timeout\) → soporte",
    ),
    "open only when nobody comes": (
        'days = "mon-sun", open = "20:00", close = "23:00"',
        'days = "mon-thu", open = "10:00", close = "18:00"',
        r"\[\[queue\]\] guardia, hours: callers come here only when noches is closed",
    ),
    "hours of nobody": ('hours = "noches"\n', "", r"\[\[hours\]\] noches, name: nothing has these hours"),
    "words in one language only": (
        ', en = "For sales, press one." }',
        " }",
        r"principal, say: has no words in English",
    ),
    "a prompt that does not exist": ('["su_numero"]', '["su_nombre"]', r"cliente, prompts: .*su_nombre"),
}


def test_the_office_with_menus_is_let_through(tmp_path: Path) -> None:
    check(with_menus(tmp_path), BOARD, MODELS, prompts=PROMPTS)


@pytest.mark.parametrize("case", CASES)
def test_what_breaks_a_rule_is_refused(case: str, tmp_path: Path) -> None:
    old, new, expected = CASES[case]
    with pytest.raises(ConfigurationError) as refused:
        check(with_menus(tmp_path, (old, new)), BOARD, MODELS, prompts=PROMPTS)
    _, *problems = str(refused.value).split("\n  - ")
    assert [problem for problem in problems if re.search(expected, problem)], str(refused.value)
    assert all(problem.endswith(".") for problem in problems), "a problem ends with what to do, a sentence"
    assert len(problems) <= 2, f"one thing is wrong, and perhaps what depends on it: {problems}"


IN_VAIN = (
    "closed, and never closed",
    "an entry that cannot be keyed in",
    "an empty look-up",
    "a look-up nobody uses",
    "a caller twice",
    "blocked, and served",
    "a menu nobody hears",
    "a dead end",
    "open only when nobody comes",
    "hours of nobody",
)


@pytest.mark.parametrize("case", IN_VAIN)
def test_what_is_in_vain_keeps_no_process_from_starting(case: str, tmp_path: Path) -> None:
    """After an update a file that was good must go on taking calls."""
    old, new, _ = CASES[case]
    assert decision_problems(with_menus(tmp_path, (old, new))) == []


def test_a_menu_that_leads_on_only_when_it_is_closed_is_a_dead_end(tmp_path: Path) -> None:
    changes = (
        ('keys = { "1" = "queue:ventas", "2" = "menu:cliente", "9" = "menu:principal" }', 'keys = { "9" = "hang_up" }'),
        ('on_timeout = "queue:soporte"\n', ""),
        ('on_closed = "menu:noche"', 'on_closed = "voicemail"'),
    )
    with pytest.raises(ConfigurationError, match="principal, keys: a dead end"):
        check(with_menus(tmp_path, *changes), BOARD, MODELS, prompts=PROMPTS)


def test_a_recording_of_the_office_is_as_good_as_words(tmp_path: Path) -> None:
    change = ('["su_numero"]', '["grabado"]')
    for language in ("es", "en"):
        with pytest.raises(ConfigurationError, match="grabado"):
            check(with_menus(tmp_path, change), BOARD, MODELS, prompts=PROMPTS)
        (tmp_path / "data" / "prompts" / language).mkdir(parents=True)
        (tmp_path / "data" / "prompts" / language / "grabado.wav").touch()
    check(with_menus(tmp_path, change), BOARD, MODELS, prompts=PROMPTS)


def test_prompts_of_queues_exist_too(tmp_path: Path) -> None:
    changes = (('title = "Soporte"', 'title = "Soporte"\ngreeting = "hola"\nmessages = ["oferta", "closed"]'),)
    with pytest.raises(ConfigurationError) as refused:
        check(office(tmp_path, *changes), BOARD, MODELS, prompts=PROMPTS)
    assert '[[queue]] soporte, greeting: prompt "hola" cannot be heard in Spanish' in str(refused.value)
    assert '[[queue]] soporte, messages: prompt "oferta" cannot be heard in Spanish' in str(refused.value)
    check(office(tmp_path, *changes), BOARD, MODELS)  # where nobody knows which prompts there are


def test_a_prompt_need_not_be_in_a_language_in_which_nobody_hears_it(tmp_path: Path) -> None:
    """Without the callers of +44 and the key for English nobody hears English before the queue."""
    changes = (
        (', en = "For sales, press one." }', " }"),
        (', en = "Key in your customer number." }', " }"),
        ('languages = { "9" = "en" }\n', ""),
        ('language = "en"\n', ""),
    )
    check(with_menus(tmp_path, *changes), BOARD, MODELS, prompts=PROMPTS)


def test_a_number_is_dialled_on_a_line_that_can(tmp_path: Path) -> None:
    key = ('"1" = "queue:ventas"', '"1" = "queue:ventas", "3" = "number:+34911222333", "4" = "callback:ventas"')
    check(with_menus(tmp_path, key), BOARD, MODELS, prompts=PROMPTS)
    only_in = [
        (f'name = "{name}"\ndriver', f'name = "{name}"\nmode = "in"\ndriver') for name in ("movil1", "fijo", "operador")
    ]
    with pytest.raises(ConfigurationError) as refused:
        check(with_menus(tmp_path, key, *only_in, ('mode = "out"', 'mode = "in"\nqueue = "ventas"')), BOARD, MODELS)
    assert str(refused.value).count("no line can dial out") == 2


def test_hours_of_another_time_zone_may_be_open_at_any_minute(tmp_path: Path) -> None:
    noches = 'name = "noches"\n'
    elsewhere = (noches, noches + 'time_zone = "America/Bogota"\n')
    day = ('days = "mon-sun", open = "20:00", close = "23:00"', 'days = "mon-thu", open = "10:00", close = "18:00"')
    check(with_menus(tmp_path, elsewhere, day), BOARD, MODELS, prompts=PROMPTS)


def test_who_waits_may_come_when_it_has_closed(tmp_path: Path) -> None:
    """ventas closes at 18:30; whoever came by then may wait five minutes, and come to a queue that opens at 18:33."""
    changes = (
        ('on_full = "queue:soporte"', 'on_full = "queue:soporte"\non_max_wait = "queue:guardia"'),
        ('on_closed = "menu:noche"', 'on_closed = "voicemail"'),
        ('[[menu]]\nname = "noche"\nprompts = ["closed"]\nkeys = { "0" = "queue:guardia" }\n', ""),
        ('days = "mon-sun", open = "20:00"', 'days = "mon-fri", open = "18:33"'),
    )
    check(with_menus(tmp_path, *changes), BOARD, MODELS, prompts=PROMPTS)
    late = ('open = "18:33"', 'open = "18:50"')
    with pytest.raises(ConfigurationError, match="guardia, hours: callers come here only when"):
        check(with_menus(tmp_path, *changes, late), BOARD, MODELS, prompts=PROMPTS)


def test_on_a_holiday_of_one_another_may_be_open(tmp_path: Path) -> None:
    """2026-12-25 is a Friday: the menu is closed, and the queue it leads to then is open by day."""
    day = ('days = "mon-sun", open = "20:00", close = "23:00"', 'days = "fri", open = "10:00", close = "18:00"')
    check(with_menus(tmp_path, day), BOARD, MODELS, prompts=PROMPTS)


def test_everything_is_in_the_plan(tmp_path: Path) -> None:
    plan = build_plan(with_menus(tmp_path, ("did = {", 'language = "en"\ndid = { "+34910000009" = "menu:noche",')))
    principal, cliente = plan.menus["principal"], plan.menus["cliente"]
    assert [name.partition(".")[0] for name in principal.prompts + cliente.prompts] == ["menu", "su_numero"]
    assert [str(to) for to in principal.keys.values()] == ["queue:ventas", "menu:cliente", "menu:principal"]
    assert (principal.key_languages, principal.hours, str(principal.on_closed)) == ({"9": "en"}, "diario", "menu:noche")
    assert (cliente.min_digits, cliente.max_digits, cliente.lookup) == (4, 6, "clientes")
    assert (principal.timeout_ms, principal.digit_timeout_ms, principal.retries) == (5_000, 3_000, 2)
    entry = plan.lookups["clientes"]["1234"]
    assert (str(entry.to), entry.name, entry.priority) == ("queue:soporte", "Taller Pérez", 2)
    assert plan.lookups["clientes"]["123456"].to is None
    assert {number: who.priority for number, who in plan.callers.items()} == {"+34600111222": 2, "withheld": 0}
    assert plan.caller_prefixes["+44"].language == "en" and plan.callers["withheld"].blocked
    line = next(line for line in plan.lines if line.name == "operador")
    assert (line.did_menus, list(line.did), line.language) == ({"+34910000009": "noche"}, ["+34910000002"], "en")
    assert (plan.lines[0].menu, plan.lines[0].queue, plan.language) == ("principal", None, "es")
    assert (plan.country_code, plan.national_digits, plan.abroad) == ("34", 9, "00")


def test_callers_with_a_way_of_their_own_hear_nothing_elsewhere(tmp_path: Path) -> None:
    """Who speaks English goes straight to ventas: the menus need no English words for them."""
    changes = (
        (', en = "For sales, press one." }', " }"),
        (', en = "Key in your customer number." }', " }"),
        ('languages = { "9" = "en" }\n', ""),
        ('language = "en"\n', 'language = "en"\nqueue = "ventas"\n'),
    )
    check(with_menus(tmp_path, *changes), BOARD, MODELS, prompts=PROMPTS)


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("112", "112 is an emergency number"),
        ("091", "091 is an emergency number"),
        ("+34910000002", r"\+34910000002 is this box's own \(line operador\)"),
        ("910000002", r"910000002 is this box's own \(line operador\)"),
        ("0034600000001", r"0034600000001 is this box's own \(line movil1\)"),
    ],
)
@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('"1" = "queue:ventas"', '"1" = "{}"', r'\[\[menu\]\] principal, keys."1": '),
        ('to = "queue:soporte"', 'to = "{}"', r"\[\[menu\]\] cliente, lookup: "),
        ('on_full = "queue:soporte"', 'on_full = "{}"', r"\[\[queue\]\] ventas, on_full: "),
    ],
)
def test_nobody_is_sent_back_to_the_box_over_the_network(
    number: str, problem: str, old: str, new: str, where: str, tmp_path: Path
) -> None:
    own = ('name = "movil1"\n', 'name = "movil1"\nnumber = "+34600000001"\n')
    with pytest.raises(ConfigurationError, match=where + problem):
        changes = (own, (old, new.format(f"number:{number}")))
        check(with_menus(tmp_path, *changes), BOARD, MODELS, prompts=PROMPTS)


def test_the_plan_names_prompts_by_their_words(tmp_path: Path) -> None:
    """So a plan that is in force goes on with its own words while the file says others."""
    everywhere = (
        ('title = "Soporte"', 'title = "Soporte"\ngreeting = "su_numero"\nmessages = ["su_numero", "closed"]'),
        ('on_full = "queue:soporte"', 'on_full = "message:su_numero"\nexit_keys = { "5" = "message:su_numero" }'),
        ('"0" = "queue:guardia"', '"0" = "message:su_numero"'),
        ('to = "queue:soporte"', 'to = "message:su_numero"'),
    )

    def names(*changes: tuple[str, str]) -> list[str]:
        plan = build_plan(with_menus(tmp_path, *everywhere, *changes))
        queues = {str(queue.name): queue for queue in plan.queues}
        ventas, soporte, to = queues["ventas"], queues["soporte"], plan.lookups["clientes"]["1234"].to
        assert soporte.messages[1] == "closed" and to is not None
        assert str(to) == "message:su_numero", "as the file says"
        said = [ventas.on_full, ventas.exit_keys["5"], plan.menus["noche"].keys["0"], to]
        return [
            *plan.menus["principal"].prompts,
            *(one.prompt for one in said),
            *plan.menus["cliente"].prompts,
            soporte.greeting,
            soporte.messages[0],
        ]

    before, same = names(), names()
    assert before == same and len(set(before[1:])) == 1
    after = names(("Marque su número", "Teclee su número"))
    assert after[0] == before[0] and not set(after[1:]) & set(before[1:])
    assert names(("For sales, press one.", "For sales, one."))[0] != before[0]
