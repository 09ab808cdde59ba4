"""`result` at the terminal: what calls came to, as agents say, and somebody who confirms or reverses it."""

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from appliance.acd.plan import Language
from appliance.billing.charges import money
from appliance.configuration.file import read_configuration
from appliance.daemon.clock import SystemClock
from appliance.daemon.ledger_writes import Ledger, OtherCurrency, decide_result
from appliance.daemon.queries import StoreMissing, open_store
from appliance.daemon.result_queries import NoSuchResult, charged_micros, meant, results
from appliance.daemon.settings import read_settings
from appliance.daemon.short_writes import JobRefused, immediate, store_for_job
from appliance.terminal import columns, local_time, sorry, store_path
from appliance.words_details import detail_words

LONGEST_NAME, LONGEST_NOTE = 60, 500

WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "header": "LLAMADA|FECHA Y HORA|CLIENTE|NÚMERO|RESULTADO|AGENTE|ESTADO|POR|COBRADO|NOTA",
        "none": "No hay resultados.",
        "claimed": "declarado",
        "confirmed": "confirmado",
        "reversed": "anulado",
        "done": "Resultado {result} de {call}: {state}. Cobrado ahora por él: {charged} {currency}.",
        "no_call": "No hay ninguna llamada {call} terminada; `calls` las enumera.",
        "no_results": "La llamada {call} no tiene resultados: ningún agente le ha puesto una tipificación que lo sea.",
        "no_result": "La llamada {call} no tiene el resultado {result}; tiene: {names}.",
        "which": "La llamada {call} tiene más de un resultado; diga cuál: {names}.",
        "no_price": "El resultado {result} de {call} ya no está en ningún contrato en vigor para ella: se puede "
        "anular, no confirmar.",
        "by": "--by: diga quién lo decide, con 1 a {longest} caracteres",
        "note": "--note: como mucho {longest} caracteres",
        "currency": "{why}. Un importe no se corrige en otra moneda: vuelva a ponerla en [box] currency.",
    },
    "en": {
        "header": "CALL|DATE AND TIME|CLIENT|NUMBER|RESULT|AGENT|STATE|BY|CHARGED|NOTE",
        "none": "There are no results.",
        "claimed": "claimed",
        "confirmed": "confirmed",
        "reversed": "reversed",
        "done": "Result {result} of {call}: {state}. Charged for it now: {charged} {currency}.",
        "no_call": "There is no call {call} that is over; `calls` lists them.",
        "no_results": "Call {call} has no results: no agent has given it a disposition that is one.",
        "no_result": "Call {call} has no result {result}; it has: {names}.",
        "which": "Call {call} has more than one result; say which: {names}.",
        "no_price": "Result {result} of {call} is in no contract in force for it any more: it can be reversed, not "
        "confirmed.",
        "by": "--by: say who decides it, in 1 to {longest} characters",
        "note": "--note: at most {longest} characters",
        "currency": "{why}. No sum is corrected in another currency: put it back in [box] currency.",
    },
}


def show_results(config: Path, state: str, client: str, limit: int, language: Language | None) -> int:
    """Print results, the newest last. 1 when there is no store to read."""
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    words = WORDS[spoken]
    zone = ZoneInfo(configuration.box.time_zone)
    try:
        found = results(open_store(store_path(configuration)), state, client, limit)
    except StoreMissing as error:
        return sorry(detail_words(str(error), spoken))
    rows = [
        (
            one.call,
            local_time(one.offered_at, zone),
            one.client,
            one.number or "—",
            one.result,
            one.agent,
            words[one.state],
            one.by if one.decided else "",
            money(one.charged_micros),
            one.note,
        )
        for one in found
    ]
    print("\n".join(columns([tuple(words["header"].split("|")), *rows])) if rows else words["none"])
    return 0


def decide(
    config: Path,
    state: Literal["confirmed", "reversed"],
    call: str,
    result: str,
    by: str,
    note: str,
    language: Language | None,
) -> int:
    """Confirm or reverse a result of a call, whatever agents say of the call later. 1: it is said why not."""
    settings = read_settings(config)
    spoken = language or settings.language
    words = WORDS[spoken]
    if not 1 <= len(by.strip()) <= LONGEST_NAME or not by.isprintable():
        return sorry(words["by"].format(longest=LONGEST_NAME))
    if len(note) > LONGEST_NOTE:
        return sorry(words["note"].format(longest=LONGEST_NOTE))
    office = settings.office
    try:
        with store_for_job(settings.store) as db, immediate(db):
            name = meant(db, call, result)
            ledger = Ledger(db, SystemClock().utc_ms())
            if not decide_result(ledger, office.contracts, office.place, call, name, state, by.strip(), note):
                return sorry(words["no_price"].format(call=call, result=name))
            charged = charged_micros(db, call, name)
    except NoSuchResult as error:
        code = "no_results" if error.code == "no_result" and not error.names else error.code
        return sorry(words[code].format(call=call, result=result, names=", ".join(error.names)))
    except JobRefused as error:
        return sorry(detail_words(str(error), spoken))
    except OtherCurrency as error:
        return sorry(words["currency"].format(why=detail_words(str(error), spoken)))
    sum_ = {"charged": money(charged), "currency": office.rates.currency}
    print(words["done"].format(call=call, result=name, state=words[state], **sum_))
    return 0
