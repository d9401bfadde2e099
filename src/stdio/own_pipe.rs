//! Pipes that the loop's own thread can read and write, since it never has to wait there.
//!
//! `O_NONBLOCK` belongs to the open file, which whoever started us may share, and which would keep it when we are gone. Linux
//! opens a pipe once more by its name below `/proc`: then the flag is ours alone. Other systems have no such way.

use std::fs::{File, read_link};
use std::io::{self, Read};
use std::os::fd::AsRawFd as _;

use rustix::fs::{Mode, OFlags, open};
use tokio::net::unix::pipe::{OpenOptions, Receiver};

/// The name by which an anonymous pipe can be opened again; a browser gives its hosts no other kind. The end of a named one
/// would not be seen if it came before we opened it.
fn name(file: &File) -> Option<String> {
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    let what = read_link(&name).ok()?;
    what.to_str()?.starts_with("pipe:").then_some(name)
}

/// The end that is read. A read returns what is there, or `WouldBlock`.
#[derive(Debug)]
pub(super) struct Source(Receiver);

impl Source {
    /// Nothing, if `file` is something else or cannot be opened again.
    pub(super) fn open(file: &File) -> Option<Self> {
        OpenOptions::new().open_receiver(name(file)?).map(Self).ok()
    }

    /// Returns when there may be something to read, or the end.
    pub(super) async fn readable(&self) -> io::Result<()> {
        self.0.readable().await
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

/// The end that is written: a file whose writes take what there is room for, or fail with `WouldBlock`.
pub(super) fn open_sink(file: &File) -> Option<File> {
    open(
        name(file)?,
        OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map(File::from)
    .ok()
}
