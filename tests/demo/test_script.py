"""A short script against a whole box: its records, segments, charges and figures are the ledger's."""

import os
import socket
from pathlib import Path

from appliance.daemon.figures import figures
from appliance.daemon.queries import call_details
from appliance.demo.office import HURRIED, Addresses, prepare_office
from appliance.demo.script import ScriptWorld, run_script
from tests.box import Box
from tests.demo.ledger_check import figure_problems, overlaps, problems

SEED = 11
CALLS = 30


def unused_network() -> int:
    """An N such that nothing listens at 127.0.N.1:5060."""
    for number in range(190 + os.getpid() % 30, 255):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((f"127.0.{number}.1", 5060))
                return number
            except OSError:
                continue
    raise RuntimeError("no loopback network is free")


def test_the_records_of_a_mixed_half_hour_are_the_ledgers(tmp_path: Path) -> None:
    office = prepare_office(tmp_path, Addresses.of_network(unused_network()), HURRIED)
    told: list[str] = []
    world, box = ScriptWorld(office, SEED, told.append), Box(office.config)
    try:
        world.build()
        box.start(office.variables)
        world.start()
        ledger = run_script(world, CALLS, parallel=8)
        rows = box.wait_calls(CALLS)
        with box.store() as store:
            details = [one for row in rows if (one := call_details(store, row.call)) is not None]
            day = figures(store, 0, 2**53)
    except BaseException:
        print("\n".join(told), box.log_tail(60), sep="\n")
        raise
    finally:
        world.close()
        box.stop()
    assert not overlaps(ledger)
    assert not problems(ledger, details, office.configuration)
    assert not figure_problems(ledger, day)
    outcomes = {call.outcome for call in ledger.calls}
    assert outcomes >= {"answered", "abandoned", "refused", "voicemail"}, outcomes
    enders = {one for call in ledger.calls if call.outcome == "answered" for one in call.ended_by}
    assert enders >= {"caller", "agent", "line"}, enders
