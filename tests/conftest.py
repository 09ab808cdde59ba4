"""What every test may ask for: the parts made by the set-up, and addresses that nobody else uses."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")
# What is tried with random data is whether it is right. How fast, `./centralita bench` says: a machine that stands
# still for a moment is no fault of the example that was being tried.


def _made(variable: str) -> Path:
    named = os.environ.get(variable)
    assert named, f"{variable} is not set: run the tests with ./centralita test [FILE …], which makes the environment"
    return Path(named)


@pytest.fixture(scope="session")
def native_dir() -> Path:
    """The folder with audio_port.so and the ALSA twin's plugin."""
    return _made("CENTRALITA_NATIVE")


@pytest.fixture(scope="session")
def prompts_dir() -> Path:
    """The folder with es/*.wav, en/*.wav and the music."""
    return _made("CENTRALITA_PROMPTS")


@pytest.fixture(scope="session")
def speech_dir() -> Path:
    """The folder with the simulated callers' and agents' voices."""
    return _made("CENTRALITA_SPEECH")


def free_port(address: str = "127.0.0.1", kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """A port that is free at this moment on a loopback address."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
