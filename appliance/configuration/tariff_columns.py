"""The columns a carrier's list may have: their names in English and Spanish, and how a name is compared."""

import unicodedata

_NAMES: dict[str, str] = {
    "prefix": "prefijo code codigo dial_code dial_prefix codigo_de_destino",
    "description": "descripcion destination destino name nombre",
    "price_per_minute": "precio_por_minuto price precio rate tarifa price_min precio_min precio_minuto rate_per_minute "
    "cost_per_minute coste_por_minuto",
    "rate_micros_per_minute": "micros_por_minuto",
    "connect_fee": "establecimiento connection_fee setup_fee coste_de_establecimiento precio_de_establecimiento",
    "connect_fee_micros": "establecimiento_micros",
    "first_increment_s": "first_increment initial_increment primer_incremento primer_incremento_s incremento_inicial",
    "next_increment_s": "next_increment increment subsequent_increment siguiente_incremento siguiente_incremento_s "
    "incremento incremento_siguiente",
    "minimum": "minimum_charge minimo importe_minimo",
    "minimum_micros": "minimo_micros",
    "maximum": "maximum_charge maximo importe_maximo",
    "maximum_micros": "maximo_micros",
    "rounding": "redondeo",
    "decimals": "decimales",
    "direction": "direccion sentido",
    "line": "linea",
    "project": "proyecto",
    "hours": "horario horas calendar calendario",
    "valid_from": "effective_from effective_date from desde valido_desde vigente_desde fecha_de_inicio",
    "valid_to": "effective_to end_date to hasta valido_hasta vigente_hasta fecha_de_fin",
    "free_s": "free_seconds segundos_gratis segundos_libres",
    "counts": "cuenta",
    "version": "",
    "currency": "moneda divisa",
}
COLUMNS = tuple(_NAMES)
MONEY = ("price_per_minute", "connect_fee", "minimum", "maximum")
IN_MICROS = {
    "price_per_minute": "rate_micros_per_minute",
    "connect_fee": "connect_fee_micros",
    "minimum": "minimum_micros",
    "maximum": "maximum_micros",
}
_COLUMN = {other: name for name, others in _NAMES.items() for other in (name, *others.split())}


def column_of(written: str) -> str:
    """Which of COLUMNS a name of the file is; "" when none. Accents, capitals, spaces and signs do not matter."""
    plain = unicodedata.normalize("NFKD", written.strip().lower())
    letters = "".join(one if one.isalnum() else "_" for one in plain if not unicodedata.combining(one))
    return _COLUMN.get("_".join(part for part in letters.split("_") if part), "")
