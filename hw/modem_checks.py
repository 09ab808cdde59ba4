"""Which modems are plugged in and who they say they are: for the installer, who names a line's modem by it."""

import re
import time
from collections.abc import Iterator

import serial

from hw import at_answers
from hw.checks import RUNNING_BOX, Finding
from hw.modem_profiles import GsmProfile, profile_names, read_profile
from hw.usb_modems import UsbModem, UsbTree

ANSWER_S = 1.0
MAX_ANSWER_BYTES = 4096
_END = re.compile(rb"(^|[\r\n])(OK|ERROR|\+CM[ES] ERROR: ?\d+)\r")


def check_modems(tree: UsbTree | None = None) -> list[Finding]:
    """One finding for each GSM modem on USB that there is a profile of. Takes some seconds for one that is silent."""
    profiles = [profile for name in profile_names() if isinstance(profile := read_profile(name), GsmProfile)]
    found = []
    for device in (tree or UsbTree()).devices():
        found += [_check(device, one) for one in profiles if one.usb == device.usb][:1]
    return found


def _check(device: UsbModem, profile: GsmProfile) -> Finding:
    part = f"modem in USB socket {device.path}"
    port = device.tty(profile.at_interface)
    if not port:
        return Finding(part, False, f"a {profile.title} without its interface {profile.at_interface}.", "Replug it.")
    try:
        with serial.Serial(port, 115_200, timeout=0.05, write_timeout=ANSWER_S, exclusive=True) as tty:
            answers = list(
                _ask(tty, ["ATE1", "ATI", "AT+CGSN", *([profile.iccid_query] if profile.iccid_query else [])])
            )
    except (serial.SerialException, OSError) as error:
        if "lock" in str(error).lower() or "busy" in str(error).lower():
            return Finding(part, True, f"a {profile.title} at {port}, in use. {RUNNING_BOX}")
        return Finding(
            part, False, f"{port} cannot be used: {error}.", "Add the user to the group dialout, or replug it."
        )
    if not answers[0]:
        return Finding(
            part, False, f"a {profile.title} at {port} does not answer.", "Wait until it started, or replug it."
        )
    imei = at_answers.imei((*answers[2], *answers[1]))
    iccid = at_answers.iccid(answers[3]) if len(answers) > 3 else ""
    says = " ".join(line for line in answers[1] if line != "OK" and not line.startswith("AT"))[:120]
    sim = f"SIM {iccid}" if iccid else "no SIM that answers"
    name = f'imei = "{imei}" or usb = "{device.path}"' if imei else f'usb = "{device.path}"'
    return Finding(
        part, True, f"a {profile.title} ({says or 'it says no more'}), {sim}. Name it in its line by {name}."
    )


def _ask(tty: serial.Serial, commands: list[str]) -> Iterator[tuple[str, ...]]:
    """The lines that came after each command, none when it was not answered in time."""
    tty.reset_input_buffer()
    for command in commands:
        tty.write(command.encode() + b"\r")
        heard = b""
        deadline = time.monotonic() + ANSWER_S
        while time.monotonic() < deadline and len(heard) < MAX_ANSWER_BYTES and not _END.search(heard):
            heard += bytes(tty.read(256))
        lines = heard.decode("latin-1").replace("\r", "\n").split("\n")
        answered = _END.search(heard) is not None
        yield tuple(line.strip() for line in lines if line.strip()) if answered else ()
        if not answered and command == commands[0]:
            return  # it says nothing at all
