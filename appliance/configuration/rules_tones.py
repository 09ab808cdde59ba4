"""The rules of the tones an analogue line is told of: on which lines there are any, and that they can be told apart."""

from collections.abc import Iterator

from appliance.configuration.file import Configuration
from appliance.configuration.problems import place
from hw.signals.cadence import alike
from hw.signals.tones import country_tones


def tone_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold, in the order of the file."""
    ringback = country_tones(configuration.box.country).ringback
    for line in configuration.line:
        tone, where = line.disconnect_tone, place("line", line.name, "disconnect_tone")
        if tone is None:
            continue
        if line.driver != "fxo":
            yield f"{where}: only an analogue line (fxo) hears one. Remove it."
        elif len(tone.cadence_ms) % 2:
            yield f"{where}: the last burst has no pause. Write on, off, on, off …; nothing for a tone without pauses."
        elif alike(tone, ringback):
            yield (
                f"{where}: is the country's ringback tone, so calls would end while they ring. Remove it, or measure "
                f"it anew with `centralita line doctor {line.name} --number NUMBER --learn`."
            )
