# shellcheck shell=bash
# Checks of a running container; sourced by the tests of compose and Kubernetes. Uses the user's Podman configuration.

# The API key of the container, or empty.
key=

fail() {
  echo "FAIL $1" >&2
  exit 1
}

ok() {
  echo "ok   $1"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# ready URL CONTAINER
ready() {
  local i
  for ((i = 0; i < 360; i++)); do
    if curl -fsS -m 5 -o /dev/null "$1/health" 2>/dev/null; then
      ok "ready"
      return
    fi
    sleep 0.5
  done
  podman logs --tail 20 "$2" >&2
  fail "not ready within three minutes"
}

# answers URL: expects the demo model's greedy answer
answers() {
  local answer
  answer=$(curl -fsS -m 60 "$1/v1/chat/completions" -H "authorization: Bearer $key" -H 'content-type: application/json' \
    -d '{"temperature":0,"messages":[{"role":"user","content":"What is a fork server?"}]}') || fail "no answer"
  [[ $answer == *"loads the model once and then forks every worker"* ]] || fail "unexpected answer: $answer"
  ok "the answer is correct"
}

# asks_for_keys URL
asks_for_keys() {
  local status
  status=$(curl -sS -m 10 -o /dev/null -w '%{http_code}' "$1/v1/models")
  [[ $status == 401 ]] || fail "a request without a key gets status $status, not 401"
  ok "a request without a key gets status 401"
}

# confined CONTAINER BYTES: checks the state of the first process in /proc, and the memory limit in Podman
confined() {
  local pid status
  pid=$(podman inspect --format '{{.State.Pid}}' "$1")
  status=$(<"/proc/$pid/status")
  grep -qP '^Uid:\t10001\t10001\t10001\t10001$' <<<"$status" || fail "its user is not 10001: $(grep Uid <<<"$status")"
  grep -qP '^CapBnd:\t0+$' <<<"$status" || fail "it has capabilities: $(grep Cap <<<"$status")"
  grep -qP '^NoNewPrivs:\t1$' <<<"$status" || fail "it may gain privileges"
  grep -qP '^Seccomp:\t2$' <<<"$status" || fail "it has no seccomp filter"
  grep -qP '^\S+ \S+ \S+ / / ro[, ]' "/proc/$pid/mountinfo" || fail "its root file system is writable"
  [[ $(podman inspect --format '{{.HostConfig.Memory}}' "$1") == "$2" ]] || fail "its memory is not limited to $2 bytes"
  ok "user 10001, no capabilities, no new privileges, seccomp, read-only root, $2 bytes of memory"
}

# ends_well URL CONTAINER STOP...: a stream that is running when the container is stopped completes. The container must
# have QUERN_POOL_STOPPED_TIMEOUT=0.
ends_well() {
  local url=$1 container=$2 stream writer stopper i
  local -a workers
  shift 2
  mapfile -t workers < <(podman top "$container" hpid args | awk '/io\.quern\.worker/ { print $1 }')
  ((${#workers[@]})) || fail "the container has no worker"
  stream=$(mktemp)
  curl -sS -N -m 60 "$url/v1/completions" -H "authorization: Bearer $key" -H 'content-type: application/json' \
    -d '{"prompt":"A fork server","max_tokens":900,"ignore_eos":true,"temperature":0,"stream":true}' >"$stream" 2>&1 &
  writer=$!
  for ((i = 0; i < 3000 && $(wc -c <"$stream") == 0; i++)); do sleep 0.01; done
  # pauses the workers until the engine has received SIGTERM; otherwise the stream would be over on a fast machine
  kill -STOP "${workers[@]}"
  ! grep -q DONE "$stream" || fail "the stream ended before the container was stopped"
  "$@" >/dev/null 2>&1 &
  stopper=$!
  for ((i = 0; i < 300; i++)); do
    podman logs "$container" 2>&1 | grep -q 'SIGTERM: the engine stops; 1 running' && break
    sleep 0.1
  done
  kill -CONT "${workers[@]}" 2>/dev/null || true
  wait "$stopper" || fail "the container could not be stopped"
  wait "$writer" || fail "the stream was cut off: $(tail -c 300 "$stream")"
  grep -q '^data: \[DONE\]$' "$stream" || fail "the stream did not end: $(tail -c 300 "$stream")"
  [[ $(podman inspect --format '{{.State.ExitCode}}' "$container") == 0 ]] || fail "exit code $(podman inspect --format '{{.State.ExitCode}}' "$container")"
  ok "stopped during a stream: all $(grep -c '^data: {' "$stream") events arrived, exit code 0"
  rm -f "$stream"
}
