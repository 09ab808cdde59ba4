"""The signal libraries of Debian as ctypes sees them: found by their soname, missing ones named with their package."""

import ctypes
from functools import cache
from typing import Any


class GoertzelDescriptor(ctypes.Structure):
    """goertzel_descriptor_t of tone_detect.h, as it is where sound is in floating point (amd64, arm64)."""

    _fields_ = [("fac", ctypes.c_float), ("samples", ctypes.c_int)]


class SignalLibraryMissing(Exception):
    """A library is not installed. The message names the Debian package."""


@cache
def spandsp() -> Any:
    """SpanDSP 0.0.6 (its dtmf.h and tone_detect.h), with the types of what is used of it. Raises
    SignalLibraryMissing."""
    library = _load("libspandsp.so.2", "libspandsp2 (Debian 12) or libspandsp2t64 (Debian 13)")
    state, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    library.dtmf_rx_init.restype = state
    library.dtmf_rx_init.argtypes = [state, state, state]
    library.dtmf_rx_parms.restype = None
    library.dtmf_rx_parms.argtypes = [state, number, number, number, number]
    library.dtmf_rx.argtypes = [state, text, number]
    library.dtmf_rx_get.restype = ctypes.c_size_t
    library.dtmf_rx_get.argtypes = [state, text, number]
    library.dtmf_rx_free.argtypes = [state]
    library.make_goertzel_descriptor.restype = None
    library.make_goertzel_descriptor.argtypes = [ctypes.POINTER(GoertzelDescriptor), ctypes.c_float, number]
    library.goertzel_init.restype = state
    library.goertzel_init.argtypes = [state, ctypes.POINTER(GoertzelDescriptor)]
    library.goertzel_update.argtypes = [state, text, number]
    library.goertzel_result.restype = ctypes.c_float
    library.goertzel_result.argtypes = [state]
    library.goertzel_free.argtypes = [state]
    return library


@cache
def speexdsp() -> Any:
    """SpeexDSP 1.2 (its speex_echo.h and speex_preprocess.h), with the types of what is used of it. Raises
    SignalLibraryMissing."""
    library = _load("libspeexdsp.so.1", "libspeexdsp1")
    state, number, samples = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    library.speex_echo_state_init.restype = state
    library.speex_echo_state_init.argtypes = [number, number]
    library.speex_echo_state_destroy.restype = None
    library.speex_echo_state_destroy.argtypes = [state]
    library.speex_echo_state_reset.restype = None
    library.speex_echo_state_reset.argtypes = [state]
    library.speex_echo_ctl.argtypes = [state, number, state]
    library.speex_echo_cancellation.restype = None
    library.speex_echo_cancellation.argtypes = [state, samples, samples, samples]
    library.speex_preprocess_state_init.restype = state
    library.speex_preprocess_state_init.argtypes = [number, number]
    library.speex_preprocess_state_destroy.restype = None
    library.speex_preprocess_state_destroy.argtypes = [state]
    library.speex_preprocess_ctl.argtypes = [state, number, state]
    library.speex_preprocess_run.argtypes = [state, samples]
    return library


def _load(soname: str, package: str) -> Any:
    # PyDLL keeps the GIL: each call takes microseconds, and waiting for the GIL again would take a sound thread
    # milliseconds.
    try:
        return ctypes.PyDLL(soname)
    except OSError as error:
        raise SignalLibraryMissing(
            f"{soname} cannot be loaded ({error}); install the Debian package {package}"
        ) from error
