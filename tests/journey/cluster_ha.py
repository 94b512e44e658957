#!/usr/bin/env python3
"""`./dev cluster up 3 --ha` is a cluster in which the others take over what a dead node had: its runs end without it, it comes back, and the data is
there after `down` and `up`.
Usage: cluster_ha.py TROUPE SOURCES"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TROUPE, SOURCES = sys.argv[1:]
HOME = tempfile.mkdtemp(prefix="troupe-ha-")
os.chmod(HOME, 0o711)  # the database's user has to pass
PLACE = os.path.join(HOME, "cluster")
NODES = ("a", "b", "c")
RUNS = 24
failures = 0


def check(what, good, got=""):
    global failures
    print(f"{'ok     ' if good else 'FAILED '} {what}" + ("" if good else f": {got}"), flush=True)
    failures += not good


def dev(*words):
    done = subprocess.run([os.path.join(SOURCES, "dev"), "cluster", *words, "--directory", PLACE, "--program", TROUPE],
                          capture_output=True, text=True, timeout=240)
    check(f"./dev cluster {' '.join(words)}", done.returncode == 0, done.stdout + done.stderr)


def troupe(node, *words):
    return subprocess.run([TROUPE, *words, "--data", os.path.join(PLACE, node)], capture_output=True, text=True, timeout=120)


def told(node, *words):
    done = troupe(node, *words, "--json")
    return json.loads(done.stdout) if done.stdout else {}


def wait_for(what, holds, seconds=60):
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            logs = [open(os.path.join(PLACE, n + ".log")).read()[-1500:] for n in NODES]
            sys.exit(f"FAILED  in time: {what}: {logs}")
        time.sleep(0.1)
    check(f"{what}, after {time.monotonic() - began:.1f} s", True)


def owners(node):
    return {one["node"]: int(one.get("shards", 0)) for one in told(node, "cluster", "shards").get("owners", [])}


def all_owned_by(nodes):
    return all(set(n for n, shards in owners(at).items() if shards) == set(nodes) and sum(owners(at).values()) == 256 for at in nodes)


def statuses(node):
    found = told(node, "run", "list", "--limit", "1000")
    rows = {one["ref"]: one["status"] for one in found.get("runs", [])}
    return [rows.get(f"default/run/r{i}") for i in range(RUNS)] if not found.get("silent") else found


def main():
    dev("up", "3", "--ha")
    wait_for("each node has shards", lambda: all_owned_by(NODES))
    flow = os.path.join(HOME, "flow.yaml")
    with open(flow, "w") as file:
        file.write("name: flow\nsteps:\n  - {id: pause, wait: {for: 5s}}\n"
                   "  - {id: say, needs: [pause], task: {required: [troupe.echo]}, with: {text: \"'hello'\"}}\n")
    begun = [troupe(NODES[i % 3], "run", "start", "--file", flow, "--id", f"r{i}").returncode for i in range(RUNS)]
    check("runs begin at every node", begun == [0] * RUNS, begun)
    with open(os.path.join(PLACE, "b.pid")) as file:
        os.kill(int(file.read().split()[0]), signal.SIGKILL)
    wait_for("the others have its shards", lambda: all_owned_by(("a", "c")))
    wait_for("every run ends without it", lambda: statuses("a") == ["completed"] * RUNS)
    dev("up")
    wait_for("it has shards again", lambda: all_owned_by(NODES))
    dev("down")
    dev("up")
    wait_for("after down and up, each node has shards", lambda: all_owned_by(NODES))
    for node in NODES:
        wait_for(f"node {node} knows every run", lambda n=node: statuses(n) == ["completed"] * RUNS)
    dev("down", "--erase")


try:
    main()
finally:
    if os.path.exists(PLACE):
        dev("down")
    shutil.rmtree(HOME, ignore_errors=True)
sys.exit(1 if failures else 0)
