# The Debian package; to be sourced after stage.sh.
#
# It has no maintainer scripts: which extensions may use the host is for the user to say, by `chrome-sockets-host install`, and what
# that writes is the user's, or the administrator's with --system. Removing the package leaves it, as it leaves all that people write.
# shellcheck shell=bash

: "${root:?common.sh comes first}" "${build_folder:?stage.sh comes first}" "${output:?stage.sh comes first}"

readonly deb_name=chrome-sockets-host

package_deb() {
  apt_install dpkg-shlibdeps dpkg-dev
  need dpkg-deb 'it is in the package dpkg'
  need dpkg-shlibdeps 'it is in the package dpkg-dev'
  release_host
  cli_docs
  local stage version architecture file
  version=$(version)-1
  architecture=$(dpkg --print-architecture)
  stage=$(fresh_folder deb)
  deb_files "$stage" "$version"
  deb_control "$stage" "$version" "$architecture"
  file=$output/${deb_name}_${version}_$architecture.deb
  SOURCE_DATE_EPOCH=$(file_time) dpkg-deb --build --root-owner-group -Zxz "$stage" "$file" >/dev/null
  made "$file"
}

# deb_files STAGE VERSION: what will be in the file system.
deb_files() {
  local share=$1/usr/share doc=$1/usr/share/doc/$deb_name page
  install -D -m 755 "$build_folder/release/$deb_name" "$1/usr/bin/$deb_name"
  for page in "$output"/cli/man/*; do
    put "$page" "$share/man/man1/${page##*/}"
  done
  put "$output/cli/completions/$deb_name.bash" "$share/bash-completion/completions/$deb_name"
  put "$output/cli/completions/_$deb_name" "$share/zsh/vendor-completions/_$deb_name"
  put "$output/cli/completions/$deb_name.fish" "$share/fish/vendor_completions.d/$deb_name.fish"
  put "$root/PROTOCOL.md" "$doc/PROTOCOL.md"
  put "$root/SECURITY.md" "$doc/SECURITY.md"
  put "$root/CHANGELOG.md" "$doc/changelog"
  deb_changelog "$2" >"$doc/changelog.Debian"
  deb_copyright >"$doc/copyright"
  notices "$(host_triple)" "$doc/THIRD-PARTY"
  gzip -9n "$share"/man/man1/* "$doc"/{changelog,changelog.Debian,PROTOCOL.md,SECURITY.md,THIRD-PARTY}
}

deb_maintainer() {
  echo "${DEBFULLNAME:-chrome-sockets maintainers} <${DEBEMAIL:-maintainers@chrome-sockets.invalid}>"
}

deb_changelog() {
  cat <<TEXT
$deb_name ($1) unstable; urgency=medium

  * Built from the sources of this version; changelog.gz has what is new.

 -- $(deb_maintainer)  $(LC_ALL=C date -u -R -d "@$(file_time)")
TEXT
}

# In the format of https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/.
deb_copyright() {
  cat <<TEXT
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: chrome-sockets
Comment: The program contains crates of others, under the licences and with
 the notices in THIRD-PARTY.gz.

Files: *
Copyright: $(sed -n 's/^Copyright (c) //p' "$root/LICENSE-MIT")
License: Expat or Apache-2.0

License: Apache-2.0
 On Debian systems the text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.

License: Expat
TEXT
  # The text below the copyright line, indented as the format asks.
  sed -n '/^Permission/,$p' "$root/LICENSE-MIT" | sed -e 's/^$/./' -e 's/^/ /'
}

# deb_control STAGE VERSION ARCHITECTURE
deb_control() {
  local stage=$1 size
  mkdir "$stage/DEBIAN"
  (cd "$stage" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  # As dpkg-gencontrol counts: files in whole KiB, and one for all else.
  size=$(find "$stage/usr" \( -type f -printf '%s\n' -o -printf '1\n' \) | awk '{ total += int(($1 + 1023) / 1024) } END { print total }')
  cat >"$stage/DEBIAN/control" <<TEXT
Package: $deb_name
Version: $2
Architecture: $3
Maintainer: $(deb_maintainer)
Installed-Size: $size
Depends: $(deb_depends "$stage")
Enhances: chromium, google-chrome-stable, microsoft-edge-stable, brave-browser, vivaldi-stable, firefox-esr, firefox
Section: web
Priority: optional
Description: network sockets for browser extensions (chrome.sockets)
 Extensions that ask for it can listen for TCP connections, make them, and
 exchange UDP datagrams, with the chrome.sockets API that Chrome gave to
 Chrome Apps. The browser starts this program for them and ends it.
 .
 Installing the package lets no extension use it. Run
 "chrome-sockets-host install", which says what it grants to which extension,
 or "chrome-sockets-host install --system" for all users of this computer.
TEXT
  chmod 644 "$stage"/DEBIAN/*
}

# The packages of the shared libraries that the program wants, with the versions that have the symbols it uses.
deb_depends() {
  local work
  work=$(fresh_folder shlibdeps)
  mkdir "$work/debian"
  printf 'Source: %s\n\nPackage: %s\nArchitecture: any\n' "$deb_name" "$deb_name" >"$work/debian/control"
  (cd "$work" && dpkg-shlibdeps -O "$1/usr/bin/$deb_name" | sed -n 's/^shlibs:Depends=//p')
}

host_triple() {
  rustc -vV | sed -n 's/^host: //p'
}
