"""Makes the driver of a `[[line]]` with driver = "gsm": a GSM or 4G modem by AT commands, its sound on a second tty."""

from appliance.configuration.file import ConfigurationError, Line
from appliance.switch.legs import LineDriver
from appliance.switch.lines.message_line import MessageLine
from hw.at_card_sound import PREFIX
from hw.at_modem import AtModem, AtTimings
from hw.modem_profiles import GsmProfile, ProfileError, read_gsm_profile, with_card_sound
from hw.usb_modems import ByImei, InSocket, KnownModems, NamedPorts, Place, UsbTree
from hw.usb_power import usb_power

_known = KnownModems()
"""Of all lines of this process: each asks each modem for its IMEI once."""


def make(line: Line, timings: AtTimings | None = None, tree: UsbTree | None = None) -> LineDriver:
    """Raises ConfigurationError naming the key when the model is unknown or the modem is not named well.

    `tree` is the machine's USB unless a test gives another.
    """
    try:
        profile = read_gsm_profile(line.model or "generic_27007")
        if line.audio_port.startswith(PREFIX):
            profile = with_card_sound(profile)
    except ProfileError as error:
        raise ConfigurationError(f'[[line]] "{line.name}" model: {error}') from error
    place = _place(line, profile, tree)
    return MessageLine(
        line,
        lambda events, messages: AtModem(
            name=line.name,
            profile=profile,
            place=place,
            card=line.audio_port if line.audio_port.startswith(PREFIX) else "",
            power=usb_power(),
            pin=line.pin,
            second_caller=line.second_caller,
            events=events,
            messages=messages,
            timings=timings,
        ),
    )


def _place(line: Line, profile: GsmProfile, tree: UsbTree | None) -> Place:
    by = "imei" if line.imei else "usb"
    if (line.imei or line.usb) and not (profile.usb and profile.at_interface):
        raise ConfigurationError(
            f'[[line]] "{line.name}" {by}: a {profile.title} cannot be told from others by USB. '
            "Write its `port` and `audio_port` instead."
        )
    if line.imei:
        return ByImei(line.imei, profile, _known, tree)
    if line.usb:
        return InSocket(line.usb, profile, tree)
    if not line.port or not (line.audio_port or profile.sound.kind == "analogue"):
        missing = "port" if not line.port else "audio_port"
        raise ConfigurationError(
            f'[[line]] "{line.name}" {missing}: missing. A GSM modem has a tty for commands and one for sound.'
        )
    return NamedPorts(line.port, line.audio_port, tree, profile.second_at_interface)
