"""The one file of a backup: a gzipped tar of named members, encrypted by age, written and read as a stream.

age (age-encryption.org/v1, by the library pyrage) authenticates each 64 KiB before any of it is given out and knows the
last one, so a file that was cut short, changed or put together anew is refused. What is in the tar stands in its first
member, the manifest, with sizes and SHA-256 sums. Whoever has the program age and the key's other form (`backup key
--age`) opens it without this product: `age -d -i key.txt FILE | tar xz`.

Memory: a few hundred kB, whatever the size. The library pushes and tarfile pulls, so a pipe and a thread are between.
"""

import gzip
import hashlib
import io
import os
import tarfile
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, TypeVar

import msgspec
import pyrage

from appliance.backup.errors import BackupError, of_disk
from appliance.backup.manifest import FORMAT, MANIFEST_NAME, MAX_MANIFEST_BYTES, Manifest, Member
from appliance.backup.recovery_key import RecoveryKey

CHUNK_BYTES = 1 << 18
_Answer = TypeVar("_Answer")
Source = Callable[[Member], BinaryIO]
"""Opens the content of a member, which is as long as the member says."""
Sink = Callable[[Member, BinaryIO], None]
"""Takes the content of a member, all of it; what it is given raises when the archive is damaged."""


class _Watched(io.RawIOBase):
    """A file whose own errors are remembered: the library tells them as its own, without their number."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        with self._remembering():
            return self._file.read(size)

    def write(self, content: bytes) -> int:  # type: ignore[override]
        with self._remembering():
            return self._file.write(content)

    def flush(self) -> None:
        with self._remembering():
            self._file.flush()

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.error = error
            raise


def write_archive(target: BinaryIO, where: Path, key: RecoveryKey, manifest: Manifest, source: Source) -> None:
    """Everything of the manifest to `target`. Raises BackupError: `where` is its name in the message."""
    identity = pyrage.x25519.Identity.from_str(key.age_identity())
    pull, push = os.pipe()
    failed: list[BaseException] = []

    def produce() -> None:
        try:
            with (
                os.fdopen(push, "wb") as raw,
                gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0) as packed,
            ):
                _write_tar(packed, manifest, source)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=produce, name="backup-pack", daemon=True)
    watched = _Watched(target)
    with os.fdopen(pull, "rb") as packed:
        thread.start()
        try:
            pyrage.encrypt_io(packed, watched, [identity.to_public()])
        except (pyrage.EncryptError, OSError) as error:
            packed.close()
            thread.join()
            raise of_disk(watched.error or OSError(str(error)), where) from error
    thread.join()
    if failed:
        why = failed[0]
        raise of_disk(why, Path(str(why.filename or where))) if isinstance(why, OSError) else why


def _write_tar(packed: gzip.GzipFile, manifest: Manifest, source: Source) -> None:
    with tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        head = msgspec.json.encode(manifest)
        tar.addfile(_tar_entry(MANIFEST_NAME, len(head), manifest.made_utc_ms), io.BytesIO(head))
        for member in manifest.members:
            with source(member) as content:
                try:
                    tar.addfile(_tar_entry(member.name, member.size, manifest.made_utc_ms), content)
                except OSError as error:
                    if "unexpected end of data" in str(error):
                        raise BackupError("changed_meanwhile", {"path": member.name}) from error
                    raise


def _tar_entry(name: str, size: int, made_utc_ms: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, made_utc_ms // 1000
    return entry


def read_manifest(path: Path, key: RecoveryKey) -> Manifest:
    """Only the first member: what the backup says of itself. Raises BackupError."""
    return _reading(path, key, lambda tar: _manifest_of(tar, path), whole=False)


def read_archive(path: Path, key: RecoveryKey, sink: Callable[[Manifest], Sink]) -> Manifest:
    """Everything, each member's length and sum compared with the manifest. Raises BackupError; what the sink was given
    before is then worth nothing."""

    def read(tar: tarfile.TarFile) -> Manifest:
        manifest = _manifest_of(tar, path)
        take = sink(manifest)
        for member in manifest.members:
            entry = tar.next()
            if entry is None or entry.name != member.name or entry.size != member.size or not entry.isreg():
                raise _damaged(path)
            content = tar.extractfile(entry)
            assert content is not None
            summed = _Summed(content)
            take(member, summed)  # type: ignore[arg-type]
            if summed.digest.hexdigest() != member.sha256:
                raise BackupError("sum_differs", {"path": str(path), "member": member.name})
        if tar.next() is not None:
            raise _damaged(path)
        return manifest

    return _reading(path, key, read, whole=True)


def skim(_member: Member, content: BinaryIO) -> None:
    """A sink that only reads."""
    while content.read(CHUNK_BYTES):
        pass


class _Summed(io.RawIOBase):
    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        found = self._content.read(size)
        self.digest.update(found)
        return found


def _reading(path: Path, key: RecoveryKey, read: Callable[[tarfile.TarFile], _Answer], *, whole: bool) -> _Answer:
    """What `read` makes of the tar, and only if all of the file was good (`whole`) up to its end."""
    identity = pyrage.x25519.Identity.from_str(key.age_identity())
    try:
        file = path.open("rb")
    except OSError as error:
        raise of_disk(error, path) from error
    pull, push = os.pipe()
    failed: list[Exception] = []
    watched = _Watched(file)

    def decrypt() -> None:
        with file, suppress(BrokenPipeError), os.fdopen(push, "wb", buffering=0) as raw:
            try:
                pyrage.decrypt_io(watched, raw, [identity])
            except (pyrage.DecryptError, OSError) as error:
                if not isinstance(error, BrokenPipeError):
                    failed.append(error)

    thread = threading.Thread(target=decrypt, name="backup-unseal", daemon=True)
    thread.start()
    problem: Exception | None = None
    answer: _Answer | None = None
    with os.fdopen(pull, "rb") as sealed:
        try:
            with gzip.GzipFile(fileobj=sealed, mode="rb") as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
                answer = read(tar)
                if whole:
                    while packed.read(CHUNK_BYTES):
                        pass
            while whole and sealed.read(CHUNK_BYTES):
                pass
        except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, msgspec.DecodeError) as error:
            problem = error
            _drain(sealed)
        finally:
            sealed.close()
            thread.join()
    if failed and not (problem is None and not whole):
        raise _why_not_opened(path, failed[0], watched.error) from failed[0]
    if problem is not None or answer is None:
        raise _damaged(path) from problem
    return answer


def _drain(sealed: BinaryIO) -> None:
    """So that the thread comes to its own error, which says more than the end of the stream."""
    while sealed.read(CHUNK_BYTES):
        pass


def _why_not_opened(path: Path, error: Exception, of_file: OSError | None) -> BackupError:
    if of_file is not None:
        return of_disk(of_file, path)
    if "No matching keys" in str(error):
        return BackupError("wrong_key", {"path": str(path)})
    try:
        begins = path.open("rb").read(21)
    except OSError as gone:
        return of_disk(gone, path)
    return _damaged(path) if begins == b"age-encryption.org/v1" else BackupError("not_a_backup", {"path": str(path)})


def _damaged(path: Path) -> BackupError:
    return BackupError("damaged", {"path": str(path)})


def _manifest_of(tar: tarfile.TarFile, path: Path) -> Manifest:
    entry = tar.next()
    if entry is None or entry.name != MANIFEST_NAME or entry.size > MAX_MANIFEST_BYTES:
        raise BackupError("not_a_backup", {"path": str(path)})
    content = tar.extractfile(entry)
    assert content is not None
    head = content.read()
    if msgspec.json.decode(head, type=_Format).format > FORMAT:
        raise BackupError("newer_format", {"path": str(path)})
    return msgspec.json.decode(head, type=Manifest)


class _Format(msgspec.Struct):
    format: int
