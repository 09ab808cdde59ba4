"""The demo's stage: the simulated world first, then the box in it, as two sets of the same supervised processes."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from appliance.box import add_processes, prepare_folders, read_checked, say_password, take_charge
from appliance.daemon.supervisor import Child, Supervisor
from appliance.demo.office_text import Addresses

WORLD_READY_S = 40.0
BOX_READY_S = 40.0


def demo(
    directory: Path,
    seed: int,
    calls_per_hour: float | None,
    addresses: Addresses,
    own_command: Callable[..., list[str]],
) -> int:
    """Run the whole simulated office until SIGINT or SIGTERM. 1 when it could not be brought up."""
    from appliance.demo.office import prepare_office

    begun = time.monotonic()
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    office = prepare_office(directory, addresses)
    os.environ.update(office.variables)
    print(f"The office: {office.config}", flush=True)
    supervisor = take_charge(office.configuration)
    signal.signal(signal.SIGTERM, supervisor.stop)
    signal.signal(signal.SIGINT, supervisor.stop)
    try:
        rate = () if calls_per_hour is None else ("--calls-per-hour", str(calls_per_hour))
        world = own_command("world", "--directory", directory, "--seed", str(seed), *rate)
        supervisor.add(Child("world", world, watchdog_s=30))
        if not _brought_up(supervisor, WORLD_READY_S, "the simulated world"):
            return 1
        configuration = read_checked(office.config)
        prepare_folders(configuration)
        say_password(configuration)
        logs = office.run_dir / "log"
        add_processes(
            supervisor, configuration, office.config, own_command, world_socket=office.world_socket, logs=logs
        )
        if not _brought_up(supervisor, BOX_READY_S, f"the box (its logs: {logs})"):
            return 1
        address = f"http://{configuration.web.listen}:{configuration.web.port}/"
        print(f"Ready after {time.monotonic() - begun:.1f} s. The page: {address}  Stop with Ctrl-C.", flush=True)
        supervisor.run()
        return 0
    finally:
        supervisor.close()


def _brought_up(supervisor: Supervisor, within_s: float, what: str) -> bool:
    late = supervisor.wait_ready(within_s)
    if supervisor.stopping:
        return False
    if late:
        print(f"centralita: {what} is not ready after {within_s:.0f} s; missing: {', '.join(late)}", file=sys.stderr)
    return not late
