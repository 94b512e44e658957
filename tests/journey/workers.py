#!/usr/bin/env python3
"""The example worker in Node.js at a real node: it does the steps of a workflow, is killed in the middle and started again; the run
completes, and each page has been printed as often as attempts say.
Usage: workers.py TROUPE SOURCE PLACE   (the program, the sources, a directory for what npm installs); exits with 77 without npm or its registry"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

if not shutil.which("npm") or not shutil.which("node"):
    sys.exit(77)
import node
from node import CONFIG, DATA, HOME, check, journey, start_node, told, troupe

SOURCE, PLACE = sys.argv[2:4]
EXAMPLE = os.path.join(SOURCE, "examples", "worker-node")
OUT = os.path.join(HOME, "printed")
WORKER_LOG = os.path.join(HOME, "worker.log")
worker = None
address = ""
STEPS, PAGES = 6, 5


def install():
    """npm ci into PLACE, once for each lock file."""
    os.makedirs(PLACE, exist_ok=True)
    mark = os.path.join(PLACE, "installed")
    lock = open(os.path.join(EXAMPLE, "package-lock.json")).read()
    if not os.path.exists(mark) or open(mark).read() != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(EXAMPLE, name), PLACE)
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline",
                               "--cache", os.path.join(PLACE, "cache")], cwd=PLACE, capture_output=True, text=True, timeout=150)
        if done.returncode != 0:
            print("npm ci:", done.stderr[-2000:])
            sys.exit(77 if re.search("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|network", done.stderr) else 1)
        with open(mark, "w") as out:
            out.write(lock)
    shutil.copy(os.path.join(EXAMPLE, "worker.js"), PLACE)


def token():
    for line in open(os.path.join(DATA, "control", "tokens")):
        words = line.split("#")[0].split()
        if words:
            return words[2]


def start_worker(name="printer-1", shown=None, **more):
    global worker
    environment = dict(os.environ, TROUPE_ADDRESS=address, TROUPE_TOKEN=shown or token(), WORKER_NAME=name, WORKER_OUT=OUT,
                       TROUPE_PROTO=os.path.join(SOURCE, "runtime", "proto", "worker.proto"), **more)
    with open(WORKER_LOG, "a") as log:
        worker = subprocess.Popen(["node", "worker.js"], cwd=PLACE, env=environment, stdout=log, stderr=log)


def until(what, holds):
    for _ in range(600):
        if holds():
            return True
        time.sleep(0.05)
    check(what, False, open(WORKER_LOG).read()[-2000:])
    return False


def workers():
    return told("workers").get("workers", [])


def pages():
    return sorted(os.listdir(OUT)) if os.path.isdir(OUT) else []


def attempts(page):
    return [int(line.split()[1]) for line in open(os.path.join(OUT, page))]


def begin():
    global address
    install()
    with open(CONFIG, "w") as out:
        out.write('[worker_api]\naddress = "127.0.0.1:0"\nlease_seconds = 5\n[tasks]\ninitial_delay_ms = 50\n')
    start_node()
    address = "127.0.0.1:" + re.search(r'"port":"?(\d+)', open(node.LOG).read())[1]
    start_worker("nobody", shown="0" * 32)
    until("a stranger is told", lambda: "nobody has this token" in open(WORKER_LOG).read())
    worker.kill()
    worker.wait()
    check("a stranger does not get in", workers() == [])
    start_worker()
    until("the worker gets in", lambda: len(workers()) == 1)
    check("its agent is there", "printer-1" in troupe("agents", "list").stdout)


def one_task():
    done = troupe("run", "start", "--capability", "text.upper", "--input", "text=quiet", "--wait")
    check("it does a lone task", done.returncode == 0 and "QUIET" in done.stdout, done.stdout + done.stderr)
    wrong = troupe("run", "start", "--capability", "page.print", "--input", "pages=none", "--wait")
    check("its failure is the task's, and no attempt more", wrong.returncode != 0 and "pages is no number above 0" in wrong.stdout + wrong.stderr,
          wrong.stdout + wrong.stderr)


def killed_in_the_middle():
    steps = [{"id": f"s{i}", "task": {"required": ["page.print"], "inputs": {"pages": str(PAGES)}}} for i in range(STEPS)]
    for before, step in zip(steps, steps[1:]):
        step["needs"] = [before["id"]]
    path = os.path.join(HOME, "book.json")
    with open(path, "w") as out:
        json.dump({"name": "book", "steps": steps}, out)
    begun = troupe("run", "start", "--file", path, "--id", "book-1")
    check("a run begins", begun.returncode == 0, begun.stderr)
    until("it prints", lambda: len(pages()) >= PAGES * 2 + 2)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    done_before = len(pages())
    check("it was in the middle", done_before < STEPS * PAGES, str(done_before))
    until("the node notices", lambda: workers() == [])
    check("nobody else can, so the run waits", '"running"' in json.dumps(told("run", "describe", "book-1")).lower()
          or "RUN_RUNNING" in json.dumps(told("run", "describe", "book-1")))
    start_worker()
    done = troupe("run", "describe", "book-1", "--wait")
    check("the run completes", done.returncode == 0, done.stdout + done.stderr)
    check("every page of every step is there", len(pages()) == STEPS * PAGES, str(pages()))
    again = [page for page in pages() if len(attempts(page)) > 1]
    check("at most the page at hand was printed twice", len(again) <= 1, str(again))
    later = [page for page in pages() if 2 in attempts(page)]
    check("the lost lease counts as an attempt, of one step", len({page.rsplit(".", 1)[0] for page in later}) == 1, str(later))
    check("the second attempt began behind the checkpoint", 0 < len(later) < PAGES, str(later))
    history = troupe("run", "history", "book-1").stdout
    check("the history says why", "worker 'printer-1' lost the lease of attempt 1: its connection ended" in history, history)


def ends_gently():
    worker.send_signal(signal.SIGTERM)
    check("a worker that drains ends well", worker.wait(timeout=20) == 0)
    node.end_node(signal.SIGTERM)


try:
    journey(begin, one_task, killed_in_the_middle, ends_gently)
finally:
    if worker and worker.poll() is None:
        worker.kill()
