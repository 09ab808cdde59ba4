"""When what somebody dials digit by digit is complete: from the country's numbers, the emergencies and the star codes.

A SIP phone sends a number whole. A handset wired to the box sends digits, and the sooner the last one is known to be
the last, the sooner the call goes out.
"""

from dataclasses import dataclass

from appliance.configuration.file import Configuration
from appliance.configuration.numbering import emergency_numbers, numbering
from hw.signals.dialling import Completeness

WHOLE_CODES = ("*11*", "*28", "*47", "*48")
"""Star codes that nothing can follow (`acd.star_codes` has them all)."""


@dataclass(frozen=True)
class DialPlan:
    emergency: frozenset[str]
    """Dialled the moment they are complete."""
    emergency_begins: frozenset[str]
    """Emergency numbers with which others begin: dialled when nothing follows soon."""
    country_code: str
    national_digits: int

    @classmethod
    def of(cls, configuration: Configuration) -> "DialPlan":
        country = numbering(configuration.box.country)
        every = set(emergency_numbers(configuration.box.country) + configuration.dialling.emergency)
        longer = {one for one in every if any(other != one and other.startswith(one) for other in every)}
        begins = every & (longer | set(country.emergency_begins))
        return cls(frozenset(every - begins), frozenset(begins), country.code, country.national_digits)

    def judge(self, digits: str) -> Completeness:
        if digits in self.emergency or digits in WHOLE_CODES:
            return "complete"
        if digits in self.emergency_begins:
            return "soon"
        # A whole number of the country; but what begins with 0 or 1 (abroad, carriers) or as the country's own code
        # does may go on.
        whole = digits.isdigit() and len(digits) == self.national_digits and digits[0] not in "01"
        return "complete" if whole and not digits.startswith(self.country_code) else "more"
