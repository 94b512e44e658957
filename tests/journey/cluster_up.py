#!/usr/bin/env python3
"""`./dev cluster` makes a cluster that works, stops just that, and goes on with its data; each command may be repeated.
Usage: cluster_up.py TROUPE SOURCES"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

TROUPE, SOURCES = sys.argv[1:]
HOME = tempfile.mkdtemp(prefix="troupe-up-")
PLACE = os.path.join(HOME, "cluster")
failures = 0


def check(what, good, got=""):
    global failures
    print(f"{'ok     ' if good else 'FAILED '} {what}" + ("" if good else f": {got}"), flush=True)
    failures += not good


def dev(*words, place=PLACE, program=TROUPE):
    done = subprocess.run([os.path.join(SOURCES, "dev"), "cluster", *words, "--directory", place, "--program", program],
                          capture_output=True, text=True, timeout=240)
    done.said = done.stdout + done.stderr
    return done


def troupe(node, *words):
    return subprocess.run([TROUPE, *words, "--data", os.path.join(PLACE, node)], capture_output=True, text=True, timeout=60)


def pid_file(name):
    return os.path.join(PLACE, name + ".pid")


def pid(name):
    with open(pid_file(name)) as file:
        return int(file.read().split()[0])


def runs(number):
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def ports():
    with open(os.path.join(PLACE, "cluster.json")) as file:
        return json.load(file)["ports"]


def history(node):
    done = troupe(node, "run", "history", "w1", "--json")
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def what_is_typed_wrongly():
    for words in (("up", "0"), ("up", "x"), ("up", "27"), ("down", "--everything"), ("upp",), ()):
        done = dev(*words)
        check(f"'{' '.join(words)}' is refused as typed wrongly", done.returncode == 2 and not os.path.exists(PLACE), done.said)
    done = dev("status")
    check("without a cluster, status says how to make one", done.returncode == 1 and "./dev cluster up 3" in done.said, done.said)
    check("without a cluster, down has nothing to do", dev("down").returncode == 0)
    done = dev("up", "2", program=os.path.join(HOME, "absent"))
    check("a program that is not there is named", done.returncode == 1 and "no program" in done.said, done.said)
    other = os.path.join(HOME, "other")
    os.mkdir(other)
    open(os.path.join(other, "thesis"), "w").close()
    for words in (("up", "2"), ("down", "--erase")):
        dev(*words, place=other)
        check(f"'{' '.join(words)}' leaves a directory of somebody else alone", os.listdir(other) == ["thesis"], os.listdir(other))
    check("and says so", "something else" in dev("up", place=other).said)


def a_cluster_works():
    done = dev("up", "2")
    check("two nodes come up", done.returncode == 0 and "all are linked" in done.said, done.said)
    commands = re.findall(r"^  (\S*troupe .*)$", done.stdout, re.M)
    check("it says what to type next", len(commands) == 3, done.said)
    for one in commands:
        typed = subprocess.run(one.split(), capture_output=True, text=True, cwd=SOURCES, timeout=60)
        check("which works: " + one.split(" --data")[0].split("/")[-1], typed.returncode == 0, typed.stderr)
    members = json.loads(troupe("b", "cluster", "members", "--json").stdout)["members"]
    check("they are linked", len(members) == 2 and all(one.get("reachable") for one in members), members)
    check("they listen on loopback", all(one["address"].startswith("127.0.0.1:") for one in members), members)
    readable = [name for name in os.listdir(PLACE + "/certificates") if os.stat(f"{PLACE}/certificates/{name}").st_mode & 0o077]
    check("nobody else can read the keys", not readable, readable)
    flow = os.path.join(HOME, "flow.yaml")
    with open(flow, "w") as file:
        file.write("name: flow\nsteps:\n  - {id: say, task: {required: [troupe.echo]}, with: {text: \"'hello'\"}}\n")
    done = troupe("a", "run", "start", "--file", flow, "--id", "w1", "--wait")
    check("a workflow runs", done.returncode == 0, done.stderr)
    return history("a")


def it_may_be_repeated():
    before = pid("a"), pid("b")
    done = dev("up")
    check("up again changes nothing", done.returncode == 0 and (pid("a"), pid("b")) == before, done.said)
    done = dev("up", "3")
    check("another number of nodes is refused with the way out", done.returncode == 1 and "--erase" in done.said, done.said)
    done = dev("up", "2", "--ha")
    check("so is another kind", done.returncode == 1 and runs(before[0]), done.said)
    check("status finds both", dev("status").returncode == 0)
    os.kill(before[1], signal.SIGKILL)
    done = dev("status")
    check("and finds out who is not there", done.returncode == 1 and re.search(r"node b .*stopped", done.said), done.said)
    done = dev("up")
    check("up starts who is not there", done.returncode == 0 and pid("a") == before[0] and runs(pid("b")), done.said)


def down_stops_what_it_started(stranger):
    nodes = pid("a"), pid("b")
    with open(pid_file("b")) as file:
        known = file.read().split()
    with open(pid_file("b"), "w") as file:  # as if b had ended and its pid were a stranger's now
        file.write(" ".join([str(stranger.pid), *known[1:]]))
    done = dev("down")
    check("a pid of somebody else is left alone", done.returncode == 0 and stranger.poll() is None, done.said)
    check("the node that is known is stopped", not runs(nodes[0]))
    os.kill(nodes[1], signal.SIGKILL)
    done = dev("down")
    check("down again has nothing to do", done.returncode == 0 and "is stopped" not in done.said, done.said)


def the_data_is_kept(known):
    before = ports()
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", before["a"]))
        squatter.listen()
        done = dev("up")
        check("a port that is taken meanwhile is replaced", done.returncode == 0 and ports()["a"] != before["a"], done.said)
    for node in ("a", "b"):
        told = history(node)
        check(f"node {node} still knows what the run did", told == known and "completed" in str(told), told)
    check("down", dev("down").returncode == 0)


def a_node_that_cannot_start():
    with open(os.path.join(PLACE, "b", "CURRENT"), "w") as file:
        file.write("nothing\n")
    done = dev("up")
    check("the reason of a node that ends is shown", done.returncode == 1 and "exit code 9" in done.said and "corrupt" in done.said, done.said)
    check("and nothing is left running", "is stopped again" in done.said and not os.path.exists(pid_file("a")), done.said)
    done = dev("down", "--erase")
    check("erase removes all", done.returncode == 0 and not os.path.exists(PLACE), done.said)


stranger = subprocess.Popen(["sleep", "600"])
try:
    what_is_typed_wrongly()
    known = a_cluster_works()
    it_may_be_repeated()
    down_stops_what_it_started(stranger)
    the_data_is_kept(known)
    a_node_that_cannot_start()
finally:
    dev("down")
    stranger.kill()
    shutil.rmtree(HOME, ignore_errors=True)
sys.exit(1 if failures else 0)
