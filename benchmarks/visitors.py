"""Visitors: plain HTTP clients with kept-alive connections and ready sessions, many at a time."""

import http.client
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

FIELD = re.compile(r'<input[^>]*name="(?P<name>[^"]+)"[^>]*value="(?P<value>[^"]*)"')


@dataclass
class Visitor:
    """One browser without a screen: keeps its cookies and its connection."""

    address: str
    cookies: dict[str, str]

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=120)

    def get(self, path: str) -> tuple[int, str, dict[str, str]]:
        return self._send("GET", path, None)

    def post(self, path: str, data: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        return self._send("POST", path, urlencode(data))

    def _send(self, method, path, body):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Referer"] = self.address + path
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode(errors="replace")
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, text, dict(answer.headers)

    def form(self, path: str) -> dict[str, str]:
        """Open the form; return its hidden fields."""
        status, page, _ = self.get(path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        return {match["name"]: match["value"] for match in FIELD.finditer(page)}

    def book(self, path: str, answers: dict[str, str]) -> int:
        """Open the form, press its button, read the confirmation; return the last status."""
        status, _, headers = self.post(path, self.form(path) | answers)
        if status != 302:
            return status
        return self.get(headers["Location"])[0]


def all_at_once(jobs: list[Callable[[], object]], clients: int) -> tuple[list[object], float]:
    """Run the jobs with so many clients at a time; return what they gave and the seconds it took."""
    gate = threading.Barrier(min(clients, len(jobs)) + 1)
    waiting = list(reversed(jobs))
    given: list[object] = []

    def client() -> None:
        gate.wait()
        while True:
            try:
                job = waiting.pop()
            except IndexError:
                return
            given.append(job())

    with ThreadPoolExecutor(min(clients, len(jobs))) as pool:
        running = [pool.submit(client) for _ in range(min(clients, len(jobs)))]
        gate.wait()
        began = time.perf_counter()
        for one in running:
            one.result()
    return given, time.perf_counter() - began
