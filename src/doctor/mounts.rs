//! File systems from which nothing may be executed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::paths::Environment;

/// The mount that `path` is on, if it forbids execution; `None` also where the system does not tell.
pub(super) fn without_execution(path: &Path, environment: &Environment) -> Option<PathBuf> {
    let table = fs::read_to_string(environment.at_root("/proc/self/mountinfo")).ok()?;
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (mount, options) = mount_of(&real, &table)?;
    options.split(',').any(|option| option == "noexec").then_some(mount)
}

/// The mount point with the longest path above `path`, the last of several at the same place, and its options.
///
/// The format is that of proc(5): the fifth field is the mount point, the sixth its options.
fn mount_of<'a>(path: &Path, table: &'a str) -> Option<(PathBuf, &'a str)> {
    let mounts = table.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(4);
        Some((unescaped(fields.next()?), fields.next()?))
    });
    mounts
        .filter(|(mount, _)| path.starts_with(mount))
        .max_by_key(|(mount, _)| mount.components().count())
}

/// Spaces, tabs, line ends and backslashes are written as `\` and three octal digits.
fn unescaped(field: &str) -> PathBuf {
    let mut text = String::new();
    let mut rest = field;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        match after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(code) if code.is_ascii() => {
                text.push(char::from(code));
                rest = &after[3..];
            }
            _ => {
                text.push('\\');
                rest = after;
            }
        }
    }
    PathBuf::from(text + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 21 8:2 / /home rw,noexec,nosuid - ext4 /dev/sda2 rw
31 30 8:3 / /home/with\\040space rw - ext4 /dev/sda3 rw
32 21 8:4 / /srv rw - ext4 /dev/sda4 rw
33 32 8:5 / /srv rw,noexec - tmpfs tmpfs rw
broken
";

    #[test]
    fn the_innermost_and_last_mount_decides() {
        for (path, mount, forbidden) in [
            ("/usr/bin/x", "/", false),
            ("/home/me/x", "/home", true),
            ("/home/with space/x", "/home/with space", false),
            ("/srv/x", "/srv", true),
            ("/srvx", "/", false),
        ] {
            let (found, options) = mount_of(Path::new(path), TABLE).expect("a mount");
            assert_eq!(found, Path::new(mount), "{path}");
            assert_eq!(options.contains("noexec"), forbidden, "{path}");
        }
        assert_eq!(mount_of(Path::new("/x"), ""), None);
    }
}
