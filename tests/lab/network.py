"""A bridge, and a namespace on it for each machine of the laboratory. The machine itself has the first address, so
that everything can be reached from it.

GRANARY_LAB=1 to 99 in the environment: another laboratory beside the usual one, with other names and addresses."""

import os
import shutil
import subprocess

INSTANCE = os.environ.get("GRANARY_LAB", "")
if INSTANCE and (not INSTANCE.isdecimal() or not INSTANCE.isascii() or not 1 <= int(INSTANCE) <= 99):
    raise SystemExit(f"GRANARY_LAB is '{INSTANCE}': a number from 1 to 99, or unset")
INSTANCE = str(int(INSTANCE)) if INSTANCE else ""

PREFIX = f"granary{INSTANCE}-"
BRIDGE = PREFIX + "br0"
SUBNET = f"10.77.{100 + int(INSTANCE)}" if INSTANCE else "10.77.77"
NUMBERS = {"lb": 10, "a": 11, "b": 12, "c": 13, "db1": 21, "db2": 22, "s3": 30, "kms": 31}


class NoNamespaces(RuntimeError):
    """Not here: the message says why."""


def check():
    if os.geteuid() != 0:
        raise NoNamespaces("the laboratory makes network namespaces and needs root: sudo make cluster")
    for program, package in (("ip", "iproute2"), ("nft", "nftables"), ("haproxy", "haproxy"), ("setpriv", "util-linux")):
        if not shutil.which(program):
            raise NoNamespaces(f"{program} is not installed: apt-get install {package}")


def address(name):
    return f"{SUBNET}.{NUMBERS[name]}"


def machine_itself():
    """The address at which the machines of the laboratory reach what runs outside of it."""
    return f"{SUBNET}.1"


def inside(name, *command):
    """The command, as it is run on a machine of the laboratory: the process keeps its number."""
    return ["ip", "netns", "exec", PREFIX + name, *map(str, command)]


class Network:
    def __init__(self, record):
        self.record = record
        try:
            record.add("links", BRIDGE)
            run("ip", "link", "add", BRIDGE, "type", "bridge")
            run("ip", "address", "add", f"{machine_itself()}/24", "dev", BRIDGE)
            run("ip", "link", "set", BRIDGE, "up")
            # Stays: what is meant for the laboratory never leaves this machine, after its end neither.
            run("ip", "route", "replace", "unreachable", f"{SUBNET}.0/24", "metric", "4096")
        except subprocess.CalledProcessError as error:
            raise NoNamespaces(f"cannot make a bridge here: {error.stderr.strip()}") from None

    def add(self, name):
        """A machine of that name."""
        namespace = PREFIX + name
        self.record.add("namespaces", namespace)
        try:
            run("ip", "netns", "add", namespace)
        except subprocess.CalledProcessError as error:
            raise NoNamespaces(f"cannot make a network namespace here: {error.stderr.strip()}") from None
        # A process that lives on in a namespace that is gone (a balancer's connections) keeps its cable.
        subprocess.run(["ip", "link", "delete", namespace], capture_output=True)
        run("ip", "link", "add", namespace, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        run("ip", "link", "set", namespace, "master", BRIDGE, "up")
        for command in (f"address add {address(name)}/24 dev eth0", "link set lo up", "link set eth0 up"):
            run("ip", "-n", namespace, *command.split())

    def cut(self, name, *others):
        """Nothing passes between a machine and the others, and nobody is told (as when a cable is pulled)."""
        rules = ["table inet granary {", "chain in { type filter hook input priority 0;"]
        rules += [f"ip saddr {address(other)} drop;" for other in others]
        rules += ["}", "chain out { type filter hook output priority 0;"]
        rules += [f"ip daddr {address(other)} drop;" for other in others]
        subprocess.run(inside(name, "nft", "-f", "-"), input="\n".join([*rules, "}", "}"]), text=True, check=True,
                       capture_output=True)

    def heal(self, name):
        subprocess.run(inside(name, "nft", "delete", "table", "inet", "granary"), capture_output=True)

    def link(self, name, up):
        """The cable of a machine."""
        run("ip", "link", "set", PREFIX + name, "up" if up else "down")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
