"""What people do of their own accord on a simulated day: allowed or not, the ACD takes no harm."""

import random

from appliance.acd.ids import AgentName, QueueName
from appliance.acd.inputs import (
    AgentLogout,
    AgentPause,
    ButtonPressed,
    CallBack,
    EndWrapUp,
    ExtendWrapUp,
    Input,
    SetDisposition,
)


def whim(rng: random.Random, agent: AgentName, queues: list[QueueName]) -> Input:
    """Of an agent, or of somebody who wants a number called."""
    whims: tuple[Input, ...] = (
        AgentPause(agent, "cafe"),
        EndWrapUp(agent),
        SetDisposition(agent, "venta"),
        ExtendWrapUp(agent),
        AgentLogout(agent),
        ButtonPressed(f"login:s{agent[1:]}"),
        ButtonPressed("night_mode"),
        CallBack(a_number(rng), "jefa", None, agent),
        CallBack(a_number(rng), "jefa", rng.choice(queues)),
    )
    return rng.choices(whims, (6, 6, 6, 6, 1, 1, 1, 1, 2))[0]


def a_number(rng: random.Random) -> str:
    """Often one that calls often."""
    return rng.choice(("+34600000001", "600000002", f"6{rng.randrange(10**8):08}"))


def a_dialled_number(rng: random.Random) -> str:
    """A customer's, or an emergency's."""
    return rng.choice(("112", a_number(rng), a_number(rng)))
