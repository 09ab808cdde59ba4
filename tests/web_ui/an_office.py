"""The office the page's tests look at: a moment of a busy morning, and a day's history that led to it."""

from msgspec.structs import replace

from appliance.acd.effects import (
    AgentSegment,
    Candidate,
    Cdr,
    Decision,
    EndReason,
    LegRecord,
    StoreCdr,
    StoreDecision,
    StoreEffect,
    StoreRecording,
    StoreWorklistItem,
    StoreWrapUp,
)
from appliance.acd.ids import AgentName, CallId, LegId, LineName, QueueName, RecordingName, StationName
from appliance.acd.line_effects import StoreLineEvent
from appliance.acd.view import AgentStateName, AgentView, CallView, LineView, QueueView, StationView, Status
from appliance.billing.contracts import Contract, Contracts, PerCall
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.store_writes import Office

VENTAS, SOPORTE = QueueName("ventas"), QueueName("soporte")
GSM1, GSM2, FXO1, SIP1 = LineName("gsm1"), LineName("gsm2"), LineName("fxo1"), LineName("troncal")
MESA1, MESA2, TEL1, TEL2 = (StationName(name) for name in ("mesa1", "mesa2", "telefono1", "telefono2"))
OFFICE = Office(
    box="oficina",
    rates=RateTable(
        (
            Rate("moviles", "in", "346", connect_fee_micros=50_000, rate_micros_per_minute=24_000, next_increment_s=1),
            Rate("fijos", "in", "", rate_micros_per_minute=12_345, first_increment_s=1, next_increment_s=1),
        ),
        "EUR",
    ),
    targets_ms={"ventas": 20_000, "soporte": 20_000},
    contracts=Contracts([Contract("robledo-26", "2", "robledo", "EUR", calls=(PerCall("atendida", 900_000),))]),
)


def agent(name: str, full_name: str, state: AgentStateName, since_s: int, **more: object) -> AgentView:
    values: dict[str, object] = {
        "reason": "",
        "station": None,
        "call": None,
        "queues": (VENTAS, SOPORTE),
        "calls_today": 4,
        "missed_in_a_row": 0,
    }
    return AgentView(
        agent=AgentName(name),
        full_name=full_name,
        state=state,
        since_ms=since_s * 1000,
        **{**values, **more},  # type: ignore[arg-type]
    )


def waiting_call(number: int, caller: str, position: int, wait_ms: int, now_utc_ms: int) -> CallView:
    return CallView(
        call=CallId(f"oficina-{number}"),
        state="waiting",
        line=SIP1,
        caller=caller,
        called="910000001",
        queue=VENTAS,
        agent=None,
        position=position,
        wait_ms=wait_ms,
        talk_ms=0,
        offered_utc_ms=now_utc_ms - wait_ms - 3000,
        recording=False,
    )


def busy_morning(now_utc_ms: int) -> Status:
    """Two callers wait, one conversation goes on, agents are in every usual state, one line is down."""
    talking = CallView(
        CallId("oficina-40"), "talking", GSM1, "600111222", "", VENTAS, AgentName("ana"), 0, 8_000, 73_000,
        now_utc_ms - 84_000, True,
    )  # fmt: skip
    return Status(
        box="oficina",
        at_utc_ms=now_utc_ms,
        clock_synchronised=True,
        night_mode=False,
        switch_connected=True,
        calls=(
            talking,
            waiting_call(41, "+34912345678", 1, 26_000, now_utc_ms),
            waiting_call(42, "", 2, 9_000, now_utc_ms),
        ),
        agents=(
            agent("ana", "Ana Ruiz", "talking", 73, station=MESA1, call=talking.call),
            agent("bea", "Bea Soler", "not_ready", 310, reason="cafe", station=MESA2),
            agent("carlos", "Carlos Peña", "wrap_up", 6, station=TEL1),
            agent("david", "David Ibáñez", "logged_out", 4000, calls_today=0),
            agent("elena", "Elena Martínez de la Torre", "ready", 41, station=TEL2, missed_in_a_row=1),
        ),
        lines=(
            LineView(
                GSM1,
                "both",
                "up",
                "",
                74,
                "Movistar",
                talking.call,
                "600000001",
                18_000_000,
                7_200_000,
                "2026-11-15",
                "8934071100000000017",
                now_utc_ms - 3_600_000,
            ),
            LineView(
                GSM2, "in", "down", "/dev/gsm2 does not exist: is the modem plugged in?", -1, "", None, "600000002"
            ),
            LineView(FXO1, "both", "up", "", -1, "", None, "910000002"),
            LineView(SIP1, "in", "degraded", "Contesta despacio.", -1, "", None, "910000001"),
        ),
        stations=(
            StationView(MESA1, "2001", "up", AgentName("ana"), ""),
            StationView(MESA2, "2002", "up", AgentName("bea"), ""),
            StationView(TEL1, "2003", "up", AgentName("carlos"), ""),
            StationView(TEL2, "2004", "unreachable", AgentName("elena"), "its registration is over"),
        ),
        queues=(
            QueueView(VENTAS, "Ventas", 2, 26_000, 1, 1, 4, True, "slow_blink", 20_000),
            QueueView(SOPORTE, "Soporte técnico", 0, 0, 1, 0, 4, False, "off", 20_000),
        ),
    )


def ended_call(number: int, offered_at: int, end: EndReason, wait_ms: int, talk_ms: int, caller: str) -> Cdr:
    """A call of `ventas` that was offered at `offered_at` and ended; ana talked if anybody did."""
    answered = talk_ms > 0
    total_ms = 2000 + wait_ms + talk_ms
    segment = AgentSegment(AgentName("ana"), MESA1, VENTAS, 4000, talk_ms, 0, "talked" if answered else "caller_left")
    legs = (
        LegRecord(LegId(f"1-{number}"), "caller", GSM1, None, None, 0, 300, total_ms, "normal", "signalled"),
        LegRecord(
            LegId(f"acd-{number}"), "agent", None, MESA1, AgentName("ana"), 2100, 2000 + wait_ms if answered else -1,
            total_ms, "normal" if answered else "cancelled",
        ),
    )  # fmt: skip
    return Cdr(
        call=CallId(f"oficina-{number}"),
        seq=number,
        incarnation=1,
        direction="in",
        line=GSM1,
        caller=caller,
        called="",
        queue=VENTAS,
        queues=(VENTAS,),
        project="campaña",
        client="",
        offered_at=offered_at,
        queued_at=offered_at + 2000,
        answered_at=offered_at + 2000 + wait_ms if answered else 0,
        ended_at=offered_at + total_ms,
        clock_synchronised=True,
        ivr_ms=2000,
        wait_ms=wait_ms,
        ring_ms=min(4000, wait_ms),
        talk_ms=talk_ms,
        hold_ms=0,
        voicemail_ms=0,
        end_reason=end,
        hung_up_by="caller",
        evidence="signalled" if answered else None,
        agent=AgentName("ana") if answered else None,
        recording=RecordingName(f"2026/11/22/oficina-{number}.wav") if answered else None,
        legs=legs,
        segments=(segment,),
    )


def a_day(now_utc_ms: int) -> list[StoreEffect]:
    """Ten answered calls of a minute and more, three abandoned ones, one person on the worklist."""
    effects: list[StoreEffect] = []
    for number in range(1, 14):
        offered_at = now_utc_ms - (14 - number) * 120_000
        if number % 4 == 0:
            cdr = ended_call(number, offered_at, "abandoned", 31_000, 0, f"91000{number:04}")
            effects.append(StoreCdr(cdr))
            continue
        cdr = ended_call(
            number, offered_at, "answered", 4000 + number * 1500, 60_000 + number * 1234, f"6001112{number:02}"
        )
        if number == 13:
            cdr = replace(cdr, client="robledo")
        effects += [
            StoreDecision(_ring_decision(cdr, number)),
            StoreCdr(cdr),
            StoreWrapUp(cdr.call, AgentName("ana"), 7000, "venta" if number % 2 else ""),
        ]
    effects += [
        StoreLineEvent(1, GSM1, now_utc_ms - 7_200_000, "up", "registered with Movistar", 60, "Movistar", "8934", 0, 0),
        StoreLineEvent(
            2, GSM1, now_utc_ms - 3_620_000, "down", "the modem restarted by itself", -1, "", "8934", 3_580_000, 0
        ),
        StoreLineEvent(3, GSM1, now_utc_ms - 3_600_000, "up", "registered", 74, "Movistar", "8934", 20_000, 2),
        StoreLineEvent(4, GSM2, now_utc_ms - 3_600_000, "up", "registered", 74, "Movistar", "", 0, 0),
        StoreLineEvent(5, GSM2, now_utc_ms - 600_000, "starting", "", -1, "", "", 3_000_000, 0),
    ]
    effects.append(StoreWorklistItem("910000012", CallId("oficina-12"), VENTAS, "abandoned", now_utc_ms - 4 * 60_000))
    thirteenth, tenth = CallId("oficina-13"), CallId("oficina-10")
    return [
        *effects,
        StoreRecording(RecordingName("2026/11/22/oficina-13.wav"), thirteenth, 76_000, 1_216_044, "call"),
        StoreRecording(RecordingName("2026/11/22/oficina-10.wav"), tenth, 76_000, 1_216_044, "call"),
        StoreRecording(RecordingName("2026/11/22/oficina-10-2.wav"), tenth, 9_000, 144_044, "voicemail"),
    ]


def _ring_decision(cdr: Cdr, number: int) -> Decision:
    return Decision(
        number=number,
        call=cdr.call,
        at_utc_ms=cdr.queued_at,
        kind="ring",
        queue=VENTAS,
        strategy="longest_idle",
        reason="longest_idle",
        detail="ana",
        waited_ms=0,
        candidates=(
            Candidate(AgentName("ana"), "ready", "", 95_000, True),
            Candidate(AgentName("bea"), "not_ready", "not_ready", 0, False),
            Candidate(AgentName("elena"), "ready", "", 41_000, False),
        ),
    )
