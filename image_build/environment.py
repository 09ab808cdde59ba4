"""The environment a checkout runs in: packages, Python, PJSIP, native parts, prompts, each made once and cached.

Only the standard library may be used here, for on a bare machine there is nothing else yet. Everything made lands in
the cache folder (CENTRALITA_CACHE, else ~/.cache/centralita), outside the checkout and under a name that holds the hash
of what it was made from: a second start finds all of it, another checkout shares it, and a changed recipe makes a new
one. Called by the launcher `centralita`; `main` becomes the real command line at the end.
"""

import fcntl
import hashlib
import os
import platform
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

from image_build.steps import Progress, SetupFailed, as_root, into_place, run, say

CHECKOUT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
PYTHON_TAG = f"cp{sys.version_info.major}{sys.version_info.minor}-{platform.machine()}"
BUILD_TOOLS = ["setuptools==84.2.1", "wheel==0.48.0"]
COMMANDS_FOR_TESTS = {"test", "bench"}
MODEM_MANAGER = "ModemManager.service"
UNITS_COMMANDS = {"switch", "acd", "web", "sync", "kamailio", "backup"}
"""What the units start: with callers waiting, as users who may install nothing."""


def cache_folder() -> Path:
    """Where everything made is kept."""
    named = os.environ.get("CENTRALITA_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "centralita"


def _hash(*parts: str | Path) -> str:
    """A short name for the content of these files, folders and strings."""
    digest = hashlib.sha256(PYTHON_TAG.encode())
    for part in parts:
        if isinstance(part, str):
            digest.update(part.encode())
            continue
        for file in sorted(part.rglob("*")) if part.is_dir() else [part]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Environment:
    """The cached parts this checkout needs, by path; each exists once `make` has returned."""

    cache: Path
    pjsip: Path
    python_env: Path
    native: Path
    prompts: Path
    speech: Path

    @classmethod
    def of_checkout(cls, cache: Path) -> "Environment":
        pjsip = _hash(HERE / "pjsip")
        lock = _hash(HERE / "requirements.lock", pjsip)
        native = _hash(CHECKOUT / "appliance/switch/native", CHECKOUT / "hw/alsa_twin", pjsip)
        prompts = _hash(
            CHECKOUT / "appliance/switch/prompts.py",
            CHECKOUT / "appliance/switch/music.py",
            CHECKOUT / "appliance/acd/prompts.py",
        )
        speech = _hash(CHECKOUT / "appliance/demo/speech.py")
        return cls(
            cache,
            cache / f"pjsip-{pjsip}",
            cache / f"python-{lock}",
            cache / f"native-{native}",
            cache / f"prompts-{prompts}",
            cache / f"speech-{speech}",
        )

    @property
    def python(self) -> Path:
        return self.python_env / "bin" / "python"

    @property
    def test_stamp(self) -> Path:
        return self.python_env / f"tests-{_hash(HERE / 'requirements-test.lock')}"

    @property
    def is_whole(self) -> bool:
        """Nothing has to be built any more (the test tools apart)."""
        parts = (self.pjsip, self.python_env / "complete", self.native, self.prompts, self.speech)
        return all(part.exists() for part in parts)

    def variables(self) -> dict[str, str]:
        """What our processes find in their environment."""
        inherited = os.environ.get("PYTHONPATH")
        return {
            "PYTHONPATH": f"{CHECKOUT}:{inherited}" if inherited else str(CHECKOUT),
            "CENTRALITA_CACHE": str(self.cache),
            "CENTRALITA_NATIVE": str(self.native),
            "CENTRALITA_PJSIP": str(self.pjsip),
            "CENTRALITA_PROMPTS": str(self.prompts),
            "CENTRALITA_SPEECH": str(self.speech),
        }


def missing_packages(needs: list[str]) -> list[str]:
    """Debian packages of these needs that are not installed, by the first name of those that have two."""
    table = tomllib.loads((HERE / "packages.toml").read_text())
    wanted = [name.split(" | ") for need in needs for name in table[need]]
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *(name for names in wanted for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    installed = {line.split()[0] for line in asked.stdout.splitlines() if line.endswith(" installed")}
    return [names[0] for names in wanted if installed.isdisjoint(names)]


def masks(names: list[str], units: Path = Path("/etc/systemd/system")) -> list[list[str]]:
    """Commands that keep services of these packages from starting, now and at any boot, on this machine.

    ModemManager would send commands of its own to every modem in reach, lines of ours among them; the tests need its
    program alone. A machine that has it already is left as it is: somebody uses it.
    """
    if "modemmanager" not in names:
        return []
    return [["mkdir", "-p", f"{units}"], ["ln", "-sfn", "/dev/null", f"{units / MODEM_MANAGER}"]]


def install_packages(names: list[str], log: Path) -> None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(as_root(["apt-get", "update"]), log, quiet)
    for command in masks(names):
        run(as_root(command), log)
    # Kamailio, PostgreSQL and the like must not start by themselves: the box starts what it needs.
    apt = ["apt-get", "install", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", *names]
    run(as_root(["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", *apt]), log)


def _make_pjsip(env: Environment, log: Path) -> None:
    from image_build import pjsip_source  # HTTP takes time to import, and is needed once

    tarball = pjsip_source.fetch(env.cache / "downloads", pjsip_source.pinned_places())
    builder = env.cache / "build-python"
    run([sys.executable, "-m", "venv", "--clear", builder], log)
    run([builder / "bin/pip", "install", "-q", *BUILD_TOOLS], log)
    work = env.cache / "pjsip-work"

    def build(out: Path) -> None:
        run([HERE / "pjsip/build.sh", tarball, work, out], log, {"PYTHON": str(builder / "bin/python")})

    into_place(env.pjsip, build)
    run(["rm", "-rf", work, builder], log)


def _make_python(env: Environment, log: Path) -> None:
    run([sys.executable, "-m", "venv", "--clear", env.python_env], log)
    wheel = next(env.pjsip.glob("pjsua2-*.whl"))
    pip: list[str | Path] = [env.python, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    run([*pip, "-q", *BUILD_TOOLS], log)
    # lgpio's own word for: with its C library, which Debian does not have, in it.
    run([*pip, "--no-build-isolation", "-r", HERE / "requirements.lock", wheel], log, {"PYPI": "1"})
    (env.python_env / "complete").touch()


def _make_test_tools(env: Environment, log: Path) -> None:
    run([env.python, "-m", "pip", "install", "--disable-pip-version-check", "-r", HERE / "requirements-test.lock"], log)
    env.test_stamp.touch()


def _make_native(env: Environment, log: Path) -> None:
    def build(out: Path) -> None:
        run([CHECKOUT / "appliance/switch/native/build.sh", env.pjsip / "include", out], log)
        run([CHECKOUT / "hw/alsa_twin/build.sh", out], log)

    into_place(env.native, build)


def _make_sounds(env: Environment, module: str, target: Path, log: Path) -> None:
    into_place(target, lambda out: run([env.python, "-m", module, "build", out], log, env.variables()))


def make(env: Environment, needs: list[str]) -> None:
    """Make whatever is missing, saying so; nothing and in no time when all is there. Raises SetupFailed."""
    env.cache.mkdir(parents=True, exist_ok=True)
    log = env.cache / "setup.log"
    packages = missing_packages(needs if env.is_whole else [*needs, "build"])
    work = []
    if packages:
        work.append((f"installing {len(packages)} Debian packages", lambda: install_packages(packages, log)))
    if not env.pjsip.exists():
        work.append(
            ("building PJSIP from source, once (about six minutes on two cores)", lambda: _make_pjsip(env, log))
        )
    if not (env.python_env / "complete").exists():
        work.append(("installing the Python packages", lambda: _make_python(env, log)))
    if "test" in needs and not env.test_stamp.exists():
        work.append(("installing the test tools", lambda: _make_test_tools(env, log)))
    if not env.native.exists():
        work.append(("compiling the sound ports", lambda: _make_native(env, log)))
    for module, target, title in (
        ("appliance.switch.prompts", env.prompts, "speaking the prompts"),
        ("appliance.demo.speech", env.speech, "speaking the simulated callers"),
    ):
        if not target.exists():
            work.append((title, lambda module=module, target=target: _make_sounds(env, module, target, log)))  # type: ignore[misc]
    if not work:
        return
    say(f"Preparing this machine: {len(work)} steps, kept in {env.cache} (log: {log})")
    progress = Progress(len(work))
    for title, step in work:
        progress.step(title, step)


def _lock_file(path: Path) -> IO[str]:
    """A service's user may only read what root has made, and reading is enough to lock."""
    try:
        return path.open("w")
    except OSError:
        return path.open()


def main(argv: list[str]) -> NoReturn:
    """Make the environment and become the command line in it. Exit code 3: the set-up failed."""
    env = Environment.of_checkout(cache_folder())
    command = argv[0] if argv else ""
    if not (command in UNITS_COMMANDS and env.is_whole):
        _prepare(env, ["run", "build", "test"] if command in COMMANDS_FOR_TESTS else ["run"])
    os.environ.update(env.variables())
    os.execv(env.python, [str(env.python), "-m", "appliance", *argv])


def _prepare(env: Environment, needs: list[str]) -> None:
    """`make`, one set-up at a time; ends the process with code 3 when it fails."""
    try:
        env.cache.mkdir(parents=True, exist_ok=True)
        with _lock_file(env.cache / "setup.lock") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another set-up is running on this machine: waiting for it …")
                fcntl.flock(lock, fcntl.LOCK_EX)
            make(env, needs)
    except SetupFailed as error:
        say(f"centralita: the set-up stopped: {error}")
        sys.exit(3)
    except OSError as error:
        say(f"centralita: the set-up stopped: {error}. The cache is {env.cache}; is its disk full or read-only?")
        sys.exit(3)


if __name__ == "__main__":
    main(sys.argv[1:])
