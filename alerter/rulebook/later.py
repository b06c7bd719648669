"""Documented names that this version does not have: they get a sentence of their own instead of `unknown`."""

from collections.abc import Collection

LATER: dict[str, frozenset[str]] = {
    "section": frozenset({"digests", "silences"}),
    "rule kind": frozenset(),
    "channel kind": frozenset({"webhook", "apprise"}),
    "key": frozenset({"discover", "acknowledge", "acknowledgements", "acks", "silences"}),
}


def later(what: str, name: str, known: Collection[str] = ()) -> str | None:
    """The sentence for a documented name that is missing here, or None."""
    if name in LATER[what] and name not in known:
        return f"the {what} `{name}` is not available in this version"
    return None
