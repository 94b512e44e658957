#!/usr/bin/env python3
"""A fleet over three real nodes: the example runs; goals go on while a node is killed, and after it; agents of a dead node vanish.
Usage: fleet.py TROUPE EXAMPLE   (the program; the example of fleets)"""
import importlib.util
import os
import shutil
import subprocess
import sys
import time

spec = importlib.util.spec_from_file_location("three_nodes", os.path.join(os.path.dirname(__file__), "three_nodes.py"))
EXAMPLE = sys.argv.pop()
base = importlib.util.module_from_spec(spec)
spec.loader.exec_module(base)
NODES = base.NODES


def example(*words):
    return subprocess.run([EXAMPLE, *words], capture_output=True, text=True, timeout=120)


def pools(node):
    fleets = base.told(node, "fleet", "list").get("fleets", [])
    return {p["node"]: p["size"] for f in fleets for p in f["pools"]}


def agents_known(node):
    return {s["node"] for s in base.told(node, "agents", "find", "--can", "fleet.echoes").get("services", [])}


def main():
    base.certificates()
    base.configure()
    base.start(*NODES)
    base.wait_for("links", base.all_linked)

    done = example(base.path("data-a"), "first")
    base.check("the example runs on three nodes", done.stdout == "10 agents at 3 nodes: 30 done, 0 failed\n", done.stdout + done.stderr)
    base.check("each node has its share", sorted(pools("b").values()) == [3, 3, 4], pools("b"))
    again = example(base.path("data-b"), "first")
    base.check("a repeat at another node finds the same", again.stdout == done.stdout, again.stdout + again.stderr)
    tasks = base.told("c", "run", "list", "--limit", "1000")
    base.check("no task was made twice", int(tasks["total"]) == 30, tasks["total"])
    base.wait_for("all know all agents", lambda: all(agents_known(n) == set(NODES) for n in NODES))

    items = [word for i in range(60) for word in ("--item", f"part {i}")]
    base.running["c"].kill()
    base.running["c"].wait()
    killed = time.monotonic()
    base.wait_for("agents of the dead node vanish", lambda: agents_known("a") == {"a", "b"}, 15)
    print(f"       after {time.monotonic() - killed:.1f} s")
    set_ = base.troupe("a", "fleet", "goal", "echoes", "troupe.echo", "--id", "second", *items)
    base.check("a goal is set while a node is down", set_.returncode in (0, 8), set_.stderr)
    base.start("c")
    base.wait_for("links", base.all_linked)
    set_ = base.troupe("b", "fleet", "goal", "echoes", "troupe.echo", "--id", "second", *items)
    base.check("a repeat is accepted", set_.returncode == 0, set_.stderr)
    # Killed in the middle of it.
    base.running["b"].kill()
    base.running["b"].wait()
    base.start("b")
    base.wait_for("links", base.all_linked)
    results = base.troupe("c", "fleet", "results", "second", "--wait", "--timeout", "100")
    base.check("all has ended well", "60 of 60 have ended, 0 of them failed" in results.stdout, results.stdout[:300] + results.stderr)
    tasks = base.told("c", "run", "list", "--limit", "1000")
    base.check("each item is one task", int(tasks["total"]) == 90, tasks["total"])
    placed = base.told("a", "agents", "register", base.path("agent.json"), "--on", "c") if agent_file() else {}
    base.check("an agent is hired on another node", placed.get("node") == "c", placed)
    done = base.troupe("a", "fleet", "retire", "echoes")
    base.check("the fleet is retired everywhere", done.returncode == 0 and pools("c") == {}, done.stderr)


def agent_file():
    with open(base.path("agent.json"), "w") as file:
        file.write('{"id": "far", "behavior": "echo", "capabilities": ["far.echo"]}')
    return True


if __name__ == "__main__":
    try:
        main()
    finally:
        for one in base.running.values():
            if one.poll() is None:
                one.kill()
        shutil.rmtree(base.HOME, ignore_errors=True)
    sys.exit(1 if base.failures else 0)
