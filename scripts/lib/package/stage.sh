# What the packages have in common: their version, their times, and the files that go with the program; to be sourced after
# common.sh.
# shellcheck shell=bash

: "${root:?common.sh comes first}"

build_folder=$(realpath -m "${CARGO_TARGET_DIR:-$root/target}")
output=$build_folder/package
readonly build_folder output

# The version in Cargo.toml.
version() {
  local id
  id=$(cargo pkgid --locked --manifest-path "$root/Cargo.toml" --package chrome-sockets-host)
  echo "${id##*[#@]}"
}

# The time that every file in a package has. SOURCE_DATE_EPOCH is not set for all, since crates that compile C are built anew when it
# changes.
file_time() {
  echo "${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || stat -c %Y "$root/CHANGELOG.md")}"
}

# fresh_folder NAME: prints the path of an empty folder to put a package together in.
fresh_folder() {
  local folder=$output/stage/$1
  rm -rf "$folder"
  mkdir -p "$folder"
  echo "$folder"
}

release_host() {
  cargo build --release --locked --quiet --manifest-path "$root/Cargo.toml"
}

# Manual pages and completions, in $output/cli.
cli_docs() {
  rm -rf "$output/cli"
  cargo run --locked --quiet --manifest-path "$root/Cargo.toml" --example cli-docs \
    "$output/cli" "$(date -u -d "@$(file_time)" +%F)"
}

# put SOURCE TARGET: a file that everybody may read.
put() {
  install -D -m 644 "$1" "$2"
}

# notices TARGET-TRIPLE FILE: what the licences of the crates in the program ask for.
notices() {
  node "$root/scripts/lib/package/notices.mjs" "$1" >"$2"
  chmod 644 "$2"
}

# made FILE: says what has been made.
made() {
  printf '%s: %s bytes\n' "${1#"$root"/}" "$(stat -c %s "$1")"
}
