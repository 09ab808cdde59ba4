"""The sentences of the page of accounts, Spanish beside English."""

from collections.abc import Mapping

ACCOUNTS: Mapping[str, tuple[str, str]] = {
    "accounts.title": ("Cuentas", "Accounts"),
    "accounts.month": ("Este mes hasta ahora", "This month so far"),
    "accounts.note": (
        "Sin impuestos. Las cuotas y mínimos del mes se cargan cuando termina.",
        "Without tax. Fees and minimums of the month are charged when it is over.",
    ),
    "accounts.by.client": ("Cliente", "Client"),
    "accounts.by.project": ("Proyecto", "Project"),
    "accounts.by.queue": ("Cola", "Queue"),
    "accounts.calls": ("Llamadas", "Calls"),
    "accounts.income": ("Ingresos", "Income"),
    "accounts.carriers": ("Operadores", "Carriers"),
    "accounts.agents": ("Agentes", "Agents"),
    "accounts.margin": ("Margen", "Margin"),
    "accounts.total": ("Total", "Total"),
    "accounts.without": ("(sin nombre)", "(no name)"),
    "accounts.none": ("Todavía no hay llamadas este mes.", "There are no calls this month yet."),
    "accounts.statements": ("Extractos", "Statements"),
    "accounts.not_invoice": (
        "Son extractos, no facturas. El archivo JSON se comprueba sin conexión con `centralita bill verify`.",
        "These are statements, not tax invoices. The JSON file is checked offline with `centralita bill verify`.",
    ),
    "accounts.no_statements": (
        "Todavía no se ha hecho ninguno. Se hacen con `centralita bill statement CLIENTE 2026-11`.",
        "None was made yet. They are made with `centralita bill statement CLIENT 2026-11`.",
    ),
    "accounts.month_of": ("Mes", "Month"),
    "accounts.lines": ("Líneas", "Lines"),
    "accounts.payable": ("A pagar", "Payable"),
    "accounts.download": ("Descargar", "Download"),
    "accounts.download_of": (
        "Descargar el extracto de {client}, {month}, en {format}",
        "Download the statement of {client}, {month}, as {format}",
    ),
}
