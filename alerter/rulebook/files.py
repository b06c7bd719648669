"""The rules folder: which files are rule files, and their text."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from alerter.core.errors import ConfigurationError, Mistake, RuleBookError

MAX_BYTES = 20_000_000
"""All files together. A book of 10,000 accounts and licenses is about 5 MB."""


def read_folder(path: Path) -> dict[str, str]:
    """File name -> text of every rule file, in name order; `path` may be one file.

    Raises ConfigurationError when there is nothing to read, RuleBookError with every file that cannot be read.
    """
    if not path.exists():
        raise ConfigurationError(
            f"there are no rules at {path}: make the folder and put a rule file in it, or say where they are with "
            "--rules or ALERTER_RULES"
        )
    found = [path] if path.is_file() else _rule_files(path)
    if not found:
        raise ConfigurationError(f"the folder {path} holds no rule file: put at least one *.yaml or *.yml in it")
    return _read_all(path, found)


def read_trials(path: Path) -> dict[str, str]:
    """File name -> text of every `*.test.yaml` in the folder, in name order; `path` may be one file.

    Raises as `read_folder` does.
    """
    if not path.exists():
        raise ConfigurationError(f"there are no rule tests at {path}")
    found = [path] if path.is_file() else [f for f in _yaml_files(path) if f.stem.endswith(".test")]
    if not found:
        raise ConfigurationError(f"the folder {path} holds no rule test: put at least one *.test.yaml in it")
    return _read_all(path, found)


def holds_rules(folder: Path) -> bool:
    """Whether a rule file is in this folder."""
    return folder.is_dir() and bool(_rule_files(folder))


def _rule_files(folder: Path) -> list[Path]:
    return [file for file in _yaml_files(folder) if not file.stem.endswith(".test")]


def _yaml_files(folder: Path) -> list[Path]:
    try:
        names = sorted(folder.iterdir())
    except OSError as error:
        raise ConfigurationError(f"the folder {folder} cannot be read: {error.strerror}") from None
    return [f for f in names if f.suffix in {".yaml", ".yml"} and not f.name.startswith(".") and not f.is_dir()]


def _read_all(path: Path, found: Iterable[Path]) -> dict[str, str]:
    texts: dict[str, str] = {}
    mistakes: list[Mistake] = []
    left = MAX_BYTES
    for file in found:
        try:
            data = _bytes(file, path, left)
            left -= len(data)
            texts[file.name] = _decoded(data)
        except _Unreadable as error:
            mistakes.append(
                Mistake(file=file.name, line=error.line, column=error.column, path="", text=str(error), hint=error.hint)
            )
    if mistakes:
        raise RuleBookError(mistakes)
    return texts


class _Unreadable(Exception):
    def __init__(self, text: str, hint: str = "", line: int = 1, column: int = 1) -> None:
        super().__init__(text)
        self.hint, self.line, self.column = hint, line, column


def _bytes(file: Path, path: Path, left: int) -> bytes:
    """At most `left` bytes: a larger file is refused unread."""
    if path.is_dir() and not _inside(file, path):
        raise _Unreadable("a symlink that leads out of the rules folder", "copy the file into the folder")
    if not file.is_file():
        raise _Unreadable("this is not a file")
    try:
        if file.stat().st_size > left:
            raise _Unreadable(f"the rule files are larger than {MAX_BYTES // 1_000_000} MB together")
        with file.open("rb") as stream:
            return stream.read(left)
    except OSError as error:
        raise _Unreadable(f"this file cannot be read: {error.strerror}") from None


def _inside(file: Path, folder: Path) -> bool:
    try:
        return file.resolve(strict=True).is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return False


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before) - before.rfind(b"\n")
        text = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise _Unreadable(text, "save the file as UTF-8", line, column) from None


def files_hash(files: Mapping[str, str]) -> str:
    """SHA-256 of names and texts, 64 hexadecimal digits; the same whatever order the files are in."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name, files[name]):
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
