"""What may be installed, brought from where, and when it may be switched to."""

import functools
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.update import words
from appliance.update.bundle import Bundle, check, order, read_info
from appliance.update.errors import UpdateError
from appliance.update.fetch import FILE, KEPT_FREE_BYTES, MAX_BYTES, fetch
from appliance.update.start_memory import MemoryDamaged
from appliance.update.state import UpdateState, read_state, write_state
from appliance.update.switching import PATIENCE_S, QUIET_S, Quiet
from image_build.bundle import manifest, schemas
from image_build.description import read_image
from image_build.environment import CHECKOUT

HERE = "centralita-amd64"
ROOM = 2 * MAX_BYTES


def info(**changed: str) -> bytes:
    """As RAUC 1.13 prints it (`rauc info --output-format=json-2`), shortened."""
    update = {"compatible": HERE, "version": "0.2.0", "description": None, "build": None} | changed
    meta = {"centralita": {"schema": "15", "oldest-schema": "14"}}
    return json.dumps({"update": update, "bundle": {"format": "plain"}, "meta": meta, "images": []}).encode()


def code_of(bundle: Bundle, version: str = "0.1.0", schema: int = 14, *, force: bool = False) -> str:
    try:
        check(bundle, HERE, version, schema, force=force)
    except UpdateError as error:
        assert words.problem_words(error, "es") != words.problem_words(error, "en")
        return error.code
    return ""


def test_what_a_bundle_says_is_read() -> None:
    assert read_info(info()) == Bundle(HERE, "0.2.0", 15, 14)


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", info(version=""), info(version="; rm -rf /"), info()[:-9]])
def test_what_is_no_bundle_of_ours_is_refused(text: bytes) -> None:
    with pytest.raises(UpdateError, match="not_ours"):
        read_info(text)


def test_only_what_is_for_this_box_and_not_older_is_taken() -> None:
    newer, same = Bundle(HERE, "0.10.0", 15, 14), Bundle(HERE, "0.9", 14, 14)
    assert code_of(newer, "0.9.1") == "" and code_of(same, "0.9.0") == ""
    assert code_of(same, "0.10.0") == "older" and code_of(same, "0.10.0", force=True) == ""
    far = Bundle(HERE, "2.0", 20, 18)
    assert code_of(far) == "no_way_back" and code_of(far, force=True) == "" and code_of(far, schema=18) == ""
    other = Bundle("centralita-arm64", "9.0", 14, 14)
    assert (code_of(other), code_of(other, force=True)) == ("other_machine", "other_machine")


def test_versions_are_compared_by_their_numbers() -> None:
    versions = ["0.1", "0.1.1", "0.2.0", "0.10", "1.0.0", "1.0.0.1"]
    assert sorted(versions, key=order) == versions
    assert order("1.0") == order("1.0.0") == order("1")


def test_the_manifest_names_the_schemas_of_this_checkout() -> None:
    schema, oldest = schemas(CHECKOUT)
    text = manifest(read_image("amd64"), "0.2.0", schema, oldest)
    assert f"compatible={HERE}\nversion=0.2.0" in text and f"oldest-schema={oldest}" in text
    assert oldest <= schema


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """A web server's address; its files are in tmp_path/web."""

    class Server(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            if self.path != "/cut":
                super().do_GET()
                return
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")

    (tmp_path / "web").mkdir()
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Server, directory=str(tmp_path / "web"))
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_bundle_comes_from_a_file_or_the_web(tmp_path: Path, served: str) -> None:
    (tmp_path / "web/one.raucb").write_bytes(b"bundle" * 100_000)
    for what in (str(tmp_path / "web/one.raucb"), f"{served}/one.raucb"):
        got = fetch(what, tmp_path / "own", lambda _: ROOM)
        assert got.read_bytes() == b"bundle" * 100_000 and got.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("what", "room", "code"),
    [
        ("{web}/cut", ROOM, "cut_off"),
        ("{web}/missing", ROOM, "not_reached"),
        ("http://127.0.0.1:1/x", ROOM, "not_reached"),
        ("ftp://127.0.0.1/x", ROOM, "not_reached"),
        ("http://[", ROOM, "not_reached"),
        ("{folder}/web/one.raucb", KEPT_FREE_BYTES + 10, "no_room"),
        ("{folder}/web/large.raucb", 9 * MAX_BYTES, "too_large"),
        ("{web}/large.raucb", 9 * MAX_BYTES, "too_large"),
        ("{folder}/web", ROOM, "not_there"),
        ("{folder}/none.raucb", ROOM, "not_there"),
    ],
)
def test_what_cannot_be_brought_leaves_nothing(tmp_path: Path, served: str, what: str, room: int, code: str) -> None:
    (tmp_path / "web/one.raucb").write_bytes(bytes(1000))
    with (tmp_path / "web/large.raucb").open("wb") as large:
        large.truncate(MAX_BYTES + 1)
    own = tmp_path / "own"
    with pytest.raises(UpdateError) as raised:
        fetch(what.format(web=served, folder=tmp_path), own, lambda _: room)
    assert raised.value.code == code, str(raised.value)
    assert "{" not in words.problem_words(raised.value, "en")
    assert not (own / FILE).exists() and not list(own.glob(".*"))


def test_a_quiet_minute_is_a_whole_one() -> None:
    quiet = Quiet(wanted_at_s=0)
    assert not quiet.feed(10, busy=False) and not quiet.feed(69, busy=False)
    assert not quiet.feed(69.5, busy=True) and not quiet.feed(70, busy=False)
    assert not quiet.feed(70 + QUIET_S - 1, busy=False) and quiet.feed(70 + QUIET_S, busy=False)


def test_after_days_the_first_moment_without_a_call_does_but_no_call_is_cut() -> None:
    quiet = Quiet(wanted_at_s=0)
    assert not quiet.feed(PATIENCE_S + 5, busy=True)
    assert quiet.feed(PATIENCE_S + 6, busy=False)


def test_a_clock_that_is_set_back_begins_the_minute_again() -> None:
    quiet = Quiet(wanted_at_s=1000)
    quiet.feed(1000, busy=False)
    assert not quiet.feed(500, busy=False) and quiet.feed(500 + QUIET_S, busy=False)


def test_what_is_remembered_outlives_a_damaged_file(tmp_path: Path) -> None:
    state = UpdateState(installed="0.2.0", problem="older", values={"version": "0.1"})
    write_state(state, tmp_path)
    assert read_state(tmp_path) == state
    (tmp_path / "state.json").write_bytes(b"\0\0\0")
    assert read_state(tmp_path) == UpdateState()


def test_every_problem_that_is_raised_has_its_words_in_both_languages() -> None:
    raised: set[str] = set()
    for file in (CHECKOUT / "appliance/update").glob("*.py"):
        raised |= set(re.findall(r'UpdateError\(\s*"(\w+)"', file.read_text()))
    raised |= {"not_started", "not_well"}
    assert raised <= set(words.PROBLEMS), raised - set(words.PROBLEMS)
    for spanish, english in (*words.PROBLEMS.values(), *words.SAID.values()):
        assert set(re.findall(r"\{\w+\}", spanish)) == set(re.findall(r"\{\w+\}", english)), english
    assert issubclass(MemoryDamaged, Exception)
