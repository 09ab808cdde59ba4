"""The overlay is compiled and applied to a tree with a Raspberry Pi's labels; what is kept is up to date."""

import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from hw.board_files import made_files
from hw.board_overlay import config_lines, line_names, overlay_source, udev_rules
from hw.boards import Board, BoardError, load_board

# The nodes an overlay touches, with paths and labels of Linux 7.3 (bcm2711-rpi-4-b.dts, bcm2712-rpi-5-b.dts).
BASES = {
    "pi4-usb-modems": """/dts-v1/;
/ { compatible = "raspberrypi,4-model-b", "brcm,bcm2711"; model = "Raspberry Pi 4 Model B"; soc {
  gpio: gpio@7e200000 { gpio-controller; gpio-line-names = "ID_SDA", "ID_SCL"; };
  i2c1: i2c@7e804000 { #address-cells = <1>; #size-cells = <0>; status = "okay"; };
}; };
""",
    "pi5-usb-modems": """/dts-v1/;
/ { compatible = "raspberrypi,5-model-b", "brcm,bcm2712"; model = "Raspberry Pi 5"; axi { rp1 {
  rp1_i2c1: i2c@40074000 { #address-cells = <1>; #size-cells = <0>; status = "disabled"; };
  rp1_gpio: pinctrl@400d0000 { gpio-controller; };
}; }; };
""",
}
GPIO_PATH = {"pi4-usb-modems": "/soc/gpio@7e200000", "pi5-usb-modems": "/axi/rp1/pinctrl@400d0000"}


def _run(*argv: str | Path) -> str:
    """Its output; fails on any warning."""
    ran = subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, ""), f"{argv}: {ran.stderr}"
    return ran.stdout


def _applied(tmp_path: Path, name: str, source: str) -> Path:
    base, overlay = tmp_path / "base.dts", tmp_path / "overlay.dts"
    base.write_text(BASES[name])
    overlay.write_text(source)
    # A base this small has nodes with addresses and no `reg`, which the real ones have.
    quiet = "-Wno-unit_address_vs_reg"
    _run("dtc", "-@", quiet, "-I", "dts", "-O", "dtb", "-o", tmp_path / "base.dtb", base)
    _run("dtc", "-@", "-I", "dts", "-O", "dtb", "-o", tmp_path / "overlay.dtbo", overlay)
    _run("fdtoverlay", "-i", tmp_path / "base.dtb", "-o", tmp_path / "out.dtb", tmp_path / "overlay.dtbo")
    return tmp_path / "out.dtb"


@pytest.mark.parametrize("name", BASES)
def test_an_overlay_compiles_and_names_every_line_of_the_header(tmp_path: Path, name: str) -> None:
    board = load_board(name)
    tree = _applied(tmp_path, name, overlay_source(name, board))
    names = _run("fdtget", "-t", "s", tree, GPIO_PATH[name], "gpio-line-names").split()
    assert names == list(line_names(board))
    assert len(names) == 28
    assert names[17] == "lamp:port:1"
    assert names[8] == "button:night_mode"
    assert names[5] == "hook:1"
    assert names[14] == "TXD1"


def test_every_pin_of_a_pi_4_rests_where_nothing_lights_or_is_pressed(tmp_path: Path) -> None:
    board = load_board("pi4-usb-modems")
    tree = _applied(tmp_path, "pi4-usb-modems", overlay_source("pi4-usb-modems", board))
    pulls: dict[int, str] = {}
    for node, pull in (("centralita-rest-low", "1"), ("centralita-rest-high", "2")):
        path = f"{GPIO_PATH['pi4-usb-modems']}/{node}"
        assert _run("fdtget", tree, path, "brcm,function").split() == ["0"]  # inputs: nobody is driven yet
        pins = _run("fdtget", tree, path, "brcm,pins").split()
        assert _run("fdtget", tree, path, "brcm,pull").split() == [pull] * len(pins)
        pulls |= {int(pin): pull for pin in pins}
    assert pulls == {use.pin: "1" if use.is_output else "2" for use in board.pin_uses()}
    assert _run("fdtget", tree, "/soc/i2c@7e804000/rtc@68", "compatible").strip() == "maxim,ds3231"


def test_the_clock_of_a_pi_5_gets_its_bus_and_the_bus_its_pins(tmp_path: Path) -> None:
    name = "pi5-usb-modems"
    tree = _applied(tmp_path, name, overlay_source(name, load_board(name)))
    bus = "/axi/rp1/i2c@40074000"
    assert _run("fdtget", tree, bus, "status").strip() == "okay"
    assert _run("fdtget", tree, f"{bus}/rtc@68", "compatible").strip() == "maxim,ds3231"
    group = f"{GPIO_PATH[name]}/centralita-i2c-state"
    assert _run("fdtget", tree, group, "pins").split() == ["gpio2", "gpio3"]
    assert _run("fdtget", tree, bus, "pinctrl-0") == _run("fdtget", tree, group, "phandle")


def test_a_hook_that_closes_to_3_3_v_rests_low() -> None:
    board = load_board("laptop")
    ports = tuple(replace(port, hook_active_low=False) for port in board.handset_port)
    pi = replace(board, computer="pi4", handset_port=ports)
    lines = config_lines("mine", pi).splitlines()
    assert "gpio=5,6,11,12,13,16,17,18,19,20,21,23,24,26,27=ip,pd" in lines
    assert "gpio=2,4,8=ip,pu" in lines


def test_the_firmware_pulls_what_the_overlay_pulls_and_only_on_its_computer() -> None:
    assert config_lines("pi5-usb-modems", load_board("pi5-usb-modems")).splitlines() == [
        "[pi5]",
        "dtoverlay=centralita-pi5-usb-modems",
        "gpio=11,12,13,16,17,18,19,20,21,22,23,24,25,26,27=ip,pd",
        "gpio=4,5,6,7,8,9,10=ip,pu",
        "[all]",
    ]


def test_sound_cards_are_named_by_their_sockets_and_only_on_their_computer() -> None:
    rules = udev_rules("pi4-usb-modems", load_board("pi4-usb-modems"))
    assert 'KERNELS=="1-1.3", ATTR{id}="handset2"' in rules
    assert "grep -aq '^Raspberry Pi 4 Model B' /sys/firmware/devicetree/base/model" in rules
    assert rules.count('GOTO="centralita_pi4_usb_modems_end"') == 2
    assert rules.endswith('LABEL="centralita_pi4_usb_modems_end"\n')


def test_a_board_without_a_computer_has_no_overlay() -> None:
    with pytest.raises(BoardError, match='Write computer = "pi4"'):
        overlay_source("laptop", load_board("laptop"))
    with pytest.raises(BoardError, match="mine: names no `computer`"):
        config_lines("mine", Board("t", "lgpio"))


@pytest.mark.parametrize("path", made_files(), ids=lambda path: path.name)
def test_what_is_made_from_the_boards_is_up_to_date(path: Path) -> None:
    assert path.exists(), f"{path} is missing: ./centralita board files makes it"
    assert path.read_text() == made_files()[path], f"{path} is out of date: ./centralita board files makes it anew"
