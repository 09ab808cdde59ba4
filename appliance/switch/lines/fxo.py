"""Makes the driver of a `[[line]]` with driver = "fxo": an analogue line on a voice modem, after ITU-T V.253."""

from appliance.configuration.file import ConfigurationError, Line
from appliance.switch.legs import LineDriver
from appliance.switch.lines.device_line import DeviceLine
from hw.fxo_modem import FxoModem
from hw.fxo_timings import FxoTimings
from hw.modem_profiles import ProfileError, read_fxo_profile
from hw.power_cure import UsbSocket
from hw.usb_modems import UsbTree
from hw.usb_power import UsbPower, usb_power


def make(
    line: Line,
    timings: FxoTimings | None = None,
    *,
    country: str = "",
    tree: UsbTree | None = None,
    power: UsbPower | None = None,
) -> LineDriver:
    """`country` is the box's (ISO 3166): the modem is told to hear its tones. Raises ConfigurationError naming the key
    when the model is unknown or the port is missing.

    `tree` and `power` are the machine's USB unless a test gives others.
    """
    if not line.port:
        raise ConfigurationError(f'[[line]] "{line.name}" port: missing. Give the tty of the modem.')
    if not line.model:
        raise ConfigurationError(f'[[line]] "{line.name}" model: missing. An analogue modem needs its profile\'s name.')
    try:
        profile = read_fxo_profile(line.model)
    except ProfileError as error:
        raise ConfigurationError(f'[[line]] "{line.name}" model: {error}') from error
    usb = tree or UsbTree()
    socket = UsbSocket(power or usb_power(), lambda: usb.path_of(line.port))
    return DeviceLine(
        line,
        lambda events: FxoModem(
            name=line.name,
            profile=profile,
            port=line.port,
            events=events,
            timings=timings,
            country=country,
            disconnect_tone=line.disconnect_tone,
            usb_socket=socket,
        ),
    )
