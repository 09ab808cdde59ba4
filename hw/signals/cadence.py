"""Which tones of a country fit the bursts and pauses heard so far. Pure: durations in, names out."""

from dataclasses import dataclass, field

from hw.signals.tones import TONE_NAMES, CountryTone, CountryTones, ToneName

SLACK_MS = 40
SLACK_SHARE = 0.08
"""How far a burst or pause may be from its table's: this and that share of it."""
MAX_PARTS = 12
"""Bursts and pauses kept: twice the longest cadence there is."""
ENOUGH_MS = 1_000
"""Of bursts and pauses that fit, to be told; a burst without end is enough after that, too."""
SURE_MS = 2_800


def alike(one: CountryTone, other: CountryTone) -> bool:
    """Whether nobody here could tell them apart."""
    if sorted(one.hz) != sorted(other.hz) or len(one.cadence_ms) != len(other.cadence_ms):
        return False
    pairs = zip(one.cadence_ms, other.cadence_ms, strict=True)
    return all(abs(a - b) <= SLACK_MS + SLACK_SHARE * max(a, b) for a, b in pairs)


@dataclass(frozen=True)
class Tone:
    """What is heard can be one of these tones of the country: some begin alike, and some are alike.

    Told anew each time fewer are left, once when it has lasted for SURE_MS (`sure`), and at each ring of a ringback
    tone.
    """

    names: tuple[ToneName, ...]
    sure: bool = False

    @property
    def nobody_there(self) -> bool:
        """The far end is gone, or was never there: whichever of these it is."""
        return "ringback" not in self.names


@dataclass
class Cadence:
    """Feed it how things are, again and again: `burst` of frequencies that belong together, `pause`, or neither."""

    tones: CountryTones
    _parts: list[int] = field(default_factory=list)
    """Milliseconds of burst, pause, burst …; the last goes on."""
    _lasted_ms: int = 0
    """All that fitted, also what is not kept any more."""
    _hz: tuple[int, ...] = ()
    _told: tuple[ToneName, ...] = ()
    _sure: bool = False

    @property
    def lasting(self) -> Tone | None:
        """What was told last, while it goes on."""
        return Tone(self._told, self._sure) if self._told else None

    def burst(self, hz: tuple[int, ...], ms: int) -> Tone | None:
        """So many more milliseconds of a tone."""
        if hz != self._hz:
            self.nothing()
            self._hz = hz
        if len(self._parts) % 2 == 0:
            self._parts.append(0)
            if self._told == ("ringback",):
                self._told = ()  # each ring is news: whoever waits for an answer waits on
        return self._longer(ms)

    def pause(self, ms: int) -> Tone | None:
        if not self._parts:
            return None
        if len(self._parts) % 2 == 1:
            self._parts.append(0)
        return self._longer(ms)

    def nothing(self) -> None:
        """What is heard now is no tone and no pause of one."""
        self._forget()
        self._hz = ()

    def _forget(self) -> None:
        self._parts.clear()
        self._lasted_ms = 0
        self._told = ()
        self._sure = False

    def _longer(self, ms: int) -> Tone | None:
        self._parts[-1] += ms
        self._lasted_ms += ms
        names = self._fitting()
        while not names and len(self._parts) > 2:
            # We came in the middle of a burst perhaps: without it and its pause.
            del self._parts[:2]
            self._lasted_ms = sum(self._parts)
            self._told, self._sure = (), False
            names = self._fitting()
        if not names:
            self._forget_but_burst()
            return None
        del self._parts[: max(0, len(self._parts) - MAX_PARTS) // 2 * 2]
        return self._news(names)

    def _forget_but_burst(self) -> None:
        going_on = self._parts[-1] if len(self._parts) % 2 else 0
        self._forget()
        if going_on:
            self._parts.append(going_on)
            self._lasted_ms = going_on

    def _news(self, names: tuple[ToneName, ...]) -> Tone | None:
        if self._lasted_ms < ENOUGH_MS:
            return None
        sure = self._lasted_ms >= SURE_MS
        if names == self._told and sure == self._sure:
            return None
        self._told, self._sure = names, sure
        return Tone(names, sure)

    def _fitting(self) -> tuple[ToneName, ...]:
        return tuple(name for name in TONE_NAMES if self._fits(name))

    def _fits(self, name: ToneName) -> bool:
        tone = self.tones.named(name)
        if tone.hz != self._hz:
            return False
        if not tone.cadence_ms:
            return len(self._parts) == 1
        length = len(tone.cadence_ms)
        return any(self._fits_from(tone.cadence_ms[start:] + tone.cadence_ms[:start]) for start in range(0, length, 2))

    def _fits_from(self, cadence_ms: tuple[int, ...]) -> bool:
        last = len(self._parts) - 1
        for place, ms in enumerate(self._parts):
            wanted = cadence_ms[place % len(cadence_ms)]
            slack = SLACK_MS + SLACK_SHARE * wanted
            if ms > wanted + slack or (place < last and ms < wanted - slack):
                return False
        return True
