"""What the tests of the image share: the image built from this checkout, and one box in its office."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from image_build.environment import CHECKOUT, cache_folder, install_packages, missing_packages
from tests.image_build.office_box import OfficeBox


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as anybody would build it."""
    folder = tmp_path_factory.mktemp("image")
    packages = missing_packages(["boot"])
    if packages:
        install_packages(packages, cache_folder() / "setup.log")
    command = [str(CHECKOUT / "centralita"), "image", "build", "--arch", "amd64", "--out", str(folder)]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    said = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=False)
    assert said.returncode == 0, said.stdout
    print("\n" + said.stdout, file=sys.stderr)
    return folder / "centralita-amd64.img"


@pytest.fixture(scope="session")
def office(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeBox]:
    """One start for all that is asked of a running box."""
    running = OfficeBox(image, tmp_path_factory.mktemp("office"))
    try:
        yield running
    finally:
        running.close()


def report(what: str, value: float, unit: str = "") -> None:
    print(f"{what:58} {value:>10.4g} {unit}", file=sys.stderr)
