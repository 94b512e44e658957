#!/usr/bin/env python3
"""Every template with real tools on a real node: a project is built, deployed, broken, mended, audited; a deployment that fails
is rolled back, and one whose node is killed goes on.
Usage: templates.py TROUPE SPECIALISED_AGENTS   (the programs); exits with 77 if there is no git"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

if not shutil.which("git"):
    sys.exit(77)
import node
from node import DATA, HOME, LOG, check, journey, told, troupe

AGENTS = sys.argv[2]
PLACE = os.path.join(HOME, "workspace")
SHOP = os.path.join(PLACE, "projects", "shop")


def start_agents():
    with open(LOG, "a") as log:
        node.node = subprocess.Popen([AGENTS, "--data", DATA, "--workspace", PLACE], stderr=log)
    for _ in range(600):
        if troupe("status").returncode == 0:
            return
        time.sleep(0.05)
    sys.exit("FAILED  the node never answered:\n" + open(LOG).read())


def start(template, run, *words, **inputs):
    given = [word for name, value in inputs.items() for word in ("--input", f"{name}={value}")]
    return troupe("run", "--template", template, "--id", run, *given, *words)


def git(*words):
    done = subprocess.run(["git", "-C", SHOP, "-c", "user.name=ann", "-c", "user.email=ann@localhost", *words],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"FAILED  git {' '.join(words)}: {done.stderr}")
    return done.stdout.strip()


def commit(file, text, message):
    path = os.path.join(SHOP, file)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as out:
        out.write(text)
    git("add", "-A")
    git("commit", "-q", "-m", message)


def running(environment):
    current = os.path.join(PLACE, "deployments", "shop", environment, "current")
    return os.path.basename(os.path.realpath(current)) if os.path.exists(current) else ""


def until(what, holds):
    for _ in range(400):
        if holds():
            return
        time.sleep(0.05)
    check(what, False, "never")


def development():
    done = start("development", "dev-1", "--wait", name="shop", requirements='["greets a customer", "counts the money"]')
    check("requirements become a merged release", done.returncode == 0, done.stdout + done.stderr)
    check("main has the programs, their tests and a page", sorted(git("ls-tree", "-r", "--name-only", "main").split()) == [
        "README.md", "bin/counts-the-money.sh", "bin/greets-a-customer.sh", "ci/health.sh", "ci/test.sh", "docs/features.md",
        "tests/counts-the-money.sh", "tests/greets-a-customer.sh"], git("ls-tree", "-r", "--name-only", "main"))
    check("staging runs it", running("staging") == "dev-" + git("rev-parse", "main")[:12], running("staging"))


def production():
    started = start("development", "dev-2", name="shop", requirements='["says goodbye"]', target="production")
    check("a run for production begins", started.returncode == 0, started.stderr)
    until("production asks", lambda: "dev-2" in troupe("approvals").stdout)
    check("nothing is deployed before", running("production") == "")
    check("a person approves", troupe("approve", "dev-2", "--reason", "seen on staging").returncode == 0)
    done = troupe("run", "describe", "dev-2", "--wait")
    check("then production has it", done.returncode == 0 and running("production").startswith("dev-"), done.stdout)


def rollback():
    before = running("staging")
    git("checkout", "-q", "-b", "ill")
    commit("ci/health.sh", "echo no database; exit 1\n", "Break the health of it")
    git("checkout", "-q", "main")
    for strategy in ("canary", "blue-green", "rolling"):
        done = start("deployment", f"ill-{strategy}", "--wait", applicationName="shop", version="2.0.0", strategy=strategy,
                     sourceBranch="ill")
        check(f"a {strategy} deployment that is not well fails", done.returncode == 1 and "no database" in done.stdout, done.stdout)
        check(f"{strategy} is rolled back", running("staging") == before and not os.path.exists(
            os.path.join(PLACE, "deployments", "shop", "staging", "releases", "2.0.0")), running("staging"))
    done = start("deployment", "left", "--wait", applicationName="shop", version="3.0.0", sourceBranch="ill", rollbackOnFailure="false")
    check("unless it is to be left as it is", done.returncode == 1 and os.path.exists(
        os.path.join(PLACE, "deployments", "shop", "staging", "releases", "3.0.0")), done.stdout)


def killed():
    start("deployment", "slow", applicationName="shop", version="1.5.0", strategy="canary")
    until("a canary has traffic", lambda: os.path.lexists(os.path.join(PLACE, "deployments", "shop", "staging", "canary")))
    node.end_node(signal.SIGKILL)
    start_agents()
    done = troupe("run", "describe", "slow", "--wait")
    check("a deployment whose node is killed goes on", done.returncode == 0 and running("staging") == "1.5.0", done.stdout)


def bug_fix():
    commit("bin/greets-a-customer.sh", "#!/bin/sh\necho nothing\n", "Greet shorter")
    commit("notes/one", "fine\n", "A note")
    done = start("bug_fix", "bug-7", "--wait", project="shop", bugId="BUG-7", title="no greeting", description="it says nothing",
                 reportedBy="ann", severity="critical", components='["bin"]', autoDeployFix="true")
    check("a bug is fixed", done.returncode == 0, done.stdout + done.stderr)
    message = git("log", "-1", "--format=%B", "main")
    check("what was reported is in the fix", all(part in message for part in (
        "Fix BUG-7: no greeting", "it says nothing", "Reported-by: ann", "Severity: critical", "Greet shorter")), message)
    check("the change that broke it is taken back", "echo nothing" not in open(os.path.join(SHOP, "bin/greets-a-customer.sh")).read())
    check("the fix runs", running("staging") == "fix-" + git("rev-parse", "main")[:12], running("staging"))
    again = start("bug_fix", "bug-8", "--wait", project="shop", bugId="BUG-8", title="none")
    check("a bug that no test shows is not fixed", again.returncode == 1 and "no test fails" in again.stdout, again.stdout)


def security_audit():
    commit("bin/unsafe.sh", "#!/bin/sh\neval \"echo ${1:-}\"\n", "Say anything")
    commit("compose.yaml", "services:\n  web:\n    image: shop:1.0\n    privileged: true\n", "Run it")
    os.chmod(os.path.join(SHOP, "README.md"), 0o666)
    done = start("security_audit", "audit-1", "--wait", "--json", projectName="shop", penetrationTest="true", autoRemediate="true")
    check("an audit ends", done.returncode == 0, done.stdout + done.stderr)
    text = open(os.path.join(PLACE, "reports", "shop", "security-report.md")).read()
    check("the report has what is open by requirement", all(part in text for part in (
        "infra.container-privileged", "pentest.command-injection", "| PCI-DSS | 6.2.4 |", "| GDPR | Art. 32(1)(b) |")), text)
    check("what is safe is mended", os.stat(os.path.join(SHOP, "README.md")).st_mode & 0o2 == 0)
    with open(os.path.join(PLACE, "reports", "shop", "security-report.json")) as file:
        check("and counted", json.load(file)["mended"] >= 1)
    sarif = json.load(open(os.path.join(PLACE, "reports", "shop", "security-report.sarif")))
    check("programs can read it", any(one["ruleId"] == "infra.container-privileged" for one in sarif["runs"][0]["results"]))


def once_published():
    names = [one["workflow"] for one in told("workflow", "list").get("workflows", [])]
    check("the one child template was published once", names == ["default/workflow/deployment"], names)


journey(start_agents, development, production, rollback, killed, bug_fix, security_audit, once_published)
