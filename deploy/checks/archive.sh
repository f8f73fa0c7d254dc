#!/bin/sh
# Runs each command of the archive. deploy/test.sh unpacks the archive and starts this script in a container with nothing
# but a base system. There, the archive's folder is /opt/quern, and HF_ENDPOINT leads to a local hub with the model
# tiny/demo-GGUF. The last line says what was done.
#
#   archive.sh API_PORT MANAGEMENT_PORT
set -eu

api=$1
management=$2
export QUERN_HOME=/tmp/home QUERN_WORKER_AOT_CACHE=false HOME=/tmp TERM=xterm LC_ALL=C.UTF-8
ln -s /opt/quern/bin/quern /tmp/quern
quern=/tmp/quern
model=hf:tiny/demo-GGUF:Q8_0
question="What is a fork server?"
answer="A fork server is a small, clean process"
commands=0
engine=

fail() {
  echo "$1" >&2
  exit 1
}

ends() {
  [ -z "$engine" ] || kill -KILL "$engine" 2>/dev/null || true
}
trap ends EXIT

# check CODE TEXT COMMAND...: its exit code, and what its output contains
check() {
  wanted=$1
  text=$2
  shift 2
  code=0
  said=$("$quern" "$@" 2>&1) || code=$?
  [ "$code" = "$wanted" ] || fail "quern $*: exit code $code instead of $wanted: $said"
  case $said in
    *Exception* | *"	at "*) fail "quern $*: a stack trace: $said" ;;
    *"$text"*) commands=$((commands + 1)) ;;
    *) fail "quern $*: no \"$text\" in: $said" ;;
  esac
}

# awaits WHAT COMMAND...: until the command succeeds
awaits() {
  what=$1
  shift
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || fail "$what: not within a minute: $(tail -c 2000 /tmp/log /tmp/screen 2>/dev/null)"
    sleep 0.1
  done
}

# terminal COMMAND LINE: runs it in a terminal of its own, which writes to /tmp/screen and reads from descriptor 4
terminal() {
  rm -f /tmp/keys
  mkfifo /tmp/keys
  : >/tmp/screen
  # the shell lets its background jobs ignore Ctrl-C
  env --default-signal=INT script -qefc "stty cols 100 rows 30; $1" /tmp/screen </tmp/keys >/dev/null 2>&1 &
  session=$!
  exec 4>/tmp/keys
}

shows() { awaits "the terminal shows no \"$1\"" grep -qF "$1" /tmp/screen; }

# leaves CODE: waits for the end of the terminal's command
leaves() {
  code=0
  wait "$session" || code=$?
  exec 4>&-
  [ "$code" = "$1" ] || fail "in a terminal: exit code $code instead of $1: $(cat /tmp/screen)"
  commands=$((commands + 1))
}

# --- help, wrong usage, completion

! command -v java >/dev/null || fail "there is a Java in this container"
check 0 "llama.cpp  v0.5.0" version
check 0 '"llama" : "v0.5.0"' version --json
check 0 "quern " --version
check 0 "Serve and ask:" --help
for command in serve run ps bench pull list show rm doctor health prepare launcher version completion; do
  check 0 "Usage: quern $command" "$command" --help
done
check 2 "Did you mean" docter
check 2 "See quern ps --help" ps --no-such-option
check 2 "SHELL" completion fish
check 0 "complete" completion zsh
"$quern" completion bash >/tmp/completion
completed=$(bash --norc -c '. /tmp/completion; COMP_WORDS=(quern do); COMP_CWORD=1; COMP_LINE="quern do"; _complete_quern; echo "${COMPREPLY[@]}"')
[ "$completed" = doctor ] || fail "bash completes \"quern do\" to \"$completed\""
commands=$((commands + 1))

# --- this machine

check 0 "workers can start" doctor
check 0 '"canStart" : true' doctor --json
check 0 "/tmp/home/" launcher
check 0 "AOT cache" prepare /tmp/prepared

# --- models

check 0 "architecture   llama" show demo
check 0 '"architecture" : "llama"' show demo --json
check 0 "No model has been downloaded yet" list
check 4 "There is no file" show /no/such.gguf
check 4 "Cannot" rm hf:owner/repo
check 5 "offline" pull hf:owner/repo -Dquern.store.offline=true
check 4 "no-such-repo" pull hf:tiny/no-such-repo
check 0 '"verified" : true' pull "$model" --json
check 0 "Ready: $model" pull "$model"
check 0 "$model" list
check 0 '"quantisation" : "Q8_0"' list --json
check 0 "(verified)" show "$model"
check 0 "Removed $model" rm "$model"
terminal "exec $quern pull $model"
leaves 0
grep -q 'Downloading.*MiB/s' /tmp/screen || fail "a download in a terminal shows no bar: $(cat /tmp/screen)"

# --- an engine

check 1 "No answer" health -Dquarkus.management.port="$management"
check 0 "No engine runs" ps
"$quern" serve "$model" --name tiny --port "$api" --management-port "$management" >/tmp/log 2>&1 &
engine=$!
awaits "no line says that the engine is ready" grep -q "ready: tiny is served at http://127.0.0.1:$api/v1" /tmp/log
check 0 '"status":"ok"' health -Dquarkus.management.port="$management"
check 0 '"status": "UP"' health --live -Dquarkus.management.port="$management"
check 0 "ready" ps
check 0 '"state" : "ready"' ps --json
check 9 "$model" rm "$model"
check 0 "$answer" run tiny "$question" --temperature 0
check 0 '"finishReason" : "stop"' run tiny "$question" --temperature 0 --json
said=$(echo "$question" | "$quern" run tiny --temperature 0) || fail "quern run does not answer a pipe"
case $said in "$answer"*) ;; *) fail "over a pipe: $said" ;; esac
check 4 "serves tiny" run tni "$question" --url "http://127.0.0.1:$api"
check 0 "tokens/s" bench "http://127.0.0.1:$api" --requests 4 --concurrency 2 --max-tokens 8
check 0 '"answered" : 4' bench "http://127.0.0.1:$api" --requests 4 --concurrency 2 --max-tokens 8 --json
check 5 "127.0.0.1" bench "http://127.0.0.1:9" --requests 1
terminal "exec $quern bench http://127.0.0.1:$api --duration 2 --concurrency 2 --max-tokens 8"
leaves 0
grep -q "inter-token" /tmp/screen || fail "bench in a terminal shows no table: $(cat /tmp/screen)"
kill -TERM "$engine"
code=0
wait "$engine" || code=$?
engine=
[ "$code" = 0 ] || fail "the engine ended with $code: $(tail -5 /tmp/log)"

# --- a chat with an engine of its own. Its workers are stopped, so that Ctrl-C comes before the end of the answer.

terminal "exec env QUERN_POOL_STOPPED_TIMEOUT=0 $quern run demo --temperature 0"
shows '>>> '
printf '/help\r' >&4
shows '/bye'
printf '%s\r' "$question" >&4
shows 'start fast.'
workers=$("$quern" ps --json | sed -n '/"workers"/,$s/.*"pid" : \([0-9]*\).*/\1/p')
# one pid for each worker
kill -STOP $workers
printf 'What is a slot?\r' >&4
shows 'What is a slot?'
awaits "the question is not sent" sh -c "$quern ps --json | grep -q '\"running\" : 1'"
printf '\003' >&4
shows '(stopped)'
kill -CONT $workers
printf '"""\rWhat is\ra worker?\r"""\r' >&4
shows 'worker is'
printf '/bye\r' >&4
leaves 0
check 0 "No engine runs" ps
check 0 "Removed $model" rm "$model"

echo "ok: $commands commands, an engine that was ready and ended with 0, a chat in a terminal"
