"""`./centralita update …`: what people, timers and the plugged-in stick run on a box, as root."""

import argparse
import fcntl
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from appliance.configuration.file import ConfigurationError, read_configuration
from appliance.daemon.control_client import CommandRefused, ControlClient, ControlUnavailable
from appliance.update import installing
from appliance.update.errors import UpdateError
from appliance.update.judging import judge
from appliance.update.start_file import COMMAND_LINE, StartFile, running_slot
from appliance.update.start_memory import MemoryDamaged, Slot, StartMemory, other, switched
from appliance.update.state import FOLDER, UpdateState, read_state, write_state
from appliance.update.switching import Quiet, is_busy, restart
from appliance.update.words import Language, problem_words, said

LOOK_EVERY_S = 2.0
BUNDLES = "*.raucb"

log = logging.getLogger(__name__)


def run(options: argparse.Namespace, config: Path) -> int:
    """0: done; 1: it says what is wrong."""
    verbs: dict[str, Callable[[argparse.Namespace, Path, Language], int]] = {
        "status": _status,
        "check": _check,
        "install": _install,
        "switch": _switch,
        "tick": _tick,
        "stick": _stick,
        "judge": _judge,
    }
    language: Language = getattr(options, "language", None) or _language(config)
    try:
        return verbs[options.verb](options, config, language)
    except UpdateError as error:
        problem = error
    except MemoryDamaged:
        problem = UpdateError("no_box")
    except (OSError, subprocess.SubprocessError) as error:
        problem = UpdateError("start_memory", {"reason": str(error)})
    print(f"centralita: {problem_words(problem, language)}", file=sys.stderr)
    return 1


def _status(_options: argparse.Namespace, _config: Path, language: Language) -> int:
    box, slot, memory = _here()
    state = read_state()
    print(said("running", language, version=box.version, slot=slot))
    print(said("judged" if memory.root(slot).state == "good" else "unjudged", language))
    if state.installed:
        print(said("installed", language, version=state.installed))
    if state.wanted_utc_ms:
        print(said("waiting", language))
    if state.problem:
        print(said("last", language, problem=problem_words(UpdateError(state.problem, state.values), language)))
    return 0


def _check(options: argparse.Namespace, _config: Path, language: Language) -> int:
    with _alone():
        bundle, path = installing.look(options.what, FOLDER, installing.running(), force=options.force_downgrade)
        path.unlink(missing_ok=True)
    print(said("good", language, version=bundle.version))
    return 0


def _install(options: argparse.Namespace, _config: Path, language: Language) -> int:
    with _alone():
        version = _installed(options.what, force=options.force_downgrade)
    print(said("installed", language, version=version))
    if options.now:
        return _switch(options, _config, language)
    if not options.no_switch:
        write_state(replace(read_state(), wanted_utc_ms=_now_utc_ms()))
        print(said("waiting", language))
    return 0


def _installed(what: str, *, force: bool) -> str:
    """Raises UpdateError. What was installed before in the other root is gone from the moment RAUC begins."""
    box, slot, memory = _here()
    if memory.root(slot).state != "good":
        raise UpdateError("not_judged")
    bundle, path = installing.look(what, FOLDER, box, force=force)
    write_state(replace(read_state(), installed="", wanted_utc_ms=0))
    try:
        installing.install(what, path)
    except UpdateError as error:
        write_state(replace(read_state(), problem=error.code, values=error.values))
        raise
    write_state(replace(read_state(), installed=bundle.version, problem="", values={}))
    return bundle.version


def _switch(options: argparse.Namespace, _config: Path, language: Language) -> int:
    state = _switchable()
    if options.now:
        _begin(state, language)
    else:
        write_state(replace(state, wanted_utc_ms=_now_utc_ms()))
        print(said("waiting", language))
    return 0


def _switchable() -> UpdateState:
    _box, slot, memory = _here()
    state = read_state()
    if not state.installed:
        raise UpdateError("nothing_installed")
    if memory.root(slot).state != "good":
        raise UpdateError("not_judged")
    return state


def _begin(state: UpdateState, language: Language) -> None:
    """The state is written before the memory: cut off between the two, the box starts what it ran, and says that the
    other one did not start, which can be wished again."""
    _box, slot, memory = _here()
    write_state(replace(state, wanted_utc_ms=0, trying=state.installed, problem="", values={}))
    StartFile().write(switched(memory, other(slot)))
    print(said("switching", language, version=state.installed), flush=True)
    restart()


def _tick(options: argparse.Namespace, config: Path, language: Language) -> int:
    if not read_state().wanted_utc_ms:
        return 0
    state = _switchable()
    quiet = Quiet(wanted_at_s=state.wanted_utc_ms / 1000)
    end = time.monotonic() + options.quiet_for
    while time.monotonic() < end:
        if quiet.feed(time.time(), busy=_busy(config)):
            with _alone():
                _begin(state, language)
            return 0
        time.sleep(LOOK_EVERY_S)
    return 0


def _busy(config: Path) -> bool:
    try:
        run_dir = Path(read_configuration(config).box.run_dir)
        return is_busy(ControlClient(run_dir / "acd.sock").status())
    except ConfigurationError:
        return False
    except (ControlUnavailable, CommandRefused) as error:
        log.warning("nobody is asked whether there are calls: %s", error)
        return False


def _stick(options: argparse.Namespace, _config: Path, language: Language) -> int:
    """The newest bundle on a stick, once: it may stay plugged in."""
    found = sorted(options.folder.glob(BUNDLES), key=lambda path: path.stat().st_mtime)
    if not found:
        return 0
    about = found[-1].stat()
    mark = f"{found[-1].name} {about.st_size} {int(about.st_mtime)}"
    if read_state().taken == mark:
        return 0
    with _alone():
        write_state(replace(read_state(), taken=mark))
        try:
            version = _installed(str(found[-1]), force=False)
        except UpdateError as error:
            if error.code == "not_judged":
                write_state(replace(read_state(), taken=""))
            else:
                write_state(replace(read_state(), problem=error.code, values=error.values))
            raise
        write_state(replace(read_state(), wanted_utc_ms=_now_utc_ms()))
    print(said("installed", language, version=version))
    return 0


def _judge(options: argparse.Namespace, config: Path, language: Language) -> int:
    return judge(config, options.limit, language)


def _here() -> tuple[installing.Running, Slot, StartMemory]:
    slot = running_slot(COMMAND_LINE.read_text())
    return installing.running(), slot, StartFile().read(slot)


@contextmanager
def _alone() -> Iterator[None]:
    """One installation at a time. Raises UpdateError."""
    FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UpdateError("busy") from error
        yield


def _language(config: Path) -> Language:
    try:
        return read_configuration(config).box.language
    except ConfigurationError:
        return "es"


def _now_utc_ms() -> int:
    return time.time_ns() // 1_000_000
