//! Ids as Chromium computes them: the first 128 bits of a SHA-256, a letter `a` to `p` for each four.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The id that the manifest's `key` makes; `None` when it is no base64.
///
/// Chromium takes a PEM block too, and white space with a line end in it anywhere.
pub(super) fn of_key(key: &str) -> Option<String> {
    let mut key = key.trim();
    if let Some(rest) = key.strip_prefix("-----BEGIN") {
        let (_, rest) = rest.split_once("KEY-----")?;
        key = rest.split_once("-----END")?.0;
    }
    let key: String = key.split(['\r', '\n']).map(str::trim).collect();
    let bytes = STANDARD.decode(key).ok()?;
    (!bytes.is_empty()).then(|| of(&bytes))
}

/// The id of an unpacked extension without a `key`, in the folder `path` as [`normal`] gives it.
pub(super) fn of_path(path: &Path) -> String {
    of(&bytes(path))
}

fn of(bytes: &[u8]) -> String {
    let letter = |four: u8| char::from(b'a' + four);
    let digest = Sha256::digest(bytes);
    digest
        .iter()
        .take(16)
        .flat_map(|byte| [letter(byte >> 4), letter(byte & 15)])
        .collect()
}

/// The path that Chromium makes of a folder it loads (`base::MakeAbsoluteFilePath`): links resolved, except on Windows.
#[cfg(not(windows))]
pub(super) fn normal(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// The path that Chromium makes of a folder it loads (`MaybeNormalizePath`): absolute, with a capital drive letter.
#[cfg(windows)]
pub(super) fn normal(path: &Path) -> io::Result<PathBuf> {
    let text = std::path::absolute(path)?.into_os_string();
    Ok(match text.into_string() {
        Ok(mut text) if text.as_bytes().get(1) == Some(&b':') => {
            text[..1].make_ascii_uppercase();
            text.into()
        }
        Ok(text) => text.into(),
        Err(text) => text.into(),
    })
}

#[cfg(unix)]
fn bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_owned()
}

#[cfg(windows)]
fn bytes(path: &Path) -> Vec<u8> {
    use std::os::windows::ffi::OsStrExt;
    path.as_os_str().encode_wide().flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and id of Chromium's own `crx_file/id_util_unittest.cc` are of this form; these are the example's.
    #[test]
    fn a_key_makes_the_id_whatever_its_white_space() {
        let key = "MIIBIjANBg==";
        let id = of_key(key).expect("an id");
        assert_eq!(id.len(), 32);
        assert!(id.bytes().all(|byte| matches!(byte, b'a'..=b'p')));
        for same in [
            " MIIBIjANBg==\n",
            "MIIB\n  IjAN\r\nBg==",
            "-----BEGIN PUBLIC KEY-----\nMIIBIjANBg==\n-----END PUBLIC KEY-----\n",
        ] {
            assert_eq!(of_key(same).as_deref(), Some(&*id), "{same:?}");
        }
        for none in ["", "MIIB IjANBg==", "MIIBIjANBg", "ä", "-----BEGIN PUBLIC KEY-----"] {
            assert_eq!(of_key(none), None, "{none:?}");
        }
    }

    /// `printf a | sha256sum` begins with ca978112ca1bbdcafac231b39a23dc4d.
    #[test]
    fn the_digits_become_letters() {
        assert_eq!(of(b"a"), "mkjhibbcmkbllnmkpkmcdbldjkcdnmen");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_slashes_do_not_change_the_id_of_a_path() {
        let directory = tempfile::tempdir().expect("a directory");
        let real = directory.path().canonicalize().expect("its path").join("real");
        std::fs::create_dir(&real).expect("a directory");
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&real, &link).expect("a link");
        for path in [&link, &link.join("../real/.")] {
            assert_eq!(normal(path).expect("a path"), real);
        }
    }
}
