"""`lines` in the terminal: how each line is, what it used of its contract, its calls of a day, its last outages."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.acd.plan import Language
from appliance.acd.view import LineView
from appliance.configuration.file import read_configuration
from appliance.daemon.control_client import CommandRefused, ControlClient, ControlUnavailable
from appliance.daemon.line_history import LineHistory, Outage
from appliance.daemon.queries import StoreMissing, line_histories, open_store
from appliance.terminal import columns, sorry, store_path
from appliance.words import code_text
from appliance.words_details import detail_words

OUTAGES_SHOWN = 5
WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "none": "No hay líneas en la configuración.",
        "header": "LÍNEA|MODO|ESTADO|DESDE|COBERTURA|OPERADOR|MINUTOS|24 H: ENTRAN|SALEN|FALLOS|SIM",
        "outages": "CAÍDAS Y REINICIOS",
        "no_outages": "ninguna desde que se guarda",
        "goes_on": "sigue",
        "switch": "se reinició el conmutador",
    },
    "en": {
        "none": "There are no lines in the configuration.",
        "header": "LINE|MODE|STATE|SINCE|SIGNAL|OPERATOR|MINUTES|24 H: IN|OUT|FAULTS|SIM",
        "outages": "OUTAGES AND RESETS",
        "no_outages": "none since it is kept",
        "goes_on": "goes on",
        "switch": "the switch restarted",
    },
}


def show_lines(config: Path, language: Language | None) -> int:
    """Print every line. 1 when the box does not answer."""
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    try:
        status = ControlClient(Path(configuration.box.run_dir) / "acd.sock").status()
        with open_store(store_path(configuration)) as store:
            known = line_histories(store, status.at_utc_ms)
    except (ControlUnavailable, CommandRefused, StoreMissing) as error:
        return sorry(detail_words(str(error), spoken))
    zone = ZoneInfo(configuration.box.time_zone)
    print("\n".join(lines_told(status.lines, {str(name): one for name, one in known.items()}, zone, spoken)))
    return 0


def lines_told(
    lines: tuple[LineView, ...], known: dict[str, LineHistory], zone: ZoneInfo, language: Language
) -> list[str]:
    words = WORDS[language]
    if not lines:
        return [words["none"]]
    rows = [_row(line, known.get(line.line, LineHistory(line.line)), zone, language) for line in lines]
    told = columns([tuple(words["header"].split("|")), *rows])
    for line in lines:
        if line.detail and line.health != "up":
            told.append(f"{line.line}: {detail_words(line.detail, language)}")
    told.append(f"{words['outages']}:")
    outages = [
        (line.line, *_outage(outage, zone, language))
        for line in lines
        for outage in known.get(line.line, LineHistory(line.line)).outages[:OUTAGES_SHOWN]
    ]
    return told + [f"  {text}" for text in (columns(outages) if outages else [words["no_outages"]])]


def _row(line: LineView, known: LineHistory, zone: ZoneInfo, language: Language) -> tuple[str, ...]:
    used = f"{line.used_ms // 60_000}"
    return (
        line.line,
        code_text("line_mode", line.mode, language),
        code_text("line_health", line.health, language),
        _local(line.since_utc_ms, zone),
        f"{line.signal_percent} %" if line.signal_percent >= 0 else "",
        line.operator,
        f"{used}/{line.included_ms // 60_000}" if line.included_ms else used,
        str(known.calls_in),
        str(known.calls_out),
        ", ".join(f"{code_text('cause', cause, language)} {count}" for cause, count in known.faults.items()) or "0",
        line.sim,
    )


def _outage(outage: Outage, zone: ZoneInfo, language: Language) -> tuple[str, ...]:
    words = WORDS[language]
    seconds = outage.duration_ms // 1000
    lasted = f"{seconds // 60}:{seconds % 60:02}" if outage.over else words["goes_on"]
    return (
        _local(outage.from_utc_ms, zone),
        lasted,
        detail_words(outage.cause, language) if outage.cause else words["switch"],
        outage.sim,
    )


def _local(utc_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(utc_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S") if utc_ms > 0 else ""
