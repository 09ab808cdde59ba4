"""A short script against a whole box: its records, segments, charges and figures are the ledger's."""

import os
import socket
from pathlib import Path

from msgspec.structs import replace

from appliance.acd.ids import AgentName
from appliance.configuration.file import Configuration
from appliance.daemon.figures import figures
from appliance.daemon.queries import call_details
from appliance.daemon.rows import CallDetails
from appliance.demo.ledger import Ledger
from appliance.demo.office import HURRIED, Addresses, prepare_office
from appliance.demo.script_process import ScriptProcess
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
    box = Box(office.config)
    with ScriptProcess(tmp_path, SEED, CALLS) as script:
        script.wait_built()
        try:
            box.start(office.variables)
            ledger = script.ledger(timeout_s=240)
            rows = box.wait_calls(len(ledger.calls))
            with box.store() as store:
                details = [one for row in rows if (one := call_details(store, row.call)) is not None]
                day = figures(store, 0, 2**53)
        finally:
            print("\n".join(script.told), box.log_tail(60), sep="\n")
            box.stop()
    assert not overlaps(ledger)
    assert not problems(ledger, details, office.configuration)
    assert not figure_problems(ledger, day)
    outcomes = {call.outcome for call in ledger.calls}
    assert outcomes >= {"answered", "abandoned", "refused", "voicemail"}, outcomes
    enders = {one for call in ledger.calls if call.outcome == "answered" for one in call.ended_by}
    assert enders >= {"caller", "agent", "line"}, enders
    assert_planted_errors_are_seen(ledger, details, office.configuration)


def assert_planted_errors_are_seen(ledger: Ledger, details: list[CallDetails], configuration: Configuration) -> None:
    """The comparison would notice a record that is missing, doubled, charged wrong or another agent's."""
    at = next(n for n, one in enumerate(details) if one.row.end_reason == "answered")
    honest = details[at]
    other = AgentName("ana" if honest.row.agent != "ana" else "luis")
    planted = {
        "has no record": [],
        "31 records": [honest, honest],
        "charge": [replace(honest, row=replace(honest.row, charge_micros=honest.row.charge_micros + 1))],
        "the caller heard": [replace(honest, row=replace(honest.row, agent=other))],
        "talked segments": [replace(honest, segments=())],
        "its parts are": [replace(honest, row=replace(honest.row, wait_ms=honest.row.wait_ms + 1))],
    }
    for what, instead in planted.items():
        found = problems(ledger, [*details[:at], *instead, *details[at + 1 :]], configuration)
        assert any(what in one for one in found), (what, found)
