"""`./centralita image …`: the command line of the image and its updates, with nothing but the standard library.

It needs none of the environment a checkout runs in, only mmdebstrap, and root for the Debian systems it makes
in folders.
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

from image_build import environment, python_packages
from image_build.bundle import make_bundle
from image_build.description import ARCHITECTURES, HERE, read_image
from image_build.recipe import Recipe
from image_build.sbom import LICENCES, SBOM
from image_build.steps import SetupFailed, as_root, say
from image_build.update_keys import Keys, development_keys, make_keys


def main(argv: list[str]) -> int:
    """0: done; 2: wrong usage; 3: the image could not be built, and the message says why."""
    parser = argparse.ArgumentParser(prog="centralita image", description="The disk image that makes a machine a box.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = commands.add_parser("build", help="make it, or what of it has changed since the last time")
    build.add_argument("--arch", choices=ARCHITECTURES, required=True)
    build.add_argument("--out", type=Path, default=Path.cwd(), help="the folder it is put in (default: this one)")
    build.add_argument("--pin", action="store_true", help="the Debian packages it has now are those it is to have")
    bundle = commands.add_parser("bundle", help="the signed update that makes a box what this image is")
    bundle.add_argument("--arch", choices=ARCHITECTURES, required=True)
    bundle.add_argument("--out", type=Path, default=Path.cwd(), help="the folder it is put in (default: this one)")
    bundle.add_argument("--key", type=Path, help="signed with (default: the cache's, for development)")
    for one in (build, bundle):
        one.add_argument(
            "--cert", type=Path, help="whose signature boxes trust (default: the cache's, for development)"
        )
    keys = commands.add_parser("keys", help="make a key to sign updates with, and its certificate")
    keys.add_argument("--out", type=Path, required=True, help="a folder nobody else reads")
    commands.add_parser("lock", help="fetch the Python packages of requirements.lock and write their hashes anew")
    options = parser.parse_args(argv)
    if os.geteuid() != 0 and "arch" in options:
        return _again_as_root(argv)
    try:
        if "arch" not in options:
            return _keys(options.out.resolve()) if "out" in options else _lock()
        certificate = options.cert.resolve() if options.cert else None
        if "pin" in options:
            return _build(options.arch, options.out.resolve(), certificate, pin=options.pin)
        if (options.key is None) != (certificate is None):
            raise SetupFailed("--key and --cert are given together, or neither")
        keys_ = Keys(options.key.resolve(), certificate) if options.key and certificate else None
        return _bundle(options.arch, options.out.resolve(), keys_)
    except SetupFailed as error:
        say(f"centralita: the image was not built: {error}")
    except OSError as error:
        say(f"centralita: the image was not built: {error}. Is the disk of {environment.cache_folder()} full?")
    return 3


def _again_as_root(argv: list[str]) -> int:
    """The same command by sudo, with the same cache."""
    cache = f"CENTRALITA_CACHE={environment.cache_folder()}"
    kept = [f"{key}={value}" for key, value in os.environ.items() if key.startswith(("CENTRALITA_DEBIAN", "PIP_"))]
    program = str(environment.CHECKOUT / "centralita")
    try:
        return subprocess.run(as_root(["env", cache, *kept, program, "image", *argv]), check=False).returncode
    except SetupFailed as error:
        say(f"centralita: {error}")
        return 3


def _made(arch: str, certificate: Path | None) -> Recipe:
    """Every part of the image, in the cache."""
    cache = environment.cache_folder()
    (cache / "image").mkdir(parents=True, exist_ok=True)
    with (cache / "image/lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another image is being built on this machine: waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        packages = environment.missing_packages(["image"])
        if packages:
            say(f"Installing {' '.join(packages)} …")
            environment.install_packages(packages, cache / "image/setup.log")
        recipe = Recipe(arch, cache, certificate)
        recipe.build()
    return recipe


def _bundle(arch: str, out: Path, keys: Keys | None) -> int:
    if arch == "arm64":
        raise SetupFailed(
            "a Raspberry Pi's update would need the start-up partition too, which is not made yet. "
            "Build its image, and write that on its card"
        )
    recipe = _made(arch, keys.certificate if keys else None)
    if keys is None:
        keys = development_keys(environment.cache_folder())
        say(f"Signed with the key for development of {keys.key.parent}: only boxes built with it take this update.")
    version = tomllib.loads((environment.CHECKOUT / "pyproject.toml").read_text())["project"]["version"]
    bundle = out / f"centralita-{arch}-{version}.raucb"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=recipe.cache) as work:
        root = recipe.folder(f"root-{arch}") / "root.squashfs"
        made = make_bundle(recipe.builder, arch, root, version, keys, Path(work))
        shutil.copyfile(made, bundle)
    print(f"bundle {bundle}")
    print(f"size {bundle.stat().st_size} bytes")
    return 0


def _keys(folder: Path) -> int:
    make_keys(folder, "product")
    print(f"key {folder}/key.pem (secret: who has it decides what every box runs)")
    print(f"certificate {folder}/certificate.pem (for image build --cert)")
    return 0


def _build(arch: str, out: Path, certificate: Path | None, *, pin: bool) -> int:
    begun = time.monotonic()
    recipe = _made(arch, certificate)
    out.mkdir(parents=True, exist_ok=True)
    disk = recipe.folder(f"disk-{arch}")
    image = out / f"centralita-{arch}.img"
    copy_sparse(disk / "disk.img", image)
    for name in (SBOM, LICENCES):
        shutil.copyfile(disk / name, out / f"centralita-{arch}-{name.removeprefix('centralita.')}")
    root = recipe.folder(f"root-{arch}")
    _compare_packages(arch, (root / "packages.tsv").read_text(), pin=pin)
    print(f"image {image}")
    print(f"size {image.stat().st_size} bytes, {image.stat().st_blocks * 512} of them written")
    print(f"image sha256 {python_packages.sha256(image)}")
    print(f"root sha256 {(root / 'root.sha256').read_text().strip()}")
    print(f"took {time.monotonic() - begun:.0f} s", flush=True)
    return 0


def _compare_packages(arch: str, built: str, *, pin: bool) -> None:
    """Debian moves: its security fixes come in and what they replace is gone from the mirrors. So another version is no
    error, but it is said, for it makes another root."""
    pinned = HERE / f"packages-{arch}.tsv"
    if pin:
        pinned.write_text(built)
    changes = package_changes(pinned.read_text() if pinned.exists() else "", built)
    if changes:
        say(f"{len(changes)} Debian packages are others than {pinned.name} has (build with --pin to take them there):")
        for change in changes:
            say(f"  {change}")


def package_changes(pinned: str, built: str) -> list[str]:
    """What differs between two lists of compose.py, a line a package."""
    was, now = (dict(line.split("\t")[:2] for line in text.splitlines()) for text in (pinned, built))
    return [
        f"{name}: {was.get(name, 'not there')} → {now.get(name, 'not there')}"
        for name in sorted({*was, *now})
        if was.get(name) != now.get(name)
    ]


def _lock() -> int:
    cache = environment.cache_folder() / "image"
    with tempfile.TemporaryDirectory() as work:
        folders = []
        for arch in ARCHITECTURES:
            say(f"Fetching the Python packages for {arch} …")
            folder = Path(work, arch)
            folder.mkdir()
            python_packages.fetch(read_image(arch), cache / "pip", folder, cache / "lock.log")
            folders.append(folder)
        python_packages.write_hashes(folders)
    return 0


def copy_sparse(source: Path, target: Path) -> None:
    """A copy that has its holes where the source has them. Raises SetupFailed."""
    done = subprocess.run(
        ["cp", "--sparse=always", str(source), str(target)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SetupFailed(f"{target} could not be written: {done.stderr.strip()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
