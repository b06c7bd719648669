"""Noticing that rule files were saved."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

Print = frozenset[tuple[str, int, int]]


def fingerprint(rules: Path) -> Print:
    """Name, time and size of every rule file; empty while the folder cannot be read. Links are followed."""
    found = set()
    try:
        files = [rules] if rules.is_file() else [f for f in rules.iterdir() if f.suffix in {".yaml", ".yml"}]
        for file in files:
            facts = file.stat()
            found.add((file.name, facts.st_mtime_ns, facts.st_size))
    except OSError:
        return frozenset()
    return frozenset(found)


class RuleFiles:
    """Looks at the rules folder and has it read again once it has changed and stands still for one look."""

    def __init__(self, rules: Path, read: Print, reload: Callable[[], Awaitable[object]]) -> None:
        """`read` is the fingerprint of what is in force."""
        self._rules = rules
        self._reload = reload
        self._read = self._last = read

    async def look(self) -> None:
        """An editor may still be writing: what is seen twice alike is taken. An unreadable folder changes nothing."""
        seen = await asyncio.to_thread(fingerprint, self._rules)
        steady, self._last = seen == self._last, seen
        if steady and seen and seen != self._read:
            self._read = seen
            await self._reload()
