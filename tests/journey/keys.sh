#!/bin/bash
# A node's store is sealed, its keys rotated under work and kill -9, a tenant's keys destroyed; and no file ever shows a word.
# Usage: keys.sh TROUPE   (the program)
set -u
troupe=$1
. "$(dirname "$0")/node.sh"

all_sealed() { say keys list | grep -q 'all is sealed under the active keys'; }
shown() { grep -rlaF "$1" "$data" --exclude-dir=control | wc -l; }
result() { say run describe "$1" | tail -n 1; }
configure() { printf '[keys]\n%s\n' "$1" >"$home/troupe.toml"; }

# ---- a plain store ---------------------------------------------------------------------------------------------
: >"$home/troupe.toml"
start_node --config "$home/troupe.toml"
check "a plain node works" plainword "$(echo_task plainword e1)"
check "it has no keys" 7 "$(code_of say keys list)"
end_node TERM
check "what it stored can be read in its files" yes "$([ "$(shown plainword)" -gt 0 ] && echo yes)"

# ---- it gets a master key --------------------------------------------------------------------------------------
check "a master key is made" 0 "$(code_of "$troupe" keys new "$home/master.key")"
check "a second one does not take its place" 7 "$(code_of "$troupe" keys new "$home/master.key")"
configure "master_key_file = \"$home/master.key\""
start_node --config "$home/troupe.toml"
check "the node works on" sealedword "$(echo_task sealedword e2)"
check "and knows what was before" plainword "$(result e1)"
poll all_sealed
poll grep -q 'hold nothing any more' "$home/log"
check "no file shows what was written before" 0 "$(shown plainword)"
check "no file shows what is written now" 0 "$(shown sealedword)"
check "no file shows a name" 0 "$(shown default/task)"
check "no file shows a capability" 0 "$(shown troupe.echo)"

# ---- rotation, and kill -9 in the middle of it -----------------------------------------------------------------
for life in 1 2 3; do
  check "keys are rotated" 0 "$(code_of say keys rotate)"
  echo_task "rotated $life" "r$life" >/dev/null
  end_node KILL
  start_node --config "$home/troupe.toml"
  check "what was written around it is there" "rotated $life" "$(result "r$life")"
done
poll all_sealed
check "all that was ever written is there" "plainword sealedword" "$(result e1) $(result e2)"
check "there is one active key for a tenant" 1 "$(say keys list | grep -c 'default .*active')"

# ---- a new master key ------------------------------------------------------------------------------------------
"$troupe" keys new "$home/next.key" 2>/dev/null
check "a new master key takes over" 0 "$(code_of say keys rotate --master "$home/next.key")"
poll all_sealed
end_node TERM
check "the old one does not open the store" 15 "$(code_of "$troupe" node --config "$home/troupe.toml" --data "$data")"
printf '[keys]\nmaster_key_command = "cat %s"\n' "$home/next.key" >"$home/troupe.toml"
start_node --config "$home/troupe.toml"
check "the new one does, from a command" sealedword "$(result e2)"
end_node TERM

# ---- what goes wrong has its own code --------------------------------------------------------------------------
: >"$home/none.toml"
check "no master key" 14 "$(code_of "$troupe" node --config "$home/none.toml" --data "$data")"
mv "$data/keyring" "$home/keyring"
check "no key ring" 14 "$(code_of "$troupe" node --config "$home/troupe.toml" --data "$data")"
sed 's/^0001/0101/' "$home/keyring" >"$data/keyring"
chmod 600 "$data/keyring"
check "a damaged key ring" 9 "$(code_of "$troupe" node --config "$home/troupe.toml" --data "$data")"
cp -p "$home/keyring" "$data/keyring"
chmod 640 "$home/next.key"
configure "master_key_file = \"$home/next.key\""
check "a master key others can read" 4 "$(code_of "$troupe" node --config "$home/troupe.toml" --data "$data")"
chmod 600 "$home/next.key"

# ---- a tenant leaves -------------------------------------------------------------------------------------------
start_node --config "$home/troupe.toml"
check "shredding has to be meant" 2 "$(code_of say keys shred default)"
check "the keys of a tenant are destroyed" 0 "$(code_of say keys shred default --yes)"
poll all_sealed
check "its tasks are gone" 3 "$(code_of say run describe e1)"
check "nothing new is taken for it" 3 "$(code_of say run start --capability troupe.echo --input text=x --id e9)"
check "nobody is shredded twice" 3 "$(code_of say keys shred default --yes)"
end_node KILL
start_node --config "$home/troupe.toml"
check "the node starts without it" 0 "$(code_of say status)"
end_node TERM

finish
