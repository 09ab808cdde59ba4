"""Starts a program under what a unit's sandbox forbids, as far as that can be had without systemd as the first process.

`python -m tests.systemd.sandbox UNIT WRITABLE:WRITABLE… -- PROGRAM …`, as root, on Linux 5.12 or later:
- the unit's system calls (SystemCallFilter=, resolved by `systemd-analyze syscall-filter`), address families
  (RestrictAddressFamilies=), no writable and executable memory (MemoryDenyWriteExecute=), no other personality, no new
  namespaces, by a seccomp filter of libseccomp. Where systemd says EPERM, the process is ended here: a call that is
  forbidden is a failure nobody can overlook;
- no capabilities but those of CapabilityBoundingSet=, NoNewPrivileges;
- with PrivateNetwork=, a network of its own; every file system read-only but WRITABLE (ProtectSystem=strict,
  ReadWritePaths=), which stand for the unit's own folders.
What is not tried here: users and groups (tests of folders try those), DevicePolicy=, ProtectProc=, PrivateTmp=.
"""

import ctypes
import ctypes.util
import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.systemd.unit import Unit

_KILL_PROCESS = 0x80000000
_ALLOW = 0x7FFF0000
_ERRNO_EPERM = 0x00050001
_NOT_EQUAL, _EQUAL, _MASKED_EQUAL = 1, 4, 7
_PR_SET_KEEPCAPS, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 8, 24, 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAPABILITY_VERSION_3 = 47, 2, 0x20080522
_NEWNS, _NEWNET = 0x00020000, 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_MOUNT_SETATTR = 442
_RDONLY, _RECURSIVE, _FDCWD = 1, 0x8000, -100
_WRITE_AND_EXECUTE, _EXECUTE = 6, 4
_NEW_NAMESPACES = 0x7E020080
_OF_ROOT = {"fchown"}
"""SQLite and `write_private` give what root makes to its folder's owner; the units' own users never ask for it."""
_REFUSED = {"mbind", "chown"}
"""Answered with EPERM as systemd does, since the caller goes on without: a memory allocator asks for the nearest
memory, and the ACD gives its socket to the group of its folder, which set-group-ID has done already."""
_NOBODY = 65534
_CAP_READ = 2
_LAST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")
_CAPABILITIES = {"CAP_DAC_OVERRIDE": 1, "CAP_DAC_READ_SEARCH": 2, "CAP_FOWNER": 3}

libc = ctypes.CDLL(None, use_errno=True)


class _Argument(ctypes.Structure):
    """struct scmp_arg_cmp of libseccomp."""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


def system_calls(unit: Unit) -> frozenset[str]:
    """Names of the calls that its SystemCallFilter= lines allow: the first list, and what later ones add or take."""
    allowed: set[str] = set()
    for line in unit.values["SystemCallFilter"]:
        taken = line.startswith("~")
        named = {call for word in line.removeprefix("~").split() for call in _resolved(word)}
        allowed = allowed - named if taken else allowed | named
    return frozenset(allowed | set(_resolved("@default")))


def _resolved(word: str) -> list[str]:
    if not word.startswith("@"):
        return [word]
    asked = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager", word], capture_output=True, text=True, check=True
    )
    words = [line.strip() for line in asked.stdout.splitlines()[1:]]
    return [call for word in words if word and not word.startswith("#") for call in _resolved(word)]


def families(unit: Unit) -> tuple[int, ...]:
    words = unit["RestrictAddressFamilies"].split()
    return () if words == ["none"] else tuple(int(getattr(socket, word)) for word in words)


def close_files(writable: list[str]) -> None:
    """Every file system read-only, in a name space of our own, but these folders."""
    _checked(libc.unshare(_NEWNS), "unshare")
    _checked(libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "mount private")
    for path in writable:
        _checked(libc.mount(path.encode(), path.encode(), None, _MS_BIND | _MS_REC, None), f"bind {path}")
    _mount_attributes("/", _RDONLY, 0, _RECURSIVE)
    for path in [*writable, "/dev", "/proc"]:  # /dev: as devices are; what may be written there, the unit's user says
        _mount_attributes(path, 0, _RDONLY, _RECURSIVE)


def _mount_attributes(path: str, set_: int, clear: int, flags: int) -> None:
    attributes = (ctypes.c_uint64 * 4)(set_, clear, 0, 0)
    done = libc.syscall(
        _MOUNT_SETATTR, _FDCWD, path.encode(), flags, ctypes.byref(attributes), ctypes.sizeof(attributes)
    )
    _checked(done, f"mount_setattr {path}")


def drop_capabilities(kept: set[int]) -> None:
    for number in range(int(_LAST_CAPABILITY.read_text()) + 1):
        if number not in kept:
            libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)  # one that was never there cannot be dropped
    _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")


def become_nobody(folders: list[str]) -> None:
    """A user who is not root, and owns these folders; may read all, for where the tests' Python lies is root's."""
    for folder in folders:
        for path in (Path(folder), *Path(folder).rglob("*")):
            os.chown(path, _NOBODY, _NOBODY)
    _checked(libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities")
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _checked(libc.capset(header, (ctypes.c_uint32 * 6)(*[1 << _CAP_READ] * 3, 0, 0, 0)), "capset")
    _checked(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_READ, 0, 0), "ambient")


def filter_calls(unit: Unit) -> None:
    """From now on this process and all it starts."""
    seccomp = ctypes.CDLL(ctypes.util.find_library("seccomp") or "libseccomp.so.2", use_errno=True)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(_KILL_PROCESS))

    def number(name: str) -> int:
        return int(seccomp.seccomp_syscall_resolve_name(name.encode()))

    def allow(name: str, *arguments: _Argument, does: int = _ALLOW) -> None:
        if number(name) >= 0:  # else this machine has no such call
            array = (_Argument * max(1, len(arguments)))(*arguments)
            done = seccomp.seccomp_rule_add_array(
                context, ctypes.c_uint(does), number(name), ctypes.c_uint(len(arguments)), array
            )
            _checked(0 if done == 0 else -1, f"rule of {name}: {done}")

    limited = {"socket", "mmap", "mprotect", "pkey_mprotect", "clone", "unshare", "setns", "personality"}
    for name in sorted(system_calls(unit) - limited | _OF_ROOT):
        allow(name)
    for name in sorted(_REFUSED - system_calls(unit)):
        allow(name, does=_ERRNO_EPERM)
    for family in families(unit):
        allow("socket", _Argument(0, _EQUAL, family, 0))
    for bits in (0, 2, 4):  # of PROT_WRITE and PROT_EXEC: none, or one of them
        allow("mmap", _Argument(2, _MASKED_EQUAL, _WRITE_AND_EXECUTE, bits))
    for name in ("mprotect", "pkey_mprotect"):
        allow(name, _Argument(2, _MASKED_EQUAL, _EXECUTE, 0))
    allow("clone", _Argument(0, _MASKED_EQUAL, _NEW_NAMESPACES, 0))
    allow("unshare", _Argument(0, _MASKED_EQUAL, _NEW_NAMESPACES, 0))
    allow("personality", _Argument(0, _EQUAL, 0, 0))
    done = seccomp.seccomp_load(context)
    _checked(0 if done == 0 else -1, f"the filter: {done}")


def _checked(done: int, what: str) -> None:
    if done != 0:
        raise OSError(ctypes.get_errno(), what)


def main(argv: list[str]) -> None:
    unit = Unit(Path(argv[0]))
    if unit.values.get("PrivateNetwork") == ["yes"]:
        _checked(libc.unshare(_NEWNET), "unshare network")
    as_nobody = unit.values.get("User") == ["centralita-kamailio"]  # which does other things when root starts it
    if as_nobody and os.environ.get("NOTIFY_SOCKET"):
        os.chown(os.environ["NOTIFY_SOCKET"], _NOBODY, _NOBODY)  # systemd's own is there for everybody
    close_files(argv[1].split(":"))
    kept = {_CAPABILITIES[word] for word in unit["CapabilityBoundingSet"].split()}
    drop_capabilities(kept | {_CAP_READ} if as_nobody else kept)
    if as_nobody:
        become_nobody(argv[1].split(":"))
    # Root keeps what it may by its number alone; capabilities are gone at the next exec.
    filter_calls(unit)
    os.execv(argv[3], argv[3:])


if __name__ == "__main__":
    main(sys.argv[1:])
