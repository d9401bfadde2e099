//! Host manifests on Windows: the registry keys whose default values lead to them.
//!
//! Browsers look below `HKEY_CURRENT_USER`, then below `HKEY_LOCAL_MACHINE`, there in the view of 32-bit programs first and then in
//! that of 64-bit ones. What is for all users is therefore written in both views.

use std::fmt;
use std::io;
use std::path::Path;

use super::error::utf8;
use super::{BROWSERS, Error};

/// A host's own key below one of a browser's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    system: bool,
    /// Below the hive, with the host's name at its end.
    key: String,
}

/// The default value of a key in each view that counts; `None` where there is no such key, or it has no path.
pub(super) type Values = Vec<Option<String>>;

impl Entry {
    /// The key of the host `name` below a browser's `key`, for all users or for this one.
    pub(crate) fn new(system: bool, key: &str, name: &str) -> Self {
        Self {
            system,
            key: format!(r"{key}\{name}"),
        }
    }

    /// Every key of the table that leads to `manifest`.
    pub(super) fn leading_to(manifest: &Path, system: bool) -> Result<Vec<Self>, Error> {
        let name = manifest.file_stem().unwrap_or_default().to_string_lossy();
        let mut found = Vec::new();
        for key in BROWSERS
            .iter()
            .filter_map(|browser| browser.windows.as_ref())
            .flat_map(|row| row.keys)
        {
            let entry = Self::new(system, key, &name);
            if !found.contains(&entry) && entry.leads_to(manifest)? {
                found.push(entry);
            }
        }
        Ok(found)
    }

    /// Whether it stands below this key of a browser's.
    pub(super) fn is_below(&self, key: &str) -> bool {
        self.key.rsplit_once('\\').is_some_and(|(parent, _)| parent == key)
    }

    /// Whether it leads to `manifest` in any view.
    pub(crate) fn leads_to(&self, manifest: &Path) -> Result<bool, Error> {
        let manifest = utf8(manifest)?;
        Ok(self.values()?.iter().flatten().any(|value| value == manifest))
    }

    /// What it holds now.
    pub(crate) fn values(&self) -> Result<Values, Error> {
        let values = system::views(self.system).iter();
        values
            .map(|view| system::read(self.system, *view, &self.key))
            .collect::<io::Result<_>>()
            .map_err(self.failed("read"))
    }

    /// What it holds when it leads to `manifest` in every view.
    pub(super) fn values_for(&self, manifest: &Path) -> Result<Values, Error> {
        let manifest = utf8(manifest)?.to_owned();
        Ok(vec![Some(manifest); system::views(self.system).len()])
    }

    /// Makes it hold that; where there is to be none, the key is removed.
    pub(super) fn set(&self, values: &Values) -> Result<(), Error> {
        for (view, value) in system::views(self.system).iter().zip(values) {
            match value {
                Some(value) => {
                    system::write(self.system, *view, &self.key, value).map_err(self.failed("write"))?;
                }
                None => system::remove(self.system, *view, &self.key).map_err(self.failed("remove"))?,
            }
        }
        Ok(())
    }

    /// The keys that would have to be made for it, outermost first, without its own.
    pub(super) fn missing_parents(&self) -> Result<Vec<String>, Error> {
        let parents = self.key.match_indices('\\').map(|(at, _)| &self.key[..at]);
        let mut missing = Vec::new();
        for parent in parents {
            if !system::exists(self.system, parent).map_err(self.failed("read"))? {
                missing.push(parent.to_owned());
            }
        }
        Ok(missing)
    }

    /// Removes those of `parents`, outermost first, that hold nothing any more.
    pub(super) fn remove_emptied(&self, parents: &[String]) {
        for key in parents.iter().rev() {
            remove_emptied(self.system, key);
        }
    }

    fn failed(&self, action: &'static str) -> impl FnOnce(io::Error) -> Error {
        let path = self.to_string().into();
        move |source| Error::Io { action, path, source }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hive = if self.system {
            "HKEY_LOCAL_MACHINE"
        } else {
            "HKEY_CURRENT_USER"
        };
        write!(formatter, r"{hive}\{}", self.key)
    }
}

/// Removes a key that holds nothing any more.
pub(super) fn remove_emptied(system: bool, key: &str) {
    for view in system::views(system) {
        // One that somebody has put something into, or taken away, stays or is gone: both are right.
        let _ = system::remove_if_empty(system, *view, key);
    }
}

#[cfg(windows)]
mod system {
    use std::io;

    use windows_registry::{CURRENT_USER, Key, LOCAL_MACHINE, OpenOptions};

    /// `KEY_WOW64_32KEY` and `KEY_WOW64_64KEY`.
    const BOTH: &[u32] = &[0x0200, 0x0100];

    /// A user's own keys are the same in both views.
    pub(super) fn views(system: bool) -> &'static [u32] {
        if system { BOTH } else { &BOTH[1..] }
    }

    fn options(system: bool, view: u32) -> OpenOptions<'static> {
        let mut options = if system { LOCAL_MACHINE } else { CURRENT_USER }.options();
        options.access(view);
        options
    }

    /// The crate's error as std knows it: an `HRESULT` made of the system's number has that in its low half.
    fn plain<T>(result: windows_registry::Result<T>) -> io::Result<T> {
        result.map_err(|error| io::Error::from_raw_os_error(error.code().0 & 0xffff))
    }

    fn found<T>(result: windows_registry::Result<T>) -> io::Result<Option<T>> {
        match plain(result) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    fn open(system: bool, view: u32, key: &str) -> io::Result<Option<Key>> {
        found(options(system, view).read().open(key))
    }

    pub(super) fn read(system: bool, view: u32, key: &str) -> io::Result<Option<String>> {
        let Some(key) = open(system, view, key)? else {
            return Ok(None);
        };
        // A value that is no text leads nowhere.
        Ok(key.get_string("").ok())
    }

    pub(super) fn exists(system: bool, key: &str) -> io::Result<bool> {
        for view in views(system) {
            if open(system, *view, key)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn write(system: bool, view: u32, key: &str, value: &str) -> io::Result<()> {
        let opened = options(system, view).write().create().open(key);
        plain(opened.and_then(|key| key.set_string("", value)))
    }

    pub(super) fn remove(system: bool, view: u32, key: &str) -> io::Result<()> {
        let (parent, name) = key.rsplit_once('\\').unwrap_or(("", key));
        let Some(parent) = found(options(system, view).read().write().open(parent))? else {
            return Ok(());
        };
        found(parent.remove_tree(name)).map(|_| ())
    }

    pub(super) fn remove_if_empty(system: bool, view: u32, key: &str) -> io::Result<()> {
        let Some(opened) = open(system, view, key)? else {
            return Ok(());
        };
        let is_empty = opened.keys().is_ok_and(|mut keys| keys.next().is_none())
            && opened.values().is_ok_and(|mut values| values.next().is_none());
        drop(opened);
        if is_empty { remove(system, view, key) } else { Ok(()) }
    }
}

/// A system without a registry: it has no keys, and nobody plans any.
#[cfg(not(windows))]
mod system {
    use std::io;

    pub(super) fn views(_: bool) -> &'static [u32] {
        &[0]
    }

    #[allow(clippy::unnecessary_wraps, reason = "the registry may refuse")]
    pub(super) fn read(_: bool, _: u32, _: &str) -> io::Result<Option<String>> {
        Ok(None)
    }

    #[allow(clippy::unnecessary_wraps, reason = "the registry may refuse")]
    pub(super) fn exists(_: bool, _: &str) -> io::Result<bool> {
        Ok(false)
    }

    pub(super) fn write(_: bool, _: u32, _: &str, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn remove(_: bool, _: u32, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn remove_if_empty(_: bool, _: u32, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
