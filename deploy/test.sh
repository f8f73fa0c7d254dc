#!/usr/bin/env bash
# Runs what this folder holds, for real: builds the images with Podman, runs them as an orchestrator would (no root, read-only root file
# system, no capabilities, a memory limit), breaks them, and plays the Kubernetes manifests. Prints a table; exit code 1 if a row failed.
#
#   deploy/test.sh            all: packages what is not there, makes a base image from Debian's packages where none is given
#   deploy/test.sh jvm        one image alone (jvm, native)
#
# BASE=IMAGE        the images' base; by default one made here by debootstrap, as no registry may be reached
# GRAALVM_HOME      builds the native executable, where target/ has none; without either the native image is skipped
# Needs root, Podman and runc (or crun), curl; installs them and debootstrap by apt-get where they are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$PWD/target/deploy
mkdir -p "$work"
table=$work/table.txt
: >"$table"
failed=0
images=()
name=quern-test-$$
port=$((20000 + $$ % 20000))
management=
answer=
client=
long=800 # tokens of an answer that things happen to

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

# A settings file of our own: works where the defaults (crun, systemd, a network of its own, high limits) do not, within a container itself.
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

# Its complaints about a missing systemd say nothing of us.
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
    say "making a base image from Debian's packages"
    local root
    root=$(mktemp -d "$work/rootfs.XXXXXX")
    debootstrap --variant=minbase bookworm "$root" \
      "$(apt-get indextargets --format '$(REPO_URI)' | grep -E '/debian/?$' | sort -u | head -1)" >"$work/debootstrap.log"
    tar -C "$root" -c . | command podman import - "$image" >/dev/null 2>&1
    rm -rf "$root"
  fi
  echo "$image"
}

# --- one engine in a container ------------------------------------------------------------------------------------------------------

url() { echo "http://127.0.0.1:$port$1"; }

# What it serves to operators.
ops() { echo "http://127.0.0.1:$management$1"; }

# start IMAGE [PODMAN OPTIONS...]: as an orchestrator would; port and limits can be overridden by what comes behind
start() {
  local image=$1
  shift
  port=$((port + 2))
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || (exec 3<>"/dev/tcp/127.0.0.1/$((port + 1))") 2>/dev/null; do
    port=$((port + 2))
  done
  management=$((port + 1))
  command podman rm -f -t 0 "$name" >/dev/null 2>&1 || true
  # from there: podman's monitor leaves a file "oom" where it was started, should memory run out
  (
    cd "$work"
    podman run -d --name "$name" --read-only --read-only-tmpfs=false --cap-drop all --security-opt no-new-privileges --memory 512m \
      -e QUARKUS_HTTP_HOST=127.0.0.1 -e QUARKUS_HTTP_PORT=$port \
      -e QUARKUS_MANAGEMENT_HOST=127.0.0.1 -e QUARKUS_MANAGEMENT_PORT=$management "$@" "localhost/quern:$image" >/dev/null
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

# The text of a streamed answer, from its events.
text() { sed -n 's/^data: .*"delta":{"content":"\(.*\)"},"logprobs".*/\1/p' | tr -d '\n'; }

stream() { # TOKENS
  curl -sN -m 120 "$(url /v1/chat/completions)" -H 'content-type: application/json' -d "$(body "$1" true)" | text
}

workerPid() { curl -s -m 5 "$(ops /q/quern/pool)" | sed -n 's/^ *"pid" : \([0-9]*\),.*/\1/p' | head -1; }

# The worker as this machine knows it: to enter the container takes longer than many an answer.
workerHere() { command podman top "$name" hpid pid | awk -v pid="$(workerPid)" '$2 == pid { print $1 }'; }

# midStream FILE WORKER: begins a stream into FILE and returns when it is running, with its worker stopped: it is not over before something
# happens to it, however fast the machine. Sets client. A worker that stands for longer than the engine allows is killed, and the stream moves.
midStream() {
  : >"$1"
  curl -sN -m 120 "$(url /v1/chat/completions)" -H 'content-type: application/json' -d "$(body "$long" true)" >"$1" &
  client=$!
  while [[ ! -s $1 ]] && kill -0 "$client" 2>/dev/null; do sleep 0.01; done
  kill -STOP "$2"
}

inside() { command podman exec "$name" "$@" 2>&1; }

# What must end by itself, with an exit code that is not 0 and one clear message.
refused() { # IMAGE WHAT MESSAGE
  local code
  code=$(exitCode)
  if [[ $code != 0 ]] && logs | grep -qE "$3"; then
    row "$1" "$2" "ok: exit code $code, \"$(logs | grep -oE "$3.{0,60}" | head -1)\""
  else
    row "$1" "$2" "FAILED: exit code $code: $(logs | tail -3)"
  fi
}

# --- rows ---------------------------------------------------------------------------------------------------------------------------

build() { # IMAGE BASE
  local begun=$SECONDS
  if podman build --format docker --network=host -f "deploy/docker/Dockerfile.$1" --build-arg "BASE=$2" -t "quern:$1" . >"$work/build-$1.log" 2>&1; then
    local size
    size=$(command podman image inspect "localhost/quern:$1" --format '{{.Size}}')
    local under
    under=$(command podman image inspect "$2" --format '{{.Size}}')
    row "$1" "image built" "ok: $((size / 1000000)) MB, $(((size - under) / 1000000)) MB of them ours, in $((SECONDS - begun)) s"
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
    row "$1" "kill -9 of the worker in mid-stream" "ok: the same text, ${moved%.*} moved"
  else
    row "$1" "kill -9 of the worker in mid-stream" "FAILED: moved ${moved:-none}: $(head -c 80 "$got")"
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
  row "$1" "PID 1 reaps an orphaned grandchild" "$([[ $left == 0 ]] && echo ok || echo "FAILED: $left that sleep or are zombies")"
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
    row "$1" "SIGQUIT: the engine goes on" "ok$(logs | grep -q 'Full thread dump' && echo ': thread dump in the log' || true)"
  else
    row "$1" "SIGQUIT: the engine goes on" "FAILED: exit code $(exitCode)"
  fi
}

stops() { # IMAGE SIGNAL
  local got=$work/stream.txt raw=$work/stream.raw
  local worker
  worker=$(workerHere)
  midStream "$raw" "$worker"
  local begun=$SECONDS
  command podman kill -s "$2" "$name" >/dev/null 2>&1
  local heard=no
  for _ in $(seq 100); do
    logs | grep -q "SIG$2: the engine stops; 1 running" && heard=yes && break
    sleep 0.1
  done
  kill -CONT "$worker" 2>/dev/null || true
  local code
  code=$(exitCode)
  wait "$client" || true
  text <"$raw" >"$got"
  if [[ $code == 0 && $heard == yes && $(cat "$got") == "$answer" ]]; then
    row "$1" "SIG$2 in mid-stream" "ok: the stream was whole, exit code 0 after $((SECONDS - begun)) s"
  else
    row "$1" "SIG$2 in mid-stream" "FAILED: exit code $code after $((SECONDS - begun)) s, heard in mid-stream: $heard: $(logs | tail -2)"
  fi
}

oneRow() { # IMAGE WHAT [PODMAN OPTIONS...]: ready, and a short stream
  local image=$1
  local what=$2
  shift 2
  start "$image" "$@"
  if awaitReady && [[ -n $(stream 8) ]]; then
    row "$image" "$what" "ok: by $(curl -s "$(ops /q/quern/decision)" | sed -n 's/^  "method" : "\(.*\)",/\1/p')"
  else
    row "$image" "$what" "FAILED: $(logs | tail -3)"
  fi
}

shortOfMemory() { # IMAGE
  start "$1"
  awaitReady || true
  # somebody in the container takes it all; who is killed for it must not be the engine
  inside sh -c 'tail -c 1000000000 /dev/zero >/dev/null' >/dev/null || true
  if [[ -n $(stream 8) ]]; then
    row "$1" "memory runs out in the container: it goes on serving" ok
  else
    row "$1" "memory runs out in the container: it goes on serving" "FAILED: $(logs | tail -3)"
  fi
}

faults() { # IMAGE
  oneRow "$1" "an unknown user (--user 4242)" --user 4242
  oneRow "$1" "half a core" --cpus 0.5
  oneRow "$1" "/dev/shm of 1 MB" --shm-size 1m
  oneRow "$1" "start method fork, by PID 1" -e QUERN_WORKER_START_METHOD=fork
  oneRow "$1" "start method spawn" -e QUERN_WORKER_START_METHOD=spawn
  start "$1" --image-volume ignore
  refused "$1" "no folder that could be written" '.{0,70}(QUERN_HOME|quern\.home)'
  start "$1" --memory 150m --memory-swap 150m -e QUERN_WORKER_SLOTS=64 -e QUERN_WORKER_CONTEXT_LENGTH=1024
  refused "$1" "a memory limit that the model does not fit in" 'the model needs .{0,200}'
  start "$1" --memory 24m --memory-swap 24m
  refused "$1" "a memory limit that not even the engine fits in" 'for want of memory|the model needs at least'
  start "$1" -e QUERN_POOL_WORKERS=0
  refused "$1" "a value that makes no sense" 'quern\.pool\.workers is 0'
  start "$1" -e QUERN_MODEL=/models/none.gguf
  refused "$1" "a model that is not there" '/models/none\.gguf'
  if [[ $1 == native ]]; then
    start "$1" -v "$work/nothing:/opt/quern/java:ro"
    refused "$1" "no java anywhere" 'workers need a Java 25'
  fi
  command podman rm -f -t 0 "$name" >/dev/null 2>&1 || true
}

wrongPlatform() { # IMAGE BASE
  local context=$work/wrong
  rm -rf "$context"
  mkdir -p "$context"
  printf 'JAVA_VERSION="25"\nOS_ARCH="riscv64"\n' >"$context/release"
  local said
  said=$(podman run --rm -v "$PWD/deploy/docker/check-platform:/check:ro" -v "$context:/java:ro" "$2" sh /check /java 2>&1) && said="built all the same"
  row "$1" "packaged for another architecture: the build says so" "$([[ $said == *"packaged for riscv64"* ]] && echo "ok: $said" || echo "FAILED: $said")"
}

# pins: deploy/docker/pin on a registry of ours, Debian's, unpacked and not installed; what it writes can be pulled
pins() {
  local folder=$work/registry what="deploy/docker/pin writes a digest that can be pulled" image said
  mkdir -p "$folder/image"
  if [[ ! -x $folder/usr/bin/docker-registry ]]; then
    (cd "$folder" && apt-get -qq download docker-registry && dpkg-deb -x docker-registry_*.deb .) >"$work/registry.log" 2>&1 || {
      row - "$what" "skipped: there is no package docker-registry"
      return
    }
  fi
  port=$((port + 1))
  image=localhost:$port/quern-test/base:1
  printf '{version: 0.1, storage: {filesystem: {rootdirectory: "%s"}}, http: {addr: "127.0.0.1:%s"}}' "$folder/data" "$port" >"$folder/config.yml"
  "$folder/usr/bin/docker-registry" serve "$folder/config.yml" >"$work/registry.log" 2>&1 &
  local registry=$!
  date >"$folder/image/made"
  tar -C "$folder/image" -c . | command podman import - "$image" >/dev/null 2>&1
  for _ in $(seq 100); do
    command podman push -q --tls-verify=false "$image" >/dev/null 2>&1 && break
    sleep 0.1
  done
  command podman rmi "$image" >/dev/null 2>&1 || true
  echo "ARG BASE=$image" >"$folder/Dockerfile"
  said=$(deploy/docker/pin "$folder/Dockerfile" 2>&1) && deploy/docker/pin --check "$folder/Dockerfile" >/dev/null 2>&1 &&
    podman pull -q --tls-verify=false "$(sed 's/^ARG BASE=//; s/:1@/@/' "$folder/Dockerfile")" >/dev/null &&
    row - "$what" ok || row - "$what" "FAILED: $said"
  kill "$registry"
  command podman rmi -f "$(sed 's/^ARG BASE=//; s/:1@/@/' "$folder/Dockerfile")" >/dev/null 2>&1 || true
}

plays() { # IMAGE
  local what said
  for what in kubernetes compose; do
    if [[ $what == kubernetes ]] && ! command -v kubectl >/dev/null; then
      row "$1" "deploy/$what/test" "skipped: no kubectl to render the manifests with"
    elif said=$("deploy/$what/test" "localhost/quern:$1" 2>&1); then
      row "$1" "deploy/$what/test" "ok: $(tail -1 <<<"$said" | sed 's/^ok *//')"
    else
      row "$1" "deploy/$what/test" "FAILED: $(tail -3 <<<"$said")"
    fi
  done
}

# archiveRuns BASE: the commands, as any user, in a container with nothing but a base system
archiveRuns() {
  local said
  if said=$(podman run --rm --read-only --read-only-tmpfs=false --cap-drop all --security-opt no-new-privileges --user 4242 \
    --tmpfs /tmp:exec,mode=1777 -v "$PWD/target/quern:/opt/quern:ro" -v "$PWD/deploy/checks/archive.sh:/archive.sh:ro" \
    "$1" sh /archive.sh 2>&1); then
    row command "target/quern in a container without Java" "$(tail -1 <<<"$said")"
  else
    row command "target/quern in a container without Java" "FAILED: $(tail -3 <<<"$said")"
  fi
}

# --- all of it ----------------------------------------------------------------------------------------------------------------------

wanted=("${@:-}")
[[ -n ${wanted[0]} ]] || wanted=(jvm native)
mkdir -p "$work/nothing"
for image in "${wanted[@]}"; do
  case $image in
    jvm)
      [[ -f target/quarkus-app/quarkus-run.jar && -x target/quern/bin/quern ]] || ./mvnw -B -ntp -q -DskipTests package
      images+=(jvm)
      ;;
    native)
      if ! compgen -G 'target/quern-*-runner' >/dev/null && [[ -n ${GRAALVM_HOME:-} ]]; then
        ./mvnw -B -ntp -q -DskipTests package -Dnative -Dquarkus.native.native-image-xmx=6g
      fi
      if compgen -G 'target/quern-*-runner' >/dev/null; then
        images+=(native)
      else
        row native "image built" "skipped: no native executable in target/, and no GRAALVM_HOME to build it with"
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
  archiveRuns "$from"
  for image in "${images[@]}"; do
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
