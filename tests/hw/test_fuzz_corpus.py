"""The inputs kept from fuzzing, told again to what they were found with; `./centralita bench fuzz_at` finds more."""

import pytest

from tests.hw.fuzz.targets import TARGETS, corpus


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_that_was_kept_breaks_a_promise(target: str) -> None:
    inputs = corpus(target)
    assert len(inputs) > 2
    for number, one in enumerate(inputs):
        try:
            TARGETS[target](one)
        except Exception as error:
            error.add_note(f"{target}.hex line {number + 1}: {one.hex()}")
            raise
