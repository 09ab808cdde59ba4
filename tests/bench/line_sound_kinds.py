"""The sound of an analogue modem's line and of a modem that is a sound card, as `line_sound` measures a serial one's.

The analogue modem's clock is off by 200 ppm either way and its bytes come up to 40 ms late; a card's clock is off as
much, and none of its sound is late. Its tones are heard and its echo cancelled as on a real line. `--seconds` each way
of each (60 unless told).
"""

from tests.bench.line_kinds import MODELS, LineKind
from tests.bench.line_sound import SECONDS, measure

KINDS: tuple[LineKind, ...] = ("fxo", "card")


def main(as_json: bool, seconds: float = 0.0) -> int:
    """0 when all could be measured."""
    failed = 0
    for kind in KINDS:
        print(f"{kind}: {MODELS[kind]}")
        failed |= measure(kind, f"line_sound_{kind}", as_json, seconds or SECONDS)
    return failed
