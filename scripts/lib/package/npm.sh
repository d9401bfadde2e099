# The npm package of the shim; to be sourced after stage.sh.
# shellcheck shell=bash

: "${root:?common.sh comes first}" "${output:?stage.sh comes first}"

package_npm() {
  npm_ci extension-shim
  # npm prints what a prepack script prints into its JSON, so the build comes first.
  (cd "$root/extension-shim" && npm run --silent build >/dev/null)
  (cd "$root/extension-shim" && npm pack --ignore-scripts --json --loglevel=error --pack-destination "$output") |
    node "$root/scripts/lib/package/npm-size.mjs" "${output#"$root"/}"
}
