"""What docs/performance.md reports, runnable: `python -m benchmarks.run`."""
