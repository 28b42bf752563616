"""What is done to the installation. Each fault is a function that does it, lasts as long as it says, and undoes it; what is
left to repair afterwards (a standby) is repaired before the next one."""

import pathlib
import time

def faketime():
    """The library: the program of that name would stand between a node and its signals."""
    return next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def zone_of(lab, chance):
    return lab.nodes[chance.choice(sorted(lab.nodes))]


def kill_node(lab, chance, seconds):
    """kill -9, and started again."""
    node = zone_of(lab, chance)
    node.kill()
    time.sleep(min(seconds, 2))
    node.start()
    return node.machine


def restart_node(lab, chance, seconds):
    """SIGTERM, as in an update of one node after the other."""
    node = zone_of(lab, chance)
    code = node.stop()
    assert code == 0, f"node {node.machine} ended with {code}"
    node.start()
    return node.machine


def pause_node(lab, chance, seconds):
    """SIGSTOP: its connections stay, nothing answers."""
    node = zone_of(lab, chance)
    node.pause()
    time.sleep(seconds)
    node.resume()
    return node.machine


def restart_database(lab, chance, seconds):
    lab.database.stop_primary()
    time.sleep(seconds)
    lab.database.primary.start()


def kill_database(lab, chance, seconds):
    lab.database.primary.kill()
    time.sleep(seconds)
    lab.database.primary.start()


def promote_standby(lab, chance, seconds):
    """The primary dies for ever; the standby takes over."""
    lab.database.primary.kill()
    time.sleep(seconds)
    lab.database.promote()


def isolate_primary(lab, chance, seconds):
    """The primary's cable is pulled, so that connections to it hang; the standby takes over."""
    old = lab.database.primary
    lab.net.link(old.machine, False)
    time.sleep(seconds)
    lab.database.promote()
    old.kill()
    lab.net.link(old.machine, True)


def store_fault(fault):
    def run(lab, chance, seconds):
        lab.store.proxy.order(fault)
        time.sleep(seconds)
        lab.store.proxy.order("none")
    run.__doc__ = f"S3: {fault}"
    return run


def restart_store(lab, chance, seconds):
    lab.store.server.kill()
    time.sleep(seconds)
    lab.store.launch()


def cut(*machines):
    def run(lab, chance, seconds):
        node = zone_of(lab, chance)
        lab.net.cut(node.machine, *machines)
        time.sleep(seconds)
        lab.net.heal(node.machine)
        return node.machine
    run.__doc__ = f"Nothing passes between a node and {', '.join(machines)}."
    return run


def full_disk(lab, chance, seconds):
    node = zone_of(lab, chance)
    node.fill_disk()
    time.sleep(seconds)
    node.free_disk()
    return node.machine


def clock_step(offset):
    def run(lab, chance, seconds):
        node = zone_of(lab, chance)
        node.stop()
        # Its own time only: not the one that measures how long something takes, which no step of a clock touches.
        node.start({"LD_PRELOAD": str(faketime()), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
        time.sleep(seconds)
        node.stop()
        node.start()
        return node.machine
    run.__doc__ = f"A node runs with a clock that is {offset} off."
    return run


FAULTS = {
    "kill -9 of a node": kill_node,
    "restart of a node": restart_node,
    "node stopped (SIGSTOP)": pause_node,
    "restart of PostgreSQL": restart_database,
    "kill -9 of PostgreSQL": kill_database,
    "promotion of the standby": promote_standby,
    "primary cut off, promotion": isolate_primary,
    "S3 answers 503": store_fault("unavailable"),
    "S3 is slow": store_fault("slow"),
    "S3 breaks bodies off": store_fault("half"),
    "kill -9 of S3": restart_store,
    "a node cut off from PostgreSQL": cut("db1", "db2"),
    "a node cut off from S3": cut("s3"),
    "a node's disk full": full_disk,
    "a node's clock 5 minutes behind": clock_step("-5m"),
    "a node's clock 2 hours ahead": clock_step("+2h"),
}

# How long each lasts, in seconds: what is not named, `usual`. Longer than clients wait for makes no sense to ask for.
LONG = {"node stopped (SIGSTOP)": 20.0}


def plan(count, chance):
    """`count` names: every fault comes once before any comes twice."""
    names = []
    while len(names) < count:
        some = list(FAULTS)
        chance.shuffle(some)
        names += some
    return names[:count]


def repair(lab):
    """What an operator does after the fault: a promoted server gets a standby again."""
    if not lab.database.standby.alive():
        lab.database.attach_standby()
