"""Shared by all tests: `support` is importable, and nothing reaches the network beyond this machine."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
