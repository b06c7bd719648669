"""Saved rule files are noticed: once, and only when they stand still."""

import os
from pathlib import Path

from alerter.bootstrap.watching import RuleFiles, fingerprint


class Reloads:
    """Counts how often the rules were read again."""

    def __init__(self, rules: Path) -> None:
        self.count = 0
        self.files = RuleFiles(rules, fingerprint(rules), self.reload)

    async def reload(self) -> None:
        self.count += 1

    async def looks(self, times: int) -> int:
        for _ in range(times):
            await self.files.look()
        return self.count


def saved(folder: Path, text: str, at: int, name: str = "rules.yaml") -> None:
    (folder / name).write_text(text)
    os.utime(folder / name, (at, at))


async def test_untouched_files_are_not_read_again(tmp_path: Path) -> None:
    saved(tmp_path, "a", 1)
    assert await Reloads(tmp_path).looks(3) == 0


async def test_a_saved_file_is_read_once(tmp_path: Path) -> None:
    saved(tmp_path, "a", 1)
    found = Reloads(tmp_path)
    saved(tmp_path, "b", 2)
    assert await found.looks(4) == 1


async def test_a_file_that_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    saved(tmp_path, "a", 1)
    found = Reloads(tmp_path)
    for at in range(2, 6):
        saved(tmp_path, "a" * at, at)
        assert await found.looks(1) == 0
    assert await found.looks(1) == 1


async def test_a_new_a_removed_and_a_renamed_file_count(tmp_path: Path) -> None:
    saved(tmp_path, "a", 1)
    found = Reloads(tmp_path)
    saved(tmp_path, "b", 1, "more.yaml")
    assert await found.looks(2) == 1
    (tmp_path / "more.yaml").rename(tmp_path / "other.yml")
    assert await found.looks(2) == 2
    (tmp_path / "other.yml").unlink()
    assert await found.looks(2) == 3


async def test_files_that_are_no_rules_and_a_vanished_folder_change_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    saved(folder, "a", 1)
    found = Reloads(folder)
    saved(folder, "b", 2, "notes.txt")
    assert await found.looks(2) == 0
    folder.rename(tmp_path / "elsewhere")
    assert await found.looks(3) == 0
