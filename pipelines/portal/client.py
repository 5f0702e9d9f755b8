"""Asking a portal politely: one request at a time, not too fast, again when that helps, and never for ever.

`requests` carries the bytes, because it knows the proxies and certificates of a university's network; the policy of
what is asked again, how often and after how long is urllib3's `Retry`, which reads `Retry-After` in both its forms.
Both are installed with DVC and Great Expectations already.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProtocolError
from urllib3.response import HTTPResponse
from urllib3.util import Retry

from pipelines.kernel.problems import BadInput, Problem

Read = TypeVar("Read")

AGENT = "observatoire-sresr (statistical observatory; one request at a time)"
PASSING = frozenset({429, 500, 502, 503, 504})
"""Statuses that may be otherwise a moment later: too many requests, and faults of the server."""

_CUT = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class Unreachable(BadInput):
    """No answer came at all; `host` need not be asked again in this call."""

    def __init__(self, problem: Problem, host: str) -> None:
        self.host = host
        super().__init__(problem)


class Refusal(BadInput):
    """The portal answered with a status that asking again does not change; `status` is it."""

    def __init__(self, problem: Problem, status: int) -> None:
        self.status = status
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Manners:
    """How a portal is asked. Seconds throughout.

    `attempts` after the first one; `pause` between two requests; `longest`: a portal that asks for a longer wait than
    this is left alone; `timeout`: to connect, and between two pieces of an answer.
    """

    attempts: int = 5
    pause: float = 0.5
    longest: float = 120
    timeout: tuple[float, float] = (10, 60)


class Client:
    """One conversation with portals. `sleep` and `clock` are given by tests, which wait for nothing."""

    def __init__(
        self,
        say: Callable[[str], None] = lambda _: None,
        manners: Manners | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say, self._sleep, self._clock = say, sleep, clock
        self._manners = manners or Manners()
        self._session = requests.Session()
        # bytes as they are: a part can only be continued when what is counted is what was sent
        self._session.headers.update({"User-Agent": AGENT, "Accept-Encoding": "identity"})
        self._last: float | None = None

    def ask(
        self,
        url: str,
        read: Callable[[requests.Response], Read],
        params: Mapping[str, str | int] | None = None,
        headers: Callable[[], Mapping[str, str]] = dict,
    ) -> Read:
        """Return what `read` makes of the answer; ask again when the line is cut, `read` included.

        `headers` is called before each attempt: what is left to ask for may have changed.
        Raises `Unreachable` when no answer comes, `Refusal` on a status that stays, and what `read` raises.
        """
        retry = Retry(
            total=self._manners.attempts, connect=1, backoff_factor=1, status_forcelist=PASSING, raise_on_status=False
        )
        host = urlsplit(url).netloc
        while True:
            self._take_turn()
            try:
                with self._session.get(
                    url, params=dict(params or {}), headers=dict(headers()), stream=True, timeout=self._manners.timeout
                ) as answer:
                    if answer.status_code not in PASSING:
                        return read(_accepted(answer, host))
                    retry = self._refused(retry, answer, host)
            except requests.exceptions.SSLError as error:
                raise Unreachable(_no_answer(host, "its certificate is not trusted here"), host) from error
            except _CUT as error:
                retry = self._cut(retry, error, url, host)

    def _take_turn(self) -> None:
        """Wait until the pause since the last request is over."""
        if self._last is not None:
            left = self._last + self._manners.pause - self._clock()
            if left > 0:
                self._sleep(left)
        self._last = self._clock()

    def _cut(self, retry: Retry, error: requests.RequestException, url: str, host: str) -> Retry:
        """Return what is left of the policy after a cut, once waited. Raises `Unreachable` when nothing is."""
        reason = _reason(error)
        try:
            left = retry.increment(
                "GET", url, error=ConnectTimeoutError(reason) if _never_met(error) else ProtocolError(reason)
            )
        except MaxRetryError:
            raise Unreachable(_no_answer(host, reason), host) from error
        self._wait(left.get_backoff_time(), f"{host}: {reason}")
        return left

    def _refused(self, retry: Retry, answer: requests.Response, host: str) -> Retry:
        """Return what is left of the policy after a passing status, once waited as long as the portal asks."""
        raw: HTTPResponse = answer.raw
        said = f"the portal answers {answer.status_code} ({answer.reason})"
        later = "Call again later; what was downloaded so far is kept."
        try:
            left = retry.increment("GET", answer.url, response=raw)
        except MaxRetryError as error:
            times = self._manners.attempts + 1
            raise Refusal(
                Problem(host, f"{said[0].upper()}{said[1:]}, {times} times in a row", later), answer.status_code
            ) from error
        asked = retry.get_retry_after(raw)
        if asked is not None and asked > self._manners.longest:
            raise Refusal(
                Problem(host, f"The portal answers {answer.status_code} and asks to wait {asked:.0f} s", later),
                answer.status_code,
            )
        self._wait(asked if asked is not None else left.get_backoff_time(), f"{host}: {said}")
        return left

    def _wait(self, seconds: float, said: str) -> None:
        if seconds:  # what is asked again at once is not worth a line
            self._say(f"{said}; asked again in {seconds:.0f} s.")
            self._sleep(seconds)


def _accepted(answer: requests.Response, host: str) -> requests.Response:
    if answer.status_code < 400 or answer.status_code == 416:  # 416: the part is as long as the file; `read` knows
        return answer
    what = {
        401: "The portal asks who we are, and this dataset is not open to all",
        403: "The portal does not give this dataset to everybody",
        404: "The portal has nothing at this address",
    }.get(answer.status_code, f"The portal answers {answer.status_code} ({answer.reason})")
    raise Refusal(
        Problem(host, what, "Check `api` in the sidecar, or --base-url.", value=urlsplit(answer.url).path),
        answer.status_code,
    )


def _never_met(error: requests.RequestException) -> bool:
    """Say whether not even a connection was made: waiting long for a network that is not there helps nobody."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _reason(error: requests.RequestException) -> str:
    if _never_met(error):
        return "no connection could be made"
    if isinstance(error, requests.Timeout):
        return "the answer did not come in time"
    return "the connection was cut"


def _no_answer(host: str, reason: str) -> Problem:
    return Problem(
        host,
        f"The portal cannot be reached: {reason}",
        "Nothing was lost and no other command needs the network; check it (behind a proxy: HTTPS_PROXY), then call "
        "again.",
    )
