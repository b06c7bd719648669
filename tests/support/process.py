"""The real process: `alerter run` in a folder of its own, with a clean environment."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

PATIENCE = 60.0
"""Seconds until waiting for the process counts as failed; nothing is measured by it."""


@dataclass
class Alerter:
    """One installation in `folder`; `env` are its settings. `start` and `kill` as often as needed."""

    folder: Path
    env: dict[str, str]
    port: int
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.folder / "log.txt"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Alerter":
        self.starts += 1
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "alerter", "run"], cwd=self.folder, env=self.env, stdout=log, stderr=log
            )
        return self

    def ready(self) -> "Alerter":
        """Wait until `/readyz` says so."""
        wait_for(self._answers, f"{self.url}/readyz, see {self.log}", self.alive)
        return self

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        return False

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL: nothing gets a chance to clean up."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=10)

    def output(self) -> str:
        return self.log.read_text(errors="replace")


def wait_for(
    condition: Callable[[], object], what: str, alive: Callable[[], bool] = lambda: True, patience: float = PATIENCE
) -> None:
    """Look again and again until `condition()` holds; fails after a generous while or when `alive()` does not."""
    end = time.monotonic() + patience
    while not condition():
        if not alive():
            raise AssertionError(f"the process ended while waiting for {what}")
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        threading.Event().wait(0.02)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextlib.contextmanager
def installed(folder: Path, rules: str, *, secrets: Mapping[str, str], **settings: str) -> Iterator[Alerter]:
    """An installation with these rules and secrets; its process is gone at the end."""
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "secrets").mkdir(exist_ok=True)
    (folder / "rules" / "rules.yaml").write_text(rules, encoding="utf-8")
    for name, value in secrets.items():
        (folder / "secrets" / name).write_text(value, encoding="utf-8")
    port = free_port()
    given = {f"ALERTER_{name.upper()}": value for name, value in settings.items()}
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ALERTER_SECRETS_DIR": str(folder / "secrets"),
        "ALERTER_LISTEN": f"127.0.0.1:{port}",
        "ALERTER_HISTORY": "0d",
        "ALERTER_POLL_EVERY": "1s",
        "ALERTER_REQUESTS_PER_SECOND": "1000",
        **given,
    }
    alerter = Alerter(folder, env, port)
    try:
        yield alerter
    finally:
        alerter.kill()
