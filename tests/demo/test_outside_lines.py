"""A modem's line as the simulated office sees it: what its twin tells belongs to the call it was of."""

import threading
from pathlib import Path

import pytest

from appliance.demo.loop import WorldLoop
from appliance.demo.outside_lines import LineEnd, TwinLine
from hw.fxo_modem_sim import FxoModemTwin
from hw.fxo_modem_sim_faults import FxoFaults
from tests.hw.fxo_stories import RawPort
from tests.waiting import wait_for


class Listener:
    def __init__(self) -> None:
        self.answered: list[str] = []
        self.ended: list[LineEnd] = []

    def box_answered(self, call: str) -> None:
        self.answered.append(call)

    def call_ended(self, end: LineEnd) -> None:
        self.ended.append(end)


@pytest.mark.parametrize("second_is_answered", [False, True])
def test_a_modem_put_down_after_its_caller_left_ends_no_later_call(tmp_path: Path, second_is_answered: bool) -> None:
    """The office looks at what the modem told only when the next caller is there: it is late on a busy machine."""
    loop, listener = WorldLoop(), Listener()
    twin = FxoModemTwin(tmp_path, model="usr5637", faults=FxoFaults(boot_ms=10))
    line = TwinLine("fijo", "fxo", twin, loop, listener)
    port = RawPort(twin.port)
    running = threading.Thread(target=loop.run, daemon=True)
    try:
        wait_for("its start", port.says_ok)
        assert port.ask("AT+FCLASS=8") == "OK"
        line.offer("one", "600000001", "", ())
        assert port.ask("AT+VLS=1") == "OK"
        line.hang_up("one")
        assert port.ask("AT+VLS=0") == "OK"
        wait_for("the line to be free", lambda: _offered(line, "two"))
        if second_is_answered:
            assert port.ask("AT+VLS=1") == "OK"
        running.start()
        loop.ask(lambda: None)
        assert line.calls() == ("two",)
        assert listener.answered == (["two"] if second_is_answered else [])
        assert [end.call for end in listener.ended] == ["one"]
        if second_is_answered:
            assert port.ask("AT+VLS=0") == "OK"
            wait_for("its end", lambda: len(listener.ended) == 2)
            assert listener.ended[1] == LineEnd("two", by_box=True)
    finally:
        port.close()
        line.close()
        if running.is_alive():
            loop.ask(loop.stop)


def _offered(line: TwinLine, call: str) -> bool:
    try:
        line.offer(call, "600000002", "", ())
    except Exception:
        return False
    return True
