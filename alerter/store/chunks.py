"""Long lists in pieces: a statement takes some 30,000 parameters, and a short transaction keeps nobody waiting."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
SIZE = 500


def chunks(items: Sequence[T], size: int = SIZE) -> Iterator[Sequence[T]]:
    """`items` in order, at most `size` at a time."""
    for first in range(0, len(items), size):
        yield items[first : first + size]
