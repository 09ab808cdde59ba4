"""Numbers as every network in the world writes them (ITU-T E.164), so that one list of prefixes rates them all.

What a network tells is in its country's own form as often as not: 600111222, 0034600111222, +34600111222 are one.
"""

from functools import lru_cache

import phonenumbers

from appliance.configuration.numbering import numbering

LONGEST = 40
"""A caller can show anything; longer than this it is no number."""
KEPT = 20_000


@lru_cache(maxsize=KEPT)
def e164(number: str, country: str) -> str:
    """`+` and digits of a number told or dialled in a country (ISO 3166-1); the number itself where it is none."""
    if len(number) > LONGEST:
        return number
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def prefix_e164(prefix: str, country: str) -> str:
    """How numbers begin, as the file says it: `+346` and `00346` as they are, `6` in the country's own plan, "" all."""
    if prefix.startswith("+") or not prefix:
        return prefix
    abroad = numbering(country).abroad
    if prefix.startswith(abroad):
        return f"+{prefix.removeprefix(abroad)}"
    code = phonenumbers.country_code_for_region(country)
    return f"+{code}{prefix}" if code else prefix
