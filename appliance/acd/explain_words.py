"""The words of `explain`: a sentence for each code a decision can have, Spanish and English."""

from appliance.acd.prompts import Words

SENTENCES: dict[str, Words] = {
    "dialled_out": Words("La llamada {call} al {called} se hizo desde aquí.", "Call {call} to {called} was ours."),
    "arrived": Words(
        "La llamada {call} de {caller} entró por la línea {line}.", "Call {call} from {caller} came in on line {line}."
    ),
    "withheld": Words("un número oculto", "a withheld number"),
    "pruned": Words(
        "Las razones de cada paso ya no están: se guardan {days} días.",
        "The reasons for each step are no longer here: they are kept for {days} days.",
    ),
    "pruned_in_part": Words(
        "Las razones de sus primeros pasos ya no están: se guardan {days} días.",
        "The reasons for its first steps are no longer here: they are kept for {days} days.",
    ),
    "route_line": Words(
        "Fue a la cola {detail}, que es la de esa línea.", "It went to queue {detail}, which is that line's."
    ),
    "route_dialled_number": Words(
        "Fue a la cola {detail} por el número que marcó.", "It went to queue {detail} because of the number dialled."
    ),
    "route_caller": Words(
        "Fue a la cola {detail}, que es la de quien llama.", "It went to queue {detail}, which is that caller's."
    ),
    "route_line_menu": Words(
        "Fue al menú {detail}, que es el de esa línea.", "It went to menu {detail}, which is that line's."
    ),
    "route_dialled_number_menu": Words(
        "Fue al menú {detail} por el número que marcó.", "It went to menu {detail} because of the number dialled."
    ),
    "route_caller_menu": Words(
        "Fue al menú {detail}, que es el de quien llama.", "It went to menu {detail}, which is that caller's."
    ),
    "route_known_caller": Words("Se sabía quién llamaba: {detail}.", "It was known who called: {detail}."),
    "route_language_es": Words("Se le atiende en español.", "It is served in Spanish."),
    "route_language_en": Words("Se le atiende en inglés.", "It is served in English."),
    "menu_key": Words(
        "En el menú {menu} pulsó {typed}: {where}.", "In menu {menu} the caller pressed {typed}: {where}."
    ),
    "menu_found": Words(
        "En el menú {menu} marcó {typed}, que está en su tabla: {where}.",
        "In menu {menu} the caller keyed in {typed}, which is in its table: {where}.",
    ),
    "menu_timeout": Words("En el menú {menu} no pulsó nada: {where}.", "In menu {menu} nothing was pressed: {where}."),
    "menu_invalid": Words(
        "En el menú {menu} marcó {typed}, que no es una opción, una vez de más: {where}.",
        "In menu {menu} the caller keyed in {typed}, which is no option, once too often: {where}.",
    ),
    "menu_not_found": Words(
        "En el menú {menu} marcó {typed}, que no está en su tabla, una vez de más: {where}.",
        "In menu {menu} the caller keyed in {typed}, which is not in its table, once too often: {where}.",
    ),
    "menu_timeout_again": Words(
        "En el menú {menu} no pulsó nada y lo volvió a oír.",
        "In menu {menu} nothing was pressed, and the caller heard it again.",
    ),
    "menu_invalid_again": Words(
        "En el menú {menu} marcó {typed}, que no es una opción, y lo volvió a oír.",
        "In menu {menu} the caller keyed in {typed}, which is no option, and heard it again.",
    ),
    "menu_not_found_again": Words(
        "En el menú {menu} marcó {typed}, que no está en su tabla, y lo volvió a oír.",
        "In menu {menu} the caller keyed in {typed}, which is not in its table, and heard it again.",
    ),
    "menu_closed": Words(
        "El menú {menu} estaba fuera de horario: {where}.", "Menu {menu} was outside its opening hours: {where}."
    ),
    "menu_night_mode": Words(
        "El modo nocturno cerraba el menú {menu}: {where}.", "Night mode closed menu {menu}: {where}."
    ),
    "menu_menu_removed": Words(
        "El menú {menu} se quitó de la configuración: {where}.", "Menu {menu} left the configuration: {where}."
    ),
    "menu_no_menu": Words("El menú {menu} ya no existía: {where}.", "There was no menu {menu} any more: {where}."),
    "menu_too_many_menus": Words(
        "Había pasado por demasiados menús: {where}.", "The caller had been through too many menus: {where}."
    ),
    "refuse_blocked": Words(
        "Se rechazó sin descolgar: quien llama está bloqueado ({detail}).",
        "It was refused without an answer: the caller is blocked ({detail}).",
    ),
    "refuse_withheld": Words(
        "Se rechazó sin descolgar: no se admiten números ocultos.",
        "It was refused without an answer: withheld numbers are not taken.",
    ),
    "refuse_line_is_out_only": Words(
        "Se rechazó: la línea {detail} es solo de salida.", "It was refused: line {detail} is for outgoing calls only."
    ),
    "refuse_unknown_line": Words(
        "Se rechazó: la línea {detail} no está en la configuración.",
        "It was refused: line {detail} is not in the configuration.",
    ),
    "refuse_too_many_calls": Words(
        "Se rechazó: la centralita ya tenía todas las llamadas que admite.",
        "It was refused: the box already had as many calls as it takes.",
    ),
    "refuse_no_queue": Words(
        "Se rechazó: la línea {detail} no lleva a ninguna cola.", "It was refused: line {detail} leads to no queue."
    ),
    "refuse_too_many_wrong_pins": Words(
        "En el aparato {detail} se marcaron demasiados PIN incorrectos: durante un minuto no admite ninguno.",
        "Too many wrong PINs were keyed at station {detail}: it takes none for a minute.",
    ),
    "refuse_key": Words(
        "Quien llamaba pulsó una tecla para pasar a la cola {detail}, que no admitía llamadas, y siguió esperando.",
        "The caller pressed a key for queue {detail}, which took no calls, and went on waiting.",
    ),
    "refuse_key_elsewhere": Words(
        "Quien llamaba pulsó una tecla para {detail}, adonde no se podía pasar, y siguió esperando.",
        "The caller pressed a key for {detail}, where nobody could be sent, and went on waiting.",
    ),
    "refuse_callback": Words(
        "Quien llamaba pidió que se le llamara, pero a su número no se puede, y siguió esperando.",
        "The caller asked to be called back, but that number cannot be, and went on waiting.",
    ),
    "refuse_callback_abroad": Words(
        "No se llamará al {detail}: es de otro país, y no se permite ([dialling]).",
        "{detail} is not called back: it is another country's, which is not allowed ([dialling]).",
    ),
    "refuse_callback_barred": Words(
        "No se llamará al {detail}: es de tarificación adicional o está vetado ([dialling]).",
        "{detail} is not called back: it costs extra or is barred ([dialling]).",
    ),
    "refuse_callback_odd": Words(
        "No se llamará al {detail}: no es un número completo del país.",
        "{detail} is not called back: it is no whole number of the country.",
    ),
    "refuse_callback_emergency": Words(
        "No se llamará al {detail}: es un número de emergencia.", "{detail} is not called back: it is an emergency's."
    ),
    "refuse_callback_no_number": Words(
        "No se llamará a «{detail}»: no es un número.", "“{detail}” is not called back: it is no number."
    ),
    "refuse_forward_barred": Words(
        "No se pasó la llamada al {detail}: no se permite llamar a ese número ([dialling]).",
        "The call was not sent to {detail}: that number may not be called ([dialling]).",
    ),
    "refuse_number_barred": Words(
        "{detail}: se marcó un número al que no se permite llamar.", "{detail}: a number was dialled that is barred."
    ),
    "refuse_no_line": Words(
        "No había ninguna línea libre para llamar al {detail}.", "No line was free to call {detail}."
    ),
    "refuse_number_not_reached": Words("No se pudo hablar con el {detail}.", "{detail} could not be reached."),
    "refuse_emergency_dial_112": Words(
        "Ninguna línea estaba en servicio para llamar al {detail}, y sin tarjeta SIM un móvil no llama a ese número: "
        "se dijo que se marcara el 112.",
        "No line was in service to call {detail}, and a mobile without a SIM does not call that number: whoever "
        "dialled it was told to dial 112.",
    ),
    "refuse_emergency_first": Words(
        "Se cortó esta llamada para dejar la línea a una de emergencia, {detail}.",
        "This call was ended to leave its line to an emergency call, {detail}.",
    ),
    "route_resumed_place": Words(
        "Había colgado mientras esperaba y recuperó su sitio, con {waited_before} de espera.",
        "The caller had hung up while waiting and got the place back, with a wait of {waited_before}.",
    ),
    "route_promised_place": Words(
        "Se le iba a llamar y ocupó el sitio que se le guardaba, con {waited_before} de espera.",
        "The caller was to be called back and took the place kept, with a wait of {waited_before}.",
    ),
    "called": Words(
        "A los {waited} se llamó al {number} por la línea {line}.",
        "After {waited}, {number} was dialled on line {line}.",
    ),
    "emergency": Words(
        "Emergencia: se llamó al {number} por la línea {line}.", "Emergency: {number} was dialled on line {line}."
    ),
    "forwarded": Words(
        "Se pasó la llamada al {number} por la línea {line}.", "The call was sent to {number} on line {line}."
    ),
    "line_test": Words(
        "Prueba de la línea {line}: se llamó al {number}.", "Test of line {line}: {number} was dialled."
    ),
    "line_test_over": Words(
        "Prueba de la línea {line}: se habló {talked} con el {number}; cuenta {used} del contrato.",
        "Test of line {line}: {talked} of talk with {number}; {used} of the contract.",
    ),
    "line_listened_to": Words(
        "Prueba de la línea {line}: se descolgó sin llamar.", "Test of line {line}: it was lifted, nobody was called."
    ),
    "callback_waits": Words(
        "Devolución prometida, intento {number}: espera en la cola {queue} en el sitio que se guardó.",
        "Promised call back, attempt {number}: it waits in queue {queue} at the place that was kept.",
    ),
    "callback_ordered": Words(
        "{number} pidió que se llamara a este número.", "{number} asked for this number to be called."
    ),
    "callback_given_up": Words(
        "No se volverá a llamar al {number}: queda en la lista de pendientes.",
        "{number} is not called again: it stays on the worklist.",
    ),
    "reserve": Words(
        "A los {waited} de espera se reservó a {agents} y se llamó al cliente: {why}.{others}",
        "After waiting {waited}, {agents} was kept free and the customer called: {why}.{others}",
    ),
    "refuse_full": Words("Se le dio señal de ocupado sin descolgar.", "The caller heard busy and was not answered."),
    "ring": Words(
        "A los {waited} de espera sonó {agents}: {why}.{others}",
        "After waiting {waited}, {agents} was rung: {why}.{others}",
    ),
    "offer": Words(
        "A los {waited} de espera se ofreció a {agents}: {why}.{others}",
        "After waiting {waited}, it was offered to {agents}: {why}.{others}",
    ),
    "others": Words(" No podían: {names}.", " Not available: {names}."),
    "and_more": Words("y {count} más", "and {count} more"),
    "more_rings": Words("Se llamó otras {count} veces.", "There were {count} more rings."),
    "nobody_free": Words(
        "No había nadie libre en la cola {queue}.{others}", "Nobody was free in queue {queue}.{others}"
    ),
    "no_line_free": Words("No había ninguna línea libre para llamar.", "No line was free to call on."),
    "callers_ahead": Words(
        "Había {count} por delante en la cola {queue}.", "There were {count} ahead in queue {queue}."
    ),
    "lifted": Words("Descolgó {agent} a los {waited}.", "{agent} answered after {waited}."),
    "first_to_lift": Words(
        "Descolgó primero {agent}, a los {waited}, y los demás aparatos dejaron de sonar.",
        "{agent} was the first to answer, after {waited}, and the other stations stopped ringing.",
    ),
    "overflow_full": Words("La cola {queue} estaba llena: {where}.", "Queue {queue} was full: {where}."),
    "overflow_empty": Words(
        "No quedaba ningún agente en la cola {queue}: {where}.", "No agent was left in queue {queue}: {where}."
    ),
    "overflow_key": Words(
        "Quien llamaba pulsó una tecla para salir de la cola {queue}: {where}.",
        "The caller pressed a key to leave queue {queue}: {where}.",
    ),
    "overflow_max_wait": Words(
        "Llegó al máximo de espera de la cola {queue} ({waited}): {where}.",
        "It reached the longest wait of queue {queue} ({waited}): {where}.",
    ),
    "overflow_closed": Words(
        "La cola {queue} estaba fuera de horario: {where}.", "Queue {queue} was outside its opening hours: {where}."
    ),
    "overflow_closing": Words(
        "La cola {queue} cerró mientras esperaba ({waited}): {where}.",
        "Queue {queue} closed while it waited ({waited}): {where}.",
    ),
    "overflow_night_mode": Words("El modo nocturno estaba activado: {where}.", "Night mode was on: {where}."),
    "overflow_queue_removed": Words(
        "La cola {queue} se quitó de la configuración: {where}.", "Queue {queue} left the configuration: {where}."
    ),
    "to_voicemail": Words("pasó al buzón de voz", "it went to voicemail"),
    "to_queue": Words("pasó a la cola {queue}", "it went to queue {queue}"),
    "to_number": Words("se pasó al número {queue}", "it was sent to number {queue}"),
    "to_callback": Words("se le llamará sin perder su sitio", "the caller will be called back, keeping the place"),
    "to_message": Words("se le dijo un mensaje y se despidió", "the caller heard a message and a good-bye"),
    "to_menu": Words("pasó al menú {queue}", "it went to menu {queue}"),
    "to_hang_up": Words("se despidió a quien llamaba", "the caller heard a good-bye"),
    "agent_state_missed_limit": Words(
        "{detail} dejó sonar demasiadas llamadas seguidas y quedó en pausa.",
        "{detail} missed too many rings in a row and was paused.",
    ),
    "agent_state_pause_over": Words(
        "La pausa de {detail} pasó del tiempo que permite su motivo.",
        "The pause of {detail} went over the time its reason allows.",
    ),
    "agent_state_pause_over_resumed": Words(
        "La pausa de {detail} pasó de su tiempo y quedó disponible.",
        "The pause of {detail} went over its time, and {detail} was made ready.",
    ),
    "agent_state_pause_over_logged_out": Words(
        "La pausa de {detail} pasó de su tiempo y su aparato no podía sonar: se cerró su sesión.",
        "The pause of {detail} went over its time and the station could not ring: {detail} was logged out.",
    ),
    "agent_state_shift_over": Words(
        "Terminó el turno de {detail}: sale cuando acabe lo que tenga entre manos.",
        "The shift of {detail} is over: {detail} is logged out when any call and wrap-up are done.",
    ),
    "agent_state_no_disposition": Words(
        "{detail} no tipificó la llamada en todo el tiempo permitido y terminó el trabajo posterior.",
        "{detail} gave the call no disposition in all the time allowed, and the wrap-up ended.",
    ),
    "recover_agent_lost": Words(
        "Se perdió el aparato de {detail} y la llamada volvió al principio de la cola {queue}.",
        "The station of {detail} was lost and the call went back to the front of queue {queue}.",
    ),
    "recover_caller_found": Words(
        "La centralita se reinició y encontró la llamada en la línea {detail}.",
        "The switch restarted and found the call on line {detail}.",
    ),
    "recover_caller_gone": Words(
        "La centralita se reinició y la llamada se perdió.", "The switch restarted and the call was lost."
    ),
    "recover_reconnected": Words("Siguió hablando con {detail}.", "It went on with {detail}."),
    "ended": Words(
        "{how}; {who}. Espera {waited}, conversación {talked}.", "{how}; {who}. Waited {waited}, talked {talked}."
    ),
    "agent_rung": Words("El aparato de {agent} sonó para {call}: {why}.", "{agent} was rung for {call}: {why}."),
    "agent_excluded": Words("{agent} no sonó para {call}: {why}.", "{agent} was not rung for {call}: {why}."),
    "agent_reserved": Words("Se reservó a {agent} para {call}: {why}.", "{agent} was kept free for {call}: {why}."),
    "agent_not_chosen": Words(
        "{agent} estaba libre, pero para {call} sonó {chosen}: {why}.",
        "{agent} was free, but {chosen} was rung for {call}: {why}.",
    ),
    "agent_never_looked_at": Words(
        "No hubo ninguna llamada para la que pudiera sonar {agent}.",
        "There was no call for which {agent} could have been rung.",
    ),
}
WHY_RUNG: dict[str, Words] = {
    "only_one_free": Words("no había nadie más libre", "nobody else was free"),
    "only_one_of_tier": Words(
        "no había nadie más libre en su escalón, y los posteriores esperan",
        "nobody else of that tier was free, and later tiers wait",
    ),
    "all_free": Words("la cola llama a todos los que están libres", "the queue rings everybody who is free"),
    "first_in_order": Words("es el primero libre en el orden de la cola", "the first free one in the queue's order"),
    "next_in_order": Words(
        "es el siguiente libre en el orden de la cola a quien sonó antes para esta llamada",
        "the next free one in the queue's order after who was rung for this call before",
    ),
    "longest_idle": Words("llevaba más tiempo libre ({idle})", "idle for longest ({idle})"),
    "longest_idle_then_order": Words(
        "llevaba tanto tiempo libre como otro ({idle}) y va antes en el orden de la cola",
        "idle as long as another ({idle}) and earlier in the queue's order",
    ),
    "next_to_ring": Words(
        "de los que aún no sonaban, llevaba más tiempo libre ({idle})",
        "idle for longest ({idle}) of those not rung yet",
    ),
    "next_in_turn": Words("le tocaba el turno", "next in turn"),
    "fewest_calls": Words("es quien menos llamadas lleva hoy ({count})", "fewest calls today ({count})"),
    "fewest_calls_then_idle": Words(
        "lleva tan pocas llamadas hoy ({count}) como otro y más tiempo libre ({idle})",
        "as few calls today ({count}) as another, and idle for longer ({idle})",
    ),
    "least_talk_time": Words("es quien menos ha hablado hoy ({talked})", "talked least today ({talked})"),
    "least_talk_time_then_idle": Words(
        "ha hablado hoy tan poco ({talked}) como otro y lleva más tiempo libre ({idle})",
        "talked as little today ({talked}) as another, and idle for longer ({idle})",
    ),
    "by_chance": Words("salió por sorteo", "drawn by chance"),
    "by_weighted_chance": Words("salió por sorteo, con peso {count}", "drawn by chance, with a weight of {count}"),
    "asked_for": Words("se pidió que llamara esta persona", "this one was asked to make the call"),
    "reserved": Words("se le había reservado para este cliente", "kept free for this customer"),
    "last_agent": Words("fue quien atendió a este número la última vez", "the one who had this number last"),
}
EXCLUDED: dict[str, Words] = {
    "logged_out": Words("fuera de turno", "logged out"),
    "not_ready": Words("en pausa", "not ready"),
    "ringing": Words("ya le sonaba otra llamada", "already ringing"),
    "talking": Words("hablando", "talking"),
    "held": Words("con una llamada retenida", "has a call on hold"),
    "wrap_up": Words("en trabajo posterior", "in wrap-up"),
    "outbound": Words("llamando fuera", "on an outbound call"),
    "channel": Words("no atiende mensajes", "does not take messages"),
    "full": Words("con todas las conversaciones que puede llevar", "has as many conversations as may be"),
    "in_conversation": Words("con una conversación abierta", "has a conversation open"),
    "off_shift": Words("su turno había terminado", "the shift was over"),
    "no_station": Words("sin aparato", "no station"),
    "unreachable": Words("su aparato no estaba localizable", "the station was unreachable"),
    "off_hook": Words("su aparato estaba descolgado", "the station was off the hook"),
    "kept_for_last_agent": Words(
        "quien llama espera primero a quien le atendió la última vez", "the caller waits first for who had them last"
    ),
    "skill": Words("sin el nivel que pide la llamada", "without the level the call needs"),
    "tier": Words("de un escalón que aún no entra", "of a tier that does not join yet"),
    "lower_tier_first": Words("libre, pero de un escalón posterior", "free, but of a later tier"),
    "retry": Words("acababa de no atender una llamada", "had just not taken a ring"),
}
END: dict[str, Words] = {
    "answered": Words("Se atendió", "It was answered"),
    "abandoned": Words("Se abandonó antes de que nadie contestara", "It was abandoned before anybody answered"),
    "short_abandon": Words("Se abandonó a los pocos segundos", "It was abandoned within a few seconds"),
    "overflowed": Words("No se pudo atender en la cola", "It could not be served in the queue"),
    "busy": Words("Se rechazó por ocupado", "It was turned away as busy"),
    "no_answer": Words("Nadie contestó", "Nobody answered"),
    "failed": Words("Falló la línea", "The line failed"),
    "rejected": Words("Se rechazó", "It was refused"),
    "box_restarted": Words("Se cortó al reiniciarse la centralita", "It was cut off when the switch restarted"),
    "power_lost": Words("Se cortó la luz", "The power was lost"),
    "cancelled": Words("Se canceló antes de que contestara nadie", "It was given up before anybody answered"),
}
HUNG_UP_BY: dict[str, Words] = {
    "caller": Words("colgó quien llamaba", "the caller hung up"),
    "customer": Words("colgó el cliente", "the customer hung up"),
    "agent": Words("colgó el agente", "the agent hung up"),
    "system": Words("terminó la centralita", "the box ended it"),
    "network": Words("la cortó la red", "the network ended it"),
}
