"""Makes the driver of a `[[line]]` with driver = "gsm": a GSM or 4G modem by AT commands, its sound on a second tty."""

from appliance.configuration.file import ConfigurationError, Line
from appliance.switch.legs import LineDriver
from appliance.switch.lines.message_line import MessageLine
from hw.at_modem import AtModem, AtTimings
from hw.modem_profiles import ProfileError, read_gsm_profile


def make(line: Line, timings: AtTimings | None = None) -> LineDriver:
    """Raises ConfigurationError naming the key when the model is unknown or a port is missing."""
    if not line.port or not line.audio_port:
        missing = "port" if not line.port else "audio_port"
        raise ConfigurationError(
            f'[[line]] "{line.name}" {missing}: missing. A GSM modem has a tty for commands and one for sound.'
        )
    try:
        profile = read_gsm_profile(line.model or "generic_27007")
    except ProfileError as error:
        raise ConfigurationError(f'[[line]] "{line.name}" model: {error}') from error
    return MessageLine(
        line,
        lambda events, messages: AtModem(
            name=line.name,
            profile=profile,
            port=line.port,
            audio_port=line.audio_port,
            pin=line.pin,
            events=events,
            messages=messages,
            timings=timings,
        ),
    )
