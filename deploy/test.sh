#!/usr/bin/env bash
# Tests the archives, the images and the Kubernetes manifests with Podman. Runs each command of an unpacked archive in a
# container without Java. Builds the images and runs them as an orchestrator would: no root, read-only root file system,
# no capabilities, a memory limit. Breaks them in several ways, and plays the manifests. Prints a table; exit code 1 if a
# row failed.
#
#   deploy/test.sh            tests all packagings
#   deploy/test.sh jvm        tests one packaging (jvm, native)
#
# BASE=IMAGE        the base image; by default debootstrap makes one from Debian's packages, without a registry
# GRAALVM_HOME      builds the native executable if target/ has none; without both, the native image is skipped
#
# Packages the application if target/ does not contain it, and packs target/quern if its archive is older. Needs root,
# Podman, runc (or crun) and curl; installs missing ones and debootstrap with apt-get.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$PWD/target/deploy
mkdir -p "$work"
table=$work/table.txt
: >"$table"
failed=0
images=()
name=quern-test-$$
# outgoing connections get ports from 32768 on by default, so these stay below
port=$((20000 + $$ % 12000))
management=
answer=
client=
long=800 # tokens of an answer that is long enough to be disturbed

say() { echo "deploy: $*" >&2; }

row() { # IMAGE WHAT RESULT
  printf '%-8s %-62s %s\n' "$1" "$2" "$3" | tee -a "$table" >&2
  [[ $3 == ok* || $3 == skipped* ]] || failed=1
}

missing=()
for program in podman runc catatonit curl debootstrap; do
  command -v "$program" >/dev/null || missing+=("$program")
done
if ((${#missing[@]})); then
  say "installing ${missing[*]}"
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
fi

# These settings also work inside a container, unlike the defaults (crun, systemd, a network namespace, high limits).
if [[ -z ${CONTAINERS_CONF:-} ]]; then
  export CONTAINERS_CONF=$work/containers.conf
  cat >"$CONTAINERS_CONF" <<'CONF'
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
fi

# Hides warnings about a missing systemd.
podman() { command podman "$@" 2> >(grep -v 'systemd' >&2 || true); }

cleanup() {
  command podman rm -f -t 0 "$name" >/dev/null 2>&1 || true
}
trap cleanup EXIT

base() {
  if [[ -n ${BASE:-} ]]; then
    echo "$BASE"
    return
  fi
  local image=localhost/quern-test-base:bookworm
  if ! command podman image exists "$image"; then
    say "creating a base image from Debian's packages"
    local root
    root=$(mktemp -d "$work/rootfs.XXXXXX")
    debootstrap --variant=minbase bookworm "$root" \
      "$(apt-get indextargets --format '$(REPO_URI)' | grep -E '/debian/?$' | sort -u | head -1)" >"$work/debootstrap.log"
    tar -C "$root" -c . | command podman import - "$image" >/dev/null 2>&1
    rm -rf "$root"
  fi
  echo "$image"
}

# --- one engine in a container
# ------------------------------------------------------------------------------------------------------

url() { echo "http://127.0.0.1:$port$1"; }

# The management port, which serves operators.
ops() { echo "http://127.0.0.1:$management$1"; }

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# next_ports: the next two ports where nothing listens
next_ports() {
  port=$((port + 2))
  while listens "$port" || listens $((port + 1)); do
    port=$((port + 2))
  done
  management=$((port + 1))
}

# start IMAGE [PODMAN OPTIONS...]: as an orchestrator would; the options can override ports and limits
start() {
  local image=$1
  shift
  next_ports
  command podman rm -f -t 0 "$name" >/dev/null 2>&1 || true
  # in this folder, because podman's monitor writes a file "oom" to its working directory if memory runs out; one
  # worker, without a limit for stopped ones, because midStream stops it
  (
    cd "$work"
    podman run -d --name "$name" --read-only --read-only-tmpfs=false --cap-drop all --security-opt no-new-privileges --memory 512m \
      -e QUARKUS_HTTP_HOST=127.0.0.1 -e QUARKUS_HTTP_PORT=$port \
      -e QUARKUS_MANAGEMENT_HOST=127.0.0.1 -e QUARKUS_MANAGEMENT_PORT=$management \
      -e QUERN_POOL_WORKERS=1 -e QUERN_POOL_STOPPED_TIMEOUT=0 "$@" "localhost/quern:$image" >/dev/null
  )
}

running() { [[ $(command podman inspect "$name" --format '{{.State.Running}}') == true ]]; }

awaitReady() {
  for _ in $(seq 1800); do
    if curl -sf -m 5 "$(ops /q/health/ready)" >/dev/null; then
      return 0
    fi
    running || return 1
    sleep 0.1
  done
  return 1
}

exitCode() { command podman wait "$name" 2>/dev/null; }

logs() { command podman logs "$name" 2>&1; }

body() { # TOKENS STREAM
  printf '{"model":"demo","temperature":0,"ignore_eos":true,"max_tokens":%s,"stream":%s,"messages":[{"role":"user","content":"Tell me a long story about Quern."}]}' "$1" "$2"
}

# Extracts the text of a streamed answer from its events.
text() { sed -n 's/^data: .*"delta":{"content":"\(.*\)"},"logprobs".*/\1/p' | tr -d '\n'; }

stream() { # TOKENS
  curl -sN -m 120 "$(url /v1/chat/completions)" -H 'content-type: application/json' -d "$(body "$1" true)" | text
}

workerPid() { curl -s -m 5 "$(ops /q/quern/pool)" | sed -n 's/^ *"pid" : \([0-9]*\),.*/\1/p' | head -1; }

# The worker's pid on this machine. Used instead of podman exec, which takes longer than some answers.
workerHere() { command podman top "$name" hpid pid | awk -v pid="$(workerPid)" '$2 == pid { print $1 }'; }

# midStream FILE WORKER: begins a stream into FILE, waits until it runs, and stops the worker with SIGSTOP. So the
# stream cannot end before the test disturbs it, however fast the machine is. Sets client. If the worker stays stopped
# for too long, the engine kills it, and the stream moves.
midStream() {
  : >"$1"
  curl -sN -m 120 "$(url /v1/chat/completions)" -H 'content-type: application/json' -d "$(body "$long" true)" >"$1" &
  client=$!
  while [[ ! -s $1 ]] && kill -0 "$client" 2>/dev/null; do sleep 0.01; done
  kill -STOP "$2"
}

inside() { command podman exec "$name" "$@" 2>&1; }

# The container must exit with a code other than 0 and log a message that matches.
refused() { # IMAGE WHAT MESSAGE
  local code
  code=$(exitCode)
  if [[ $code != 0 ]] && logs | grep -qE "$3"; then
    row "$1" "$2" "ok: exit code $code, \"$(logs | grep -oE "$3.{0,60}" | head -1)\""
  else
    row "$1" "$2" "FAILED: exit code $code: $(logs | tail -3)"
  fi
}

# --- rows
# ---------------------------------------------------------------------------------------------------------------------------

build() { # IMAGE BASE
  local begun=$SECONDS
  if podman build --format docker --network=host -f "deploy/docker/Dockerfile.$1" --build-arg "BASE=$2" -t "quern:$1" . >"$work/build-$1.log" 2>&1; then
    local size
    size=$(command podman image inspect "localhost/quern:$1" --format '{{.Size}}')
    local under
    under=$(command podman image inspect "$2" --format '{{.Size}}')
    row "$1" "image built" "ok: $((size / 1000000)) MB, of which Quern $(((size - under) / 1000000)) MB, in $((SECONDS - begun)) s"
  else
    tail -20 "$work/build-$1.log" >&2
    row "$1" "image built" "FAILED: see $work/build-$1.log"
    return 1
  fi
  local health
  health=$(command podman image inspect "localhost/quern:$1" --format '{{.Config.Healthcheck.Test}}')
  local user
  user=$(command podman image inspect "localhost/quern:$1" --format '{{.Config.User}}')
  [[ $health == *health* && $user == 10001:0 ]] && row "$1" "has a HEALTHCHECK and a user" "ok: $user" || row "$1" "has a HEALTHCHECK and a user" "FAILED: $health, $user"
}

serves() { # IMAGE
  start "$1"
  if ! awaitReady; then
    row "$1" "no root, read-only root, no capabilities, 512 MB" "FAILED: $(logs | tail -3)"
    return 1
  fi
  answer=$(stream "$long")
  row "$1" "no root, read-only root, no capabilities, 512 MB: a stream" "$([[ ${#answer} -gt 200 ]] && echo "ok: ${#answer} characters" || echo "FAILED: $answer")"
  row "$1" "podman healthcheck" "$(command podman healthcheck run "$name" >/dev/null 2>&1 && echo ok || echo FAILED)"
  row "$1" "doctor in the container" "$(inside /opt/quern/quern doctor >"$work/doctor-$1.txt" && echo ok || echo "FAILED: $(tail -3 "$work/doctor-$1.txt")")"
}

survivesKill() { # IMAGE
  local got=$work/stream.txt raw=$work/stream.raw
  local victim
  victim=$(workerHere)
  midStream "$raw" "$victim"
  kill -9 "$victim"
  wait "$client"
  text <"$raw" >"$got"
  local moved
  moved=$(curl -s "$(ops /q/metrics)" | sed -n 's/^quern_migrations_total{.*} //p')
  if [[ $(cat "$got") == "$answer" && ${moved%.*} -ge 1 ]]; then
    row "$1" "kill -9 of the worker in mid-stream" "ok: the same text, ${moved%.*} migrations"
  else
    row "$1" "kill -9 of the worker in mid-stream" "FAILED: ${moved:-no} migrations: $(head -c 80 "$got")"
  fi
}

reaps() { # IMAGE
  inside sh -c '(sleep 0.2 &) ; true' >/dev/null
  local left
  for _ in $(seq 100); do
    left=$(inside sh -c 'for p in /proc/[0-9]*; do read -r _ name state _ <$p/stat; echo "$name $state"; done' | grep -cE '^\(sleep\)| Z' || true)
    [[ $left == 0 ]] && break
    sleep 0.1
  done
  row "$1" "PID 1 reaps an orphaned grandchild" "$([[ $left == 0 ]] && echo ok || echo "FAILED: $left processes sleep or are zombies")"
}

signals() { # IMAGE
  command podman kill -s QUIT "$name" >/dev/null 2>&1
  if [[ $1 == jvm ]]; then
    for _ in $(seq 100); do
      logs | grep -q 'Full thread dump' && break
      sleep 0.1
    done
  fi
  if [[ -n $(stream 8) ]] && running; then
    row "$1" "SIGQUIT: the engine keeps running" "ok$(logs | grep -q 'Full thread dump' && echo ': thread dump in the log' || true)"
  else
    row "$1" "SIGQUIT: the engine keeps running" "FAILED: exit code $(exitCode)"
  fi
}

stops() { # IMAGE SIGNAL
  local got=$work/stream.txt raw=$work/stream.raw
  local worker
  worker=$(workerHere)
  midStream "$raw" "$worker"
  local begun=$SECONDS
  command podman kill -s "$2" "$name" >/dev/null 2>&1
  local received=no
  for _ in $(seq 100); do
    logs | grep -q "SIG$2: the engine stops; 1 running" && received=yes && break
    sleep 0.1
  done
  kill -CONT "$worker" 2>/dev/null || true
  local code
  code=$(exitCode)
  wait "$client" || true
  text <"$raw" >"$got"
  if [[ $code == 0 && $received == yes && $(cat "$got") == "$answer" ]]; then
    row "$1" "SIG$2 in mid-stream" "ok: the stream was complete, exit code 0 after $((SECONDS - begun)) s"
  else
    row "$1" "SIG$2 in mid-stream" "FAILED: exit code $code after $((SECONDS - begun)) s, signal received in mid-stream: $received: $(logs | tail -2)"
  fi
}

oneRow() { # IMAGE WHAT [PODMAN OPTIONS...]: becomes ready and answers with a short stream
  local image=$1
  local what=$2
  shift 2
  start "$image" "$@"
  if awaitReady && [[ -n $(stream 8) ]]; then
    row "$image" "$what" "ok: start method $(curl -s "$(ops /q/quern/decision)" | sed -n 's/^  "method" : "\(.*\)",/\1/p')"
  else
    row "$image" "$what" "FAILED: $(logs | tail -3)"
  fi
}

shortOfMemory() { # IMAGE
  start "$1"
  awaitReady || true
  # a process in the container uses all memory; the kernel must not kill the engine
  inside sh -c 'tail -c 1000000000 /dev/zero >/dev/null' >/dev/null || true
  if [[ -n $(stream 8) ]]; then
    row "$1" "memory runs out in the container: it keeps serving" ok
  else
    row "$1" "memory runs out in the container: it keeps serving" "FAILED: $(logs | tail -3)"
  fi
}

faults() { # IMAGE
  oneRow "$1" "an unknown user (--user 4242)" --user 4242
  oneRow "$1" "half a core" --cpus 0.5
  oneRow "$1" "/dev/shm of 1 MB" --shm-size 1m
  oneRow "$1" "start method fork, by PID 1" -e QUERN_WORKER_START_METHOD=fork
  oneRow "$1" "start method spawn" -e QUERN_WORKER_START_METHOD=spawn
  start "$1" --image-volume ignore
  refused "$1" "no writable folder" '.{0,70}(QUERN_HOME|quern\.home)'
  start "$1" --memory 150m --memory-swap 150m -e QUERN_WORKER_SLOTS=64 -e QUERN_WORKER_CONTEXT_LENGTH=1024
  refused "$1" "a memory limit that is too small for the model" 'the model needs .{0,200}'
  start "$1" --memory 24m --memory-swap 24m
  refused "$1" "a memory limit that is too small for the engine" 'the engine was killed by signal 9|the model needs at least'
  start "$1" -e QUERN_POOL_WORKERS=0
  refused "$1" "an invalid value" 'quern\.pool\.workers is 0'
  start "$1" -e QUERN_MODEL=/models/none.gguf
  refused "$1" "a model file that does not exist" '/models/none\.gguf'
  if [[ $1 == native ]]; then
    start "$1" -v "$work/nothing:/opt/quern/java:ro"
    refused "$1" "no Java installation" 'workers need a Java 25'
  fi
  command podman rm -f -t 0 "$name" >/dev/null 2>&1 || true
}

wrongPlatform() { # IMAGE BASE
  local context=$work/wrong
  rm -rf "$context"
  mkdir -p "$context"
  printf 'JAVA_VERSION="25"\nOS_ARCH="riscv64"\n' >"$context/release"
  local output
  output=$(podman run --rm -v "$PWD/deploy/docker/check-platform:/check:ro" -v "$context:/java:ro" "$2" sh /check /java 2>&1) && output="the check passed"
  row "$1" "packaged for another architecture: the build fails" "$([[ $output == *"packaged for riscv64"* ]] && echo "ok: $output" || echo "FAILED: $output")"
}

# pins: runs deploy/docker/pin against a local registry, unpacked from Debian's package, and pulls what it wrote
pins() {
  local folder=$work/registry what="deploy/docker/pin writes a digest that can be pulled" image output
  mkdir -p "$folder/image"
  if [[ ! -x $folder/usr/bin/docker-registry ]]; then
    (cd "$folder" && apt-get -qq download docker-registry && dpkg-deb -x docker-registry_*.deb .) >"$work/registry.log" 2>&1 || {
      row - "$what" "skipped: the package docker-registry cannot be downloaded"
      return
    }
  fi
  local registry=
  for _ in 1 2 3; do
    next_ports
    printf '{version: 0.1, storage: {filesystem: {rootdirectory: "%s"}}, http: {addr: "127.0.0.1:%s"}}' "$folder/data" "$port" >"$folder/config.yml"
    "$folder/usr/bin/docker-registry" serve "$folder/config.yml" >"$work/registry.log" 2>&1 &
    registry=$!
    for _ in $(seq 300); do
      listens "$port" || ! kill -0 "$registry" 2>/dev/null && break
      sleep 0.1
    done
    kill -0 "$registry" 2>/dev/null && break
  done
  if ! listens "$port"; then
    row - "$what" "FAILED: the registry does not listen: $(tail -1 "$work/registry.log")"
    kill "$registry" 2>/dev/null || true
    return
  fi
  image=localhost:$port/quern-test/base:1
  date >"$folder/image/made"
  tar -C "$folder/image" -c . | command podman import - "$image" >/dev/null 2>&1
  command podman push -q --tls-verify=false "$image" >"$work/push.log" 2>&1 || {
    row - "$what" "FAILED: podman push: $(tail -1 "$work/push.log")"
    kill "$registry" 2>/dev/null || true
    return
  }
  command podman rmi "$image" >/dev/null 2>&1 || true
  echo "ARG BASE=$image" >"$folder/Dockerfile"
  output=$(deploy/docker/pin "$folder/Dockerfile" 2>&1) && deploy/docker/pin --check "$folder/Dockerfile" >/dev/null 2>&1 &&
    podman pull -q --tls-verify=false "$(sed 's/^ARG BASE=//; s/:1@/@/' "$folder/Dockerfile")" >/dev/null &&
    row - "$what" ok || row - "$what" "FAILED: $output"
  kill "$registry" 2>/dev/null || true
  command podman rmi -f "$(sed 's/^ARG BASE=//; s/:1@/@/' "$folder/Dockerfile")" >/dev/null 2>&1 || true
}

plays() { # IMAGE
  local what output
  for what in kubernetes compose; do
    if [[ $what == kubernetes ]] && ! command -v kubectl >/dev/null; then
      row "$1" "deploy/$what/test" "skipped: kubectl, which renders the manifests, is missing"
    elif output=$("deploy/$what/test" "localhost/quern:$1" 2>&1); then
      row "$1" "deploy/$what/test" "ok: $(tail -1 <<<"$output" | sed 's/^ok *//')"
    else
      row "$1" "deploy/$what/test" "FAILED: $(tail -3 <<<"$output")"
    fi
  done
}

# archiveOf KIND: prints the archive of the last build of this kind. Packs it if target/ holds that build, but no archive
# of it.
archiveOf() {
  local built=target/quarkus-app/quarkus-run.jar ending=linux-x64 folder=target/quern/runtime profiles=archive archive
  if [[ $1 == native ]]; then
    built=$(compgen -G 'target/quern-*-runner') ending=linux-x64-native folder=target/quern/lib/java profiles=archive,native
  fi
  archive=$(compgen -G "target/quern-*-$ending.tar.gz" | head -1)
  if [[ -z $archive || ! $archive -nt $built ]]; then
    [[ -d $folder ]] || return 1
    ./mvnw -B -ntp -q "-P$profiles" assembly:single@archive >&2 || return 1
    archive=$(compgen -G "target/quern-*-$ending.tar.gz" | head -1)
  fi
  echo "$archive"
}

# archiveRuns KIND BASE: runs each command of the unpacked archive, as any user, in a container with nothing but a base
# system
archiveRuns() {
  local what="the archive's commands in a container without Java" archive said hub unpacked=$work/archive
  if ! archive=$(archiveOf "$1"); then
    row "$1" "$what" "FAILED: target/ holds no archive of this build; run ./mvnw package -Parchive"
    return
  fi
  rm -rf "$unpacked"
  mkdir -p "$unpacked" "$work/hub/tiny/demo-GGUF"
  tar -C "$unpacked" --no-same-owner -xzf "$archive"
  cp target/classes/io/quern/model/demo/demo.gguf "$work/hub/tiny/demo-GGUF/demo-Q8_0.gguf"
  # empty before the hub starts, so that the address of an earlier one is not read
  : >"$work/hub.log"
  # so slow that a progress bar is shown
  src/bench/hub --rate=1000000 "$work/hub" >"$work/hub.log" 2>&1 &
  hub=$!
  for _ in $(seq 600); do
    grep -q '^HF_ENDPOINT=' "$work/hub.log" || ! kill -0 "$hub" 2>/dev/null && break
    sleep 0.1
  done
  next_ports
  if said=$(podman run --rm --read-only --read-only-tmpfs=false --cap-drop all --security-opt no-new-privileges --user 4242 \
    --tmpfs /tmp:exec,mode=1777 -v "$(echo "$unpacked"/quern-*):/opt/quern:ro" -v "$PWD/deploy/checks/archive.sh:/archive.sh:ro" \
    -e "$(grep '^HF_ENDPOINT=' "$work/hub.log")" "$2" sh /archive.sh "$port" "$management" 2>&1); then
    row "$1" "$what" "$(tail -1 <<<"$said")"
  else
    row "$1" "$what" "FAILED: $(tail -5 <<<"$said")"
  fi
  kill "$hub" 2>/dev/null || true
}

# --- all of it
# ----------------------------------------------------------------------------------------------------------------------

wanted=("${@:-}")
[[ -n ${wanted[0]} ]] || wanted=(jvm native)
mkdir -p "$work/nothing"
for image in "${wanted[@]}"; do
  case $image in
    jvm)
      [[ -f target/quarkus-app/quarkus-run.jar && -x target/quern/bin/quern ]] || ./mvnw -B -ntp -q -DskipTests -Parchive package
      images+=(jvm)
      ;;
    native)
      if ! compgen -G 'target/quern-*-runner' >/dev/null && [[ -n ${GRAALVM_HOME:-} ]]; then
        ./mvnw -B -ntp -q -DskipTests package -Parchive -Dnative -Dquarkus.native.native-image-xmx=6g
      fi
      if compgen -G 'target/quern-*-runner' >/dev/null; then
        images+=(native)
      else
        row native "image built" "skipped: target/ has no native executable, and GRAALVM_HOME is not set"
      fi
      ;;
    *)
      echo "usage: deploy/test.sh [jvm] [native]" >&2
      exit 2
      ;;
  esac
done

pins
if ((${#images[@]})); then
  from=$(base)
  for image in "${images[@]}"; do
    archiveRuns "$image" "$from"
    build "$image" "$from" || continue
    wrongPlatform "$image" "$from"
    if serves "$image"; then
      survivesKill "$image"
      reaps "$image"
      signals "$image"
      stops "$image" TERM
      for signal in INT HUP; do
        start "$image"
        awaitReady && stops "$image" "$signal"
      done
    fi
    faults "$image"
    shortOfMemory "$image"
    plays "$image"
  done
fi

echo
echo "Ran on $(nproc) cores, $(podman --version), kernel $(uname -r):"
echo
cat "$table"
exit "$failed"
