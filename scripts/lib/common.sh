# Shared by the scripts here; to be sourced. The caller has `set -euo pipefail`.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root

# Says what is wrong in one line and ends.
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

need() {
  command -v "$1" >/dev/null || die "$1 is needed: $2"
}

# Node 20 is the oldest that everything here runs on.
need_node() {
  need node 'install Node.js 20 or newer'
  need npm 'it comes with Node.js'
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
    die "Node.js 20 or newer is needed, this is $(node --version)"
}

# npm_ci DIR: installs what its lock file says, unless that has been done. None of our packages needs install scripts.
npm_ci() {
  local dir=$root/$1
  local done_file=$dir/node_modules/.package-lock.json
  if [[ -e $done_file && ! $dir/package-lock.json -nt $done_file && ! $dir/package.json -nt $done_file ]]; then
    return
  fi
  # Said aloud, since inside a condition -e does not hold.
  (cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || return
  touch "$done_file"
}

# The extension of the example, ready to be loaded, in examples/tabs-api/dist. Of the shim it needs the source only.
build_example() {
  npm_ci examples/tabs-api
  (cd "$root/examples/tabs-api" && npm run --silent build)
}

# apt_install COMMAND PACKAGE...: installs what is missing where that needs no password. Whether it is there afterwards is
# for the caller to see.
apt_install() {
  local sudo=()
  if command -v "$1" >/dev/null || ! command -v apt-get >/dev/null; then
    return
  fi
  if ((EUID != 0)); then
    if ! sudo -n true 2>/dev/null; then
      return
    fi
    sudo=(sudo -n)
  fi
  shift
  echo "Installing $*." >&2
  "${sudo[@]}" apt-get update -qq >&2 || true
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2 || true
}

# Whether there is a Chromium, after trying to install one.
find_or_install_browser() {
  npm_ci scripts/lib >&2 && node "$root/scripts/lib/find-browser.mjs"
}

# Whether there is a Firefox, after trying to install one.
find_or_install_firefox() {
  npm_ci scripts/lib >&2 && node "$root/scripts/lib/find-browser.mjs" firefox
}
