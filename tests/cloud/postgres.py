"""A PostgreSQL server of the test's own on loopback, run by an unprivileged user, that can be killed like a machine.

Its data is a temporary folder."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg

from tests.waiting import wait_for

ADDRESS = "127.0.70.50"
_USER = "postgres"


def binaries() -> Path:
    """The newest installed server's programs; Debian keeps them out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    assert found, "no PostgreSQL server is installed: apt-get install postgresql"
    return found[-1].parent


class Postgres:
    """One cluster. `dsn` connects as its superuser."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.dsn = f"postgresql://{_USER}@{ADDRESS}:{port}/postgres"
        # Not under pytest's folder, which is closed to other users.
        self._folder = Path(tempfile.mkdtemp(prefix="centralita-cloud-"))
        self._data = self._folder / "data"
        self._log = self._folder / "log"
        if os.geteuid() == 0:
            shutil.chown(self._folder, _USER)
        words = [
            "--auth=trust",
            f"--username={_USER}",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "-D",
            str(self._data),
        ]
        self._run([str(binaries() / "initdb"), *words])
        settings = f"listen_addresses='{ADDRESS}'\nport={port}\nunix_socket_directories=''\nshared_buffers=16MB\n"
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(settings)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as_user(), str(binaries() / "postgres"), "-D", str(self._data)],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
            )
        wait_for("PostgreSQL to answer", self._answers, timeout_s=60)

    def kill(self) -> None:
        """kill -9 of the server and all its sessions, as a power cut would."""
        assert self._process is not None
        family = _descendants(self._process.pid)
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(10)
        wait_for("the sessions to be gone", lambda: not any(_lives(pid) for pid in family))
        self._process = None

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        if self._process is not None:
            self.kill()
        shutil.rmtree(self._folder)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query.encode()).fetchall()

    def run(self, statement: str) -> None:
        with psycopg.connect(self.dsn) as connection:
            connection.execute(statement.encode())

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        try:
            psycopg.connect(self.dsn, connect_timeout=10).close()
        except psycopg.OperationalError:
            return False
        return True

    def _as_user(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        user = pwd.getpwnam(_USER)
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]

    def _run(self, argv: list[str]) -> None:
        done = subprocess.run([*self._as_user(), *argv], capture_output=True, text=True, cwd=self._folder, check=False)
        assert done.returncode == 0, done.stderr


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(one for child in children for one in _descendants(int(child)))]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
