"""What a computer must know of a board before Linux runs: the device-tree overlay and lines for config.txt. Pure.

The overlay names the lines, so that `gpioinfo` and `./centralita check` can say which is which, pulls each pin to where
it is at rest, and says which clock hangs on I²C. The firmware does the pulls too, a second after power-on (`gpio=` of
config.txt). No pin is driven before the switch does: a wire in the wrong place then meets 50 kΩ and no short circuit,
and a lamp or ringer is dark and silent. No line is given to a driver of the kernel (gpio-keys, gpio-leds, a hog): the
switch could not have it then. Sound adapters at USB need nothing here; their names come from udev (`udev_rules`).

Sources: Linux, Documentation/devicetree/bindings/pinctrl/brcm,bcm2835-gpio.yaml, pinctrl/raspberrypi,rp1-gpio.yaml,
gpio/gpio.txt (gpio-line-names), rtc/rtc-ds1307.yaml; Raspberry Pi documentation, "config.txt" (gpio, dtoverlay, model
filters) and "Device Trees, overlays, and parameters".
"""

from collections.abc import Iterator, Sequence

from hw.board_rules import PinUse
from hw.boards import Board, BoardError
from hw.pi_header import Computer, line_name_of_free

HEADER_LINES = 28
_PULL_DOWN, _PULL_UP = 1, 2
_FUNCTION_IN = 0


_I2C_PINS = (
    "",
    "\t\t\tcentralita_i2c: centralita-i2c-state {",
    '\t\t\t\tfunction = "i2c1";',
    '\t\t\t\tpins = "gpio2", "gpio3";',
    "\t\t\t\tbias-pull-up;",
    "\t\t\t};",
)


def overlay_name(name: str) -> str:
    """Of the board with this profile's name: the .dtbo's name without its suffix, and what dtoverlay= says."""
    return f"centralita-{name}"


def line_names(board: Board) -> tuple[str, ...]:
    """The names of the header's lines, GPIO 0 first."""
    used = {use.pin: use.line for use in board.pin_uses()}
    return tuple(used.get(gpio, line_name_of_free(gpio)) for gpio in range(HEADER_LINES))


def overlay_source(name: str, board: Board) -> str:
    """The overlay's source (.dts) for dtc. Raises BoardError for a board that names no computer."""
    computer = _computer(name, board)
    lines = [
        f"// {board.title}: lines, pulls and clock.",
        f"// Made from hw/boards/{name}.toml by `./centralita board overlay {name}`.",
        "/dts-v1/;",
        "/plugin/;",
        "",
        "/ {",
        f'\tcompatible = "{computer.compatible}";',
        "",
        "\tfragment@0 {",
        f"\t\t{_target(computer.gpio_target)}",
        "",
        "\t\t__overlay__ {",
        "\t\t\tgpio-line-names =",
        *_line_names(board),
        *(_pin_groups(board.pin_uses()) if computer.pin_mode else ()),
        *(_I2C_PINS if board.clock is not None and not computer.i2c_muxed else ()),
        "\t\t};",
        "\t};",
    ]
    if board.clock is not None:
        lines += ["", *_clock(board.clock, computer)]
    return "\n".join([*lines, "};", ""])


def config_lines(name: str, board: Board) -> str:
    """What config.txt says of the board, between its model filter and [all]. Raises BoardError as overlay_source."""
    _computer(name, board)
    uses = board.pin_uses()
    lines = [f"[{board.computer}]", f"dtoverlay={overlay_name(name)}"]
    for pull, high in (("pd", False), ("pu", True)):
        pins = sorted(use.pin for use in uses if _rests_high(use) == high)
        if pins:
            lines.append(f"gpio={','.join(map(str, pins))}=ip,{pull}")
    return "\n".join([*lines, "[all]", ""])


def udev_rules(name: str, board: Board) -> str:
    """Names for the handsets' sound cards, by the USB socket each sits in; only on this board's computer."""
    computer = _computer(name, board)
    rules = [
        f'SUBSYSTEM=="sound", KERNEL=="card*", KERNELS=="{port.usb}", ATTR{{id}}="{port.card_id}"'
        for port in board.handset_port
        if port.usb and port.card_id
    ]
    if not rules:
        return ""
    end = f"centralita_{name.replace('-', '_')}_end"
    same_computer = f"/bin/grep -aq '^{computer.model}' /sys/firmware/devicetree/base/model"
    return "\n".join(
        [
            f"# {board.title}",
            f'SUBSYSTEM!="sound", GOTO="{end}"',
            f'PROGRAM!="{same_computer}", GOTO="{end}"',
            *rules,
            f'LABEL="{end}"',
            "",
        ]
    )


def _computer(name: str, board: Board) -> Computer:
    if board.model is None:
        raise BoardError(f'{name}: names no `computer`, so it has no header. Write computer = "pi4" or "pi5" in it.')
    return board.model


def _target(where: str) -> str:
    return f"target = <{where}>;" if where.startswith("&") else f'target-path = "{where}";'


def _line_names(board: Board) -> Iterator[str]:
    *most, last = [f'\t\t\t\t"{line}"' for line in line_names(board)]
    yield from (f"{line}," for line in most)
    yield f"{last};"


def _rests_high(use: PinUse) -> bool:
    return not use.is_output and use.active_low


def _pin_groups(uses: Sequence[PinUse]) -> Iterator[str]:
    groups = []
    for node, pull, high in (("low", _PULL_DOWN, False), ("high", _PULL_UP, True)):
        pins = sorted(use.pin for use in uses if _rests_high(use) == high)
        if pins:
            groups.append((f"centralita_rest_{node}", f"centralita-rest-{node}", pins, pull))
    if not groups:
        return
    yield '\t\t\tpinctrl-names = "default";'
    yield f"\t\t\tpinctrl-0 = {', '.join(f'<&{label}>' for label, *_ in groups)};"
    for label, node, pins, pull in groups:
        yield ""
        yield f"\t\t\t{label}: {node} {{"
        yield f"\t\t\t\tbrcm,pins = <{' '.join(map(str, pins))}>;"
        yield f"\t\t\t\tbrcm,function = <{_FUNCTION_IN}>;"
        yield f"\t\t\t\tbrcm,pull = <{' '.join([f'{pull}'] * len(pins))}>;"
        yield "\t\t\t};"


def _clock(clock: str, computer: Computer) -> Iterator[str]:
    yield "\tfragment@1 {"
    yield f"\t\t{_target(computer.i2c_target)}"
    yield ""
    yield "\t\t__overlay__ {"
    yield "\t\t\t#address-cells = <1>;"
    yield "\t\t\t#size-cells = <0>;"
    yield '\t\t\tstatus = "okay";'
    if not computer.i2c_muxed:
        yield "\t\t\tclock-frequency = <100000>;"
        yield '\t\t\tpinctrl-names = "default";'
        yield "\t\t\tpinctrl-0 = <&centralita_i2c>;"
    yield ""
    yield "\t\t\trtc@68 {"
    yield f'\t\t\t\tcompatible = "maxim,{clock}";'
    yield "\t\t\t\treg = <0x68>;"
    yield "\t\t\t};"
    yield "\t\t};"
    yield "\t};"
