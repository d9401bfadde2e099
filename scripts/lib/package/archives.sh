# The archives: tar.gz for any Linux, zip for Windows; to be sourced after stage.sh.
# shellcheck shell=bash

: "${root:?common.sh comes first}" "${build_folder:?stage.sh comes first}" "${output:?stage.sh comes first}"

readonly windows_triple=x86_64-pc-windows-gnu

package_tar() {
  [[ $(tar --version) == *GNU* ]] || die 'GNU tar is needed: it sorts and dates what it packs'
  release_host
  cli_docs
  local stage name
  stage=$(fresh_folder tar)
  name=chrome-sockets-host-$(version)-$(host_triple)
  archive_files "$stage/$name" "$(host_triple)"
  install -m 755 "$build_folder/release/chrome-sockets-host" "$stage/$name/chrome-sockets-host"
  cp -r "$output"/cli/man "$output"/cli/completions "$stage/$name/"
  archive_readme ./chrome-sockets-host \
    'The folders man and completions have manual pages, and completions for bash, zsh and fish.' >"$stage/$name/README.md"
  tar --create --directory "$stage" --sort=name --mtime="@$(file_time)" --owner=0 --group=0 --numeric-owner \
    --format=gnu "$name" | gzip -9n >"$output/$name.tar.gz"
  made "$output/$name.tar.gz"
}

package_zip() {
  local program=$root/target/cross/$windows_triple/release/chrome-sockets-host.exe stage name
  # It has a target directory of its own.
  if ! "$root/scripts/cross" --prepare windows-release; then
    echo "The zip for Windows is skipped: scripts/cross cannot build for it here."
    return
  fi
  "$root/scripts/cross" windows-release
  apt_install zip zip
  need zip 'it is in the package zip'
  stage=$(fresh_folder zip)
  name=chrome-sockets-host-$(version)-$windows_triple
  archive_files "$stage/$name" "$windows_triple"
  install -m 755 "$program" "$stage/$name/chrome-sockets-host.exe"
  archive_readme '.\chrome-sockets-host.exe' '' >"$stage/$name/README.md"
  # The format has local times, without a zone.
  find "$stage/$name" -exec touch -d "@$(file_time)" {} +
  rm -f "$output/$name.zip"
  (cd "$stage" && find "$name" | LC_ALL=C sort | TZ=UTC zip -X -q -9 -@ "$output/$name.zip")
  made "$output/$name.zip"
}

# archive_files FOLDER TARGET-TRIPLE: what is the same for every system.
archive_files() {
  local file
  for file in LICENSE-MIT LICENSE-APACHE CHANGELOG.md PROTOCOL.md SECURITY.md; do
    put "$root/$file" "$1/$file"
  done
  notices "$2" "$1/THIRD-PARTY"
}

# archive_readme PROGRAM MORE
archive_readme() {
  cat <<TEXT
# chrome-sockets-host $(version)

The native-messaging host of chrome-sockets, which gives browser extensions \`chrome.sockets.tcpServer\`, \`tcp\` and \`udp\`.

## Installing

In a terminal, in this folder:

    $1 install <the folder of your extension>
    $1 install --extension-id <the id of one from a store>

It copies the program to a place of its own, tells your browsers where that is, and says what the extension may do from now on.
\`$1 install --help\` explains. Then reload the extension. This folder is not needed any more.

\`$1 uninstall\` removes all of it. ${2}

Licence: MIT or Apache-2.0, as you like. THIRD-PARTY has the notices of what the program is made of.
TEXT
}
