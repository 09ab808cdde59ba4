"""Results through the running ACD: an agent's star code claims one, another takes it back, a person's word stays."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.__main__ import main
from appliance.acd.ids import LegId, StationName
from appliance.acd.inputs import StationDialled
from tests.daemon.acd_process import AcdProcess, office
from tests.daemon.ledgers import audited, opened
from tests.daemon.scenes import rows, talk
from tests.daemon.switch_peer import Leg, SwitchPeer, now_ms
from tests.waiting import wait_for

CONTRACT = """
[[contract]]
name = "acme"
client = "acme"
[[contract.result]]
name = "cita"
price_micros = 5_000_000
dispositions = ["7"]
[[contract.result]]
name = "venta"
price_micros = 9_000_000
dispositions = ["7", "8"]
charged = "claimed"
"""


@pytest.fixture
def acd(tmp_path: Path, peer: SwitchPeer) -> Iterator[AcdProcess]:
    file = office(tmp_path, extra=CONTRACT)
    file.write_text(file.read_text().replace('title = "Ventas"', 'title = "Ventas"\nclient = "acme"'))
    with AcdProcess(file) as process:
        process.start()
        wait_for("the switch is connected", lambda: process.client.status().switch_connected)
        yield process


class Desk:
    """An agent's phone, on which codes are dialled."""

    def __init__(self, peer: SwitchPeer, station: StationName) -> None:
        self._peer = peer
        self._station = station
        self._dialled = 0

    def dial(self, code: str) -> None:
        self._dialled += 1
        leg = Leg(LegId(f"code-{self._dialled}"), station=self._station, began_ms=now_ms())
        self._peer.legs[leg.id] = leg
        self._peer.tell(StationDialled(leg.id, self._station, code))
        wait_for("the code was confirmed", lambda: leg.state == "ended")


def a_call_over(acd: AcdProcess, peer: SwitchPeer) -> tuple[str, Desk]:
    """Its id, and the desk of who took it."""
    caller, agent = talk(peer)
    peer.hang_up(caller)
    (row,) = rows(acd, 1)
    assert agent.station is not None
    wait_for("the after-call work is over", lambda: {a.state for a in acd.client.status().agents} == {"ready"})
    return row.call, Desk(peer, agent.station)


def results(acd: AcdProcess) -> dict[str, tuple[str, int]]:
    """State and whether it was decided, by result."""
    with opened(acd.store) as db:
        return {
            name: (state, decided) for name, state, decided in db.execute("select result, state, decided from results")
        }


def charged(acd: AcdProcess) -> list[int]:
    with opened(acd.store) as db:
        return sorted(amount for (account, _, _), (amount, _) in audited(db).items() if account == "acme")


def test_an_agent_claims_by_star_code_and_takes_back_but_not_what_was_decided(
    acd: AcdProcess, peer: SwitchPeer, capsys: pytest.CaptureFixture[str]
) -> None:
    call, desk = a_call_over(acd, peer)
    config = str(acd.configuration)
    desk.dial("*57")
    wait_for("both are claimed", lambda: results(acd) == {"cita": ("claimed", 0), "venta": ("claimed", 0)})
    assert charged(acd) == [9_000_000], "one is charged when it is claimed"
    desk.dial("*58")
    wait_for("one is taken back", lambda: results(acd) == {"cita": ("reversed", 0), "venta": ("claimed", 0)})
    desk.dial("*57")
    wait_for("and claimed again", lambda: results(acd) == {"cita": ("claimed", 0), "venta": ("claimed", 0)})

    assert main(["result", "confirm", call, "--by", "eva", "--config", config, "--language", "en"]) == 1
    assert f"Call {call} has more than one result; say which: cita, venta." in capsys.readouterr().err
    assert main(["result", "confirm", call, "cita", "--by", "eva", "--note", "con recibo", "--config", config]) == 0
    assert f"Resultado cita de {call}: confirmado. Cobrado ahora por él: 5 EUR." in capsys.readouterr().out
    assert main(["result", "reverse", call, "venta", "--by", "eva", "--config", config]) == 0
    assert charged(acd) == [5_000_000]
    assert "anulado. Cobrado ahora por él: 0 EUR." in capsys.readouterr().out

    desk.dial("*53")
    desk.dial("*57")
    wait_for("all is durable", lambda: acd.client.health().store_pending == 0)
    assert results(acd) == {"cita": ("confirmed", 1), "venta": ("reversed", 1)}
    assert charged(acd) == [5_000_000]
    assert acd.client.health().store_refused == 0

    assert main(["result", "list", "--state", "confirmed", "--client", "acme", "--config", config]) == 0
    said = capsys.readouterr().out
    assert all(word in said for word in (call, "cita", "confirmado", "eva", "con recibo")) and "venta" not in said


def test_what_can_not_be_decided_is_said(acd: AcdProcess, peer: SwitchPeer, capsys: pytest.CaptureFixture[str]) -> None:
    call, desk = a_call_over(acd, peer)
    more = ["--by", "eva", "--config", str(acd.configuration), "--language", "en"]
    assert main(["result", "list", *more]) == 0
    assert "There are no results." in capsys.readouterr().out
    assert main(["result", "confirm", "oficina-99", *more]) == 1
    assert "There is no call oficina-99 that is over" in capsys.readouterr().err
    assert main(["result", "reverse", call, *more]) == 1
    assert f"Call {call} has no results" in capsys.readouterr().err
    desk.dial("*58")
    wait_for("it is claimed", lambda: results(acd) == {"venta": ("claimed", 0)})
    assert main(["result", "confirm", call, "cita", *more]) == 1
    assert f"Call {call} has no result cita; it has: venta." in capsys.readouterr().err
    gone = acd.configuration.read_text().replace('name = "venta"\nprice', 'name = "otra"\nprice')
    acd.configuration.write_text(gone)
    assert main(["result", "confirm", call, *more]) == 1
    assert "it can be reversed, not confirmed" in capsys.readouterr().err
    assert results(acd) == {"venta": ("claimed", 0)}
    assert main(["result", "reverse", call, *more]) == 0
    assert charged(acd) == []
    with pytest.raises(SystemExit):
        main(["result", "confirm", call, "--config", str(acd.configuration)])
    assert main(["result", "confirm", call, "--by", " ", "--config", str(acd.configuration)]) == 1
    assert "--by" in capsys.readouterr().err
