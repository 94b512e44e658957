"""For the journeys in Python: a real node with a directory of its own, what is said to it, and checks.
The first word of the command line is the program."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

TROUPE = sys.argv[1]
HOME = tempfile.mkdtemp(prefix="troupe-journey-")
DATA, BACKUPS, CONFIG, LOG = (os.path.join(HOME, name) for name in ("data", "backups", "troupe.toml", "log"))
failures = 0
node = None


def check(what, good, got=""):
    global failures
    print(f"{'ok     ' if good else 'FAILED '} {what}" + ("" if good else f": {got}"), flush=True)
    failures += not good


def troupe(*words, data=DATA):
    return subprocess.run([TROUPE, *words, "--data", data], capture_output=True, text=True, timeout=120)


def told(*words, data=DATA):
    done = troupe(*words, "--json", data=data)
    if done.returncode != 0:
        sys.exit(f"FAILED  troupe {' '.join(words)}: {done.stderr}")
    return json.loads(done.stdout)


def start_node(data=DATA):
    global node
    with open(LOG, "a") as log:
        node = subprocess.Popen([TROUPE, "node", "--config", CONFIG, "--data", data], stderr=log)
    for _ in range(600):
        if troupe("status", data=data).returncode == 0:
            return
        time.sleep(0.05)
    sys.exit("FAILED  the node never answered:\n" + open(LOG).read())


def end_node(how):
    node.send_signal(how)
    node.wait()


def moment():
    """Now, as --at takes it."""
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}Z"


def journey(*parts):
    """Goes all of it and ends the program: with 1 if a check failed."""
    try:
        for part in parts:
            part()
    finally:
        if node and node.poll() is None:
            node.kill()
        shutil.rmtree(HOME, ignore_errors=True)
    sys.exit(1 if failures else 0)
