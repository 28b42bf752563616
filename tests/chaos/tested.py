"""A run proves nothing about a kind of work of which it did none. Pure: see test_tested.py."""

from dataclasses import dataclass
from typing import Callable

from problem import Problem, near_fault
from roles import INSTALLERS, MIRROR, SOURCES


@dataclass(frozen=True)
class Kind:
    """Of work: events of `event` for which `belongs` holds."""

    name: str
    event: str
    belongs: Callable = lambda details: True


KINDS = (
    *(Kind(f"install like {one.name}", "install", lambda details, name=one.name: details["client"] == name) for one in INSTALLERS),
    *(Kind(f"install from {MIRROR}, {name}", "install", lambda details, cold=cold: details.get("cold") is cold)
      for name, cold in (("cold", True), ("warm", False))),
    *(Kind(f"upload to {source}", "upload", lambda details, source=source: details["source"] == source) for source in SOURCES),
    Kind("job", "job"),
    Kind("synchronisation", "sync"),
    Kind("fetch ahead", "fetch"),
    Kind("build from git", "commit"),
    Kind("look at the mirror", "look"),
    Kind("look at the mirror of a node", "look at a node"),
    Kind("request without a token", "intrusion"),
)


def check(history):
    """Of each kind some went well, and some of these during a fault."""
    faults = history.of("fault")
    if not faults:
        yield Problem("nothing was tested", "no fault was done")
    for kind in KINDS:
        well = [event for event in history.of(kind.event) if event.ok and kind.belongs(event.details)]
        if not well:
            yield Problem("nothing was tested", f"no {kind.name} went well")
        elif faults and not any(near_fault(event, faults, 0.0) for event in well):
            yield Problem("nothing was tested", f"no {kind.name} went well during a fault")
