"""Starts Kamailio and tells whoever supervises it (sd_notify(3)) whether it answers, which Kamailio itself does not.

    python kamailio_watch.py udp:192.168.1.10:5060 tcp:192.168.1.10:5060 udp:127.0.0.1:5061 -- kamailio -DD …

Each place is asked by OPTIONS (RFC 3261 §11), four times in the span after which silence is taken for death. Only when
all have answered is WATCHDOG=1 said: behind each is a worker of its own, and without one of them calls are lost.
READY=1 comes at once, so that what is started after Kamailio starts beside it. Ends with Kamailio, and ends it on
SIGTERM.
Imports the standard library only, and little of it: this stays in memory as long as the box is on.
"""

import os
import signal
import socket
import subprocess
import sys
import time

START_S = 60.0
"""So long it may take until it answers for the first time; then it counts as hung."""
ASK_S = 2.0
"""Where nobody listens; else a quarter of the watchdog's span."""
MAX_ANSWER_BYTES = 4096
Place = tuple[str, str, int]
"""("udp" or "tcp", address, port)."""


def places_of(words: list[str]) -> list[Place]:
    """`udp:192.168.1.10:5060` and so on, taken apart."""
    return [(kind, address, int(port)) for kind, address, port in (word.split(":") for word in words)]


def answers(place: Place, number: int, timeout_s: float) -> bool:
    """Whether somebody at this place answers an OPTIONS within the time. An answer of any kind is one."""
    kind, address, port = place
    datagrams = kind == "udp"
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if datagrams else socket.SOCK_STREAM) as asker:
            asker.settimeout(timeout_s)
            asker.bind((address, 0))
            asker.connect((address, port))
            asker.sendall(_options(place, asker.getsockname()[1], number))
            return asker.recv(MAX_ANSWER_BYTES).startswith(b"SIP/2.0 ")
    except OSError:
        return False


def _options(place: Place, own_port: int, number: int) -> bytes:
    kind, address, port = place
    return (
        f"OPTIONS sip:{address}:{port} SIP/2.0\r\n"
        f"Via: SIP/2.0/{kind.upper()} {address}:{own_port};branch=z9hG4bK{os.getpid()}.{number};rport\r\n"
        f"From: <sip:watch@{address}>;tag={os.getpid()}\r\nTo: <sip:{address}:{port}>\r\n"
        f"Call-ID: {os.getpid()}.{number}@watch\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 1\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def tell(words: str) -> None:
    """To the supervisor. One that is gone is no reason to stop."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
            supervisor.connect("\0" + path[1:] if path.startswith("@") else path)
            supervisor.send(words.encode())
    except OSError:
        return


def watch(places: list[Place], argv: list[str]) -> int:
    """Run Kamailio until it ends; its exit code, or 128 and the signal that ended it."""
    every_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 4e6 or ASK_S
    kamailio = subprocess.Popen(argv, env={key: value for key, value in os.environ.items() if key != "NOTIFY_SOCKET"})
    signal.signal(signal.SIGTERM, lambda number, frame: kamailio.terminate())
    signal.signal(signal.SIGINT, lambda number, frame: kamailio.terminate())
    tell("READY=1\nSTATUS=started")
    number, answered, begun = 0, False, time.monotonic()
    while kamailio.poll() is None:
        number += 1
        until = time.monotonic() + every_s
        silent = [place for place in places if not answers(place, number, every_s / len(places))]
        answered = answered or not silent
        if silent:
            tell(f"STATUS=does not answer at {', '.join(':'.join(map(str, place)) for place in silent)}")
        if not silent or (not answered and time.monotonic() - begun < START_S):
            tell("WATCHDOG=1" if silent else "WATCHDOG=1\nSTATUS=answers")
        try:
            kamailio.wait(max(0.05, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            continue
    return kamailio.returncode if kamailio.returncode >= 0 else 128 - kamailio.returncode


if __name__ == "__main__":
    split = sys.argv.index("--")
    sys.exit(watch(places_of(sys.argv[1:split]), sys.argv[split + 1 :]))
