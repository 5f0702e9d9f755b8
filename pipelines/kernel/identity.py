"""Identifiers become tokens while a register is being read; nothing but tokens is ever written.

A token is the first half of the HMAC-SHA-256 of a normalised INE. Whoever has not the key can neither compute the token
of a person nor find the person of a token; whoever has it can link two years of files, so it stays out of the
repository: in the environment, or in a file beside it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project

if TYPE_CHECKING:
    import duckdb

KEY = "OBSERVATOIRE_KEY"
KEY_FILE = "OBSERVATOIRE_KEY_FILE"
SHORTEST_KEY = 32
"""Bytes. HMAC-SHA-256 gains nothing from more and loses strength with fewer."""

SIMULATED_KEY = hashlib.sha256(b"Simulated registers hold nobody: this key is public.").digest()
"""Key of the simulated registers: fixed and known to all, since nobody stands behind their identifiers."""

INE_SHAPE = "[0-9A-Z]{11}"
"""Shape of an INE. Its last characters are a key computed by rules that the ministry does not publish, and that we
found in one program only: a wrong rule would cut real persons off from their registers, so none is applied."""

_INE = re.compile(INE_SHAPE)
_BLOCK = 64
"""Bytes of a block of SHA-256: HMAC pads its key to that length."""
_TOKEN = 16
"""Bytes of a token."""

_MAKE = 'Make one with `python -c "import secrets; print(secrets.token_hex(32))"`'


def normalise(identifier: str) -> str:
    """Return an identifier as it is compared: no blank around it, capital letters."""
    return identifier.strip().upper()


def is_ine(identifier: str) -> bool:
    """Say whether a normalised identifier has the shape of an INE: eleven digits and capital letters."""
    return _INE.fullmatch(identifier) is not None


class Tokeniser:
    """Identifiers in, tokens out, with one key. The key is in no message, no representation, no pickle."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) < SHORTEST_KEY:
            raise ValueError(f"A key has at least {SHORTEST_KEY} bytes")
        self._key = key

    def __repr__(self) -> str:
        return "Tokeniser(key not shown)"

    def __reduce__(self) -> str:
        raise TypeError("A tokeniser is not written anywhere: it holds the key")

    def token(self, identifier: str) -> UUID:
        """Return the token of one identifier, normalised first: the first 128 bits of its HMAC-SHA-256.

        RFC 2104, section 5, allows half of the hash and no less; of eighty million persons, two share a token with a
        chance of one in 10^23.
        """
        whole = hmac.digest(self._key, normalise(identifier).encode("utf-8"), "sha256")
        return UUID(bytes=whole[:_TOKEN])

    def tokens(self, identifiers: Iterable[str]) -> dict[str, UUID]:
        """Return identifier → token, each distinct identifier computed once."""
        return {identifier: self.token(identifier) for identifier in set(identifiers)}

    def bind(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Give a DuckDB connection the macro `token_of(text)`, equal to `token` for a normalised text.

        And `key_of(text)`, the first 60 bits as a number: enough to tell the students of an establishment apart.

        The key goes in as two variables, the pads of HMAC, bound as parameters: it stands in no SQL text, hence in no
        error message, no profile, no log. The connection must live no longer than the reading.
        """
        key = hashlib.sha256(self._key).digest() if len(self._key) > _BLOCK else self._key
        padded = key.ljust(_BLOCK, b"\0")
        connection.execute("set variable inner_pad = $1", [bytes(byte ^ 0x36 for byte in padded)])
        connection.execute("set variable outer_pad = $1", [bytes(byte ^ 0x5C for byte in padded)])
        # encode(), not a cast to blob, which would read \x41 as one byte and fail on accents
        connection.execute(
            "create or replace macro hmac_of(text) as sha256(getvariable('outer_pad') "
            "|| unhex(sha256(getvariable('inner_pad') || encode(text))))"
        )
        connection.execute(f"create or replace macro token_of(text) as cast(left(hmac_of(text), {2 * _TOKEN}) as uuid)")
        connection.execute("create or replace macro key_of(text) as cast('0x' || left(hmac_of(text), 15) as bigint)")


def simulated_tokeniser() -> Tokeniser:
    """Return the tokeniser of simulated registers."""
    return Tokeniser(SIMULATED_KEY)


def tokeniser_of(project: Project, environment: Mapping[str, str] | None = None) -> Tokeniser:
    """Return the tokeniser of real registers, from `OBSERVATOIRE_KEY` or the file named by `OBSERVATOIRE_KEY_FILE`.

    Raises `BadInput` when there is no key, when it is no hexadecimal or too short, when it is the public key of the
    simulated registers, or when its file lies inside the project, from where it would one day be shared.
    """
    surroundings = os.environ if environment is None else environment
    text, place = surroundings.get(KEY, ""), KEY
    if not text and surroundings.get(KEY_FILE):
        text, place = _read_key_file(project, Path(surroundings[KEY_FILE])), KEY_FILE
    if not text.strip():
        raise _refusal(
            place, "A real register is read with a secret key, and there is none", f"{_MAKE} and keep it in {KEY}."
        )
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        raise _refusal(place, "The key is not written in hexadecimal digits", f"{_MAKE}.") from None
    if len(key) < SHORTEST_KEY:
        raise _refusal(place, f"The key is shorter than {SHORTEST_KEY} bytes", f"{_MAKE}.")
    if hmac.compare_digest(key, SIMULATED_KEY):
        raise _refusal(place, "This is the public key of the simulated registers", f"{_MAKE}.")
    return Tokeniser(key)


def drawing_seed(project: Project, *, simulated: bool, environment: Mapping[str, str] | None = None) -> bytes:
    """Return the secret from which ties between patterns are drawn: made of the key of the tokens, kept with it.

    The same key gives the same draws in every edition. Where all registers are `simulated`, the public key does. Raises
    `BadInput` as `tokeniser_of` does.
    """
    key = SIMULATED_KEY if simulated else tokeniser_of(project, environment)._key
    return hmac.digest(key, b"ties between patterns of hidden cells", "sha256")


def _read_key_file(project: Project, path: Path) -> str:
    resolved = path.expanduser().resolve()
    if resolved.is_relative_to(project.root.resolve()):
        raise _refusal(
            KEY_FILE, "The key file lies inside the project", "Move it out, where no commit and no archive takes it."
        )
    try:
        return resolved.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise _refusal(KEY_FILE, "The key file cannot be read", "Check the path and who may read it.") from None


def _refusal(place: str, rule: str, mend: str) -> BadInput:
    return BadInput(Problem(file=place, rule=rule, mend=mend))
