"""From the start of a process after SIGKILL to `/readyz` 200."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.outside import Running


def restarts(folder: Path, tries: int) -> Sequence[float]:
    """Seconds of each restart; the first start, which reads the rule files as new, is not among them."""
    alerter = Running(folder)
    found = []
    try:
        alerter.start()
        for _ in range(tries):
            alerter.kill()
            found.append(alerter.start())
    finally:
        alerter.kill()
    return found
