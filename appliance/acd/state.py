"""What the ACD remembers, as plain records: all of it, so that a snapshot is these records and nothing else.

No behaviour belongs here. Times named `*_ms` are CLOCK_BOOTTIME milliseconds when they say "since" or "at", durations
otherwise; -1 is "never yet". Dictionaries keep their order of insertion through a snapshot, so a replay goes through
them in the same order; sets would not, and are not used.
"""

from typing import Literal

from msgspec import Struct, field

from appliance.acd.desk import Contact, FinishedCall, WrapUp
from appliance.acd.effects import AgentSegment, LampPattern, LegRecord
from appliance.acd.ids import AgentName, CallId, LegId, LineName, QueueName, RecordingName, StationName
from appliance.acd.inputs import AnswerEvidence, StationHealth
from appliance.acd.line_state import Line
from appliance.acd.message_state import Messages
from appliance.acd.plan import AgentPlan, Channel, Language, Plan, QueuePlan, StationPlan
from appliance.acd.view import AgentStateName, CallStateName

DeadlineKind = Literal[
    "answer",  # call: we answered the caller, and the path should be open by now
    "greeting",  # call: the greeting before the queue should have ended by now
    "menu",  # call: the menu's prompt should have ended by now, or a key is overdue
    "max_wait",  # call: has waited as long as its queue allows
    "announce",  # call: wants to hear its position
    "message",  # call: is due to hear the queue's next message
    "heartbeat",  # call: wants a durable record of itself
    "goodbye",  # call: the good-bye should have ended by now
    "voicemail_prompt",  # call: the voicemail's invitation should have ended by now
    "voicemail_end",  # call: has talked to the voicemail as long as allowed
    "max_call",  # call: is up longer than any honest call
    "want",  # call: has waited long enough to want other agents too
    "ring_more",  # call: nobody of those rung has answered, and one agent more is to be rung
    "ring",  # leg: has rung as long as its queue allows
    "dial",  # leg: is being dialled for as long as the plan allows
    "dial_again",  # call: every line was tried for its emergency number
    "callback",  # number: is to be called back, or the attempt is looked at
    "offer",  # call: is to hear that it can be called back
    "whisper",  # call: its agent should have heard by now whom the call is of
    "closing",  # leg: was hung up, and should have ended by now
    "star",  # leg: the confirmation of a star code should have ended by now
    "wrap_up",  # agent: after-call work is over
    "retry",  # agent: may be rung again after a ring that failed
    "pause_over",  # agent: has been paused as long as the reason allows
    "shift_over",  # agent: the grace after the end of the shift has passed
    "shift",  # shift: begins or ends
    "scheduled_pause",  # pause and minute of the day: its time has come
    "closing_time",  # opening hours: begin or end
    "contact_offer",  # contact: was offered to an agent long enough
    "contact_retry",  # agent: may be offered a contact again
    "text",  # line: its next text message may be sent, or the line is looked at again
    "lamp",  # queue: its longest wait reaches the next pattern of the lamp
    "line_test",  # line: the step its test call is at should be over
    "balance",  # line: the network should have answered what is left on its account
    "line_down",  # line: has been of no use, or degraded, long enough for somebody to know
]
PlayKind = Literal["", "menu", "greeting", "position", "message", "offer", "sorry", "voicemail", "goodbye"]
Waiting = tuple[int, int, CallId]
"""A place in a queue: (waiting since ms, less what priority is worth; call number, call); the first is served first."""


class Leg(Struct):
    """A connection the switch has, or had until we told it to hang up (`closing`: its LegEnded has yet to come)."""

    id: LegId
    role: Literal["caller", "agent", "star", "dialler", "number", "test"]
    """`caller`: the customer's, whoever called whom. `dialler`: a station's that dialled and has no agent. `number`: of
    an outside number the caller was sent to. `test`: of a line's test call."""
    state: Literal["offered", "ringing", "dialling", "answered", "closing"]
    started_ms: int
    call: CallId | None = None
    agent: AgentName | None = None
    station: StationName | None = None
    line: LineName | None = None
    answered_ms: int = -1
    evidence: AnswerEvidence | None = None
    answer_asked: bool = False
    """AnswerLeg went out (callers and star codes)."""
    uses_minutes: bool = False
    """Its talk counts against the contract of its line."""
    hang_ups: int = 0
    prompts: tuple[str, ...] = ()
    """star: what to say once the leg is answered; of whoever dialled an emergency: what they were told meanwhile."""


class Conversation(Struct):
    """Our side of a call: the agent who lifted first or dialled, and what the call's counters said when agent and
    customer were connected."""

    agent: AgentName | None
    """None: a station without an agent, or an outside number."""
    station: StationName | None
    """None: an outside number."""
    leg: LegId
    ring_ms: int
    connected: bool = False
    """False while the caller's own path is not open yet: an agent can be quicker."""
    talk_base_ms: int = 0
    hold_base_ms: int = 0
    whisper: str = ""
    """The token of what the agent hears first; "" when there is nothing (more) of it."""
    warning: str = ""
    """The token of what the agent was told last beside the call: of its money, or that no line calls the number."""


NO_LEG = LegId("")
NO_LINE = LineName("")


class Call(Struct):
    """A customer contact that is up. Where its time went is `spent_ms`, by state: it adds up by construction."""

    id: CallId
    number: int
    line: LineName
    """NO_LINE: nobody was dialled yet."""
    caller: str
    """The customer's number, whoever called whom."""
    called: str
    caller_name: str
    leg: LegId
    """The customer's; NO_LEG while a call back has not been dialled."""
    offered_ms: int
    state: CallStateName = "offered"
    state_since_ms: int = 0
    direction: Literal["in", "out"] = "in"
    emergency: bool = False
    emergency_rounds: int = 0
    """How often every line was dialled on."""
    reserved: AgentName | None = None
    """Kept free for this customer, who is being called."""
    lines_tried: list[LineName] = field(default_factory=list)
    """Dialled on these already, for the same number."""
    forward_to: str = ""
    """The outside number it was sent to."""
    chose_to_go: bool = False
    """Pressed a key for a message or a good-bye: has got what they wanted."""
    called_back: bool = False
    """Was promised a call back: it is on the worklist with its place."""
    spent_ms: dict[CallStateName, int] = field(default_factory=dict)
    queue: QueueName | None = None
    queues: list[QueueName] = field(default_factory=list)
    """Every queue it was admitted to or turned away from, in order."""
    tried: list[QueueName] = field(default_factory=list)
    """Those since the caller last chose by a key: the guard against loops."""
    project: str = ""
    client: str = ""
    language: Language = "es"
    language_chosen: bool = False
    """By the caller or by what is known of the caller: no queue says otherwise any more."""
    segment: str = ""
    menu: str = ""
    """The menu it is in, or was in last."""
    menus: int = 0
    """Visits of menus: the guard against loops."""
    digits: str = ""
    """Keyed in so far, where a menu collects digits."""
    mistakes: int = 0
    """In this menu."""
    queued_ms: int = -1
    """First came to wait; its place in every queue counts from here."""
    head_start_ms: int = 0
    """What its priority is worth: it stands where it would if it had come so much earlier."""
    needs: dict[str, int] = field(default_factory=dict)
    """Skills its line says that it needs."""
    sticky: AgentName | None = None
    """Who had this caller last, while that agent has a first right to it."""
    for_agent: AgentName | None = None
    """Who is to make this call, and nobody else."""
    want: str = ""
    """Which of its queue's `hungry` it belongs to."""
    answered_ms: int = -1
    """First connected to an agent."""
    rings: list[LegId] = field(default_factory=list)
    rung_in_order: AgentName | None = None
    """Whom its queue's strategy had rung for it last, since it came there and last talked; not who was rung as the
    caller's own agent."""
    agent: AgentName | None = None
    """Who talks with the caller, or did last."""
    conversation: Conversation | None = None
    evidence: AnswerEvidence | None = None
    segments: list[AgentSegment] = field(default_factory=list)
    legs: list[LegRecord] = field(default_factory=list)
    recording: RecordingName | None = None
    recordings: int = 0
    recording_on: bool = False
    play: PlayKind = ""
    play_token: str = ""
    play_since_ms: int = 0
    greeted: bool = False
    wait_said: int = 0
    """The expected wait it was last told, in minutes; 0: none."""
    messages_heard: int = 0
    key_refused: str = ""
    """The key it pressed last that led nowhere."""
    goodbye: str = ""
    """Prompt of the good-bye, without language, while `ending`."""
    overflow_reason: str = ""
    cut_off: bool = False
    """Waits again after its agent's station was lost."""
    last_picture: str = ""
    """Who could not be rung and why, as last recorded: the same picture is not recorded twice."""


Waiter = Call | Contact
"""Who stands in a queue."""


class Agent(Struct):
    plan: AgentPlan
    queues: tuple[QueueName, ...] = ()
    state: AgentStateName = "logged_out"
    reason: str = ""
    station: StationName | None = None
    call: CallId | None = None
    leg: LegId | None = None
    since_ms: int = 0
    idle_since_ms: int = 0
    """Since when without a call: a ring that came to nothing does not start it anew."""
    missed_in_a_row: int = 0
    failed_in_a_row: int = 0
    retry_at_ms: int = 0
    """A ring failed, and the agent is left alone until the deadline `retry` then; 0: is not. The deadline ends it and
    not the time: else a caller could be served between the two before those who wait longer."""
    calls_today: int = 0
    talk_today_ms: int = 0
    """With holds."""
    day: str = ""
    """The local day these count."""
    after_call: Literal["", "not_ready", "logged_out"] = ""
    """What the agent asked for while on a call, done when the call is."""
    after_call_reason: str = ""
    after_call_scheduled: bool = False
    """It was the calendar that asked."""
    wrap_up: WrapUp = field(default_factory=WrapUp)
    pause_since_ms: int = 0
    """When the pause began; before the box did, if it lost power in it."""
    pause_scheduled: bool = False
    """The calendar began this pause, and ends it."""
    pause_is_over: bool = False
    """It is longer than its limit, and that was told."""
    paused_today_ms: dict[str, int] = field(default_factory=dict)
    """By reason, without the pause that goes on."""
    paused_day: str = ""
    """The local day these count."""
    on_shift: bool = True
    """As the calendar says; who has no shift always is."""
    off_shift: bool = False
    """Is given no callers: the shift is over, and this is no overtime."""
    contacts: list[CallId] = field(default_factory=list)
    """Offered to the agent, or open."""
    contact_retry: bool = False
    """Did not take a contact, and is left alone with others until the deadline `contact_retry`."""
    shift_is_over: bool = False
    """Is to be logged out as soon as the call and after-call work are done."""
    finished: list[FinishedCall] = field(default_factory=list)
    removed: bool = False
    """No longer in the plan; forgotten when the call is over."""


class Want(Struct, frozen=True):
    """Which agents of its queue a caller may be given to now."""

    only: AgentName | None = None
    """Nobody else."""
    tier: int = 1
    """Agents up to this tier."""
    needs: dict[str, int] = {}
    """Skill -> lowest level."""
    channel: Channel = "voice"


class Hungry(Struct):
    """Callers of one queue who want the same agents, and one of them rung: whoever serves the first serves any."""

    want: Want
    places: list[Waiting] = field(default_factory=list)


class Queue(Struct):
    plan: QueuePlan
    waiting: list[Waiting] = field(default_factory=list)
    """Everybody who waits, in the order they are served, those for whom a phone rings included."""
    arrived: list[Waiting] = field(default_factory=list)
    """Those of them who are on the line, in the order they came to wait."""
    hungry: dict[str, Hungry] = field(default_factory=dict)
    """Those of `waiting` who want an agent rung, by what they want: not those for whom enough phones ring. None of it
    is empty."""
    handle_ms: int = 0
    """How long a call of this queue keeps an agent, as a running mean; 0: not known yet."""
    last_rung: AgentName | None = None
    """`round_robin` goes on after this one."""
    removed: bool = False


class Station(Struct):
    plan: StationPlan
    health: StationHealth = "unreachable"
    reported: bool = False
    """The switch has said so since it started: until then nobody is missed because of it."""
    off_hook: bool = False
    detail: str = ""
    agent: AgentName | None = None
    """Who is logged in here."""
    star_legs: int = 0
    wrong_pins: int = 0
    """Keyed here one after the other, each within a minute of the one before; a right one between them is none less."""
    wrong_pin_ms: int = -1
    """When the last of them was keyed."""


class PendingRecording(Struct):
    call: CallId
    kind: Literal["call", "voicemail"]


class LastAgent(Struct):
    """Who talked with a number last."""

    agent: AgentName
    at_utc_ms: int


class Worklisted(Struct):
    queue: QueueName | None
    reason: str
    since_utc_ms: int
    attempts: int = 1
    number: str = ""
    """As the network gave it first; "" is the same as the key."""


class Callback(Struct):
    """A promise to call somebody back who keeps a place in a queue."""

    number: str
    """As it is dialled."""
    queue: QueueName
    place_ms: int
    """Where they stand: as if they had waited since then."""
    place_utc_ms: int = 0
    """The same by the wall clock, which may not be right yet: of a promise made before a power cut."""
    tries: int = 0
    call: CallId | None = None
    """The attempt that is up."""
    last_call: CallId | None = None
    """The call that was made a promise, or the last attempt."""
    needs: dict[str, int] = field(default_factory=dict)
    language: Language = "es"
    name: str = ""
    agent: AgentName | None = None
    """Who is to call, and nobody else."""


class LeftBehind(Struct):
    """The place of somebody who gave up waiting."""

    queue: QueueName
    place_ms: int
    left_ms: int


class State(Struct):
    plan: Plan
    now_ms: int = 0
    started: bool = False
    incarnation: int = 0
    switch_incarnation: str = ""
    switch_lost_ms: int = -1
    """Since when nothing is heard of the switch; -1 while it is there."""
    utc_offset_ms: int = 0
    clock_synchronised: bool = False
    clock_told: bool = False
    """The wall clock was told at least once: there is a calendar."""
    night_mode: bool = False
    box_health: Literal["good", "warning", "bad"] = "good"
    next_call: int = 1
    next_leg: int = 1
    next_play: int = 1
    next_decision: int = 1
    next_agent_change: int = 1
    next_deadline: int = 1
    next_line_event: int = 1
    next_notice: int = 1
    next_line_test: int = 1
    chance: int = 0
    """The state of the generator that `random` and `weighted_random` draw from."""
    calls: dict[CallId, Call] = field(default_factory=dict)
    legs: dict[LegId, Leg] = field(default_factory=dict)
    agents: dict[AgentName, Agent] = field(default_factory=dict)
    queues: dict[QueueName, Queue] = field(default_factory=dict)
    lines: dict[LineName, Line] = field(default_factory=dict)
    stations: dict[StationName, Station] = field(default_factory=dict)
    deadlines: dict[DeadlineKind, dict[str, tuple[int, int]]] = field(default_factory=dict)
    """kind -> subject -> (at ms, number): the truth of which the heap in `deadlines` is an index."""
    lamps: dict[str, LampPattern] = field(default_factory=dict)
    recordings: dict[RecordingName, PendingRecording] = field(default_factory=dict)
    """Begun and not yet reported whole."""
    worklist: dict[str, Worklisted] = field(default_factory=dict)
    """By `numbers.key`."""
    callbacks: dict[str, Callback] = field(default_factory=dict)
    """By `numbers.key`; each of them is on the worklist too."""
    left_behind: dict[str, LeftBehind] = field(default_factory=dict)
    """By `numbers.key`, who left longest ago first; bounded."""
    last_agents: dict[str, LastAgent] = field(default_factory=dict)
    """By the caller's number, the one heard of longest ago first; bounded."""
    next_contact: int = 1
    contacts: dict[CallId, Contact] = field(default_factory=dict)
    messages: Messages = field(default_factory=Messages)
    shifts: dict[str, bool] = field(default_factory=dict)
    """Whether each shift is on, as last looked at; of one not in it nothing is known yet."""
    pauses_done: dict[str, str] = field(default_factory=dict)
    """Scheduled pause -> the local day it happened last."""
    late_minute: int = 0
    late_in_minute: int = 0
    late_left_out: int = 0
