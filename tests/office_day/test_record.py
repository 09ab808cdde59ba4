"""Two hundred mixed calls through the whole box: records, segments, charges and figures are the script's own.

Answered, abandoned, busy, overflowed, given up while ringing, two agents lifting at once, agents hanging up first,
lines lost in mid-call; modems, trunk, handsets and phones. The ledger is what the world outside saw and heard.
"""

import os
from pathlib import Path
from typing import get_args

from msgspec.structs import replace

from appliance.acd.ids import AgentName
from appliance.configuration.file import Configuration
from appliance.daemon.figures import figures
from appliance.daemon.queries import call_details
from appliance.daemon.rows import CallDetails
from appliance.demo.ledger import Ledger
from appliance.demo.office import HURRIED, Addresses, prepare_office
from appliance.demo.script_plan import ActKind
from appliance.demo.script_process import ScriptProcess
from tests.box import Box
from tests.office_day.hall import unused_network
from tests.office_day.ledger_check import figure_problems, overlaps, problems

SEED = int(os.environ.get("CENTRALITA_SEED", "21"))
CALLS = 200
PARALLEL = 8


def test_the_records_of_two_hundred_mixed_calls_are_the_ledgers(tmp_path: Path) -> None:
    office = prepare_office(tmp_path, Addresses.of_network(unused_network()), HURRIED)
    box = Box(office.config)
    with ScriptProcess(tmp_path, SEED, CALLS, PARALLEL) as script:
        script.wait_built()
        try:
            box.start(office.variables)
            ledger = script.ledger(timeout_s=900)
            rows = box.wait_calls(len(ledger.calls))
            with box.store() as store:
                details = [one for row in rows if (one := call_details(store, row.call)) is not None]
                day = figures(store, 0, 2**53)
        finally:
            print(f"seed {SEED} (CENTRALITA_SEED gives another)", *script.told, box.log_tail(60), sep="\n")
            box.stop()
    assert not overlaps(ledger)
    assert not problems(ledger, details, office.configuration)
    assert not figure_problems(ledger, day)
    acts = {call.act for call in ledger.calls}
    assert acts == set(get_args(ActKind)), acts
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
        f"{CALLS + 1} records": [honest, honest],
        "charge": [replace(honest, row=replace(honest.row, charge_micros=honest.row.charge_micros + 1))],
        "the caller heard": [replace(honest, row=replace(honest.row, agent=other))],
        "talked segments": [replace(honest, segments=())],
        "its parts are": [replace(honest, row=replace(honest.row, wait_ms=honest.row.wait_ms + 1))],
    }
    for what, instead in planted.items():
        found = problems(ledger, [*details[:at], *instead, *details[at + 1 :]], configuration)
        assert any(what in one for one in found), (what, found)
