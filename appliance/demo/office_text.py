"""The words of the demo's configuration file: lines, desks, people, queues and tariffs of one small office."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Addresses:
    """Where everything listens: loopback only. Two offices on one machine need two of these."""

    listen: str = "127.0.0.1"
    sip_port: int = 5060
    inside: str = "127.0.0.1"
    inside_port: int = 5061
    switch_port: int = 5062
    events_port: int = 8448
    rtp_from_port: int = 20_000
    web_port: int = 8080
    carrier: str = "127.0.0.20"
    phones: str = "127.0.0.30"

    @staticmethod
    def of_network(network: int, web_port: int = 8080) -> "Addresses":
        """Everything in 127.0.<network>.0/24, on the usual ports."""
        box = f"127.0.{network}.1"
        return Addresses(
            box, inside=box, carrier=f"127.0.{network}.20", phones=f"127.0.{network}.30", web_port=web_port
        )


@dataclass(frozen=True)
class Pace:
    """How patient the office's queues are. The demo's is an office one can watch; a test's is a hurried one."""

    ring_timeout_s: float = 15
    retry_s: float = 2
    wrap_up_s: float = 8
    missed_rings_limit: int = 2
    max_wait_s: float = 75
    max_length: int = 6
    reception_max_length: int = 4
    target_s: float = 20
    short_abandon_s: float = 5
    announce_position_every_s: float = 20
    offer_callback_after_s: float = 30


HURRIED = Pace(
    ring_timeout_s=6,
    retry_s=0.5,
    wrap_up_s=0.3,
    missed_rings_limit=100,
    max_wait_s=5,
    max_length=6,
    reception_max_length=2,
    target_s=2,
    short_abandon_s=2,
    announce_position_every_s=0,
    offer_callback_after_s=0,
)


def office_text(directory: Path, addresses: Addresses, pace: Pace) -> str:
    """The TOML of the demo's office, everything of it under `directory`."""
    parts = (_box(directory, addresses), _lines(directory, addresses), _DESKS, _queues(pace), _TARIFFS)
    return "\n".join(part.strip() + "\n" for part in parts)


def _box(directory: Path, addresses: Addresses) -> str:
    return f"""
# Written by the demo at each start: changes are lost. An office to copy is appliance/configuration/office.toml.
[box]
name = "oficina"
board = "laptop"
data_dir = "{directory}/data"
run_dir = "{directory}/run"

[sip]
listen = "{addresses.listen}"
port = {addresses.sip_port}
inside = "{addresses.inside}"
inside_port = {addresses.inside_port}
switch_port = {addresses.switch_port}
events_port = {addresses.events_port}
rtp_from_port = {addresses.rtp_from_port}

[web]
listen = "{addresses.listen}"
port = {addresses.web_port}
"""


def _lines(directory: Path, addresses: Addresses) -> str:
    return f"""
[[line]]
name = "gsm1"
driver = "gsm"
model = "sim7600"
port = "{directory}/tty/gsm1.at"
audio_port = "{directory}/tty/gsm1.audio"
number = "+34600000001"
queue = "ventas"

[[line]]
name = "gsm2"
driver = "gsm"
model = "ec25"
port = "{directory}/tty/gsm2.at"
audio_port = "{directory}/tty/gsm2.audio"
number = "+34600000002"
queue = "soporte"

[[line]]
name = "fijo1"
driver = "fxo"
model = "usr5637"
port = "{directory}/tty/fijo1"
number = "+34910000009"
queue = "recepcion"

[[line]]
name = "troncal"
driver = "sip"
address = "{addresses.carrier}"
number = "+34910000001"
queue = "ventas"
did = {{ "910000001" = "ventas", "910000002" = "soporte", "910000003" = "recepcion" }}
"""


_DESKS = """
[[station]]
name = "mesa1"
kind = "port"
extension = "101"
board_port = 1

[[station]]
name = "mesa2"
kind = "port"
extension = "102"
board_port = 2

[[station]]
name = "mesa3"
kind = "sip"
extension = "201"
password = "el-telefono-de-carmen"

[[station]]
name = "mesa4"
kind = "sip"
extension = "202"
password = "el-telefono-de-javier"

[[agent]]
name = "ana"
full_name = "Ana Ruiz Molina"
number = "11"
station = "mesa1"
auto_login = true

[[agent]]
name = "luis"
full_name = "Luis Gil Peña"
number = "12"
station = "mesa2"
auto_login = true

[[agent]]
name = "carmen"
full_name = "Carmen Ibáñez Soto"
number = "13"
station = "mesa3"
auto_login = true

[[agent]]
name = "javier"
full_name = "Javier Núñez Lara"
number = "14"
station = "mesa4"
auto_login = true
"""


def _queues(pace: Pace) -> str:
    common = f"""
ring_timeout_s = {pace.ring_timeout_s}
retry_s = {pace.retry_s}
wrap_up_s = {pace.wrap_up_s}
missed_rings_limit = {pace.missed_rings_limit}
max_wait_s = {pace.max_wait_s}
target_s = {pace.target_s}
short_abandon_s = {pace.short_abandon_s}
announce_position_every_s = {pace.announce_position_every_s}
"""
    return f"""
[[queue]]
name = "ventas"
title = "Ventas"
agents = ["ana", "luis", "carmen"]
strategy = "longest_idle"
max_length = {pace.max_length}
on_full = "queue:soporte"
on_max_wait = "queue:soporte"
exit_keys = {{ "1" = "callback" }}
callback = {{ first = "agent", offer_after_s = {pace.offer_callback_after_s} }}
resume_s = 60
project = "tienda"
client = "azulejos-robledo"
{common.strip()}

[[queue]]
name = "soporte"
title = "Soporte técnico"
agents = ["javier", "carmen", "luis"]
strategy = "linear"
max_length = {pace.max_length}
on_full = "voicemail"
on_max_wait = "voicemail"
project = "averias"
client = "azulejos-robledo"
{common.strip()}

[[queue]]
name = "recepcion"
title = "Recepción"
agents = ["ana", "luis", "carmen", "javier"]
strategy = "ring_all"
max_length = {pace.reception_max_length}
on_full = "hang_up"
on_max_wait = "voicemail"
{common.strip()}
"""


_TARIFFS = """
[[tariff]]
name = "tienda-por-minuto"
direction = "in"
project = "tienda"
connect_fee_micros = 50_000
rate_micros_per_minute = 120_000
first_increment_s = 60
next_increment_s = 1

[[tariff]]
name = "averias-por-segundo"
direction = "in"
project = "averias"
connect_fee_micros = 80_000
rate_micros_per_minute = 210_000
first_increment_s = 1
next_increment_s = 1

[[tariff]]
name = "general"
direction = "in"
connect_fee_micros = 30_000
rate_micros_per_minute = 60_000
first_increment_s = 30
next_increment_s = 6

[[contract]]
name = "robledo"
client = "azulejos-robledo"
tax = "IVA"
tax_percent = 21
minimum_micros = 20_000_000

[[contract.call]]
name = "atendida"
price_micros = 900_000

[[contract.minute]]
name = "conversacion"
direction = "in"
rate_micros_per_minute = 250_000
first_increment_s = 30
next_increment_s = 1

[[contract.month]]
name = "tienda"
project = "tienda"
fee_micros = 45_000_000
included_calls = 100
extra_call_micros = 100_000
"""
