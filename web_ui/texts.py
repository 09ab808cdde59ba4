"""Every sentence on the pages, Spanish beside English: what a reader sees, and nothing that a program compares."""

from collections.abc import Mapping
from typing import NamedTuple

from web_ui.settings import Language
from web_ui.texts_accounts import ACCOUNTS
from web_ui.texts_claim import CLAIM
from web_ui.texts_figures import FIGURES
from web_ui.texts_lines import LINES


class Text(NamedTuple):
    es: str
    en: str


TEXTS: Mapping[str, Text] = {
    key: Text(*pair)
    for key, pair in {
        # frame
        "nav.overview": ("Ahora", "Now"),
        "nav.calls": ("Llamadas", "Calls"),
        "nav.worklist": ("Pendientes", "Worklist"),
        "nav.messages": ("Mensajes", "Messages"),
        "nav.lines": ("Líneas", "Lines"),
        "nav.accounts": ("Cuentas", "Accounts"),
        "nav.bench": ("Banco", "Bench"),
        "nav.skip": ("Ir al contenido", "Skip to content"),
        "nav.log_out": ("Salir", "Log out"),
        "nav.main": ("Principal", "Main"),
        "language.es": ("Español", "Spanish"),
        "language.en": ("Inglés", "English"),
        "language.choose": ("Idioma", "Language"),
        "live.lost": (
            "Sin conexión con la centralita. Se sigue intentando; lo que se ve puede ser antiguo.",
            "No connection to the box. Still trying; what you see may be old.",
        ),
        "live.slow": (
            "Hay muchas páginas abiertas: esta se actualiza cada pocos segundos.",
            "Many pages are open: this one is updated every few seconds.",
        ),
        "live.on": ("En directo", "Live"),
        "live.off": ("Sin conexión", "Offline"),
        "done": ("Hecho.", "Done."),
        # away
        "away.acd": (
            "El proceso que decide (ACD) no responde. Lo de abajo es lo último que se supo; las llamadas en curso "
            "siguen y el historial se puede consultar.",
            "The deciding process (ACD) does not answer. What is below is what was last known; calls in progress go "
            "on and the history can be read.",
        ),
        "away.acd_never": (
            "El proceso que decide (ACD) no responde y aún no se sabe nada de la centralita. El historial se puede "
            "consultar.",
            "The deciding process (ACD) does not answer and nothing is known of the box yet. The history can be read.",
        ),
        "away.since": ("Desde las {time}.", "Since {time}."),
        "away.switch": (
            "El conmutador no responde: ahora no entran ni salen llamadas. Se reinicia solo; lo de abajo es lo último "
            "que se supo.",
            "The switch does not answer: no calls come in or go out now. It restarts by itself; what is below is what "
            "was last known.",
        ),
        "away.clock": (
            "El reloj de la centralita no está sincronizado: las horas pueden no ser exactas; las duraciones sí. Los "
            "horarios y las tarifas por horas van por este reloj. Conéctela a internet o a un servidor de hora (NTP).",
            "The box's clock is not synchronised: times may be wrong; durations are right. Opening hours and tariffs "
            "by the hour follow this clock. Connect the box to the internet or to a time server (NTP).",
        ),
        "away.history": (
            "El historial no se puede leer ahora mismo: {problem}",
            "The history cannot be read right now: {problem}",
        ),
        "action.away": (
            "No se ha podido hacer: el proceso que decide (ACD) no responde. Inténtelo de nuevo en unos segundos.",
            "It could not be done: the deciding process (ACD) does not answer. Try again in a few seconds.",
        ),
        "action.refused": ("No se ha hecho: {why}", "Not done: {why}"),
        "action.failed": ("No se ha podido enviar. Inténtelo de nuevo.", "It could not be sent. Try again."),
        # overview
        "overview.title": ("Ahora", "Now"),
        "night.on": ("Modo noche", "Night mode"),
        "night.is_on": ("Modo noche puesto", "Night mode is on"),
        "night.switch_on": ("Poner modo noche", "Turn night mode on"),
        "night.switch_off": ("Quitar modo noche", "Turn night mode off"),
        "waiting.title": ("En espera", "Waiting"),
        "waiting.none": (
            "Nadie espera. Las llamadas que entren aparecerán aquí.",
            "Nobody waits. Calls that come in will show here.",
        ),
        "waiting.position": ("Puesto {n}", "Position {n}"),
        "waiting.announce": ("{n} en espera", "{n} waiting"),
        "talking.title": ("En conversación", "In conversation"),
        "talking.none": ("Ninguna conversación en este momento.", "No conversation at the moment."),
        "talking.recording": ("Grabando", "Recording"),
        "call.caller": ("Número", "Number"),
        "call.withheld": ("Número oculto", "Withheld number"),
        "call.queue": ("Cola", "Queue"),
        "call.line": ("Línea", "Line"),
        "call.called": ("Número marcado", "Called number"),
        "call.state": ("Estado", "State"),
        "call.agent": ("Agente", "Agent"),
        "call.wait": ("Espera", "Wait"),
        "call.talk": ("Conversación", "Talk"),
        "call.time": ("Hora", "Time"),
        "call.end": ("Final", "End"),
        "call.charge": ("Cargo", "Charge"),
        "agents.title": ("Agentes", "Agents"),
        "agents.none": (
            "No hay agentes en la configuración. Añada tablas [[agent]] y vuelva a arrancar.",
            "There are no agents in the configuration. Add [[agent]] tables and start again.",
        ),
        "agents.today": ("{n} hoy", "{n} today"),
        "agents.missed": ("{n} sin coger seguidas", "{n} missed in a row"),
        "agents.actions": ("Acciones", "Actions"),
        "agents.actions_of": ("Acciones de {name}", "Actions of {name}"),
        "agents.log_in": ("Entrar en {station}", "Log in on {station}"),
        "agents.log_in_usual": ("Entrar en su aparato", "Log in on own station"),
        "agents.log_out": ("Salir de turno", "Log out"),
        "agents.pause": ("Pausa: {reason}", "Pause: {reason}"),
        "agents.resume": ("Volver a disponible", "Back to ready"),
        "agents.over_limit": ("se pasa del tiempo de pausa", "over the time of the pause"),
        "agents.needs_disposition": ("falta la tipificación", "disposition missing"),
        "agents.off_shift": ("fuera de su turno", "outside the shift"),
        "agents.extend_wrap_up": ("Más tiempo de trabajo posterior", "More time for wrap-up"),
        "agents.end_wrap_up": ("Terminar trabajo posterior", "End wrap-up"),
        "queues.title": ("Colas", "Queues"),
        "queues.none": (
            "No hay colas en la configuración. Añada tablas [[queue]] y vuelva a arrancar.",
            "There are no queues in the configuration. Add [[queue]] tables and start again.",
        ),
        "queues.waiting": ("en espera", "waiting"),
        "queues.longest": ("la más larga", "longest"),
        "queues.ready": ("disponibles", "ready"),
        "queues.talking": ("hablando", "talking"),
        "queues.logged_in": ("de turno", "logged in"),
        "queues.closed": ("Cerrada", "Closed"),
        "queues.target": ("objetivo {n} s", "target {n} s"),
        "lines.title": ("Líneas y aparatos", "Lines and stations"),
        "lines.lines": ("Líneas", "Lines"),
        "lines.stations": ("Aparatos", "Stations"),
        "lines.none": (
            "No hay líneas en la configuración. Añada tablas [[line]] y vuelva a arrancar.",
            "There are no lines in the configuration. Add [[line]] tables and start again.",
        ),
        "lines.signal": ("Señal {n} %", "Signal {n}%"),
        "lines.busy": ("Ocupada", "Busy"),
        "lines.free": ("Libre", "Free"),
        "stations.extension": ("Ext. {n}", "Ext. {n}"),
        # calls
        "calls.title": ("Llamadas", "Calls"),
        "calls.last": ("Últimas llamadas", "Last calls"),
        "calls.all": ("Ver todas", "See all"),
        "calls.older": ("Anteriores", "Older"),
        "calls.newest": ("Las más recientes", "Newest"),
        "calls.none": (
            "Todavía no hay llamadas terminadas. Cada llamada aparece aquí en cuanto acaba.",
            "No calls have ended yet. Each call shows here as soon as it is over.",
        ),
        "calls.open": ("Ver la llamada {call}", "See call {call}"),
        "calls.missing": (
            "No hay ninguna llamada {call} en el historial. Si aún está en curso, aparecerá cuando termine.",
            "There is no call {call} in the history. If it is still up, it will show when it is over.",
        ),
        # worklist
        "worklist.title": ("Lista de pendientes", "Worklist"),
        "worklist.hint": (
            "Quien llamó y no pudo ser atendido, hasta que alguien hable con esa persona.",
            "Who called and could not be served, until somebody talks to them.",
        ),
        "worklist.none": (
            "No queda nadie pendiente. Quien abandone o no pueda ser atendido aparecerá aquí.",
            "Nobody is left. Whoever gives up or cannot be served will show here.",
        ),
        "worklist.number": ("Número", "Number"),
        "worklist.why": ("Motivo", "Reason"),
        "worklist.since": ("Desde", "Since"),
        "worklist.attempts": ("Intentos", "Attempts"),
        "worklist.call": ("Llamar", "Call"),
        "worklist.call_of": ("Llamar al {number}", "Call {number}"),
        "worklist.close": ("Cerrar", "Close"),
        "worklist.close_of": ("Cerrar el pendiente {number}", "Close the item {number}"),
        # messages
        "messages.title": ("Mensajes", "Messages"),
        "messages.write": ("Escribir un mensaje", "Write a message"),
        "messages.number": ("Número", "Number"),
        "messages.text": ("Texto", "Text"),
        "messages.line": ("Línea", "Line"),
        "messages.any_line": ("La primera que pueda", "The first that may"),
        "messages.send": ("Enviar", "Send"),
        "messages.when": ("Cuándo", "When"),
        "messages.state": ("Estado", "State"),
        "messages.data": ("(datos, {octets} octetos)", "(data, {octets} octets)"),
        "messages.missing": ("falta la parte {parts}", "part {parts} is missing"),
        "messages.none": (
            "Todavía no hay mensajes. Los que lleguen a una línea móvil aparecerán aquí.",
            "There are no messages yet. Those that come to a mobile line will show here.",
        ),
        # login
        "login.title": ("Entrar", "Log in"),
        "login.password": ("Contraseña", "Password"),
        "login.enter": ("Entrar", "Log in"),
        "login.hint": (
            "La que se eligió al estrenar la centralita, o la que se mostró en la consola en el primer arranque.",
            "The one chosen when the box was claimed, or the one shown on the console at the first start.",
        ),
        "login.wrong": ("La contraseña no es correcta.", "The password is not right."),
        "login.wait": (
            "Demasiados intentos desde este equipo. Espere {seconds} s y vuelva a intentarlo.",
            "Too many attempts from this computer. Wait {seconds} s and try again.",
        ),
        "login.busy": (
            "Otra persona está entrando en este momento. Inténtelo de nuevo.",
            "Somebody else is logging in at this moment. Try again.",
        ),
        # errors
        "error.title": ("No se ha podido", "That did not work"),
        "error.404": ("Esta página no existe.", "There is no such page."),
        "error.400": ("El navegador envió algo que no se entiende.", "The browser sent something not understood."),
        "error.csrf": (
            "La página estaba abierta desde hace demasiado y ya no vale. Vuelva a abrirla e inténtelo otra vez.",
            "The page was open for too long and is no longer valid. Open it again and try once more.",
        ),
        "error.413": ("Lo enviado es demasiado grande.", "What was sent is too large."),
        "error.405": ("Esto no se puede hacer así.", "This cannot be done this way."),
        "error.429": ("Demasiados intentos.", "Too many attempts."),
        "error.500": (
            "La página ha fallado; el registro del sistema dice cómo. Las llamadas no se ven afectadas.",
            "The page failed; the system log says how. Calls are not affected.",
        ),
        "error.503": (
            "Ahora mismo no se puede; inténtelo en unos segundos.",
            "Not possible right now; try again in a few seconds.",
        ),
        "error.back": ("Volver al inicio", "Back to the start"),
    }.items()
} | {key: Text(*pair) for key, pair in {**LINES, **ACCOUNTS, **CLAIM}.items()}


def text(key: str, language: Language, **values: object) -> str:
    """The sentence `key` in `language`, its `{names}` filled in. Raises KeyError for a key that is not there."""
    pair = TEXTS.get(key) or Text(*FIGURES[key])
    sentence = pair.es if language == "es" else pair.en
    return sentence.format(**values) if values else sentence
