"""The voices: everybody has one, at a telephone's level, the same at every build."""

import re
import subprocess
from pathlib import Path

import pytest

from appliance.demo.speech import LEVEL_DBFS, Speech, SpeechError, build, load, read_samples, speakers
from tests.sound import LAST_BITS, largest_difference


def sox_rms_dbfs(file: Path, begin: int, end: int) -> float:
    """What sox measures from sample to sample; sox is not the program that levelled."""
    told = subprocess.run(
        ["sox", file, "-n", "trim", f"{begin}s", f"={end}s", "stats"], capture_output=True, text=True, check=True
    ).stderr
    found = re.search(r"^RMS lev dB\s+(-[0-9.]+)", told, re.MULTILINE)
    assert found, told
    return float(found[1])


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Speech]:
    out_dir = tmp_path_factory.mktemp("speech")
    return out_dir, build(out_dir)


def test_every_sentence_is_at_the_level_and_every_pause_is_silent(voices: tuple[Path, Speech]) -> None:
    out_dir, speech = voices
    for spoken in speech.files:
        sound = read_samples(out_dir / spoken.file)
        assert len(sound) == spoken.samples * 2
        ends = [span.end for span in spoken.spans]
        for span, pause_end in zip(spoken.spans, [*(s.begin for s in spoken.spans[1:]), spoken.samples], strict=True):
            assert sox_rms_dbfs(out_dir / spoken.file, span.begin, span.end) == pytest.approx(LEVEL_DBFS, abs=1)
            assert not any(sound[span.end * 2 : pause_end * 2])
        assert ends == sorted(ends)


def test_everybody_speaks_long_enough_to_talk_with_and_has_a_voice_of_their_own(voices: tuple[Path, Speech]) -> None:
    out_dir, speech = voices
    assert [spoken.name for spoken in speech.files] == [speaker.name for speaker in speakers()]
    assert sum(spoken.name.startswith("caller-") for spoken in speech.files) == 8
    assert sum(spoken.name.startswith("agent-") for spoken in speech.files) == 4
    sounds = {(out_dir / spoken.file).read_bytes() for spoken in speech.files}
    assert len(sounds) == len(speech.files)
    for spoken in speech.files:
        assert sum(span.end - span.begin for span in spoken.spans) > 3 * 8000, spoken.name


def test_a_second_build_sounds_the_same(voices: tuple[Path, Speech], tmp_path: Path) -> None:
    out_dir, _ = voices
    build(tmp_path)
    for file in sorted(out_dir.iterdir()):
        if file.suffix == ".wav":
            assert largest_difference(read_samples(tmp_path / file.name), read_samples(file)) <= LAST_BITS, file.name
    assert load(tmp_path) == load(out_dir)


def test_a_folder_that_is_not_whole_is_refused(voices: tuple[Path, Speech], tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match="no voices here"):
        load(tmp_path)
    out_dir, _ = voices
    (tmp_path / "speech.json").write_bytes((out_dir / "speech.json").read_bytes())
    with pytest.raises(SpeechError, match=r"agent-ana\.wav"):
        load(tmp_path)
