"""Turns the contracts of a proved configuration into what billing charges by."""

from appliance.billing.contracts import Contract, Contracts, PerCall, PerProject, PerResult, Tax
from appliance.billing.tariffs import RateTable
from appliance.configuration import file, file_contracts
from appliance.daemon.plan_builder import rate_of, valid_ms
from appliance.daemon.plan_times import hours_plan

PPM_A_PERCENT = 10_000
MINUTE_S = 60


def build_contracts(configuration: file.Configuration) -> Contracts:
    """The contracts of the file, compiled. Raises ContractError when two are in force together, and TariffError when
    two rates of one cover the same calls."""
    return Contracts(_contract(contract, configuration) for contract in configuration.contract)


def _contract(contract: file_contracts.Contract, configuration: file.Configuration) -> Contract:
    box = configuration.box
    valid_from_ms, valid_to_ms = valid_ms(contract.valid_from, contract.valid_to, box.time_zone)
    calendars = {hours.name: hours_plan(hours, box) for hours in configuration.hours}
    rates = tuple(rate_of(rate, box) for rate in contract.minute)
    return Contract(
        name=contract.name,
        version=contract.version,
        client=contract.client,
        currency=box.currency,
        project=contract.project,
        valid_from_ms=valid_from_ms,
        valid_to_ms=valid_to_ms,
        set_up_micros=contract.set_up_micros,
        minimum_micros=contract.minimum_micros,
        tax=_tax(contract, None),
        calls=tuple(
            PerCall(
                clause.name,
                clause.price_micros,
                _tax(contract, clause),
                clause.counted,
                clause.direction,
                clause.queues,
                clause.dispositions,
            )
            for clause in contract.call
        ),
        minutes=RateTable(rates, box.currency, calendars) if rates else None,
        projects=tuple(
            PerProject(
                clause.name,
                clause.fee_micros,
                _tax(contract, clause),
                clause.project,
                clause.included_calls,
                clause.extra_call_micros,
                clause.included_minutes * MINUTE_S,
                clause.extra_minute_micros,
                clause.increment_s,
            )
            for clause in contract.month
        ),
        results=tuple(
            PerResult(clause.name, clause.price_micros, clause.dispositions, _tax(contract, clause), clause.charged)
            for clause in contract.result
        ),
    )


def _tax(
    contract: file_contracts.Contract,
    clause: file_contracts.CallClause | file_contracts.MonthClause | file_contracts.ResultClause | None,
) -> Tax:
    """The clause's own, else the contract's."""
    if clause is not None and clause.tax is not None and clause.tax_percent is not None:
        return Tax(clause.tax, round(clause.tax_percent * PPM_A_PERCENT))
    return Tax(contract.tax, round(contract.tax_percent * PPM_A_PERCENT))
