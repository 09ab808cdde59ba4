"""Makes Kamailio's configuration and databases out of the office's, and says how Kamailio is started.

Kamailio is the only part that talks SIP with the outside: it registers phones, proves who they are, keeps floods and
guessers away, and hands calls to the switch with two headers the switch can trust, since what comes from outside under
these names is removed:

    X-Centralita-Line: <line name>            a call from that trunk
    X-Centralita-Station: <extension>         a call from that phone, its password proved (star codes, dialling)

The switch calls `sip:<extension>@<realm>` for a station, through `sip:<inside>:<inside_port>;lr`, from its own port
only. What its lines send (calls, registrations, questions whether a host lives) goes through
`sip:line.<name>@<inside>:<inside_port>;lr`, and on to the line's hosts in the order the switch tells over the
connection of `registrar_client`; who is registered is told there, too. Names are resolved and passwords known in the
switch alone: a name server that is silent stops no SIP here, and a proxy that answered challenges would have to falsify
sequence numbers.
"""

import grp
import hashlib
import logging
import os
import pwd
import re
import shutil
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

from appliance.configuration.file import Configuration, ConfigurationError, Line, Station

LINE_HEADER = "X-Centralita-Line"
STATION_HEADER = "X-Centralita-Station"

log = logging.getLogger(__name__)

_TEMPLATE = Path(__file__).with_name("kamailio.cfg.in")
_WATCHER = Path(__file__).with_name("kamailio_watch.py")
_SCHEMAS = Path("/usr/share/kamailio/db_sqlite")
"""The tables as the installed Kamailio wants them: its package brings them."""
_SHARED_MEMORY_MB = 64
"""Transactions are kept for 5 s after their end: at 60 calls a second, 16 MB were full and calls were refused with
500. What is not used is not touched, so an idle Kamailio is no larger."""
_PRIVATE_MEMORY_MB = 4
_SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_TLS_NAMES = """$var(of) = $var(out);
        if ($avp(line) != $null) { $var(of) = $avp(line); }
        $xavp(tls=>server_name) = $sht(named=>$var(of));
        $xavp(tls[0]=>server_id) = $var(of);"""
"""A line's connection has the line's authorities, and asks for the name it is to prove."""
_TLS_REPLIES = """# What a host of a TLS line answers counts when its certificate is one the switch has proved. This is
# for connections we have opened, to its own port: on one the carrier has opened it shows none, and is asked for nothing
# but what belongs to the calls it has sent there.
reply_route {
    if ($proto != "tls") { return; }
    $var(place) = $si + ":" + $sp;
    if ($sht(shown=>$var(place)) == $null) { return; }
    $var(of) = $sht(shown=>$var(place));
    $var(peer) = $tls_peer_raw_cert;
    $var(certificate) = $(var(peer){s.sha256});
    if ($sht(cert=>$var(of)) == $null || !in_list("$var(certificate)", "$sht(cert=>$var(of))", " ")) {
        xlog("L_WARN", "line $var(of): $si:$sp shows a certificate that has not been proved; not listened to\\n");
        tcp_close_connection();
        drop;
    }
    $sht(proved=>$var(place)) = $conid;
}"""
_TLS_CALLERS = """if ($var(line) != 0 && $sht(certified=>$var(line)) != $null) {
        $var(peer) = $tls_peer_raw_cert;
        $var(certificate) = $(var(peer){s.sha256});
        if ($sht(cert=>$var(line)) == $null || !in_list("$var(certificate)", "$sht(cert=>$var(line))", " ")) {
            route(NOT_PROVED);
            if ($var(shown) == "true" && $sht(cert=>$var(line)) != $null) { $var(outdated) = 1; }
            $var(line) = 0;
        }
    }"""
"""A connection the carrier has opened is the line's when it shows a certificate that a host of the line has proved; on
one that we have opened the host shows the same. One that shows another than is proved now may be of before the carrier
renewed its certificate, and would show the old one for ever."""
_UNPRIVILEGED_USER = "kamailio"
"""Made by Kamailio's package. Under systemd the unit's own user is used instead."""


@dataclass(frozen=True)
class KamailioCommand:
    """How to start Kamailio in the foreground; it ends cleanly on SIGTERM and logs to stderr."""

    argv: tuple[str, ...]

    def watched(self, configuration: Configuration) -> list[str]:
        """The argv that starts it under who tells systemd whether it answers (kamailio_watch.py)."""
        sip = configuration.sip
        places = [f"{kind}:{sip.listen}:{sip.port}" for kind in ("udp", "tcp")]
        # Without the packages of this environment: Kamailio's watcher stays, and needs none of them.
        watcher = [sys.executable, "-I", "-S", str(_WATCHER)]
        return [*watcher, *places, f"udp:{sip.inside}:{sip.inside_port}", "--", *self.argv]


@dataclass(frozen=True)
class Limits:
    """What a phone or a stranger may do. The defaults are the product's; tests shorten the times."""

    wrong_passwords: int = 10
    ban_s: int = 300
    requests_in_2_s: int = 60
    """From one address that is neither a trunk's nor a registered phone's."""
    min_expires_s: int = 60
    host_answers_ms: int = 3_000
    """A host of a carrier says something within this, or the next is asked."""
    contacts_written_every_s: int = 5
    """After a kill -9, registrations younger than this are forgotten until the phone repeats them."""


def prepare(configuration: Configuration, limits: Limits | None = None) -> KamailioCommand:
    """Write `<run_dir>/kamailio/` and, if it is not there, `<data_dir>/kamailio/contacts.sqlite3`.

    Raises ConfigurationError when Kamailio is not installed, a TLS certificate is missing or a folder cannot be made.
    """
    program = shutil.which("kamailio", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None or not _SCHEMAS.is_dir():
        raise ConfigurationError(
            "Kamailio is not installed. Install the packages kamailio, kamailio-sqlite-modules, "
            "kamailio-extra-modules and kamailio-tls-modules."
        )
    run_folder = _folder(configuration.box.run_dir, "run_dir")
    data_folder = _folder(configuration.box.data_dir, "data_dir")
    subscribers = run_folder / "subscribers.sqlite3"
    contacts = data_folder / "contacts.sqlite3"
    made = [_write_subscribers(subscribers, configuration), _keep_contacts(contacts), run_folder / "kamailio.cfg"]
    if configuration.sip.tls_port:
        made.append(_write_tls(run_folder / "tls.cfg", Path(configuration.box.data_dir) / "tls", configuration.line))
    _write_private(run_folder / "kamailio.cfg", render(configuration, limits or Limits()))
    argv = [program, "-DD", "-E", "-f", str(run_folder / "kamailio.cfg"), "-Y", str(run_folder)]
    argv += ["-m", str(_SHARED_MEMORY_MB), "-M", str(_PRIVATE_MEMORY_MB)]
    return KamailioCommand((*argv, *_become_unprivileged(run_folder, data_folder, made)))


def render(configuration: Configuration, limits: Limits) -> str:
    """The text of kamailio.cfg. What comes from the configuration was proved by `rules.check`, so nothing is quoted."""
    sip, run_folder = configuration.sip, f"{configuration.box.run_dir}/kamailio"
    words = {
        "REALM": sip.realm,
        "LISTEN": sip.listen,
        "PORT": str(sip.port),
        "INSIDE": sip.inside,
        "INSIDE_PORT": str(sip.inside_port),
        "SWITCH_PORT": str(sip.switch_port),
        "EVENTS_PORT": str(sip.events_port),
        "TLS_LISTEN": f"listen=tls:{sip.listen}:{sip.tls_port}\nenable_tls=yes" if sip.tls_port else "",
        "TLS_MODULE": (
            f'loadmodule "tls.so"\nmodparam("tls", "config", "{run_folder}/tls.cfg")\n'
            'modparam("tls", "xavp_cfg", "tls")'
            if sip.tls_port
            else ""
        ),
        "TLS_PORT": str(sip.tls_port),
        "TLS_NAMES": _TLS_NAMES if sip.tls_port else "",
        "TLS_CALLERS": _TLS_CALLERS if sip.tls_port else "",
        "TLS_REPLIES": _TLS_REPLIES if sip.tls_port else "",
        "CONTACTS": f"{configuration.box.data_dir}/kamailio/contacts.sqlite3",
        "SUBSCRIBERS": f"{run_folder}/subscribers.sqlite3",
        "CONTACTS_WRITTEN_EVERY_S": str(limits.contacts_written_every_s),
        "MIN_EXPIRES_S": str(limits.min_expires_s),
        "REQUESTS_IN_2_S": str(limits.requests_in_2_s),
        "BAN_S": str(limits.ban_s),
        "WRONG_PASSWORDS": str(limits.wrong_passwords),
        "HOST_ANSWERS_MS": str(limits.host_answers_ms),
        "TABLES": "\n".join(_tables(configuration)) or "    return;",
    }
    return re.sub(r"@([A-Z0-9_]+)@", lambda found: words[found[1]], _TEMPLATE.read_text())


def _tables(configuration: Configuration) -> list[str]:
    """What Kamailio looks up: which address is which line, which extension is a phone, and where fixed ones are."""
    lines = [line for line in configuration.line if line.driver == "sip"]
    trunks = [f'    $sht(trunk=>{_trunk_key(line)}) = "{line.name}";' for line in lines if line.address]
    trunks += [f'    $sht(line=>{line.name}) = "1";' for line in lines]
    trunks += [f'    $sht(secure=>{line.name}) = "1";' for line in lines if line.transport == "tls"]
    trunks += [f'    $sht(certified=>{line.name}) = "1";' for line in lines if line.peer_certificate == "required"]
    trunks += [f'    $sht(user=>{line.user}) = "{line.name}";' for line in lines if line.registrar]
    # Nobody asks for the host of a line that has an address alone: it is known before the first call.
    alone = [line for line in lines if not (line.registrar or line.hosts)]
    trunks += [f'    $sht(hosts=>{line.name}) = "{_host_uri(line)}";' for line in alone]
    phones = [station for station in configuration.station if station.kind == "sip"]
    known = [f'    $sht(phone=>{station.extension}) = "{station.name}";' for station in phones]
    fixed = [f'    $sht(fixed=>{station.extension}) = "{station.contact}";' for station in phones if station.contact]
    return trunks + known + fixed


def _host_uri(line: Line) -> str:
    return f"sip:{line.address}:{line.address_port or 5060};transport={line.transport}"


def _trunk_key(line: Line) -> str:
    return f"{line.address}:{line.address_port}" if line.address_port else line.address


def _folder(parent: str, key: str) -> Path:
    folder = Path(parent) / "kamailio"
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"[box] {key}: {folder} cannot be made: {error.strerror}. Correct the path, or give this user the right."
        ) from error
    return folder


def _write_private(path: Path, text: str) -> None:
    """Replace a file that only its owner may read, so that a reader never sees half of it."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(path)


def _write_subscribers(path: Path, configuration: Configuration) -> Path:
    """The phones' passwords as RFC 2617 HA1 hashes; the passwords themselves stay in the configuration."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    realm = configuration.sip.realm
    rows = [(station.extension, realm, _ha1(station, realm)) for station in configuration.station if station.password]
    store = sqlite3.connect(fresh)
    with store:
        store.executescript(_schema("standard") + _schema("auth_db"))
        store.executemany("insert into subscriber (username, domain, ha1) values (?, ?, ?)", rows)
    store.close()
    fresh.replace(path)
    return path


def _ha1(station: Station, realm: str) -> str:
    # MD5 because that is what RFC 2617 phones speak; the hash is as secret as the password and kept like it.
    return hashlib.md5(f"{station.extension}:{realm}:{station.password}".encode(), usedforsecurity=False).hexdigest()


def _keep_contacts(path: Path) -> Path:
    """Leave the contacts as they are, unless there are none yet or another Kamailio's tables have other columns."""
    wanted = _schema("standard") + _schema("usrloc")
    try:
        if path.exists() and _versions(path) == _wanted_versions(wanted):
            return path
    except sqlite3.DatabaseError as error:
        log.warning("%s is damaged (%s): phones are unknown until they register again.", path, error)
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    path.touch(mode=0o600)
    store = sqlite3.connect(path)
    with store:
        store.execute("pragma journal_mode = wal")
        store.executescript(wanted)
    store.close()
    return path


def _schema(name: str) -> str:
    return (_SCHEMAS / f"{name}-create.sql").read_text()


def _versions(path: Path) -> set[tuple[str, str]]:
    store = sqlite3.connect(path)
    try:
        if store.execute("pragma quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("its check fails")
        return {
            (name, str(version)) for name, version in store.execute("select table_name, table_version from version")
        }
    finally:
        store.close()


def _wanted_versions(schema: str) -> set[tuple[str, str]]:
    return set(re.findall(r"INSERT INTO version .*?values \('(\w+)','(\d+)'\)", schema))


def _write_tls(path: Path, certificates: Path, lines: tuple[Line, ...]) -> Path:
    for name in ("cert.pem", "key.pem"):
        if not (certificates / name).is_file():
            raise ConfigurationError(
                f"[sip] tls_port: {certificates / name} is missing. Put the certificate there, or remove `tls_port`."
            )
    # Asked for, it may be of anybody: whether it is a line's is told by the switch. Phones need not have one.
    asks = any(line.peer_certificate == "required" for line in lines)
    _write_private(
        path,
        "[server:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\n"
        f"{'verify_client = optional_no_ca' if asks else ''}\n"
        f"private_key = {certificates}/key.pem\ncertificate = {certificates}/cert.pem\n"
        "[client:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\n"
        + "".join(_client_profile(line) for line in lines if line.driver == "sip" and line.transport == "tls"),
    )
    return path


def _client_profile(line: Line) -> str:
    """How a line's hosts are proved. Authorities that cannot be read are nobody's: the line is down, not Kamailio."""
    authorities = line.ca_file or _SYSTEM_AUTHORITIES
    known = f"ca_list = {authorities}\n" if os.access(authorities, os.R_OK) else ""
    if not known:
        log.error("line %s: %s cannot be read, so no host of it can prove who it is.", line.name, authorities)
    return (
        f"[client:any]\nserver_id = {line.name}\nserver_name = {line.name}.line.invalid\nmethod = TLSv1.2+\n"
        f"verify_certificate = yes\nrequire_certificate = yes\nverify_depth = 9\n{known}"
    )


def _become_unprivileged(run_folder: Path, data_folder: Path, made: list[Path]) -> tuple[str, ...]:
    """Started by root, Kamailio drops to its package's user, where that user can reach its files."""
    if os.geteuid() != 0:
        return ()
    try:
        user = pwd.getpwnam(_UNPRIVILEGED_USER)
    except KeyError:
        return ()
    group = run_folder.parent.stat().st_gid
    closed = [folder for folder in (run_folder, data_folder) if not _can_reach(folder.parent, user.pw_uid, group)]
    if closed:
        log.info("%s is closed to the user %s, so Kamailio runs as root.", closed[0].parent, user.pw_name)
        return ()
    for path in (run_folder, data_folder, *made, *data_folder.glob("contacts.sqlite3-*")):
        os.chown(path, user.pw_uid, group)
    return ("-u", user.pw_name, "-g", grp.getgrgid(group).gr_name)


def _can_reach(folder: Path, uid: int, gid: int) -> bool:
    """Whether this user may enter a folder and all above it."""
    for one in (folder, *folder.parents):
        status = one.stat()
        enter = 0o100 if status.st_uid == uid else 0o010 if status.st_gid == gid else 0o001
        if not status.st_mode & enter:
            return False
    return True
