"""What the time of agents costs, as configured today."""

from appliance.configuration.file import Configuration


def hourly_micros(configuration: Configuration) -> dict[str, int]:
    """What an hour of each agent costs."""
    box = configuration.box.agent_cost_micros_per_hour
    return {
        agent.name: box if agent.cost_micros_per_hour is None else agent.cost_micros_per_hour
        for agent in configuration.agent
    }
