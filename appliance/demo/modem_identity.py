"""Who a GSM modem of the demo and its SIM say they are: each another one, the same at every start.

An IMEI is a type allocation code, a serial number and a check digit (3GPP TS 23.003 §6.2.1); an ICCID is 89, the
country's code, the issuer's, a number and a check digit (ITU-T E.118). Both check digits are Luhn's (ISO/IEC 7812-1).
"""

from hw.at_modem_sim import AtModemTwin


def give_identity(twin: AtModemTwin, number: int, imei: str = "") -> None:
    """Before it is started. `number`: the office's first modem is 1; `imei`: the one its line is looked for by."""
    twin.imei = imei or with_check_digit(f"86123405{number:06d}")
    twin.card.iccid = with_check_digit(f"8934071{number:011d}")


def with_check_digit(digits: str) -> str:
    doubled = (2 * int(digit) if place % 2 == 0 else int(digit) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-sum(sum(divmod(one, 10)) for one in doubled) % 10}"
