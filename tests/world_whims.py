"""What people do of their own accord on a simulated day: allowed or not, the ACD takes no harm."""

import random

from appliance.acd.ids import AgentName, LineName, QueueName
from appliance.acd.inputs import (
    AgentLogout,
    AgentPause,
    AskBalance,
    ButtonPressed,
    CallBack,
    EndWrapUp,
    ExtendWrapUp,
    Input,
    SetDisposition,
    TestLine,
)
from tests.world_menus import KNOWN

COSTLY = ("+351211234567", "803111222", "666611122", "911222444")


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
        TestLine(LineName(rng.choice(("gsm1", "gsm2", "fxo1", "trunk"))), a_number(rng), "doctor", rng.random() < 0.3),
        AskBalance(LineName("gsm1"), "jefa"),
    )
    return rng.choices(whims, (6, 6, 6, 6, 1, 1, 1, 1, 2, 2, 1))[0]


def a_number(rng: random.Random) -> str:
    """Often one that calls often; now and then one that may not be dialled everywhere."""
    return rng.choice(("+34600000001", "600000002", f"6{rng.randrange(10**8):08}", rng.choice(COSTLY)))


def a_callers_number(rng: random.Random) -> str:
    """Withheld, known, or what no honest caller shows."""
    number = f"6{rng.randrange(10**8):08}" if rng.random() > 0.05 else rng.choice(("", *COSTLY))
    return rng.choice(KNOWN) if rng.random() < 0.3 else number


def a_dialled_number(rng: random.Random) -> str:
    """A customer's, or an emergency's."""
    return rng.choice(("112", a_number(rng), a_number(rng)))
