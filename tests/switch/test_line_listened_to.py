"""A line lifted without a number: an analogue one lets its dial tone be heard, others cannot."""

from pathlib import Path

import pytest

from appliance.switch.legs import LegImpossible
from hw.fxo_modem_sim import FxoModemTwin
from hw.signals.tone_learner import dial_tone_in
from tests.switch.test_modem_lines import DIALLED, Box


def test_the_dial_tone_of_an_analogue_line_reaches_its_place(tmp_path: Path) -> None:
    box = Box(tmp_path, "cx93010")
    try:
        assert isinstance(box.twin, FxoModemTwin)
        port = box.driver.dial(DIALLED, "")
        box.exchange.until("answered", DIALLED, "signalled")
        heard = box.exchange.place.end.heard
        box.exchange.run_until("the tone", lambda: len(heard) > 16_000 * 2)
        tone = dial_tone_in(bytes(heard), "ES")
        assert tone is not None and tone.tone.hz == (425,)
        port.hang_up("normal")
        box.exchange.until("ended", DIALLED, "normal", True)
        assert not box.twin.calls
        box.call()
    finally:
        box.close()


def test_a_gsm_line_cannot_be_listened_to(tmp_path: Path) -> None:
    box = Box(tmp_path, "sim7600")
    try:
        with pytest.raises(LegImpossible) as why:
            box.driver.dial(DIALLED, "")
        assert why.value.cause == "failed"
        box.call()
    finally:
        box.close()
