"""One rule file as a tree: the quick reader where it can, ruamel.yaml for the rest."""

from alerter.rulebook.compose import Composed, compose


def read(file: str, text: str) -> Composed:
    """The tree of one file and its mistakes of syntax; never raises."""
    return compose(file, text)
