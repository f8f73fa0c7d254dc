# shellcheck shell=bash
# Sourced by scripts below deploy/, which run in the root of the repository. Each function downloads pinned tools to
# target/deploy-tools, once, without root. If it cannot, it prints one line that says why and returns 1.

tools=$PWD/target/deploy-tools
mkdir -p "$tools/bin"
export PATH="$tools/bin:$tools/python/bin:$PATH"
export PYTHONPATH=$tools/python${PYTHONPATH:+:$PYTHONPATH} PYTHONDONTWRITEBYTECODE=1

# kubernetes-validate, shellcheck, hadolint and podman-compose.
python_tools() {
  if ! cmp -s deploy/checks/requirements.txt "$tools/python/requirements.txt"; then
    python3 -m pip --version >/dev/null 2>&1 || { echo "there is no python3 with pip" && return 1; }
    rm -rf "$tools/python"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --only-binary :all: --require-hashes --target "$tools/python" \
      -r deploy/checks/requirements.txt >"$tools/pip.log" 2>&1 || { echo "pip: $(tail -1 "$tools/pip.log")" && return 1; }
    cp deploy/checks/requirements.txt "$tools/python/"
  fi
}

# kubectl renders kustomizations. It must be installed already.
kustomize_tool() {
  command -v kubectl >/dev/null || { echo "there is no kubectl" && return 1; }
}

# docker compose's own parser.
compose_tool() {
  local version=v2.16.2
  if [[ ! -x $tools/bin/compose-spec-$version ]]; then
    command -v go >/dev/null || { echo "there is no go" && return 1; }
    GOFLAGS='' GOBIN=$tools/go go install "github.com/compose-spec/compose-go/v2/cmd@$version" >"$tools/go.log" 2>&1 ||
      { echo "go: $(tail -1 "$tools/go.log")" && return 1; }
    mv "$tools/go/cmd" "$tools/bin/compose-spec-$version"
    ln -sf "compose-spec-$version" "$tools/bin/compose-spec"
  fi
}

# prometheus and promtool. If they are not on the PATH, unpacks them from Debian's package, whatever its version is.
prometheus_tools() {
  if ! command -v promtool >/dev/null || ! command -v prometheus >/dev/null; then
    command -v apt-get >/dev/null || { echo "there is no promtool, and no apt-get to download it with" && return 1; }
    apt-cache show prometheus >/dev/null 2>&1 || apt-get -qq update >"$tools/apt.log" 2>&1 || { echo "apt-get update: $(tail -1 "$tools/apt.log")" && return 1; }
    rm -rf "$tools/prometheus" && mkdir -p "$tools/prometheus"
    (cd "$tools/prometheus" && apt-get -qq download prometheus && dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb) >"$tools/apt.log" 2>&1 ||
      { echo "apt-get download prometheus: $(tail -1 "$tools/apt.log")" && return 1; }
    ln -sf ../prometheus/usr/bin/prometheus ../prometheus/usr/bin/promtool "$tools/bin/"
  fi
}
