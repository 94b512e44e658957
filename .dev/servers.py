"""What a highly available cluster stands on, for one machine: PostgreSQL and etcd of its own, on loopback, both with fsync on."""
import glob
import os
import secrets
import shutil
import signal
import subprocess
import urllib.request

from processes import Process, Trouble


class Postgres(Process):
    """A server with one database `troupe`, which asks for a password: loopback is open to everybody on the machine."""
    what = "PostgreSQL"

    def __init__(self, directory, ports):
        super().__init__(directory, "postgres")
        self.port = ports["postgres"]
        self.passfile = os.path.join(directory, "postgres.pass")
        self.place = os.path.join(directory, "postgres")

    def up(self):
        programs = max(glob.glob("/usr/lib/postgresql/*/bin/"), default=None, key=lambda p: int(p.split("/")[4]))
        if not programs:
            raise Trouble("PostgreSQL is not installed", "apt-get install postgresql")
        made = os.path.join(self.place, "made")
        if not os.path.exists(made):
            self._make(programs)
            open(made, "w").close()
        settings = (f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=on")
        self.start(self._words(programs + "postgres", "-D", os.path.join(self.place, "data"),
                               *(word for one in settings for word in ("-c", one))))
        self.wait_until(lambda: self._ask(programs, "select 1") == "1", 60)
        if not self._ask(programs, "select 1 from pg_database where datname = 'troupe'"):
            self._ask(programs, "create database troupe")

    def down(self):
        return self.stop(signal.SIGINT)  # "fast": sessions are ended, what is committed is written

    def address(self):
        return f"postgresql://troupe@127.0.0.1:{self.port}/troupe?passfile=postgres.pass"

    def _make(self, programs):
        shutil.rmtree(self.place, ignore_errors=True)
        os.mkdir(self.place)
        password = secrets.token_hex(16)
        told = os.path.join(self.place, "password")
        with open(told, "w") as file:
            file.write(password)
        if os.geteuid() == 0:
            os.chmod(self.directory, 0o711)  # the server's user has to pass
            for path in (self.place, told):
                shutil.chown(path, "postgres", "postgres")
            if subprocess.run(self._words("test", "-r", told)).returncode != 0:
                raise Trouble(f"user postgres, as which the server runs, cannot enter {self.directory}", "be another user than root")
        done = subprocess.run(self._words(programs + "initdb", "--auth=scram-sha-256", "--username=troupe", f"--pwfile={told}",
                                          "--encoding=UTF8", "--locale=C", "-D", os.path.join(self.place, "data")),
                              capture_output=True, text=True, cwd="/")
        os.remove(told)
        if done.returncode != 0:
            raise Trouble(f"initdb failed:\n{done.stdout}{done.stderr}")
        with open(self.passfile, "w") as file:
            file.write(f"127.0.0.1:*:*:troupe:{password}\n")

    def _words(self, *words):
        """It refuses to run as root."""
        root = ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups") if os.geteuid() == 0 else ()
        return [*root, *words]

    def _ask(self, programs, what):
        """The answer, or None."""
        done = subprocess.run([programs + "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "troupe", "-d", "postgres", "-w", "-tAXc", what],
                              capture_output=True, text=True, env={**os.environ, "PGPASSFILE": self.passfile})
        return done.stdout.strip() if done.returncode == 0 else None


class Etcd(Process):
    """One member."""
    what = "etcd"

    def __init__(self, directory, ports):
        super().__init__(directory, "etcd")
        self.port, self.peer_port = ports["etcd"], ports["etcd peers"]

    def up(self):
        if not shutil.which("etcd"):
            raise Trouble("etcd is not installed", "apt-get install etcd-server")
        peers = f"http://127.0.0.1:{self.peer_port}"
        self.start(["etcd", "--name", "one", "--data-dir", "etcd", "--listen-client-urls", self.address(),
                    "--advertise-client-urls", self.address(), "--listen-peer-urls", peers,
                    "--initial-advertise-peer-urls", peers, "--initial-cluster", f"one={peers}"])
        self.wait_until(self._well, 60)

    def down(self):
        return self.stop()

    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def _well(self):
        try:
            with urllib.request.urlopen(self.address() + "/health", timeout=2) as answer:
                return b'"true"' in answer.read()
        except OSError:
            return False
