"""A small office in TOML that holds every rule, and the means to break one thing in it."""

from pathlib import Path

import msgspec

from appliance.configuration.file import Configuration

GOOD = """
[box]
name = "oficina"
data_dir = "@data"
run_dir = "@run"

[[line]]
name = "movil1"
driver = "gsm"
model = "sim7600"
port = "@port1"
audio_port = "@port2"
queue = "ventas"

[[line]]
name = "fijo"
driver = "fxo"
model = "usr5637"
port = "@port3"
queue = "soporte"

[[line]]
name = "operador"
driver = "sip"
address = "127.0.70.9"
did = { "+34910000002" = "soporte" }

[[line]]
name = "reserva"
driver = "sip"
address = "127.0.70.8"
address_port = 5070
mode = "out"

[[station]]
name = "mesa1"
kind = "sip"
extension = "101"
password = "un secreto"

[[station]]
name = "puerto1"
kind = "port"
extension = "301"
board_port = 1

[[station]]
name = "puerto2"
kind = "port"
extension = "302"
board_port = 2

[[station]]
name = "mesa2"
kind = "sip"
extension = "201"
contact = "sip:201@127.0.70.20:5070"

[[agent]]
name = "ana"
full_name = "Ana Ruiz"
number = "11"
station = "mesa1"
auto_login = true

[[agent]]
name = "luis"
full_name = "Luis Gil"
number = "12"
station = "mesa2"
auto_login = true

[[hours]]
name = "diario"
spans = [{ days = "mon-fri", open = "09:00", close = "18:30" }]
holidays = ["2026-12-25"]

[[queue]]
name = "ventas"
title = "Ventas"
agents = ["ana", "luis"]
hours = "diario"
on_full = "queue:soporte"
on_closed = "voicemail"
project = "tienda"

[[queue]]
name = "soporte"
title = "Soporte"
agents = ["luis"]

[[tariff]]
name = "entrantes"
direction = "in"
project = "tienda"
connect_fee_micros = 50000
rate_micros_per_minute = 120000

[[tariff]]
name = "moviles"
direction = "out"
prefix = "+346"
line = "movil1"
"""


def office_text(folder: Path, *changes: tuple[str, str]) -> str:
    """The office in `folder`, with each `old` replaced once by `new`; `@word` names a path in the folder."""
    text = GOOD
    for old, new in changes:
        assert old in text, f"the office has no {old!r} to change"
        text = text.replace(old, new, 1)
    for port in ("port1", "port2", "port3"):
        (folder / port).touch()
    for word in ("data", "run", "port1", "port2", "port3", "gone", "link"):
        text = text.replace(f'"@{word}"', f'"{folder}/{word}"')
    return text


def office(folder: Path, *changes: tuple[str, str]) -> Configuration:
    return msgspec.toml.decode(office_text(folder, *changes), type=Configuration)
