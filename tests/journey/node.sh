# Sourced by the journeys: a node with data of its own, what is said to it, and checks. Set before: troupe, the program.
home=$(mktemp -d)
data=$home/data
node=
failures=0

end() {
  [ -n "$node" ] && kill -9 "$node" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$home"
}
trap end EXIT

say() { "$troupe" "$@" --data "$data"; }
echo_task() { say run start --capability troupe.echo --input "text=$1" --id "$2" --wait | tail -n 1; } # echo_task TEXT ID
has_status() { say run describe "$1" --json | grep -q "\"status\": \"$2\""; }                          # has_status ID STATUS

check() { # check WHAT EXPECTED GOT
  if [ "$2" == "$3" ]; then
    echo "ok      $1"
  else
    echo "FAILED  $1: expected '$2', got '$3'"
    failures=$((failures + 1))
  fi
}

code_of() { # Leaves what was said on standard error in a file; through a pipe, which no limit on the size of files stops.
  "$@" 2>&1 >/dev/null | cat >"$home/said"
  echo "${PIPESTATUS[0]}"
}

poll() { # Tries a command until it succeeds, at most thirty seconds.
  local tries
  for tries in $(seq 600); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.05
  done
  echo "FAILED  never true: $*"
  failures=$((failures + 1))
  return 1
}

start_node() { # start_node [OPTION...]
  "$troupe" node --data "$data" "$@" 2>>"$home/log" &
  node=$!
  poll say status || { cat "$home/log"; exit 1; }
}

end_node() { # end_node SIGNAL   returns its exit code
  local code=0
  kill "-$1" "$node"
  wait "$node" 2>/dev/null || code=$?
  node=
  return $code
}

finish() { # Tells whether all checks were good; the last command of a journey.
  [ "$failures" -eq 0 ] || { echo "$failures checks failed"; tail -n 20 "$home"/said "$home"/log; exit 1; }
}
