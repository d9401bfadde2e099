# The steps of scripts/check, which are also the first ones of scripts/test; to be sourced after steps.sh.
# shellcheck shell=bash

: "${root:?common.sh comes first}"

rustdoc_warnings() {
  RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps --quiet
}

shim_check() {
  npm_ci extension-shim
  cd extension-shim || return
  npm run --silent check
}

# The shim's Biome serves all other JavaScript too; each folder has a biome.json of its own.
javascript_check() {
  npm_ci extension-shim
  local folder
  for folder in examples/tabs-api scripts/lib tests/browser tests/differential tests/package benches; do
    printf '%s: ' "$folder"
    (cd "$folder" && "$root/extension-shim/node_modules/.bin/biome" ci .)
  done
}

# Uses the shim's generated types, so it comes after the shim's own check.
javascript_types() {
  npm_ci examples/tabs-api
  npm_ci scripts/lib
  local folder
  for folder in examples/tabs-api scripts/lib tests/differential; do
    extension-shim/node_modules/.bin/tsc --project "$folder"
  done
}

shell_check() {
  shellcheck -x scripts/bench scripts/check scripts/cross scripts/demo scripts/package scripts/soak scripts/test \
    scripts/lib/*.sh scripts/lib/package/*.sh tests/it/tls/weak/make.sh .ci/run
}

# Lock files name no registry: whoever installs uses their own.
lock_files() {
  local lock
  for lock in extension-shim examples/tabs-api scripts/lib; do
    if grep -n '"resolved": "http' "$lock/package-lock.json"; then
      echo "$lock/package-lock.json names a registry" >&2
      return 1
    fi
  done
}

check_steps() {
  step 'Rust format' cargo fmt --check
  step 'clippy' cargo clippy --all-targets --locked --quiet -- -D warnings
  step 'rustdoc' rustdoc_warnings
  step 'shim lint and types' shim_check
  step 'other lint' javascript_check
  step 'other types' javascript_types
  step 'lock files' lock_files
  apt_install shellcheck shellcheck
  if command -v shellcheck >/dev/null; then
    step 'shell scripts' shell_check
  else
    skip 'shell scripts' 'no shellcheck'
  fi
}
