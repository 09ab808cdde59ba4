"""`./centralita test --long installations`: bundles are installed by the image's own root, at this machine's speed.

Good, signed by somebody else, half of one, changed, older; and the power is cut at 20 points of an installation. After
each the box would start the right root (grub.cfg's rules, `grub_starts`), with nothing in the running one changed.
"""

import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from appliance.update.start_memory import Root
from image_build.environment import cache_folder
from image_build.recipe import Recipe
from image_build.update_keys import Keys, development_keys, make_keys
from tests.image_build.box_root import BoxRoot, grub_starts
from tests.image_build.test_image import image, report
from tests.image_build.update_bundles import Bundles

pytestmark = pytest.mark.long

__all__ = ["image"]
CUTS = 20
SEED = 20261123
SMALL_BYTES = 40_000_000
"""Of a root that is only installed, never started."""


@pytest.fixture(scope="module")
def bundles(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    recipe = Recipe("amd64", cache_folder())
    return Bundles(recipe, development_keys(cache_folder()), tmp_path_factory.mktemp("bundles"))


@pytest.fixture(scope="module")
def small(bundles: Bundles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Something the size of a small root, that does not shrink."""
    root = tmp_path_factory.mktemp("small") / "root.squashfs"
    root.write_bytes(random.Random(SEED).randbytes(SMALL_BYTES))
    return root


@pytest.fixture
def box(bundles: Bundles, tmp_path: Path) -> BoxRoot:
    made = BoxRoot(tmp_path / "box", bundles.root, bundles.folder)
    made.work.mkdir()
    made.make()
    (made.work / "slots/rootA").write_bytes(b"the root that runs")
    return made


def digest(file: Path, length: int) -> str:
    with file.open("rb") as content:
        return hashlib.sha256(content.read(length)).hexdigest()


def assert_untouched(box: BoxRoot) -> None:
    """The running root is what GRUB starts, and is what it was."""
    memory = box.memory()
    assert grub_starts(memory, {"A", "B"})[0] == "A"
    assert memory.a == Root(3, "good") and memory.b.state == "bad"
    assert (box.work / "slots/rootA").read_bytes() == b"the root that runs"


def test_a_good_bundle_is_in_the_other_root_and_waits_to_be_switched_to(
    box: BoxRoot, bundles: Bundles, small: Path
) -> None:
    bundles.of(small, "0.2.0", "good", bundles.keys)
    begun = time.monotonic()
    said = box.update("install /run/in/good.raucb --no-switch")
    assert "Version 0.2.0 is installed in the other system." in said, said
    report("a bundle of 40 MB installed", time.monotonic() - begun, "s")
    assert_untouched(box)
    assert digest(box.work / "slots/rootB", SMALL_BYTES) == digest(small, SMALL_BYTES)
    assert "0.2.0 is installed" in box.update("status", services=False)
    assert "0.2.0" in box.update("switch --now", services=False)
    memory = box.memory()
    assert (memory.slot, memory.b) == ("B", Root(2, "new"))
    assert [slot for slot, _memory in [grub_starts(memory, {"A", "B"})]] == ["B"]


def test_what_is_not_for_this_box_is_refused_and_says_why(
    box: BoxRoot, bundles: Bundles, small: Path, tmp_path: Path
) -> None:
    make_keys(tmp_path / "keys", "somebody else")
    theirs = Keys(tmp_path / "keys/key.pem", tmp_path / "keys/certificate.pem")
    bundles.of(small, "0.9.0", "theirs", theirs)
    older = bundles.of(small, "0.0.9", "older", bundles.keys)
    content = older.read_bytes()
    (bundles.folder / "half.raucb").write_bytes(content[: len(content) // 2])
    changed = bytearray(content)
    changed[len(changed) // 3] ^= 1
    (bundles.folder / "changed.raucb").write_bytes(bytes(changed))
    (bundles.folder / "nothing.raucb").write_bytes(b"")
    for name, wrong in {
        "theirs": "no valid signature",
        "older": "older than 0.1.0",
        "half": "not installed",
        "changed": "no valid signature",
        "nothing": "installed",
        "missing": "it is not there",
    }.items():
        said = box.update(f"install /run/in/{name}.raucb --no-switch")
        assert wrong in said and "Traceback" not in said, f"{name}: {said}"
        print(f"{name}: {said.strip()}", file=sys.stderr)
        assert_untouched(box)
        assert digest(box.work / "slots/rootB", 1 << 20) == hashlib.sha256(bytes(1 << 20)).hexdigest(), name
    assert "Version 0.0.9 is installed" in box.update("install /run/in/older.raucb --no-switch --force-downgrade")


def test_power_is_cut_at_twenty_points_of_an_installation(box: BoxRoot, bundles: Bundles, small: Path) -> None:
    """Everything is killed at once. (What a disk's own cache forgets is tests/image_build/test_power*.py's; here every
    write that decides anything is synchronous, and the other root is written before it counts.)"""
    bundles.of(small, "0.2.0", "good", bundles.keys)
    words = "/opt/centralita/centralita update install /run/in/good.raucb --no-switch"
    begun = time.monotonic()
    assert "installed" in box.run(f"{words} --language en")
    whole_s = time.monotonic() - begun
    chance = random.Random(SEED)
    finished = 0
    for number in range(CUTS):
        moment_s = whole_s * (number + chance.random()) / CUTS
        process = subprocess.Popen(
            box.command(words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(moment_s)
        process.kill()
        process.wait()
        assert_untouched(box)
        said = box.update("status", services=False)
        assert said.startswith("Version 0.1.0 runs (system A).\nThis start is well."), f"{number}, {moment_s} s: {said}"
        if "is installed" in said:
            finished += 1
            assert digest(box.work / "slots/rootB", SMALL_BYTES) == digest(small, SMALL_BYTES), f"{number} says so"
    print(f"{CUTS} cuts over {whole_s:.0f} s (seed {SEED}); {finished} after its end", file=sys.stderr)
    assert "Version 0.2.0 is installed" in box.run(f"{words} --language en"), "the next try succeeds"
    assert digest(box.work / "slots/rootB", SMALL_BYTES) == digest(small, SMALL_BYTES)
    os.sync()
