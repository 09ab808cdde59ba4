"""The voices of the simulated office, spoken by espeak-ng at set-up time: who says what, in Spanish, as WAV files.

`python -m appliance.demo.speech build OUT_DIR` writes one file a person, 8 kHz mono s16: sentences with the pauses in
which the other side speaks, each sentence at −20 dBFS RMS, to be played over and over. The same texts give the same
bytes on every machine with the same espeak-ng. `speech.json` lists the files and where in them somebody speaks.
"""

import argparse
import math
import subprocess
import sys
import wave
from array import array
from pathlib import Path

import msgspec
from msgspec import Struct

RATE_HZ = 8000
LEVEL_DBFS = -20.0
INDEX = "speech.json"


class Speaker(Struct, frozen=True, forbid_unknown_fields=True):
    """A person: an espeak-ng voice with its pitch (0 to 99) and speed (words a minute), and what they say."""

    name: str
    voice: str
    pitch: int
    words_per_minute: int
    sentences: tuple[tuple[str, int], ...]
    """Each sentence and the ms of silence after it."""


class Span(Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of a file in which its speaker speaks, in samples."""

    begin: int
    end: int


class SpokenFile(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    file: str
    samples: int
    spans: tuple[Span, ...]


class Speech(Struct, frozen=True, forbid_unknown_fields=True):
    """What `build` made: the files of callers (names begin with `caller-`) and of agents (`agent-`)."""

    files: tuple[SpokenFile, ...]


class SpeechError(Exception):
    """The voices could not be made or read; the message says what to do."""


AGENTS = (
    ("ana", "es+f2", 55, 165, "Buenos días, le atiende Ana, ¿en qué puedo ayudarle?"),
    ("luis", "es+m3", 38, 160, "Oficina Robledo, buenos días, soy Luis. Dígame."),
    ("carmen", "es+f4", 48, 155, "Hola, gracias por llamar. Le atiende Carmen."),
    ("javier", "es-419+m1", 45, 170, "Soporte técnico, le habla Javier. ¿Qué le ocurre?"),
)
AGENT_LINES = (
    ("Claro que sí, un momento, que lo consulto.", 2600),
    ("¿Me puede decir su número de cliente, por favor?", 3000),
    ("Muy bien, ya lo veo en pantalla.", 1800),
    ("Se lo dejo anotado y le llamamos en cuanto haya novedades.", 2400),
    ("¿Puedo ayudarle en algo más?", 3200),
)
CALLERS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    (
        "es+m2",
        40,
        160,
        ("Hola, buenos días.", "Quería saber cuándo llega mi pedido, el del lunes.", "Sí, son dos cajas de azulejos."),
    ),
    (
        "es+f3",
        60,
        175,
        ("Buenas, ¿hablo con ventas?", "Me interesa un presupuesto para una cocina pequeña.", "Unos tres metros."),
    ),
    (
        "es+m5",
        30,
        145,
        ("Mire, le llamo por la factura de octubre.", "Creo que me han cobrado dos veces.", "No, no tengo prisa."),
    ),
    (
        "es+f1",
        65,
        185,
        ("Hola, soy Lucía Prado.", "El aparato que compré ayer no enciende.", "Ya lo he desenchufado, sí."),
    ),
    (
        "es-419+m4",
        42,
        170,
        ("Buenas tardes.", "¿Tienen abierto el sábado por la mañana?", "Perfecto, entonces me paso a recogerlo."),
    ),
    (
        "es-419+f5",
        52,
        160,
        ("Disculpe, me han pasado con ustedes desde la tienda.", "Necesito cambiar la dirección de entrega."),
    ),
    (
        "es+m7",
        25,
        150,
        ("Oiga, la puerta que me instalaron no cierra bien.", "Sí, la del garaje.", "¿Podría venir alguien mañana?"),
    ),
    ("es+f2", 75, 190, ("¡Hola! Llamaba para pedir cita.", "Me da igual la hora, pero mejor por la tarde.")),
)
CALLER_GOODBYE = ("Muchas gracias, hasta luego.", 3500)
CALLER_PAUSES_MS = (3200, 2400, 4000)


def speakers() -> tuple[Speaker, ...]:
    """Everybody who is spoken, in the order of the files."""
    agents = (
        Speaker(f"agent-{name}", voice, pitch, speed, ((greeting, 3500), *AGENT_LINES))
        for name, voice, pitch, speed, greeting in AGENTS
    )
    callers = (
        Speaker(
            f"caller-{number}",
            voice,
            pitch,
            speed,
            (*zip(said, CALLER_PAUSES_MS, strict=False), CALLER_GOODBYE),
        )
        for number, (voice, pitch, speed, said) in enumerate(CALLERS, 1)
    )
    return (*agents, *callers)


def build(out_dir: Path) -> Speech:
    """Speak everybody into `out_dir`. Raises SpeechError when espeak-ng or sox is missing or fails."""
    out_dir.mkdir(parents=True, exist_ok=True)
    speech = Speech(tuple(_speak(speaker, out_dir) for speaker in speakers()))
    (out_dir / INDEX).write_bytes(msgspec.json.format(msgspec.json.encode(speech)))
    return speech


def load(directory: Path) -> Speech:
    """What `build` made there. Raises SpeechError when that is not complete."""
    try:
        speech = msgspec.json.decode((directory / INDEX).read_bytes(), type=Speech)
    except (OSError, msgspec.DecodeError) as error:
        raise SpeechError(
            f"{directory}: no voices here ({error}). Run `python -m appliance.demo.speech build`."
        ) from error
    missing = [spoken.file for spoken in speech.files if not (directory / spoken.file).exists()]
    if missing:
        raise SpeechError(f"{directory}: {', '.join(missing)} is missing. Delete the folder and build it again.")
    return speech


def read_samples(file: Path) -> bytes:
    """The sound of a WAV file of ours, s16le. Raises SpeechError when it is of another kind."""
    with wave.open(str(file), "rb") as sound:
        if (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) != (1, 2, RATE_HZ):
            raise SpeechError(f"{file}: not 8 kHz mono 16-bit sound")
        return sound.readframes(sound.getnframes())


def _speak(speaker: Speaker, out_dir: Path) -> SpokenFile:
    sound: array[int] = array("h")
    spans = []
    for text, pause_ms in speaker.sentences:
        said = levelled(_trimmed(_say(speaker, text)), LEVEL_DBFS)
        spans.append(Span(len(sound), len(sound) + len(said)))
        sound += said
        sound += array("h", bytes(2 * pause_ms * RATE_HZ // 1000))
    file = out_dir / f"{speaker.name}.wav"
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        out.writeframes(sound.tobytes())
    return SpokenFile(speaker.name, file.name, len(sound), tuple(spans))


def _say(speaker: Speaker, text: str) -> "array[int]":
    pace = ["-p", str(speaker.pitch), "-s", str(speaker.words_per_minute)]
    spoken = _run(["espeak-ng", "-v", speaker.voice, *pace, "--stdout", text], b"")
    raw = ["-t", "raw", "-r", str(RATE_HZ), "-c", "1", "-e", "signed", "-b", "16", "-L", "-"]
    # -D: no dither, which is random; highpass: what a telephone would not carry anyway.
    return array("h", _run(["sox", "-D", "-V1", "-t", "wav", "-", *raw, "highpass", "120"], spoken))


def _run(argv: list[str], given: bytes) -> bytes:
    try:
        done = subprocess.run(argv, input=given, capture_output=True, timeout=60, check=False)
    except OSError as error:
        raise SpeechError(f"{argv[0]} cannot be run: {error.strerror}. Install the package it is in.") from error
    if done.returncode != 0 or not done.stdout:
        raise SpeechError(f"{' '.join(argv)} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _trimmed(sound: "array[int]", floor: int = 200) -> "array[int]":
    """Without the silence at both ends. Raises SpeechError when nothing was said."""
    loud = [at for at in range(0, len(sound), 40) if max(map(abs, sound[at : at + 40])) > floor]
    if not loud:
        raise SpeechError("espeak-ng spoke silence; is its Spanish voice installed (package espeak-ng-data)?")
    return sound[loud[0] : loud[-1] + 40]


def levelled(sound: "array[int]", dbfs: float) -> "array[int]":
    """The same sound at this RMS level (dB below full scale); peaks that do not fit are clipped."""
    rms = math.sqrt(sum(sample * sample for sample in sound) / len(sound))
    gain = 32768 * 10 ** (dbfs / 20) / rms
    return array("h", (max(-32767, min(32767, round(sample * gain))) for sample in sound))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m appliance.demo.speech", description=__doc__)
    parser.add_argument("command", choices=["build"])
    parser.add_argument("out_dir", type=Path)
    options = parser.parse_args(arguments)
    try:
        speech = build(options.out_dir)
    except SpeechError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(speech.files)} voices in {options.out_dir}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
