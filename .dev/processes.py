"""Processes that outlive the command which starts them, and that the next command finds again.
Invariant: only what was started here is ever signalled. A file names its pid, the moment it started and the boot of the machine, and
the kernel's own handle of it (pidfd) is compared with that before it is used: a pid that somebody else has by now is left alone."""
import os
import select
import signal
import subprocess
import time


class Trouble(Exception):
    """What a person has to know: what failed, and the command to type next."""

    def __init__(self, what, then=None):
        super().__init__(what)
        self.then = then


def identity(pid):
    """`PID STARTED BOOT` of a process that runs, else None; STARTED in clock ticks since boot, as in proc(5)."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        with open("/proc/sys/kernel/random/boot_id") as file:
            boot = file.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else f"{pid} {fields[19]} {boot}"


class Process:
    """One process, known by NAME.pid, which writes to NAME.log."""

    def __init__(self, directory, name):
        self.name, self.directory = name, directory
        self.file, self.log = (os.path.join(directory, f"{name}.{end}") for end in ("pid", "log"))
        self.child, self.log_from = None, 0

    def pid(self):
        """Of what runs; None if nothing does."""
        handle, pid = self._held()
        if handle is not None:
            os.close(handle)
        return pid

    def start(self, words):
        """In its directory, in a session of its own: Ctrl-C ends it no more than the end of this program."""
        def sign():  # in the child before it becomes the program, so that it never runs unknown
            with open(self.file, "w") as file:
                file.write(identity(os.getpid()))
        with open(self.log, "ab") as log:
            self.log_from = log.tell()
            self.child = subprocess.Popen(words, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          start_new_session=True, preexec_fn=sign)

    def wait_until(self, ready, seconds):
        """Until it is ready. It must have been started here."""
        deadline = time.monotonic() + seconds
        while not ready():
            code = self.child.poll()
            if code is not None:
                raise Trouble(f"{self.name} ended with exit code {code}:\n{self._said()}")
            if time.monotonic() > deadline:
                raise Trouble(f"{self.name} does not answer after {seconds} s:\n{self._said()}")
            time.sleep(0.05)

    def stop(self, how=signal.SIGTERM, seconds=60):
        """Ends it, with SIGKILL if it takes longer than `seconds`. True if it ran."""
        handle, _ = self._held()
        ran = handle is not None
        if ran:
            try:
                for each in (how, signal.SIGKILL):
                    signal.pidfd_send_signal(handle, each)
                    if select.select([handle], [], [], seconds)[0]:
                        break
            except ProcessLookupError:  # it has ended meanwhile
                pass
            os.close(handle)
        if self.child:
            self.child.wait()
        if os.path.exists(self.file):
            os.remove(self.file)
        return ran

    def _held(self):
        """A pidfd and its pid, or twice None."""
        try:
            with open(self.file) as file:
                known = file.read().strip()
            pid = int(known.split()[0])
            handle = os.pidfd_open(pid)
        except (FileNotFoundError, ProcessLookupError, ValueError, IndexError, OverflowError):
            return None, None
        if identity(pid) == known:
            return handle, pid
        os.close(handle)
        return None, None

    def _said(self):
        """Its last lines since it was started."""
        with open(self.log, errors="replace") as file:
            file.seek(self.log_from)
            lines = file.read().splitlines()
        return "\n".join("  " + line for line in lines[-8:])
