"""A share of a processor for a process: a control group, of either version of the kernel's interface."""

import pathlib

import network

ROOT = pathlib.Path("/sys/fs/cgroup")
PERIOD = 100_000  # microseconds, as Kubernetes has it


def limit(record, name, pid, share):
    """`share` of one processor (0.3). Says by what; raises OSError when groups cannot be made here."""
    if (ROOT / "cgroup.controllers").exists():
        (ROOT / "cgroup.subtree_control").write_text("+cpu")
        group, version = ROOT / (network.PREFIX + name), "cgroup v2 cpu.max"
    else:
        group, version = ROOT / "cpu" / (network.PREFIX + name), "cgroup v1 cpu.cfs_quota_us"
    record.add("cgroups", str(group))
    group.mkdir(exist_ok=True)
    quota = round(share * PERIOD)
    if version.startswith("cgroup v2"):
        (group / "cpu.max").write_text(f"{quota} {PERIOD}")
    else:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(quota))
    (group / "cgroup.procs").write_text(str(pid))
    return version
