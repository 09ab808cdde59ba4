"""The states of a wired handset's station, what can happen to it, and why some of that means nothing in some states."""

from typing import Literal

State = Literal["starting", "on_hook", "ringing", "dialling", "dialled", "talking", "off_hook"]
"""`dialling`: lifted with no call on it, and no whole number yet; `dialled`: a leg of ours, not let in yet."""
Happening = Literal["lifted", "replaced", "card_up", "card_down", "number", "not_taken", "silent", "answer", "hang_up"]

_ON_TIME = "what is dialled is complete once, and this lift has no number"
_NO_LEG = "there is no leg yet"
_OVER = "the leg ended before"
_ON_A_CALL: tuple[State, ...] = ("dialled", "talking")
_LATER: tuple[State, ...] = ("talking", "off_hook")
_IDLE: tuple[State, ...] = ("starting", "on_hook", "ringing")
STRAY: dict[tuple[State, Happening], str] = {
    ("starting", "replaced"): "it was on its hook anyway",
    ("starting", "hang_up"): _NO_LEG,
    ("starting", "answer"): _NO_LEG,
    ("on_hook", "replaced"): "it lies there already",
    ("on_hook", "hang_up"): _OVER,
    ("on_hook", "answer"): _OVER,
    ("ringing", "replaced"): "a lift that was too short to be one",
    ("ringing", "card_up"): "only a card that was up rings",
    ("ringing", "answer"): "only its person answers a handset that rings",
    ("dialling", "lifted"): "it is in the hand already",
    ("dialling", "hang_up"): _NO_LEG,
    ("dialling", "answer"): _NO_LEG,
    ("dialling", "not_taken"): "nothing was dialled yet",
    ("dialled", "lifted"): "it is in the hand already",
    ("dialled", "number"): _ON_TIME,
    ("talking", "lifted"): "it is in the hand already",
    ("talking", "answer"): "it is answered already",
    ("talking", "not_taken"): "somebody took it in the same moment",
    ("off_hook", "lifted"): "it is in the hand already",
    ("off_hook", "hang_up"): _OVER,
    ("off_hook", "answer"): _OVER,
    ("off_hook", "not_taken"): "the leg ended in the same moment",
    **{(state, "number"): _ON_TIME for state in (*_IDLE, *_LATER)},
    **{(state, "silent"): "it was put down meanwhile" for state in _IDLE},
    **{(state, "silent"): "the talk is what is heard" for state in _ON_A_CALL},
    **{(state, "not_taken"): "nothing was dialled" for state in _IDLE},
}
