# Runs steps one after another and tells at the end how each went; to be sourced after common.sh.
# shellcheck shell=bash

: "${root:?common.sh comes first}"

step_rows=()
passed=0
failed=0
skipped=0

# step NAME COMMAND...: runs it in the root of the repository. A failure is counted, and the next step is run.
step() {
  local name=$1 start=$EPOCHREALTIME code=0 result=passed
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
  if ((code == 0)); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    result="FAILED ($code)"
  fi
  step_rows+=("$(printf '%-28s %-14s %8s s' "$name" "$result" "$(seconds_since "$start")")")
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
