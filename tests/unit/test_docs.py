"""What the documents name exists."""

import re
from pathlib import Path

from alerter.core.kinds import KINDS

ROOT = Path(__file__).parents[2]
SHORT = {"cases": "tests/acceptance/test_cases.py", "judge": "tests/unit/core/test_judge_quota.py"}


def files_of(name: str) -> list[Path]:
    return [ROOT / SHORT[name]] if name in SHORT else sorted((ROOT / "tests").rglob(f"{name}.py"))


def test_every_test_that_a_promise_names_exists() -> None:
    named = re.findall(r"`(\w+)::(test_\w+)`", (ROOT / "docs/promises.md").read_text())
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not any(re.search(rf"def {test}\(", path.read_text()) for path in files_of(file))
    ]
    assert len(named) > 40
    assert missing == []


def test_every_rule_kind_and_command_is_documented() -> None:
    readme, operations = ((ROOT / name).read_text() for name in ("README.md", "docs/operations.md"))
    assert [kind for kind in KINDS if f"`{kind}`" not in readme] == []
    for command in ("test", "backtest", "simulate", "diff", "preview", "send-test", "doctor", "outbox"):
        assert f"`alerter {command}`" in operations
