"""Tokens: the right function of the right text, with a key that is secret, long enough and outside the project."""

import hashlib
import hmac
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.kernel.identity import (
    KEY,
    KEY_FILE,
    SIMULATED_KEY,
    Tokeniser,
    is_ine,
    normalise,
    simulated_tokeniser,
    tokeniser_of,
)
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project

SECRET = "5f" * 32


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(), st.binary(min_size=32, max_size=64))
def test_a_token_is_the_hmac_of_the_normalised_text(text: str, key: bytes) -> None:
    expected = hmac.new(key, text.strip().upper().encode("utf-8", "strict"), hashlib.sha256).digest()
    assert Tokeniser(key).token(text).bytes == expected[:16]


@given(st.from_regex(r"[0-9a-zA-Z]{11}", fullmatch=True), st.sampled_from(["", " ", "\t", "\u00a0"]))
def test_case_and_blanks_do_not_change_a_token(ine: str, blank: str) -> None:
    tokeniser = simulated_tokeniser()
    assert tokeniser.token(blank + ine.lower() + blank) == tokeniser.token(ine.upper())
    assert is_ine(normalise(ine))


def test_a_known_answer() -> None:
    # RFC 4231, test case 3: key of twenty bytes 0xaa padded, as HMAC does, to the block.
    key = b"\xaa" * 20 + b"\x00" * 44
    data = b"\xdd" * 50
    assert hmac.digest(key, data, "sha256").hex() == "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    assert Tokeniser(key).token("ABC").bytes == hmac.new(key, b"ABC", hashlib.sha256).digest()[:16]


def test_two_keys_give_two_tokens() -> None:
    assert Tokeniser(b"a" * 32).token("0123456789A") != Tokeniser(b"b" * 32).token("0123456789A")


@pytest.mark.parametrize("ine", ["", "0123456789", "0123456789AB", "0123 56789A", "012345678é1", "SIM123"])
def test_what_has_not_the_shape_of_an_ine(ine: str) -> None:
    assert not is_ine(ine)


def test_a_real_register_is_refused_without_a_key(empty_project: Project) -> None:
    with pytest.raises(BadInput, match=r"secrets\.token_hex\(32\)"):
        tokeniser_of(empty_project, {})


@pytest.mark.parametrize(
    ("value", "rule"),
    [("5f" * 31, "shorter than 32 bytes"), ("not hexadecimal", "hexadecimal"), (SIMULATED_KEY.hex(), "public key")],
)
def test_a_poor_key_is_refused_and_never_printed(empty_project: Project, value: str, rule: str) -> None:
    with pytest.raises(BadInput, match=rule) as error:
        tokeniser_of(empty_project, {KEY: value})
    assert value not in str(error.value)


def test_a_key_file_lies_outside_the_project(empty_project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("keys") / "key"
    outside.write_text(SECRET + "\n")
    assert tokeniser_of(empty_project, {KEY_FILE: str(outside)}).token("x") == Tokeniser(bytes.fromhex(SECRET)).token(
        "x"
    )
    inside = empty_project.root / "key"
    inside.write_text(SECRET)
    with pytest.raises(BadInput, match="inside the project"):
        tokeniser_of(empty_project, {KEY_FILE: str(inside)})
    link = outside.parent / "link"
    link.symlink_to(inside)
    with pytest.raises(BadInput, match="inside the project"):
        tokeniser_of(empty_project, {KEY_FILE: str(link)})
    with pytest.raises(BadInput, match="cannot be read"):
        tokeniser_of(empty_project, {KEY_FILE: str(Path("/nowhere/key"))})


def test_the_key_is_neither_shown_nor_pickled() -> None:
    tokeniser = Tokeniser(bytes.fromhex(SECRET))
    assert SECRET not in repr(tokeniser)
    assert "5f5f" not in str(tokeniser)
    with pytest.raises(TypeError):
        pickle.dumps(tokeniser)


def test_a_short_key_makes_no_tokeniser() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Tokeniser(b"short")
