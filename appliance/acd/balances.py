"""What is left on a line's account: somebody asks, the network is asked by its code (USSD), its answer is kept to show.

One question a line at a time; each has a limit; an answer to no question is ignored.
"""

from appliance.acd import line_choice
from appliance.acd.ids import LineName
from appliance.acd.inputs import AskBalance
from appliance.acd.line_state import Balance
from appliance.acd.message_effects import AskNetwork
from appliance.acd.message_inputs import NetworkAnswered
from appliance.acd.state import State
from appliance.acd.turn import Turn

LIMIT_MS = 45_000
"""The modem gives the network 30 s, after whatever it is busy with."""
MAX_TEXT = 200
"""Of an answer: TS 23.038 has 182 characters."""


def why_not(state: State, command: AskBalance) -> str:
    """The code of a refusal; "" when it can be asked."""
    line = state.lines.get(command.line)
    if line is None:
        return "unknown_line"
    if not line.plan.balance_code:
        return "no_balance_code"
    if line.balance is not None and line.balance.state == "asking":
        return "balance_is_asked"
    if not line_choice.is_up(line):
        return "line_cannot_ask"
    busy = any(leg.line == command.line for leg in state.legs.values())
    return "line_has_call" if busy else ""


def ask(turn: Turn, command: AskBalance) -> None:
    line = turn.state.lines[command.line]
    number = line.balance.number + 1 if line.balance is not None else 1
    line.balance = Balance(number, line.plan.balance_code, command.by, turn.now_ms)
    turn.switch.append(AskNetwork(command.line, line.plan.balance_code))
    turn.deadlines.set("balance", command.line, turn.now_ms + LIMIT_MS)
    turn.touched_lines[command.line] = None


def answered(turn: Turn, what: NetworkAnswered) -> None:
    """The network's answer, or why there is none."""
    balance = _asked(turn, what.line)
    if balance is None or balance.code != what.code:
        turn.late("network_said", what.line)
        return
    balance.state, balance.text, balance.answered_ms = what.state, what.text[:MAX_TEXT], turn.now_ms
    turn.deadlines.cancel("balance", what.line)
    turn.touched_lines[what.line] = None


def overdue(turn: Turn, name: str) -> None:
    _give_up(turn, LineName(name))


def switch_started(turn: Turn) -> None:
    """A new switch knows nothing of what the old one was asked."""
    for name in turn.state.lines:
        _give_up(turn, name)


def _give_up(turn: Turn, name: LineName) -> None:
    balance = _asked(turn, name)
    if balance is not None:
        balance.state, balance.answered_ms = "timeout", turn.now_ms
        turn.deadlines.cancel("balance", name)
        turn.touched_lines[name] = None


def _asked(turn: Turn, name: LineName) -> Balance | None:
    """The question that waits for its answer."""
    line = turn.state.lines.get(name)
    balance = line.balance if line is not None else None
    return balance if balance is not None and balance.state == "asking" else None
