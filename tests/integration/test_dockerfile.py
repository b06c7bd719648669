"""The container's recipe: what the linter says, and what operators rely on. Building it for real takes a builder."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
HADOLINT = Path(sys.executable).with_name("hadolint")


@pytest.fixture(scope="module")
def recipe() -> str:
    """The Dockerfile with continued lines joined and comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


@pytest.fixture(scope="module")
def runtime(recipe: str) -> str:
    """The last stage: what is shipped."""
    return recipe.rpartition("\nFROM ")[2]


def test_the_linter_has_nothing_to_say() -> None:
    done = subprocess.run([HADOLINT, ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nothing_is_installed_that_is_not_locked_by_hash_or_built_here(recipe: str) -> None:
    installs = re.findall(r"pip install [^&\n]+", recipe)
    assert installs
    assert all("--require-hashes" in line or "--no-deps --no-index" in line for line in installs)


def test_everything_copied_exists_and_is_not_left_out_of_the_build(recipe: str) -> None:
    kept = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copied = {name for line in re.findall(r"^COPY (?!--from)(.+)$", recipe, re.MULTILINE) for name in line.split()[:-1]}
    assert copied == kept
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_it_runs_as_an_ordinary_user_and_writes_to_one_volume(runtime: str) -> None:
    assert re.findall(r"^USER (.+)$", runtime, re.MULTILINE) == ["10001:10001"]
    assert re.findall(r"^VOLUME (.+)$", runtime, re.MULTILINE) == ['["/data"]']
    assert "sqlite:////data/" in runtime
    assert "pip" not in runtime


def test_signals_reach_the_service_itself(runtime: str) -> None:
    assert re.findall(r"^CMD (.+)$", runtime, re.MULTILINE) == ['["alerter", "run"]']
    assert "/healthz" in re.findall(r"^HEALTHCHECK (.+)$", runtime, re.MULTILINE)[0]


def test_the_compose_file_keeps_the_root_read_only_and_holds_no_secret() -> None:
    service = YAML(typ="safe").load(ROOT / "compose.yaml")["services"]["alerter"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert [volume for volume in service["volumes"] if not volume.endswith(":ro")] == ["data:/data"]
    assert not {name for name in service["environment"] if "TOKEN" in name or "KEY" in name or "PASSWORD" in name}
