#!/usr/bin/env python3
"""What docs/deploy/kubernetes.yaml tells pods to do is done by processes: they come up, are linked, every probe passes, SIGTERM ends them in time
with 0, and a pod that is made anew has its data. The certificates are made by the commands of docs/guides/deploy.md. Nothing of Kubernetes runs.
Usage: deployed.py TROUPE SOURCES"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import yaml

TROUPE, SOURCES = sys.argv[1:]
HOME = tempfile.mkdtemp(prefix="troupe-pods-")
failures = 0
pods = {}


def check(what, good, got=""):
    global failures
    print(f"{'ok     ' if good else 'FAILED '} {what}" + ("" if good else f": {got}"), flush=True)
    failures += not good


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Pod:
    """A pod's container: its mounts are directories, and paths in what it is told are theirs."""

    def __init__(self, things, name):
        self.name = name
        self.spec = things["StatefulSet"]["spec"]["template"]["spec"]
        self.container = self.spec["containers"][0]
        self.paths = {mount["mountPath"]: os.path.join(HOME, name, mount["name"]) for mount in self.container["volumeMounts"]}
        self.paths["/etc/troupe/certificates"] = os.path.join(HOME, "certificates")
        self.paths["/etc/troupe/troupe.toml"] = os.path.join(HOME, name, "told.toml")
        for path in self.paths.values():
            if not path.endswith(".toml"):
                os.makedirs(path, exist_ok=True)
        with open(self.paths["/etc/troupe/troupe.toml"], "w") as file:
            file.write(self.here(things["ConfigMap"]["data"]["troupe.toml"]))
        fields = {one["name"]: one["valueFrom"]["fieldRef"]["fieldPath"] for one in self.container["env"]}
        self.environment = {key: {"metadata.name": name}[path] for key, path in fields.items()}

    def here(self, text):
        longest_first = "|".join(re.escape(path) for path in sorted(self.paths, key=len, reverse=True))
        return re.sub(rf"({longest_first})(?![\w-])", lambda found: self.paths[found[1]], text)

    def start(self):
        with open(os.path.join(HOME, self.name, "log"), "a") as log:
            self.process = subprocess.Popen([self.here(word) for word in self.container["command"]], stderr=log,
                                            env={"PATH": f"{os.path.dirname(TROUPE)}:/usr/bin:/bin", **self.environment})

    def probe(self, which):
        probe = self.container[which]
        return subprocess.run([self.here(word) for word in probe["exec"]["command"]], capture_output=True, text=True, timeout=probe["timeoutSeconds"],
                              env={"PATH": os.path.dirname(TROUPE)})

    def ask(self, *words):
        return subprocess.run([TROUPE, *words, "--data", self.here("/var/lib/troupe/data")], capture_output=True, text=True, timeout=60)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(self.spec["terminationGracePeriodSeconds"])


def certificates():
    with open(os.path.join(SOURCES, "docs", "guides", "deploy.md")) as file:
        commands = re.search(r"```sh\n(ec=.*?)```", file.read(), re.S)[1]
    commands = "\n".join(line for line in commands.splitlines() if not line.startswith("kubectl"))
    os.mkdir(os.path.join(HOME, "certificates"))
    done = subprocess.run(["bash", "-ec", commands], cwd=os.path.join(HOME, "certificates"), capture_output=True, text=True)
    check("certificates are made as the guide says", done.returncode == 0, done.stderr)


def wait_for(what, holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            logs = [open(os.path.join(HOME, name, "log")).read()[-1000:] for name in pods]
            sys.exit(f"FAILED  in time: {what}: {logs}")
        time.sleep(0.1)
    check(what, True)


def linked(pod):
    done = pod.ask("cluster", "members", "--json")
    return done.returncode == 0 and all(one.get("reachable") for one in json.loads(done.stdout)["members"])


def main():
    with open(os.path.join(SOURCES, "docs", "deploy", "kubernetes.yaml")) as file:
        text = file.read()
    for host in set(re.findall(r"[\w-]+\.troupe\.troupe\.svc\.cluster\.local:7800", text)):
        text = text.replace(host, f"localhost:{free_port()}")
    things = {thing["kind"]: thing for thing in yaml.safe_load_all(text)}
    certificates()
    for i in range(things["StatefulSet"]["spec"]["replicas"]):
        pods[f"troupe-{i}"] = Pod(things, f"troupe-{i}")
    first, *others = pods.values()
    check("before a start, a probe fails", first.probe("startupProbe").returncode != 0)
    for pod in pods.values():
        pod.start()
    for pod in pods.values():
        wait_for(f"{pod.name} has started, as its probe says", lambda p=pod: p.probe("startupProbe").returncode == 0)
        for which in ("readinessProbe", "livenessProbe"):
            done = pod.probe(which)
            check(f"{which} of {pod.name} passes", done.returncode == 0, done.stderr)
    wait_for("all are linked", lambda: all(linked(pod) for pod in pods.values()))
    done = first.ask("run", "start", "--capability", "troupe.echo", "--input", "text=hi", "--id", "hello", "--wait")
    check("they work", done.returncode == 0, done.stderr)
    done = first.ask("ledger", "limit", "purse", "10", "--unit", "usd")
    check("they count", done.returncode == 0, done.stderr)
    spent = [pod.name for pod in pods.values() if os.path.isdir(pod.here("/var/lib/troupe-spent/ledgers"))]
    beside = [pod.name for pod in pods.values() if os.path.exists(pod.here("/var/lib/troupe/data.spent"))]
    check("on the volume that is for it", spent and not beside, (spent, beside))
    for pod in pods.values():
        code = pod.end()
        check(f"{pod.name} ends in time when it is told to", code == 0, code)
    shutil.rmtree(first.here("/run/troupe"))
    os.mkdir(first.here("/run/troupe"))
    for pod in pods.values():
        pod.start()
    wait_for("pods that are made anew are linked", lambda: all(linked(pod) for pod in pods.values()))
    done = others[0].ask("run", "describe", "hello")
    check("and have their data", done.returncode == 0, done.stderr)


try:
    main()
finally:
    for one in pods.values():
        if hasattr(one, "process") and one.process.poll() is None:
            one.process.kill()
    shutil.rmtree(HOME, ignore_errors=True)
sys.exit(1 if failures else 0)
