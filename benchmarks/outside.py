"""The simulated DSM and the real alerter as processes, and how they are asked."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATIENCE = 120.0
"""Seconds until waiting for a process counts as failed."""


@contextlib.contextmanager
def simulated() -> Iterator[str]:
    """The lean DSM and Slack while the block runs; gives the address."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.server"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def times(url: str) -> dict[str, Any]:
    """What the simulated DSM and Slack have seen so far."""
    found: dict[str, Any] = json.loads(_fetched(f"{url}/bench/times"))
    return found


def cross(url: str, accounts: list[int]) -> None:
    """From now on these accounts have used most of this month's quota."""
    _fetched(f"{url}/bench/cross", json.dumps(accounts).encode())


def _fetched(url: str, data: bytes | None = None) -> bytes:
    """The body; a POST with `data`. Of the standard library, since it starts at once."""
    with urllib.request.urlopen(url, data, timeout=PATIENCE) as answer:  # noqa: S310
        body: bytes = answer.read()
    return body


class Running:
    """`alerter run` on the installation in `folder`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = _free_port()
        self._folder = folder
        self._env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ALERTER_RULES": str(folder / "rules"),
            "ALERTER_SECRETS_DIR": str(folder / "secrets"),
            "ALERTER_DATABASE_URL": f"sqlite:///{folder / 'alerter.db'}",
            "ALERTER_LISTEN": f"127.0.0.1:{self.port}",
            "ALERTER_REQUESTS_PER_SECOND": "10000",
            "ALERTER_HISTORY": "0d",
            "ALERTER_LOG_LEVEL": "warning",
            **{f"ALERTER_{name.upper()}": value for name, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it and wait until `/readyz` says 200; seconds that took."""
        began = time.monotonic()
        with (self._folder / "log.txt").open("ab") as log:
            command = [sys.executable, "-m", "alerter", "run"]
            self._process = subprocess.Popen(command, env=self._env, stdout=log, stderr=log)
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() - began > PATIENCE:
                raise RuntimeError(f"not ready: {(self._folder / 'log.txt').read_text(errors='replace')[-2000:]}")
            time.sleep(0.01)
        return time.monotonic() - began

    def _ready(self) -> bool:
        with contextlib.suppress(OSError):
            return bool(_fetched(f"http://127.0.0.1:{self.port}/readyz"))
        return False

    def peak_mb(self) -> float:
        """The most memory it ever had resident, in MB; Linux only."""
        if self._process is None:
            return 0.0
        lines = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
