"""Shared by all tests: `support` is importable, and nothing reaches the network beyond this machine."""

import sys
from pathlib import Path

from _pytest.terminal import TerminalReporter

sys.path.insert(0, str(Path(__file__).parent))


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print what tests measured with `record_property("said", …)`, from every worker."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, text in getattr(report, "user_properties", ()):
                if name == "said" and getattr(report, "when", "") == "call":
                    terminalreporter.write_line(str(text))
