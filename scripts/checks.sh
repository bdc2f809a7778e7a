#!/usr/bin/env bash
# Checks of the deployment files that need no cluster and no container: the real Helm and Docker Compose, from Python
# packages pinned in scripts/checks/requirements.txt and kept in the cache.
#
#   scripts/checks.sh install                               what the others do by themselves when it is missing
#   scripts/checks.sh helm lint|template|validate CHART [-f VALUES]... [--set KEY=VALUE]... [--kube-version V] [--json]
#   scripts/checks.sh compose ARGUMENTS                     docker-compose, e.g. -f docker-compose.yml config
#   scripts/checks.sh json FILE                             a YAML file as JSON
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
cache="${STANDING_CACHE:-$HOME/.cache/standing}"
wanted=scripts/checks/requirements.txt
home="$cache/checks"

install() {
  cmp -s "$wanted" "$home/complete" && return
  if ! command -v python3 >/dev/null || ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    echo "checks.sh: Python 3.10 or newer with venv is missing: run scripts/setup.sh checks, or install python3-venv" >&2
    exit 1
  fi
  mkdir -p "$home"
  exec 9>"$home/lock"
  flock 9
  # Whoever held the lock before us may have done it.
  if ! cmp -s "$wanted" "$home/complete"; then
    echo "checks.sh: installing Helm, Compose and Kubernetes' schemas into $home" >&2
    rm -rf "$home/venv" "$home/complete"
    python3 -m venv "$home/venv"
    "$home/venv/bin/python" -m pip install -q --disable-pip-version-check -r "$wanted" >&2
    cp "$wanted" "$home/complete"
  fi
  exec 9>&-
}

case "${1:-}" in
  install) install ;;
  helm) install; exec "$home/venv/bin/python" scripts/checks/chart.py "${@:2}" ;;
  compose) install; exec "$home/venv/bin/docker-compose" "${@:2}" ;;
  json)
    install
    exec "$home/venv/bin/python" -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' <"$2"
    ;;
  *)
    sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
