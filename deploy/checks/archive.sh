#!/bin/sh
# Runs each command of the archive that needs no other server. deploy/test.sh starts it in a container with nothing but a base system, in
# which the archive's folder is /opt/quern. The last line says what was done.
set -eu

export QUERN_HOME=/tmp/home QUERN_WORKER_AOT_CACHE=false
ln -s /opt/quern/bin/quern /tmp/quern
quern=/tmp/quern
commands=0

fail() {
  echo "$1" >&2
  exit 1
}

# check CODE TEXT COMMAND...: its exit code, and what its output contains
check() {
  wanted=$1
  text=$2
  shift 2
  code=0
  said=$("$quern" "$@" 2>&1) || code=$?
  [ "$code" = "$wanted" ] || fail "quern $*: exit code $code instead of $wanted: $said"
  case $said in
    *"$text"*) commands=$((commands + 1)) ;;
    *) fail "quern $*: no \"$text\" in: $said" ;;
  esac
}

! command -v java >/dev/null || fail "there is a Java in this container"
check 0 "llama.cpp  v0.5.0" version
check 0 "Serve and ask:" --help
check 0 "workers can start" doctor
check 0 "architecture   llama" show demo
check 0 "No model has been downloaded yet" list
check 4 "Cannot" rm hf:owner/repo
check 4 "There is no file" show /no/such.gguf
check 5 "offline" pull hf:owner/repo -Dquern.store.offline=true
check 0 "/tmp/home/" launcher
check 0 "AOT cache" prepare /tmp/prepared
check 0 "complete" completion bash
check 2 "Did you mean" docter
check 1 "No answer" health -Dquarkus.management.port=9009

"$quern" serve --port 8089 --management-port 9009 >/tmp/log 2>&1 &
engine=$!
tries=0
until "$quern" health -Dquarkus.management.port=9009 >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] && kill -0 "$engine" || fail "the engine is not ready: $(tail -5 /tmp/log)"
  sleep 0.2
done
commands=$((commands + 2))
kill -TERM "$engine"
code=0
wait "$engine" || code=$?
[ "$code" = 0 ] || fail "the engine ended with $code: $(tail -5 /tmp/log)"
echo "ok: $commands commands, an engine that was ready and ended with 0"
