#!/usr/bin/env python3
"""Three real nodes over TLS are one system: work is given to each and seen from each; one is killed in the middle, the others go on, and
when it is back everything has ended. Then its store is lost: its shards are refused until it is restored.
Usage: three_nodes.py TROUPE   (the program)"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TROUPE = sys.argv[1]
HOME = tempfile.mkdtemp(prefix="troupe-cluster-")
NODES = ("a", "b", "c")
RUNS = 30
failures = 0
running = {}


def path(name):
    return os.path.join(HOME, name)


def check(what, good, got=""):
    global failures
    print(f"{'ok     ' if good else 'FAILED '} {what}" + ("" if good else f": {got}"), flush=True)
    failures += not good


def certificates():
    kind = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30"

    def openssl(words):
        subprocess.run(["openssl", "req", "-x509", *kind.split(), *words.split()], check=True, cwd=HOME, capture_output=True)

    openssl("-subj /CN=authority -keyout authority.key -out authority.pem")
    for n in NODES:
        openssl(f"-CA authority.pem -CAkey authority.key -subj /CN={n} -addext subjectAltName=URI:troupe://blue/{n} "
                f"-keyout {n}.key -out {n}.pem")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def configure():
    members = "; ".join(f"{n} 127.0.0.1:{free_port()}" for n in NODES)
    for n in NODES:
        with open(path(n + ".toml"), "w") as file:
            file.write(f'[node]\nname = "{n}"\n[cluster]\nid = "blue"\nmembers = "{members}"\n'
                       f'certificate = "{path(n + ".pem")}"\nkey = "{path(n + ".key")}"\nauthority = "{path("authority.pem")}"\n')


def troupe(node, *words):
    return subprocess.run([TROUPE, *words, "--data", path("data-" + node)], capture_output=True, text=True, timeout=120)


def told(node, *words):
    done = troupe(node, *words, "--json")
    return json.loads(done.stdout) if done.stdout else {"refused": done.stderr}


def start(*nodes):
    for n in nodes:
        log = open(path(n + ".log"), "a")
        running[n] = subprocess.Popen([TROUPE, "node", "--config", path(n + ".toml"), "--data", path("data-" + n)], stderr=log)
    for n in nodes:
        wait_for(f"node {n}", lambda n=n: troupe(n, "status").returncode == 0)


def wait_for(what, holds, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    check(f"in time: {what}", False, open(path("a.log")).read()[-2000:])
    return False


def linked(node, others):
    members = told(node, "cluster", "members").get("members", [])
    return sum(1 for m in members if m.get("reachable") and m["node"] in others) == len(others)


def all_linked():
    return all(linked(n, [o for o in NODES if o != n]) for n in NODES)


def owner(ref):
    return told("a", "cluster", "why-not", ref).get("node")


def runs_at(node):
    return told(node, "run", "list", "--limit", "1000")


def work():
    with open(path("inner.yaml"), "w") as file:
        file.write("name: inner\nsteps:\n  - {id: say, task: {required: [troupe.echo]}, with: {text: \"'inside'\"}}\n")
    with open(path("outer.yaml"), "w") as file:
        file.write("name: outer\nsteps:\n  - {id: pause, wait: {for: 3s}}\n  - {id: inner, needs: [pause], child: {workflow: inner}}\n")
    done = troupe("b", "workflow", "publish", path("inner.yaml"))
    check("a workflow is published at b", done.returncode == 0, done.stderr)
    wait_for("the workflow is seen at a", lambda: troupe("a", "workflow", "show", "inner").returncode == 0)
    begun = 0
    for i in range(RUNS):
        done = troupe(NODES[i % 3], "run", "start", "--file", path("outer.yaml"), "--id", f"r{i}")
        begun += done.returncode == 0
        if done.returncode:
            print(done.stderr)
    check("runs begin at every node", begun == RUNS, begun)
    owners = {owner(f"default/run/r{i}") for i in range(RUNS)}
    check("every node has some of them", owners == set(NODES), owners)
    for n in NODES:
        check(f"node {n} lists all", int(runs_at(n).get("total", 0)) >= RUNS, runs_at(n))


def one_is_killed():
    running["b"].send_signal(signal.SIGKILL)
    running["b"].wait()
    wait_for("a sees that b is gone", lambda: not linked("a", ["b"]))
    listed = runs_at("a")
    check("a list says whose part is missing", listed.get("silent") == ["b"], listed)
    its = next(i for i in range(RUNS) if owner(f"default/run/r{i}") == "b")
    refused = troupe("a", "run", "describe", f"r{its}")
    check("a run of the dead node is unavailable", refused.returncode == 8, refused.stderr)
    why = troupe("a", "cluster", "why-not", f"default/run/r{its}")
    check("and it is told why", why.returncode == 8 and "b" in why.stdout, why.stdout)
    done = troupe("c", "run", "start", "--capability", "troupe.echo", "--input", "text=hello", "--wait")
    check("the others go on", done.returncode == 0, done.stderr)
    start("b")
    wait_for("all are linked again", all_linked)


def everything_ends():
    def ended():
        rows = [r for n in NODES[:1] for r in runs_at(n).get("runs", [])]
        mine = [r for r in rows if "/run/" in r["ref"]]
        return len(mine) >= 2 * RUNS and all(r["status"] == "completed" for r in mine)

    good = wait_for("every run ends", ended, 150)
    rows = runs_at("c").get("runs", [])
    names = [r["ref"] for r in rows]
    check("every run ends, with its child, once", good and len(names) == len(set(names)),
          [(r["ref"], r["status"]) for r in rows if r["status"] != "completed"])


def a_store_is_lost():
    running["c"].send_signal(signal.SIGTERM)
    running["c"].wait()
    os.rename(path("data-c"), path("kept-c"))
    start("c")
    wait_for("c has been told that it is another",
             lambda: any(o["node"] == "c" and o["state"] == "store lost" for o in told("a", "cluster", "shards").get("owners", [])))
    its = next(i for i in range(RUNS) if owner(f"default/run/r{i}") == "c")
    refused = troupe("a", "run", "describe", f"r{its}")
    check("its shards are refused", refused.returncode == 8 and "store lost, restore it from a backup" in refused.stderr, refused.stderr)
    other = next(i for i in range(RUNS) if owner(f"default/run/r{i}") == "b")
    check("the others go on", troupe("a", "run", "describe", f"r{other}").returncode == 0)
    refused = troupe("c", "run", "start", "--capability", "troupe.echo", "--input", "text=hello")
    check("it takes no work itself", refused.returncode == 8, refused.stderr)
    running["c"].send_signal(signal.SIGTERM)
    running["c"].wait()
    shutil.rmtree(path("data-c"))
    os.rename(path("kept-c"), path("data-c"))
    start("c")
    wait_for("all are linked again", all_linked)
    check("what it had is there again", troupe("a", "run", "describe", f"r{its}").returncode == 0)


def main():
    certificates()
    configure()
    start(*NODES)
    wait_for("all are linked", all_linked)
    shards = told("a", "cluster", "shards")
    check("all have the same map", len({told(n, "cluster", "shards").get("hash") for n in NODES}) == 1)
    check("which has 256 shards", sum(int(o["shards"]) for o in shards.get("owners", [])) == 256, shards)
    for part in (work, one_is_killed, everything_ends, a_store_is_lost):
        part()


if __name__ == "__main__":
    try:
        main()
    finally:
        for node in running.values():
            if node.poll() is None:
                node.kill()
        shutil.rmtree(HOME, ignore_errors=True)
    sys.exit(1 if failures else 0)
