#!/usr/bin/env python3
"""`./dev cluster up --ha` brings a PostgreSQL and an etcd that answer at the addresses in the nodes' configuration, on loopback, with fsync, and keep
their data over `down`. The nodes are stand-ins here: what nodes do with both is not asked.
Usage: cluster_servers.py SOURCES"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
import urllib.request

SOURCES = sys.argv[1]
HOME = tempfile.mkdtemp(prefix="troupe-servers-")
os.chmod(HOME, 0o711)  # the server's user has to pass
PLACE = os.path.join(HOME, "cluster")
STAND_IN = os.path.join(HOME, "stand-in")
failures = 0


def check(what, good, got=""):
    global failures
    print(f"{'ok     ' if good else 'FAILED '} {what}" + ("" if good else f": {got}"), flush=True)
    failures += not good


def dev(*words):
    done = subprocess.run([os.path.join(SOURCES, "dev"), "cluster", *words, "--directory", PLACE, "--program", STAND_IN],
                          capture_output=True, text=True, timeout=240)
    done.said = done.stdout + done.stderr
    return done


def told(node):
    with open(os.path.join(PLACE, f"{node}.toml"), "rb") as file:
        return tomllib.load(file)


def sql(statement):
    """Through the address that nodes are given, from where they work."""
    return subprocess.run(["psql", told("a")["store"]["postgres"], "-w", "-tAXc", statement], cwd=PLACE, capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"]})


def etcd(method, **words):
    request = urllib.request.Request(told("a")["cluster"]["etcd"] + "/v3/kv/" + method, json.dumps(words).encode())
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def pid(name):
    with open(os.path.join(PLACE, name + ".pid")) as file:
        return int(file.read().split()[0])


def runs(number):
    return os.path.exists(f"/proc/{number}/stat") and open(f"/proc/{number}/stat").read().rpartition(")")[2].split()[0] not in "ZX"


def addresses(number):
    """Where a process listens."""
    said = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True).stdout
    return [line.split()[3] for line in said.splitlines() if f"pid={number}," in line]


def they_come_up():
    done = dev("up", "2", "--ha")
    check("both servers and the nodes come up", done.returncode == 0 and "PostgreSQL runs" in done.said and "etcd runs" in done.said, done.said)
    done = sql("show fsync")
    check("the address in the configuration leads to a server with fsync", done.stdout.strip() == "on", done.stderr)
    check("and synchronous commits", sql("show synchronous_commit").stdout.strip() == "on")
    check("all nodes are told the same", told("a")["store"] == told("b")["store"] and told("a")["cluster"]["etcd"] == told("b")["cluster"]["etcd"])
    password = open(os.path.join(PLACE, "postgres.pass")).read().strip().rpartition(":")[2]
    texts = [open(os.path.join(PLACE, name)).read() for name in ("a.toml", "b.toml", "cluster.json", "postgres.log")]
    check("the password is in its file alone", len(password) == 32 and not any(password in text for text in texts))
    check("which is nobody else's", os.stat(os.path.join(PLACE, "postgres.pass")).st_mode & 0o077 == 0)
    done = subprocess.run(["psql", re.sub(r"[?].*", "", told("a")["store"]["postgres"]), "-w", "-c", "select 1"], cwd=HOME, capture_output=True,
                          text=True, env={"PATH": os.environ["PATH"], "HOME": HOME})
    check("without it, nobody gets in", done.returncode != 0 and "password" in done.stderr, done.stderr)
    if shutil.which("ss"):
        listening = addresses(pid("postgres")) + addresses(pid("etcd"))
        check("they listen on loopback alone", len(listening) == 3 and all(one.startswith("127.0.0.1:") for one in listening), listening)


def they_keep_what_they_have():
    sql("create table kept (what text); insert into kept values ('a row')")
    etcd("put", key="a2V5", value="dmFsdWU=")
    before = pid("postgres"), pid("etcd"), pid("a")
    os.kill(before[2], signal.SIGKILL)
    dev("up", "--ha")
    check("up again leaves running servers alone", (pid("postgres"), pid("etcd")) == before[:2] and pid("a") != before[2])
    done = dev("down")
    check("down stops them after the nodes", re.findall(r"^(\S+ ?\S*) is stopped", done.stdout, re.M) == ["node b", "node a", "etcd", "PostgreSQL"], done.said)
    check("so that they have ended", not any(runs(number) for number in before))
    done = dev("up")
    check("up goes on with them", done.returncode == 0, done.said)
    check("PostgreSQL has its rows", sql("select what from kept").stdout.strip() == "a row")
    check("etcd has its keys", etcd("range", key="a2V5").get("kvs", [{}])[0].get("value") == "dmFsdWU=")
    servers = pid("postgres"), pid("etcd")
    done = dev("down", "--erase")
    check("erase stops and removes all", done.returncode == 0 and not os.path.exists(PLACE) and not any(runs(one) for one in servers), done.said)


with open(STAND_IN, "w") as script:
    script.write("#!/bin/sh\ncase $1 in node) exec sleep 600 ;; status) ;; cluster) echo '{\"members\": []}' ;; esac\n")
os.chmod(STAND_IN, 0o755)
try:
    they_come_up()
    they_keep_what_they_have()
finally:
    dev("down")
    shutil.rmtree(HOME, ignore_errors=True)
sys.exit(1 if failures else 0)
