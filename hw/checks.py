"""What of the hardware works, found out by lightly trying it: for the installer, before or beside a running box."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import alsaaudio
import serial
from gpiozero import LED, DigitalInputDevice, Factory

from hw.boards import Board, BoardError, HandsetWiring
from hw.card_sound import SoundFailed, open_pcm
from hw.panel import real_pins

AT_ANSWER_S = 1.0
RUNNING_BOX = "If the box is running, it is using it: that is well. Else find the other program with fuser -v."


@dataclass(frozen=True)
class Finding:
    """One part and whether it works: `sentence` says what was found, `what_to_do` is "" when it works."""

    part: str
    ok: bool
    sentence: str
    what_to_do: str = ""


def check_hardware(
    board: Board,
    serial_ports: Mapping[str, str],
    pin_factory: Factory | None = None,
    pins_in_use: Collection[int] = frozenset(),
) -> list[Finding]:
    """Try the modems' ports, the handsets' sound cards and the board's pins.

    `serial_ports` is line name -> path of its AT port. `pin_factory` None takes the machine's own pins, or none for a
    board with mock pins; `pins_in_use` are the running box's, which are not tried. Takes at most a second or so
    for each modem that is silent; changes nothing.
    """
    findings = [_check_port(line, Path(port)) for line, port in serial_ports.items()]
    findings += [_check_card(port) for port in board.handset_port]
    if pin_factory is None and board.pin_factory == "mock":
        findings.append(Finding("pins", True, "this board's pins are simulated."))
        return findings
    try:
        pins = pin_factory if pin_factory is not None else real_pins()
    except BoardError as error:
        findings.append(Finding("pins", False, f"{error}", "Check the board in [box] of the configuration."))
        return findings
    try:
        findings += _check_pins(board, pins, pins_in_use)
    finally:
        if pin_factory is None:
            pins.close()
    return findings


def _check_port(line: str, port: Path) -> Finding:
    part = f"line {line}"
    if not port.exists():
        return Finding(
            part, False, f"{port} does not exist.", "Plug the modem in; ls /dev/serial/by-id shows what is there."
        )
    if not os.access(port, os.R_OK | os.W_OK):
        return Finding(part, False, f"{port} may not be used by this user.", "Add the user to the group dialout.")
    try:
        with serial.Serial(str(port), 115_200, timeout=0.1, write_timeout=AT_ANSWER_S, exclusive=True) as tty:
            heard = _ask_at(tty)
    except (serial.SerialException, OSError) as error:
        if "lock" in str(error).lower() or "busy" in str(error).lower():
            return Finding(part, False, f"{port} is in use.", RUNNING_BOX)
        return Finding(part, False, f"{port} cannot be used: {error}.", "Unplug the modem and plug it in again.")
    if b"OK" in heard:
        return Finding(part, True, f"a modem answers at {port}.")
    if heard:
        return Finding(part, False, f"{port} speaks, but not AT: {heard[:40]!r}.", "This may be another port of it.")
    return Finding(
        part, False, f"nobody answers at {port}.", "Modems have several ports: try the next, or reset the modem."
    )


def _ask_at(tty: serial.Serial) -> bytes:
    """What comes back for `AT`, within AT_ANSWER_S."""
    tty.reset_input_buffer()
    tty.write(b"\rAT\r")
    heard = b""
    for _ in range(round(AT_ANSWER_S / 0.1)):
        heard += bytes(tty.read(256))
        if b"OK\r" in heard:
            break
    return heard


def _check_card(port: HandsetWiring) -> Finding:
    part = f"handset port {port.number}"
    try:
        for device, playback in ((port.alsa_capture, False), (port.alsa_playback, True)):
            pcm = open_pcm(device, playback=playback)
            pcm.drop()
            pcm.close()
    except (SoundFailed, alsaaudio.ALSAAudioError) as error:
        what_to_do = "Plug its sound card in; arecord -L and aplay -L list the names there are (hw/wiring.md)."
        if "busy" in str(error).lower():
            what_to_do = RUNNING_BOX
        return Finding(part, False, f"{error}.", what_to_do)
    return Finding(part, True, f"sound card {port.alsa_capture} takes 8 kHz both ways.")


def _check_pins(board: Board, pins: Factory, in_use: Collection[int]) -> Iterator[Finding]:
    for use in board.pin_uses():
        part = f"{use.kind} of handset port {use.line.rpartition(':')[2]}" if use.cable != "panel" else use.key
        if use.pin in in_use:
            yield Finding(part, True, f"pin {use.pin} is the running box's.")
        elif use.is_output:
            yield _check_output(part, use.pin, pins)
        else:
            active = "lifted" if use.kind == "hook" else "pressed"
            yield _check_input(part, use.pin, use.active_low, pins, active)


def _check_input(part: str, pin: int, active_low: bool, pins: Factory, active: str) -> Finding:
    try:
        with DigitalInputDevice(pin, pull_up=active_low, pin_factory=pins) as device:
            now = active if device.is_active else f"not {active}"
    except Exception as error:  # lgpio has an error of its own, which cannot be named where it is not installed
        return Finding(part, False, f"pin {pin} cannot be used: {error}.", RUNNING_BOX)
    return Finding(part, True, f"pin {pin} is {now} now.")


def _check_output(part: str, pin: int, pins: Factory) -> Finding:
    """Claims the pin without lighting it: nothing rings or blinks because somebody checks."""
    try:
        with LED(pin, pin_factory=pins):
            pass
    except Exception as error:  # lgpio has an error of its own, which cannot be named where it is not installed
        return Finding(part, False, f"pin {pin} cannot be used: {error}.", RUNNING_BOX)
    return Finding(part, True, f"pin {pin} is free.")
