"""What people who like a terminal read: the call centre now, the last calls, why a call went where it went.

Words are those of the page, in the language of the box or the one asked for.
"""

import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.acd.plan import Language
from appliance.acd.view import Status
from appliance.billing.charges import money
from appliance.configuration.file import Configuration, read_configuration
from appliance.daemon.control_client import CommandRefused, ControlClient, ControlUnavailable
from appliance.daemon.queries import StoreMissing, calls, open_store, worklist
from appliance.words import code_text
from appliance.words_details import detail_words

WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "calls": "LLAMADAS EN CURSO",
        "agents": "AGENTES",
        "lines": "LÍNEAS",
        "queues": "COLAS",
        "none": "ninguna",
        "waiting": "esperan",
        "ready": "listos",
        "logged_in": "conectados",
        "switch_away": "La centralita de voz no responde: lo que sigue es lo último que se supo.",
        "left_out": "NO ESTÁ EN VIGOR",
        "night": "Modo nocturno activado.",
        "no_calls": "Todavía no hay llamadas terminadas.",
        "worklist": "PENDIENTES DE DEVOLVER",
        "unknown": "No hay ninguna llamada con ese número; `calls` y `status` las enumeran.",
        "charge": "Cargo",
        "header": "LLAMADA|FECHA Y HORA|LÍNEA|LLAMANTE|COLA|AGENTE|ESPERA|CONVERS.|FINAL|CARGO",
    },
    "en": {
        "calls": "CALLS NOW",
        "agents": "AGENTS",
        "lines": "LINES",
        "queues": "QUEUES",
        "none": "none",
        "waiting": "waiting",
        "ready": "ready",
        "logged_in": "logged in",
        "switch_away": "The switch does not answer: what follows is what was last known.",
        "left_out": "NOT IN FORCE",
        "night": "Night mode is on.",
        "no_calls": "No call has ended yet.",
        "worklist": "TO CALL BACK",
        "unknown": "There is no call with that number; `calls` and `status` list them.",
        "charge": "Charge",
        "header": "CALL|DATE AND TIME|LINE|CALLER|QUEUE|AGENT|WAIT|TALK|END|CHARGE",
    },
}


def show_status(config: Path, language: Language | None) -> int:
    """Print callers, agents, lines and queues as they are now. 1 when the box does not answer."""
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    try:
        client = ControlClient(Path(configuration.box.run_dir) / "acd.sock")
        status = client.status()
    except (ControlUnavailable, CommandRefused) as error:
        return sorry(detail_words(str(error), spoken))
    print("\n".join([*status_lines(status, spoken), *_left_out(client, spoken)]))
    return 0


def _left_out(client: ControlClient, language: Language) -> list[str]:
    """What the box goes on without: it would be asked for its calls, and nothing in them tells."""
    try:
        health = client.health()
    except (ControlUnavailable, CommandRefused):
        return []
    refused = [detail_words(health.configuration_error, language)] if health.configuration_error else []
    left_out = [*refused, *health.tariff_books_left_out]
    return [f"{WORDS[language]['left_out']}:", *(f"  ✗ {why}" for why in left_out)] if left_out else []


def status_lines(status: Status, language: Language) -> list[str]:
    """The status as text, a line each."""
    words = WORDS[language]
    lines = [] if status.switch_connected else [words["switch_away"]]
    lines += [words["night"]] if status.night_mode else []
    rows = [
        (
            call.call,
            code_text("call_state", call.state, language),
            ("→ " if call.direction == "out" else "") + (call.caller or "—"),
            call.line,
            call.menu or call.queue or "",
            call.agent or "",
            _clock(call.talk_ms or call.wait_ms),
        )
        for call in status.calls
    ]
    lines += _table(words["calls"], rows, words["none"])
    lines += _table(
        words["queues"],
        [
            (
                queue.title,
                f"{queue.waiting} {words['waiting']}",
                _clock(queue.longest_wait_ms),
                f"{queue.ready} {words['ready']}",
                f"{queue.logged_in} {words['logged_in']}",
            )
            for queue in status.queues
        ],
        words["none"],
    )
    lines += _table(
        words["agents"],
        [
            (
                agent.full_name,
                code_text("agent_state", agent.state, language),
                code_text("pause", agent.reason, language),
                agent.station or "",
                agent.call or "",
                _clock(agent.since_ms),
            )
            for agent in status.agents
        ],
        words["none"],
    )
    lines += _table(
        words["lines"],
        [
            (
                line.line,
                code_text("line_mode", line.mode, language),
                code_text("line_health", line.health, language),
                _percent(line.signal_percent),
                line.operator,
                line.call or "",
                detail_words(line.detail, language),
            )
            for line in status.lines
        ],
        words["none"],
    )
    return lines


def show_calls(config: Path, limit: int, language: Language | None) -> int:
    """Print the last calls that are over, newest last, then the open worklist."""
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    words = WORDS[spoken]
    zone = ZoneInfo(configuration.box.time_zone)
    try:
        store = open_store(store_path(configuration))
    except StoreMissing as error:
        return sorry(detail_words(str(error), spoken))
    rows = [
        (
            call.call,
            local_time(call.offered_at, zone),
            call.line,
            ("→ " if call.direction == "out" else "") + (call.customer or "—"),
            call.queue or "",
            call.agent or "",
            _clock(call.wait_ms),
            _clock(call.talk_ms),
            code_text("end_reason", call.end_reason, spoken),
            f"{money(call.charge_micros)} {call.currency}",
        )
        for call in reversed(calls(store, limit))
    ]
    if not rows:
        print(words["no_calls"])
        return 0
    print("\n".join(columns([tuple(words["header"].split("|")), *rows])))
    pending = [
        (
            item.number,
            item.queue or "",
            code_text("worklist_reason", item.reason, spoken),
            local_time(item.first_at, zone),
            f"{item.attempts}×",
        )
        for item in worklist(store)
    ]
    if pending:
        print("\n".join(_table(words["worklist"], pending, words["none"])))
    return 0


def store_path(configuration: Configuration) -> Path:
    """Where the box keeps its records."""
    return Path(configuration.box.data_dir) / "centralita.sqlite3"


def sorry(text: str) -> int:
    """Say why a command cannot be done; its exit code."""
    print(f"centralita: {text}", file=sys.stderr)
    return 1


def local_time(utc_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(utc_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S") if utc_ms else ""


def _clock(ms: int) -> str:
    seconds = ms // 1000
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def _percent(value: int) -> str:
    return "" if value < 0 else f"{value} %"


def _table(title: str, rows: Sequence[tuple[str, ...]], none: str) -> list[str]:
    return [f"{title}:"] + [f"  {line}" for line in (columns(rows) if rows else [none])]


def columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Left-aligned columns as wide as their content, cut at the terminal's width when there is one."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if not sys.stdout.isatty():
        return lines
    room = shutil.get_terminal_size().columns - 2
    return [line if len(line) <= room else line[: room - 1] + "…" for line in lines]
