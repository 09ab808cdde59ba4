"""The words of the line doctor, Spanish beside English: what was looked at, how it is, what to do, the verdict."""

from appliance.acd.prompts import Words

ABOUT: dict[str, Words] = {
    "health": Words(
        "Estado",
        "State",
    ),
    "signal": Words(
        "Cobertura",
        "Signal",
    ),
    "outages": Words(
        "Caídas",
        "Outages",
    ),
    "caller_id": Words(
        "Identificación de quien llama",
        "Caller identification",
    ),
    "dial_tone": Words(
        "Tono de marcar",
        "Dial tone",
    ),
    "test_call": Words(
        "Llamada de prueba",
        "Test call",
    ),
    "sound": Words(
        "Sonido",
        "Sound",
    ),
    "echo": Words(
        "Eco",
        "Echo",
    ),
    "disconnect": Words(
        "Fin de llamada",
        "Disconnect",
    ),
    "used": Words(
        "Gasto de la prueba",
        "Cost of the test",
    ),
}

TEXTS: dict[str, Words] = {
    "up": Words(
        "funciona: {detail}",
        "works: {detail}",
    ),
    "degraded": Words(
        "funciona con problemas: {detail}",
        "works with trouble: {detail}",
    ),
    "down": Words(
        "no funciona: {detail}",
        "is down: {detail}",
    ),
    "signal": Words(
        "{n} %",
        "{n} %",
    ),
    "outages": Words(
        "{n} en las últimas 24 horas",
        "{n} in the last 24 hours",
    ),
    "callers": Words(
        "{numbers} de las últimas {callers} llamadas traían número",
        "{numbers} of the last {callers} calls came with a number",
    ),
    "few_callers": Words(
        "aún han entrado pocas llamadas ({callers}) para saberlo",
        "too few calls came in yet ({callers}) to tell",
    ),
    "dial_tone": Words(
        "se oye",
        "is heard",
    ),
    "dial_tone_of": Words(
        "se oye: {tone} ({level} dBFS)",
        "is heard: {tone} ({level} dBFS)",
    ),
    "foreign_dial_tone": Words(
        "{tone} ({level} dBFS), que no es el de {country}",
        "{tone} ({level} dBFS), which is not that of {country}",
    ),
    "no_dial_tone_said": Words(
        "el módem dice que no oye tono de marcar",
        "the modem says that it hears no dial tone",
    ),
    "no_dial_tone": Words(
        "no se oye",
        "is not heard",
    ),
    "answered": Words(
        "contestaron a los {s} s ({evidence})",
        "answered after {s} s ({evidence})",
    ),
    "rang": Words(
        "sonó y no contestaron ({cause})",
        "it rang and nobody answered ({cause})",
    ),
    "not_reached": Words(
        "no llegó a sonar ({cause})",
        "it did not ring ({cause})",
    ),
    "used": Words(
        "{n} min",
        "{n} min",
    ),
    "used_of": Words(
        "{n} min; van {used} de los {all} incluidos",
        "{n} min; {used} of the {all} included are used",
    ),
    "no_recording": Words(
        "no se pudo grabar",
        "could not be recorded",
    ),
    "silent": Words(
        "no llega nada del otro lado",
        "nothing comes from the other side",
    ),
    "faint": Words(
        "llega muy bajo ({level} dBFS)",
        "arrives very faint ({level} dBFS)",
    ),
    "noisy": Words(
        "hay ruido de fondo ({level} dBFS)",
        "there is noise ({level} dBFS)",
    ),
    "clipped": Words(
        "llega saturado ({n} %)",
        "is clipped ({n} %)",
    ),
    "clear": Words(
        "llega limpio ({level} dBFS, ruido {idle} dBFS)",
        "arrives clear ({level} dBFS, noise {idle} dBFS)",
    ),
    "echo": Words(
        "vuelve {loss} dB más débil a los {ms} ms",
        "comes back {loss} dB weaker after {ms} ms",
    ),
    "looped": Words(
        "el otro lado devuelve todo, a los {ms} ms: es un bucle de prueba",
        "the far end sends everything back, after {ms} ms: a loopback",
    ),
    "no_echo": Words(
        "ninguno que se note",
        "none to be noticed",
    ),
    "left": Words(
        "la línea notó que el otro lado había colgado",
        "the line noticed that the far end had hung up",
    ),
    "known_tone": Words(
        "se oye un tono conocido",
        "a tone is heard that is known",
    ),
    "no_tone": Words(
        "no se oyó ningún tono después del ruido",
        "no tone was heard after the noise",
    ),
    "odd_tone": Words(
        "un tono desconocido: {tone} ({level} dBFS); con él la línea se queda ocupada",
        "an unknown tone: {tone} ({level} dBFS); it leaves the line taken",
    ),
    "unusable_tone": Words(
        "un tono que no se distingue del de llamada: {tone} ({level} dBFS)",
        "a tone that cannot be told from ringing: {tone} ({level} dBFS)",
    ),
    "steady": Words(
        "sin pausas",
        "without pauses",
    ),
    "on": Words(
        "{ms} ms sí",
        "{ms} ms on",
    ),
    "off": Words(
        "{ms} ms no",
        "{ms} ms off",
    ),
}

ADVICE: dict[str, Words] = {
    "health": Words(
        "Mire el cable, la SIM y la alimentación; el detalle de arriba dice qué falta.",
        "Look at the cable, the SIM and the power; the detail above says what is missing.",
    ),
    "signal": Words(
        "Cambie la antena de sitio o póngale un alargador; otro operador puede llegar mejor.",
        "Move the antenna or give it a longer cable; another operator may be received better.",
    ),
    "outages": Words(
        (
            "Mire las causas con `centralita lines`; una alimentación débil o un puerto USB sin "
            "corriente propia son las más frecuentes."
        ),
        (
            "See the causes with `centralita lines`; weak power or a USB port without a supply of its "
            "own are the most frequent."
        ),
    ),
    "caller_id": Words(
        "Pida al operador el servicio de identificación de llamadas y compruebe `box.country`.",
        "Ask the operator for caller identification, and check `box.country`.",
    ),
    "few_callers": Words(
        "Llame a esta línea unas cuantas veces desde un móvil y repita.",
        "Call this line a few times from a mobile phone and try again.",
    ),
    "dial_tone": Words(
        (
            "Pruebe un teléfono en la misma roseta; si tampoco lo oye, avise al operador; si lo oye, "
            "cambie el cable del módem."
        ),
        (
            "Try a telephone on the same socket; if it hears none either, tell the operator; if it "
            "does, change the modem's cable."
        ),
    ),
    "foreign_dial_tone": Words(
        (
            "Compruebe `box.country`; si está bien, la línea es de una centralita o un adaptador: "
            "ponga en ellos los tonos del país."
        ),
        (
            "Check `box.country`; if it is right, the line comes from another exchange or an adapter: set "
            "the country's tones there."
        ),
    ),
    "faint_dial_tone": Words(
        "Llega débil: quite otros aparatos y filtros de la línea; si sigue igual, avise al operador.",
        "It arrives weak: take other devices and filters off the line; if that does not help, tell the operator.",
    ),
    "modem_hears_none": Words(
        "Si arriba se oye el tono, el país del módem no es el de la línea: compruebe `box.country`.",
        "If a tone is heard above, the modem's country is not the line's: check `box.country`.",
    ),
    "not_reached": Words(
        "Compruebe el número, que la línea tenga saldo y que el operador permita llamar.",
        "Check the number, that the line is paid for and that the operator lets it call.",
    ),
    "rang": Words(
        "Repita con un número que conteste: sin respuesta no se puede medir el sonido.",
        "Try again with a number that answers: without an answer the sound cannot be measured.",
    ),
    "no_recording": Words(
        "Mire que quede sitio en el disco y repita.",
        "See that there is room on the disk and try again.",
    ),
    "silent": Words(
        "Si al otro lado hablaban, el audio del módem no funciona: desenchúfelo y repita.",
        "If somebody spoke there, the modem's sound does not work: replug it and try again.",
    ),
    "level": Words(
        "Suba el nivel de la línea o pruebe con otro número: puede ser el otro lado.",
        "Raise the level of the line or try another number: it may be the far end.",
    ),
    "noise": Words(
        ("Separe el cable de fuentes de alimentación y pruebe sin alargadores ni otros aparatos en la línea."),
        ("Keep the cable away from power supplies, and try without extensions or other devices on the line."),
    ),
    "clipped": Words(
        "Baje el nivel de la línea.",
        "Lower the level of the line.",
    ),
    "echo": Words(
        (
            "En una línea analógica, compruebe que el país del módem es el de la línea y que no hay "
            "otro aparato en paralelo."
        ),
        ("On an analogue line, check that the modem's country is the line's and that no other device is in parallel."),
    ),
    "disconnect": Words(
        "Repita y cuelgue en el otro lado justo después del ruido; si no se oye nada, la línea no da tono.",
        "Try again and hang up at the far end right after the noise; if nothing is heard, the line gives no tone.",
    ),
    "learned_tone": Words(
        (
            "Escriba esta línea en la [[line]] «{line}» de la configuración, y cuando no haya llamadas "
            "`systemctl restart centralita-switch`:\n      {written}"
        ),
        (
            "Write this line in the [[line]] “{line}” of the configuration, and when there are no calls "
            "`systemctl restart centralita-switch`:\n      {written}"
        ),
    ),
    "unusable_tone": Words(
        "Pida al operador, o al instalador de la central, que lo cambie o que corte la línea (loop break).",
        "Ask the operator, or whoever set the exchange up, to change it or to break the loop.",
    ),
    "no_number": Words(
        "Dé un número que conteste con --number para probar tono, sonido y eco.",
        "Give a number that answers with --number to test dial tone, sound and echo.",
    ),
}

VERDICTS: dict[str, Words] = {
    "good": Words(
        "La línea está bien.",
        "The line is well.",
    ),
    "unknown": Words(
        "Nada va mal, pero falta por probar.",
        "Nothing is wrong, but not everything was tested.",
    ),
    "doubtful": Words(
        "La línea sirve, con reparos.",
        "The line serves, with reservations.",
    ),
    "bad": Words(
        "La línea no está bien.",
        "The line is not well.",
    ),
}
