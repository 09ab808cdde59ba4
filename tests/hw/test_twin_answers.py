"""What GSM twins answer to other clients' commands: every file can be read, and settings are kept as a modem does."""

import pytest

from hw.at_modem_sim_answers import ANSWERS, OtherAnswers, read_other_commands, swapped_digits
from hw.at_modem_sim_models import MODELS

WORDS = dict.fromkeys(("imei", "imsi", "iccid_bcd", "centre", "clock"), "its own")
FILES = sorted(file.stem for file in ANSWERS.glob("*.toml"))


@pytest.mark.parametrize("model", FILES)
def test_every_answer_of_every_file_can_be_given(model: str) -> None:
    assert model in MODELS
    known, answers = read_other_commands(model), OtherAnswers(model, lambda: WORDS)
    for command in (*known.accepted, *known.answers):
        reply = answers.reply(command)
        assert reply is not None and reply[-1] == "OK"
        assert not any("{" in line for line in reply)
    for setting in known.settings:
        assert answers.reply(f"AT{setting.name}?") == [f"{setting.name}: {setting.default}", "OK"]


def test_a_setting_is_remembered_until_a_restart() -> None:
    answers = OtherAnswers("sim7600", lambda: WORDS)
    assert answers.reply('AT+CSCS="UCS2"') == ["OK"]
    assert answers.reply("AT+CSCS?") == ['+CSCS: "UCS2"', "OK"]
    assert (answers.reply('AT+CSCS="HEX"'), answers.value("+CSCS")) == (None, '"UCS2"')
    answers.restarted()
    assert answers.value("+CSCS") == '"IRA"'


def test_what_a_value_leaves_out_is_as_by_default() -> None:
    answers = OtherAnswers("sim7600", lambda: WORDS)
    assert answers.reply("AT+CNSMOD=1") == ["OK"]
    assert answers.reply("AT+CNSMOD?") == ["+CNSMOD: 1,8", "OK"]


def test_a_model_without_a_file_knows_no_more_than_its_class() -> None:
    assert OtherAnswers("generic_27007", lambda: WORDS).reply("AT+GCAP") is None


@pytest.mark.parametrize(("number", "kept"), [("8934", "9843"), ("89340", "9843F0"), ("", "")])
def test_a_number_as_a_card_keeps_it(number: str, kept: str) -> None:
    assert swapped_digits(number) == kept
