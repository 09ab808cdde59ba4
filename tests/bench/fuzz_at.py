"""The parsers of modems' bytes under coverage-guided fuzzing (atheris): no crash, no hang, nothing that grows.

Each target of tests/hw/fuzz is a process of its own, which starts from the corpus kept there and has the runs of RUNS,
no input longer than HANG_S, within MEMORY_MB. `FUZZ_KEEP=1` writes what it found new into the corpus.
FUZZ_SHARE=0.1 runs a tenth of the inputs.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.hw.fuzz.targets import CORPUS, corpus

RUNS: dict[str, tuple[str, int, int]] = {
    "at": ("at", 300_000, 160),
    "at_long": ("at", 3_000, 9_000),
    "dle": ("dle", 400_000, 120),
    "answers": ("answers", 400_000, 200),
}
"""Of each run: the target, how many inputs, how many bytes at most. Long ones reach the limits of lines."""
HANG_S = 5
MEMORY_MB = 512
MAX_CORPUS = 300
MAX_KEPT_BYTES = 200
INSTRUMENTED = ["hw.at_lines", "hw.at_commands", "hw.at_answers", "hw.at_call", "hw.dle"]
DICTIONARY = [
    "OK", "ERROR", "RING", "AT+CLCC", "ATD1;", "AT+CGMM", "AT+CMGS=40", "AT+VTR", "ATE1", "CONNECT", "> ", "NO CARRIER",
    "+CLCC: 1,1,4,0,0", "+CLIP: ", "+CCWA: ", "+CME ERROR: 3", "+CMS ERROR: 321", '+QIND: "ccinfo",1,1,4,0,0', "RDY",
    "+CREG: 1", "\\x0d\\x0a", "\\x10\\x10", "\\x10\\x03", "\\x10\\x1a", "\\x10/",
]  # fmt: skip


def main(as_json: bool) -> int:
    try:
        import atheris  # noqa: F401
    except ImportError:
        print("atheris is not installed: there is no wheel of it for this machine.")
        return 1
    share = float(os.environ.get("FUZZ_SHARE", 1))
    found = {name: _fuzz(target, int(runs * share), most) for name, (target, runs, most) in RUNS.items()}
    if as_json:
        print(json.dumps(found))
    inputs = sum(one["inputs"] for one in found.values())
    for name, one in found.items():
        print(f"{name:8} {one['inputs']:9,d} inputs {one['seconds']:4} s {one['edges']:4} edges, exit {one['exit']}")
    failed = [name for name, one in found.items() if one["exit"]]
    print(f"fuzz_at {inputs} inputs (target >= 1000000, failures: {', '.join(failed) or 'none'})")
    return 1 if failed else 0


def _fuzz(target: str, runs: int, most_bytes: int) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seeds, words = folder / "corpus", folder / "words"
        seeds.mkdir()
        for number, one in enumerate(corpus(target)):
            (seeds / f"{number}").write_bytes(one)
        words.write_text("".join('"' + word.replace('"', '\\"') + '"\n' for word in DICTIONARY))
        began = time.monotonic()
        limits = [f"-runs={runs}", f"-max_len={most_bytes}", f"-timeout={HANG_S}", f"-rss_limit_mb={MEMORY_MB}"]
        where = [f"-artifact_prefix={folder}/", f"-dict={words}", "-seed=1", "-print_final_stats=1", str(seeds)]
        ran = subprocess.run(
            [sys.executable, "-m", "tests.bench.fuzz_at", target, *limits, *where],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if ran.returncode:
            print(ran.stdout[-4_000:])
            for file in folder.glob("*-*"):
                print(f"{target}: {file.name}: {file.read_bytes().hex()}")
        elif os.environ.get("FUZZ_KEEP"):
            _keep(target, seeds)
        done = re.search(r"number_of_executed_units: (\d+)", ran.stderr)
        edges = re.findall(r"cov: (\d+)", ran.stderr)
        return {
            "inputs": int(done.group(1)) if done else 0,
            "seconds": round(time.monotonic() - began),
            "edges": int(edges[-1]) if edges else 0,
            "exit": ran.returncode,
        }


def _keep(target: str, seeds: Path) -> None:
    """The shortest of what reached something new (libFuzzer leaves no other here), beside what was kept before."""
    found = {file.read_bytes() for file in seeds.iterdir()}
    short = sorted((one for one in found if 0 < len(one) <= MAX_KEPT_BYTES), key=lambda one: (len(one), one))
    kept = {*corpus(target), *short[:MAX_CORPUS]}
    ordered = sorted(kept, key=lambda one: (len(one), one))
    (CORPUS / f"{target}.hex").write_text("".join(f"{one.hex()}\n" for one in ordered))


def _child(argv: list[str]) -> None:
    """The process that fuzzes one target."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):
        for module in [name for name in sys.modules if name in INSTRUMENTED or name == "tests.hw.fuzz.targets"]:
            del sys.modules[module]
        from tests.hw.fuzz.targets import TARGETS as instrumented

    atheris.Setup([argv[0], *argv[2:]], instrumented[argv[1]])
    atheris.Fuzz()


if __name__ == "__main__":
    _child(sys.argv)
