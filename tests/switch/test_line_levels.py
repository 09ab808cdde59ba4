"""That a line's levels of the configuration are those of its place in the conference."""

from pathlib import Path

from msgspec.structs import replace

from tests.switch.test_modem_lines import Box


def test_a_lines_levels_are_those_of_its_place(tmp_path: Path) -> None:
    box = Box(tmp_path, "sim7600")
    try:
        box.driver.close()
        box.line = replace(box.line, level_in_db=6.0, level_out_db=-3.5)
        box.begin()
        assert box.exchange.place.levels == (6, -3.5)
    finally:
        box.close()
