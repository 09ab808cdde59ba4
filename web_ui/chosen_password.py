"""What a reader is told about a password they chose: the rules for the two pages on which one is chosen."""

from web_ui.claim_code import plain_code
from web_ui.passwords import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS, password_problem
from web_ui.site import tell


def chosen_problem(password: str, again: str, code: str = "") -> str:
    """A sentence in the reader's language, "" when the password will do."""
    match password_problem(password):
        case "short":
            return tell("password.short", least=MIN_PASSWORD_CHARACTERS)
        case "long":
            return tell("password.long", most=MAX_PASSWORD_CHARACTERS)
    if code and plain_code(code) == plain_code(password):
        return tell("password.is_code")
    return "" if password == again else tell("password.differ")
