"""`./centralita test --long updates`: a box is updated, by bundles that are good and by ones that are not.

One box, which goes through it in the order of the tests: each ends with calls answered, in the right root, with nothing
lost. Bundles come from a web server of the test.
"""

import functools
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from image_build.disk import MIB
from image_build.environment import cache_folder
from image_build.image_command import copy_sparse
from image_build.recipe import Recipe
from image_build.update_keys import Keys, development_keys, make_keys
from tests.image_build.test_image import ADDRESS, DISK_BYTES, NEW_BOX, image, report
from tests.image_build.update_bundles import VERSIONS, Bundles
from tests.image_build.virtual_box import START_S, VirtualBox, credential
from tests.waiting import wait_for

pytestmark = pytest.mark.long

__all__ = ["image"]
UPDATE = "/opt/centralita/centralita update"
HANDSET = '\n[[station]]\nname = "mesa1"\nkind = "sip"\nextension = "201"\npassword = "only-for-this-test"\n'
JUDGE = """[Service]
ExecStart=
ExecStart=/opt/centralita/centralita update judge --config /etc/centralita/office.toml --limit 300
"""
"""As the image's own, but it gives up sooner."""
INSTALL_S = 1800.0


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass
class Office:
    """The box under test and what it is updated with."""

    box: VirtualBox
    bundles: Bundles
    port: int

    def url(self, bundle: Path) -> str:
        """As the box reaches this machine."""
        return f"http://10.0.2.2:{self.port}/{bundle.name}"

    def update(self, words: str, timeout_s: float = INSTALL_S) -> str:
        return self.box.run(f"{UPDATE} {words} --language en", timeout_s)

    def status(self) -> str:
        return self.update("status", 300)

    def wait_judged(self, version: str, slot: str) -> str:
        """The status, once this version runs in this root and is well."""
        begin = f"Version {version} runs (system {slot}).\nThis start is well."

        def look() -> str:
            now = self.status()
            return now if now.startswith(begin) else ""

        return wait_for(begin, look, 2 * START_S, 10)

    def restarts(self, words: str) -> int:
        """Says `words` to the box, which starts anew by them; how long the console was."""
        before = len(self.box.console())
        self.box.run(f"{UPDATE} {words} >/dev/ttyS0 2>&1 &")
        return before

    def kept(self) -> str:
        """What no update may change or lose."""
        return self.box.run(
            "cat /etc/machine-id /etc/centralita/office.toml; ls /var/lib/centralita; cat /var/lib/centralita/kept"
        )


@pytest.fixture(scope="module")
def bundles(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    recipe = Recipe("amd64", cache_folder())
    return Bundles(recipe, development_keys(cache_folder()), tmp_path_factory.mktemp("bundles"))


@pytest.fixture(scope="module")
def office(image: Path, bundles: Bundles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A box with a handset, started and judged well, and a record that nothing may lose."""
    folder = tmp_path_factory.mktemp("office")
    disk, toml = folder / "disk.img", folder / "office.toml"
    copy_sparse(image, disk)
    os.truncate(disk, DISK_BYTES)
    toml.write_text(NEW_BOX.read_text() + HANDSET)
    subprocess.run(["mcopy", "-i", f"{disk}@@{MIB}", str(toml), "::/office.toml"], check=True)
    served = functools.partial(_Quiet, directory=str(bundles.folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), served) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        more = credential("systemd.unit-dropin.centralita-judge.service", JUDGE)
        box = VirtualBox(disk, folder / "box", keep=True, devices=more)
        try:
            made = Office(box, bundles, server.server_address[1])
            assert box.ask_options(ADDRESS).startswith("SIP/2.0 200")
            made.wait_judged("0.1.0", "A")
            report("switched on → judged well", box.age_s, "s")
            box.run("echo a call and its charge > /var/lib/centralita/kept; sync")
            yield made
        finally:
            box.close()
            server.shutdown()


def test_a_new_box_has_nothing_to_switch_to(office: Office) -> None:
    assert "no other version installed" in office.update("switch --now")


def test_a_bundle_signed_by_somebody_else_is_refused(office: Office, bundles: Bundles, tmp_path: Path) -> None:
    make_keys(tmp_path / "keys", "somebody else")
    theirs = Keys(tmp_path / "keys/key.pem", tmp_path / "keys/certificate.pem")
    bundle = bundles.of(bundles.root, "0.9.0", "theirs", theirs)
    assert "no valid signature" in office.update(f"install {office.url(bundle)}")
    assert_as_it_was(office)


def test_an_older_bundle_is_refused(office: Office, bundles: Bundles) -> None:
    bundle = bundles.of(bundles.root, "0.0.9", "older", bundles.keys)
    assert "older than 0.1.0" in office.update(f"install {office.url(bundle)}")
    assert "Version 0.0.9, signed" in office.update(f"check --force-downgrade {office.url(bundle)}")
    half = bundle.with_name("half.raucb")
    half.write_bytes(bundle.read_bytes()[: bundle.stat().st_size // 2])
    assert "not installed" in office.update(f"install {office.url(half)}")
    assert_as_it_was(office)
    bundle.unlink()
    half.unlink()


def assert_as_it_was(office: Office) -> None:
    assert "installed in the other system" not in office.status()
    assert office.box.run("find /var/lib/centralita-update -name '*.raucb*'") == "", "nothing is left behind"
    assert office.box.ask_options(ADDRESS).startswith("SIP/2.0 200")


def test_a_good_bundle_is_installed_while_calls_go_on_then_switched_to(office: Office, bundles: Bundles) -> None:
    kept = office.kept()
    bundle = bundles.changed("good")
    report("size of the bundle", bundle.stat().st_size / 1e6, "MB")
    begun = office.box.age_s
    said = office.update(f"install {office.url(bundle)} --no-switch")
    assert "Version 0.2.0 is installed" in said, said
    report("bundle fetched, checked and installed", office.box.age_s - begun, "s")
    assert office.box.ask_options(ADDRESS).startswith("SIP/2.0 200")
    assert office.status().startswith("Version 0.1.0 runs (system A)")
    begun = office.box.age_s
    office.restarts("switch --now")
    status = office.wait_judged(VERSIONS["good"], "B")
    report("switched → judged well", office.box.age_s - begun, "s")
    assert "came to nothing" not in status
    assert office.kept() == kept
    assert office.box.ask_options(ADDRESS).startswith("SIP/2.0 200")
    bundle.unlink()


def test_one_that_cannot_start_is_undone_by_itself(office: Office, bundles: Bundles) -> None:
    kept = office.kept()
    bundle = bundles.changed("unbootable")
    office.update(f"install {office.url(bundle)} --no-switch")
    begun = office.box.age_s
    before = office.restarts("switch --now")
    status = office.wait_judged(VERSIONS["good"], "B")
    report("switched → panic, and judged well again", office.box.age_s - begun, "s")
    assert "Version 0.3.0 did not start" in status, status
    # Twice, and each said on the screen, which UEFI puts on the serial port too, and on the serial port.
    assert office.box.console()[before:].count("Starting root A") == 2 * 2
    assert office.kept() == kept
    bundle.unlink()


def test_one_that_crashes_again_and_again_is_undone_by_itself(office: Office, bundles: Bundles) -> None:
    kept = office.kept()
    bundle = bundles.changed("crashing")
    office.update(f"install {office.url(bundle)} --no-switch")
    begun = office.box.age_s
    office.restarts("switch --now")
    wait_for("the new version to run", lambda: "Version 0.4.0 runs (system A)" in office.status(), START_S, 10)
    status = office.wait_judged(VERSIONS["good"], "B")
    report("switched → crashing, and judged well again", office.box.age_s - begun, "s")
    assert "Version 0.4.0 started, but was not well" in status, status
    assert office.kept() == kept
    print(status, file=sys.stderr)
    bundle.unlink()
