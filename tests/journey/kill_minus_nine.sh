#!/bin/bash
# A node is killed without warning, again and again; what it accepted it finishes, and what it finished it still knows.
# Usage: kill_minus_nine.sh TROUPE   (the program)
set -u
troupe=$1
. "$(dirname "$0")/node.sh"

# ---- words that cannot be ------------------------------------------------------------------------------------
check "a bad word is a usage error" 2 "$(code_of "$troupe" stauts)"
check "without a node nothing is reachable" 8 "$(code_of say status)"

# ---- first life ----------------------------------------------------------------------------------------------
start_node
check "an unknown run is not found" 3 "$(code_of say run describe nobody)"
check "an answer to nobody is not found" 3 "$(code_of say run answer nobody yes)"
check "an echo comes back" "first" "$(echo_task first e0)"
check "a question is accepted" q1 "$(say run start --capability troupe.ask --input who=boss --input 'text=may I?' --id q1)"
check "a wait is accepted" w1 "$(say run start --capability troupe.wait --input ms=1500 --id w1)"
cat >"$home/flow.json" <<'FLOW'
{"name": "release", "steps": [
  {"id": "ask", "task": {"required": ["troupe.ask"], "inputs": [{"name": "who", "value": "boss"}, {"name": "text", "value": "ship it?"}]}},
  {"id": "pause", "task": {"required": ["troupe.wait"], "inputs": [{"name": "ms", "value": "200"}]}},
  {"id": "note", "needs": ["ask", "pause"], "task": {"required": ["troupe.echo"]}},
  {"id": "last", "needs": ["note"], "task": {"required": ["troupe.echo"], "inputs": [{"name": "text", "value": "shipped"}]}}]}
FLOW
check "a workflow is accepted" f1 "$(say run start "$home/flow.json" --id f1)"
poll has_status q1 TASK_WAITING

family=$(say tree)
check "the tree is four levels deep" 1 "$(grep -c '^    │   ├── registry running' <<<"$family")"

# ---- killed while work comes in; the caller notes what was accepted ------------------------------------------
accepted=0
for life in 1 2 3; do
  : >"$home/accepted.$life"
  (
    for i in $(seq 200); do
      say run start --capability troupe.echo --input "text=$life.$i" --id "e$life.$i" >>"$home/accepted.$life" || exit 0
    done
  ) &
  caller=$!
  poll grep -qx "e$life.$((life * 3))" "$home/accepted.$life"
  end_node KILL
  wait "$caller"
  check "a dead node is unavailable" 8 "$(code_of say status)"
  start_node
  while read -r id; do
    accepted=$((accepted + 1))
    check "accepted $id is done" "${id#e}" "$(say run describe "$id" --wait --timeout 10 | tail -n 1)"
  done <"$home/accepted.$life"
done
check "the tree comes back with the same names" "$family" "$(say tree)"
check "something was accepted in every life" yes "$([ "$accepted" -ge 18 ] && echo yes)"

# ---- what waited still waits, and goes on --------------------------------------------------------------------
check "the same id again is the same task" q1 "$(say run start --capability troupe.ask --input who=boss --input 'text=may I?' --id q1)"
check "the same id for other work is refused" 7 "$(code_of say run start --capability troupe.echo --id q1)"
check "the question is still open" 1 "$(say run describe q1 | grep -c 'boss is asked')"
check "the answer is taken" 0 "$(code_of say run answer q1 certainly)"
check "the question has its answer" certainly "$(say run describe q1 --wait --timeout 10 | tail -n 1)"
check "nothing is asked any more" 3 "$(code_of say run answer q1 again)"
check "the wait ended though its node died" "waited 1500 ms" "$(say run describe w1 --wait --timeout 10 | tail -n 1)"
check "the answer to a step is taken" 0 "$(code_of say run answer f1 yes)"
end_node KILL
start_node
check "the workflow ends" 1 "$(say run describe f1 --wait --timeout 10 | grep -cx shipped)"
check "what ended before all this is still known" first "$(say run describe e0 | tail -n 1)"

# ---- a failed task, and the end in peace ---------------------------------------------------------------------
check "a task that fails exits with 1" 1 "$(code_of say run start --capability troupe.wait --input ms=never --id bad --wait)"
check "it is a dead letter" 1 "$(say dlq list | grep -c bad)"
check "it is run again from the start" 0 "$(code_of say run resume bad --restart)"
check "and fails again" 1 "$(code_of say run describe bad --wait --timeout 10)"
check "what has ended well is not run again" 7 "$(code_of say run resume e0)"

# ---- what a task did can be followed in the log ---------------------------------------------------------------
entry='"message":"decided","entity":"default/task/followed"'
check "the log is made more telling while the node runs" 0 "$(code_of say log level debug)"
check "a task is done" followed "$(echo_task followed followed)"
check "the log names its events" 2 "$(grep -c "$entry.*\"event\":\"TaskEvent" "$home/log")"
check "with the trace that caused them" 1 "$(grep -c "$entry,\"trace\":\"00-.*created" "$home/log")"
check "the log is made quiet again" 0 "$(code_of say log level info)"
check "another task is done" quiet "$(echo_task quiet quiet)"
check "the log says nothing of it" 0 "$(grep -c default/task/quiet "$home/log")"

check "a standard agent is retired" 0 "$(code_of say agents retire echo)"
end_node TERM
check "a node that is asked to stop ends well" 0 $?
check "a stopped node is unavailable" 8 "$(code_of say status)"
start_node
check "a dead letter outlives its node" 1 "$(say dlq list | grep -c bad)"
check "a retired agent stays retired" 0 "$(say agents list | grep -c '^echo')"
check "a second node on the same data is refused" 13 "$(code_of "$troupe" node --data "$data")"

finish
