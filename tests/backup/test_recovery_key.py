"""The recovery key on paper: every usual slip of a hand is found and its group named."""

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.backup.recovery_key import GROUPS, KEY_BYTES, KeyTypo, RecoveryKey, hkdf_sha256, parse

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES).map(RecoveryKey)


@given(keys, st.booleans(), st.sampled_from(["-", " ", "", " - ", "\n"]))
def test_a_key_is_read_however_it_is_written(key: RecoveryKey, lower: bool, between: str) -> None:
    text = between.join(key.text().split("-"))
    assert parse(text.lower() if lower else text) == key


@given(keys)
def test_letters_that_look_like_digits_are_those_digits(key: RecoveryKey) -> None:
    assert parse(key.text().replace("0", "O").replace("1", "l")) == key


@given(keys, st.integers(0, 39), st.sampled_from(DIGITS))
def test_a_wrong_digit_names_its_group(key: RecoveryKey, place: int, digit: str) -> None:
    digits = list(key.text().replace("-", ""))
    if digits[place] == digit:
        return
    digits[place] = digit
    with pytest.raises(KeyTypo) as typo:
        parse("".join(digits))
    assert typo.value.groups == (place // 5 + 1,)


@given(keys, st.integers(0, 7), st.integers(0, 3))
def test_two_digits_exchanged_name_their_group(key: RecoveryKey, group: int, first: int) -> None:
    digits = list(key.text().replace("-", ""))
    one, other = group * 5 + first, group * 5 + first + 1
    if digits[one] == digits[other]:
        return
    digits[one], digits[other] = digits[other], digits[one]
    with pytest.raises(KeyTypo) as typo:
        parse("".join(digits))
    assert typo.value.groups == (group + 1,)


@given(keys, st.integers(0, 7), st.integers(0, 7))
def test_groups_in_each_others_place_are_named(key: RecoveryKey, one: int, other: int) -> None:
    groups = key.text().split("-")
    if one == other:
        return
    groups[one], groups[other] = groups[other], groups[one]
    with pytest.raises(KeyTypo) as typo:
        parse("-".join(groups))
    assert typo.value.groups == tuple(sorted((one + 1, other + 1)))


@pytest.mark.parametrize(
    ("text", "groups", "found"), [("", (), 0), ("ABCDE-FGHJK", (), 10), ("U" * 40, (1, 2, 3, 4, 5, 6, 7, 8), 40)]
)
def test_what_is_no_key_says_why(text: str, groups: tuple[int, ...], found: int) -> None:
    with pytest.raises(KeyTypo) as typo:
        parse(text)
    assert (typo.value.groups, typo.value.found) == (groups, found)


def test_a_group_that_lacks_a_digit_is_named() -> None:
    groups = RecoveryKey(bytes(range(KEY_BYTES))).text().split("-")
    groups[4] = groups[4][:-1]
    with pytest.raises(KeyTypo) as typo:
        parse("-".join(groups))
    assert typo.value.groups == (5,)
    assert len(groups) == GROUPS


@given(keys)
def test_age_takes_the_key_as_one_of_its_own(key: RecoveryKey) -> None:
    assert str(pyrage.x25519.Identity.from_str(key.age_identity())) == key.age_identity()


def test_keys_are_derived_as_rfc_5869_says() -> None:
    """Its test case 1."""
    made = hkdf_sha256(b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42)
    assert made.hex() == ("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")


def test_the_key_is_not_shown_by_accident() -> None:
    key = RecoveryKey(bytes(range(KEY_BYTES)))
    assert key.secret.hex() not in repr(key) and key.text() not in repr(key)
