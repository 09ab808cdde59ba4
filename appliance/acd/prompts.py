"""Every prompt the ACD can play, with its words in each language: what has to exist as sound before a call comes.

A queue's greeting may name another prompt than `greeting`; that one has to be recorded. Played as `<language>/<name>`.
"""

from typing import NamedTuple

from appliance.acd.ids import QueueName
from appliance.acd.plan import Language

HIGHEST_NUMBER = 30


class Words(NamedTuple):
    es: str
    en: str

    def of(self, language: Language) -> str:
        return self.en if language == "en" else self.es


PROMPTS: dict[str, Words] = {
    "greeting": Words(
        "Gracias por llamar. Enseguida le atendemos.",
        "Thank you for calling. We will be with you in a moment.",
    ),
    "you_are_number": Words("Su posición en la cola es la número", "Your position in the queue is number"),
    "many_ahead": Words(
        "Hay muchas llamadas delante de la suya. Gracias por esperar.",
        "There are many calls ahead of yours. Thank you for waiting.",
    ),
    "wait_is_about": Words("El tiempo de espera es de unos", "The waiting time is about"),
    "minutes": Words("minutos", "minutes"),
    "wait_is_a_minute": Words("Le atenderemos en menos de un minuto.", "We will be with you in less than a minute."),
    "wait_is_long": Words("La espera es larga, de más de media hora.", "The wait is long, more than half an hour."),
    "sorry_reconnecting": Words(
        "Disculpe, se ha cortado. Le pasamos con otra persona enseguida.",
        "Sorry, we were cut off. Another person will be with you in a moment.",
    ),
    "voicemail": Words(
        "Ahora no podemos atenderle. Deje su mensaje y su teléfono después de la señal.",
        "We cannot take your call now. Leave your message and your number after the tone.",
    ),
    "closed": Words(
        "Ahora estamos cerrados. Llámenos en horario de atención, por favor.",
        "We are closed now. Please call again during opening hours.",
    ),
    "all_busy": Words(
        "Todas las personas están ocupadas. Llámenos más tarde, por favor.",
        "Everybody is busy. Please call again later.",
    ),
    "callback_offer": Words(
        "Si prefiere que le llamemos sin perder su turno, pulse", "To be called back without losing your place, press"
    ),
    "callback_promised": Words(
        "De acuerdo. Le llamaremos en cuanto llegue su turno.", "Very well. We will call you when it is your turn."
    ),
    "waited": Words("Ha esperado", "Waited for"),
    "waited_less_than_a_minute": Words("Ha esperado menos de un minuto.", "Waited less than a minute."),
    "waited_a_minute": Words("Ha esperado un minuto.", "Waited a minute."),
    "waited_long": Words("Ha esperado más de media hora.", "Waited more than half an hour."),
    "has_called_before": Words("Ya ha llamado antes.", "Has called before."),
    "number_barred": Words("No se puede llamar a ese número.", "That number may not be called."),
    "no_money": Words("No queda dinero para esa llamada.", "There is no money left for that call."),
    "price_unknown": Words(
        "No se sabe lo que cuesta llamar a ese número.", "It is not known what calling that number costs."
    ),
    "number_guarded": Words(
        "Ahora no se puede llamar a números tan caros.", "Numbers that cost so much may not be called now."
    ),
    "money_low": Words("Se acaba el dinero: se va a cortar.", "The money is running out: you will be cut off."),
    "no_line": Words("No hay ninguna línea libre.", "No line is free."),
    "emergency_dial_112": Words(
        "Ninguna línea puede llamar ahora a ese número. Cuelgue y marque el 112.",
        "No line can call that number now. Hang up and dial 112.",
    ),
    "goodbye": Words("Gracias por llamar. Adiós.", "Thank you for calling. Good-bye."),
    "menu_invalid": Words("Esa opción no existe.", "There is no such option."),
    "menu_not_found": Words("No encontramos ese número.", "We cannot find that number."),
    "logged_in": Words("Sesión iniciada.", "You are logged in."),
    "logged_out": Words("Sesión cerrada.", "You are logged out."),
    "paused": Words("En pausa.", "You are paused."),
    "resumed": Words("Disponible.", "You are ready."),
    "wrap_up_over": Words("Trabajo posterior terminado.", "Wrap-up is over."),
    "wrap_up_extended": Words("Tiene más tiempo para el trabajo posterior.", "You have more time for wrap-up."),
    "no_more_extensions": Words("Ya no se puede alargar más.", "It cannot be extended any more."),
    "disposition_needed": Words("Falta la tipificación de la llamada.", "The disposition of the call is missing."),
    "unknown_pause": Words("Ese motivo de pausa no existe.", "There is no such reason for a pause."),
    "pause_full": Words(
        "Ahora hay demasiadas personas en esa pausa. Espere a que alguien vuelva.",
        "Too many people are in that pause now. Wait until somebody is back.",
    ),
    "pause_used_up": Words(
        "Ya ha usado todo el tiempo de esa pausa por hoy.", "You have used all of today's time for that pause."
    ),
    "off_shift": Words("Está fuera de su turno.", "You are outside your shift."),
    "disposition_saved": Words("Tipificación guardada.", "The disposition is saved."),
    "night_mode_on": Words("Modo nocturno activado.", "Night mode is on."),
    "night_mode_off": Words("Modo nocturno desactivado.", "Night mode is off."),
    "wrong_pin": Words("El número o el PIN no son correctos.", "The number or the PIN is wrong."),
    "not_possible": Words("Ahora no es posible.", "That is not possible now."),
    "unknown_code": Words("Ese código no existe.", "There is no such code."),
    **{f"number_{n}": Words(str(n), str(n)) for n in range(1, HIGHEST_NUMBER + 1)},
}

BOX_ADDRESS = "box_address"
"""Made by the switch when it is asked for: it speaks the address the box has at that moment."""


def queue_prompt(queue: QueueName) -> str:
    """The prompt that says a queue's title."""
    return f"queue_{queue}"


def prompt(language: Language, name: str) -> str:
    return f"{language}/{name}"
