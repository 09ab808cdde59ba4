"""The sentences of the page of lines, Spanish beside English."""

from collections.abc import Mapping

LINES: Mapping[str, tuple[str, str]] = {
    "lines.page": ("Líneas", "Lines"),
    "lines.announce": ("{n} líneas sin servicio", "{n} lines without service"),
    "lines.since": ("desde {time}", "since {time}"),
    "lines.fact.mode": ("Modo", "Mode"),
    "lines.fact.signal": ("Cobertura", "Signal"),
    "lines.fact.operator": ("Operador", "Operator"),
    "lines.fact.sim": ("SIM (ICCID)", "SIM (ICCID)"),
    "lines.fact.minutes": ("Minutos usados", "Minutes used"),
    "lines.minutes_of": ("{used} de {all}", "{used} of {all}"),
    "lines.minutes_since": ("desde el {day}", "since {day}"),
    "lines.fact.balance": ("Saldo", "Balance"),
    "lines.ask_balance": ("Preguntar", "Ask"),
    "lines.ask_balance_of": ("Preguntar el saldo de la línea {line}", "Ask for the balance of line {line}"),
    "lines.fact.calls": ("Llamadas en 24 h", "Calls in 24 h"),
    "lines.calls": (
        "{came} entrantes, {made} salientes ({reached} atendidas)",
        "{came} in, {made} out ({reached} answered)",
    ),
    "lines.fact.faults": ("Fallos en 24 h", "Faults in 24 h"),
    "lines.no_faults": ("Ninguno", "None"),
    "lines.outages": ("Caídas y reinicios", "Outages and resets"),
    "lines.no_outages": ("Ninguna desde que se guarda.", "None since it is kept."),
    "lines.goes_on": ("sigue", "goes on"),
    "lines.switch_restarted": ("Se reinició el conmutador.", "The switch restarted."),
    "lines.events": ("Todo lo que ha dicho", "All it has said"),
    "lines.left_out": ("y {n} avisos más, demasiado seguidos", "and {n} more, too close together"),
    "notice.line_degraded": (
        "La línea {line} tiene problemas desde las {time}.",
        "Line {line} has had trouble since {time}.",
    ),
    "backup.failed": (
        "La copia de seguridad automática no se ha podido hacer. {problem} Última buena: {last}.",
        "The automatic backup could not be made. {problem} Last good one: {last}.",
    ),
    "backup.overdue": (
        "Hace demasiado que no hay copia de seguridad automática. Última buena: {last}. En la centralita: "
        "systemctl status centralita-backup.timer",
        "There has been no automatic backup for too long. Last good one: {last}. On the box: "
        "systemctl status centralita-backup.timer",
    ),
    "backup.never": ("ninguna", "none"),
    "backup.key_unseen": (
        "Nadie tiene en papel la clave que abre las copias de seguridad. En la centralita: "
        "sudo ./centralita backup key",
        "Nobody has the key that opens the backups on paper. On the box: sudo ./centralita backup key",
    ),
    "notice.line_down": ("La línea {line} no funciona desde las {time}.", "Line {line} has been down since {time}."),
}
