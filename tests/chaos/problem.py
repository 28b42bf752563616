"""What the checker says."""

from dataclasses import dataclass

# A node hears of a change within a second. A fault ends when every node shows what is uploaded through the others; for so long
# after it one may still show something else as it was before.
STALE_WITHOUT_FAULT = 1.0
STALE_AFTER_FAULT = 2.0


@dataclass(frozen=True)
class Problem:
    rule: str
    what: str

    def __str__(self):
        return f"{self.rule}: {self.what}"


def near_fault(event, faults, after):
    return any(fault.begin <= event.end and event.begin <= fault.end + after for fault in faults)
