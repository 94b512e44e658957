#!/usr/bin/env python3
"""Whatever is done to a real node and its directory, its ledgers give nothing back: killed, restored, cut, copied back by hand,
or without their marks.
Usage: ledgers.py TROUPE   (the program)"""
import os
import shutil
import signal
import threading
import time

from node import BACKUPS, CONFIG, DATA, HOME, check, end_node, journey, moment, start_node, told, troupe

LIMIT, STEP = 64000, 1000


def restart(how=signal.SIGTERM, data=DATA):
    end_node(how)
    start_node(data)


def charge(amount, data=DATA):
    return troupe("ledger", "charge", "purse", str(amount), "--for", "a test", data=data)


def spent(data=DATA):
    return int(told("ledger", "show", "purse", data=data)["spent"])


def restore(*words, data=DATA):
    shutil.rmtree(data, ignore_errors=True)
    done = troupe("backup", "restore", *words, "--config", CONFIG, data=data)
    check(f"{' '.join(words) or 'the latest'} is restored", done.returncode == 0, done.stderr)


def holds(what, at_least, data=DATA):
    """Nothing was given back, and no more than a step taken."""
    now = spent(data)
    check(f"{what}: nothing is given back", at_least <= now <= at_least + STEP, f"{at_least} was spent, {now} is shown")
    over = charge(LIMIT - at_least + 1, data)
    check(f"{what}: an overdraft is refused", over.returncode == 5 and "was asked for" in over.stderr, over.stderr)
    restart(data=data)
    check(f"{what}: a restart changes nothing", spent(data) == now, spent(data))
    return now


def killed_while_charging():
    """Charges one by one until the node is killed; gives what was answered and what was tried."""
    answered, tried = [], []

    def load():
        while charge(1).returncode == 0:
            answered.append(1)
            tried.append(1)
        tried.append(1)

    before = spent()
    caller = threading.Thread(target=load)
    caller.start()
    while len(answered) < 15 and caller.is_alive():
        time.sleep(0.01)
    check("charges are answered until the node is killed", caller.is_alive())
    end_node(signal.SIGKILL)
    caller.join()
    start_node()
    return before + len(answered), before + len(tried)


def main():
    with open(CONFIG, "w") as file:
        file.write(f'[backup]\ndirectory = "{BACKUPS}"\nevery_minutes = 10000\nkeep = 9\nalert_after_minutes = 20000\n')
    start_node()
    check("a node without ledgers makes no marks", not os.path.exists(DATA + ".spent"))
    check("a ledger that was never begun is not found", charge(1).returncode == 3)
    told("ledger", "limit", "purse", str(LIMIT), "--unit", "usd-micro")
    check("a charge is taken", charge(100).returncode == 0)
    told("backup", "create")
    check("a larger one is taken", charge(2000).returncode == 0)
    before_more = moment()
    check("and another one", charge(3000).returncode == 0)
    told("backup", "create")
    check("one that is in no backup is taken", charge(700).returncode == 0)
    history = told("run", "history", "default/ledger/purse")["entries"]
    check("its history tells it", "charges 700 for a test" in history[-1]["summary"], history)

    for life in range(3):
        answered, tried = killed_while_charging()
        check(f"killed, {life}: what was answered is spent and no mark is taken for it", answered <= spent() <= tried,
              f"{answered} <= {spent()} <= {tried}")

    so_far = spent()
    end_node(signal.SIGKILL)
    restore()
    start_node()
    so_far = holds("the latest backup", so_far)
    end_node(signal.SIGKILL)
    restore("--at", before_more)
    start_node()
    so_far = holds("a cut", so_far)

    end_node(signal.SIGTERM)
    shutil.copytree(DATA, DATA + ".old", ignore=shutil.ignore_patterns("control"))
    start_node()
    check("one more unit is spent", charge(1).returncode == 0)
    end_node(signal.SIGKILL)
    shutil.rmtree(DATA)
    os.rename(DATA + ".old", DATA)
    start_node()
    so_far = holds("an older copy", so_far + 1)

    other = os.path.join(HOME, "other")
    end_node(signal.SIGTERM)
    restore(data=other)
    start_node(other)
    refused = charge(1, other)
    check("elsewhere, without marks: exhausted", refused.returncode == 5 and "missing" in refused.stderr, refused.stderr)
    check("and told what to type", "next:   troupe ledger confirm default/ledger/purse --spent N" in refused.stderr, refused.stderr)
    restart(data=other)
    check("after a restart, too", charge(1, other).returncode == 5)
    check("less than it knows of is not believed",
          troupe("ledger", "confirm", "purse", "--spent", "5099", data=other).returncode == 2)
    told("ledger", "confirm", "purse", "--spent", str(so_far), data=other)
    check("confirmed, it spends", charge(1, other).returncode == 0)
    restart(signal.SIGKILL, other)
    check("and keeps both", spent(other) == so_far + 1 and charge(1, other).returncode == 0, spent(other))
    end_node(signal.SIGTERM)

    marks = next(os.path.join(at, "MARKS") for at, _, files in os.walk(DATA + ".spent") if "MARKS" in files)
    with open(marks, "r+b") as file:
        file.seek(-40, os.SEEK_END)
        byte = file.read(1)
        file.seek(-40, os.SEEK_END)
        file.write(bytes([byte[0] ^ 1]))
    start_node()
    check("with a flipped bit in its mark: exhausted", charge(1).returncode == 5)
    check("the doctor still finds the store sound", not end_node(signal.SIGTERM) and troupe("doctor").returncode == 0)


def sealed():
    """The same of a store that is sealed; and no file tells whose ledgers there are."""
    data, backups, key = (os.path.join(HOME, name) for name in ("sealed", "sealed-backups", "key"))
    check("a key is made", troupe("keys", "new", key).returncode == 0)
    with open(CONFIG, "w") as file:
        file.write(f'[keys]\nmaster_key_file = "{key}"\n[backup]\ndirectory = "{backups}"\nevery_minutes = 10000\n'
                   'alert_after_minutes = 20000\n')
    start_node(data)
    told("ledger", "limit", "purse", str(LIMIT), "--unit", "usd-micro", data=data)
    told("backup", "create", data=data)
    check("sealed: a charge is taken", charge(3000, data).returncode == 0)
    end_node(signal.SIGKILL)
    files = [os.path.join(at, name) for root in (data, data + ".spent", backups) for at, _, names in os.walk(root)
             for name in names if os.path.isfile(os.path.join(at, name))]
    telling = [name for name in files for content in [open(name, "rb").read()]
               if any(word in content for word in (b"purse", b"usd-micro", b"a test"))]
    check("sealed: no file tells of the ledger", len(files) > 5 and not telling, telling)
    restore(data=data)
    start_node(data)
    holds("sealed", 3000, data)
    end_node(signal.SIGTERM)


journey(main, sealed)
