"""Keeps docs/deploy/: each line of the unit and of the manifest stands there for a reason, which is here. One line per broken rule, exit 1.

deploy.py                      checks this tree
deploy.py --self-test          takes every line away, one after the other: each must be missed
deploy.py --systemd PROGRAM    asks systemd-analyze, if there is one, what it thinks of the unit; exit 77 if there is none
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "docs" / "deploy"
MOST_EXPOSED = 20  # tenths of what `systemd-analyze security` gives: 10.0 is open, 0.0 closed

# Section, key, values as they stand in the unit one after the other, and what they are for.
UNIT = [
    ("Unit", "Description", "troupe node", "what `systemctl` shows"),
    ("Unit", "Wants", "network-online.target", "it listens on addresses that have to be there"),
    ("Unit", "After", "network-online.target", "it listens on addresses that have to be there"),
    ("Unit", "StartLimitIntervalSec", "0", "a full disk or a database that is away may last: it is never given up"),
    ("Service", "Type", "exec", "a program that is not there fails the start"),
    ("Service", "User", "troupe", "never root"),
    ("Service", "ExecStart", "/usr/bin/troupe node --config /etc/troupe/troupe.toml --data /var/lib/troupe/data",
     "its data is in the state directory, and what ledgers have spent beside it there"),
    ("Service", "Restart", "on-failure", "a node that crashed goes on by itself"),
    ("Service", "RestartSec", "5", "what it waits for has time to come back"),
    ("Service", "RestartPreventExitStatus", "2 4 7 9 10 14 15",
     "these need a person: configuration, permission, conflict, damage, a newer store, a missing key, another key"),
    ("Service", "TimeoutStopSec", "60", "the tree has limits::door_timeout to end, the journal its last writes"),
    ("Service", "KillMode", "mixed", "SIGTERM is for the node; what it started is ended by it, and killed if it is left"),
    ("Service", "LimitNOFILE", "65536", "tables, links and calls"),
    ("Service", "StateDirectory", "troupe", "made for its user, and what it may write under ProtectSystem=strict"),
    ("Service", "StateDirectoryMode", "0700", "nobody else reads it"),
    ("Service", "UMask", "0077", "nor what is made in it"),
    ("Service", "ProtectSystem", "strict", "it writes nowhere else"),
    ("Service", "ProtectHome", "yes", "homes are none of its business"),
    ("Service", "PrivateTmp", "yes", "a /tmp of its own"),
    ("Service", "PrivateDevices", "yes", "it needs no devices"),
    ("Service", "ProtectClock", "yes", "it only reads the clock"),
    ("Service", "ProtectControlGroups", "yes", "it only reads them"),
    ("Service", "ProtectHostname", "yes", "it does not rename the machine"),
    ("Service", "ProtectKernelLogs", "yes", "it does not read the kernel's log"),
    ("Service", "ProtectKernelModules", "yes", "it loads none"),
    ("Service", "ProtectKernelTunables", "yes", "it sets none"),
    ("Service", "ProtectProc", "invisible", "processes of others are none of its business"),
    ("Service", "NoNewPrivileges", "yes", "a tool it starts gains nothing by a setuid program"),
    ("Service", "CapabilityBoundingSet", "", "it needs no capability"),
    ("Service", "LockPersonality", "yes", "it has one"),
    ("Service", "MemoryDenyWriteExecute", "yes", "it makes no code while it runs"),
    ("Service", "RemoveIPC", "yes", "nothing is left behind"),
    ("Service", "RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6", "its socket, its links"),
    ("Service", "RestrictNamespaces", "yes", "it makes none"),
    ("Service", "RestrictRealtime", "yes", "it takes no CPU from others"),
    ("Service", "RestrictSUIDSGID", "yes", "it makes no setuid files"),
    ("Service", "SystemCallArchitectures", "native", "no way around the next two by another ABI"),
    ("Service", "SystemCallFilter", "@system-service|~@privileged @resources", "what services call, and no more"),
    ("Service", "SystemCallErrorNumber", "EPERM", "a call that is refused fails and is told, instead of ending the node"),
    ("Install", "WantedBy", "multi-user.target", "it starts with the machine"),
]

POD = "spec.template.spec"
NODE = POD + ".containers.0"


def at_least(lowest):
    return lambda value: isinstance(value, int) and value >= lowest


def there(value):
    return bool(value)


# Kind, path, the value or what it must satisfy, and what it is for.
MANIFEST = [
    ("Service", "apiVersion", "v1", "as the kind is known"),
    ("Service", "spec.clusterIP", "None", "each pod has a name of its own"),
    ("Service", "spec.publishNotReadyAddresses", True, "nodes find each other before they are ready"),
    ("Service", "spec.ports.0.name", "links", "which port it is"),
    ("Service", "spec.ports.0.port", 7800, "where the members listen"),
    ("ConfigMap", "apiVersion", "v1", "as the kind is known"),
    ("PodDisruptionBudget", "apiVersion", "policy/v1", "as the kind is known"),
    ("PodDisruptionBudget", "spec.maxUnavailable", 1, "a drain of machines takes one node at a time: the runs of a node wait for it"),
    ("StatefulSet", "apiVersion", "apps/v1", "as the kind is known"),
    ("StatefulSet", "spec.replicas", at_least(3), "as many as members"),
    ("StatefulSet", "spec.podManagementPolicy", "Parallel", "one node that does not start keeps no other from it"),
    ("StatefulSet", "spec.minReadySeconds", at_least(5), "the links of a replaced pod are back before the next one goes"),
    ("StatefulSet", POD + ".automountServiceAccountToken", False, "it does not talk to Kubernetes"),
    ("StatefulSet", POD + ".enableServiceLinks", False, "nor reads its variables"),
    ("StatefulSet", POD + ".securityContext.runAsNonRoot", True, "never root"),
    ("StatefulSet", POD + ".securityContext.runAsUser", at_least(1000), "never root, whatever the image says"),
    ("StatefulSet", POD + ".securityContext.runAsGroup", at_least(1000), "never root's group"),
    ("StatefulSet", POD + ".securityContext.fsGroup", at_least(1000), "it may write its volumes, and read its certificates"),
    ("StatefulSet", POD + ".securityContext.fsGroupChangePolicy", "OnRootMismatch",
     "the other policy opens files to the group at each start, and a node refuses a token file that others can read"),
    ("StatefulSet", POD + ".securityContext.seccompProfile.type", "RuntimeDefault", "what services call, and no more"),
    ("StatefulSet", POD + ".affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.0.topologyKey", "kubernetes.io/hostname",
     "a machine that is lost takes one node with it"),
    ("StatefulSet", NODE + ".name", "node", "what `kubectl logs` is told"),
    ("StatefulSet", NODE + ".command.0", "sh", "the configuration gets the pod's name"),
    ("StatefulSet", NODE + ".command.1", "-c", "the configuration gets the pod's name"),
    ("StatefulSet", NODE + ".command.2", lambda v: re.search(r"^sed .*@NODE@.*\$NODE.* && exec troupe node --config /run/troupe/troupe.toml$", v or ""),
     "the configuration gets the pod's name; `exec`, so that SIGTERM reaches the node"),
    ("StatefulSet", NODE + ".env.0.name", "NODE", "the pod's name"),
    ("StatefulSet", NODE + ".env.0.valueFrom.fieldRef.fieldPath", "metadata.name", "the pod's name"),
    ("StatefulSet", NODE + ".ports.0.name", "links", "which port it is"),
    ("StatefulSet", NODE + ".ports.0.containerPort", 7800, "where it listens"),
    ("StatefulSet", NODE + ".resources.requests.cpu", there, "room that is kept for it"),
    ("StatefulSet", NODE + ".resources.requests.memory", there, "room that is kept for it"),
    ("StatefulSet", NODE + ".resources.limits.cpu", there, "and what it may take of others"),
    ("StatefulSet", NODE + ".resources.limits.memory", there, "and what it may take of others"),
    ("StatefulSet", NODE + ".securityContext.allowPrivilegeEscalation", False, "a tool it starts gains nothing by a setuid program"),
    ("StatefulSet", NODE + ".securityContext.readOnlyRootFilesystem", True, "it writes into its volumes and nowhere else"),
    ("StatefulSet", NODE + ".securityContext.capabilities.drop", ["ALL"], "it needs no capability"),
    ("StatefulSet", POD + ".volumes.0.secret.defaultMode", 0o440, "nobody but it reads the keys"),
    ("StatefulSet", POD + ".volumes.2.emptyDir.medium", "Memory", "a configuration need not reach a disk"),
    ("StatefulSet", POD + ".volumes.2.emptyDir.sizeLimit", there, "bounded"),
    ("StatefulSet", POD + ".volumes.3.emptyDir.sizeLimit", there, "bounded"),
    *(("StatefulSet", f"spec.volumeClaimTemplates.{i}.spec.{path}", wanted, "a volume of one node")
      for i in (0, 1) for path, wanted in (("accessModes", ["ReadWriteOnce"]), ("resources.requests.storage", there))),
]


def value_at(thing, path):
    """What is there, or None."""
    for part in path.split("."):
        if isinstance(thing, list):
            thing = thing[int(part)] if part.isdigit() and int(part) < len(thing) else None
        else:
            thing = thing.get(part) if isinstance(thing, dict) else None
    return thing


def unit_findings(text):
    section, found = None, {}
    for line in text.splitlines():
        if re.fullmatch(r"\[\w+\]", line):
            section = line[1:-1]
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault((section, key), []).append(value)
    for section, key, values, why in UNIT:
        if found.pop((section, key), None) != values.split("|"):
            yield f"[{section}] {key}={values}: {why}"
    yield from (f"[{section}] {key}: say in UNIT what it is for" for section, key in found)
    longest = door_timeout()
    stop = re.search(r"^TimeoutStopSec=(\d+)$", text, re.M)
    if not stop or int(stop[1]) < longest + 15:
        yield f"[Service] TimeoutStopSec: above limits::door_timeout, {longest} s, with room for the journal"


def door_timeout():
    return int(re.search(r"door_timeout = (\d+)s;", (ROOT / "runtime" / "limits.hpp").read_text())[1])


def manifest_findings(text):
    things = [thing for thing in yaml.safe_load_all(text) if thing]
    by_kind = {thing.get("kind"): thing for thing in things}
    if len(things) != 4 or set(by_kind) != {"ConfigMap", "Service", "PodDisruptionBudget", "StatefulSet"}:
        yield "one of each: ConfigMap, Service, PodDisruptionBudget, StatefulSet"
        return
    for kind, path, wanted, why in MANIFEST:
        value = value_at(by_kind[kind], path)
        if not (wanted(value) if callable(wanted) else value == wanted and type(value) is type(wanted)):
            yield f"{kind} {path}: {why}"
    for thing in things:
        if thing.get("metadata") != {"name": "troupe", "namespace": "troupe"}:
            yield f"{thing['kind']}: name and namespace as of the others"
    label = {"app.kubernetes.io/name": "troupe"}
    whole, service = by_kind["StatefulSet"], by_kind["Service"]
    affinity = value_at(whole, POD + ".affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.0.labelSelector.matchLabels")
    for where, value in (("StatefulSet selector", value_at(whole, "spec.selector.matchLabels")), ("affinity", affinity),
                         ("pods", value_at(whole, "spec.template.metadata.labels")), ("Service", value_at(service, "spec.selector")),
                         ("PodDisruptionBudget", value_at(by_kind["PodDisruptionBudget"], "spec.selector.matchLabels"))):
        if value != label:
            yield f"{where}: the label by which all find the pods"
    if value_at(whole, "spec.serviceName") != "troupe":
        yield "StatefulSet spec.serviceName: the Service, which gives each pod its name"
    yield from probe_findings(whole)
    yield from volume_findings(whole)
    yield from configuration_findings(by_kind["ConfigMap"], whole)
    version = re.search(r"project\(troupe VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    if not str(value_at(whole, NODE + ".image")).endswith(f"/troupe:{version}"):
        yield f"image: of a registry, with the tag {version}: what `latest` is changes under a running cluster"


def probe_findings(whole):
    patience = {"startupProbe": 300, "readinessProbe": 0, "livenessProbe": 90}
    for name, least in patience.items():
        probe = value_at(whole, f"{NODE}.{name}") or {}
        words = value_at(probe, "exec.command") or []
        if words[:4] != ["troupe", "status", "--data", "/var/lib/troupe/data"] or words[4:5] != ["--timeout"] or len(words) != 6:
            yield f"{name}: `troupe status` of its data directory with a --timeout"
        elif not words[5].isdigit() or not at_least(int(words[5]) + 5)(probe.get("timeoutSeconds")):
            yield f"{name} timeoutSeconds: above that of the command, so that its own reason is seen"
        if not at_least(5)(probe.get("periodSeconds")):
            yield f"{name} periodSeconds: each look is a process"
        elif least and probe["periodSeconds"] * probe.get("failureThreshold", 0) < least:
            yield f"{name} failureThreshold: {least} s at least, for a start reads a log, and a node that is busy is not dead"
    if not at_least(door_timeout() + 15)(value_at(whole, POD + ".terminationGracePeriodSeconds")):
        yield f"terminationGracePeriodSeconds: above limits::door_timeout, {door_timeout()} s, with room for the journal"


def volume_findings(whole):
    mounts = value_at(whole, NODE + ".volumeMounts") or []
    wanted = {"/var/lib/troupe": "data", "/var/lib/troupe-spent": "spent", "/etc/troupe/certificates": "certificates",
              "/etc/troupe/troupe.toml": "configuration", "/run/troupe": "run", "/tmp": "tmp"}
    if {mount.get("mountPath"): mount.get("name") for mount in mounts} != wanted:
        yield f"volumeMounts: {wanted}"
    for mount in mounts:
        if mount.get("readOnly", False) != (mount.get("name") in ("certificates", "configuration")):
            yield f"volumeMounts {mount.get('name')}: readOnly is for what it only reads"
        if mount.get("subPath") != ("troupe.toml" if mount.get("name") == "configuration" else None):
            yield "volumeMounts: the configuration alone is one file; certificates are a directory whose link is replaced, so that they renew"
    volumes = value_at(whole, POD + ".volumes") or []
    claims = [value_at(claim, "metadata.name") for claim in value_at(whole, "spec.volumeClaimTemplates") or []]
    if claims != ["data", "spent"]:
        yield "volumeClaimTemplates: data, and spent apart: no snapshot of the one may take back what the other counts"
    if [volume.get("name") for volume in volumes] != ["certificates", "configuration", "run", "tmp"]:
        yield "volumes: those of the mounts"
        return
    if value_at(volumes[0], "secret.secretName") != "troupe-certificates" or value_at(volumes[1], "configMap.name") != "troupe":
        yield "volumes: certificates from the Secret that the guide makes, configuration from the ConfigMap"


def configuration_findings(configuration, whole):
    text = str(value_at(configuration, "data"))
    toml = str((value_at(configuration, "data") or {}).get("troupe.toml"))
    said = dict(re.findall(r'^(\w+) = "(.*)"$', toml, re.M))
    members = "; ".join(f"troupe-{i} troupe-{i}.troupe.troupe.svc.cluster.local:7800" for i in range(value_at(whole, "spec.replicas") or 0))
    place = "/etc/troupe/certificates/"
    for key, value, why in (
            ("name", "@NODE@", "the pod's name"), ("data_directory", "/var/lib/troupe/data", "below the volume, for its root is the group's"),
            ("spent_directory", "/var/lib/troupe-spent/ledgers", "on a volume of its own"), ("id", "blue", "what certificates name"),
            ("members", members, "every pod, by the full name: a pod knows its own from the start, and no other"),
            ("certificate", place + "@NODE@.pem", "of this node"), ("key", place + "@NODE@.key", "of this node"),
            ("authority", place + "authority.pem", "whom it trusts")):
        if said.get(key) != value:
            yield f"troupe.toml {key} = {value}: {why}"
    for section in ("[node]", "[cluster]"):
        if f"{section}\n" not in toml:
            yield f"troupe.toml {section}"
    if "PRIVATE KEY" in text or "password" in text.lower():
        yield "ConfigMap: no secrets"


FILES = {"troupe.service": unit_findings, "kubernetes.yaml": manifest_findings}


def findings(name, text):
    try:
        return list(FILES[name](text))
    except (yaml.YAMLError, AttributeError, TypeError) as wrong:
        return [f"cannot be read as what it is: {wrong}"]


def self_test():
    """Every line is missed by some rule, but comments, blank ones and the bars between documents."""
    failed = 0
    for name in FILES:
        lines = (DEPLOY / name).read_text().splitlines()
        for i, line in enumerate(lines):
            if line.strip() and not line.startswith("#") and not findings(name, "\n".join(lines[:i] + lines[i + 1:]) + "\n"):
                print(f"docs/deploy/{name}:{i + 1}: nobody misses '{line.strip()}'")
                failed = 1
    return failed


def ask_systemd(program):
    if not shutil.which("systemd-analyze"):
        return 77
    with tempfile.TemporaryDirectory() as place:
        unit = pathlib.Path(place, "troupe.service")
        unit.write_text((DEPLOY / "troupe.service").read_text().replace("/usr/bin/troupe", program))
        for words in (["verify", unit], ["security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", unit]):
            done = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True)
            if done.returncode != 0 or words[0] == "verify" and done.stderr:
                print(f"systemd-analyze {words[0]}: {done.stdout[-400:]}{done.stderr}")
                return 1
    return 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if arguments[:1] == ["--systemd"]:
        return ask_systemd(*arguments[1:])
    found = [f"docs/deploy/{name}: {what}" for name in FILES for what in findings(name, (DEPLOY / name).read_text())]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
