"""How the twins of analogue modems tell who calls: the lines of every form, and the exchange's raw messages."""

from hw.fxo_modem_sim_faults import IdentityForm

DATE, TIME = "0117", "1452"


def identity_lines(form: IdentityForm, number: str, name: str, withheld_as: str) -> list[str]:
    """What is said of a caller; a withheld number is ""."""
    if form == "none":
        return []
    if form in ("plain", "spaced", "number_only"):
        equals = " = " if form == "spaced" else "="
        lines = [] if form == "number_only" else [f"DATE{equals}{DATE}", f"TIME{equals}{TIME}"]
        lines.append(f"NMBR{equals}{number or withheld_as}")
        if name and form != "number_only":
            lines.append(f"NAME{equals}{name}")
        return lines
    message = _sdmf(number, withheld_as) if form == "raw_sdmf" else _mdmf(number, name, withheld_as)
    check = -sum(message) % 256
    if form in ("raw_summed", "raw_sdmf"):
        message += bytes([check])
    elif form == "raw_wrong_sum":
        message += bytes([check ^ 0x5A])
    elif form == "raw_parameters":
        message = message[2:]
    return ["MESG = " + message.hex().upper()]


def _mdmf(number: str, name: str, withheld_as: str) -> bytes:
    """Telcordia GR-30-CORE, message type 0x80."""
    parameters = _parameter(0x01, DATE + TIME)
    parameters += _parameter(0x02, number) if number else _parameter(0x04, withheld_as)
    if name:
        parameters += _parameter(0x07, name)
    return bytes([0x80, len(parameters)]) + parameters


def _sdmf(number: str, withheld_as: str) -> bytes:
    contents = (DATE + TIME + (number or withheld_as)).encode("latin-1")
    return bytes([0x04, len(contents)]) + contents


def _parameter(tag: int, value: str) -> bytes:
    return bytes([tag, len(value)]) + value.encode("latin-1")
