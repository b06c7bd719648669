"""`make run` on a fresh checkout: the demo, as the real process."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.process import PATIENCE

REPOSITORY = Path(__file__).parents[2]
ALERT = re.compile(r"│ (INFO|WARNING|CRITICAL) · ")
PAGE = re.compile(r"The page: (\S+)")


class Running:
    """A process, and the lines it printed so far."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()

    def says(self, pattern: "re.Pattern[str]") -> "re.Match[str]":
        """Wait for a line like this, however long it takes within reason."""
        with self._news:
            assert self._news.wait_for(lambda: self._find(pattern), PATIENCE), "".join(self.lines)
        found = self._find(pattern)
        assert found is not None
        return found

    def _find(self, pattern: "re.Pattern[str]") -> "re.Match[str] | None":
        return next((found for line in self.lines if (found := pattern.search(line))), None)

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(by)
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code


@contextmanager
def running(*args: str, cwd: Path, env: Mapping[str, str]) -> Iterator[Running]:
    own = {"PATH": os.environ["PATH"], "HOME": str(cwd), "ALERTER_LISTEN": "127.0.0.1:0", **env}
    with subprocess.Popen(
        [sys.executable, "-m", "alerter", *args],
        cwd=cwd,
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def test_make_run_starts_the_service_or_the_demo() -> None:
    order = ["make", "--no-print-directory", "--dry-run", "--old-file=install", "run"]
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    ended = subprocess.run(order, cwd=REPOSITORY, env=alone, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == ".venv/bin/alerter run --or-demo"


def test_without_a_secret_the_example_runs_as_a_demo(tmp_path: Path) -> None:
    database = tmp_path / "demo.db"
    env = {"ALERTER_SECRETS_DIR": str(tmp_path), "ALERTER_DATABASE_URL": f"sqlite:///{database}"}
    with running("run", "--or-demo", cwd=REPOSITORY, env=env) as demo:
        demo.says(re.compile("None of the secrets that rules names is there"))
        demo.says(ALERT)
        page = demo.says(PAGE)[1]
        assert "payments" in httpx.get(page, timeout=PATIENCE).text
        order = [sys.executable, "-m", "alerter", "status", "--database", str(database)]
        looked = subprocess.run(order, cwd=REPOSITORY, capture_output=True, text=True, check=True)
        assert "tokenization_operations" in looked.stdout
        assert demo.stop() == 0
        assert "Traceback" not in "".join(demo.lines)


def test_without_rules_the_demo_says_why(tmp_path: Path) -> None:
    with running("run", "--or-demo", cwd=tmp_path, env={}) as demo:
        demo.says(re.compile("Nothing is configured: there are no rules at rules"))
        demo.says(ALERT)
        assert demo.stop(signal.SIGINT) == 0
    assert [file.name for file in tmp_path.iterdir()] == []


@pytest.mark.parametrize("options", [(), ("--or-demo",)], ids=["run", "make run"])
def test_with_one_secret_it_is_the_real_thing_and_names_the_missing_ones(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    env = {"PATH": os.environ["PATH"], "PAYMENTS_PROD_KEY": "k", "ALERTER_DATABASE_URL": f"sqlite:///{tmp_path}/a.db"}
    order = [sys.executable, "-m", "alerter", "run", *options]
    ended = subprocess.run(order, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "error: the secret PLATFORM_EU_KEY is missing" in ended.stderr
    assert "PAYMENTS_PROD_KEY" not in ended.stderr


def test_broken_rules_are_shown_and_no_reason_for_a_demo(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text("rules: {used: {kind: quotaa}}\n")
    order = [sys.executable, "-m", "alerter", "run", "--or-demo"]
    ended = subprocess.run(
        order, cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "    1 | rules: {used: {kind: quotaa}}" in ended.stderr
