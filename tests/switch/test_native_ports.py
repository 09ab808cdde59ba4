"""The native ports in a real conference: sound between drifting clocks, starvation, flushing, and safe removal."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest

from appliance.switch.engine import Engine
from appliance.switch.native_port import MAX_PLAYLIST, AudioPort, Bridge, NativeError, Player, Recorder
from tests.machine import judged_on_a_steady_machine
from tests.sound import ToneEnd, level_dbfs, listen, steady_part, tone, tone_dbfs
from tests.waiting import wait_for

FRAME_S = 0.02
DRIFT_S = 12.0


class Device:
    """A modem or handset: exchanges frames in a clock that is `ppm` fast, says a tone, keeps what it hears."""

    def __init__(self, port: AudioPort, hz: float, ppm: float = 0.0, chunk_bytes: int = 320) -> None:
        self.port = port
        self.end = ToneEnd(hz, -20)
        self.stalled = threading.Event()
        self._period_s = chunk_bytes / 320 * FRAME_S / (1 + ppm / 1e6)
        self._chunk = chunk_bytes
        self._said = bytes(chunk_bytes)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> "Device":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)

    @property
    def heard(self) -> bytes:
        return bytes(self.end.heard)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            if self.stalled.is_set():
                due = time.monotonic()
                self._stop.wait(FRAME_S)
                continue
            self._said = self.end(self.port.exchange(self._said))
            due += self._period_s
            self._stop.wait(max(0.0, due - time.monotonic()))


@contextmanager
def talking(bridge: Bridge, ppm: float = 0.0, chunk_bytes: int = 320) -> Iterator[tuple[Device, Device]]:
    """Two devices that hear each other through the conference; the second in the conference's own clock."""
    ports = [AudioPort(bridge, f"device{number}") for number in range(2)]
    for port in ports:
        port.open()
    bridge.connect(ports[0].slot, ports[1].slot)
    bridge.connect(ports[1].slot, ports[0].slot)
    devices = Device(ports[0], 425, ppm, chunk_bytes).start(), Device(ports[1], 1000).start()
    try:
        yield devices
    finally:
        for device in devices:
            device.stop()
        for port in ports:
            port.destroy()


@pytest.mark.real_time
@judged_on_a_steady_machine
def test_sound_crosses_clocks_that_drift_without_a_gap(bridge: Bridge) -> None:
    drifts = (200.0, -200.0, 5000.0, -5000.0)
    with ExitStack() as stack:
        pairs = [stack.enter_context(talking(bridge, ppm)) for ppm in drifts]
        wait_for(
            "the sound", lambda: all(len(one.heard) > DRIFT_S * 16_000 for pair in pairs for one in pair), DRIFT_S + 5
        )
    for ppm, (drifting, steady) in zip(drifts, pairs, strict=True):
        for device, hz in ((drifting, 1000), (steady, 425)):
            sound = steady_part(device.heard, hz)
            found = listen(sound, hz)
            assert found.seconds > DRIFT_S - 2, ppm
            # Not the level at `hz` alone: what two buffers catch up after the start shifts a tone by up to 1 %.
            assert abs(level_dbfs(sound) + 20) < 1, ppm
            assert found.other_dbfs < -40, ppm
            assert found.gap_ms < 20, ppm


@pytest.mark.real_time
@pytest.mark.parametrize("chunk_bytes", [2, 122, 1024])
def test_any_size_of_chunk_will_do(bridge: Bridge, chunk_bytes: int) -> None:
    if chunk_bytes == 2:
        port = AudioPort(bridge, "single")
        port.open()
        out = b"".join(port.exchange(b"\1\0") for _ in range(500))
        assert len(out) == 1000
        port.destroy()
        return
    with talking(bridge, chunk_bytes=chunk_bytes) as (chunky, steady):
        wait_for("the sound", lambda: min(len(chunky.heard), len(steady.heard)) > 4 * 16_000)
        for device, hz in ((chunky, 1000), (steady, 425)):
            sound = steady_part(device.heard[16_000:], hz)
            assert abs(level_dbfs(sound) + 20) < 1 and listen(sound, hz).gap_ms < 20


@pytest.mark.real_time
def test_a_device_that_stops_is_silence_and_not_a_buzz_and_comes_back(bridge: Bridge) -> None:
    with talking(bridge) as (stopping, listener):
        wait_for("the sound", lambda: tone_dbfs(listener.heard[-8000:], 425) > -23)
        stopping.stalled.set()
        begun = len(listener.heard)
        wait_for("a second of it", lambda: len(listener.heard) > begun + 16_000)
        assert level_dbfs(listener.heard[begun + 6400 : begun + 16_000]) < -60
        stopping.stalled.clear()
        wait_for("the sound again", lambda: abs(tone_dbfs(listener.heard[-4800:], 425) + 20) < 1)
        status = stopping.port.status()
        assert status.up.starvations == 1
        assert status.up_peak > 3000


def test_a_new_call_never_hears_the_one_before(bridge: Bridge) -> None:
    talker, listener = AudioPort(bridge, "talker"), AudioPort(bridge, "listener")
    bridge.connect(talker.slot, listener.slot)
    talker.open()
    listener.open()
    loud = tone(1000, 0.02, -10)
    for _ in range(20):
        talker.exchange(loud)
        listener.exchange(bytes(320))
        time.sleep(0.005)  # faster than real time: the buffers are full of the first call
    talker.open()
    listener.open()
    heard = b"".join(listener.exchange(bytes(320)) for _ in range(40))
    assert level_dbfs(heard) < -100
    assert talker.exchange(loud) is not None
    for port in (talker, listener):
        port.close()
        assert port.exchange(loud) == bytes(320)
        port.destroy()


def test_a_port_may_be_destroyed_while_its_device_is_in_it(bridge: Bridge) -> None:
    """The device's thread finds silence, never memory that is gone."""
    current: list[AudioPort] = []  # replaced as a whole, so that the device's thread may walk it
    stop = threading.Event()
    exchanged, goal = [0], [0]

    def device() -> None:
        frame = tone(1000, 0.02)
        while not stop.is_set():
            for port in tuple(current):
                assert len(port.exchange(frame)) == 320
                exchanged[0] += 1

    thread = threading.Thread(target=device)
    thread.start()
    sink = AudioPort(bridge, "sink")
    sink.open()
    try:
        for number in range(300):
            port = AudioPort(bridge, f"short{number}")
            port.open()
            bridge.connect(port.slot, sink.slot)
            current[:] = [port]
            goal[0] = exchanged[0] + 1
            wait_for("an exchange", lambda: exchanged[0] >= goal[0], every_s=0.0005)
            port.destroy()
            assert port.exchange(bytes(320)) == bytes(320)
    finally:
        stop.set()
        thread.join(5)
        sink.destroy()
    with pytest.raises(NativeError):
        sink.status()


def test_too_much_at_once_is_refused_and_half_a_sample_left_out(bridge: Bridge) -> None:
    port = AudioPort(bridge, "odd")
    port.open()
    with pytest.raises(ValueError, match="1921 samples at once"):
        port.exchange(bytes(2 * 1921))
    assert port.exchange(b"\0\0\0") == b"\0\0"
    assert port.exchange(b"") == b""
    port.destroy()


def _is_at(device: Device, dbfs: float) -> bool:
    return abs(level_dbfs(device.heard[-8000:]) - dbfs) < 0.3


@pytest.mark.real_time
def test_levels_make_a_line_louder_or_softer_each_way_and_clip_what_is_too_loud(bridge: Bridge) -> None:
    with talking(bridge) as (quiet, other):
        for in_db, out_db in ((6.0, -12.0), (-6.0, 9.5), (0.0, 0.0)):
            quiet.port.set_levels(in_db, out_db)
            for hears, wanted in ((other, in_db - 20), (quiet, out_db - 20)):
                wait_for(f"{wanted} dB", partial(_is_at, hears, wanted))
        quiet.port.set_levels(99, 0)
        wait_for("as loud as can be", lambda: level_dbfs(other.heard[-1600:]) > -2.5)
        assert quiet.port.status().up_peak >= 32_700, "clipped, not wrapped round"


def _drained(recorder: Recorder, seconds: float) -> bytes:
    heard = bytearray()

    def look() -> bool:
        heard.extend(recorder.read())
        return len(heard) >= seconds * 16_000

    wait_for("the recorder to hear", look)
    return bytes(heard)


def test_a_playlist_is_played_in_order_to_its_end_and_the_end_is_told_once(engine: Engine, bridge: Bridge) -> None:
    clips = [bridge.add_clip(tone(hz, 0.31, -20)) for hz in (425, 1000, 1700)]
    player, recorder = Player(bridge), Recorder(bridge)
    bridge.notify(engine.wake_fd)
    bridge.finished()
    bridge.connect(player.slot, recorder.slot)
    run = player.start(clips)
    heard = _drained(recorder, 1.2)
    assert bridge.finished() == [(player.index, run)]
    assert bridge.finished() == []
    first = len(heard) - len(heard.lstrip(b"\0"))
    spoken = heard[first // 2 * 2 :][: int(0.93 * 16_000)]
    third = int(0.31 * 8000) * 2
    for number, hz in enumerate((425, 1000, 1700)):
        assert abs(tone_dbfs(spoken[number * third : (number + 1) * third], hz) + 20) < 1
    recorder.destroy()
    with pytest.raises(NativeError):
        player.start([])
    with pytest.raises(NativeError):
        player.start([clips[0]] * (MAX_PLAYLIST + 1))
    with pytest.raises(NativeError):
        player.start([99_999])


@pytest.mark.real_time
def test_a_loop_goes_on_for_all_who_listen_and_has_no_end_to_tell(bridge: Bridge) -> None:
    player = Player(bridge)
    recorders = [Recorder(bridge) for _ in range(3)]
    player.start([bridge.add_clip(tone(500, 0.2, -20))], loop=True)
    for recorder in recorders:
        bridge.connect(player.slot, recorder.slot)
    for recorder in recorders:
        found = listen(steady_part(_drained(recorder, 1.5), 500), 500)
        assert abs(found.tone_dbfs + 20) < 1 and found.gap_ms == 0
        recorder.destroy()
        assert recorder.read() == b""
    assert (player.index, 1) not in bridge.finished()
    player.stop()


def test_a_recorder_nobody_reads_loses_sound_and_counts_it(bridge: Bridge) -> None:
    recorder = Recorder(bridge)
    wait_for("its ring to be full", lambda: recorder.lost_samples() > 0)
    assert len(recorder.read(100_000)) == 8 * 16_000
    recorder.destroy()


@pytest.mark.real_time
def test_the_conference_is_never_late_when_nothing_else_is_to_do(bridge: Bridge) -> None:
    bridge.clock(reset=True)
    wait_for("a second of ticks", lambda: bridge.clock().ticks >= 50)
    seen = bridge.clock()
    assert seen.late_60_ms == 0 and seen.longest_gap_ms < 60
