#!/usr/bin/env python3
"""Three real nodes over one PostgreSQL and one etcd take over for each other: one is killed, one is frozen and wakes up later, one is stopped
by its operator; the runs of each go on elsewhere, none is lost or done twice. Prints how long it took.
Usage: available.py TROUPE   (the program); 77 if a server is not installed"""
import glob
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

TROUPE = sys.argv[1]
HOME = tempfile.mkdtemp(prefix="troupe-available-")
NODES = ("a", "b", "c")
RUNS = 24
failures = 0
running = {}
servers = []
begun = []


def path(name):
    return os.path.join(HOME, name)


def check(what, good, got=""):
    global failures
    print(f"{'ok     ' if good else 'FAILED '} {what}" + ("" if good else f": {got}"), flush=True)
    failures += not good


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def serve(words, log, user=None):
    """A server that ends with this program."""
    who = ["--reuid=" + user, "--regid=" + user, "--init-groups"] if user and os.geteuid() == 0 else []
    servers.append(subprocess.Popen(["setpriv", "--pdeathsig=KILL", *who, *words], stdout=open(path(log), "a"),
                                    stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL))
    return servers[-1]


def postgres():
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if not programs or not shutil.which("etcd"):
        print("no PostgreSQL or etcd is installed")
        sys.exit(77)
    bin_directory = os.path.dirname(programs[-1])
    os.chmod(HOME, 0o711)
    os.mkdir(path("pg"))
    if os.geteuid() == 0:
        os.chown(path("pg"), pwd.getpwnam("postgres").pw_uid, -1)
    if serve([f"{bin_directory}/initdb", "--no-sync", "--auth=trust", "--username=troupe", "-D", path("pg/data")], "initdb.log",
             "postgres").wait() != 0:
        sys.exit("FAILED  initdb: " + open(path("initdb.log")).read())
    port = free_port()
    serve([f"{bin_directory}/postgres", "-D", path("pg/data"), "-k", path("pg"), "-p", str(port), "-c", "listen_addresses="],
          "postgres.log", "postgres")
    return f"host={path('pg')} port={port} user=troupe dbname=postgres"


def etcd():
    address, peers = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    serve(["etcd", "--data-dir", path("etcd"), "--listen-client-urls", address, "--advertise-client-urls", address,
           "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", f"default={peers}"], "etcd.log")
    return address


def certificates():
    kind = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30"

    def openssl(words):
        subprocess.run(["openssl", "req", "-x509", *kind.split(), *words.split()], check=True, cwd=HOME, capture_output=True)

    openssl("-subj /CN=authority -keyout authority.key -out authority.pem")
    for n in NODES:
        openssl(f"-CA authority.pem -CAkey authority.key -subj /CN={n} -addext subjectAltName=URI:troupe://blue/{n} "
                f"-keyout {n}.key -out {n}.pem")


def configure():
    database, leases = postgres(), etcd()
    members = "; ".join(f"{n} 127.0.0.1:{free_port()}" for n in NODES)
    for n in NODES:
        with open(path(n + ".toml"), "w") as file:
            file.write(f'[node]\nname = "{n}"\ndata_directory = "{path("data-" + n)}"\n[store]\npostgres = "{database}"\n'
                       f'[keys]\nmaster_key_file = "{path("master")}"\n[cluster]\nid = "blue"\nmembers = "{members}"\n'
                       f'etcd = "{leases}"\ncertificate = "{path(n + ".pem")}"\nkey = "{path(n + ".key")}"\n'
                       f'authority = "{path("authority.pem")}"\n')
    subprocess.run([TROUPE, "keys", "new", path("master")], check=True, capture_output=True)


def troupe(node, *words):
    return subprocess.run([TROUPE, *words, "--data", path("data-" + node)], capture_output=True, text=True, timeout=120)


def told(node, *words):
    done = troupe(node, *words, "--json")
    return json.loads(done.stdout) if done.stdout else {"refused": done.stderr}


def start(*nodes):
    for n in nodes:
        log = open(path(n + ".log"), "a")
        running[n] = subprocess.Popen(["setpriv", "--pdeathsig=KILL", TROUPE, "node", "--config", path(n + ".toml")], stderr=log)
    for n in nodes:
        wait_for(f"node {n}", lambda n=n: troupe(n, "status").returncode == 0)


def wait_for(what, holds, seconds=60):
    begin = time.monotonic()
    while time.monotonic() < begin + seconds:
        if holds():
            return time.monotonic() - begin
        time.sleep(0.05)
    logs = "".join(f"--- {n}\n" + open(path(n + ".log")).read()[-3000:] for n in running)
    check(f"in time: {what}", False, logs)
    return None


def shards(at):
    return {o["node"]: o for o in told(at, "cluster", "shards").get("owners", []) if o.get("node")}


def settled(at, owners):
    """Do these, and no others, have all shards, and none moves?"""
    rows = shards(at)
    have = {n: int(row.get("shards", 0)) for n, row in rows.items()}
    return (sum(have.values()) == 256 and all(have.get(n, 0) > 0 for n in owners)
            and sum(have.get(n, 0) for n in owners) == 256 and not any(int(r.get("moving", 0)) for r in rows.values()))


def owner(at, ref):
    return told(at, "cluster", "why-not", ref).get("node")


def all_answer(at, runs):
    with ThreadPoolExecutor(4) as hands:
        return all(hands.map(lambda run: troupe(at, "run", "describe", run).returncode == 0, runs))


def begin(label, at):
    """Runs that wait a while, with a child each; begun at these nodes in turn."""
    some = []
    for i in range(RUNS):
        some.append(f"{label}{i}")
        # A node that has just come back has shards before all have a link to it: then it says to repeat.
        wait_for(f"{some[-1]} begins", lambda: troupe(at[i % len(at)], "run", "start", "--file", path("outer.yaml"), "--id",
                                                      some[-1]).returncode == 0)
    begun.extend(some)
    return some


def recovered(what, victim, at, runs):
    """From now: until all runs of the victim answer at another node."""
    lost = [r for r in runs if owner(at, f"default/run/{r}") == victim]
    check(f"{victim} has some of the runs", len(lost) > 2, lost)
    return lost, lambda: wait_for(f"{what}: its runs answer", lambda: all_answer(at, lost))


def prepare():
    with open(path("inner.yaml"), "w") as file:
        file.write("name: inner\nsteps:\n  - {id: say, task: {required: [troupe.echo]}, with: {text: \"'inside'\"}}\n")
    with open(path("outer.yaml"), "w") as file:
        file.write("name: outer\nsteps:\n  - {id: pause, wait: {for: 4s}}\n  - {id: inner, needs: [pause], child: {workflow: inner}}\n")
    start(*NODES)
    took = wait_for("all shards have owners", lambda: all(settled(n, NODES) for n in NODES))
    check("three nodes share 256 shards", took is not None, shards("a"))
    done = troupe("b", "workflow", "publish", path("inner.yaml"))
    check("a workflow is published at b", done.returncode == 0, done.stderr)
    check("and seen at a", "inner" in troupe("a", "workflow", "list").stdout)


def one_is_killed():
    runs = begin("k", NODES)
    for n in NODES:
        listed = [r["ref"] for r in told(n, "run", "list", "--limit", "1000").get("runs", [])]
        check(f"{n} lists each run once", len(listed) == len(set(listed)) and len(listed) >= RUNS, len(listed))
    lost, wait = recovered("killed", "a", "b", runs)
    running["a"].send_signal(signal.SIGKILL)
    running["a"].wait()
    killed = time.monotonic()
    wait()
    print(f"        killed: {len(lost)} runs answer elsewhere after {time.monotonic() - killed:.1f} s", flush=True)
    wait_for("b and c have all", lambda: settled("b", ("b", "c")))
    print(f"        killed: all shards have owners after {time.monotonic() - killed:.1f} s", flush=True)
    listed = told("b", "run", "list", "--limit", "1000")
    check("a list misses nothing while a node is down", not listed.get("silent") and int(listed.get("total", 0)) >= RUNS, listed.get("silent"))
    start("a")
    check("it gets shards again", wait_for("a has its part", lambda: settled("c", NODES)) is not None, shards("c"))


def one_is_frozen():
    runs = begin("f", NODES)
    lost, wait = recovered("frozen", "c", "a", runs)
    running["c"].send_signal(signal.SIGSTOP)
    frozen = time.monotonic()
    wait()
    print(f"        frozen: {len(lost)} runs answer elsewhere after {time.monotonic() - frozen:.1f} s", flush=True)
    wait_for("a and b have all", lambda: settled("a", ("a", "b")))
    running["c"].send_signal(signal.SIGCONT)
    check("it finds out and gets shards again", wait_for("c has its part", lambda: settled("a", NODES) and settled("c", NODES)) is not None,
          shards("a"))


def one_is_stopped():
    runs = begin("s", NODES)
    lost, _ = recovered("stopped", "b", "a", runs)
    asked = time.monotonic()
    running["b"].send_signal(signal.SIGTERM)
    code = running["b"].wait()
    print(f"        stopped: the node has ended after {time.monotonic() - asked:.1f} s", flush=True)
    check("it has given its shards away first", code == 0 and "others have all shards" in open(path("b.log")).read(), code)
    check("which answer at once", all_answer("a", lost))
    check("and are held by the others", settled("a", ("a", "c")), shards("a"))
    start("b")


def everything_ends():
    def mine():
        return [r for r in told("a", "run", "list", "--limit", "1000").get("runs", []) if "/run/" in r["ref"]]

    def ended():
        rows = mine()
        return len(rows) == 2 * len(begun) and all(r["status"] == "completed" for r in rows)

    wait_for("every run ends", ended, 180)
    rows = mine()
    names = [r["ref"] for r in rows]
    check("every run ends with its child and none is lost or doubled",
          len(names) == len(set(names)) == 2 * len(begun) and all(r["status"] == "completed" for r in rows),
          [(r["ref"], r["status"]) for r in rows if r["status"] != "completed"])
    for run in begun[::9]:
        events = [e["seq"] for e in told("c", "run", "history", run).get("entries", [])]
        numbers = [int(s) for s in events]
        check(f"the history of {run} has no gap and no double", numbers == list(range(1, len(numbers) + 1)), numbers)
    for n in NODES:
        check(f"agents of {n} are in its own store", "troupe.echo" in troupe(n, "agents", "list").stdout)


try:
    certificates()
    configure()
    for part in (prepare, one_is_killed, one_is_frozen, one_is_stopped, everything_ends):
        part()
finally:
    for one in [*running.values(), *servers]:
        if one.poll() is None:
            one.kill()
            one.wait()
    shutil.rmtree(HOME, ignore_errors=True)
sys.exit(1 if failures else 0)
