"""What went wrong with a message, by the names the standards give: errors of sending and status of delivery. Pure.

3GPP TS 27.005 §3.2.5 (+CMS ERROR), whose codes below 128 are RP-CAUSE of TS 24.011 annex E-2 and below 256 TP-FCS of
TS 23.040 §9.2.3.22; TS 23.040 §9.2.3.15 (TP-Status). Names are words for records; screens translate them.
"""

import re
from dataclasses import dataclass
from typing import Literal

Delivery = Literal["delivered", "pending", "failed"]


@dataclass(frozen=True)
class Cause:
    """`again`: trying the same once more later may help."""

    name: str
    again: bool


@dataclass(frozen=True)
class DeliveryStatus:
    """`pending`: the network goes on trying, or does not know."""

    state: Delivery
    name: str


_SENDING: dict[int, Cause] = {
    1: Cause("unassigned_number", False),
    8: Cause("operator_determined_barring", False),
    10: Cause("call_barred", False),
    21: Cause("transfer_rejected", False),
    27: Cause("destination_out_of_service", True),
    28: Cause("unidentified_subscriber", False),
    29: Cause("facility_rejected", False),
    30: Cause("unknown_subscriber", False),
    38: Cause("network_out_of_order", True),
    41: Cause("temporary_failure", True),
    42: Cause("congestion", True),
    47: Cause("resources_unavailable", True),
    50: Cause("facility_not_subscribed", False),
    69: Cause("facility_not_implemented", False),
    81: Cause("invalid_reference", True),
    95: Cause("invalid_message", False),
    96: Cause("invalid_mandatory_information", False),
    97: Cause("message_type_unknown", False),
    98: Cause("message_not_compatible", True),
    99: Cause("information_element_unknown", False),
    111: Cause("protocol_error", True),
    127: Cause("interworking_unspecified", True),
    128: Cause("telematic_interworking_not_supported", False),
    129: Cause("short_message_type_0_not_supported", False),
    130: Cause("cannot_replace_short_message", False),
    143: Cause("protocol_identifier_error", False),
    144: Cause("alphabet_not_supported", False),
    145: Cause("message_class_not_supported", False),
    159: Cause("data_coding_error", False),
    160: Cause("command_cannot_be_actioned", False),
    161: Cause("command_unsupported", False),
    175: Cause("command_error", False),
    176: Cause("pdu_not_supported", False),
    192: Cause("service_centre_busy", True),
    193: Cause("no_service_centre_subscription", False),
    194: Cause("service_centre_failure", True),
    195: Cause("invalid_destination_address", False),
    196: Cause("destination_barred", False),
    197: Cause("duplicate_rejected", False),
    198: Cause("validity_format_not_supported", False),
    199: Cause("validity_not_supported", False),
    208: Cause("sim_message_memory_full", True),
    209: Cause("sim_has_no_message_memory", False),
    210: Cause("error_in_terminal", True),
    211: Cause("memory_exceeded", True),
    212: Cause("sim_application_busy", True),
    213: Cause("sim_download_error", True),
    255: Cause("unspecified_error", True),
    300: Cause("modem_failure", True),
    301: Cause("message_service_reserved", True),
    302: Cause("not_allowed", True),
    303: Cause("not_supported", False),
    304: Cause("invalid_pdu_parameter", False),
    305: Cause("invalid_text_parameter", False),
    310: Cause("sim_not_inserted", True),
    311: Cause("sim_pin_required", True),
    312: Cause("phone_lock_pin_required", False),
    313: Cause("sim_failure", True),
    314: Cause("sim_busy", True),
    315: Cause("sim_wrong", False),
    316: Cause("sim_puk_required", False),
    317: Cause("sim_pin2_required", False),
    318: Cause("sim_puk2_required", False),
    320: Cause("memory_failure", True),
    321: Cause("invalid_memory_index", False),
    322: Cause("memory_full", True),
    330: Cause("message_centre_unknown", False),
    331: Cause("no_network_service", True),
    332: Cause("network_timeout", True),
    340: Cause("no_acknowledgement_expected", False),
    500: Cause("unknown_error", True),
}
_STATUS: dict[int, str] = {
    0x00: "received",
    0x01: "forwarded_unconfirmed",
    0x02: "replaced_by_the_centre",
    0x20: "congestion",
    0x21: "recipient_busy",
    0x22: "no_response_from_recipient",
    0x23: "service_rejected",
    0x24: "quality_of_service_not_available",
    0x25: "error_in_recipient_terminal",
    0x40: "remote_procedure_error",
    0x41: "incompatible_destination",
    0x42: "connection_rejected_by_recipient",
    0x43: "not_obtainable",
    0x44: "quality_of_service_not_available",
    0x45: "no_interworking_available",
    0x46: "validity_period_expired",
    0x47: "deleted_by_sender",
    0x48: "deleted_by_the_centre",
    0x49: "message_does_not_exist",
    0x60: "congestion",
    0x61: "recipient_busy",
    0x62: "no_response_from_recipient",
    0x63: "service_rejected",
    0x64: "quality_of_service_not_available",
    0x65: "error_in_recipient_terminal",
}
_CODE = re.compile(r"^\+CM[SE] ERROR: *(\d{1,5})$")
NO_ANSWER = Cause("modem_did_not_answer", False)
"""Not again: it may have been sent."""
UNNAMED = Cause("unknown_error", True)


def sending_cause(result: str) -> Cause:
    """Of the final result of a command that was to send: `+CMS ERROR: 38`, `ERROR`, "timeout" or "closed"."""
    if result in ("timeout", "closed"):
        return NO_ANSWER
    match = _CODE.match(result)
    if match is None or result.startswith("+CME"):
        return UNNAMED
    code = int(match.group(1))
    named = _SENDING.get(code)
    return named if named is not None else Cause(f"cms_error_{code}", True)


def delivery_status(status: int) -> DeliveryStatus:
    """Of an SMS-STATUS-REPORT. Reserved values count as what their group says (§9.2.3.15)."""
    name = _STATUS.get(status, f"status_{status}")
    if status in (0x00, 0x02):
        return DeliveryStatus("delivered", name)
    if status == 0x01 or 0x03 <= status <= 0x3F:
        return DeliveryStatus("pending", name)
    return DeliveryStatus("failed", name)
