"""The words that people read for the codes of calls, agents, lines and decisions, Spanish beside English, as the trade
says them: the page and the terminal say the same."""

from collections.abc import Mapping

from appliance.acd.explain_words import EXCLUDED
from appliance.acd.plan import Language
from appliance.words_messages import MESSAGE_CAUSES, MESSAGE_STATES

Pair = tuple[str, str]

PAUSE_REASONS: Mapping[str, Pair] = {
    "cafe": ("Café", "Coffee"),
    "comida": ("Comida", "Lunch"),
    "formacion": ("Formación", "Training"),
    "reunion": ("Reunión", "Meeting"),
    "gestion": ("Gestión", "Back office"),
}
"""The usual reasons for a pause, in the order offered."""

WORKLIST_RESULTS: Mapping[str, Pair] = {
    "reached": ("Se habló con la persona", "Reached"),
    "no_answer": ("No contesta", "No answer"),
    "not_needed": ("Ya no hace falta", "Not needed any more"),
    "wrong_number": ("Número equivocado", "Wrong number"),
}

_NO_TEXT = (
    "La red contestó sin texto; puede llegar como mensaje",
    "The network answered without text; it may come as a message",
)
CODES: Mapping[str, Mapping[str, Pair]] = {
    "agent_state": {
        "logged_out": ("Fuera de turno", "Logged out"),
        "ready": ("Disponible", "Ready"),
        "not_ready": ("En pausa", "Not ready"),
        "ringing": ("Le suena", "Ringing"),
        "talking": ("Hablando", "Talking"),
        "held": ("En retención", "On hold"),
        "wrap_up": ("Trabajo posterior", "Wrap-up"),
        "outbound": ("Llamando", "Outbound"),
    },
    "pause": {
        **PAUSE_REASONS,
        "missed": ("No cogió las llamadas", "Missed calls"),
        "shift": ("Fin de turno", "Shift over"),
    },
    "call_state": {
        "offered": ("Entrando", "Arriving"),
        "menu": ("En un menú", "In a menu"),
        "greeting": ("Saludo", "Greeting"),
        "waiting": ("Esperando", "Waiting"),
        "ringing": ("Sonando", "Ringing"),
        "dialling": ("Marcando", "Dialling"),
        "alerting": ("Suena al otro lado", "Ringing at the far end"),
        "talking": ("Hablando", "Talking"),
        "held": ("En retención", "On hold"),
        "outside": ("Con un número externo", "With an outside number"),
        "voicemail": ("Buzón de voz", "Voicemail"),
        "ending": ("Terminando", "Ending"),
    },
    "line_health": {
        "starting": ("Arrancando", "Starting"),
        "up": ("Funciona", "Up"),
        "degraded": ("Con problemas", "Degraded"),
        "down": ("Caída", "Down"),
    },
    "line_mode": {
        "in": ("Solo entrada", "In only"),
        "out": ("Solo salida", "Out only"),
        "both": ("Entrada y salida", "In and out"),
    },
    "charge_line": {
        "call": ("Llamada", "Call"),
        "minutes": ("Minutos", "Minutes"),
        "result": ("Resultado", "Result"),
        "fee": ("Cuota del mes", "Fee of the month"),
        "extra": ("Exceso sobre lo incluido", "Above what is included"),
        "set_up": ("Alta", "Set-up"),
        "minimum": ("Hasta el mínimo del mes", "Up to the month's minimum"),
        "cost": ("Coste corregido", "Corrected cost"),
    },
    "station_health": {"up": ("Conectado", "Up"), "unreachable": ("No localizable", "Unreachable")},
    "lamp": {
        "off": ("Nadie espera", "Nobody waiting"),
        "steady": ("Hay quien espera", "Somebody waiting"),
        "slow_blink": ("Objetivo en riesgo", "Target at risk"),
        "fast_blink": ("Objetivo incumplido", "Target missed"),
    },
    "end_reason": {
        "answered": ("Atendida", "Answered"),
        "abandoned": ("Abandonada", "Abandoned"),
        "short_abandon": ("Abandono corto", "Short abandon"),
        "overflowed": ("Desbordada", "Overflowed"),
        "busy": ("Ocupado", "Busy"),
        "no_answer": ("Sin respuesta", "No answer"),
        "failed": ("Fallida", "Failed"),
        "rejected": ("Rechazada", "Rejected"),
        "box_restarted": ("Reinicio de la centralita", "Box restarted"),
        "power_lost": ("Corte de luz", "Power lost"),
        "cancelled": ("Cancelada", "Cancelled"),
    },
    "hung_up_by": {
        "caller": ("Colgó quien llamaba", "Caller hung up"),
        "agent": ("Colgó el agente", "Agent hung up"),
        "system": ("Colgó la centralita", "The box hung up"),
        "network": ("Colgó la red", "The network hung up"),
    },
    "evidence": {
        "signalled": ("señalizada por la red", "signalled by the network"),
        "polarity": ("por inversión de polaridad", "by polarity reversal"),
        "voice_detected": ("por detección de voz", "by detected voice"),
        "assumed": ("supuesta", "assumed"),
    },
    "network_answer": {
        "asking": ("Preguntando a la red …", "Asking the network …"),
        "done": _NO_TEXT,
        "wants_reply": _NO_TEXT,
        "ended": _NO_TEXT,
        "elsewhere": ("La respuesta llegó a otro aparato", "The answer went to another device"),
        "not_supported": ("La red no conoce ese código", "The network does not know that code"),
        "no_answer": ("La red no contestó", "The network did not answer"),
        "timeout": ("La red no contestó a tiempo", "The network did not answer in time"),
        "refused": (
            "El módem no aceptó la pregunta: espere a que la línea esté libre y repita",
            "The modem did not take the question: wait until the line is free and try again",
        ),
    },
    "direction": {"in": ("Entrante", "Incoming"), "out": ("Saliente", "Outgoing")},
    "role": {
        "caller": ("Llamante", "Caller"),
        "agent": ("Agente", "Agent"),
        "voicemail": ("Buzón", "Voicemail"),
        "number": ("Número externo", "Outside number"),
    },
    "cause": {
        "normal": ("colgó", "hung up"),
        "busy": ("ocupado", "busy"),
        "no_answer": ("no contestó", "no answer"),
        "rejected": ("rechazó", "rejected"),
        "unreachable": ("no localizable", "unreachable"),
        "congestion": ("red saturada", "congestion"),
        "failed": ("fallo de red", "network failure"),
        "line_lost": ("línea perdida", "line lost"),
        "media_timeout": ("sin sonido", "no sound"),
        "answered_elsewhere": ("contestó otro aparato", "answered elsewhere"),
        "cancelled": ("cancelada", "cancelled"),
    },
    "charge_reason": {
        "unanswered": ("no se contestó", "not answered"),
        "emergency": ("las emergencias son gratuitas", "emergencies are free"),
        "no_rate": ("ninguna tarifa cubre el número", "no tariff covers the number"),
    },
    "outcome": {
        "talked": ("Habló", "Talked"),
        "missed": ("No contestó", "Missed"),
        "rejected": ("Rechazó", "Rejected"),
        "unreachable": ("No localizable", "Unreachable"),
        "answered_elsewhere": ("Contestó otro", "Answered elsewhere"),
        "caller_left": ("El llamante se fue", "Caller left"),
    },
    "decision": {
        "route": ("Encaminamiento", "Route"),
        "menu": ("Menú", "Menu"),
        "ring": ("Llamar a un agente", "Ring an agent"),
        "offer": ("Ofrecer a un agente", "Offer to an agent"),
        "reserve": ("Reservar un agente", "Keep an agent free"),
        "dial": ("Llamar fuera", "Dial out"),
        "none_ready": ("Nadie disponible", "Nobody ready"),
        "overflow": ("Desbordamiento", "Overflow"),
        "refuse": ("Rechazo", "Refusal"),
        "answer": ("Respuesta", "Answer"),
        "late": ("Tardía, sin efecto", "Late, no effect"),
        "agent_state": ("Estado de agente", "Agent state"),
        "end": ("Final", "End"),
        "recover": ("Recuperación", "Recovery"),
        "money": ("Dinero", "Money"),
    },
    "strategy": {
        "longest_idle": ("más tiempo libre", "longest idle"),
        "ring_all": ("todos a la vez", "ring all"),
        "linear": ("por orden", "linear"),
        "round_robin": ("por turnos", "round robin"),
        "fewest_calls": ("menos llamadas", "fewest calls"),
        "least_talk_time": ("menos tiempo hablado", "least talk time"),
        "random": ("por sorteo", "random"),
        "weighted_random": ("por sorteo con pesos", "weighted random"),
        "ring_progressively": ("de uno en uno, cada vez más", "ring progressively"),
        # of a number that goes out: what chose the line
        "emergency": ("emergencia", "emergency"),
        "only_line": ("única línea", "only line"),
        "begins": ("por el principio del número", "by how the number begins"),
        "least_cost": ("más barata", "least cost"),
        "minutes_left": ("con minutos", "minutes left"),
        "most_minutes": ("más minutos", "most minutes left"),
        "order": ("primera de la lista", "first in the list"),
    },
    "worklist_reason": {
        "abandoned": ("Colgó esperando", "Hung up waiting"),
        "overflowed": ("No cabía en la cola", "Queue could not take it"),
        "busy": ("Oyó ocupado", "Heard busy"),
        "failed": ("Falló la línea", "Line failed"),
        "box_restarted": ("Se cortó al reiniciar", "Cut off by a restart"),
        "power_lost": ("Se cortó la luz", "Power was lost"),
        "cut_off": ("Se cortó hablando", "Cut off while talking"),
        "voicemail": ("Dejó un mensaje", "Left a message"),
        "callback": ("Pidió que le llamemos", "Asked to be called back"),
        "callback_failed": ("No se le pudo localizar", "Could not be reached"),
    },
    "excluded": {code: (words.es, words.en) for code, words in EXCLUDED.items()},
    "worklist_result": WORKLIST_RESULTS,
    "message_state": MESSAGE_STATES,
    "message_cause": MESSAGE_CAUSES,
}


def code_text(kind: str, code: str, language: Language) -> str:
    """The word for a code of some kind (`agent_state`, `end_reason`, …). A code without a word is shown as it is:
    codes may come from a newer ACD or from the office's own lists."""
    pair = CODES.get(kind, {}).get(code)
    if pair is None:
        return code.replace("_", " ")
    return pair[0] if language == "es" else pair[1]
