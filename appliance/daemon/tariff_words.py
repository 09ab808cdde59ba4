"""What is said of books that are in force, or are not, in the language of whoever looks after the box."""

from appliance.configuration.tariff_problems import Language

WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "book": "{name} {version} ({since}, {rates} tarifas)",
        "since": "desde {day}",
        "always": "siempre",
        "contradicts": "el libro {name} queda fuera: {problem}",
        "all": "todos los libros quedan fuera: {why}",
        "file": "{file} {wrong}: el libro {name} no tiene tarifas {since}. Impórtelo otra vez.",
        "from": "desde el {day}",
        "before": "hasta su versión siguiente",
        "currency": "el libro {name} {version} queda fuera: está en {its} y la centralita en {box}. Importe una "
        "lista en {box}.",
        "names": "el libro {name} {version} nombra lo que ya no hay: {what}. Impórtelo otra vez.",
        "row": "línea {line} de {source}, {kind} «{value}»",
        "line": "línea",
        "project": "proyecto",
        "hours": "horario",
        "of_line": "línea {line}",
        "of_book": "línea {line} del libro {book} ({source})",
        "many": "el libro {name} queda fuera: con él habría más de {most} tarifas en vigor. Quite destinos de "
        "su lista.",
        "folder": "los libros de tarifas quedan fuera: {why}",
        "size": "tiene más de {mb} MB",
        "format": "es de otro formato ({format})",
        "damaged": "está dañado",
        "other_book": "no es el libro que dice su nombre",
        "unreadable": "no se puede leer: {why}",
        "cannot_read": "no se puede leer: {why}. Mire de quién es y sus permisos.",
        "cannot_write": "no se puede escribir: {why}. No se ha cambiado nada; mire el sitio que queda en el disco y de "
        "quién es la carpeta, o use root.",
        "no_folder": "no existe. Arranque la centralita una vez, o corrija box.data_dir.",
        "busy": "hay otra importación en marcha. Espere a que acabe.",
    },
    "en": {
        "book": "{name} {version} ({since}, {rates} rates)",
        "since": "from {day}",
        "always": "always",
        "contradicts": "the book {name} is left out: {problem}",
        "all": "all books are left out: {why}",
        "file": "{file} {wrong}: the book {name} has no rates {since}. Import it again.",
        "from": "from {day} on",
        "before": "until its next version",
        "currency": "the book {name} {version} is left out: it is in {its} and the box in {box}. Import a list in "
        "{box}.",
        "names": "the book {name} {version} names what is not there any more: {what}. Import it again.",
        "row": "line {line} of {source}, {kind} “{value}”",
        "line": "line",
        "project": "project",
        "hours": "hours table",
        "of_line": "line {line}",
        "of_book": "line {line} of the book {book} ({source})",
        "many": "the book {name} is left out: with it there would be more than {most} rates in force. Remove "
        "destinations from its list.",
        "folder": "the books of tariffs are left out: {why}",
        "size": "has more than {mb} MB",
        "format": "is of another format ({format})",
        "damaged": "is damaged",
        "other_book": "is not the book its name says",
        "unreadable": "cannot be read: {why}",
        "cannot_read": "cannot be read: {why}. See to its owner and mode.",
        "cannot_write": "cannot be written: {why}. Nothing was changed; see to the room on the disk and the folder's "
        "owner, or use root.",
        "no_folder": "is not there. Start the box once, or correct box.data_dir.",
        "busy": "another import is at work. Wait until it has ended.",
    },
}
