"""A small ACD to look at: the real control socket with a picture that a test changes, and a real store to read."""

import os
import selectors
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from appliance.acd.effects import StoreEffect
from appliance.acd.inputs import Command
from appliance.acd.view import Status
from appliance.daemon.control_messages import Message, Request
from appliance.daemon.control_socket import ControlSocket
from appliance.daemon.journal import NumberedStoreEffect
from appliance.daemon.store import Store
from appliance.daemon.store_writes import Office


class SmallBox:
    """Serves `status` at `socket_path` in a thread; keeps the commands it got, refuses those in `refuse`."""

    def __init__(self, socket_path: Path, status: Status) -> None:
        self.status = status
        self.commands: list[Command] = []
        self.refuse: dict[type, str] = {}
        self.answer: Callable[[Request], Message] = self._answer
        self._path = socket_path
        self._wake_read, self._wake_write = os.pipe()
        self._stopping = False
        self._control: ControlSocket | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="small-box", daemon=True)

    def start(self) -> "SmallBox":
        self._thread.start()
        assert self._ready.wait(30), "the control socket did not open"
        return self

    def show(self, **changes: object) -> None:
        """Changes the picture and tells every subscriber."""
        self.status = msgspec.structs.replace(self.status, **changes)
        os.write(self._wake_write, b"c")

    @property
    def subscribers(self) -> int:
        """How many clients are connected."""
        return self._control.clients if self._control is not None else 0

    def stop(self) -> None:
        if self._thread.is_alive():
            self._stopping = True
            os.write(self._wake_write, b"s")
            self._thread.join(30)

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            control = self._control = ControlSocket(self._path, selector, lambda request: self.answer(request))
            selector.register(self._wake_read, selectors.EVENT_READ, lambda _mask: os.read(self._wake_read, 1))
            self._ready.set()
            while not self._stopping:
                for key, mask in selector.select(1.0):
                    key.data(mask)
                # As the real one: on every change and at least now and then.
                control.publish(Message(status=self.status))
            control.close()

    def _answer(self, request: Request) -> Message:
        if request.do is None:
            return Message(id=request.id, ok=True, status=self.status)
        self.commands.append(request.do)
        why = self.refuse.get(type(request.do), "")
        return Message(id=request.id, ok=not why, error=why)


class SmallStore:
    """The real store, written by its own writer: effects in, rows on the disk when `put` returns."""

    def __init__(self, path: Path, office: Office, utc_ms: int, first_number: int = 0) -> None:
        self._store = Store(path, office, lambda: utc_ms)
        self._store.attach(1)
        self._store.start()
        self._number = first_number

    def put(self, *effects: StoreEffect) -> None:
        for effect in effects:
            self._number += 1
            self._store.put(NumberedStoreEffect(self._number, effect))

    def close(self) -> None:
        assert self._store.stop(60), "the store did not write everything"
