"""The identifiers and units every part of the product shares: names that must not be mixed up."""

from typing import NewType

CallId = NewType("CallId", str)
"""One customer contact: `<box>-<number>`, never reused on a box."""
ContactId = NewType("ContactId", str)
"""One customer contact that is no call (a message), as whoever brings it names it."""
LegId = NewType("LegId", str)
"""One connection of a line or a station within a call. Minted by whoever creates the leg: the switch for a call that
arrives (`<incarnation>-<n>`), the ACD for a station or line it asks to dial (`acd-<n>`, from its state, so a replay
mints the same one)."""
LineName = NewType("LineName", str)
StationName = NewType("StationName", str)
AgentName = NewType("AgentName", str)
QueueName = NewType("QueueName", str)
MessageId = NewType("MessageId", str)
"""A text message, or a report of one: as its reader or its asker names it."""
RecordingName = NewType("RecordingName", str)
"""A path relative to the recordings folder, e.g. `2026/11/22/oficina-17.wav`."""
MonotonicMs = NewType("MonotonicMs", int)
"""Milliseconds of CLOCK_BOOTTIME: the same clock in every process of the box, never stepped."""
UtcMs = NewType("UtcMs", int)
"""Milliseconds since 1970-01-01T00:00:00Z; right only as far as the box's clock was synchronised."""
