# Runs steps one after another and tells at the end how each went; to be sourced after common.sh.
# shellcheck shell=bash

: "${root:?common.sh comes first}"

step_rows=()
passed=0
failed=0
skipped=0
beside_name=

# step NAME COMMAND...: runs it in the root of the repository. A failure is counted, and the next step is run.
step() {
  local name=$1 start=$EPOCHREALTIME code=0
  shift
  printf '\n=== %s\n' "$name"
  # A subshell of its own, with -e: inside a condition bash would ignore failures in the middle of a function.
  set +e
  (
    set -e
    cd "$root"
    "$@"
  )
  code=$?
  set -e
  count "$name" "$code" "$(seconds_since "$start")"
}

# count NAME CODE SECONDS: how a step went.
count() {
  local result=passed
  if (($2 == 0)); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    result="FAILED ($2)"
  fi
  step_rows+=("$(printf '%-28s %-14s %8s s' "$1" "$result" "$3")")
}

# beside NAME COMMAND...: a step that runs while others do, until `finish`, which says how it went. There is one at a time.
beside() {
  beside_name=$1 beside_folder=$(mktemp -d)
  local start=$EPOCHREALTIME
  shift
  # Job control gives it a process group of its own, so that with this script all of it ends.
  set -m
  (
    set -e
    trap 'seconds_since "$start" >"$beside_folder/seconds"' EXIT
    cd "$root"
    "$@"
  ) </dev/null >"$beside_folder/output" 2>&1 &
  beside_pid=$!
  set +m
  trap 'kill -- "-$beside_pid" 2>/dev/null; rm -rf "$beside_folder"' EXIT
}

# finish: waits for what was begun by `beside`, if something was, and shows what it said.
finish() {
  local code=0
  [[ -n $beside_name ]] || return 0
  printf '\n=== %s, which ran beside others\n' "$beside_name"
  wait "$beside_pid" || code=$?
  cat "$beside_folder/output"
  count "$beside_name" "$code" "$(cat "$beside_folder/seconds" || echo '?')"
  beside_name=
  trap - EXIT
  rm -rf "$beside_folder"
}

# skip NAME REASON: says that a step was not run. CI has to run everything, so there it is a failure.
skip() {
  if [[ ${CI:-} == true ]]; then
    failed=$((failed + 1))
    step_rows+=("$(printf '%-28s %-14s %s' "$1" 'FAILED' "$2")")
  else
    skipped=$((skipped + 1))
    step_rows+=("$(printf '%-28s %-14s %s' "$1" 'skipped' "$2")")
  fi
}

# Tenths of a second since an EPOCHREALTIME, which has six digits behind a point or a comma.
seconds_since() {
  local tenths=$(((${EPOCHREALTIME//[!0-9]/} - ${1//[!0-9]/}) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# The table of all steps, the line that counts them, and the exit code.
summary() {
  printf '\n'
  printf '%s\n' "${step_rows[@]}"
  printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  ((failed == 0))
}
