"""The set-up says what it does, never leaves half a part, and never builds a source that is not the pinned one."""

import hashlib
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from image_build import pjsip_source
from image_build.environment import CHECKOUT, Environment, masks, missing_packages
from image_build.steps import SetupFailed, into_place, run


@pytest.fixture
def tarball_server(tmp_path: Path) -> Iterator[str]:
    served = tmp_path / "served"
    served.mkdir()
    (served / "source.tar.gz").write_bytes(b"a tarball")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(served))  # type: ignore[arg-type]

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/source.tar.gz"
    server.shutdown()
    server.server_close()


def place(url: str, content: bytes) -> dict[str, str]:
    return {"kind": "url", "url": url, "sha256": hashlib.sha256(content).hexdigest()}


def test_the_pinned_source_is_taken_and_kept(tmp_path: Path, tarball_server: str) -> None:
    places = [place(tarball_server, b"a tarball")]
    first = pjsip_source.fetch(tmp_path / "downloads", places)
    assert first.read_bytes() == b"a tarball"
    places[0]["url"] = "http://127.0.0.1:9/gone"
    assert pjsip_source.fetch(tmp_path / "downloads", places) == first


def test_another_file_than_the_pinned_one_is_refused_and_the_next_place_tried(
    tmp_path: Path, tarball_server: str
) -> None:
    wrong = place(tarball_server, b"what was pinned")
    with pytest.raises(SetupFailed, match="not the pinned file"):
        pjsip_source.fetch(tmp_path / "downloads", [wrong])
    right = place(tarball_server, b"a tarball")
    assert pjsip_source.fetch(tmp_path / "downloads", [wrong, right]).read_bytes() == b"a tarball"


def test_when_no_place_answers_every_one_is_named_with_what_to_do(tmp_path: Path) -> None:
    nowhere = [place(f"http://127.0.0.1:9/{name}", b"") for name in ("one", "two")]
    with pytest.raises(SetupFailed) as refused:
        pjsip_source.fetch(tmp_path, nowhere)
    assert all(word in str(refused.value) for word in ("/one", "/two", "Is there internet?"))


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "part"

    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise SetupFailed("no")

    with pytest.raises(SetupFailed):
        into_place(target, fail)
    assert not target.exists()
    into_place(target, lambda folder: (folder / "whole").touch())
    assert [file.name for file in target.iterdir()] == ["whole"]


def test_a_failed_step_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(SetupFailed, match=r"code 5.*\n(.*\n)*the reason"):
        run([sys.executable, "-c", "print('the reason'); raise SystemExit(5)"], tmp_path / "log")


def test_every_part_is_named_by_what_it_was_made_from(tmp_path: Path) -> None:
    here = Environment.of_checkout(tmp_path)
    again = Environment.of_checkout(tmp_path)
    assert here == again
    parts = [here.pjsip, here.python_env, here.native, here.prompts, here.speech]
    assert len({part.name.rsplit("-", 1)[1] for part in parts}) == len(parts)


@pytest.fixture
def prepared(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine with everything made, whose dpkg-query writes down what it is asked."""
    cache, tools = tmp_path / "cache", tmp_path / "tools"
    env = Environment.of_checkout(cache)
    for part in (env.pjsip, env.native, env.prompts, env.speech, env.python.parent, tools):
        part.mkdir(parents=True)
    (env.python_env / "complete").touch()
    for script, body in (
        (env.python, 'echo "$@"'),
        (tools / "dpkg-query", f'shift 3; echo "$@" > {tmp_path}/asked; for p; do echo "$p installed"; done'),
    ):
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    return {**os.environ, "CENTRALITA_CACHE": str(cache), "PATH": path, "PYTHONPATH": str(CHECKOUT)}


def launched(command: str, env: dict[str, str]) -> str:
    program = CHECKOUT / "image_build/environment.py"
    return subprocess.run(
        [sys.executable, program, command], env=env, capture_output=True, text=True, check=True
    ).stdout


def test_what_the_units_start_is_not_kept_waiting_by_the_set_up(prepared: dict[str, str], tmp_path: Path) -> None:
    assert launched("acd", prepared) == "-m appliance acd\n"
    assert not (tmp_path / "asked").exists()


def test_a_box_on_which_all_is_built_needs_no_compiler(prepared: dict[str, str], tmp_path: Path) -> None:
    assert launched("status", prepared) == "-m appliance status\n"
    asked = (tmp_path / "asked").read_text().split()
    assert "kamailio" in asked
    assert "build-essential" not in asked


def test_modem_manager_is_kept_from_the_modems_of_a_machine_it_comes_to(tmp_path: Path) -> None:
    units = tmp_path / "etc/systemd/system"
    for _ in range(2):
        for command in masks(["gammu", "modemmanager"], units):
            run(command, tmp_path / "log")
    assert (units / "ModemManager.service").readlink() == Path("/dev/null")
    assert masks(["gammu", "chromium"], units) == []


def test_the_launcher_names_its_commands(tmp_path: Path) -> None:
    asked = subprocess.run([sys.executable, "-m", "appliance", "--help"], cwd=CHECKOUT, capture_output=True, text=True)
    assert asked.returncode == 0
    for command in ("demo", "run", "check", "test", "bench", "status", "calls", "why"):
        assert command in asked.stdout


def test_a_package_with_another_name_in_the_next_debian_is_there_by_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = tmp_path / "dpkg-query"
    query.write_text('#!/bin/sh\necho "$INSTALLED installed"\n')
    query.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for installed, missing in (("libspandsp2t64", False), ("libspandsp2", False), ("libspeexdsp1", True)):
        monkeypatch.setenv("INSTALLED", installed)
        assert ("libspandsp2" in missing_packages(["run"])) == missing
