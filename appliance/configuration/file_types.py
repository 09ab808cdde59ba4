"""The kinds of values the configuration file's tables are made of: names, seconds, keys, where callers go."""

from typing import Annotated, Literal

from msgspec import Meta

NAME = "[a-z0-9][a-z0-9_-]{0,31}"
Name = Annotated[str, Meta(pattern=f"^{NAME}$")]
"""Lower-case letters, digits, - and _: names end up in file names, SIP headers and lamps."""
Level = Annotated[int, Meta(ge=1, le=10)]
"""Of a skill."""
Priority = Annotated[int, Meta(ge=0, le=10)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Days = Annotated[int, Meta(ge=1, le=36_500)]
MessageDays = Annotated[int, Meta(ge=10, le=36_500)]
"""Networks report what became of a message for a week."""
Port = Annotated[int, Meta(ge=1, le=65_535)]
Language = Literal["es", "en"]
Key = Annotated[str, Meta(pattern=r"^[0-9*#]$")]
_ANYWHERE = rf"voicemail|(queue|menu|message):{NAME}|number:\+?[0-9]{{2,20}}|callback"
LeadsTo = Annotated[str, Meta(pattern=f"^({_ANYWHERE})$")]
"""By a key while waiting."""
OverflowTo = Annotated[str, Meta(pattern=f"^(hang_up|{_ANYWHERE})$")]
MenuTo = Annotated[str, Meta(pattern=f"^(hang_up|{_ANYWHERE}(:{NAME})?)$")]
"""From a menu a call back says of which queue, for the caller may not have come to one."""
QueueOrMenu = Annotated[str, Meta(pattern=f"^(menu:)?{NAME}$")]
"""`ventas`, a queue; `menu:principal`."""
Prefix = Annotated[str, Meta(pattern=r"^(00|\+)?[0-9]{1,15}$|^00$|^\+$")]
"""How a number begins, as people dial it."""
AnyPrefix = Annotated[str, Meta(pattern=r"^(00|\+)?[0-9]{0,15}$")]
"""The same, and "" for every number."""
Day = Annotated[str, Meta(pattern=r"^(2\d{3}-\d{2}-\d{2})?$")]
"""YYYY-MM-DD; "" is none."""
Micros = Annotated[int, Meta(ge=0, le=10**12)]
"""Money in micro-units of the box's currency."""
