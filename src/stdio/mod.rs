//! The pipe to the browser. Only this module touches stdin and stdout.
//!
//! Where a pipe can be had without waiting (`own_pipe`), the loop's own thread reads it, and writes what fits: a call is then
//! answered without a change of thread, before the browser has gone to sleep. For everything else there is a thread each.

mod input;
mod output;
#[cfg(target_os = "linux")]
mod own_pipe;

use std::fs::File;
use std::io;

pub use input::{Input, Reader};
pub use output::Output;

/// Takes hold of the process's own stdin and stdout. It must be called where the runtime is.
///
/// # Errors
/// When the descriptors cannot be duplicated or a thread cannot be started.
pub fn start() -> io::Result<(Reader, Output)> {
    let (input, output) = own_descriptors()?;
    Ok((Reader::start(input)?, Output::start(output)?))
}

/// Stdin and stdout as plain files: std's `Stdout` would look for line ends in every frame.
#[cfg(unix)]
fn own_descriptors() -> io::Result<(File, File)> {
    use std::os::fd::AsFd as _;
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    Ok((input.into(), output.into()))
}

/// Stdin and stdout as plain files: std's own would translate text for a console.
#[cfg(windows)]
fn own_descriptors() -> io::Result<(File, File)> {
    use std::os::windows::io::AsHandle as _;
    let input = io::stdin().as_handle().try_clone_to_owned()?;
    let output = io::stdout().as_handle().try_clone_to_owned()?;
    Ok((input.into(), output.into()))
}
