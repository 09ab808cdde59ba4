"""The choice of the line a number goes out on, with 4 to 16 lines and up to 250 calls up: the whole `choose`.

CPU time of the thread, the mean and p99 of each. The dearest case: every line has a contract, prices by beginning and
a limit of calls, and every call that is up is one of ours, whose minutes are counted too.
"""

import json
import statistics
import time

from appliance.acd.acd import Acd
from appliance.acd.deadlines import Deadlines
from appliance.acd.ids import CallId, LegId, LineName
from appliance.acd.inputs import ClockSet
from appliance.acd.line_choice import choose
from appliance.acd.line_plan import AllowancePlan
from appliance.acd.plan import LinePlan, Plan
from appliance.acd.state import Call, Leg
from appliance.acd.turn import Turn

ROUNDS = 3_000
TARGET_MEAN_US = 100
NOON_UTC_MS, NUMBER = 1_795_345_200_000, "+34600111222"


def office(lines: int, calls: int) -> Acd:
    """So many lines, all up, and so many calls of ours that go on, spread over them."""
    allowance = AllowancePlan(6_000_000, 15, {"": True, "00": False, "803": False, "806": False})
    costs = {"": 90_000, "6": 80_000, "00": 400_000, "00351": 200_000}
    plans = tuple(
        LinePlan(LineName(f"l{i}"), channels=200, calls={"": True, "6": True}, costs=costs, allowance=allowance)
        for i in range(lines)
    )
    acd = Acd(Plan("oficina", lines=plans, country_code="34", national_digits=9, time_zone="Europe/Madrid"))
    acd.handle(ClockSet(NOON_UTC_MS, True), 1_000_000)
    state = acd.state
    for line in state.lines.values():
        line.health = "up"
    for i in range(calls):
        call, leg = CallId(f"oficina-{i}"), LegId(f"acd-{i}")
        name = LineName(f"l{i % lines}")
        state.calls[call] = Call(call, i, name, "600999888", "600999888", "", leg, 900_000, direction="out")
        state.legs[leg] = Leg(
            leg, "caller", "answered", 900_000, call, line=name, answered_ms=910_000, uses_minutes=True
        )
    return acd


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    found = {}
    for lines, calls in ((4, 0), (4, 30), (16, 30), (4, 250), (16, 250)):
        state = office(lines, calls).state
        turn = Turn(state, Deadlines(state), 1_000_000, [], [])
        times_ns = []
        for _ in range(ROUNDS):
            began_ns = time.thread_time_ns()
            choice = choose(turn, NUMBER)
            times_ns.append(time.thread_time_ns() - began_ns)
        assert choice.line is not None
        mean_us, p99_us = statistics.mean(times_ns) / 1000, statistics.quantiles(times_ns, n=100)[98] / 1000
        found[f"{lines}_lines_{calls}_calls"] = {"mean_us": round(mean_us, 1), "p99_us": round(p99_us, 1)}
        print(f"{lines:3} lines, {calls:3} calls up: mean {mean_us:6.1f} us, p99 {p99_us:6.1f} us")
    if as_json:
        print(json.dumps(found))
    worst = max(one["mean_us"] for one in found.values())
    print(f"line_choice_mean_us {worst:.1f} (target {TARGET_MEAN_US})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(as_json=False))
