"""`./centralita backup …`: what people and the timer run, in the box's language."""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from appliance.backup import placing, recordings
from appliance.backup.contents import BoxFolders
from appliance.backup.create import Made, alone, create
from appliance.backup.errors import BackupError
from appliance.backup.key_file import kept_key, made_key, note_shown, was_shown
from appliance.backup.manifest import Manifest
from appliance.backup.recovery_key import KeyTypo, RecoveryKey, parse
from appliance.backup.restore import Loss, look, restore
from appliance.backup.schedule import found, note_unwanted, run_scheduled
from appliance.backup.status import BACKUP_FOLDER, BackupStatus, read_status, write_status
from appliance.backup.verify import verify
from appliance.backup.words import Language, problem_words, said
from appliance.configuration.file import Configuration, ConfigurationError, read_configuration
from appliance.daemon.code_version import VERSION

TARGET = "centralita.target"
DEFAULT_OWN = Path("/var/lib/centralita") / BACKUP_FOLDER
_Answer = TypeVar("_Answer")


def run(options: argparse.Namespace, config: Path) -> int:
    """0: done; 1: it says what is wrong."""
    verbs: dict[str, Callable[[argparse.Namespace, Path, Language], int]] = {
        "create": _create,
        "key": _key,
        "verify": _verify,
        "list": _list,
        "restore": _restore,
        "finish": _finish,
    }
    language: Language = getattr(options, "language", None) or _language(config)
    try:
        return verbs[options.verb](options, config, language)
    except BackupError as error:
        print(f"centralita: {problem_words(error, language)}", file=sys.stderr)
        return 1


def _create(options: argparse.Namespace, config: Path, language: Language) -> int:
    configuration = read_configuration(config)
    box = BoxFolders.of(config, configuration)
    if options.scheduled and not box.backup.folder:
        note_unwanted(box)
        print(said("not_set_up", language))
        return 0
    with alone(box.own):
        if options.scheduled:
            made = run_scheduled(box, VERSION, _now_utc_ms())
            print(_of_made(made, configuration, language) if made else said("not_due", language))
            return 0
        key = made_key(box.own)
        made = create(box, options.to or Path(box.backup.folder or "."), key, VERSION, _now_utc_ms())
        print(_of_made(made, configuration, language))
        if not was_shown(box.own):
            _show(key, box, language)
        if options.recordings is not None:
            _say_copied(recordings.copy_new(box.recordings, options.recordings), language)
    return 0


def _key(options: argparse.Namespace, config: Path, language: Language) -> int:
    box = BoxFolders.of(config, read_configuration(config))
    key = made_key(box.own)
    _show(key, box, language)
    if options.age:
        print(said("age_key", language), key.age_identity(), sep="\n\n    ")
    return 0


def _show(key: RecoveryKey, box: BoxFolders, language: Language) -> None:
    print(f"\n{said('key', language, key=key.text())}\n")
    note_shown(box.own)
    write_status(box.own, replace(read_status(box.own) or BackupStatus(), key_shown=True))


def _verify(options: argparse.Namespace, config: Path, language: Language) -> int:
    box = _box_or_none(config)
    folder = box.own if box is not None and os.access(box.own, os.W_OK) else Path(tempfile.gettempdir())
    manifest = _with_key(options.key, box, lambda key: verify(options.file, key, folder))
    print(_what(manifest, language))
    print(said("good", language, path=options.file, files=len(manifest.members)))
    return 0


def _list(options: argparse.Namespace, config: Path, language: Language) -> int:
    configuration = read_configuration(config)
    box = BoxFolders.of(config, configuration)
    folder = options.folder or Path(box.backup.folder or ".")
    backups = found(folder, box.name)
    if not backups:
        print(said("none", language, box=box.name, path=folder))
    for at, path in backups:
        size = _megabytes(path.stat().st_size)
        print(said("list_line", language, made=_clock(at, configuration), size=size, path=path))
    return 0


def _restore(options: argparse.Namespace, config: Path, language: Language) -> int:
    box = _box_or_none(config)
    now = _now_utc_ms()

    def try_key(key: RecoveryKey) -> tuple[RecoveryKey, Loss]:
        return key, look(options.file, key, box, now)

    key, loss = _with_key(options.key, box, try_key)
    _say_loss(loss, box, language)
    if loss.calls is None and not options.force:
        raise BackupError("unknown_calls")
    if loss.calls and not options.force:
        raise BackupError("newer_calls", {"calls": str(loss.calls)})
    with _stopped(Path(loss.manifest.run_dir), box) as was_running:
        own = Path(loss.manifest.data_dir) / BACKUP_FOLDER
        own.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        with alone(own):
            restore(options.file, key, config, now)
            print(said("restored", language))
            if options.recordings is not None:
                target = Path(loss.manifest.data_dir) / "recordings"
                _say_copied(recordings.put_back(options.recordings, target), language)
    if not was_running:
        print(said("start_it", language))
    return 0


def _say_loss(loss: Loss, box: BoxFolders | None, language: Language) -> None:
    manifest = loss.manifest
    made = _clock(manifest.made_utc_ms, None)
    print(_what(manifest, language))
    if box is not None and not loss.same_box:
        print(said("other_box", language, theirs=manifest.box, ours=box.name))
    key = "lost" if loss.calls is not None else "lost_unknown"
    print(said(key, language, made=made, minutes=loss.minutes, calls=loss.calls))
    if not loss.calls:
        print(said("lost_elsewhere", language))
    sys.stdout.flush()


def _finish(_options: argparse.Namespace, config: Path, language: Language) -> int:
    if finish_pending(config):
        print(said("finished", language))
    return 0


def finish_pending(config: Path) -> bool:
    """Finish a restore that was cut off, if one was. The configuration may be the old one, the new one, or (between the
    two) not there: then the folder is the usual one. Raises BackupError."""
    box = _box_or_none(config)
    return placing.finish(box.own if box is not None else DEFAULT_OWN)


@contextmanager
def _stopped(run_dir: Path, box: BoxFolders | None) -> Iterator[bool]:
    """The box of the units is stopped meanwhile and started again whatever happens; True when it was running. Raises
    BackupError when a box runs that nobody here may stop."""
    units = os.geteuid() == 0 and Path("/run/systemd/system").is_dir() and _systemctl("is-active", "--quiet") == ""
    if units:
        problem = _systemctl("stop")
        if problem:
            raise BackupError("stop_failed", {"reason": problem})
    try:
        for folder in {run_dir, *([box.run_dir] if box is not None else [])}:
            if any(_answers(folder / name) for name in ("acd.sock", "switch.sock")):
                raise BackupError("running")
        yield units
    finally:
        if units:
            _systemctl("start")


def _systemctl(*words: str) -> str:
    """What it said when it failed; "" when it did not."""
    done = subprocess.run(["systemctl", *words, TARGET], capture_output=True, text=True, check=False, timeout=120)
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit code {done.returncode}"


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2.0)
        try:
            probe.connect(str(path))
            return True
        except TimeoutError:
            return True
        except OSError:
            return False


def _with_key(typed: str | None, box: BoxFolders | None, use: Callable[[RecoveryKey], _Answer]) -> _Answer:
    """`use` with the key that was typed; else with this box's; else, or when that does not open the file, with one that
    is asked for. Raises BackupError."""
    if typed is not None:
        return use(_parsed(typed))
    kept = kept_key(box.own) if box is not None else None
    if kept is not None:
        try:
            return use(kept)
        except BackupError as error:
            if error.code != "wrong_key" or not sys.stdin.isatty():
                raise
    if sys.stdin.isatty():
        print("XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX: ", end="", flush=True)
    asked = sys.stdin.readline().strip()
    if not asked:
        raise BackupError("no_key")
    return use(_parsed(asked))


def _parsed(text: str) -> RecoveryKey:
    try:
        return parse(text)
    except KeyTypo as typo:
        if typo.groups:
            raise BackupError("key_typo", {"groups": ", ".join(map(str, typo.groups))}) from typo
        raise BackupError("key_length", {"found": str(typo.found)}) from typo


def _of_made(made: Made, configuration: Configuration, language: Language) -> str:
    store = made.manifest.store
    ended, size = _clock(store.last_ended_utc_ms, configuration), _megabytes(made.size)
    return said(
        "made", language, path=made.path, size=size, calls=store.calls, last=store.last_call or "—", ended=ended
    )


def _what(manifest: Manifest, language: Language) -> str:
    store = manifest.store
    return said(
        "what",
        language,
        box=manifest.box,
        made=_clock(manifest.made_utc_ms, None),
        program=manifest.program,
        calls=store.calls,
        last=store.last_call or "—",
        ended=_clock(store.last_ended_utc_ms, None),
    )


def _say_copied(copied: recordings.Copied, language: Language) -> None:
    size = _megabytes(copied.bytes)
    print(said("recordings", language, copied=copied.copied, size=size, there=copied.there))
    if copied.wrong:
        names = ", ".join(copied.wrong[:20])
        print(said("recordings_wrong", language, names=names), file=sys.stderr)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f}"


def _clock(utc_ms: int, configuration: Configuration | None) -> str:
    """In the office's zone; without its configuration in UTC, and saying so."""
    if not utc_ms:
        return "—"
    zone = ZoneInfo(configuration.box.time_zone) if configuration is not None else ZoneInfo("UTC")
    return datetime.fromtimestamp(utc_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def _now_utc_ms() -> int:
    return time.time_ns() // 1_000_000


def _language(config: Path) -> Language:
    """The box's; Spanish on a machine that has no configuration yet."""
    try:
        return read_configuration(config).box.language
    except ConfigurationError:
        return "es"


def _box_or_none(config: Path) -> BoxFolders | None:
    """None on a machine without a configuration, or with one this version refuses: what is restored brings its own."""
    try:
        return BoxFolders.of(config, read_configuration(config))
    except ConfigurationError:
        return None
