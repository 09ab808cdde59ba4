"""The rules between the configuration and the machine under it: serial ports, handset ports, pins and folders."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from appliance.configuration.file import Configuration, Line
from appliance.configuration.problems import place, unknown

RUN_DIR_MAX_BYTES = 80
"""A UNIX socket's path holds 107 bytes; the longest name under run_dir takes 27."""


def modem_problems(configuration: Configuration, models: Collection[str] | None) -> Iterator[str]:
    """Which lines need which keys, and whether each modem model is known (`models` None: not looked at)."""
    for line in configuration.line:
        if line.driver == "sip":
            for key in ("model", "port", "audio_port", "pin"):
                if getattr(line, key):
                    yield f"{place('line', line.name, key)}: a SIP trunk has none. Remove it."
            continue
        if not line.port:
            yield f"{place('line', line.name, 'port')}: is missing. Write the modem's port, such as /dev/ttyUSB0."
        if line.driver == "fxo":
            for key in ("audio_port", "pin"):
                if getattr(line, key):
                    yield f"{place('line', line.name, key)}: an FXO modem has none. Remove it."
        if line.pin and not (line.pin.isdigit() and 4 <= len(line.pin) <= 8):
            yield f"{place('line', line.name, 'pin')}: a SIM's PIN has 4 to 8 digits. Correct it; three misses lock it."
        if line.model is None:
            yield f"{place('line', line.name, 'model')}: is missing. Write the modem's model, a file of hw/modems."
        elif models is not None and line.model not in models:
            yield unknown(place("line", line.name, "model"), "modem model", line.model, sorted(models))
    yield from _ports_shared(configuration)


def port_problems(configuration: Configuration) -> Iterator[str]:
    """Whether the serial ports named in the file exist on this machine now."""
    for line in configuration.line:
        for key, port in _ports(line):
            if not Path(port).exists():
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
        for key, port in _ports(line):
            user = users.setdefault(os.path.realpath(port), line.name)
            if user != line.name:
                yield f"{place('line', line.name, key)}: {port} is the port of line {user} too. Give each its own."
