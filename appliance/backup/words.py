"""The words of backup and restore, es and en: every problem with what to do, and what is told before and after."""

from collections.abc import Mapping
from typing import Literal

from appliance.backup.errors import BackupError

Language = Literal["es", "en"]
Pair = tuple[str, str]

PROBLEMS: Mapping[str, Pair] = {
    "disk_full": (
        "{path}: el disco está lleno. No se ha cambiado nada; libere espacio y repita.",
        "{path}: the disk is full. Nothing was changed; free some room and try again.",
    ),
    "no_room": (
        "{path}: hacen falta {wanted} MB libres y hay {free} MB. No se ha cambiado nada; libere espacio y repita.",
        "{path}: {wanted} MB must be free and {free} MB are. Nothing was changed; free some room and try again.",
    ),
    "disk_read_only": (
        "{path}: el disco es de solo lectura. Quite el seguro del pendrive o repare su sistema de archivos.",
        "{path}: the disk is read-only. Slide the stick's lock, or have its file system repaired.",
    ),
    "disk_gone": (
        "{path}: el disco falló o se desconectó a medias ({reason}). Conéctelo y repita; no se ha perdido nada.",
        "{path}: the disk failed or was pulled out ({reason}). Plug it in and try again; nothing was lost.",
    ),
    "disk_error": ("{path}: {reason}. No se ha cambiado nada.", "{path}: {reason}. Nothing was changed."),
    "file_too_large": (
        "{path}: el archivo es demasiado grande para este pendrive (FAT admite 4 GB). Formatéelo como exFAT o ext4.",
        "{path}: the file is too large for this stick (FAT takes 4 GB). Format it as exFAT or ext4.",
    ),
    "not_there": ("{path}: no existe. Corrija la ruta.", "{path}: is not there. Correct the path."),
    "not_allowed": (
        "{path}: este usuario no tiene permiso ({reason}). Use root (sudo).",
        "{path}: this user may not ({reason}). Use root (sudo).",
    ),
    "stick_missing": (
        "{path}: ahí no hay ningún otro disco montado: el pendrive no está. Conéctelo (etiqueta CENTRALITA).",
        "{path}: no other disk is mounted there: the stick is missing. Plug it in (label CENTRALITA).",
    ),
    "no_store": (
        "{path}: no hay registros que copiar. Ponga en marcha la centralita primero.",
        "{path}: there are no records to back up. Start the box first.",
    ),
    "store_damaged": (
        "{path}: los registros están dañados ({reason}). Guarde las copias anteriores: esta no se ha hecho.",
        "{path}: the records are damaged ({reason}). Keep the earlier backups: nothing was made or changed.",
    ),
    "changed_meanwhile": (
        "{path}: cambió mientras se copiaba. Repita.",
        "{path}: changed while it was copied. Try again.",
    ),
    "not_proved": (
        "{path}: lo escrito no se puede volver a leer ({reason}): la copia se ha descartado. Use otro pendrive.",
        "{path}: what was written cannot be read back ({reason}): the backup was thrown away. Use another stick.",
    ),
    "wrong_key": (
        "{path}: esta clave no lo abre. Compare la clave con la del papel de esta centralita; si es la misma, el "
        "principio del archivo está dañado: use otra copia.",
        "{path}: this key does not open it. Compare the key with the paper of this very box; if it is the same, the "
        "beginning of the file is damaged: use another copy.",
    ),
    "damaged": (
        "{path}: está dañado o incompleto. No se ha cambiado nada; use otra copia.",
        "{path}: is damaged or cut short. Nothing was changed; use another backup.",
    ),
    "sum_differs": (
        "{path}: {member} no es lo que se guardó. No se ha cambiado nada; use otra copia.",
        "{path}: {member} is not what was kept. Nothing was changed; use another backup.",
    ),
    "not_a_backup": (
        "{path}: no es una copia de Centralita.",
        "{path}: is no backup of Centralita.",
    ),
    "newer_format": (
        "{path}: lo hizo una versión más nueva. Instale esa versión y repita.",
        "{path}: made by a newer version. Install that version and try again.",
    ),
    "newer_schema": (
        "{path}: lo hizo una versión más nueva (esquema {theirs}; esta conoce {ours}). Instale esa versión y repita.",
        "{path}: made by a newer version (schema {theirs}; this one knows {ours}). Install that version and try again.",
    ),
    "file_too_big": (
        "{path}: tiene más de {limit} MB y no es de la centralita. Sáquelo de la carpeta de datos.",
        "{path}: has more than {limit} MB and is not the box's. Move it out of the data folder.",
    ),
    "too_many_files": (
        "{path}: tiene más de {limit} archivos además de las grabaciones. Saque lo que no es de la centralita.",
        "{path}: has more than {limit} files beside the recordings. Move out what is not the box's.",
    ),
    "busy": (
        "Ya hay otra copia o restauración en marcha. Espere a que termine.",
        "Another backup or restore is running. Wait until it ends.",
    ),
    "running": (
        "La centralita está en marcha. Párela (systemctl stop centralita.target, o Ctrl-C) y repita.",
        "The box is running. Stop it (systemctl stop centralita.target, or Ctrl-C) and try again.",
    ),
    "newer_calls": (
        "Esta centralita tiene {calls} llamadas que la copia no tiene y se perderían. Haga antes una copia de lo que "
        "hay, o repita con --force.",
        "This box has {calls} calls that the backup has not, and they would be lost. Make a backup of what is here "
        "first, or repeat with --force.",
    ),
    "unknown_calls": (
        "Los registros de esta centralita no se pueden leer, así que no se sabe qué se perdería. Repita con --force: "
        "se dejan apartados junto a los nuevos.",
        "This box's records cannot be read, so what would be lost is not known. Repeat with --force: they are put "
        "aside, beside the new ones.",
    ),
    "not_placed_yet": (
        "La restauración está decidida pero no se pudo terminar ({reason}). Se terminará al arrancar la centralita.",
        "The restore is decided but could not be finished ({reason}). It is finished when the box starts.",
    ),
    "placing_damaged": (
        "{path}: está dañado. Repita la restauración.",
        "{path}: is damaged. Repeat the restore.",
    ),
    "no_key": (
        "Esta centralita no tiene clave de recuperación. Escríbala: --key XXXXX-XXXXX-…",
        "This box has no recovery key. Give it: --key XXXXX-XXXXX-…",
    ),
    "key_is_roots": (
        "{path}: solo root puede leer la clave de recuperación. Use sudo.",
        "{path}: only root may read the recovery key. Use sudo.",
    ),
    "key_file_damaged": (
        "{path}: está dañado. Escriba la clave del papel en ese archivo, o bórrelo para que se haga otra (las copias "
        "de antes siguen abriéndose con la del papel).",
        "{path}: is damaged. Write the key from the paper into it, or delete it so that another is made (earlier "
        "backups are still opened with the one on paper).",
    ),
    "key_typo": (
        "La clave está mal escrita en el grupo {groups}. Compare ese grupo con el papel.",
        "The key has a mistake in group {groups}. Compare that group with the paper.",
    ),
    "key_length": (
        "La clave tiene 8 grupos de 5 caracteres y ha escrito {found} caracteres.",
        "The key has 8 groups of 5 characters and you wrote {found} characters.",
    ),
    "stop_failed": (
        "No se pudo parar la centralita ({reason}). Párela a mano y repita.",
        "The box could not be stopped ({reason}). Stop it by hand and try again.",
    ),
}
SAID: Mapping[str, Pair] = {
    "made": (
        "Copia hecha y comprobada con la clave: {path} ({size} MB, {calls} llamadas, hasta la {last} de {ended}).",
        "Backup made and proved with the key: {path} ({size} MB, {calls} calls, up to {last} of {ended}).",
    ),
    "not_due": ("Todavía no toca otra copia.", "No backup is due yet."),
    "not_set_up": (
        "No hay copia automática: escriba [backup] folder en la configuración.",
        "No backup is made by itself: write [backup] folder in the configuration.",
    ),
    "key": (
        "Clave de recuperación. Escríbala en papel y guárdela lejos de la centralita:\n\n    {key}\n\n"
        "Sin ella nadie puede abrir las copias si esta centralita se pierde. Las mayúsculas y los guiones "
        "no importan. Para verla otra vez: ./centralita backup key (solo root).",
        "Recovery key. Write it on paper and keep it away from the box:\n\n    {key}\n\n"
        "Without it nobody can open the backups when this box is lost. Case and hyphens do not matter. "
        "To see it again: ./centralita backup key (root only).",
    ),
    "age_key": (
        "La misma clave para el programa age (age -d -i clave.txt COPIA | tar xz):",
        "The same key for the program age (age -d -i key.txt BACKUP | tar xz):",
    ),
    "good": (
        "{path}: se abre con la clave y está entero: {files} archivos, registros comprobados.",
        "{path}: opens with the key and is whole: {files} files, records checked.",
    ),
    "what": (
        "{box}, hecha {made} por la versión {program}: {calls} llamadas, la última {last}, de {ended}.",
        "{box}, made {made} by version {program}: {calls} calls, the last one {last}, of {ended}.",
    ),
    "lost": (
        "Lo que se pierde: todo desde {made}, {minutes} minutos; {calls} llamadas de esta centralita.",
        "What is lost: everything since {made}, {minutes} minutes; {calls} calls of this box.",
    ),
    "lost_unknown": (
        "Lo que se pierde: todo desde {made}, {minutes} minutos; los registros de esta centralita no se pueden leer.",
        "What is lost: everything since {made}, {minutes} minutes; this box's records cannot be read.",
    ),
    "lost_elsewhere": (
        "Las llamadas que hubo desde entonces en la centralita perdida no están en la copia.",
        "Calls the lost box had since then are not in the backup.",
    ),
    "other_box": (
        "Cuidado: es la copia de otra centralita ({theirs}); esta se llama {ours}.",
        "Mind: this is another box's backup ({theirs}); this one is called {ours}.",
    ),
    "restored": (
        "Restaurada. Los números de llamada siguen más adelante, para que ninguno se dé dos veces. Lo que había queda "
        "junto a lo nuevo (*.before-restore).",
        "Restored. Call numbers go on further ahead, so that none is given twice. What was here is beside the new "
        "(*.before-restore).",
    ),
    "start_it": (
        "Póngala en marcha: systemctl start centralita.target",
        "Start it: systemctl start centralita.target",
    ),
    "finished": (
        "Se ha terminado una restauración que quedó a medias.",
        "A restore that was interrupted is finished.",
    ),
    "recordings": (
        "Grabaciones: {copied} copiadas ({size} MB) y comprobadas, {there} ya estaban.",
        "Recordings: {copied} copied ({size} MB) and compared, {there} were there already.",
    ),
    "recordings_wrong": (
        "Grabaciones cuya copia está dañada o falta: {names}",
        "Recordings whose copy is damaged or missing: {names}",
    ),
    "none": ("No hay copias de {box} en {path}.", "There are no backups of {box} in {path}."),
    "list_line": (
        "{made}  {size} MB  {path}",
        "{made}  {size} MB  {path}",
    ),
}


def problem_words(error: BackupError, language: Language) -> str:
    return words_of(PROBLEMS, error.code, error.values, language)


def said(what: str, language: Language, **values: object) -> str:
    return words_of(SAID, what, {name: str(value) for name, value in values.items()}, language)


def words_of(table: Mapping[str, Pair], code: str, values: Mapping[str, str], language: Language) -> str:
    """A code without words is shown as it is: it may come from another version."""
    pair = table.get(code)
    if pair is None:
        return " ".join([code.replace("_", " "), *values.values()])
    return pair[0 if language == "es" else 1].format_map(values)
