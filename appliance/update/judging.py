"""What each start does about its own health: prove it and remember that, or give up and start the other root.

A root that has proved well before, or that has no good one beside it, is never left: starting anew would help nobody.
What stops this program itself is judged by box/usr/lib/systemd/system/centralita-trial.service.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from appliance.configuration.file import ConfigurationError, read_configuration
from appliance.update.health import HealthCheck
from appliance.update.start_file import COMMAND_LINE, StartFile, running_slot
from appliance.update.start_memory import MemoryDamaged, healthy, on_trial, spoiled, undone
from appliance.update.state import read_state, write_state
from appliance.update.switching import restart
from appliance.update.words import Language

HEALTHY = Path("/run/centralita-update/healthy")
"""Is there once this start has proved well."""
AGAIN_S = 5.0
WORDS_IN_STATE = 300

log = logging.getLogger(__name__)


def judge(config: Path, limit_s: float, _language: Language) -> int:
    """0: this start is well; 1: it is not, and (on trial) the box starts the other root. Raises OSError when that
    cannot be remembered."""
    wrong = wait_healthy(config, limit_s)
    try:
        running = running_slot(COMMAND_LINE.read_text())
    except MemoryDamaged as error:
        # A machine whose start-up program keeps no memory of ours (a Raspberry Pi's): there is nothing to decide.
        log.info("%s: %s", error, wrong or "this start is well")
        return 0
    file = StartFile()
    memory = file.read(running)
    state = read_state()
    if not wrong:
        late = undone(memory, running)
        file.write(healthy(memory, running))
        HEALTHY.parent.mkdir(parents=True, exist_ok=True)
        HEALTHY.touch()
        if late is not None and state.trying:
            values = {"version": state.trying}
            write_state(replace(state, trying="", installed="", problem="not_started", values=values))
            log.error("root %s did not start: %s runs again", late, running)
        elif state.trying:
            write_state(replace(state, trying="", installed=""))
        log.info("this start is well")
        return 0
    log.error("this start is not well: %s", wrong)
    if not on_trial(memory, running):
        return 1
    values = {"version": state.trying, "reason": wrong[:WORDS_IN_STATE]}
    write_state(replace(state, trying="", installed="", problem="not_well", values=values))
    file.write(spoiled(memory, running))
    restart()
    return 1


def wait_healthy(config: Path, limit_s: float, now_s: Callable[[], float] = time.monotonic) -> str:
    """What is wrong at the end of the limit; "" as soon as all is well."""
    end = now_s() + limit_s
    check: HealthCheck | None = None
    said = ""
    while True:
        try:
            check = check or HealthCheck(read_configuration(config))
            wrong = check.look()
        except ConfigurationError as error:
            wrong = str(error)
        if not wrong:
            return ""
        if wrong.split(";")[0] != said:
            said = wrong.split(";")[0]
            log.info("not yet: %s", wrong)
        if now_s() >= end:
            return wrong
        time.sleep(AGAIN_S)
