"""The words of updates, es and en: every problem with what to do, and what is told."""

from collections.abc import Mapping
from typing import Literal

from appliance.update.errors import UpdateError

Language = Literal["es", "en"]
Pair = tuple[str, str]

PROBLEMS: Mapping[str, Pair] = {
    "no_box": (
        "Esta máquina no es una caja con dos sistemas: aquí no hay nada que actualizar así.",
        "This machine is no box with two systems: there is nothing to be updated like this.",
    ),
    "not_there": ("{what}: no existe o no es un archivo.", "{what}: it is not there, or is no file."),
    "not_read": (
        "{what}: no se pudo leer o guardar ({reason}). No se ha cambiado nada; repita.",
        "{what}: it could not be read or kept ({reason}). Nothing was changed; try again.",
    ),
    "not_reached": (
        "{what}: no se pudo descargar ({reason}). No se ha cambiado nada; compruebe la dirección y la red.",
        "{what}: it could not be downloaded ({reason}). Nothing was changed; check the address and the network.",
    ),
    "cut_off": (
        "{what}: llegaron {got} de {wanted} MB. No se ha cambiado nada; repita.",
        "{what}: {got} of {wanted} MB came. Nothing was changed; try again.",
    ),
    "too_large": (
        "{what}: es mayor que {most} MB, más de lo que cabe en un sistema. No se ha cambiado nada.",
        "{what}: it is larger than {most} MB, more than a system has room for. Nothing was changed.",
    ),
    "no_room": (
        "Hacen falta {wanted} MB libres y hay {free} MB. No se ha cambiado nada; libere espacio y repita.",
        "{wanted} MB must be free and {free} MB are. Nothing was changed; free some room and try again.",
    ),
    "not_signed": (
        "{what}: no lleva una firma válida de Centralita ({reason}). No se instala; descárguelo de nuevo de su origen.",
        "{what}: it has no valid signature of Centralita ({reason}). It is not installed; get it again.",
    ),
    "not_ours": (
        "{what}: no es una actualización de Centralita ({reason}). No se instala.",
        "{what}: it is no update of Centralita ({reason}). It is not installed.",
    ),
    "other_machine": (
        "Es una actualización para {theirs} y esta caja es {ours}. No se instala.",
        "It is an update for {theirs} and this box is {ours}. It is not installed.",
    ),
    "older": (
        "La versión {version} es anterior a la {running} que funciona. No se instala sin --force-downgrade.",
        "Version {version} is older than {running}, which runs. It is not installed without --force-downgrade.",
    ),
    "no_way_back": (
        "Después de la versión {version} no se podría volver a la {running}: instale antes una intermedia (esquema"
        " {schema}), o use --force-downgrade.",
        "There would be no way back from version {version} to {running}: install one between them first (schema"
        " {schema}), or use --force-downgrade.",
    ),
    "failed": (
        "{what}: no se pudo instalar ({reason}). Sigue funcionando la versión de antes; repita.",
        "{what}: it could not be installed ({reason}). The version from before goes on; try again.",
    ),
    "not_judged": (
        "Aún no se sabe si este arranque va bien. Espere unos minutos y repita.",
        "It is not known yet whether this start goes well. Wait a few minutes and try again.",
    ),
    "nothing_installed": (
        "No hay otra versión instalada a la que cambiar.",
        "There is no other version installed to switch to.",
    ),
    "busy": (
        "Otra instalación está en marcha. Espere a que acabe.",
        "Another installation is going on. Wait until it has ended.",
    ),
    "not_started": (
        "La versión {version} no llegó a arrancar. Ha vuelto la de antes, y no se ha perdido nada.",
        "Version {version} did not start. The one from before is back, and nothing was lost.",
    ),
    "not_well": (
        "La versión {version} arrancó, pero no iba bien ({reason}). Ha vuelto la de antes, y no se ha perdido nada.",
        "Version {version} started, but was not well ({reason}). The one from before is back, and nothing was lost.",
    ),
    "start_memory": (
        "La partición de arranque no se puede usar ({reason}). No se ha cambiado nada.",
        "The start-up partition cannot be used ({reason}). Nothing was changed.",
    ),
}
SAID: Mapping[str, Pair] = {
    "running": ("Funciona la versión {version} (sistema {slot}).", "Version {version} runs (system {slot})."),
    "judged": ("Este arranque va bien.", "This start is well."),
    "unjudged": ("Aún se comprueba si este arranque va bien.", "It is still being checked whether this start is well."),
    "installed": (
        "La versión {version} está instalada en el otro sistema.",
        "Version {version} is installed in the other system.",
    ),
    "waiting": (
        "Se cambia a ella en cuanto nadie hable durante un minuto.",
        "It is switched to once nobody has been on the phone for a minute.",
    ),
    "last": ("La última actualización no salió adelante: {problem}", "The last update came to nothing: {problem}"),
    "good": (
        "Versión {version}, firmada, para esta caja. Se puede instalar.",
        "Version {version}, signed, for this box. It can be installed.",
    ),
    "switching": ("La caja arranca ahora con la versión {version}.", "The box starts anew with version {version} now."),
}


def problem_words(error: UpdateError, language: Language) -> str:
    """The sentence, and never an exception: what a state of a newer version names is told by its code."""
    pair = PROBLEMS.get(error.code)
    if pair is None:
        return str(error)
    try:
        return pair[language == "en"].format(**error.values)
    except KeyError:
        return str(error)


def said(code: str, language: Language, **values: str) -> str:
    return SAID[code][language == "en"].format(**values)
