#!/usr/bin/env python3
"""A cluster on this machine: `./dev cluster up N [--ha] | down [--erase] | status`. Everything listens on loopback, on ports that were free
when the cluster was made. What is said and written here is what docs/guides/run_a_cluster.md does by hand.
Invariant: each command may be repeated, also after it was interrupted anywhere, and touches nothing but its directory and what it started."""
import argparse
import fcntl
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time

from processes import Process, Trouble
from servers import Etcd, Postgres

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
USUAL = os.path.join(ROOT, "build", "cluster")
MOST_NODES = 26  # a letter each
DAYS = 3650  # certificates of a cluster that nobody outside of this machine can reach are not renewed


def say(text):
    print(text, flush=True)


def short(path):
    return min(os.path.relpath(path), os.path.abspath(path), key=len)


def pick_ports(names):
    """Free ones, below those the kernel gives to outgoing connections: nobody gets one by chance while a node is down."""
    free = (port for port in random.sample(range(16000, 32000), 16000) if not taken(port))
    return {name: next(free) for name in names}


def taken(port):
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what a connection of the past leaves is in nobody's way
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


class Node(Process):
    """One node of the cluster."""

    def __init__(self, cluster, name):
        super().__init__(cluster.directory, name)
        self.program, self.what = cluster.program, f"node {name}"

    def ask(self, *words):
        """By the program it was started with, or, where that is gone, by what still runs."""
        program = self.program if os.access(self.program, os.X_OK) else f"/proc/{self.pid()}/exe"
        try:
            return subprocess.run([program, *words, "--data", self.name, "--timeout", "10"],
                                  cwd=self.directory, capture_output=True, text=True)
        except FileNotFoundError:  # it has ended
            return subprocess.CompletedProcess(words, 1)

    def up(self):
        self.start([self.program, "node", "--config", f"{self.name}.toml"])
        self.wait_until(lambda: self.ask("status").returncode == 0, 60)

    def down(self):
        return self.stop()

    def links(self):
        """The names of members it has no link to; None if it does not answer."""
        done = self.ask("cluster", "members", "--json")
        if done.returncode != 0:
            return None
        return [one["node"] for one in json.loads(done.stdout)["members"] if not one.get("reachable")]


class Cluster:
    """What is in its directory, and who runs."""

    def __init__(self, directory, program):
        self.directory, self.program = os.path.abspath(directory), program
        self.shown = short(self.directory)
        self.record = os.path.join(self.directory, "cluster.json")
        self._read()

    def lock(self):
        """One command at a time; until this program ends."""
        self.held = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.flock(self.held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(f"another ./dev cluster is at work in {self.shown}") from None
        self._read()  # what another one has done until now

    def make(self, count, ha):
        nodes = [chr(ord("a") + i) for i in range(count)]
        servers = ["postgres", "etcd", "etcd peers"] if ha else []
        self._keep({"nodes": nodes, "ha": ha, "ports": pick_ports([*nodes, *servers])})
        say(f"a cluster of {count} in {self.shown}")

    def move_to_free_ports(self):
        """Of what does not run: somebody else may have taken one meanwhile."""
        lost = [name for name, port in self.made["ports"].items() if taken(port)]
        running = [one for one in self.all() if one.pid()]
        ours = {name for one in running for name in self.made["ports"] if name.split()[0] == one.name}
        lost = [name for name in lost if name not in ours]
        if lost and running:
            raise Trouble(f"port {self.made['ports'][lost[0]]} of {lost[0]} is taken by another program",
                          "./dev cluster down, then up chooses others")
        if lost:
            self._keep({**self.made, "ports": pick_ports(self.made["ports"])})
            say("other ports: one was taken")

    def certificates(self):
        """An authority, and a certificate for each node that names it by its URI."""
        place = os.path.join(self.directory, "certificates")
        if os.path.exists(place):
            return
        shutil.rmtree(place + ".new", ignore_errors=True)
        os.mkdir(place + ".new")

        def openssl(*words):
            done = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                                   "-days", str(DAYS), *words], cwd=place + ".new", capture_output=True, text=True)
            if done.returncode != 0:
                raise Trouble(f"openssl failed:\n{done.stderr}")

        openssl("-subj", "/CN=authority", "-keyout", "authority.key", "-out", "authority.pem")
        for n in self.made["nodes"]:
            openssl("-CA", "authority.pem", "-CAkey", "authority.key", "-subj", f"/CN={n}",
                    "-addext", f"subjectAltName=URI:troupe://local/{n}", "-keyout", f"{n}.key", "-out", f"{n}.pem")
        os.rename(place + ".new", place)
        say(f"certificates of an authority and {len(self.made['nodes'])} nodes: {self.shown}/certificates")

    def configure(self):
        """Written each time: the ports may be others. Paths begin in the cluster's directory, where the nodes work."""
        members = "; ".join(f"{n} 127.0.0.1:{self.made['ports'][n]}" for n in self.made["nodes"])
        store = etcd = ""
        if self.made["ha"]:
            store = f'[store]\npostgres = "{self.server(Postgres).address()}"\n\n'
            etcd = f'etcd = "{self.server(Etcd).address()}"\n'
        for n in self.made["nodes"]:
            with open(os.path.join(self.directory, f"{n}.toml"), "w") as file:
                file.write(f'[node]\nname = "{n}"\ndata_directory = "./{n}"\n\n{store}[cluster]\nid = "local"\nmembers = "{members}"\n{etcd}'
                           f'certificate = "certificates/{n}.pem"\nkey = "certificates/{n}.key"\nauthority = "certificates/authority.pem"\n')

    def server(self, kind):
        return kind(self.directory, self.made["ports"])

    def nodes(self):
        return [Node(self, n) for n in self.made["nodes"]]

    def all(self):
        """In the order in which they start."""
        return [*(self.server(kind) for kind in ((Postgres, Etcd) if self.made["ha"] else ())), *self.nodes()]

    def _read(self):
        try:
            with open(self.record) as file:
                self.made = json.load(file)
        except FileNotFoundError:
            self.made = None

    def _keep(self, made):
        with open(self.record + ".new", "w") as file:
            json.dump(made, file, indent=1)
        os.rename(self.record + ".new", self.record)
        self.made = made


def up(cluster, said):
    if not os.access(cluster.program, os.X_OK):
        raise Trouble(f"no program {short(cluster.program)}", "./dev cluster up, which builds it")
    if cluster.made is None and os.path.isdir(cluster.directory) and set(os.listdir(cluster.directory)) - {"cluster.json.new"}:
        raise Trouble(f"{cluster.shown} holds something else")
    os.makedirs(os.path.dirname(cluster.directory), exist_ok=True)
    os.umask(0o077)
    os.makedirs(cluster.directory, exist_ok=True)
    cluster.lock()
    if cluster.made is None:
        cluster.make(said.count or 3, said.ha)
    have = len(cluster.made["nodes"])
    if said.count not in (None, have) or said.ha and not cluster.made["ha"]:
        raise Trouble(f"{cluster.shown} holds a cluster of {have}{', highly available' if cluster.made['ha'] else ''}: which node has which data "
                      "was settled when it was made", f"./dev cluster up {have}, or ./dev cluster down --erase, and up again without its data")
    cluster.move_to_free_ports()
    cluster.certificates()
    cluster.configure()
    started = []
    try:
        for one in cluster.all():
            if one.pid():
                say(f"{one.what} runs already, process {one.pid()}")
                continue
            started.append(one)
            one.up()
            where = f"127.0.0.1:{cluster.made['ports'][one.name]}"
            say(f"{one.what} runs on {where}, process {one.pid()}, log {cluster.shown}/{one.name}.log")
        wait_for_links(cluster.nodes())
    except BaseException:
        for one in reversed(started):
            one.down()
        if started:
            say("what was started just now is stopped again")
        raise
    show_next(cluster)


def wait_for_links(nodes):
    deadline = time.monotonic() + 60
    for node in nodes:
        while (silent := node.links()) != []:
            if time.monotonic() > deadline:
                raise Trouble(f"{node.what} " + (f"has no link to {', '.join(silent)}" if silent else "does not answer"), f"read {node.log}")
            time.sleep(0.1)
    say("all are linked")


def show_next(cluster):
    program, data = short(cluster.program), os.path.join(cluster.shown, cluster.made["nodes"][0])
    where = "" if cluster.directory == USUAL else f" --directory {cluster.shown}"
    say(f"""
next:
  {program} cluster members --data {data}
  {program} cluster shards --data {data}
  {program} run start --capability troupe.echo --input text=hi --wait --data {data}
  ./dev cluster status{where}
  ./dev cluster down{where}""")


def down(cluster, said):
    if cluster.made is None:
        say(f"no cluster in {cluster.shown}")
        return
    cluster.lock()
    for one in reversed(cluster.all()):
        recorded = os.path.exists(one.file)
        if one.down():
            say(f"{one.what} is stopped")
        elif recorded:
            say(f"{one.what} had ended already")
    if said.erase:
        shutil.rmtree(cluster.directory)
        say(f"{cluster.shown} is erased")
    else:
        say(f"the data stays in {cluster.shown}; ./dev cluster up goes on with it, ./dev cluster down --erase removes it")


def status(cluster, _):
    if cluster.made is None:
        raise Trouble(f"no cluster in {cluster.shown}", "./dev cluster up 3")
    well = True
    for one in cluster.all():
        state, pid = "stopped", one.pid()
        if pid:
            silent = one.links() if isinstance(one, Node) else []
            state = f"process {pid}" + (", does not answer" if silent is None else f", no link to {', '.join(silent)}" if silent else "")
        well = well and bool(pid) and not silent
        say(f"{one.what:<12}127.0.0.1:{cluster.made['ports'][one.name]:<7}{state}")
    sys.exit(0 if well else 1)


def count(text):
    if not text.isdigit() or not 1 <= int(text) <= MOST_NODES:
        raise argparse.ArgumentTypeError(f"'{text}': a number of nodes from 1 to {MOST_NODES} is needed")
    return int(text)


def main():
    everybody = argparse.ArgumentParser(add_help=False)
    everybody.add_argument("--directory", default=USUAL, help="where it is; build/cluster if nothing is said")
    everybody.add_argument("--program", default=os.path.join(ROOT, "build", "release", "troupe"), help="the `troupe` that runs")
    parser = argparse.ArgumentParser(prog="./dev cluster", description="A cluster on this machine, on loopback.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("up", parents=[everybody], help="make it, or start what does not run")
    one.add_argument("count", nargs="?", type=count, metavar="N", help="nodes; 3 if nothing is said")
    one.add_argument("--ha", action="store_true", help="with PostgreSQL and etcd of its own: shards move by themselves")
    one.set_defaults(does=up)
    one = commands.add_parser("down", parents=[everybody], help="stop what `up` has started")
    one.add_argument("--erase", action="store_true", help="remove its data, too")
    one.set_defaults(does=down)
    commands.add_parser("status", parents=[everybody], help="who runs; exit code 1 if somebody does not").set_defaults(does=status)
    said = parser.parse_args()
    try:
        said.does(Cluster(said.directory, os.path.abspath(said.program)), said)
    except Trouble as trouble:
        print(f"cluster: {trouble}" + (f"\nnext: {trouble.then}" if trouble.then else ""), file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
