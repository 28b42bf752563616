"""What is done to the installation. Each fault is a function that does it, lasts as long as it says, and undoes it, having
called undoing(); what is left to repair afterwards (a standby) is repaired before the next one."""

import random
import threading
import time

from history import now


def undoing(lab):
    """What the fault did is undone from now on: a node is started, a standby promoted, a cable put in. Recovery begins here."""
    lab.undone_from = now()


def zone_of(lab, chance):
    return lab.nodes[chance.choice(sorted(lab.nodes))]


def kill_node(lab, chance, seconds):
    """kill -9, and started again."""
    node = zone_of(lab, chance)
    node.kill()
    time.sleep(min(seconds, 2))
    undoing(lab)
    node.start()
    return node.machine


def restart_node(lab, chance, seconds):
    """SIGTERM, as in an update of one node after the other."""
    node = zone_of(lab, chance)
    code = node.stop()
    assert code == 0, f"node {node.machine} ended with {code}"
    undoing(lab)
    node.start()
    return node.machine


def pause_node(lab, chance, seconds):
    """SIGSTOP: its connections stay, nothing answers."""
    node = zone_of(lab, chance)
    node.pause()
    time.sleep(seconds)
    undoing(lab)
    node.resume()
    return node.machine


def catch_at_work(lab, strike, undo):
    """Strikes the node that runs a job, and makes sure that it was struck before the job's end: otherwise undoes it and
    tries again. The node, and the job that it holds, which is watched from then on."""
    for _ in range(40):
        job = lab.work.running()
        if not job:
            continue
        node = lab.nodes[job["node"]]
        strike(node)
        # What it had sent before may still arrive.
        time.sleep(0.2)
        seen = lab.work.look(job["id"], but=node.machine)
        if seen and (seen["state"], seen["turn"], seen["node"]) == ("running", job["turn"], job["node"]):
            return node, lab.work.watched(job, but=node.machine)
        undo(node)
        time.sleep(0.5)
    raise RuntimeError("no node was seen at work")


def pause_at_work(lab, chance, seconds):
    """SIGSTOP of the node that holds a lease; a lease of the chaos is shorter than that."""
    node, job = catch_at_work(lab, lambda n: n.pause(), lambda n: n.resume())
    time.sleep(seconds)
    undoing(lab)
    node.resume()
    return node.machine, job


def pause_amid_write(lab, chance, seconds):
    """SIGSTOP of a node that holds the lock of all writers: a table that its write needs is kept from it until it is stopped."""
    with lab.database.locked("transactions"):
        for _ in range(100):
            holder = lab.database.sql("SELECT host(client_addr) FROM pg_locks JOIN pg_stat_activity USING (pid) "
                                      "WHERE locktype = 'advisory' AND granted LIMIT 1")
            node = next((node for node in lab.nodes.values() if node.address == holder), None)
            if node:
                node.pause()
                break
            time.sleep(0.05)
        else:
            raise RuntimeError("no node was seen amid a write")
    time.sleep(seconds)
    undoing(lab)
    node.resume()
    return node.machine


def kill_at_work(lab, chance, seconds):
    """kill -9 of the node that runs a job."""
    node, job = catch_at_work(lab, lambda n: n.kill(), lambda n: n.start())
    time.sleep(min(seconds, 2))
    undoing(lab)
    node.start()
    return node.machine, job


def restart_database(lab, chance, seconds):
    lab.database.stop_primary()
    time.sleep(seconds)
    undoing(lab)
    lab.database.primary.start()


def kill_database(lab, chance, seconds):
    lab.database.primary.kill()
    time.sleep(seconds)
    undoing(lab)
    lab.database.primary.start()


def promote_standby(lab, chance, seconds):
    """The primary dies for ever; the standby takes over."""
    lab.database.primary.kill()
    time.sleep(seconds)
    undoing(lab)
    lab.database.promote()


def isolate_primary(lab, chance, seconds):
    """The primary's cable is pulled, so that connections to it hang; the standby takes over."""
    old = lab.database.primary
    lab.net.link(old.machine, False)
    time.sleep(seconds)
    undoing(lab)
    lab.database.promote()
    old.kill()
    lab.net.link(old.machine, True)


def store_fault(fault):
    def run(lab, chance, seconds):
        lab.store.proxy.order(fault)
        time.sleep(seconds)
        undoing(lab)
        lab.store.proxy.order("none")
    run.__doc__ = f"S3: {fault}"
    return run


def restart_store(lab, chance, seconds):
    lab.store.server.kill()
    time.sleep(seconds)
    undoing(lab)
    lab.store.launch()


def cut(*machines):
    def run(lab, chance, seconds):
        node = zone_of(lab, chance)
        lab.net.cut(node.machine, *machines)
        time.sleep(seconds)
        undoing(lab)
        lab.net.heal(node.machine)
        return node.machine
    run.__doc__ = f"Nothing passes between a node and {', '.join(machines)}."
    return run


def full_disk(lab, chance, seconds):
    node = zone_of(lab, chance)
    node.fill_disk()
    time.sleep(seconds)
    undoing(lab)
    node.free_disk()
    return node.machine


def clock_step(offset):
    def run(lab, chance, seconds):
        node = zone_of(lab, chance)
        node.step_clock(offset)
        time.sleep(seconds + 1)  # within a second the node sees it
        undoing(lab)
        node.step_clock("+0")
        return node.machine
    run.__doc__ = f"The clock of a node that runs is set {offset} off, and back."
    return run


def pause_kms(lab, chance, seconds):
    """SIGSTOP: who asks for a data key waits."""
    lab.kms.server.pause()
    time.sleep(seconds)
    undoing(lab)
    lab.kms.server.resume()


def both(first, second):
    def run(lab, chance, seconds):
        hurt = {}
        threads = [threading.Thread(target=lambda one, own: hurt.update({one: one(lab, own, seconds)}),
                                    args=(one, random.Random(chance.random()))) for one in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(hurt) != len(threads):
            raise RuntimeError("one of two faults could not be done: see above")
        return "".join(where for where in hurt.values() if where)
    run.__doc__ = f"At once: {first.__doc__} {second.__doc__}"
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
    "a node's clock 5 minutes back": clock_step("-5m"),
    "a node's clock 2 hours ahead": clock_step("+2h"),
    "a node that runs a job stopped (SIGSTOP)": pause_at_work,
    "kill -9 of a node that runs a job": kill_at_work,
    "a node stopped amid a write (SIGSTOP)": pause_amid_write,
    "kill -9 of a node, S3 is slow": both(kill_node, store_fault("slow")),
    "promotion, a node cut off from S3": both(promote_standby, cut("s3")),
    "kill -9 of PostgreSQL, S3 answers 503": both(kill_database, store_fault("unavailable")),
}

# Where objects are encrypted with a key of the key service.
KMS_FAULTS = {
    "KMS stopped (SIGSTOP)": pause_kms,
    "a node cut off from KMS": cut("kms"),
    # Which has no data key in its memory when it comes back.
    "kill -9 of a node, KMS stopped (SIGSTOP)": both(kill_node, pause_kms),
}

# How long each lasts, in seconds: what is not named, `usual`. Longer than clients wait for makes no sense to ask for.
LONG = {"node stopped (SIGSTOP)": 20.0, "a node that runs a job stopped (SIGSTOP)": 20.0,
        "a node stopped amid a write (SIGSTOP)": 20.0}
# Shorter than that makes no node lose its lease.
LEAST = {"a node that runs a job stopped (SIGSTOP)": 7.0}


def of(lab):
    return FAULTS | KMS_FAULTS if lab.kms else FAULTS


def plan(count, chance, of_all):
    """`count` names: every fault comes once before any comes twice."""
    names = []
    while len(names) < count:
        some = list(of_all)
        chance.shuffle(some)
        names += some
    return names[:count]


def repair(lab):
    """What an operator does after the fault: a promoted server gets a standby again."""
    if not lab.database.standby.alive():
        lab.database.attach_standby()
