"""The rules of contracts: the clients, projects and queues they name exist, and what they charge is said once."""

from collections.abc import Iterator

from appliance.configuration.file import Configuration
from appliance.configuration.file_contracts import Contract
from appliance.configuration.problems import place, repeated, unknown
from appliance.configuration.rules_tariffs import day_problems, rate_problems

MOST_TAX_DECIMALS = 4


def contract_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold. Contracts that are in force together are found when they are
    compiled (`billing.contracts`)."""
    clients = sorted({queue.client for queue in configuration.queue if queue.client})
    yield from repeated("contract", "name and version", (f"{one.name} {one.version}" for one in configuration.contract))
    first: dict[str, Contract] = {}
    for contract in configuration.contract:
        other = first.setdefault(contract.name, contract)
        if (other.client, other.project) != (contract.client, contract.project):
            yield (
                f"{place('contract', contract.name, 'client')}: version {contract.version} is of another client or "
                f"project than version {other.version}. Give it a name of its own."
            )
        if contract.client not in clients:
            where = place("contract", contract.name, "client")
            yield unknown(where, "queue's client", contract.client, clients)
        elif contract.client.startswith("="):
            yield f'{place("contract", contract.name, "client")}: {contract.client} begins with "=". Call it otherwise.'
        yield from _clauses(contract, configuration)
        yield from _taxes(contract)


def _clauses(contract: Contract, configuration: Configuration) -> Iterator[str]:
    of_client = [queue for queue in configuration.queue if queue.client == contract.client]
    projects = sorted({queue.project for queue in of_client if queue.project})
    queues = [queue.name for queue in of_client if contract.project in ("", queue.project)]
    if contract.project and contract.project not in projects:
        where = place("contract", contract.name, "project")
        yield unknown(where, f"project of {contract.client}", contract.project, projects)
    for kind, names in {
        "call": [clause.name for clause in contract.call],
        "month": [clause.name for clause in contract.month],
        "result": [clause.name for clause in contract.result],
    }.items():
        yield from repeated(f"contract.{kind}", "name", names)
    for call in contract.call:
        for queue in call.queues:
            if queue not in queues:
                where = place("contract.call", call.name, "queues")
                yield unknown(where, f"queue of contract {contract.name}", queue, queues)
    for month in contract.month:
        where = place("contract.month", month.name, "project")
        if month.project and contract.project:
            yield f"{where}: contract {contract.name} is of project {contract.project} alone. Remove it."
        elif month.project and month.project not in projects:
            yield unknown(where, f"project of {contract.client}", month.project, projects)
        if not month.fee_micros and not month.extra_call_micros and not month.extra_minute_micros:
            where = place("contract.month", month.name, "fee_micros")
            yield f"{where}: the clause charges nothing. Write a fee, a price for what is extra, or remove it."
    for rate in contract.minute:
        yield from rate_problems(rate, configuration, "contract.minute")
    yield from day_problems("contract", contract.name, contract.valid_from, contract.valid_to)


def _taxes(contract: Contract) -> Iterator[str]:
    taxed = {("contract", contract.name): (contract.tax, contract.tax_percent)}
    clauses = {"call": contract.call, "month": contract.month, "result": contract.result}
    for kind, clause in ((kind, clause) for kind, all_ in clauses.items() for clause in all_):
        if (clause.tax is None) != (clause.tax_percent is None):
            where = place(f"contract.{kind}", clause.name, "tax")
            yield f"{where}: `tax` and `tax_percent` go together. Write both, or neither for the contract's."
        elif clause.tax is not None and clause.tax_percent is not None:
            taxed[f"contract.{kind}", clause.name] = clause.tax, clause.tax_percent
    for (table, name), (tax, percent) in taxed.items():
        where = place(table, name, "tax_percent")
        if percent and not tax:
            yield f'{where}: a tax without a name. Write `tax`, as "IVA".'
        if round(percent, MOST_TAX_DECIMALS) != percent:
            yield f"{where}: {percent} has more than {MOST_TAX_DECIMALS} decimals. Round it."
