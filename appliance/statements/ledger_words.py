"""Why a line of an account does not hold, in Spanish: the billing says it in English, once, as devices do.

tests/statements/test_ledger_words.py keeps the table complete.
"""

import re
from functools import cache

from appliance.acd.plan import Language

CAUSE = "error"
"""A part of this name is a sentence of the table itself."""

SPANISH: dict[str, str] = {
    "line {line} should be here: lines are missing or out of order": (
        "aquí debería estar la línea {line}: faltan líneas o están desordenadas"
    ),
    "its hash is not that of its contents and of the line before it": (
        "su huella no es la de su contenido y de la línea anterior"
    ),
    "its hash is not that of its contents and of the record before it": (
        "su huella no es la de su contenido y del registro anterior"
    ),
    "its facts contradict themselves: {error}": "sus datos se contradicen: {error}",
    "its facts come to {amount} micro-units and {tax} of tax, and it says {said} and {said_tax}": (
        "sus datos dan {amount} millonésimas y {tax} de impuesto, y dice {said} y {said_tax}"
    ),
    "{subject} was charged already, by line {line}": "{subject} ya se cargó en la línea {line}",
    "it is the first line of its subject and yet corrects another": (
        "es la primera línea de su concepto y sin embargo corrige otra"
    ),
    "it is correction {revision} of line {line}, and should be {expected} of {first}": (
        "es la corrección {revision} de la línea {line} y debería ser la {expected} de la {first}"
    ),
    "it says that {said} micro-units were charged before it, and it was {was}": (
        "dice que antes se habían cargado {said} millonésimas, y eran {was}"
    ),
    "it corrects line {line}, which is no line of {subject} before it": (
        "corrige la línea {line}, que no es una línea anterior de {subject}"
    ),
    "it was sealed with another hash: the account was written anew": (
        "se selló con otra huella: la cuenta se ha reescrito"
    ),
    "{sealed} lines were sealed and {left} are left: the end is cut off": (
        "se sellaron {sealed} líneas y quedan {left}: falta el final"
    ),
    "its seal was made with another key than this box's": "su sello es de otra clave que la de esta centralita",
    "its seal is not signed by the key it names": "la firma de su sello no es de la clave que nombra",
    "it is not written as its hash has it": "no está escrita como la tiene su huella",
    "what stands beside the line in the table is not what it says": (
        "lo que hay junto a la línea en la tabla no es lo que ella dice"
    ),
    "record {record} stands here: records are missing": "aquí está el registro {record}: faltan registros",
    "its charge is not what its facts come to": "su cargo no es el que dan sus datos",
    "it cannot be read: {error}": "no se puede leer: {error}",
    "it is missing: the account had {lines} lines": "falta: la cuenta tenía {lines} líneas",
    # why an account is not sealed, or a month not found
    "{account}: its {sealed} lines were sealed, and it has {now} now or others. It is not sealed again. "
    "`centralita bill verify` names the first line that is wrong.": (
        "{account}: se sellaron {sealed} líneas, y ahora tiene {now} u otras. No se vuelve a sellar. "
        "`centralita bill verify` dice cuál es la primera que no cuadra."
    ),
    "{path}: {cause}. Use root, or give the ACD's user the right to read and write in {folder}.": (
        "{path}: {cause}. Use root, o dé al usuario del ACD permiso para leer y escribir en {folder}."
    ),
    "{path}: this is no Ed25519 key in PEM. Put it back from a backup; a new one is only made where there is none, and "
    "what the old one has signed would not be known as this box's any more.": (
        "{path}: esto no es una clave Ed25519 en PEM. Recupérela de un respaldo; solo se hace una nueva donde no hay "
        "ninguna, y lo que firmó la anterior ya no se reconocería como de esta centralita."
    ),
    "{month} is no month. Write year and month, as 2026-11.": (
        "{month} no es un mes. Escriba el año y el mes, como 2026-11."
    ),
    # what of its facts
    "the minutes come to {amount} micro-units and say {said}": "los minutos dan {amount} millonésimas y dicen {said}",
    "a price of {amount} micro-units: no price is negative": "un precio de {amount} millonésimas: ninguno es negativo",
    "{decimals} decimals: an amount has 0 to {most}": "{decimals} decimales: un importe tiene de 0 a {most}",
    "{above}/{below} is no amount to be rounded: 0 or more, over 1 or more": (
        "{above}/{below} no es un importe que se pueda redondear: 0 o más, entre 1 o más"
    ),
    "rated_ms is {ms}: a call lasts from nothing to {most} ms": "rated_ms es {ms}: una llamada dura de 0 a {most} ms",
    "included_s is {seconds}: no contract owes minutes": "included_s es {seconds}: ningún contrato debe minutos",
    "the leg to {number} has legs of its own, or another currency": (
        "el tramo a {number} tiene tramos propios u otra moneda"
    ),
    "the leg to {number} is {amount}, and says {said}": "el tramo a {number} da {amount} y dice {said}",
    "{ms} ms are {seconds} s in increments, and the charge says {said}": (
        "{ms} ms son {seconds} s en incrementos, y el cargo dice {said}"
    ),
    "some of it is free, and no piece says which": "una parte es sin cargo, y no dice cuál",
    "a fee, a rate or free time is negative, or there is an increment or a call of no time": (
        "una cuota, un precio o un tiempo sin cargo es negativo, o hay un incremento o una llamada sin duración"
    ),
    "the piece that begins at {from_s} s is not {offset} s and whole increments long": (
        "la parte que empieza en el segundo {from_s} no empieza en el {offset} o no dura incrementos enteros"
    ),
    "the pieces are {seconds} s together, and the charge says {said}": (
        "las partes suman {seconds} s, y el cargo dice {said}"
    ),
    "the first piece is not under {tariff} v{version}, which the charge names": (
        "la primera parte no es de {tariff} v{version}, la tarifa del cargo"
    ),
    "{ms} ms are not {seconds} s in increments, as the pieces say": (
        "{ms} ms no son {seconds} s en incrementos, como dicen las partes"
    ),
    "the pieces do not have {free} s free and {included} s in the contract": (
        "las partes no tienen {free} s sin cargo y {included} s del contrato"
    ),
}
"""English template to Spanish template, with the same parts in braces."""


def ledger_words(why: str, language: Language) -> str:
    """Why a line does not hold, in this language; what nobody knows as it is."""
    if language == "es":
        for pattern, spanish in _patterns():
            match = pattern.fullmatch(why)
            if match is not None:
                parts = match.groupdict()
                if CAUSE in parts:
                    parts[CAUSE] = ledger_words(parts[CAUSE], language)
                return spanish.format(**parts)
    return why


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (
            re.compile(
                "".join(
                    f"(?P<{piece}>.+?)" if place % 2 else re.escape(piece)
                    for place, piece in enumerate(re.split(r"\{(\w+)\}", english))
                ),
                re.DOTALL,
            ),
            spanish,
        )
        for english, spanish in SPANISH.items()
    )
