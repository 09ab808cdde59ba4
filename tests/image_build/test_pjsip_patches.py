"""What the patches to PJSIP take away is used by nobody: such a callback would be waited for in vain."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OTHER_NAMES = {"accfindforincoming": "selectaccount", "confopcompleted": "audiomediaopcompleted"}
"""Where pjsua2's method has another name than pjsua's callback."""


def removed_callbacks() -> set[str]:
    """As pjsua2's methods, in lower case, without `on`."""
    patch = (ROOT / "image_build/pjsip/callbacks-nobody-hears.patch").read_text()
    names = {one.replace("_", "").rstrip("2") for one in re.findall(r"^- +ua_cfg\.cb\.on_(\w+)", patch, re.M)}
    return {OTHER_NAMES.get(name, name) for name in names}


def heard_callbacks() -> dict[str, Path]:
    """Every `def onSomething` of the product, in lower case, without `on`."""
    return {
        name.lower(): file
        for file in sorted((ROOT / "appliance").rglob("*.py"))
        for name in re.findall(r"^ +def on([A-Z]\w*)\(", file.read_text(), re.M)
    }


def test_no_callback_is_heard_that_pjsip_does_not_call() -> None:
    heard, removed = heard_callbacks(), removed_callbacks()
    assert {"calltsxstate", "selectaccount", "streamprecreate"} <= removed
    assert {"callstate", "callmediastate", "incomingcall"} <= set(heard)
    assert not removed & set(heard), {name: heard[name] for name in removed & set(heard)}
