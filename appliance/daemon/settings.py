"""What the ACD process takes from the configuration file: the plan for the decisions, the tariffs and names for the
records."""

from dataclasses import dataclass, field
from pathlib import Path

from appliance.acd.plan import Language, Plan
from appliance.billing.contracts import ContractError
from appliance.billing.limit_terms import Guard, Limit
from appliance.billing.tariffs import TariffError
from appliance.configuration.file import Configuration, ConfigurationError, read_configuration
from appliance.configuration.rules import decision_problems
from appliance.configuration.rules_network import network_problems
from appliance.daemon.contract_builder import build_contracts
from appliance.daemon.limits_builder import build_guard, build_limits
from appliance.daemon.plan_builder import build_plan, rate_table
from appliance.daemon.retention import Keep
from appliance.daemon.store_writes import Office


@dataclass(frozen=True)
class Settings:
    plan: Plan
    office: Office
    language: Language
    """Of the sentences with which commands are refused."""
    data_dir: Path
    run_dir: Path
    configuration: Configuration
    """What the tariffs are compiled from, with the books beside it (`tariff_keeper`)."""
    limits: tuple[Limit, ...] = ()
    guard: Guard = field(default_factory=Guard)
    alert_number: str = ""
    """Who gets a text message of each notice; "": nobody."""

    @property
    def store(self) -> Path:
        return self.data_dir / "centralita.sqlite3"

    @property
    def control_socket(self) -> Path:
        return self.run_dir / "acd.sock"

    @property
    def switch_socket(self) -> Path:
        return self.run_dir / "switch.sock"

    @property
    def journal(self) -> Path:
        return self.run_dir / "journal"


def read_settings(path: Path) -> Settings:
    """The file, proved as far as decisions and records depend on it. Raises ConfigurationError.

    Ports and pins are the switch's: a modem that is not plugged in today must not keep the box from starting.
    """
    configuration = read_configuration(path)
    problems = [*decision_problems(configuration), *network_problems(configuration)]
    if problems:
        raise ConfigurationError("\n  - ".join([f"{path}:", *problems]))
    try:
        rates = rate_table(configuration)
        contracts = build_contracts(configuration)
    except (TariffError, ContractError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    plan = build_plan(configuration)
    return Settings(
        plan=plan,
        office=Office(
            box=plan.box,
            rates=rates,
            targets_ms={queue.name: queue.target_ms for queue in plan.queues},
            has_cloud=bool(configuration.cloud.dsn),
            keep=Keep(
                decisions_days=configuration.box.keep_decisions_days,
                late_decisions_days=configuration.box.keep_late_decisions_days,
                agent_states_days=configuration.box.keep_agent_states_days,
                messages_days=configuration.box.keep_messages_days,
            ),
            time_zone=plan.time_zone,
            country=configuration.box.country,
            emergency=plan.emergency,
            plan=plan,
            contracts=contracts,
        ),
        language=configuration.box.language,
        data_dir=Path(configuration.box.data_dir),
        run_dir=Path(configuration.box.run_dir),
        configuration=configuration,
        limits=build_limits(configuration),
        guard=build_guard(configuration),
        alert_number=configuration.box.alert_number,
    )
