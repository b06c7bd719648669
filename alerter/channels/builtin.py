"""Where the files are that come with alerter."""

from importlib.resources import files
from pathlib import Path


def data_folder(name: str) -> Path:
    """The folder `name` (`templates`, `rules`): packed into the wheel, or beside the package in a checkout."""
    packed = Path(str(files("alerter"))) / "_data" / name
    return packed if packed.is_dir() else Path(str(files("alerter"))).parent / name
