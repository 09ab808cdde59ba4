"""Why a call went where it went, in sentences: the call as a whole, and each decision by itself."""

from appliance.acd.effects import Decision
from appliance.acd.explain import why_call
from appliance.daemon.queries import CallDetails
from web_ui.settings import Language
from web_ui.texts import code_text, text


def why_sentence(details: CallDetails, language: Language) -> str:
    """The explanation of a call that is over, in the reader's language."""
    if not details.decisions:
        return text("call.decisions_none", language)
    return why_call(details.decisions, details.row, language)


def decision_sentence(decision: Decision, language: Language) -> str:
    """What decided, and about what: `Solo había uno libre · ana`."""
    reason = code_text("decision_reason", decision.reason, language)
    return f"{reason} · {decision.detail}" if decision.detail else reason
