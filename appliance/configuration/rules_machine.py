"""The rules between the configuration and the machine under it: serial ports, handset ports, pins and folders."""

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from appliance.configuration.file import Configuration, Line, Station
from appliance.configuration.problems import place, unknown
from hw.boards import Board

_IMEI = re.compile(r"^[0-9]{15}$")
_USB = re.compile(r"^[0-9]+-[0-9]+(\.[0-9]+)*$")
SOUND_CARD = "alsa:"
"""Begins an `audio_port` that is a sound card, which comes and goes with its modem, and no tty."""
RUN_DIR_MAX_BYTES = 80
"""A UNIX socket's path holds 107 bytes; the longest name under run_dir takes 27."""


def modem_problems(configuration: Configuration, models: Collection[str] | None) -> Iterator[str]:
    """Which lines need which keys, and whether each modem model is known (`models` None: not looked at)."""
    for line in configuration.line:
        if line.second_caller != "busy" and line.driver != "gsm":
            yield f"{place('line', line.name, 'second_caller')}: only a GSM modem has a second caller. Remove it."
        if line.driver == "sip":
            for key in ("model", "port", "audio_port", "imei", "usb", "pin"):
                if getattr(line, key):
                    yield f"{place('line', line.name, key)}: a SIP trunk has none. Remove it."
            for key in ("level_in_db", "level_out_db"):
                if getattr(line, key):
                    yield f"{place('line', line.name, key)}: a SIP trunk's level is the carrier's. Remove it."
            continue
        yield from _whereabouts(line)
        if line.driver == "fxo":
            for key in ("audio_port", "imei", "usb", "pin"):
                if getattr(line, key):
                    yield f"{place('line', line.name, key)}: an FXO modem has none. Remove it."
        if line.pin and not (line.pin.isdigit() and 4 <= len(line.pin) <= 8):
            yield f"{place('line', line.name, 'pin')}: a SIM's PIN has 4 to 8 digits. Correct it; three misses lock it."
        if line.model is None:
            yield f"{place('line', line.name, 'model')}: is missing. Write the modem's model, a file of hw/modems."
        elif models is not None and line.model not in models:
            yield unknown(place("line", line.name, "model"), "modem model", line.model, sorted(models))
    yield from _ports_shared(configuration)


def _whereabouts(line: Line) -> Iterator[str]:
    """Whether a modem is named in one way, and in that way well."""
    named = [key for key in ("port", "imei", "usb") if getattr(line, key)]
    if not named or (line.driver == "fxo" and not line.port):
        or_else = "" if line.driver == "fxo" else ", or its `imei` or `usb` socket (`./centralita check` shows them)"
        yield f"{place('line', line.name, 'port')}: is missing. Write the modem's port, such as /dev/ttyUSB0{or_else}."
    if len(named) > 1 and line.driver == "gsm":
        yield f"{place('line', line.name, named[1])}: the modem is named by `{named[0]}` already. Remove one of them."
    looked_for = not line.port and not line.audio_port.startswith(SOUND_CARD)
    if line.audio_port and looked_for and line.driver == "gsm":
        yield f"{place('line', line.name, 'audio_port')}: is found with the modem. Remove it, or name both ports."
    if line.imei and not _IMEI.match(line.imei):
        yield f"{place('line', line.name, 'imei')}: is not 15 digits. Correct it; *#06# and the modem's label show it."
    if line.usb and not _USB.match(line.usb):
        yield f"{place('line', line.name, 'usb')}: is no USB socket. Write one such as 1-1.3."


def board_problems(configuration: Configuration, board: Board) -> Iterator[str]:
    """Whether the board has the handset ports the file names, each used once.

    That no pin of the board has two users is the board's own promise (`board.board_of`).
    """
    numbers = [str(port.number) for port in board.handset_port]
    users: dict[int, str] = {}
    for station in configuration.station:
        yield from _handset_port(station, numbers, users)


def _handset_port(station: Station, numbers: list[str], users: dict[int, str]) -> Iterator[str]:
    where = place("station", station.name, "board_port")
    ports = f"Its ports are: {', '.join(numbers)}" if numbers else "It has none"
    if station.kind == "sip":
        if station.board_port:
            yield f'{where}: a SIP phone has none. Remove it, or use kind = "port".'
    elif station.board_port == 0:
        yield f"{where}: is missing. Write the number of the handset port on the board. {ports}."
    elif str(station.board_port) not in numbers:
        yield f"{where}: the board has no handset port {station.board_port}. {ports}."
    elif users.setdefault(station.board_port, station.name) != station.name:
        yield (
            f"{where}: handset port {station.board_port} is the one of station {users[station.board_port]} too. "
            "Give each station its own port."
        )


def port_problems(configuration: Configuration) -> Iterator[str]:
    """Whether the serial ports named in the file exist on this machine now."""
    for line in configuration.line:
        for key, port in _ports(line):
            if not port.startswith(SOUND_CARD) and not Path(port).exists():
                yield (
                    f"{place('line', line.name, key)}: {port} does not exist. "
                    "Plug the modem in, or correct the path (ls /dev/serial/by-id shows what is there)."
                )


def folder_problems(configuration: Configuration) -> Iterator[str]:
    """Whether this process can write where the box keeps its data, and whether sockets fit under run_dir."""
    for key, text in (("data_dir", configuration.box.data_dir), ("run_dir", configuration.box.run_dir)):
        path = Path(text)
        if not path.is_absolute() or any(not character.isprintable() or character in "\"'!`$\\" for character in text):
            yield f'[box] {key}: "{text}" is no plain absolute path. Write one such as /var/lib/centralita.'
            continue
        existing = next(folder for folder in (path, *path.parents) if folder.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            yield (
                f"[box] {key}: {text} cannot be written by this user ({existing} refuses). "
                "Correct the path, or give this user the right to write there."
            )
    backups, data = configuration.backup.folder, configuration.box.data_dir
    if backups and not Path(backups).is_absolute():
        yield f'[backup] folder: "{backups}" is no absolute path. Write one such as /media/centralita.'
    elif backups and Path(backups).is_relative_to(data):
        yield f"[backup] folder: {backups} is in data_dir, which backups are of. Name another disk's folder."
    certificates = Path(configuration.box.data_dir) / "tls"
    missing = [name for name in ("cert.pem", "key.pem") if not (certificates / name).is_file()]
    if configuration.sip.tls_port and missing:
        yield f"[sip] tls_port: {certificates} has no {' and no '.join(missing)}. Put them there, or remove `tls_port`."
    if len(configuration.box.run_dir.encode()) > RUN_DIR_MAX_BYTES:
        yield f"[box] run_dir: is longer than {RUN_DIR_MAX_BYTES} bytes, too long for sockets. Write a shorter path."


def _ports(line: Line) -> Iterator[tuple[str, str]]:
    if line.driver == "sip":
        return
    if line.port:
        yield "port", line.port
    if line.audio_port and line.audio_port != line.port:
        yield "audio_port", line.audio_port


def _ports_shared(configuration: Configuration) -> Iterator[str]:
    """Two keys that are one device, be it through different symbolic links."""
    users: dict[str, str] = {}
    for line in configuration.line:
        for key in ("imei", "usb"):
            value = getattr(line, key)
            user = users.setdefault(f"{key} {value}", line.name) if value else line.name
            if user != line.name:
                yield f"{place('line', line.name, key)}: {value} is the modem of line {user} too. Give each its own."
    for line in configuration.line:
        for key, port in _ports(line):
            user = users.setdefault(os.path.realpath(port), line.name)
            if user != line.name:
                yield f"{place('line', line.name, key)}: {port} is the port of line {user} too. Give each its own."
