"""Why a call went where it went, in sentences: the call as a whole, and each decision by itself."""

from appliance.acd.effects import Decision
from appliance.acd.explain import tell, why_call
from appliance.daemon.queries import CallDetails
from web_ui.settings import Language


def why_sentence(details: CallDetails, language: Language) -> str:
    """The explanation of a call that is over, in the reader's language."""
    return why_call(details.decisions, details.row, language, details.pruned_after_days)


def decision_sentence(decision: Decision, language: Language) -> str:
    """One decision's part of it; "" for one that the end of the call says better."""
    return tell(decision, language)
