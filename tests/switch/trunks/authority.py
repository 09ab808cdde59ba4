"""A certificate authority for tests: signs whatever name for whatever days, made on the spot by openssl."""

import itertools
import subprocess
from dataclasses import dataclass
from pathlib import Path

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Signed:
    certificate: Path
    key: Path

    def tls_cfg(self) -> str:
        """For a Kamailio that shows it."""
        return (
            f"[server:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\n"
            f"private_key = {self.key}\ncertificate = {self.certificate}\n"
            "[client:default]\nverify_certificate = no\nrequire_certificate = no\n"
        )


class Authority:
    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir()
        self._folder = folder
        self.file = folder / "ca.pem"
        _openssl(
            folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
            "-keyout", "ca.key", "-out", "ca.pem",
        )  # fmt: skip

    def sign(self, *names: str, days: int = 2) -> Signed:
        """A certificate of these DNS names. `days` below zero: it ended so many days ago."""
        folder = self._folder / str(next(_numbers))
        folder.mkdir()
        new = ("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={names[0]}")
        _openssl(folder, *new, "-keyout", "key.pem", "-out", "r.csr")
        (folder / "ext").write_text("subjectAltName=" + ",".join(f"DNS:{one}" for one in names))
        _openssl(
            folder, "x509", "-req", "-in", "r.csr", "-CA", self.file, "-CAkey", self._folder / "ca.key",
            "-CAcreateserial", "-days", str(days), "-extfile", "ext", "-out", "cert.pem",
        )  # fmt: skip
        return Signed(folder / "cert.pem", folder / "key.pem")


def _openssl(folder: Path, *words: str | Path) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
