"""The office as the ACD sees it: queues, agents, stations, lines and hours, as proved data with no behaviour.

What belongs here is what a decision needs. Ports, pins, passwords of phones and tariffs are the configuration's, and
are not here. The daemon builds a Plan from the configuration file; the ACD keeps it in its state.
"""

from typing import Literal

from msgspec import Struct

from appliance.acd.ids import AgentName, LineName, QueueName, StationName
from appliance.acd.line_plan import AllowancePlan

Strategy = Literal[
    "ring_all",
    "longest_idle",
    "round_robin",
    "linear",
    "fewest_calls",
    "least_talk_time",
    "random",
    "weighted_random",
    "ring_progressively",
]
Absence = Literal["logged_out", "not_ready", "wrap_up", "unreachable"]
"""Why an agent does not count when it is asked whether anybody is there: logged out, paused, in after-call work, at a
station that is not registered or is unplugged. Who rings, talks or just holds the handset is there."""
WaitAnnounced = Literal["never", "once", "always", "when_better"]
"""The expected wait: the first time the position is said, each time, or each time it is less than was said before."""
AtClosing = Literal["serve", "send_on"]
"""Who waits when the opening hours end: served on, or sent where `on_closed` says."""
WhenOver = Literal["tell", "resume"]
"""A pause longer than its limit is shown and kept among the decisions; or the agent is made ready again, and logged
out where the station cannot ring."""
Channel = Literal["voice", "message"]
LineMode = Literal["in", "out", "both"]
Language = Literal["es", "en"]


class Destination(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a caller goes next, from a line, a menu or a queue; whoever goes nowhere hears a polite good-bye."""

    to: Literal["hang_up", "voicemail", "queue", "menu", "number", "callback", "message"] = "hang_up"
    queue: QueueName | None = None
    """Of a `callback` too: that of a caller who has not come to wait in one yet."""
    menu: str = ""
    number: str = ""
    """An outside number, as it is dialled."""
    prompt: str = ""
    """`message`: said instead of the good-bye, without language; what comes after a `.` says which words it has."""

    def __str__(self) -> str:
        """As the configuration writes it: `voicemail`, `queue:ventas`."""
        name = self.queue or self.menu or self.number or self.prompt.partition(".")[0]
        return f"{self.to}:{name}" if name else self.to


Whispered = Literal["queue", "wait", "customer"]
"""What an agent who lifts hears before the caller: the queue's name, how long the caller waited, a known caller."""


class CallbackPlan(Struct, frozen=True, forbid_unknown_fields=True):
    """How callers of a queue are called back who asked for it instead of waiting; each keeps the place."""

    first: Literal["agent", "customer"] = "agent"
    """`agent`: an agent is rung, and the number dialled when the agent has lifted. `customer`: an agent is kept free,
    the number dialled, and the agent rung when the customer has answered."""
    offer_after_ms: int = 0
    """After so long a caller hears which key to press for it; 0: it is not offered, but the key works."""
    attempts: int = 3
    """How often the number is called at most."""
    retry_ms: int = 900_000
    """Between an attempt that did not reach the customer and the next."""
    hours: str = ""
    """When customers may be called; "" is whenever the queue is open."""


class MenuPlan(Struct, frozen=True, forbid_unknown_fields=True):
    """A spoken menu: what is said, and where each key leads. With `max_digits` callers key in several digits instead,
    ended by `#`, by the most there can be or by a pause, and `lookup` says where these lead; of `keys` only `*` counts
    there."""

    name: str
    prompts: tuple[str, ...] = ()
    """Without language; a key cuts them short."""
    keys: dict[str, Destination] = {}
    key_languages: dict[str, Language] = {}
    """Keys by which the caller chooses a language, from then on."""
    language: Language | None = None
    """The caller's from here on; None: as it was."""
    timeout_ms: int = 5_000
    """For the first key, after the prompts."""
    digit_timeout_ms: int = 3_000
    """For each further digit."""
    retries: int = 2
    """How many mistakes are forgiven: nothing pressed, a key that is none, digits that are not found."""
    on_timeout: Destination = Destination()
    on_invalid: Destination = Destination()
    hours: str = ""
    """Name in `Plan.hours`; "" is always open, night mode too."""
    on_closed: Destination = Destination()
    min_digits: int = 0
    max_digits: int = 0
    """0: keys, not digits."""
    lookup: str = ""
    """Name in `Plan.lookups`."""
    on_found: Destination = Destination()
    """For entries that say no better."""
    on_not_found: Destination = Destination()


class LookupEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of who keys in certain digits."""

    to: Destination | None = None
    name: str = ""
    segment: str = ""
    priority: int = 0
    """Instead of the line's and the number's, if it is more."""


class CallerPlan(Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of somebody who calls, or of everybody whose number begins alike."""

    name: str = ""
    segment: str = ""
    """`vip`, `known`, or the office's own word."""
    blocked: bool = False
    priority: int = 0
    """Beside the line's: each unit counts as `Plan.priority_worth_ms` of waiting."""
    queue: QueueName | None = None
    menu: str = ""
    language: Language | None = None
    needs: dict[str, int] = {}


class OpenSpan(Struct, frozen=True, forbid_unknown_fields=True):
    """Open on these weekdays (0 = Monday) from minute to minute of the local day, end not included."""

    weekdays: tuple[int, ...]
    from_minute: int
    to_minute: int


class Hours(Struct, frozen=True, forbid_unknown_fields=True):
    """Opening hours in a time zone (IANA name); `holidays` are local dates, YYYY-MM-DD, closed all day."""

    time_zone: str
    spans: tuple[OpenSpan, ...]
    holidays: tuple[str, ...] = ()


class PausePlan(Struct, frozen=True, forbid_unknown_fields=True):
    """A reason for a pause, with its limits; and when the calendar itself pauses agents for it."""

    code: str
    digit: str = ""
    """What is dialled after *46."""
    title: str = ""
    limit_ms: int = 0
    """The longest single pause; 0: none. A pause begun by the calendar lasts so long."""
    day_limit_ms: int = 0
    """All of an agent's in a local day; 0: no limit."""
    at_once: int = 0
    """How many agents may be in it at the same time; 0: all."""
    at_once_percent: int = 0
    """How much of the agents logged in of any queue, one of them at least; 0: all."""
    when_over: WhenOver = "tell"
    at_minutes: tuple[int, ...] = ()
    """Minutes of the local day at which the calendar pauses `at_agents`."""
    at_weekdays: tuple[int, ...] = ()
    """0 = Monday."""
    at_agents: tuple[AgentName, ...] = ()


class ShiftPlan(Struct, frozen=True, forbid_unknown_fields=True):
    """When some agents work. An agent of several shifts works in each of them."""

    name: str
    hours: Hours
    grace_ms: int = 0
    """So long after its end agents stay logged in, without being given callers."""
    allow_overtime: bool = False
    """Agents may log in outside it, and are then given callers."""


class QueuePlan(Struct, frozen=True, forbid_unknown_fields=True):
    name: QueueName
    title: str
    agents: tuple[AgentName, ...]
    """In the order `linear` and `round_robin` ring them."""
    strategy: Strategy = "longest_idle"
    tiers: dict[AgentName, int] = {}
    """An agent's tier, 1 unless named here. A tier is rung when nobody of a lower one is free."""
    tier_after_ms: tuple[int, ...] = ()
    """How long a caller waits before tier 2, 3, … is rung at all; rising. What is missing is 0."""
    weights: dict[AgentName, int] = {}
    """`weighted_random`: how many tickets an agent has in the draw; 1 unless named here."""
    ring_more_ms: int = 5_000
    """`ring_progressively`: after so long without an answer one agent more is rung."""
    needs: dict[str, int] = {}
    """Skill -> lowest level an agent must have of it to be rung for a caller of this queue."""
    needs_relax_ms: int = 0
    """Each time a caller has waited so long, one level less is demanded of every skill, down to none; 0: never."""
    sticky_ms: int = 0
    """So long a caller waits for the agent who had this number last, before anybody else is rung; 0: not at all."""
    resume_ms: int = 0
    """Who gave up waiting and calls again within so long stands where they would if they had stayed; 0: does not."""
    callback: CallbackPlan = CallbackPlan()
    whisper: tuple[Whispered, ...] = ()
    weight: int = 0
    """Against other queues that share agents: each unit counts as `Plan.priority_worth_ms` of waiting."""
    language: Language = "es"
    ring_timeout_ms: int = 20_000
    retry_ms: int = 2_000
    """How long an agent whose ring failed is left alone before the next ring, unless its cause has its own time."""
    retry_rejected_ms: int = 0
    """mod_callcenter `reject-delay-time`; 0, here and below: `retry_ms`."""
    retry_busy_ms: int = 0
    """mod_callcenter `busy-delay-time`."""
    retry_no_answer_ms: int = 0
    """mod_callcenter `no-answer-delay-time`."""
    retry_unreachable_ms: int = 0
    """The first time; longer with each failure in a row."""
    wrap_up_ms: int = 10_000
    """After-call work ends by itself after this, unless the agent has a time of their own."""
    wrap_up_extend_ms: int = 30_000
    """What each extension adds."""
    wrap_up_extensions: int = 3
    """How often it can be extended."""
    wrap_up_longest_ms: int = 600_000
    """Extended or without its disposition, it is never longer."""
    wrap_up_ends_with_disposition: bool = False
    """Setting a disposition in after-call work ends it."""
    wrap_up_needs_disposition: bool = False
    """It does not end before a disposition is set, but for `wrap_up_longest_ms`."""
    missed_rings_limit: int = 3
    max_wait_ms: int = 300_000
    max_length: int = 30
    target_ms: int = 20_000
    short_abandon_ms: int = 5_000
    announce_position_every_ms: int = 30_000
    """0: never. The expected wait comes with it."""
    announce_wait: WaitAnnounced = "never"
    messages: tuple[str, ...] = ()
    """Prompts without language, one after another each `message_every_ms`, and again from the first."""
    message_every_ms: int = 60_000
    exit_keys: dict[str, Destination] = {}
    """Where a caller who waits goes by pressing a key (0-9 * #)."""
    greeting: str = "greeting"
    """Prompt name without language; "" for none. Played while agents are already being rung unless `greeting_first`."""
    greeting_first: bool = False
    record: bool = True
    hours: str = ""
    """Name in `Plan.hours`; "" is always open."""
    at_closing: AtClosing = "serve"
    join_empty: tuple[Absence, ...] = ()
    """Nobody joins while every agent is absent in one of these ways; (): callers join whoever is there."""
    leave_empty: tuple[Absence, ...] = ()
    """Who waits is sent on as soon as every agent is absent in one of these ways."""
    on_empty: Destination = Destination()
    on_full: Destination = Destination()
    on_max_wait: Destination = Destination()
    on_closed: Destination = Destination()
    project: str = ""
    client: str = ""


class AgentPlan(Struct, frozen=True, forbid_unknown_fields=True):
    name: AgentName
    full_name: str
    number: str
    """What the agent keys in to log in."""
    pin: str = ""
    station: StationName | None = None
    """Where the agent usually sits: the station a login without one uses."""
    skills: dict[str, int] = {}
    """Skill -> level, 1 to 10."""
    auto_login: bool = False
    """Logged in and ready from the very first start of the box (not after a log-out), or each time a shift begins."""
    wrap_up_ms: int = -1
    """After-call work of this agent, whatever the queue; -1: as the queue says."""
    capacity: dict[Channel, int] = {}
    """How many contacts of a channel at the same time; none where it is not named. Voice is always one."""
    messages_while_on_call: bool = False
    calls_while_in_conversation: bool = True
    shifts: tuple[str, ...] = ()
    """Names in `Plan.shifts`; (): works whenever logged in."""


class StationPlan(Struct, frozen=True, forbid_unknown_fields=True):
    name: StationName
    extension: str
    always_reachable: bool = False
    """A SIP phone at a fixed contact: no registration will ever say that it is up."""


class LinePlan(Struct, frozen=True, forbid_unknown_fields=True):
    name: LineName
    mode: LineMode = "both"
    queue: QueueName | None = None
    """Where calls on this line go, unless `did` says better."""
    number: str = ""
    did: dict[str, QueueName] = {}
    """Called number -> queue, for lines that carry several numbers."""
    channels: int = 0
    """Calls it carries at a time; 0: as many as the network takes."""
    menu: str = ""
    """Instead of `queue`."""
    did_menus: dict[str, str] = {}
    """Called number -> menu."""
    language: Language | None = None
    """Of its callers, until a queue, a menu or they themselves say otherwise; None: the box's."""
    priority: int = 0
    """Of its callers: each unit counts as `Plan.priority_worth_ms` of waiting."""
    needs: dict[str, int] = {}
    """Skills its callers need, beside the queue's."""
    messages_per_minute: int = 10
    messages_per_day: int = 0
    """Parts of text messages it sends at most; 0 a day: none, it cannot or may not."""
    calls: dict[str, bool] = {}
    """Beginning of a number, as in `Plan.dial_rules` -> whether such numbers are dialled on it; without any that fits
    they are not. {}: all are, after the lines that name a beginning."""
    costs: dict[str, int] = {}
    """Beginning of a number -> micro-units of the currency a minute; the longest that fits, without any 0."""
    allowance: AllowancePlan = AllowancePlan()
    balance_code: str = ""
    """What the network is asked for the balance (USSD); "": it cannot be asked."""
    has_dial_tone: bool = False
    """An analogue line: it can be lifted and listened to."""


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    box: str
    queues: tuple[QueuePlan, ...] = ()
    agents: tuple[AgentPlan, ...] = ()
    stations: tuple[StationPlan, ...] = ()
    lines: tuple[LinePlan, ...] = ()
    hours: dict[str, Hours] = {}
    max_calls: int = 200
    """More callers than this are refused with congestion: a limit on everything."""
    voicemail_max_ms: int = 120_000
    priority_worth_ms: int = 60_000
    """What one unit of priority or weight is worth: a head start and no more, so that nobody starves."""
    country_code: str = ""
    """Digits (ITU-T E.164): a number with this in front and the same without are one. "": numbers are as they are."""
    national_digits: int = 0
    """Of a whole number without the country's code; 0: not known, and nothing is guessed by length."""
    abroad: str = "00"
    """Dialled before another country's code."""
    emergency: tuple[str, ...] = ()
    """Numbers that every station can dial, on any line and in any state."""
    dial_rules: dict[str, bool] = {}
    """Beginning of a number -> whether it may be dialled; the longest that fits decides, without any it may."""
    dial_timeout_ms: int = 60_000
    """How long a dialled number may take to answer."""
    pauses: tuple[PausePlan, ...] = ()
    """The only reasons there are; (): the usual ones and any other."""
    shifts: dict[str, ShiftPlan] = {}
    time_zone: str = "UTC"
    """Where the box is (IANA): when its day begins."""
    language: Language = "es"
    menus: dict[str, MenuPlan] = {}
    lookups: dict[str, dict[str, LookupEntry]] = {}
    """Name -> digits keyed in -> what is known of them."""
    callers: dict[str, CallerPlan] = {}
    """By number as `numbers.spelled` writes it, or `withheld`."""
    caller_prefixes: dict[str, CallerPlan] = {}
    """By how the number, so written, begins."""
