"""The words for how text messages are and why one failed, es and en: the names of 3GPP TS 27.005 and 23.040."""

from collections.abc import Mapping

Pair = tuple[str, str]

MESSAGE_STATES: Mapping[str, Pair] = {
    "received": ("Recibido", "Received"),
    "queued": ("En espera", "Waiting"),
    "sending": ("Enviando", "Sending"),
    "sent": ("Enviado", "Sent"),
    "delivered": ("Entregado", "Delivered"),
    "failed": ("No enviado", "Failed"),
}
MESSAGE_CAUSES: Mapping[str, Pair] = {
    "unassigned_number": ("El número no existe", "The number does not exist"),
    "operator_determined_barring": ("El operador lo prohíbe a esta SIM", "The operator bars it for this SIM"),
    "call_barred": ("La red no lo permite", "The network does not allow it"),
    "transfer_rejected": ("El destinatario lo rechaza", "The recipient rejects it"),
    "destination_out_of_service": ("El destinatario está fuera de servicio", "The recipient is out of service"),
    "facility_not_subscribed": ("La SIM no tiene mensajes contratados", "The SIM has no message service"),
    "network_out_of_order": ("La red está averiada", "The network is out of order"),
    "temporary_failure": ("Fallo pasajero de la red", "Temporary failure of the network"),
    "congestion": ("La red está saturada", "The network is congested"),
    "service_centre_busy": ("El centro de mensajes está ocupado", "The message centre is busy"),
    "message_centre_unknown": ("La SIM no sabe su centro de mensajes", "The SIM does not know its message centre"),
    "no_network_service": ("La línea no tiene red", "The line has no network"),
    "network_timeout": ("La red no contestó a tiempo", "The network did not answer in time"),
    "sim_not_inserted": ("No hay tarjeta SIM", "There is no SIM card"),
    "modem_did_not_answer": (
        "El módem no contestó: puede que saliera; no se repite solo",
        "The modem did not answer: it may have gone; it is not repeated by itself",
    ),
    "modem_asked_for_no_text": ("El módem no aceptó el texto", "The modem did not take the text"),
    "interrupted": (
        "Se interrumpió al enviarlo: puede que saliera; no se repite solo",
        "Interrupted while it was sent: it may have gone; it is not repeated by itself",
    ),
    "box_restored": (
        "La centralita se restauró de una copia: puede que ya hubiera salido; no se repite solo",
        "The box was restored from a backup: it may have gone before; it is not repeated by itself",
    ),
    "not_sent_in_time": ("La línea no pudo enviarlo a tiempo", "The line could not send it in time"),
    "line_takes_no_messages": ("El módem o su SIM no admiten mensajes", "The modem or its SIM takes no messages"),
    "line_is_gone": ("La línea ya no envía mensajes", "The line sends no messages any more"),
    "unwritable": ("No se puede escribir", "It cannot be written"),
    "too_many_waiting": ("Hay demasiados mensajes esperando", "Too many messages wait"),
    "unknown_error": ("Error sin nombre del módem", "An error the modem does not name"),
    "validity_period_expired": ("Caducó sin poder entregarse", "It expired before it could be delivered"),
    "not_obtainable": ("No se puede alcanzar al destinatario", "The recipient cannot be reached"),
    "no_response_from_recipient": ("El destinatario no responde", "The recipient does not respond"),
    "recipient_busy": ("El destinatario está ocupado", "The recipient is busy"),
    "connection_rejected_by_recipient": ("El destinatario lo rechazó", "The recipient rejected it"),
    "incompatible_destination": ("El destinatario no recibe mensajes", "The recipient takes no messages"),
    "deleted_by_the_centre": ("El centro de mensajes lo borró", "The message centre deleted it"),
}
"""The others are rare: their English name is shown."""
