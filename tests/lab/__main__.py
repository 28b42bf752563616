"""python3 tests/lab up | down | status: the laboratory by hand (make cluster, make cluster-down). GRANARY_LAB=1 (to 99):
another one beside it. LAB_KMS=0: without a key service."""

import os
import pathlib
import shlex
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import laboratory  # noqa: E402
import network  # noqa: E402
from record import Record, started  # noqa: E402
from server import BINARY  # noqa: E402


def describe(record):
    about = record.state["about"]
    lines = [f"packages:   {about['url']}"] + [f"node {zone}:     {url}" for zone, url in about["nodes"].items()]
    lines += [f"PostgreSQL: {network.address('db1')}:5432, {network.address('db2')}:5432, user and database granary",
              f"S3:         {about['s3']}", f"KMS:        {about['kms'] or 'none: objects lie in the bucket as they are'}",
              f"folder:     {record.state['folder']} (settings, logs, data)", "", "processes (kill -9 PID, kill -STOP PID):"]
    for process in record.state["processes"]:
        if started(process["pid"]) == process["started"]:
            lines.append(f"  {process['pid']:>8}  {process['name']}")
    instance = f" GRANARY_LAB={network.INSTANCE}" if network.INSTANCE else ""
    config = f"{record.state['folder']}/a.gcfg"
    return "\n".join([*lines, "", f"a machine's cable:  ip link set {network.PREFIX}a down   # … up",
                      f"inside a machine:   ip netns exec {network.PREFIX}a COMMAND",
                      f'the program:        export PATH={shlex.quote(str(BINARY.resolve().parent))}:"$PATH"',
                      f"command line:       granary list repos -c {config}", f"the end of it:      make cluster-down{instance}"])


def main(words):
    if words == ["up"]:
        laboratory.exit_on_signals()
        lab = laboratory.Laboratory(kms=os.environ.get("LAB_KMS") != "0").start()
        lab.leave_running()
        print(describe(lab.record))
    elif words == ["down"]:
        print("ended" if laboratory.end() else "no laboratory is running")
    elif words == ["status"]:
        record = Record()
        print(describe(record) if record.load() else "no laboratory is running")
    else:
        return __doc__
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (RuntimeError, FileNotFoundError) as error:
        sys.exit(str(error))
