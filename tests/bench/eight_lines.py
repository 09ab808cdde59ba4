"""What eight modem lines that all talk cost the switch, beside calls by SIP.

The real switch process with its real drivers; the modems' twins, the phones and Kamailio are not counted. The lines
hear each other in pairs; what the switch takes with the same lines idle and the same SIP calls up is not counted.
"""

import json
import tempfile
from pathlib import Path

from appliance.acd.effects import AnswerLeg, Connect
from appliance.acd.inputs import LegAnswered, LegOffered, LineChanged
from appliance.demo.sip_records import CarrierBehaviour
from hw.at_modem_sim import AtFaults, AtModemTwin
from hw.at_modem_sim_sound import SoundFaults
from tests.bench.conversation_cpu import add_conversation, busy_percent
from tests.box import settle
from tests.sound import ToneEnd, listen, steady_part
from tests.switch.switch_office import SwitchOffice

LINES = 8
SIP_CALLS = 5
TARGET_PERCENT = 15.0
DRIFT_PPM = 200
JITTER_MS = 10


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    with tempfile.TemporaryDirectory(prefix="centralita-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        twins = [_twin(folder, number) for number in range(LINES)]
        office = SwitchOffice(folder, more="".join(map(_line, twins)))
        try:
            office.start()
            figures, heard = _measure(office, folder, twins)
        finally:
            office.stop()
            for twin in twins:
                twin.close()
    figures["lines_that_heard"] = sum(heard)
    if as_json:
        print(json.dumps(figures))
    print(f"{SIP_CALLS} SIP calls and {LINES} idle lines {figures['without']:.2f} % of a core")
    print(f"{sum(heard)} of {LINES} lines heard another's tone")
    print(f"eight_lines {figures['lines']:.2f} % of a core (target ≤ {TARGET_PERCENT:g})")
    return 0 if all(heard) else 1


def _twin(folder: Path, number: int) -> AtModemTwin:
    drift_ppm = DRIFT_PPM if number % 2 else -DRIFT_PPM
    faults = AtFaults(seed=number, sound=SoundFaults(drift_ppm=drift_ppm, jitter_ms=JITTER_MS))
    twin = AtModemTwin(folder, name=f"gsm{number}", model="sim7600", faults=faults)
    twin.start()
    return twin


def _line(twin: AtModemTwin) -> str:
    name = Path(twin.port).stem
    return (
        f'[[line]]\nname = "{name}"\ndriver = "gsm"\nmodel = "sim7600"\nport = "{twin.port}"\n'
        f'audio_port = "{twin.audio_port}"\n'
    )


def _measure(office: SwitchOffice, folder: Path, twins: list[AtModemTwin]) -> tuple[dict[str, float], list[bool]]:
    acd = office.acd()
    for twin in twins:
        acd.wait(LineChanged, line=Path(twin.port).stem, health="up", timeout_s=30)
    with office.peers(folder, phones=(), record=False) as peers:
        acd.wait(LineChanged, line="trunk", health="up")
        peers.behave("carrier", CarrierBehaviour("7", "answers", after_ms=10))
        for number in range(SIP_CALLS):
            add_conversation(acd, peers, number)
        settle(2)
        without = busy_percent(office)
        ends = [ToneEnd(400 + 100 * number) for number in range(LINES)]
        legs = []
        for number, (twin, end) in enumerate(zip(twins, ends, strict=True)):
            twin.attach_far_end(end)
            mark = acd.mark
            twin.ring(f"60000000{number}")
            leg = acd.wait(LegOffered, since=mark).leg
            acd.do(AnswerLeg(leg))
            acd.wait(LegAnswered, leg=leg)
            legs.append(leg)
        for one, other in zip(legs[::2], legs[1::2], strict=True):
            acd.do(Connect(one, other))
        settle(3)
        talking = busy_percent(office)
    acd.close()
    heard = []
    for number, end in enumerate(ends):
        hz = 400 + 100 * (number ^ 1)
        sound = bytes(end.heard[-4 * 16_000 :])
        found = listen(steady_part(sound, hz), hz)
        heard.append(found.seconds > 1 and abs(found.tone_dbfs + 15) < 4)
    return {"without": without, "lines": talking - without, "a_line": (talking - without) / LINES}, heard
