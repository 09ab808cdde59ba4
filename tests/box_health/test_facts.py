"""The box's health is read from what kernel, systemd and initrd write; what is missing or strange is not known."""

import os
import time
from pathlib import Path

import pytest

from appliance.box_health.facts import Places, mount_of, network_of, read_facts
from appliance.box_health.rules import Network, findings

MOUNTS = """\
22 1 253:1 / / ro,relatime shared:1 - ext4 /dev/vda2 ro
30 22 253:4 / /var rw,nosuid,nodev,noatime shared:5 - ext4 /dev/vda4 rw
31 22 0:25 / /run rw,nosuid,nodev shared:2 - tmpfs tmpfs rw,size=200M
44 30 253:4 /lib/centralita/web /var/lib/centralita/web rw,nosuid - ext4 /dev/vda4 rw
50 22 8:17 / /media/with\\040space rw - vfat /dev/sdb1 rw
"""


def test_the_mount_of_a_folder_is_the_deepest_and_its_file_system_says_whether_it_is_written() -> None:
    data = Path("/var/lib/centralita")
    found = mount_of(data, MOUNTS)
    assert found is not None and (found.device, found.read_only) == ("253:4", False)
    for word in ("ro", "emergency_ro", "rw,shutdown"):
        broken = mount_of(data, MOUNTS.replace("/dev/vda4 rw\n31", f"/dev/vda4 {word}\n31"))
        assert broken is not None and broken.read_only, word
    # Units see their own place read-only though the file system is not.
    bound = mount_of(data, MOUNTS + "60 30 253:4 / /var ro - ext4 /dev/vda4 rw\n")
    assert bound is not None and not bound.read_only
    other = mount_of(Path("/media/with space/x"), MOUNTS)
    assert other is not None and other.device == "8:17"
    root = mount_of(Path("/variety"), MOUNTS)
    assert root is not None and root.device == "253:1"


@pytest.mark.parametrize("strange", ["", "nonsense\n", "1 2 3\n - \n", "\x00\n" * 9])
def test_a_mount_table_that_is_none_says_nothing(strange: str) -> None:
    assert mount_of(Path("/var"), strange) is None


def test_the_network_is_what_networkd_says() -> None:
    def of(carrier: str, address: str) -> Network | None:
        return network_of(f"# private\nOPER_STATE=x\nCARRIER_STATE={carrier}\nIPV4_ADDRESS_STATE={address}\n")

    assert of("carrier", "routable") == Network(True, "routable")
    assert of("carrier", "degraded") == Network(True, "own")
    assert of("carrier", "off") == Network(True, "none")
    assert of("no-carrier", "off") == of("off", "off") == Network(False, "none")
    assert network_of("CARRIER_STATE=carrier\nADDRESS_STATE=routable\n") == Network(True, "routable")
    assert network_of("") is None


def test_a_machine_is_read_and_nothing_missing_is_a_fault(tmp_path: Path) -> None:
    nowhere = tmp_path / "none"
    facts = read_facts(Places(tmp_path, nowhere, nowhere, nowhere, nowhere))
    assert (facts.data_lost, facts.data_gone, facts.network, facts.unused_address) == ("", False, None, "")
    assert facts.free_bytes >= 0 and abs(facts.utc_ms - time.time_ns() // 1_000_000) < 60_000
    assert read_facts(Places(nowhere)).free_bytes == -1


def test_what_the_initrd_wrote_is_found(tmp_path: Path) -> None:
    (tmp_path / "centralita-box").mkdir()
    (tmp_path / "centralita-box/data-lost").write_text("is not there\n")
    assert read_facts(Places(tmp_path, tmp_path)).data_lost == "is not there"


def test_an_address_that_was_given_and_is_not_in_use_is_another_devices(tmp_path: Path) -> None:
    """As networkd 257 leaves its files while another host answers for the address."""
    netif = tmp_path / "systemd/netif"
    for name in ("leases", "links"):
        (netif / name).mkdir(parents=True)
    lease, link = netif / "leases/2", netif / "links/2"
    lease.write_text("# private\nADDRESS=192.0.2.7\nNETMASK=255.255.255.0\n")
    link.write_text("ADMIN_STATE=configuring\nIPV4_ADDRESS_STATE=degraded\n")
    minute_ago_s = time.time() - 60
    os.utime(lease, (minute_ago_s, minute_ago_s))
    facts = read_facts(Places(tmp_path, tmp_path))
    assert facts.unused_address == "192.0.2.7" and 50_000 <= facts.unused_ms <= 120_000
    assert [one.kind for one in findings(facts)] == ["address_clash"]
    os.utime(lease)
    assert findings(read_facts(Places(tmp_path, tmp_path))) == (), "it has just been given"
    os.utime(lease, (minute_ago_s, minute_ago_s))
    link.write_text("ADMIN_STATE=configured\nIPV4_ADDRESS_STATE=routable\n")
    assert read_facts(Places(tmp_path, tmp_path)).unused_address == ""
    link.unlink()
    assert read_facts(Places(tmp_path, tmp_path)).unused_address == ""


def test_a_disk_that_is_pulled_out_is_gone(tmp_path: Path) -> None:
    mounts, devices = tmp_path / "mountinfo", tmp_path / "block"
    mounts.write_text(MOUNTS)
    (devices / "253:4").mkdir(parents=True)
    places = Places(Path("/var/lib/centralita"), tmp_path, devices, mounts, tmp_path)
    assert not read_facts(places).data_gone
    (devices / "253:4").rmdir()
    assert "data_gone" in [one.kind for one in findings(read_facts(places))]
