"""What can be wrong in a carrier's list of rates, in both languages, each with what to do about it."""

TEXTS: dict[str, tuple[str, str]] = {
    # the file
    "unreadable": (
        "el fichero no se puede leer: {other}. Compruebe su nombre y sus permisos.",
        "the file cannot be read: {other}. Check its name and its permissions.",
    ),
    "no_file": (
        "no es un fichero. Indique un fichero .csv o .toml.",
        "this is not a file. Name a .csv or .toml file.",
    ),
    "kind": (
        "«{found}» no es un tipo que se lea. Guarde la lista como .csv (también .txt o .tsv) o .toml.",
        "“{found}” is no kind of file that is read. Save the list as .csv (.txt and .tsv too) or .toml.",
    ),
    "large": (
        "el fichero tiene más de {other} MB. Divídalo: un libro por operador y destino.",
        "the file has more than {other} MB. Part it: a book for each carrier and region.",
    ),
    "empty": (
        "el fichero está vacío. Guarde otra vez la lista y compruebe su tamaño.",
        "the file is empty. Save the list again and look at its size.",
    ),
    "no_text": (
        "esto es {found}, no texto. Ábralo en su programa y guárdelo como «CSV UTF-8».",
        "this is {found}, not text. Open it in its program and save it as “CSV UTF-8”.",
    ),
    "encoding": (
        "el texto está en {found}. Guárdelo como UTF-8: «CSV UTF-8» en la hoja de cálculo, o "
        "`iconv -f {found} -t UTF-8`.",
        "the text is in {found}. Save it as UTF-8: “CSV UTF-8” in the spreadsheet, or `iconv -f {found} -t UTF-8`.",
    ),
    "byte": (
        "el byte 0x{found} no es UTF-8; en Windows-1252 sería «{other}». Guárdelo como «CSV UTF-8», o "
        "`iconv -f WINDOWS-1252 -t UTF-8`.",
        "byte 0x{found} is not UTF-8; in Windows-1252 it would be “{other}”. Save it as “CSV UTF-8”, or "
        "`iconv -f WINDOWS-1252 -t UTF-8`.",
    ),
    "control": (
        "hay un carácter que no se ve ({found}). Bórrelo: escriba otra vez esa celda a mano.",
        "there is a character that is not seen ({found}). Delete it: type that cell again by hand.",
    ),
    # the table
    "header": (
        "«{found}» no nombra columnas. La primera línea dice cuáles hay: prefijo,descripción,precio_por_minuto.",
        "“{found}” names no columns. The first line says which there are: prefix,description,price_per_minute.",
    ),
    "delimiter": (
        "las columnas están separadas por {found}, que no se lee. Sepárelas con coma, punto y coma, tabulador o |.",
        "the columns are parted by {found}, which is not read. Part them by comma, semicolon, tab or |.",
    ),
    "two_delimiters": (
        "la cabecera usa {found} a la vez, y no se sabe cuál separa las columnas. Use solo uno.",
        "the header uses {found} at once, and which of them parts the columns is not certain. Use only one.",
    ),
    "missing": (
        "falta la columna «{other}». Añádala a la primera línea y a cada fila.",
        "the column “{other}” is missing. Add it to the first line and to each row.",
    ),
    "both": (
        "«{found}» y «{other}» dicen lo mismo en otra unidad. Quite una de las dos.",
        "“{found}” and “{other}” say the same in another unit. Remove one of them.",
    ),
    "duplicate": (
        "la columna «{found}» dice lo mismo que la columna {other}. Quite una de las dos.",
        "the column “{found}” says the same as column {other}. Remove one of them.",
    ),
    "unknown_column": (
        "no se conoce la columna «{found}». Quítela o llámela como una de: {other}.",
        "there is no column called “{found}”. Remove it or call it one of: {other}.",
    ),
    "unnamed": (
        "esta columna no tiene nombre. Escríbalo en la primera línea o quite la columna.",
        "this column has no name. Write one in the first line, or remove the column.",
    ),
    "columns": (
        "hay {found} columnas; se leen {other} como mucho. Quite las que sobran.",
        "there are {found} columns; at most {other} are read. Remove those not needed.",
    ),
    "rows": (
        "hay más de {other} filas. Divida la lista en varios libros.",
        "there are more than {other} rows. Part the list into several books.",
    ),
    "long_line": (
        "la línea tiene más de {other} caracteres. Compruebe que no falten saltos de línea o comillas.",
        "the line has more than {other} characters. See whether line breaks or quotes are missing.",
    ),
    "long_field": (
        "«{found}» tiene más de {other} caracteres. Acórtelo.",
        "“{found}” has more than {other} characters. Shorten it.",
    ),
    "quote": (
        "unas comillas no se cierran, o la celda sigue tras ellas ({found}). Ciérrelas, doble las de dentro, y no "
        "ponga saltos de línea dentro de una celda.",
        "a quote is not closed, or the cell goes on after it ({found}). Close it, double those inside, and put no "
        "line breaks inside a cell.",
    ),
    "few": (
        "la fila tiene {found} columnas y la cabecera {other}. Complétela; las vacías también llevan separador.",
        "the row has {found} columns and the header {other}. Complete it; empty ones have their delimiter too.",
    ),
    "many": (
        "la fila tiene {found} columnas y la cabecera {other}. Si sobra por una coma decimal, escriba 0.024, o "
        "«\"0,024\"» entre comillas; si no, quite lo que sobra.",
        "the row has {found} columns and the header {other}. If a decimal comma parts a price, write 0.024, or "
        "\"0,024\" in quotes; else remove what is too much.",
    ),
    "other_delimiter": (
        "la fila está separada por {found} y la cabecera por {other}. Use el de la cabecera en todas.",
        "the row is parted by {found} and the header by {other}. Use the header's in all of them.",
    ),
    "no_rows": (
        "no hay ninguna tarifa. Escriba al menos una fila tras la cabecera.",
        "there is no rate in it. Write at least one row after the header.",
    ),
    # prefixes
    "prefix_empty": (
        "falta el prefijo. Escríbalo como +346, =1004, o * para todos los números.",
        "the prefix is missing. Write it as +346, =1004, or * for every number.",
    ),
    "prefix_all": (
        "{found} es el comienzo de todos los números. Escriba *, o cómo empiezan los que quiere decir.",
        "{found} begins every number. Write *, or how the numbers you mean begin.",
    ),
    "prefix_bare": (
        "{found} no dice de qué país es. Según sea del propio país, lleve ya el prefijo del suyo o sea un número "
        "corto, escriba: {other}.",
        "{found} does not say of which country it is. For the box's own country, one whose code is written already, "
        "or a short number, write: {other}.",
    ),
    "prefix_sheet": (
        "la hoja de cálculo convirtió el prefijo en «{found}». Dé formato de texto a la columna y escríbalo otra vez.",
        "the spreadsheet turned the prefix into “{found}”. Format the column as text and write it again.",
    ),
    "prefix": (
        "«{found}» no es un prefijo. Escriba + o = y hasta 15 cifras, sin espacios: +34600.",
        "“{found}” is no prefix. Write + or = and up to 15 digits, without spaces: +34600.",
    ),
    # money
    "price_empty": (
        "falta el precio. Escriba 0 si no cuesta nada.",
        "the price is missing. Write 0 if it costs nothing.",
    ),
    "negative": (
        "{found} es negativo. Escriba 0 o más.",
        "{found} is negative. Write 0 or more.",
    ),
    "currency_sign": (
        "«{found}» lleva la moneda. Quítela: las cifras solas, como 0.024.",
        "“{found}” has the currency in it. Remove it: the figures alone, such as 0.024.",
    ),
    "thousands": (
        "{found} lleva separador de miles. Escríbalo sin él: 1234.5.",
        "{found} has a thousands separator. Write it without: 1234.5.",
    ),
    "comma_and_point": (
        "{found} lleva coma y en la línea {other} hay un importe con punto. Escríbalos todos con punto.",
        "{found} has a comma, and in line {other} an amount has a point. Write all of them with a point.",
    ),
    "comma_uncertain": (
        "{found} puede ser un decimal o un millar: nada en la columna lo aclara. Escríbalo con punto, como {other}.",
        "{found} may be a decimal or thousands: nothing in the column tells. Write it with a point, as {other}.",
    ),
    "comma": (
        "{found} lleva coma decimal. Escríbalo con punto: {other}.",
        "{found} has a decimal comma. Write it with a point: {other}.",
    ),
    "amount": (
        "«{found}» no es un importe. Escríbalo con cifras y un punto: 0.024.",
        "“{found}” is no amount. Write it in digits with a point: 0.024.",
    ),
    "too_fine": (
        "{found} tiene más de 6 decimales, y nunca se redondea un precio. Escríbalo con 6 como mucho.",
        "{found} has more than 6 decimals, and no price is ever rounded. Write it with 6 at most.",
    ),
    "too_much": (
        "{found} es demasiado. El importe más alto es {other}.",
        "{found} is too much. The largest amount is {other}.",
    ),
    "least_decimals": (
        "{found} tiene más decimales que el total ({other}). Redondéelo, o suba `decimals`.",
        "{found} has more decimals than the total ({other}). Round it, or raise `decimals`.",
    ),
    "most_less": (
        "lo más que cuesta una llamada ({found}) es menos que lo menos ({other}). Corrija uno de los dos.",
        "the most a call costs ({found}) is less than the least ({other}). Correct one of them.",
    ),
    "currency": (
        "la moneda es «{found}» y la de la centralita {other}. Convierta los precios o corrija la moneda.",
        "the currency is “{found}”, and the box's is {other}. Convert the prices, or correct the currency.",
    ),
    # other values
    "whole": (
        "«{found}» no es un número entero de {other}. Corríjalo.",
        "“{found}” is no whole number from {other}. Correct it.",
    ),
    "choice": (
        "no se conoce «{found}». Escriba uno de: {other}.",
        "“{found}” is not known. Write one of: {other}.",
    ),
    "counts": (
        "«{found}» es para llamadas entrantes; una saliente se cuenta así de todos modos. Déjelo vacío.",
        "“{found}” is for calls in; a call out is counted so anyway. Leave it empty.",
    ),
    "unknown_name": (
        "nada se llama «{found}» en la configuración. Escriba uno de: {other}; o déjelo vacío.",
        "nothing is called “{found}” in the configuration. Write one of: {other}; or leave it empty.",
    ),
    "day_form": (
        "«{found}» no es un día escrito como 2026-11-30 (año, mes, día). Escríbalo así.",
        "“{found}” is no day written as 2026-11-30 (year, month, day). Write it so.",
    ),
    "no_day": (
        "{found} no existe en el calendario. Corrija el día o el mes.",
        "{found} is no day of the calendar. Correct its day or month.",
    ),
    "day_order": (
        "acaba el {found}, antes de empezar el {other}. Corrija una de las dos fechas.",
        "it ends on {found}, before it begins on {other}. Correct one of the dates.",
    ),
    "ends_before": (
        "acaba el {found}, antes de que el libro empiece el {other}. Quite la fila, o dé otra fecha al libro.",
        "it ends on {found}, before the book begins on {other}. Remove the row, or give the book another day.",
    ),
    "version": (
        "«{found}» no sirve de versión. Use hasta 32 letras, cifras, puntos y guiones: 2026-11.",
        "“{found}” is no version. Use up to 32 letters, digits, points and dashes: 2026-11.",
    ),
    "versions": (
        "la versión es «{found}» y antes era «{other}». Un fichero es de una sola versión.",
        "the version is “{found}” and before it was “{other}”. A file is of one version only.",
    ),
    # between rates
    "overlap": (
        "tarifica las mismas llamadas que {other} al mismo tiempo (prefijo {found}, igual sentido, línea y proyecto). "
        "Quite una, o separe sus fechas u horarios. Si es otra lista del mismo operador, impórtela con --name y el "
        "nombre de aquel libro.",
        "it rates the same calls as {other} at the same time (prefix {found}, same direction, line and project). "
        "Remove one, or part their dates or hours. If this is a new list of the same carrier, import it with --name "
        "and that book's name.",
    ),
    # the book as a whole
    "name": (
        "«{found}» no sirve de nombre de libro. Dé uno con --name: minúsculas, cifras y guiones, hasta 32.",
        "“{found}” is no name for a book. Give one by --name: lower-case letters, digits and dashes, up to 32.",
    ),
    "version_taken": (
        "el libro ya tiene una versión «{found}», con otro contenido. Dé otra con --version: {other}.",
        "the book has a version “{found}” already, with other contents. Give another by --version: {other}.",
    ),
    "when": (
        "el libro ya tiene versiones, y nada dice desde qué día vale esta. Dé el día con --valid-from: {other}.",
        "the book has versions already, and nothing says from which day this one holds. Give the day by --valid-from: "
        "{other}.",
    ),
    "many_versions": (
        "el libro tiene {found} versiones, y no caben más. Impórtelo con otro nombre (--name).",
        "the book has {found} versions, and there is room for no more. Import it under another name (--name).",
    ),
    "many_in_force": (
        "con este libro habría {found} tarifas en vigor, y caben {other}. Quite de la lista destinos a los que no "
        "llama.",
        "with this book {found} rates would be in force, and there is room for {other}. Remove destinations you do not "
        "call from the list.",
    ),
    # TOML
    "toml": (
        "no es TOML válido: {found}. Corrija esa línea.",
        "this is not valid TOML: {found}. Mend that line.",
    ),
    "toml_text": (
        "un texto de varias líneas no se lee aquí. Escríbalo en una línea, entre comillas simples o dobles.",
        "a text of several lines is not read here. Write it in one line, in single or double quotes.",
    ),
    "toml_table": (
        "aquí solo hay tablas [[rate]], y antes `version` y `currency`; no «{found}». Quítelo o muévalo a una tabla.",
        "here are only [[rate]] tables, and before them `version` and `currency`; not “{found}”. Remove it, or move it "
        "into a table.",
    ),
    "toml_type": (
        "«{found}» no es un valor que sirva aquí. Escriba un texto o un número, como \"+346\" o 0.024.",
        "“{found}” is no value for this. Write a text or a number, such as \"+346\" or 0.024.",
    ),
}  # fmt: skip
"""Code -> (Spanish, English): what is wrong, and then what to do."""
