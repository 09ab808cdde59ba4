"""What image.toml says, as records: the image of one architecture, and the machine it is built in."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from image_build.steps import SetupFailed

HERE = Path(__file__).resolve().parent
ARCHITECTURES = ("amd64", "arm64")


@dataclass(frozen=True)
class Partitions:
    """Sizes in MiB: the start-up files; a Raspberry Pi's, of each root; each of the two roots; and the data before it
    has grown."""

    esp_mib: int
    boot_mib: int
    root_mib: int
    data_mib: int


@dataclass(frozen=True)
class Image:
    """The image of one architecture."""

    arch: str
    suite: str
    components: tuple[str, ...]
    epoch_s: int
    """No file of the image is younger (SOURCE_DATE_EPOCH)."""
    kernel: str
    """As Debian names it, without the architecture."""
    kernel_suite: str
    host_name: str
    packages: tuple[str, ...]
    forbidden: tuple[str, ...]
    exclude: tuple[str, ...]
    include: tuple[str, ...]
    exclude_modules: tuple[str, ...]
    initrd_modules: tuple[str, ...]
    partitions: Partitions
    debian_triplet: str
    machine: str
    console: tuple[str, ...]
    builder_packages: tuple[str, ...]
    cross_packages: tuple[str, ...]
    """All that a builder of another architecture has."""

    @property
    def image_id(self) -> str:
        """Which machines take whose updates."""
        return f"centralita-{self.arch}"

    @property
    def kernel_release(self) -> str:
        """What `uname -r` says on the box."""
        return f"{self.kernel}-{self.arch}"

    @property
    def kernel_packages(self) -> tuple[str, ...]:
        return tuple(f"linux-{part}-{self.kernel_release}" for part in ("base", "binary", "modules"))


def read_image(arch: str, file: Path = HERE / "image.toml") -> Image:
    """The description for this architecture. Raises SetupFailed naming what is wrong with the file."""
    if arch not in ARCHITECTURES:
        raise SetupFailed(f'there is no image for "{arch}", only for {" and ".join(ARCHITECTURES)}')
    try:
        table = tomllib.loads(file.read_text())
        needed = tomllib.loads((HERE / "packages.toml").read_text())
        own = table[arch]
        epoch: datetime = table["epoch"]
        # Where Debian 12 and 13 name a package differently, the image has 13's, which is written last.
        run = [names.split(" | ")[-1] for names in needed["run"]]
        to_build = {*needed["build"], *table["builder"]["packages"]}
        return Image(
            arch=arch,
            suite=table["suite"],
            components=tuple(table["components"]),
            epoch_s=int(epoch.timestamp()),
            kernel=table["kernel"],
            kernel_suite=table["kernel_suite"],
            host_name=table["host_name"],
            packages=tuple(sorted({*run, *table["packages"], *own["packages"]})),
            forbidden=tuple(table["forbidden"]),
            exclude=tuple(table["exclude"]),
            include=tuple(table["include"]),
            exclude_modules=tuple(table["exclude_modules"]),
            initrd_modules=tuple(table["initrd_modules"]),
            partitions=Partitions(**table["partitions"]),
            debian_triplet=own["debian_triplet"],
            machine=own["machine"],
            console=tuple(own["console"]),
            builder_packages=tuple(sorted({*to_build, *own.get("builder_packages", ())})),
            cross_packages=tuple(
                sorted(
                    # One machine seldom has the headers of a library for two architectures.
                    f"{name}:{arch}" if name.endswith("-dev") and name != "python3-dev" else name
                    for name in {*to_build, *own.get("cross_packages", ())}
                )
            ),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise SetupFailed(
            f"{file.name} or packages.toml: {error!r}. Compare with the version in the repository"
        ) from error
