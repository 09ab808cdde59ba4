"""Each rule of the configuration refuses what breaks it, naming the table, the key and what to do; and nothing else."""

import re
from pathlib import Path

import pytest

from appliance.configuration import rules
from appliance.configuration.board import board_of
from appliance.configuration.file import ConfigurationError, read_configuration
from appliance.configuration.rules import check
from hw.boards import BOARDS_DIR, load_board
from tests.configuration.offices import office, office_text

BOARD = load_board("laptop")
MODELS = {"sim7600", "usr5637"}
LUIS = 'full_name = "Luis Gil"\nnumber = "12"\nstation = "mesa2"'
MESA2 = 'contact = "sip:201@127.0.70.20:5070"'
SOPORTE = 'title = "Soporte"\nagents = ["luis"]'
VENTAS = 'agents = ["ana", "luis"]'
MOVILES = 'prefix = "+346"\nline = "movil1"'

CASES = {
    "time zone of the box": (
        'name = "oficina"',
        'name = "oficina"\ntime_zone = "Mars/Olympus"',
        r"\[box\] time_zone: .*Mars.* IANA",
    ),
    "agent's station": (
        'station = "mesa2"',
        'station = "mesa9"',
        r"\[\[agent\]\] luis, station: .*mesa9.*one of: mesa1, puerto1",
    ),
    "auto login needs a station": (
        LUIS,
        'full_name = "Luis"\nnumber = "12"',
        r"luis, station: auto_login needs a station",
    ),
    "two log in at one desk": (
        'station = "mesa2"',
        'station = "mesa1"',
        r"luis, station: ana logs in on mesa1 by itself too",
    ),
    "queue's agents": (
        'agents = ["luis"]',
        'agents = ["luis", "eva"]',
        r"\[\[queue\]\] soporte, agents: .*eva.*ana, luis",
    ),
    "queue without agents": ('agents = ["luis"]', "agents = []", r"soporte, agents: is empty.*Name at least one"),
    "agent twice in a queue": (
        'agents = ["luis"]',
        'agents = ["luis", "luis"]',
        r'soporte, agents: names "luis" more than once',
    ),
    "tier of a stranger": (
        VENTAS,
        VENTAS + "\ntiers = { eva = 2 }",
        r"ventas, tiers: no agent of the queue .*eva.*ana, luis",
    ),
    "nobody in the first tier": (
        SOPORTE,
        SOPORTE + "\ntiers = { luis = 2 }",
        r"soporte, tiers: nobody is in tier 1.*Leave somebody out",
    ),
    "tiers in the wrong order": (
        VENTAS,
        VENTAS + "\ntiers = { luis = 3 }\ntier_after_s = [30, 10]",
        r"ventas, tier_after_s: a later tier would join before .*rising order",
    ),
    "a time for an empty tier": (
        VENTAS,
        VENTAS + "\ntiers = { luis = 2 }\ntier_after_s = [10, 30]",
        r"ventas, tier_after_s: has a time for tier 3, and nobody is in it",
    ),
    "weight of a stranger": (
        VENTAS,
        VENTAS + '\nstrategy = "weighted_random"\nweights = { eva = 2 }',
        r"ventas, weights: no agent of the queue .*eva",
    ),
    "weights that nothing draws with": (
        VENTAS,
        VENTAS + "\nweights = { ana = 2 }",
        r'ventas, weights: only strategy = "weighted_random" draws',
    ),
    "a progression longer than a ring": (
        VENTAS,
        VENTAS + '\nstrategy = "ring_progressively"\nring_timeout_s = 5\nring_more_s = 5',
        r"ventas, ring_more_s: a ring ends after 5 s .*less than that",
    ),
    "a skill nobody has": (
        VENTAS,
        VENTAS + "\nneeds = { ingles = 3 }",
        r"ventas, needs: no agent of queue ventas has ingles at level 3.*needs_relax_s",
    ),
    "a key that leads to no queue": (
        VENTAS,
        VENTAS + '\nexit_keys = { "1" = "voicemail", "2" = "queue:averias" }',
        r'ventas, exit_keys."2": no queue is called "averias"',
    ),
    "a key back into the same queue": (
        VENTAS,
        VENTAS + '\nexit_keys = { "1" = "queue:ventas" }',
        r'ventas, exit_keys."1": leads back into the same queue',
    ),
    "a relaxation of no time": (
        VENTAS,
        VENTAS + "\nneeds = { ingles = 1 }\nneeds_relax_s = 0.0004",
        r"ventas, needs_relax_s: less than a second",
    ),
    "nothing to relax": (VENTAS, VENTAS + "\nneeds_relax_s = 10", r"ventas, needs_relax_s: no skill is needed"),
    "a line that needs a skill nobody has": (
        'queue = "soporte"',
        'queue = "soporte"\nneeds = { ingles = 1 }',
        r"\[\[line\]\] fijo, needs: no agent of queue soporte has ingles at level 1",
    ),
    "line's queue": ('queue = "soporte"', 'queue = "averias"', r"\[\[line\]\] fijo, queue: .*averias.*ventas, soporte"),
    "did's queue": ('02" = "soporte"', '02" = "averias"', r"operador, did.\"\+34910000002\": .*averias"),
    "did's number": ('"+34910000002"', '"ventas"', r'operador, did: "ventas" is no telephone number'),
    "line that leads nowhere": (
        'queue = "soporte"',
        "",
        r"fijo, queue: calls come in .* nowhere to go.*mode = \"out\"",
    ),
    "overflow's queue": ("queue:soporte", "queue:averias", r"ventas, on_full: .*averias.*one of: ventas, soporte"),
    "overflow loop of two": (
        SOPORTE,
        SOPORTE + '\non_max_wait = "queue:ventas"',
        r"loop: ventas \(on_full\) → soporte \(on_max_wait\) → ventas\. Change one",
    ),
    "overflow to itself": ("queue:soporte", "queue:ventas", r"loop: ventas \(on_full\) → ventas"),
    "hours' name": (
        'hours = "diario"',
        'hours = "noche"',
        r"ventas, hours: no hours table is called \"noche\".*diario",
    ),
    "hours' time zone": (
        'name = "diario"',
        'name = "diario"\ntime_zone = "Europe"',
        r"\[\[hours\]\] diario, time_zone: ",
    ),
    "hours' days": ("mon-fri", "lun-vie", r'diario, days: "lun" is no weekday.*mon, tue'),
    "hours that end before they begin": ("18:30", "08:00", r"diario, close: 09:00 to 08:00 ends before .*two spans"),
    "holiday that does not exist": ("2026-12-25", "2026-02-30", r"diario, holidays: 2026-02-30 is no day"),
    "line's name twice": ('name = "fijo"', 'name = "movil1"', r'\[\[line\]\] name = "movil1" is written 2 times'),
    "station's name twice": (
        "[[agent]]",
        '[[station]]\nname = "mesa1"\nkind = "sip"\nextension = "109"\npassword = "secreto"\n[[agent]]',
        r'\[\[station\]\] name = "mesa1" is written 2 times',
    ),
    "extension twice": (
        'extension = "201"',
        'extension = "101"',
        r'\[\[station\]\] extension = "101" is written 2 times',
    ),
    "agent's name twice": (
        "[[hours]]",
        '[[agent]]\nname = "ana"\nfull_name = "Ana"\nnumber = "19"\n[[hours]]',
        r'\[\[agent\]\] name = "ana" is written 2 times',
    ),
    "agent's number twice": ('number = "12"', 'number = "11"', r'\[\[agent\]\] number = "11" is written 2 times'),
    "queue's name twice": (
        "[[tariff]]",
        '[[queue]]\nname = "ventas"\ntitle = "V"\nagents = ["ana"]\n[[tariff]]',
        r'\[\[queue\]\] name = "ventas" is written 2 times',
    ),
    "emergency number": (
        'extension = "201"',
        'extension = "112"',
        r"mesa2, extension: 112 is an emergency number in ES",
    ),
    "emergency number of the country": (
        'extension = "201"',
        'extension = "061"',
        r"mesa2, extension: 061 is an emergency",
    ),
    "tariff's name twice": (
        'name = "moviles"',
        'name = "entrantes"',
        r'\[\[tariff\]\] name = "entrantes" is written 2',
    ),
    "tariff's line": ('line = "movil1"', 'line = "movil7"', r"moviles, line: .*movil7.*movil1, fijo, operador"),
    "tariff's project": (
        'project = "tienda"\nconnect',
        'project = "tiendas"\nconnect',
        r"entrantes, project: .*tiendas.*: tienda",
    ),
    "two tariffs for the same calls": (
        f'direction = "out"\n{MOVILES}',
        'direction = "in"\nproject = "tienda"',
        r"moviles, prefix: entrantes already rates the same calls",
    ),
    "a prefix written in two ways": (
        "[[tariff]]",
        '[[tariff]]\nname = "otra"\ndirection = "out"\nprefix = "00346"\nline = "movil1"\n[[tariff]]',
        r"moviles, prefix: otra already rates the same calls",
    ),
    "listen": ("[[line]]", '[sip]\nlisten = "0.0.0.0"\n\n[[line]]', r"\[sip\] listen: .*0\.0\.0\.0"),
    "inside": ("[[line]]", '[sip]\ninside = "10.0.0.1"\n\n[[line]]', r"\[sip\] inside: .*no loopback"),
    "realm": ("[[line]]", '[sip]\nrealm = "a\\"b"\n\n[[line]]', r"\[sip\] realm: .*no domain name"),
    "two listeners on a port": (
        "[[line]]",
        "[sip]\nswitch_port = 5060\n\n[[line]]",
        r"\[sip\] switch_port: 127.0.0.1:5060 is already used by \[sip\] port",
    ),
    "trunk's address": ("127.0.70.9", "carrier.example", r'operador, address: "carrier.example" is no IPv4 address'),
    "trunk's address missing": ('address = "127.0.70.9"', "", r'operador, address: "" is no IPv4 address'),
    "trunks that cannot be told apart": (
        '"127.0.70.8"',
        '"127.0.70.9"',
        r"reserva, address: .*operador too.*address_port",
    ),
    "address of a modem": (
        'model = "usr5637"',
        'model = "usr5637"\naddress = "127.0.0.1"',
        r"fijo, address: only a line",
    ),
    "phone without password": ('password = "un secreto"', "", r"mesa1, password: the phone needs one"),
    "short password": ("un secreto", "abc", r"mesa1, password: is shorter than 6"),
    "password that is the extension": (
        'extension = "101"\npassword = "un secreto"',
        'extension = "101101"\npassword = "101101"',
        r"mesa1, password: is the extension itself",
    ),
    "contact": ("sip:201@127.0.70.20:5070", "sip:201@desk.local", r"mesa2, contact: .*no fixed contact.*sip:201@192"),
    "contact's port": ("127.0.70.20:5070", "127.0.70.20:99999", r"mesa2, contact: .*no fixed contact"),
    "modem's port missing": ('port = "@port3"', "", r"fijo, port: is missing"),
    "modem's model missing": ('model = "usr5637"', "", r"fijo, model: is missing"),
    "modem's model": ("usr5637", "zoom", r'fijo, model: no modem model is called "zoom".*sim7600, usr5637'),
    "sound port of an FXO modem": (
        'port = "@port3"',
        'port = "@port3"\naudio_port = "@port3"',
        r"fijo, audio_port: an FXO",
    ),
    "modem named twice": (
        'model = "sim7600"',
        'model = "sim7600"\nimei = "861234050000017"',
        r"movil1, imei: the modem is named by `port` already",
    ),
    "sound port of a modem that is looked for": (
        'port = "@port1"',
        'usb = "1-1.3"',
        r"movil1, audio_port: is found with the modem",
    ),
    "IMEI": ('port = "@port1"\naudio_port = "@port2"', 'imei = "8612"', r"movil1, imei: is not 15 digits"),
    "USB socket": (
        'port = "@port1"\naudio_port = "@port2"',
        'usb = "ttyUSB2"',
        r"movil1, usb: is no USB socket.*1-1\.3",
    ),
    "IMEI of an FXO modem": (
        'port = "@port3"',
        'port = "@port3"\nimei = "861234050000017"',
        r"fijo, imei: an FXO modem has none",
    ),
    "two lines with a modem": (
        'port = "@port1"\naudio_port = "@port2"',
        'usb = "1-1.3"\nqueue = "ventas"\n[[line]]\nname = "m2"\ndriver = "gsm"\nmodel = "sim7600"\nusb = "1-1.3"',
        r"m2, usb: 1-1\.3 is the modem of line movil1 too",
    ),
    "second caller of a trunk": (
        'mode = "out"',
        'mode = "out"\nsecond_caller = "kept"',
        r"reserva, second_caller: only",
    ),
    "balance of a trunk": (
        'mode = "out"',
        'mode = "out"\nbalance_code = "*111#"',
        r"reserva, balance_code: only a GSM modem",
    ),
    "code of a balance": (
        'model = "sim7600"',
        'model = "sim7600"\nbalance_code = "saldo"',
        r"movil1, balance_code: saldo is no USSD code.*\*111#",
    ),
    "level of a trunk": ('mode = "out"', 'mode = "out"\nlevel_in_db = 3', r"reserva, level_in_db: a SIP trunk's"),
    "SIM's PIN": ('model = "sim7600"', 'model = "sim7600"\npin = "12"', r"movil1, pin: .*4 to 8 digits"),
    "port of a trunk": ('mode = "out"', 'mode = "out"\nport = "/dev/ttyUSB0"', r"reserva, port: a SIP trunk has none"),
    "two lines on a port": ('"@port3"', '"@port1"', r"fijo, port: .*port1 is the port of line movil1 too"),
    "sound port that is another line's": (
        '"@port3"',
        '"@port2"',
        r"fijo, port: .*port2 is the port of line movil1 too",
    ),
    "port that does not exist": ('"@port3"', '"@gone"', r"fijo, port: .*gone does not exist.*Plug the modem in"),
    "handset port the board has not": (
        "board_port = 2",
        "board_port = 3",
        r"puerto2, board_port: .*no handset port 3.*: 1, 2",
    ),
    "handset port missing": ("board_port = 2", "", r"puerto2, board_port: is missing.*ports are: 1, 2"),
    "handset port twice": (
        "board_port = 2",
        "board_port = 1",
        r"puerto2, board_port: .*the one of station puerto1 too",
    ),
    "handset port of a SIP phone": (
        'password = "un secreto"',
        'password = "un secreto"\nboard_port = 1',
        r"mesa1, board_port: a SIP",
    ),
    "password of a handset port": (
        "board_port = 2",
        'board_port = 2\npassword = "secreto"',
        r"puerto2, password: a handset port",
    ),
    "TLS without a certificate": (
        "[[line]]",
        "[sip]\ntls_port = 5099\n\n[[line]]",
        r"\[sip\] tls_port: .*has no cert.pem and no key.pem",
    ),
    "run_dir too long for sockets": ('"@run"', '"/run/' + "x" * 90 + '"', r"\[box\] run_dir: is longer than 80 bytes"),
    "relative data_dir": ('"@data"', '"data"', r'\[box\] data_dir: "data" is no plain absolute path'),
    "data_dir that is a file": ('"@data"', '"@port1"', r"\[box\] data_dir: .*cannot be written"),
}


def test_the_good_office_is_let_through(tmp_path: Path) -> None:
    check(office(tmp_path), BOARD, MODELS)


def test_a_modem_that_is_a_sound_card_need_not_be_there(tmp_path: Path) -> None:
    check(office(tmp_path, ('audio_port = "@port2"', 'audio_port = "alsa:plughw:CARD=Android"')), BOARD, MODELS)


@pytest.mark.parametrize("case", CASES)
def test_one_broken_rule_is_one_problem(case: str, tmp_path: Path) -> None:
    old, new, expected = CASES[case]
    with pytest.raises(ConfigurationError) as refused:
        check(office(tmp_path, (old, new)), BOARD, MODELS)
    heading, *problems = str(refused.value).splitlines()
    assert heading == "1 problem in the configuration:", str(refused.value)
    assert re.search(expected, problems[0]), problems[0]
    assert problems[0].endswith("."), "a problem ends with what to do, a sentence"


def test_the_example_file_is_good() -> None:
    example = read_configuration(Path(rules.__file__).with_name("office.toml"))
    models = {path.stem for path in (BOARDS_DIR.parent / "modems").glob("*.toml")}
    check(example, board_of(example), models, on_this_machine=False)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    changes = (('station = "mesa2"', 'station = "mesa9"'), ("127.0.70.9", "carrier"), ('"@port3"', '"@gone"'))
    with pytest.raises(ConfigurationError) as refused:
        check(office(tmp_path, *changes), BOARD, MODELS)
    assert str(refused.value).startswith("3 problems in the configuration:\n  - [[agent]] luis")


def test_a_port_by_another_name_is_the_same_port(tmp_path: Path) -> None:
    broken = office(tmp_path, ('"@port3"', '"@link"'))
    (tmp_path / "link").symlink_to(tmp_path / "port1")
    with pytest.raises(ConfigurationError, match=r"link is the port of line movil1 too"):
        check(broken, BOARD, MODELS)


def test_an_unplugged_modem_does_not_stop_a_service(tmp_path: Path) -> None:
    check(office(tmp_path, ('"@port3"', '"@gone"')), BOARD, MODELS, on_this_machine=False)


def test_two_carriers_may_share_an_address_by_port(tmp_path: Path) -> None:
    changes = (('"127.0.70.9"', '"127.0.70.8"\naddress_port = 5080'),)
    check(office(tmp_path, *changes), BOARD, MODELS)


def test_a_long_loop_is_told_once_with_its_path(tmp_path: Path) -> None:
    night = '[[queue]]\nname = "noche"\ntitle = "Noche"\nagents = ["ana"]\non_closed = "queue:ventas"\n'
    changes = ((SOPORTE, SOPORTE + '\non_max_wait = "queue:noche"'), ("[[tariff]]", night + "[[tariff]]"))
    with pytest.raises(ConfigurationError) as refused:
        check(office(tmp_path, *changes), BOARD, MODELS)
    assert str(refused.value).count("loop:") == 1
    assert "ventas (on_full) → soporte (on_max_wait) → noche (on_closed) → ventas" in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('number = "11"', 'numbr = "11"', r"unknown key `numbr` in \[agent\[\d\]\]"),
        ('extension = "101"', 'extension = "*45"', r"station\[\d\].extension: "),
        ('name = "ana"', 'name = "Ana Ruiz"', r"agent\[\d\].name: "),
        ('mode = "out"', 'mode = "sideways"', r"line\[\d\].mode: "),
        ("[[tariff]]", "[[tariff", "not valid TOML"),
    ],
)
def test_the_shape_refuses_by_file_and_key(old: str, new: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "office.toml"
    path.write_text(office_text(tmp_path, (old, new)))
    with pytest.raises(ConfigurationError, match=expected) as refused:
        read_configuration(path)
    assert str(path) in str(refused.value)


def test_what_a_line_and_its_queues_need_together_somebody_must_have(tmp_path: Path) -> None:
    """ana speaks English, and luis alone knows the machines of `soporte`, to which `ventas` overflows."""
    skills = (
        ('number = "11"', 'number = "11"\nskills = { ingles = 4 }'),
        ('number = "12"', 'number = "12"\nskills = { maquinas = 2 }'),
        (SOPORTE, SOPORTE + "\nneeds = { maquinas = 2 }"),
    )
    check(office(tmp_path, *skills), BOARD, MODELS)
    with pytest.raises(ConfigurationError) as refused:
        check(
            office(tmp_path, *skills, ('queue = "ventas"\n', 'queue = "ventas"\nneeds = { ingles = 3 }\n')),
            BOARD,
            MODELS,
        )
    assert "1 problem" in str(refused.value)
    assert "movil1, needs: no agent of queue soporte has ingles at level 3, maquinas at level 2" in str(refused.value)
