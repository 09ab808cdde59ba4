"""Runs a function as one of our Unix users inside a root folder of a test, as systemd would start a unit."""

import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.systemd.unit import Unit


class InstalledBox:
    """A folder with the users and folders of an installed box, as systemd-sysusers and systemd-tmpfiles made them."""

    def __init__(self, root: Path, systemd: Path) -> None:
        self.root = root
        self._systemd = systemd

    def run(self, service: str, work: Callable[[], None]) -> None:
        """`work` in a process with the user, groups and umask of this unit (`root`: as root). Fails when it raises."""
        child = self._fork(service, work)
        _, status = os.waitpid(child, 0)
        assert status == 0, f"{service}: see its traceback above"

    @contextmanager
    def running(self, service: str, begin: Callable[[], Callable[[], None]]) -> Iterator[None]:
        """As `run`, with `begin` done before the body and what it returns after it."""
        ready, say_ready = os.pipe()
        told_to_end, end = os.pipe()

        def work() -> None:
            os.close(end)
            finish = begin()
            os.write(say_ready, b"r")
            os.read(told_to_end, 1)
            finish()

        child = self._fork(service, work)
        os.close(say_ready)
        os.close(told_to_end)
        try:
            assert os.read(ready, 1) == b"r", f"{service}: see its traceback above"
            yield
        finally:
            os.close(end)
            os.close(ready)
            _, status = os.waitpid(child, 0)
        assert status == 0, f"{service}: see its traceback above"

    def _fork(self, service: str, work: Callable[[], None]) -> int:
        user, group, groups = (0, 0, [0]) if service == "root" else self._identity(service)
        child = os.fork()
        if child:
            return child
        try:
            os.chroot(self.root)
            os.chdir("/")
            os.setgroups(groups)
            os.setresgid(group, group, group)
            os.setresuid(user, user, user)
            os.umask(0o027)
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _identity(self, service: str) -> tuple[int, int, list[int]]:
        """User, group and all groups that systemd gives to the process of a unit."""
        unit = Unit(self._systemd / f"centralita-{service}.service")
        lines = (self.root / "etc/group").read_text().splitlines()
        numbers = {line.split(":")[0]: int(line.split(":")[2]) for line in lines}
        of_user = {line.split(":")[0] for line in lines if unit["User"] in line.split(":")[3].split(",")}
        more = set(" ".join(unit.values.get("SupplementaryGroups", [])).split())
        passwords = (self.root / "etc/passwd").read_text().splitlines()
        user = next(int(line.split(":")[2]) for line in passwords if line.startswith(f"{unit['User']}:"))
        names = {unit["Group"]} | of_user | more
        return user, numbers[unit["Group"]], sorted(numbers[name] for name in names)
