"""Work on many accounts, some at a time, with a progress bar on a terminal."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

Advance = Callable[[int], None]


async def each(names: Sequence[str], work: Callable[[str], Awaitable[object]], at_once: int) -> None:
    """`work` for every name, at most `at_once` at the same time; the first error ends it."""
    left = iter(names)

    async def worker() -> None:
        for name in left:
            await work(name)

    # not a TaskGroup: what goes wrong is to arrive as it is, not in an ExceptionGroup
    workers = [asyncio.create_task(worker()) for _ in range(min(at_once, len(names)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for task in workers:
            task.cancel()


@contextmanager
def progress(title: str, total: int) -> Iterator[Advance]:
    """A bar on standard error while the block runs; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda steps: bar.advance(task, steps)
