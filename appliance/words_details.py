"""The sentences that devices, switch and clients say of their own state, in Spanish. They say them in English, once;
whoever shows them to a person turns them by `detail_words`. tests/command_line/test_words_details.py keeps the table
complete: a sentence said in the code and not written here fails it."""

import re
from collections.abc import Mapping
from functools import cache

from appliance.acd.plan import Language

CAUSE = "cause"
"""A part of this name is a sentence of the table itself and is put into Spanish too."""

SPANISH: Mapping[str, str] = {
    # any modem
    "not opened yet": "sin abrir todavía",
    "opening the modem": "abriendo el módem",
    "ready": "listo",
    "{port} does not exist: is the modem plugged in?": "{port} no existe: ¿está conectado el módem?",
    "{port} may not be opened by this user: add it to the group dialout": (
        "este usuario no tiene permiso para abrir {port}: añádalo al grupo dialout"
    ),
    "{port} is in use by another program": "otro programa está usando {port}",
    "{port} cannot be opened: {error}": "no se puede abrir {port}: {error}",
    "{port} was unplugged ({error})": "{port} se ha desconectado ({error})",
    "{port} was unplugged": "{port} se ha desconectado",
    "the modem does not answer; if it stays so, unplug it or cut the power of its USB port": (
        "el módem no responde; si sigue así, desconéctelo y vuelva a conectarlo, o corte la corriente de su puerto USB"
    ),
    "the modem does not come back: the power of its USB socket {path} is switched off and on": (
        "el módem no vuelve: se corta y se repone la corriente de su puerto USB {path}"
    ),
    "the power of USB ports cannot be switched here: uhubctl is not installed. Unplug the modem by hand": (
        "aquí no se puede cortar la corriente de los puertos USB: uhubctl no está instalado. Desconecte el módem a "
        "mano y vuelva a conectarlo"
    ),
    "{path} is no USB socket; one is named like 1-1.3": (
        "{path} no es un puerto USB; uno se escribe, por ejemplo, 1-1.3"
    ),
    "uhubctl could not switch port {port} of hub {hub}: {error}": (
        "uhubctl no pudo cortar la corriente del puerto {port} del concentrador {hub}: {error}"
    ),
    "uhubctl cannot be run: {error}": "no se puede ejecutar uhubctl: {error}",
    "uhubctl did not end within {seconds} s": "uhubctl no ha terminado en {seconds} s",
    "internal fault: {error}": "fallo interno: {error}",
    "{command} was answered {result}: is this a {title}?": (
        "a {command} el módem respondió {result}: ¿de verdad es un {title}?"
    ),
    "the modem cannot be set to {country} ({command}; it says {answer}): "
    "it may not hear the country's dial and busy tones": (
        "el módem no se deja poner en {country} ({command}; dice {answer}): puede que no oiga los tonos de invitación "
        "y de ocupado del país"
    ),
    "set up as {title}, but it says it is {model}: correct `model`": (
        "está configurado como {title}, pero dice ser {model}: corrija `model`"
    ),
    "no {title} in USB socket {path}; one is in {others}": (
        "no hay ningún {title} en el puerto USB {path}; hay uno en {others}"
    ),
    "no {title} in USB socket {path} nor in any other": "no hay ningún {title} en el puerto USB {path} ni en otro",
    "what is in USB socket {path} is no {title}: it is a {usb}. Correct `model`": (
        "lo que hay en el puerto USB {path} no es un {title}, es un {usb}: corrija `model`"
    ),
    "the {title} with IMEI {imei} is not plugged in; found {others}": (
        "el {title} con IMEI {imei} no está conectado; hay {others}"
    ),
    "the {title} with IMEI {imei} is not plugged in, nor is any other": (
        "el {title} con IMEI {imei} no está conectado, ni hay otro"
    ),
    "the {title} in USB socket {path} shows no interface {number} yet": (
        "el {title} del puerto USB {path} todavía no muestra la interfaz {number}"
    ),
    "looking for the modem of this line: the one here has IMEI {imei}": (
        "buscando el módem de esta línea: el de aquí tiene el IMEI {imei}"
    ),
    "looking for the modem of this line: the one here does not tell its IMEI": (
        "buscando el módem de esta línea: el de aquí no dice su IMEI"
    ),
    # GSM and 4G modems
    "registered with {operator}": "registrado en {operator}",
    "registered": "registrado",
    "looking for a network": "buscando red",
    "the network refuses the SIM: is it activated and paid?": (
        "la red rechaza la SIM: ¿está activada y al corriente de pago?"
    ),
    "not registered in a network: is there coverage, is the antenna on?": (
        "sin registrar en ninguna red: ¿hay cobertura?, ¿está puesta la antena?"
    ),
    "there is no SIM card, or it is not seated well": "no hay tarjeta SIM o no está bien colocada",
    "the SIM is busy and does not get ready: is it damaged?": (
        "la SIM está ocupada y no llega a estar lista: ¿está dañada?"
    ),
    "the SIM is blocked and wants its PUK: unblock it in a telephone": (
        "la SIM está bloqueada y pide el PUK: desbloquéela en un teléfono"
    ),
    "the SIM is not ready: {state}": "la SIM no está lista: {state}",
    "the SIM asks for its PIN: write it in `pin`, or switch the PIN off": (
        "la SIM pide su PIN: escríbalo en `pin` o desactive el PIN"
    ),
    "`pin` is not 4 to 8 digits: correct it": "`pin` no tiene de 4 a 8 cifras: corríjalo",
    "the SIM refused the PIN, and it is not tried again: correct `pin` and restart": (
        "la SIM rechazó el PIN y no se vuelve a intentar: corrija `pin` y reinicie"
    ),
    "the SIM refused the PIN ({result}); it had {tries} tries left. Correct `pin`": (
        "la SIM rechazó el PIN ({result}); le quedaban {tries} intentos. Corrija `pin`"
    ),
    "the SIM asks for its PIN and {cause}: enter it in a telephone, or switch the PIN off": (
        "la SIM pide su PIN y {cause}: introdúzcalo en un teléfono o desactive el PIN"
    ),
    "how many tries it has left is not known": "no se sabe cuántos intentos le quedan",
    "it has {tries} try left": "solo le queda {tries} intento",
    "this {model} has no voice: it carries data and messages only. Use a variant that has voice": (
        "este {model} no tiene voz: solo lleva datos y mensajes. Use una variante que tenga voz"
    ),
    "this {model} has its voice locked: unlock it, or use another stick": (
        "este {model} tiene la voz bloqueada: desbloquéela o use otro módem USB"
    ),
    "the modem restarted by itself": "el módem se ha reiniciado solo",
    "restarting the modem: {cause}": "reiniciando el módem: {cause}",
    "the modem did not restart when told": "el módem no se reinició cuando se le pidió",
    "the modem did not hang up": "el módem no colgó",
    "the modem refused to start its sound; it is restarted after this call": (
        "el módem no quiso activar el sonido; se reiniciará después de esta llamada"
    ),
    "the modem does not start its sound; it is restarted after this call": (
        "el módem no activa el sonido; se reiniciará después de esta llamada"
    ),
    "the modem sends no sound; it is restarted after this call": (
        "el módem no envía sonido; se reiniciará después de esta llamada"
    ),
    # analogue modems
    "no dial tone: is the telephone line plugged in?": "no hay tono de marcar: ¿está conectada la línea telefónica?",
    "firmware {version} does not lift the line: update it to {wanted} or later": (
        "el firmware {version} no descuelga la línea: actualícelo a la versión {wanted} o posterior"
    ),
    # handsets
    "starting": "arrancando",
    "the sound card answers": "la tarjeta de sonido responde",
    "its pins cannot be used: {error}": "no se pueden usar sus pines: {error}",
    "sound card {device} cannot be opened: {error}": "no se puede abrir la tarjeta de sonido {device}: {error}",
    "sound card {device} gives {rate} Hz × {channels}: name it as plughw:…": (
        "la tarjeta de sonido {device} da {rate} Hz × {channels}: indíquela como plughw:…"
    ),
    "the sound card gave nothing for {seconds} s": "la tarjeta de sonido lleva {seconds} s sin dar nada",
    # SIP trunks and telephones
    "waiting for Kamailio": "esperando a Kamailio",
    "Kamailio is not there": "Kamailio no responde",
    "calls from {address} are taken": "se aceptan las llamadas de {address}",
    "calls go through {host}": "las llamadas salen por {host}",
    "{host} does not answer": "{host} no responde",
    "{host} does not answer (OPTIONS); calls are tried all the same": (
        "{host} no responde (OPTIONS); las llamadas se intentan igualmente"
    ),
    "asking the name server": "preguntando al servidor de nombres",
    "no host of {domain} is known: {cause}": "no se conoce ninguna máquina de {domain}: {cause}",
    "there is no address of the name {name}": "el nombre {name} no tiene dirección",
    "{name} says that it offers no SIP by {transport}": "{name} dice que no ofrece SIP por {transport}",
    "the name server says {address} for {name}, which no host can have": (
        "el servidor de nombres dice {address} para {name}, que no puede ser de ninguna máquina"
    ),
    "the name server does not answer": "el servidor de nombres no responde",
    "the name server answers with an error": "el servidor de nombres responde con un error",
    "the name server's answer cannot be read": "no se entiende la respuesta del servidor de nombres",
    "this box knows no name server: check its network": (
        "esta centralita no conoce ningún servidor de nombres: revise su red"
    ),
    "the certificate of {host} has expired: the carrier must renew it, or this box's clock is wrong": (
        "el certificado de {host} ha caducado: el operador tiene que renovarlo, o el reloj de esta centralita va mal"
    ),
    "the certificate of {host} is not valid yet: is this box's clock right?": (
        "el certificado de {host} todavía no es válido: ¿va bien el reloj de esta centralita?"
    ),
    "the certificate of {host} is of another name than {names}": "el certificado de {host} no es de {names}",
    "no authority this box trusts has signed the certificate of {host}: is `ca_file` right?": (
        "el certificado de {host} no lo firma ninguna autoridad de confianza: ¿es correcto `ca_file`?"
    ),
    "the certificate of {host} is refused ({error})": "se rechaza el certificado de {host} ({error})",
    "{cause}; a call from {address} was refused, for it shows no certificate": (
        "{cause}; se rechazó una llamada de {address} porque no muestra certificado"
    ),
    "{cause}; a call from {address} was refused, for no host has proved the certificate it shows": (
        "{cause}; se rechazó una llamada de {address} porque muestra un certificado que no es el de ninguna máquina"
    ),
    "{host} does not speak TLS ({error})": "{host} no habla TLS ({error})",
    "registering at {registrar}": "registrándose en {registrar}",
    "registered at {registrar} through {host}": "registrado en {registrar} a través de {host}",
    "{registrar} refuses the password of {user}: correct `password`, or `auth_user`": (
        "{registrar} rechaza la contraseña de {user}: corrija `password` o `auth_user`"
    ),
    "{registrar} refuses {user} (403 {reason}): is the account active, and are its user and password right?": (
        "{registrar} rechaza a {user} (403 {reason}): ¿está activa la cuenta y son correctos su usuario y contraseña?"
    ),
    "{registrar} does not know {user}: correct `user`": "{registrar} no conoce a {user}: corrija `user`",
    "{registrar} does not register {user} now ({status} {reason})": (
        "{registrar} no registra a {user} por ahora ({status} {reason})"
    ),
    "{registrar} accepts {user} and keeps no registration (its answer lists none): ask the carrier why": (
        "{registrar} acepta a {user} y no guarda ningún registro (su respuesta no trae ninguno): pregunte al operador"
    ),
    "{file} cannot be read: {error}": "no se puede leer {file}: {error}",
    "the first line of {file} is no password": "la primera línea de {file} no es una contraseña",
    "at {contact}": "en {contact}",
    "registered at {contact}": "registrado en {contact}",
    "its registration is over": "su registro ha caducado",
    "not registered": "sin registrar",
    # the ACD and its store
    "{path}: the ACD is not running here. Start it, or give the configuration of the box that runs.": (
        "{path}: el ACD no está en marcha aquí. Arránquelo o indique la configuración de la centralita que funciona."
    ),
    "{path}: this user may not talk to the ACD. Use root or a user of the socket's group.": (
        "{path}: este usuario no tiene permiso para hablar con el ACD. Use root o un usuario del grupo del socket."
    ),
    "{path}: the ACD did not answer within {seconds} s.": "{path}: el ACD no ha respondido en {seconds} s.",
    "{path}: the ACD closed the connection. It may be restarting.": (
        "{path}: el ACD cerró la conexión. Puede que se esté reiniciando."
    ),
    "{path}: an answer is longer than {bytes} bytes.": "{path}: una respuesta pasa de {bytes} bytes.",
    "{path}: the answer is not of this protocol: {error}": "{path}: la respuesta no es de este protocolo: {error}",
    "{path}: the answer had no status in it.": "{path}: la respuesta no traía el estado.",
    "{path}: the answer had no health in it.": "{path}: la respuesta no traía la salud del proceso.",
    "{path}: the store cannot be read now ({error}). Start the ACD; if it runs, use root or its group.": (
        "{path}: el almacén de datos no se puede leer ahora ({error}). Arranque el ACD; si ya está en marcha, use root "
        "o un usuario de su grupo."
    ),
    "{path}: made by an older version (schema {version}). Start the ACD of this one: it brings it up to date.": (
        "{path}: es de una versión anterior (esquema {version}). Arranque el ACD de esta, que lo pone al día."
    ),
    "{path}: made by a newer version (schema {version}; this one knows {known}). "
    "Install that version again, or restore a backup made by this one.": (
        "{path}: es de una versión posterior (esquema {version}; esta conoce el {known}). Instale otra vez aquella "
        "versión o restaure una copia hecha por esta."
    ),
    # jobs of the command line that write the store
    "{path}: there is no store. Start the ACD once, or give its configuration (--config).": (
        "{path}: no hay almacén de datos. Arranque el ACD una vez o indique su configuración (--config)."
    ),
    "{path}: {error}. Its disk is full: make room, and do this again. What was done before is kept, the rest is as it "
    "was.": (
        "{path}: {error}. Su disco está lleno: haga sitio y repita la orden. Lo hecho antes queda hecho; lo demás está "
        "como estaba."
    ),
    "{path}: {error}. Something else has kept it locked: end that, and do this again. What was done before is kept, "
    "the rest is as it was.": (
        "{path}: {error}. Otro programa lo tiene bloqueado: ciérrelo y repita la orden. Lo hecho antes queda hecho; lo "
        "demás está como estaba."
    ),
    "{path}: {error}. This user may not write it: use root, or the user that the ACD runs as.": (
        "{path}: {error}. Este usuario no puede escribirlo: use root o el usuario con el que funciona el ACD."
    ),
    "{path}: {error}. The file is damaged: restore a backup. Nothing was written.": (
        "{path}: {error}. El archivo está dañado: restaure una copia de seguridad. No se ha escrito nada."
    ),
    "{path}: {error}. Its disk takes or gives nothing: see that it has room and is well, and do this again. What was "
    "done before is kept, the rest is as it was.": (
        "{path}: {error}. Su disco no acepta o no da datos: compruebe que tiene sitio y está bien y repita la orden. "
        "Lo hecho antes queda hecho; lo demás está como estaba."
    ),
    "{subject} was charged in {currency} and the box charges in {now}": (
        "{subject} se cobró en {currency} y la centralita cobra en {now}"
    ),
}
"""English template to Spanish template, with the same parts in braces."""


def detail_words(detail: str, language: Language) -> str:
    """`detail`, one sentence of a device or process, in this language. One that nobody knows is shown as it is."""
    if language != "es":
        return detail
    for pattern, spanish in _patterns():
        match = pattern.fullmatch(detail)
        if match is not None:
            parts = match.groupdict()
            if CAUSE in parts:
                parts[CAUSE] = detail_words(parts[CAUSE], language)
            return spanish.format(**parts)
    return detail


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Those with more words of their own first: "sound card {device} cannot be opened" before "{port} cannot be …"."""
    ordered = sorted(SPANISH, key=lambda english: -len(re.sub(r"\{\w+\}", "", english)))
    return tuple((_pattern(english), SPANISH[english]) for english in ordered)


def _pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", template)
    written = (f"(?P<{piece}>.+?)" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces))
    return re.compile("".join(written), re.DOTALL)
