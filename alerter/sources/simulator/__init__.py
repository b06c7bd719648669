"""A simulated DSM: answers like the real one, with usage as a function of time and faults on demand."""

from alerter.sources.simulator.app import create_app
from alerter.sources.simulator.faults import Fault, Kind, status
from alerter.sources.simulator.rhythm import Apps, Incident, Rhythm, Steps
from alerter.sources.simulator.usage import Rhythmic, Scripted
from alerter.sources.simulator.world import SimAccount, World

__all__ = [
    "Apps",
    "Fault",
    "Incident",
    "Kind",
    "Rhythm",
    "Rhythmic",
    "Scripted",
    "SimAccount",
    "Steps",
    "World",
    "create_app",
    "status",
]
