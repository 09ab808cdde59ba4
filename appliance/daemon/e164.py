"""Numbers as every network in the world writes them (ITU-T E.164), so that one list of prefixes rates them all.

What a network tells is in its country's own form as often as not: 600111222, 0034600111222, +34600111222 are one.
"""

from functools import lru_cache

import phonenumbers

LONGEST = 40
"""A caller can show anything; longer than this it is no number."""
KEPT = 20_000
SHORT = "="
"""Before a number that is no subscriber's but a network's own, such as 112 and 1004: no country's code begins it."""


@lru_cache(maxsize=KEPT)
def e164(number: str, country: str) -> str:
    """`+` and digits of a number told or dialled in a country (ISO 3166-1); `=` and digits of one too short for a
    subscriber. The number itself where it is none, and where it is too long for the country's own: a carrier that
    leaves the `+` out of another country's."""
    if len(number) > LONGEST:
        return number
    try:
        parsed = phonenumbers.parse(number, country, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return number
    if parsed.country_code_source == phonenumbers.CountryCodeSource.FROM_DEFAULT_COUNTRY:
        reason = phonenumbers.is_possible_number_with_reason(parsed)
        if reason == phonenumbers.ValidationResult.TOO_LONG:
            return number
        if reason == phonenumbers.ValidationResult.TOO_SHORT:
            return f"{SHORT}{phonenumbers.normalize_digits_only(number)}"
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def rated_as(number: str, country: str) -> str:
    """What a number is rated as where that is not how it came; "" where it is."""
    whole = e164(number, country)
    return whole if whole != number else ""
