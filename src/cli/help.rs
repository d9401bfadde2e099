//! What `--help` says besides the flags: examples to copy, at most 80 columns wide.

pub(super) const MAIN: &str = "\
Begin with:
  chrome-sockets-host install path/to/your-extension
When something does not work:
  chrome-sockets-host doctor

Browsers start this program by themselves, for the extensions that it is
installed for.";

pub(super) const INSTALL_USAGE: &str = "\
chrome-sockets-host install [OPTIONS] <EXTENSION FOLDER>
       chrome-sockets-host install [OPTIONS] --extension-id <ID>";

pub(super) const INSTALL: &str = "\
Examples:
  chrome-sockets-host install path/to/your-extension
  chrome-sockets-host install --extension-id abcdefghijklmnopabcdefghijklmnop \\
      --allow-listen 127.0.0.1:8080 --allow-connect '*.example.com:443'

The first reads the extension's id, and what it wants to do, from its
manifest.json, and asks you. The second is for extensions from a store.

PATTERN is host:port. The host is an address, a name, *.name or *; the port a
number or *; [::1]:8080 for IPv6. 127.0.0.1 is this computer only; 0.0.0.0 or *
lets other computers in.
Without --allow-listen an extension may listen on this computer only, on any
port; with it, where the patterns say. Without the other --allow flags it may
not connect and not use UDP.";

pub(super) const UNINSTALL: &str = "\
Examples:
  chrome-sockets-host uninstall
  chrome-sockets-host uninstall --browser chromium
  chrome-sockets-host uninstall --extension-id abcdefghijklmnopabcdefghijklmnop";

pub(super) const GRANT_USAGE: &str = "chrome-sockets-host grant [OPTIONS] --extension-id <ID> --allow-…";

pub(super) const CHANGE: &str = "\
Examples:
  chrome-sockets-host grant --extension-id abcdefghijklmnopabcdefghijklmnop \\
      --allow-connect 192.168.1.20:9100
  chrome-sockets-host revoke --extension-id abcdefghijklmnopabcdefghijklmnop

PATTERN is host:port, as `install --help` explains. Hosts that run obey from
the next call on. Without --allow flags, revoke leaves the extension nothing.";

pub(super) const DOCTOR: &str = "\
Each line is PASS, INFO, WARN or FAIL, what was looked at, and what was found;
below it a command that mends it. The exit code is 1 when something failed.
docs/troubleshooting.md explains each of them.";
