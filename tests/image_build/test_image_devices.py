"""The product's own drivers in the running image: pins through lgpio, a handset's sound card through pyalsaaudio, a
modem on a serial port through pyserial.

Part of `./centralita test --long image`. Lamps are read and buttons pulled at the kernel's simulated pins, the
handset's other end is the other end of the kernel's sound loop, and behind the serial ports is the modem's twin.
"""

import queue
import re
from collections.abc import Iterator

import pytest

from tests.image_build.conftest import report
from tests.image_build.office_box import (
    HOOK,
    LINE_2_LAMP,
    LOGIN_BUTTON,
    NIGHT_BUTTON,
    NIGHT_LAMP,
    PHONE,
    PORT_LAMP,
    RINGER,
    OfficeBox,
)
from tests.image_build.office_peers import DeskPhone, Ear, carrier_calls
from tests.image_build.test_image_calls import at_phone, last
from tests.image_build.virtual_box import START_S
from tests.sound import ToneEnd, tone_dbfs
from tests.waiting import wait_for

pytestmark = pytest.mark.long

CALLER_HZ, AGENT_HZ, MODEM_HZ, HANDSET_HZ = 440, 600, 700, 500
PERSON = """
import alsaaudio, array, math, sys
said_hz, heard_hz, seconds = map(int, sys.argv[1:])
def pcm(kind):
    return alsaaudio.PCM(kind, device="plughw:CARD=handset1,DEV=1", rate=8000, channels=1,
                         format=alsaaudio.PCM_FORMAT_S16_LE, periodsize=160, periods=16)
mic, ear = pcm(alsaaudio.PCM_PLAYBACK), pcm(alsaaudio.PCM_CAPTURE)
second = array.array("h", (round(4600 * math.sin(2 * math.pi * said_hz * n / 8000)) for n in range(8000))).tobytes()
heard, at = array.array("h"), 0
while len(heard) < 8000 * seconds:
    mic.write(second[at:at + 320])
    at = (at + 320) % 16000
    heard.frombytes(ear.read()[1])
levels = []
for begin in range(0, len(heard) - 799, 800):
    part = heard[begin:begin + 800]
    re = sum(x * math.cos(2 * math.pi * heard_hz * n / 8000) for n, x in enumerate(part)) / 400
    im = sum(x * math.sin(2 * math.pi * heard_hz * n / 8000) for n, x in enumerate(part)) / 400
    levels.append(20 * math.log10(max(math.hypot(re, im) / 2 ** 0.5, 0.01) / 32768))
print(sorted(levels)[-10])
"""
"""Somebody at the handset: says one tone for so long, and how loud the other was (dBFS) in the best second of it, for
an emulated box that others keep from running is not always in time."""


@pytest.fixture
def ear(office: OfficeBox) -> Iterator[Ear]:
    listening = Ear(office.lan)
    yield listening
    listening.close()


def test_a_button_lights_its_lamp_and_a_second_press_puts_it_out(office: OfficeBox) -> None:
    office.wait_active("switch", "acd")
    assert "gpiochip0" in office.box.run("ls /dev")
    office.press(NIGHT_BUTTON)
    wait_for("the lamp of night mode", lambda: office.lit(NIGHT_LAMP) == {"1"}, 60, 0.5)
    office.press(NIGHT_BUTTON)
    wait_for("the lamp to be out", lambda: office.lit(NIGHT_LAMP) == {"0"}, 60, 0.5)


def test_a_modem_on_a_serial_port_rings_and_its_call_is_distributed(office: OfficeBox, ear: Ear) -> None:
    modem, folder = office.modem, office.folder / "modem-call"
    events = queue.SimpleQueue[str]()
    modem.on_event = lambda kind, detail: events.put(kind)
    person = ToneEnd(MODEM_HZ)
    modem.attach_far_end(person)
    wait_for("the line to be up", lambda: office.lit(LINE_2_LAMP, 2) == {"0"}, START_S, 1)
    phone = DeskPhone(office.lan, folder, office.desk, *PHONE, AGENT_HZ)
    try:
        phone.wait_for("200 OK", 60)
        modem.ring("+34600111222")
        rung = office.box.age_s
        phone.wait_for("Call established", 90)
        report("the modem rings → the agent's phone has the call", office.box.age_s - rung, "s")
        wait_for("the lamp of the line in use", lambda: office.lit(LINE_2_LAMP) == {"1"}, 60, 0.5)
        wait_for("the caller's tone at the phone", lambda: last(at_phone(office, ear), MODEM_HZ) > -35, 60, 0.5)
        wait_for("the agent's tone at the caller", lambda: last(bytes(person.heard), AGENT_HZ) > -35, 60, 0.5)
        assert events.get(timeout=1) == "answered"
        modem.far_end_hangs_up()
        phone.wait_for("terminated", 60)
    finally:
        phone.close()
    wait_for("the line's lamp", lambda: office.lit(LINE_2_LAMP, 2) == {"0"}, 60, 1)


def test_a_handset_whose_sound_card_is_plugged_in_later_rings_and_talks(office: OfficeBox, ear: Ear) -> None:
    box, folder = office.box, office.folder / "handset-call"
    office.wait_active("switch", "acd")
    began = box.run("systemctl show -P NRestarts centralita-switch")
    assert "handset1" not in box.run("cat /proc/asound/cards 2>/dev/null")
    box.run("modprobe snd-aloop id=handset1")
    box.run(f"cat > /run/person.py <<'X'\n{PERSON}\nX")
    office.press(LOGIN_BUTTON)
    caller = carrier_calls(office.lan, folder, office.carrier, "910000002", CALLER_HZ, 300)
    try:
        wait_for("the handset's lamp to blink", lambda: office.lit(PORT_LAMP, 2) == {"0", "1"}, 120, 0.5)
        assert "1" in office.lit(RINGER, 6)
        office.pull(HOOK, up=False)
        wait_for("the ringer to be silent", lambda: office.lit(RINGER) == {"0"} and office.lit(PORT_LAMP) == {"0"})
        talk = f"PYTHONPATH=/usr/lib/centralita/python python3 /run/person.py {HANDSET_HZ} {CALLER_HZ} 8"
        heard = box.run(talk, 300)
        level = re.search(r"^-?[\d.]+$", heard, re.MULTILINE)
        assert level, heard
        report("the caller's tone in the handset (-20 dBFS was said)", float(level[0]), "dBFS")
        assert float(level[0]) > -35
        carriers = ear.heard(office.lan.box, office.carrier)
        parts = [carriers[at : at + 16_000] for at in range(0, len(carriers), 16_000)]
        assert max(tone_dbfs(part, HANDSET_HZ) for part in parts) > -35
        office.pull(HOOK, up=True)
        assert caller.wait(60) != 0, "the box hung up, not the caller"
    finally:
        caller.stop()
    assert box.run("systemctl show -P NRestarts centralita-switch") == began
