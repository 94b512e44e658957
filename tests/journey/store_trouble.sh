#!/bin/bash
# What a person meets when the disk is in trouble: for each trouble its own words, exit code and next step; what was
# acknowledged is kept, and service resumes by itself.
# Usage: store_trouble.sh TROUPE TROUPE_CHAOS_NODE   (the programs)
set -u
if [ "$(id -u)" -eq 0 ] && [ -z "${TROUPE_OWN_MOUNTS:-}" ] && unshare -m true 2>/dev/null; then
  TROUPE_OWN_MOUNTS=yes exec unshare -m --propagation private "$0" "$@" # what is mounted here is gone with us
fi
troupe=$1
chaos_node=$2
. "$(dirname "$0")/node.sh"
chmod 755 "$home"
[ -n "${TROUPE_OWN_MOUNTS:-}" ] && trap 'umount -l "$home"/small "$home"/sealed 2>/dev/null; end' EXIT

skip() { echo "skipped $1: $2"; }

tells() { # tells WHAT WORDS   (of what was said last)
  check "$1" yes "$(grep -qF -- "$2" "$home/said" && echo yes || cat "$home/said")"
}

stop_node() { # stop_node WHAT
  end_node TERM
  check "$1" 0 $?
}

refused() { # refused WHAT CODE WORDS STEP [COMMAND...]   the start of a node
  local what=$1 code=$2 words=$3 step=$4
  shift 4
  check "$what: exit code" "$code" "$(code_of "$@" timeout 60 "$troupe" node --data "$data")"
  tells "$what: what" "$words"
  tells "$what: where" "$data"
  tells "$what: next step" "$step"
  check "$what: told once" 1 "$(grep -c '^error: ' "$home/said")"
}

# ---- somebody else has it --------------------------------------------------------------------------------------
start_node
check "a first task" before "$(echo_task before before)"
refused "a second process" 13 "another process has it open" "stop that one, or choose another directory"
check "the first is not disturbed" still "$(echo_task still still)"

# ---- a disk that fills while the node runs: here by a limit on the size of files --------------------------------
check "a question is accepted" q1 "$(say run start --capability troupe.ask --input who=boss --input 'text=may I?' --id q1)"
poll has_status q1 TASK_WAITING

fill_up() { # fill_up HOW   after it, nothing can be written; the answer to q1 finds that out
  local answer text
  text=$(head -c 60000 /dev/zero | tr '\0' y) # more than what is left of the log's last page
  answer=$(code_of say run answer "$2" "$text")
  # The first to write may not know what became of it; the next is refused.
  [ "$answer" -eq 8 ] && answer=$(code_of say run answer "$2" "$text")
  check "$1: a command is refused" 11 "$answer"
  tells "$1: it says why" "the store accepts no writes"
  tells "$1: and what to do" "$3"
  check "$1: new work is refused" 11 "$(code_of say run start --capability troupe.echo --id "late-$2")"
  check "$1: what was done can be read" before "$(say run describe before | tail -n 1)"
  check "$1: so can what waits" 1 "$(say run describe "$2" | grep -c 'boss is asked')"
  check "$1: so can the lists" 0 "$(code_of say run list)"
  check "$1: a status tells it" 1 "$(say status | grep -c '^trouble .*the store accepts no writes')"
  check "$1: the node lives" 0 "$(code_of kill -0 "$node")"
}

served_again() { # served_again HOW ID
  poll bash -c "state=\$('$troupe' status --data '$data') && ! grep -q ^trouble <<<\"\$state\""
  check "$1: new work is taken" "new-$2" "$(echo_task "new-$2" "new-$2")"
  say run answer "$2" certainly >/dev/null
  check "$1: the question got its answer" certainly "$(say run describe "$2" --wait --timeout 20 | tail -n 1)"
  check "$1: what was done is still known" before "$(say run describe before | tail -n 1)"
}

if prlimit --pid "$node" --fsize=1024: 2>/dev/null; then
  fill_up "a file size limit" q1 "ulimit -f"
  prlimit --pid "$node" --fsize="$(prlimit --pid $$ --fsize --output HARD --noheadings | tr -d ' ')": ||
    prlimit --pid "$node" --fsize=unlimited:
  served_again "the limit is raised" q1
else
  skip "a file size limit" "prlimit cannot change a running process"
fi
stop_node "the node stops"

# ---- no room at the start, and nothing half-made in the way of the next -----------------------------------------
whole=$data
data=$home/newborn
refused "no room at birth" 11 "File too large" "ulimit -f" bash -c 'ulimit -f 0; exec "$@"' limited
start_node
check "the next start finds nothing in its way" hello "$(echo_task hello hello)"
stop_node "it stops"
data=$whole

# ---- a store of a newer version --------------------------------------------------------------------------------
cp -a "$whole" "$home/newer"
data=$home/newer
check "a store is made newer" 0 "$(code_of "$chaos_node" --newer "$data")"
refused "a newer store" 10 "its layout is 99" "use a newer one"
data=$whole

# ---- what only root can arrange --------------------------------------------------------------------------------
if [ -n "${TROUPE_OWN_MOUNTS:-}" ]; then
  mkdir "$home/sealed"
  mount --bind "$whole" "$home/sealed" && mount -o remount,bind,ro "$home/sealed"
  data=$home/sealed
  refused "a read-only disk" 12 "Read-only file system" "mount the file system for writing"
  umount "$home/sealed"

  data=$whole
  if setpriv --reuid nobody --regid nogroup --clear-groups test -x "$troupe"; then
    refused "somebody else's directory" 4 "Permission denied" "let its user read and write there" \
      setpriv --reuid nobody --regid nogroup --clear-groups
  else
    skip "somebody else's directory" "nobody may run $troupe"
  fi

  mkdir "$home/small"
  mount -t tmpfs -o size=256m,mode=755 none "$home/small"
  fallocate -l 256m "$home/small/ballast" 2>/dev/null || dd if=/dev/zero of="$home/small/ballast" bs=1M 2>/dev/null
  mkdir "$home/small/data" 2>/dev/null
  data=$home/small/data
  refused "a full disk" 11 "No space left on device" "free space on this disk"
  rm "$home/small/ballast"
  cat >"$home/small.toml" <<TOML
[node]
data_directory = "$data"
log_file = "$home/small/log"
TOML
  start_node --config "$home/small.toml"
  check "a task on the small disk" before "$(echo_task before before)"
  say run start --capability troupe.ask --input who=boss --input 'text=may I?' --id q2 >/dev/null
  poll has_status q2 TASK_WAITING
  # Nearly full: new work waits, work under way ends.
  fallocate -l $(($(stat -f -c '%a * %S' "$home/small") - (40 << 20))) "$home/small/ballast"
  check "nearly full: new work is refused" 11 "$(code_of say run start --capability troupe.echo --id early)"
  tells "nearly full: it says why" "no new work is taken"
  tells "nearly full: and what to do" "free space on this disk"
  check "nearly full: a status tells it" 1 "$(say status | grep -c '^trouble .*no new work is taken')"
  for file in "$data"/*.log; do # what RocksDB has reserved for its log would be room for many more answers
    truncate -s "$(stat -c %s "$file")" "$file"
  done
  dd if=/dev/zero of="$home/small/more" bs=4k 2>/dev/null
  fill_up "a full tmpfs" q2 "free space on this disk"
  rm "$home/small/ballast" "$home/small/more"
  served_again "there is room again" q2
  stop_node "the node on the small disk stops"
  start_node
  check "it starts again with all it had" certainly "$(say run describe q2 | tail -n 1)"
  stop_node "and stops again"
  data=$whole
else
  skip "read-only disk, foreign directory, full tmpfs" "only root can mount"
fi

# ---- a tree that gives up ---------------------------------------------------------------------------------------
data=$home/sabotaged
"$chaos_node" --data "$data" --effects "$home/effects" --restarts 0 2>>"$home/log" &
node=$!
poll say status
say run start --capability chaos.sabotage --input what=system/service/timers --id s1 >/dev/null
poll bash -c "! kill -0 $node"
wait "$node"
check "a node whose tree gives up exits with a code" 1 $?
node=
check "and says who failed" 1 "$(grep -c '^error: internal: .*timers' "$home/log")"

finish
