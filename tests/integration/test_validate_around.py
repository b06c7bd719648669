"""`alerter validate` on what rule files lean on: templates and secrets."""

from pathlib import Path

import pytest
from support.trials import BOOK, USED
from typer.testing import CliRunner, Result

from alerter.cli.main import app


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "book.yaml").write_text((BOOK + USED).replace("[team]", "[team, hook]"))
    return folder


def validate(rules: Path, *args: str, **env: str) -> Result:
    env = {"ALERTER_SECRETS_DIR": str(rules / "none"), **env}
    return CliRunner().invoke(app, ["validate", str(rules), *args], env=env)


def checks(result: Result) -> list[str]:
    return [line.rsplit("[", 1)[1].rstrip("]") for line in result.stdout.splitlines() if " warning: " in line]


def test_secrets_are_looked_for_only_when_asked(rules: Path) -> None:
    assert "secret-missing" not in checks(validate(rules))
    result = validate(rules, "--secrets", "--strict")
    assert result.exit_code == 1
    assert checks(result).count("secret-missing") == 2
    assert "book.yaml:2:" in result.stdout
    assert "the secret HOOK_URL is missing" in result.stdout


def test_secrets_that_are_there_are_no_warning(rules: Path) -> None:
    assert "secret-missing" not in checks(validate(rules, "--secrets", KEY="k", HOOK_URL="https://hooks.example.com/x"))


def test_a_missing_secret_can_be_silenced(rules: Path) -> None:
    book = rules / "book.yaml"
    book.write_text(
        book.read_text().replace("webhook: HOOK_URL}", "webhook: HOOK_URL}  # alerter: ignore[secret-missing]")
    )
    assert checks(validate(rules, "--secrets")).count("secret-missing") == 1


def test_a_template_that_fails_on_sample_data_is_a_warning(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "slack.j2").write_text("{% block title %}{{ 1 / 0 }}{% endblock %}")
    result = validate(rules, ALERTER_TEMPLATES=str(tmp_path))
    assert "template-fails" in checks(result)
    assert "slack.j2" in result.stdout
    assert result.exit_code == 0
