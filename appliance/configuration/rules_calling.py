"""The rules of calling out and calling back: lines that can dial, keys that can be said, hours that exist."""

from collections.abc import Iterator

from appliance.configuration.file import Configuration, Queue
from appliance.configuration.numbering import as_dialled, emergency_numbers, may_be_dialled, numbering, written
from appliance.configuration.problems import place, unknown
from appliance.configuration.rules_ways import at
from appliance.configuration.ways import ways

SPOKEN_KEYS = "123456789"
"""Keys the box can say; `0`, `*` and `#` work, and are not offered."""


def calling_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold, in the order of the file."""
    yield from _dialling(configuration)
    yield from _alerts(configuration)
    for line in configuration.line:
        if line.channels and line.driver != "sip":
            yield f"{place('line', line.name, 'channels')}: a modem carries one call. Remove it."
    yield from _round_the_network(configuration)
    for queue in configuration.queue:
        yield from _callback(queue, [hours.name for hours in configuration.hours])


def _dialling(configuration: Configuration) -> Iterator[str]:
    known = numbering(configuration.box.country)
    both = (("allowed", configuration.dialling.allowed), ("barred", configuration.dialling.barred))
    for key, prefixes in both:
        where = place("dialling", "", key)
        for prefix in prefixes:
            dialled = as_dialled(prefix, known)
            if not dialled:
                yield f"{where}: {prefix} is every number of the country. Write how the numbers you mean begin."
            elif known.code and dialled.startswith(known.code) and prefix == dialled:
                yield (
                    f"{where}: {prefix} is no beginning of a number of the country, so it would never fit. "
                    f"Write +{prefix}, or leave the country's code out."
                )
    barred = {as_dialled(prefix, known) for prefix in configuration.dialling.barred}
    for prefix in configuration.dialling.allowed:
        if as_dialled(prefix, known) in barred:
            yield f"{place('dialling', '', 'allowed')}: {prefix} is in `barred` too. Remove it from one of them."


def _alerts(configuration: Configuration) -> Iterator[str]:
    """Who is to be told by message can be, and may."""
    number, country = configuration.box.alert_number, configuration.box.country
    where = place("box", "", "alert_number")
    if not number:
        return
    if number in emergency_numbers(country) or not may_be_dialled(number, configuration.dialling, country):
        yield (
            f"{where}: {number} may not be called: it is an emergency's, another country's, costs extra, or is no "
            "whole number of this one. Write another, or write how it begins in [dialling] allowed."
        )
    writes = [one for one in configuration.line if one.mode != "in" and one.may_write[1]]
    if not writes:
        yield (
            f'{where}: no line can send a text message. It takes a modem with driver = "gsm" whose mode is not '
            '"in" and whose `messages_per_day` is not 0; or remove it.'
        )


def _round_the_network(configuration: Configuration) -> Iterator[str]:
    """Callers sent to the box's own numbers would come in again, and be sent again; emergencies are people's."""
    country = configuration.box.country
    own = {written(number, country): line.name for line in configuration.line for number in (line.number, *line.did)}
    for start, some in ways(configuration).items():
        for way in some:
            kind, _, number = way.end.partition(":")
            if kind != "number":
                continue
            if number in emergency_numbers(country):
                yield (
                    f"{at(start, way.key)}: {number} is an emergency number, and no caller is sent there. "
                    "Lead the caller elsewhere."
                )
            elif written(number, country) in own:
                line = own[written(number, country)]
                yield (
                    f"{at(start, way.key)}: {number} is this box's own (line {line}), so the call would come in again "
                    "and again. Lead to its queue or menu instead."
                )
            elif not may_be_dialled(number, configuration.dialling, country):
                yield (
                    f"{at(start, way.key)}: {number} may not be dialled: it is another country's, costs extra, or is "
                    "no whole number of this one. Lead elsewhere, or write how it begins in [dialling] allowed."
                )


def _callback(queue: Queue, hours: list[str]) -> Iterator[str]:
    callback = queue.callback
    where = place("queue", queue.name, "callback")
    if callback.hours is not None and callback.hours not in hours:
        yield unknown(f"{where}.hours", "hours table", callback.hours, hours)
    keys = [key for key, to in queue.exit_keys.items() if to == "callback"]
    if callback.offer_after_s and not keys:
        yield (
            f"{where}.offer_after_s: no key leads to a call back, so there is nothing to offer. "
            'Add one, such as exit_keys = { "1" = "callback" }, or remove it.'
        )
    elif callback.offer_after_s and keys[0] not in SPOKEN_KEYS:
        yield (
            f"{where}.offer_after_s: the box cannot say the key {keys[0]}. "
            "Let one of 1 to 9 lead to the call back, or remove it."
        )
