"""A menu written while the box runs: spoken by the box, heard on a real call, its keys obeyed, and in the record."""

import os
import signal
import time
from pathlib import Path

from appliance.daemon.queries import call_details
from appliance.demo.sip_records import Tone
from tests.office_day.hall import PHONE_OF, Hall
from tests.sound import level_dbfs, read_wav
from tests.waiting import wait_for

SPOKEN = "the prompts are those of the configuration"
MENU = """
[[menu]]
name = "principal"
say = { es = "Para ventas, pulse uno. Para soporte, pulse dos." }
keys = { "1" = "queue:ventas", "2" = "queue:soporte" }
retries = 1
on_timeout = "voicemail"
on_invalid = "voicemail"
"""


def test_a_menu_written_while_the_box_runs_is_spoken_and_obeyed(hall: Hall, tmp_path: Path) -> None:
    hall.only("carmen")
    stored = len(hall.box.wait_calls(0))
    text = hall.office.config.read_text()
    lead = ('"910000003" = "recepcion"', '"910000003" = "menu:principal"')
    assert lead[0] in text
    # Those of the start, of which the same is said: they may come after the box is up.
    spoken = wait_for("the first words are spoken", lambda: hall.box.log().count(SPOKEN), 60)
    hall.office.config.write_text(text.replace(*lead) + MENU)
    os.kill(hall.box.pid("acd"), signal.SIGHUP)
    wait_for("the words are spoken", lambda: hall.box.log().count(SPOKEN) > spoken, 60)
    heard = tmp_path / "caller.wav"
    mark = hall.peers.mark()
    call = hall.peers.place("carrier", "910000003", "600777333", Tone(425))
    hall.peers.wait("answered", call=call)
    hall.peers.record(call, str(heard))
    seen = hall.box.wait_status("in the menu", lambda status: any(one.menu == "principal" for one in status.calls))
    assert seen.calls[0].state == "menu" and seen.calls[0].queue is None
    time.sleep(2.0)  # most of the words
    hall.peers.record(call, "")
    hall.peers.send_digits(call, "7")
    time.sleep(1.0)
    assert hall.box.status().calls[0].state == "menu", "a wrong key is forgiven once"
    chosen = time.monotonic()
    hall.peers.send_digits(call, "1")
    phone = hall.peers.wait("incoming", since=mark, peer=PHONE_OF["carmen"]).call
    hall.peers.answer(phone)
    hall.talking(1)
    rang_ms = (time.monotonic() - chosen) * 1000
    hall.peers.hang_up(call)
    row = hall.box.wait_calls(stored + 1)[0]
    assert (row.end_reason, row.queue, row.agent) == ("answered", "ventas", "carmen")
    assert row.ivr_ms >= 3_000 and row.wait_ms <= rang_ms
    with hall.box.store() as store:
        details = call_details(store, row.call)
    assert details is not None
    menu = [(one.reason, one.detail) for one in details.decisions if one.kind == "menu"]
    assert menu == [("invalid_again", "principal 7"), ("key", "principal 1 queue:ventas")]
    sound = read_wav(heard)
    loudest = max(level_dbfs(sound[at : at + 3_200]) for at in range(0, len(sound) - 3_200, 3_200))
    assert loudest > -30, f"the caller heard nothing: {loudest} dBFS"
