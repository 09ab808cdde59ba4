"""The box's lamps and buttons as the ACD names them: SetLamp effects to pins, presses to ButtonPressed."""

from gpiozero import Factory

from appliance.acd.effects import LampPattern
from appliance.configuration.file import Configuration
from appliance.switch.legs import Exchange, PanelDriver
from hw.boards import Board
from hw.panel import Panel


def make_panel(configuration: Configuration, board: Board, pin_factory: Factory | None) -> PanelDriver:
    """The board's lamps and buttons under the names of this configuration's queues, lines and stations.

    `pin_factory` None: pins that cannot be used; the panel stays dark.
    """
    lamps = board.lamp_pins([queue.name for queue in configuration.queue], [line.name for line in configuration.line])
    seats = {station.board_port: station.name for station in configuration.station if station.kind == "port"}
    return BoardPanel(lamps, board.button_pins(seats), pin_factory)


class BoardPanel:
    """A panel driver. Without pins it is dark and silent: calls do not need it."""

    def __init__(self, lamp_pins: dict[str, int], button_pins: dict[str, int], pin_factory: Factory | None) -> None:
        self._lamp_pins = lamp_pins
        self._button_pins = button_pins
        self._pin_factory = pin_factory
        self._panel: Panel | None = None

    def start(self, exchange: Exchange) -> None:
        if self._pin_factory is None:
            return
        self._panel = Panel(self._lamp_pins, self._button_pins, self._pin_factory, exchange.button)
        self._panel.start()

    def set_lamp(self, lamp: str, pattern: LampPattern) -> None:
        if self._panel is not None:
            self._panel.set_lamp(lamp, pattern)

    def close(self) -> None:
        if self._panel is not None:
            self._panel.close()
