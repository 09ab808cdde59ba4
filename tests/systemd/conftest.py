"""An installed box's users and folders, for tests of what each unit's user may do with them."""

import os
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).resolve().parent.parent.parent / "systemd"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A root folder with our users and folders, made by systemd's own tools."""
    if os.geteuid() != 0:
        pytest.skip("only root can make folders that belong to others")
    (tmp_path / "etc").mkdir()
    for name in ("passwd", "group", "shadow", "gshadow"):
        (tmp_path / "etc" / name).touch()
    (tmp_path / "etc" / "group").write_text("root:x:0:\ndialout:x:20:\naudio:x:29:\n")
    (tmp_path / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    _run("systemd-sysusers", f"--root={tmp_path}", str(SYSTEMD / "sysusers.conf"))
    _run("systemd-tmpfiles", f"--root={tmp_path}", "--create", str(SYSTEMD / "tmpfiles.conf"))
    tmp_path.chmod(0o755)
    return tmp_path


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
