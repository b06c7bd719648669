"""What is logged of a failure: where it happened, never what the variables held."""

import io
import logging
import sys

import pytest
import structlog

from alerter.bootstrap import logs
from alerter.settings import load_settings

SECRET = "sesame-open-4711"


def fails() -> None:
    key = SECRET[:]
    raise RuntimeError(f"no luck with {len(key)} characters")


@pytest.mark.parametrize("style", ["json", "console"])
@pytest.mark.parametrize("library", [False, True])
def test_a_logged_failure_holds_no_local_variable(style: str, library: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    try:
        logs.set_up(load_settings({"ALERTER_LOG_FORMAT": style}))
        try:
            fails()
        except RuntimeError:
            if library:
                logging.getLogger("some.library").exception("it failed")
            else:
                structlog.get_logger("test").exception("it failed")
    finally:
        structlog.reset_defaults()
        root.handlers[:] = before[0]
        root.setLevel(before[1])
    assert "it failed" in out.getvalue()
    assert "no luck with 16 characters" in out.getvalue()
    assert "fails" in out.getvalue()
    assert SECRET not in out.getvalue().replace(f'SECRET = "{SECRET}"', "")
