"""The supervisor keeps processes running, tells ready from started, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.daemon.supervisor import AlreadyRunning, Child, Supervisor
from tests.waiting import wait_for

NOTIFY = """
import os, socket, sys, time
def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path)
    yield made
    made.stop()
    made.close()


def program(text: str) -> list[str]:
    return [sys.executable, "-c", NOTIFY + textwrap.dedent(text)]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_ready_is_what_the_process_says_and_not_that_it_started(supervisor: Supervisor, tmp_path: Path) -> None:
    go = tmp_path / "go"
    text = f"""
    while not os.path.exists({str(go)!r}): time.sleep(0.01)
    notify("READY=1")
    time.sleep(60)
    """
    supervisor.add(Child("slow", program(text)))
    assert supervisor.wait_ready(0.3) == ["slow"]
    go.touch()
    assert supervisor.wait_ready(60) == []


def test_a_killed_process_comes_back_and_its_own_children_are_gone(supervisor: Supervisor, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    text = f"""
    import subprocess
    child = subprocess.Popen(["sleep", "60"])
    with open({str(pids)!r}, "a") as f: f.write(f"{{os.getpid()}} {{child.pid}}\\n")
    notify("READY=1")
    time.sleep(60)
    """
    child = Child("worker", program(text))
    supervisor.add(child)
    assert supervisor.wait_ready(60) == []
    own, grandchild = map(int, pids.read_text().split())
    os.kill(own, signal.SIGKILL)
    wait_for("its end to be seen", lambda: (supervisor.wait_ready(0.05), child.starts > 1)[1])
    assert supervisor.wait_ready(60) == []
    wait_for("the orphan's end", lambda: not alive(grandchild))
    assert child.starts == 2


def test_a_process_that_stops_answering_is_killed_and_started_again(supervisor: Supervisor) -> None:
    child = Child("hung", program("notify('READY=1'); time.sleep(60)"), watchdog_s=0.5)
    supervisor.add(child)
    assert supervisor.wait_ready(60) == []
    wait_for("a second start", lambda: (supervisor.wait_ready(0.05), child.starts > 1)[1])


def test_one_that_only_tells_its_trouble_is_killed_too(supervisor: Supervisor) -> None:
    """As with systemd: WATCHDOG=1 is what counts. Kamailio's watcher goes on to say who does not answer."""
    loop = "while True: notify('STATUS=does not answer'); time.sleep(0.1)"
    child = Child("telling", program(f"notify('READY=1')\n{loop}"), watchdog_s=0.5)
    supervisor.add(child)
    assert supervisor.wait_ready(60) == []
    wait_for("a second start", lambda: (supervisor.wait_ready(0.05), child.starts > 1)[1])


def test_a_process_that_hangs_before_it_is_ready_is_started_again(supervisor: Supervisor) -> None:
    child = Child("stuck", program("time.sleep(60)"), start_s=0.5)
    supervisor.add(child)
    wait_for("a second start", lambda: (supervisor.wait_ready(0.05), child.starts > 1)[1])


def test_a_process_that_keeps_failing_is_started_ever_more_slowly(supervisor: Supervisor) -> None:
    child = Child("broken", program("sys.exit(7)"))
    supervisor.add(child)
    wait_for("three starts", lambda: (supervisor.wait_ready(0.05), child.starts >= 3)[1])
    assert child.delay_s >= 0.4


def test_a_program_that_does_not_exist_is_reported_and_tried_again(supervisor: Supervisor) -> None:
    child = Child("absent", ["/nonexistent/program"])
    supervisor.add(child)
    wait_for("two tries", lambda: (supervisor.wait_ready(0.05), child.starts >= 2)[1])


def test_stopping_ends_every_process_last_started_first(supervisor: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"
    text = f"""
    import signal
    def end(*_):
        with open({str(order)!r}, "a") as f: f.write(sys.argv[1] + "\\n")
        sys.exit(0)
    signal.signal(signal.SIGTERM, end)
    notify("READY=1")
    time.sleep(60)
    """
    children = [Child(name, [*program(text), name]) for name in ("first", "second")]
    for child in children:
        supervisor.add(child)
    assert supervisor.wait_ready(60) == []
    threading.Timer(0.1, supervisor.stop).start()
    supervisor.run()
    assert order.read_text().split() == ["second", "first"]


def test_a_second_one_in_the_same_folder_is_refused_and_told_who_is_there(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    with pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}\)\. Stop"):
        Supervisor(tmp_path)
    supervisor.close()
    Supervisor(tmp_path).close()


def test_a_killed_supervisor_takes_its_processes_with_it(tmp_path: Path) -> None:
    text = f"""
    from pathlib import Path
    from appliance.daemon.supervisor import Child, Supervisor
    supervisor = Supervisor(Path({str(tmp_path)!r}))
    child = Child("one", ["sleep", "60"], notifies=False)
    supervisor.add(child)
    print(child.process.pid, flush=True)
    supervisor.run()
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(text)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    assert alive(pid)
    process.kill()
    process.wait()
    wait_for("the child's end", lambda: not alive(pid))
