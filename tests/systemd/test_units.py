"""The units are as closed as promised, start what they should as who they should, and their folders and names exist."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from appliance.backup import placing
from appliance.backup.status import BACKUP_FOLDER
from tests.systemd.unit import Unit

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEMD = ROOT / "systemd"
SERVICES = sorted(SYSTEMD.glob("*.service"))
JOBS = [service for service in SERVICES if service.stem in ("centralita-backup", "centralita-restore")]
"""Run and end; root's, with a few of its rights."""
PROCESSES = [service for service in SERVICES if service not in JOBS]
OURS = [service for service in PROCESSES if service.stem != "centralita-kamailio"]


def test_every_process_has_its_unit_and_the_target_wants_it() -> None:
    names = {service.name for service in PROCESSES}
    assert names == {f"centralita-{one}.service" for one in ("switch", "acd", "web", "sync", "kamailio")}
    wanted = set(" ".join(Unit(SYSTEMD / "centralita.target").values["Wants"]).split())
    assert wanted == {*names, "centralita-backup.timer", "centralita-restore.service"}


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.stem)
def test_exposure_is_at_most_two(service: Path) -> None:
    asked = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", str(service)], capture_output=True, text=True, check=False
    )
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", asked.stdout)
    assert found, asked.stdout + asked.stderr
    print(f"{service.stem} {found[1]} (target ≤ 2.0)")
    assert float(found[1]) <= 2.0, "\n".join(line for line in asked.stdout.splitlines() if "✗" in line)


@pytest.mark.parametrize(
    "service",
    [*SERVICES, SYSTEMD / "centralita-backup.timer", SYSTEMD / "media-centralita.mount"],
    ids=lambda path: path.name,
)
def test_systemd_understands_every_key(service: Path) -> None:
    """But for what is known: newer systemd's back-off, and the program that is not installed here."""
    asked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(service)], capture_output=True, text=True, check=False
    )
    known = ("RestartSteps", "RestartMaxDelaySec", "Command /opt/centralita/centralita is not executable")
    said = [
        line for line in asked.stderr.splitlines() if "centralita" in line and not any(one in line for one in known)
    ]
    assert not said, "\n".join(said)


@pytest.mark.parametrize("service", PROCESSES, ids=lambda path: path.stem)
def test_it_starts_a_command_that_exists_as_a_user_of_its_own(service: Path) -> None:
    unit = Unit(service)
    program, *words = unit["ExecStart"].replace("%d", "/run/credentials").split()
    assert program == "/opt/centralita/centralita"
    assert f"centralita-{words[0]}" == service.stem == unit["User"]
    known = subprocess.run(
        [sys.executable, "-m", "appliance", *words, "--help"], cwd=ROOT, capture_output=True, check=False
    )
    assert known.returncode == 0, known.stderr


@pytest.mark.parametrize("service", PROCESSES, ids=lambda path: path.stem)
def test_a_hung_or_dead_process_is_started_again_for_ever(service: Path) -> None:
    unit = Unit(service)
    assert unit["Type"] == "notify"
    assert (unit["Restart"], unit["StartLimitIntervalSec"]) == ("always", "0")
    # Silence, what systemd waits for its end, and the pause before the next: 2 s of the 15 are left for its start.
    pause = unit["RestartSec"]
    pause_s = float(pause[:-2]) / 1000 if pause.endswith("ms") else float(pause)
    assert float(unit["WatchdogSec"]) + float(unit["TimeoutAbortSec"]) + pause_s <= 13


@pytest.mark.parametrize("service", JOBS, ids=lambda path: path.stem)
def test_a_job_is_a_command_that_exists_with_few_rights_and_no_network(service: Path) -> None:
    unit = Unit(service)
    words = unit["ExecStart"].split()[1:]
    known = subprocess.run(
        [sys.executable, "-m", "appliance", *words, "--help"], cwd=ROOT, capture_output=True, check=False
    )
    assert known.returncode == 0, known.stderr
    assert (unit["Type"], unit["PrivateNetwork"], unit["RestrictAddressFamilies"]) == ("oneshot", "yes", "AF_UNIX")
    rights = {"centralita-backup": "CAP_DAC_READ_SEARCH", "centralita-restore": "CAP_DAC_OVERRIDE CAP_FOWNER"}
    assert unit["CapabilityBoundingSet"] == rights[service.stem]


def test_a_restore_that_was_cut_off_is_finished_before_anything_else() -> None:
    unit = Unit(SYSTEMD / "centralita-restore.service")
    before = set(" ".join(unit.values["Before"]).split())
    assert before == {service.name for service in SERVICES} - {"centralita-restore.service"}
    assert unit["ConditionPathExists"] == f"/var/lib/centralita/{BACKUP_FOLDER}/{placing.FILE_NAME}"


def test_the_stick_is_mounted_where_the_backup_may_write() -> None:
    mount, job = Unit(SYSTEMD / "media-centralita.mount"), Unit(SYSTEMD / "centralita-backup.service")
    assert f"-{mount['Where']}" in job["ReadWritePaths"].split()
    assert "media-centralita.mount" in job["After"].split()
    label = mount["What"].rpartition("/")[2]
    assert mount["WantedBy"] == f"dev-disk-by\\x2dlabel-{label}.device"
    assert {"nosuid", "nodev", "noexec"} <= set(mount["Options"].split(","))


def test_only_the_switch_has_devices_and_only_four_kinds() -> None:
    """The nodes of USB hubs are for uhubctl; which of them its user may write is udev's to say."""
    for service in SERVICES:
        unit = Unit(service)
        assert unit["DevicePolicy"] == "closed"
        if service.stem == "centralita-switch":
            kinds = {"char-ttyUSB rw", "char-ttyACM rw", "char-alsa rw", "char-gpiochip rw", "char-usb_device rw"}
            assert set(unit.values["DeviceAllow"]) == kinds
        else:
            assert unit["PrivateDevices"] == "yes"


def test_devices_that_are_plugged_in_later_may_be_opened() -> None:
    """A rule for `char-alsa` is made when the unit starts, from /proc/devices, and is nothing when the driver was not
    there yet: it is loaded before, whatever is plugged in (systemd.resource-control(5), DeviceAllow=)."""
    unit = Unit(SYSTEMD / "centralita-switch.service")
    loaded = {"char-alsa": "snd", "char-ttyUSB": "usbserial", "char-ttyACM": "cdc_acm"}
    built_in = {"char-gpiochip", "char-usb_device"}
    modules = {loaded[kind] for value in unit.values["DeviceAllow"] if (kind := value.split()[0]) not in built_in}
    before = {f"modprobe@{module}.service" for module in modules}
    assert before <= set(" ".join(unit.values["Wants"]).split())
    assert before <= set(" ".join(unit.values["After"]).split())


def test_kamailio_is_not_of_the_group_that_may_command() -> None:
    assert Unit(SYSTEMD / "centralita-kamailio.service")["Group"] == "centralita-kamailio"
    assert "m centralita-kamailio" not in (SYSTEMD / "sysusers.conf").read_text()


def test_the_users_and_their_groups(installed: Path) -> None:
    groups = {line.split(":")[0]: line.split(":")[3] for line in (installed / "etc/group").read_text().split()}
    passwords = (installed / "etc/passwd").read_text()
    for service in PROCESSES:
        assert f"{service.stem}:x:" in passwords
    assert set(groups["centralita"].split(",")) == {service.stem for service in OURS}
    assert [groups[name] for name in ("dialout", "audio", "gpio")] == ["centralita-switch"] * 3
    login = [line for line in passwords.splitlines() if "centralita" in line and not line.endswith("nologin")]
    assert not login


def test_the_folders_are_shared_and_nobody_removes_anothers_files(installed: Path) -> None:
    users = {
        line.split(":")[0]: int(line.split(":")[2])
        for line in (installed / "etc/passwd").read_text().split("\n")
        if line
    }
    for name, mode, owner in (
        ("run/centralita", 0o3771, "root"),
        ("run/centralita/kamailio", 0o700, "centralita-kamailio"),
        ("var/lib/centralita", 0o771, "root"),
        ("var/lib/centralita/web", 0o700, "centralita-web"),
        ("var/lib/centralita/recordings", 0o2750, "centralita-switch"),
        ("var/lib/centralita/prompts", 0o2750, "centralita-switch"),
        ("var/lib/centralita/kamailio", 0o700, "centralita-kamailio"),
        ("var/lib/centralita/sync", 0o2750, "centralita-sync"),
        ("var/lib/centralita/backup", 0o2750, "root"),
        ("etc/centralita", 0o750, "root"),
    ):
        status = (installed / name).stat()
        assert (oct(status.st_mode & 0o7777), status.st_uid) == (oct(mode), users[owner]), name


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.stem)
def test_every_folder_a_unit_writes_in_is_made(service: Path, installed: Path) -> None:
    """A missing one would keep the unit from starting at all."""
    for folder in Unit(service)["ReadWritePaths"].split():
        if folder.startswith("-"):
            continue  # may be missing
        assert (installed / folder.lstrip("/")).is_dir(), folder


def test_every_modem_model_has_its_names_and_is_hidden_from_modemmanager() -> None:
    rules = (SYSTEMD / "70-centralita.rules").read_text()
    for profile in sorted((ROOT / "hw" / "modems").glob("*.toml")):
        model = tomllib.loads(profile.read_text())
        if not model.get("usb"):
            continue
        vendor, product = model["usb"].split(":")
        parent = f'ATTRS{{idVendor}}=="{vendor}", ATTRS{{idProduct}}=="{product}"'
        device = f'ATTR{{idVendor}}=="{vendor}", ATTR{{idProduct}}=="{product}", ENV{{ID_MM_DEVICE_IGNORE}}="1"'
        assert device in rules, f"{profile.name}: ModemManager is not told"
        wanted = [("", "")]
        if "at_interface" in model:
            wanted = [(model["at_interface"], "-at"), (model["sound_interface"], "-sound")]
        for number, suffix in wanted:
            interface = f'ENV{{ID_USB_INTERFACE_NUM}}=="{number}", ' if number else ""
            assert f'{interface}{parent}, SYMLINK+="centralita/{profile.stem}-%b{suffix}"' in rules, profile.name


@pytest.mark.parametrize("file", ["70-centralita.rules", "71-centralita-handsets.rules"])
def test_udev_reads_the_rules_without_complaint(file: str) -> None:
    """Every line is `KEY{attr}operator"value"` items, as udev(7) wants them; labels that are jumped to exist."""
    text = (SYSTEMD / file).read_text()
    item = re.compile(r'[A-Z_]+(\{\w+\})?(==|!=|\+=|=)"[^"]*"')
    for line in text.splitlines():
        if line and not line.startswith("#"):
            assert all(item.fullmatch(part.strip()) for part in line.split(",")), line
    jumps, labels = set(re.findall(r'GOTO="(\w+)"', text)), set(re.findall(r'LABEL="(\w+)"', text))
    assert jumps == labels
