"""Words of mistakes: what was found, without secrets; and the nearest right name."""

import difflib
import re
from collections.abc import Collection
from datetime import timedelta

LONGEST = 60
SECRET_LIKE = re.compile(
    r"xox[a-z]-\S+|xapp-\S+|https?://hooks\.\S+|(?<=//)[^/\s@]+(?=@)"  # Slack's tokens and hooks; user:password@
    r"|(?=[\w+/]*\d)(?=[\w+/]*[A-Z])(?=[\w+/]*[a-z])[\w+/]{24,}[=:\w+/]*"  # long, and mixed as only keys are
    r"|[A-Za-z0-9+/]{20,}==?(?:\S*)"  # Base64
)
SECRET_KEY = re.compile(
    r"""(?i)(["']?[\w.-]*(?:credential|token|secret|passw|passphrase|api_?key|webhook|hmac)[\w.-]*["']?\s*:\s*["']?)"""
    r"""([^\s,}\]"'#][^,}\]"'#\n]*)"""
)
NAME_OF_SECRET = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")


def is_secret_name(text: str) -> bool:
    """Whether this can be the name of a secret and does not look like a secret itself."""
    if not NAME_OF_SECRET.fullmatch(text) or SECRET_LIKE.search(text):
        return False
    return len(text) < 20 or "_" in text or "-" in text or "." in text or text.isalpha()


def veil(line: str) -> str:
    """The line with everything that may be a secret turned into stars, each in its place."""

    def stars(match: re.Match[str]) -> str:
        value = match[2].rstrip()
        return match[0] if is_secret_name(value) else match[1] + "*" * len(match[2])

    return SECRET_LIKE.sub(lambda m: "*" * len(m[0]), SECRET_KEY.sub(stars, line))


def shown(value: object) -> str:
    """A found value as a person would recognise it: one line, cut, veiled."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    text = veil(" ".join(str(value).split())) or "empty text"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def lasting(length: timedelta) -> str:
    """A duration as people write it in a rule file: `7d`."""
    seconds = int(length.total_seconds())
    size, unit = next((s, u) for s, u in ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s")) if seconds % s == 0)
    return f"{seconds // size}{unit}"


class Nearest:
    """Finds the nearest right name, within a budget of comparisons: a book of 10,000 misspelt names stays quick."""

    def __init__(self, budget: int = 30_000) -> None:
        self.budget = budget

    def find(self, name: str, known: Collection[str]) -> str | None:
        self.budget -= len(known)
        if self.budget < 0 or len(name) > 100:
            return None
        choices = {k.lower(): k for k in known}
        near = difflib.get_close_matches(name.lower().strip(), choices, n=1, cutoff=0.6)
        if near:
            return choices[near[0]]
        return next((k for low, k in choices.items() if low.endswith((f".{name.lower()}", f"_{name.lower()}"))), None)

    def hint(self, name: str, known: Collection[str]) -> str:
        """`did you mean x?`, or the whole list where it is short, or nothing."""
        near = self.find(name, known)
        if near is not None:
            return f"did you mean {near}?"
        return f"there are: {', '.join(known)}" if 0 < len(known) <= 12 else ""
