"""Runs programs in the machine the image is built in: a Debian in a folder, without network and without a trace."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from image_build.steps import run

INSIDE = Path("/build")
"""Where the folders a program is given appear."""


@dataclass(frozen=True)
class Builder:
    """A folder with a Debian; what runs in it sees its own files, what it is given, and no network."""

    root: Path
    epoch_s: int
    log: Path

    def run(
        self,
        argv: list[str],
        given: Mapping[str, Path],
        results: Mapping[str, Path] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Run `argv` with each folder or file of `given` read-only at /build/NAME, each folder of `results` writable.

        Raises SetupFailed with the end of the log.
        """
        root = shlex.quote(str(self.root))
        lines = [
            "set -eu",
            f"mount --bind {root} {root}",
            f"mount -t tmpfs -o mode=755 tmpfs {root}/build",
            f"mount -t proc proc {root}/proc",
            f"mount --rbind /dev {root}/dev",
            f"mount -t tmpfs tmpfs {root}/tmp",
        ]
        for name, path in {**given, **(results or {})}.items():
            inside = f"{root}{INSIDE}/{name}"
            lines.append(f"mkdir -p {inside}" if path.is_dir() else f"mkdir -p $(dirname {inside}); touch {inside}")
            lines.append(f"mount --bind {shlex.quote(str(path))} {inside}")
            if name in given:
                lines.append(f"mount -o remount,bind,ro {inside}")
        values = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/tmp",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "SOURCE_DATE_EPOCH": str(self.epoch_s),
            "E2FSPROGS_FAKE_TIME": str(self.epoch_s),
            "PYTHONDONTWRITEBYTECODE": "1",
            **(env or {}),
        }
        # In a folder of the builder's own, so that nothing is found by chance.
        inner = shlex.join(["env", "-i", *(f"{key}={value}" for key, value in values.items()), *argv])
        lines.append(f"exec chroot {root} sh -c {shlex.quote(f'cd {INSIDE}; umask 022; exec {inner}')}")
        for folder in (self.root / "build",):
            folder.mkdir(exist_ok=True)
        # Its own processes end with it; its mounts are seen by nobody and go with it.
        unshared = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts"]
        run([*unshared, "sh", "-c", "\n".join(lines)], self.log)
