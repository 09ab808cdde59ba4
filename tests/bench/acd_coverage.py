"""How many of the pure call centre's statements and branches its tests go through, the simulated days among them.

Runs tests/acd and what tests the wire, under coverage.py with branches; names what is left out.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = (
    "tests/acd",
    "tests/daemon/test_switch_death.py",
    "tests/daemon/test_journal.py",
    "tests/daemon/test_rebuild.py",
)
TARGET_PERCENT = 100


def main(as_json: bool) -> int:
    """0 when it could be measured: the tests passed."""
    with tempfile.TemporaryDirectory(prefix="centralita-coverage-") as folder:
        data = f"--data-file={folder}/data"
        run = [
            sys.executable,
            "-m",
            "coverage",
            "run",
            data,
            "--branch",
            "--source=appliance/acd",
            "-m",
            "pytest",
            "-q",
        ]
        tests = subprocess.run(
            [*run, "-m", "not long", f"--basetemp={folder}/tests", *TESTS], cwd=ROOT, capture_output=True, text=True
        )
        if tests.returncode != 0:
            print(tests.stdout[-5000:], tests.stderr[-2000:], sep="\n")
            return 1
        report = Path(folder) / "report.json"
        subprocess.run([sys.executable, "-m", "coverage", "json", data, "-q", "-o", str(report)], cwd=ROOT, check=True)
        found = json.loads(report.read_text())
    totals = found["totals"]
    left_out = {
        name: {"lines": file["missing_lines"], "branches": file["missing_branches"]}
        for name, file in found["files"].items()
        if file["missing_lines"] or file["missing_branches"]
    }
    if as_json:
        print(json.dumps({"totals": totals, "left_out": left_out}))
    for name, missing in left_out.items():
        print(f"{name}: lines {missing['lines']}, branches {missing['branches']}")
    statements = 100 * totals["covered_lines"] / totals["num_statements"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"]
    print(f"acd_statement_coverage {statements:.2f} % (target {TARGET_PERCENT})")
    print(f"acd_branch_coverage {branches:.2f} % (target {TARGET_PERCENT})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(as_json=False))
