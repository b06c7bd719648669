"""Peak memory of a fresh process: `python -m benchmarks.memory FOLDER ROUNDS`."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from benchmarks.inside import inside, peak_mb, say


async def main(folder: Path, rounds: int) -> None:
    async with inside(folder, began=timedelta(minutes=20)) as found:
        loaded = peak_mb()
        for _ in range(rounds):
            await found.round()
        assert not found.parts.collector.failures
    say(loaded=loaded, peak=peak_mb())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
