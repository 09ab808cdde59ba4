"""What the `bill` commands and the statements themselves say, in Spanish and English."""

import re
from functools import cache

from appliance.acd.plan import Language

SAID: dict[Language, dict[str, str]] = {
    "es": {
        # making one
        "not_over": "{month} no ha terminado. Espere a que termine, o pida lo que va de mes con --so-far.",
        "no_client": "No hay ningún cliente {client}. Los hay: {clients}.",
        "no_lines": "A {client} no se le ha cargado nada todavía: no hay extracto que hacer.",
        "busy": "Se están haciendo otros extractos de {client}. Repita la orden dentro de un momento.",
        "no_locale": "{tag} no es un formato de números conocido. Escriba, por ejemplo, es-ES, es-MX o en-GB.",
        "ledger": "La cuenta de {client} no cuadra en la línea {line}: {why}. No se hace ningún extracto. "
        "`./centralita bill verify` examina todas las cuentas.",
        "no_font": "Falta el tipo de letra {path}: instale el paquete de Debian fonts-dejavu-core.",
        "written": "Escrito: {path}",
        "so_far_made": "El mes no ha terminado: es lo que va de mes, sin sello, y no vale como extracto.",
        "closed": "{client}: {month} cerrado, {lines} líneas nuevas",
        "closed_before": "{client}: {month} ya estaba cerrado, nada ha cambiado",
        "nobody": "Todavía no se ha cargado nada a ningún cliente.",
        "sealed": "Sellado: {account}, {number} líneas",
        "sealed_before": "Nada nuevo que sellar.",
        "key": "Clave de {box}: {fingerprint}",
        "no_key": "Esta centralita no ha sellado nada todavía y no tiene clave.",
        "cannot_write": "No se puede escribir {path}: {error}.",
        "store": "No se puede escribir en {path}: {error}. Use root o el usuario de la centralita.",
        "list": "CLIENTE|MES|LÍNEAS|IMPORTE|IMPUESTOS|TOTAL|EXTRACTO",
        "list_none": "sin hacer",
        # proving one
        "holds": "El extracto es auténtico y cuadra.",
        "of": "Cliente: {client}. Mes: {month}. Centralita: {box}.",
        "facts": "{lines} líneas recalculadas, {hidden} más en la cadena sin mostrar. A pagar: {payable}.",
        "sealed_at": "Sellado el {at} con la clave {fingerprint}.",
        "compare": "Compare esa clave con la que le dio su proveedor, o repita con --key.",
        "key_same": "Es la clave indicada con --key.",
        "no": "EL EXTRACTO NO ES VÁLIDO: {why}",
        "first": "Primera línea que no cuadra: {line}.",
        "it_says": "Dice: {what}, {date}, {subject}: {arithmetic}",
        "line": "la línea {line} de la cuenta: {why}",
        "no_file": "{path} no es un archivo.",
        "unreadable": "No se puede leer {path}: {error}.",
        "cut_off": "el archivo está cortado: se acaba antes de su línea {at}.",
        "shape": "la línea {at} del archivo no tiene la forma de un extracto (JSON, formato 1) o ha sido cambiada.",
        "format": "es del formato {found} y este programa conoce el {known}. Use un programa más nuevo.",
        "head": "lo que dice ser no puede ser (mes, clave o números).",
        "digits": "la línea tiene números imposibles.",
        "cells": "lo que se lee en la línea {at} del archivo no es lo que dice su registro.",
        "csv_end": "no acaba como un extracto en CSV, o su última línea ha sido cambiada.",
        "entry": "la línea {at} del archivo no tiene la forma de una línea de extracto o ha sido cambiada.",
        "too_long": "es más largo que cualquier extracto.",
        "so_far": "es lo que iba de un mes que no había terminado: no lleva sello y no prueba nada.",
        "other_key": "se pidió la clave {wanted} y es de la clave {found}.",
        "missing": "faltan líneas: deberían llegar hasta la {until}.",
        "of_another": "la línea es de otro cliente: {client}.",
        "other_currency": "la línea es de otra moneda: {currency}.",
        "other_month": "la línea es de otro mes y no corresponde a este extracto: {month}.",
        "totals": "los totales no son la suma de sus líneas ({names}).",
        "no_seal": "no lleva sello.",
        "seal_of_another": "el sello es de otra cuenta, de otra clave o de otro número de líneas.",
        "seal_head": "las líneas no son las que se sellaron.",
        "seal_signature": "la firma del sello no es de la clave que nombra.",
        "goes_on": "el archivo sigue después de su última línea, la {at}.",
        "signature": "la firma no es de este archivo: algo de él ha sido cambiado.",
        # proving the store
        "audit_ok": "{account}: {lines} líneas y {seals} sellos, todo cuadra",
        "audit_bad": "{account}: NO CUADRA desde la línea {line}: {why}",
        "audit_holds": "El libro entero cuadra.",
        "audit_broken": "{count} cuentas no cuadran. Guarde una copia de {path} y del último respaldo antes de seguir.",
        "audit_unsealed": "Ningún sello que comprobar: haga uno con `./centralita bill seal`.",
        "calls": "registros de llamadas",
        "progress": "{what}: {done} de {count}",
        "reading": "leídas",
        # on the statement
        "title": "Extracto",
        "not_invoice": "Extracto, no es una factura",
        "so_far_page": "LO QUE VA DE MES: el mes no ha terminado, sin sello",
        "client": "Cliente",
        "month": "Mes",
        "box": "Centralita",
        "fingerprint": "Clave",
        "issued": "Hecho el",
        "page": "Página {page} de",
        "summary": "Resumen",
        "contract": "Contrato",
        "concept": "Concepto",
        "project": "Proyecto",
        "lines": "Líneas",
        "amount": "Importe",
        "tax": "Impuesto",
        "tax_sum": "Impuesto",
        "total": "Total",
        "subtotal": "Total {contract}",
        "late_group": "De {month}, registrado después de su extracto",
        "late_title": "De meses anteriores, registrado después de su extracto",
        "untaxed": "sin impuesto",
        "on": "{tax} {percent} sobre {amount}",
        "rounding": "Redondeo",
        "payable": "Total del extracto",
        "detail": "Detalle",
        "number": "N.º",
        "date": "Fecha",
        "proof": "Prueba: el archivo JSON de este extracto se comprueba sin conexión con `./centralita bill verify "
        "ARCHIVO`. Última línea de la cuenta: {until}; su huella: {head}.",
        "file": "extracto",
        "csv": "Número|Fecha|Mes|Tipo|Contrato|Versión|Cláusula|Proyecto|Cola|Agente|Llamada|Cálculo|Importe|"
        "Impuesto|Tipo impositivo|Importe del impuesto|Total|Moneda|Corrige|Huella|Registro",
        "csv_hidden": "(no es de este extracto)",
    },
    "en": {
        "not_over": "{month} is not over. Wait until it is, or ask for the month so far with --so-far.",
        "no_client": "There is no client {client}. There are: {clients}.",
        "no_lines": "{client} was not charged anything yet: there is no statement to make.",
        "busy": "Other statements of {client} are being made. Try again in a moment.",
        "no_locale": "{tag} is no number format that is known. Write, for instance, es-ES, es-MX or en-GB.",
        "ledger": "The account of {client} does not hold at line {line}: {why}. No statement is made. "
        "`./centralita bill verify` looks through all accounts.",
        "no_font": "The font {path} is missing: install the Debian package fonts-dejavu-core.",
        "written": "Written: {path}",
        "so_far_made": "The month is not over: this is the month so far, without a seal, and no statement.",
        "closed": "{client}: {month} closed, {lines} new lines",
        "closed_before": "{client}: {month} was closed already, nothing has changed",
        "nobody": "No client was charged anything yet.",
        "sealed": "Sealed: {account}, {number} lines",
        "sealed_before": "Nothing new to seal.",
        "key": "Key of {box}: {fingerprint}",
        "no_key": "This box has sealed nothing yet and has no key.",
        "cannot_write": "{path} cannot be written: {error}.",
        "store": "{path} cannot be written to: {error}. Use root or the box's user.",
        "list": "CLIENT|MONTH|LINES|AMOUNT|TAX|TOTAL|STATEMENT",
        "list_none": "not made",
        "holds": "The statement is genuine and holds.",
        "of": "Client: {client}. Month: {month}. Box: {box}.",
        "facts": "{lines} lines worked out again, {hidden} more in the chain that are not shown. Payable: {payable}.",
        "sealed_at": "Sealed {at} with the key {fingerprint}.",
        "compare": "Compare that key with the one your provider gave you, or say it with --key.",
        "key_same": "It is the key that --key named.",
        "no": "THE STATEMENT DOES NOT HOLD: {why}",
        "first": "First line that does not hold: {line}.",
        "it_says": "It says: {what}, {date}, {subject}: {arithmetic}",
        "line": "line {line} of the account: {why}",
        "no_file": "{path} is no file.",
        "unreadable": "{path} cannot be read: {error}.",
        "cut_off": "the file is cut off: it ends before its line {at}.",
        "shape": "line {at} of the file has not the shape of a statement (JSON, format 1), or was changed.",
        "format": "it is of format {found}, and this program knows {known}. Use a newer program.",
        "head": "what it says it is can not be (month, key or numbers).",
        "digits": "the line has numbers that can not be.",
        "cells": "what is read in line {at} of the file is not what its record says.",
        "csv_end": "it does not end as a statement in CSV, or its last line was changed.",
        "entry": "line {at} of the file has not the shape of a line of a statement, or was changed.",
        "too_long": "it is longer than any statement.",
        "so_far": "it is of a month that was not over: it has no seal and proves nothing.",
        "other_key": "the key {wanted} was asked for, and it is of the key {found}.",
        "missing": "lines are missing: they should go on to {until}.",
        "of_another": "the line is of another client: {client}.",
        "other_currency": "the line is of another currency: {currency}.",
        "other_month": "the line is of another month and does not belong on this statement: {month}.",
        "totals": "the totals are not what the lines add up to ({names}).",
        "no_seal": "it has no seal.",
        "seal_of_another": "the seal is of another account, of another key or of another number of lines.",
        "seal_head": "the lines are not those that were sealed.",
        "seal_signature": "the seal is not signed by the key it names.",
        "goes_on": "the file goes on after its last line, {at}.",
        "signature": "the signature is not of this file: something in it was changed.",
        "audit_ok": "{account}: {lines} lines and {seals} seals, all hold",
        "audit_bad": "{account}: DOES NOT HOLD from line {line}: {why}",
        "audit_holds": "The whole ledger holds.",
        "audit_broken": "{count} accounts do not hold. Keep a copy of {path} and of the last backup before you go on.",
        "audit_unsealed": "There is no seal to check: make one with `./centralita bill seal`.",
        "calls": "call records",
        "progress": "{what}: {done} of {count}",
        "reading": "read",
        "title": "Statement",
        "not_invoice": "Statement, not a tax invoice",
        "so_far_page": "THE MONTH SO FAR: it is not over, no seal",
        "client": "Client",
        "month": "Month",
        "box": "Box",
        "fingerprint": "Key",
        "issued": "Made",
        "page": "Page {page} of",
        "summary": "Summary",
        "contract": "Contract",
        "concept": "What",
        "project": "Project",
        "lines": "Lines",
        "amount": "Amount",
        "tax": "Tax",
        "tax_sum": "Tax",
        "total": "Total",
        "subtotal": "Total {contract}",
        "late_group": "Of {month}, booked after its statement",
        "late_title": "Of earlier months, booked after their statement",
        "untaxed": "no tax",
        "on": "{tax} {percent} on {amount}",
        "rounding": "Rounding",
        "payable": "Statement total",
        "detail": "Lines",
        "number": "No.",
        "date": "Date",
        "proof": "Proof: the JSON file of this statement is checked offline with `./centralita bill verify FILE`. Last "
        "line of the account: {until}; its hash: {head}.",
        "file": "statement",
        "csv": "Number|Date|Month|Kind|Contract|Version|Clause|Project|Queue|Agent|Call|Arithmetic|Amount|Tax|"
        "Tax rate|Tax amount|Total|Currency|Corrects|Hash|Record",
        "csv_hidden": "(not of this statement)",
    },
}

LEDGER_SPANISH: dict[str, str] = {
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
}
"""What `LedgerError` says, as a template, in Spanish with the same parts."""


def said(code: str, language: Language, **parts: object) -> str:
    return SAID[language][code].format(**parts)


def ledger_words(why: str, language: Language) -> str:
    """Why a line does not hold, in this language; what nobody knows as it is."""
    if language == "es":
        for pattern, spanish in _patterns():
            match = pattern.fullmatch(why)
            if match is not None:
                return spanish.format(**match.groupdict())
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
        for english, spanish in LEDGER_SPANISH.items()
    )
