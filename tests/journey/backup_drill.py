#!/usr/bin/env python3
"""A drill: a node works, is saved, works on, is saved again, is killed, and its directory is destroyed. What is restored is
exactly what was acknowledged before the cut; how much was lost and how long it took is printed.
Usage: backup_drill.py TROUPE [TASKS]   (the program; tasks per round)"""
import os
import shutil
import signal
import subprocess
import sys
import time

from node import BACKUPS, CONFIG, DATA, HOME, TROUPE, check, end_node, journey, moment, start_node, told, troupe

TASKS = int(sys.argv[2]) if len(sys.argv) > 2 else 15


def same(what, wanted, got):
    check(what, wanted == got, f"expected {wanted!r}, got {got!r}")


def work(round_name):
    """Tasks that were acknowledged as done."""
    ids = [f"{round_name}{i}" for i in range(TASKS)]
    for one in ids:
        if troupe("run", "start", "--capability", "troupe.echo", "--input", f"text={one}", "--id", one, "--wait").returncode != 0:
            sys.exit(f"FAILED  {one} was not done")
    return set(ids)


def work_in(data):
    """All tasks a restored store knows, and those of them that are done."""
    runs = told("run", "list", "--limit", "1000", data=data).get("runs", [])
    names = {run["ref"].rsplit("/", 1)[-1] for run in runs}
    return names, {run["ref"].rsplit("/", 1)[-1] for run in runs if run["status"] == "completed"}


def drill(what, target, wanted, *words):
    """Destroyed; restored; compared."""
    began = time.monotonic()
    done = troupe("backup", "restore", *words, "--config", CONFIG, data=target)
    took = time.monotonic() - began
    same(f"{what}: the restore succeeds", 0, done.returncode)
    if done.returncode != 0:
        print(done.stderr)
        return
    start_node(target)
    up = time.monotonic() - began
    known, completed = work_in(target)
    same(f"{what}: exactly what was acknowledged before the cut", sorted(wanted), sorted(known))
    same(f"{what}: and its results", sorted(wanted), sorted(completed))
    again = troupe("run", "start", "--capability", "troupe.echo", "--input", "text=x", "--wait", data=target)
    same(f"{what}: the node works on", 0, again.returncode)
    end_node(signal.SIGTERM)
    print(f"        {what}: lost {len(wanted - completed)} of {len(wanted)} acknowledged up to the cut; "
          f"restored in {took:.2f} s, answering after {up:.2f} s", flush=True)


def main():
    with open(CONFIG, "w") as file:
        file.write(f'[backup]\ndirectory = "{BACKUPS}"\nevery_minutes = 10000\nkeep = 5\nalert_after_minutes = 20000\n')
    start_node()
    first = work("a")
    one = told("backup", "create")
    second = work("b")
    after_two = moment()
    third = work("c")
    two = told("backup", "create")
    same("the second backup is incremental", True, int(two["newBytes"]) < int(two["bytes"]))
    same("both are good", [0, 0], [troupe("backup", "verify", str(mark["id"])).returncode for mark in (one, two)])
    work("d")  # never saved: what a disaster between two backups costs
    end_node(signal.SIGKILL)
    shutil.rmtree(DATA)

    # A restore that is killed on its way leaves nothing that looks like a store.
    for after_ms in (10, 100, 250, 400, 600):
        target = os.path.join(HOME, f"killed-{after_ms}")
        restore = subprocess.Popen([TROUPE, "backup", "restore", "--config", CONFIG, "--data", target],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(after_ms / 1000)
        restore.kill()
        whole = restore.wait() == 0 or os.path.exists(target)
        same(f"killed after {after_ms} ms: absent or whole", True,
             whole == os.path.exists(os.path.join(target, "CURRENT")) == os.path.exists(target))
        again = troupe("backup", "restore", "--config", CONFIG, data=target)
        same(f"killed after {after_ms} ms: again is refused or succeeds", 7 if whole else 0, again.returncode)

    drill("latest", DATA, first | second | third)
    drill("a moment", os.path.join(HOME, "moment"), first | second, "--at", after_two)
    drill("an event", os.path.join(HOME, "event"), first, "--at", str(one["gsn"]))
    same("over a store nothing is restored", 7, troupe("backup", "restore", "--config", CONFIG).returncode)
    same("a point nobody has is not found", 3,
         troupe("backup", "restore", "--config", CONFIG, "--at", "999999999", data=os.path.join(HOME, "no")).returncode)


journey(main)
