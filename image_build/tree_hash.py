"""One number for a whole root file system: names, kinds, owners, rights, times and contents, in the order of names."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path


def listing(root: Path) -> Iterator[str]:
    """A line an entry: kind, rights, owner, group, time, what is in it, path. The same tree gives the same lines."""
    for folder, folders, files in os.walk(root, followlinks=False):
        folders.sort()
        for name in sorted([*folders, *files]):
            path = Path(folder, name)
            about = path.lstat()
            yield " ".join(
                [
                    stat.filemode(about.st_mode),
                    f"{about.st_uid}:{about.st_gid}",
                    str(int(about.st_mtime)),
                    _content(path, about),
                    path.relative_to(root).as_posix(),
                ]
            )


def _content(path: Path, about: os.stat_result) -> str:
    if stat.S_ISREG(about.st_mode):
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    if stat.S_ISLNK(about.st_mode):
        return f"->{path.readlink()}"
    if stat.S_ISCHR(about.st_mode) or stat.S_ISBLK(about.st_mode):
        return f"{os.major(about.st_rdev)},{os.minor(about.st_rdev)}"
    return "-"


def tree_hash(root: Path) -> str:
    """SHA-256 of the listing; links to directories are entries, not ways in."""
    digest = hashlib.sha256()
    for line in sorted(listing(root)):
        digest.update(line.encode("utf-8", "surrogateescape") + b"\n")
    return digest.hexdigest()
