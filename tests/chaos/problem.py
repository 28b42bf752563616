"""What the checker says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    rule: str
    what: str

    def __str__(self):
        return f"{self.rule}: {self.what}"


def near_fault(event, faults, after):
    return any(fault.begin <= event.end and event.begin <= fault.end + after for fault in faults)
