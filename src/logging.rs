//! The log: stderr or a file, by two environment variables. Only this module touches stderr and `tracing-subscriber`.
//!
//! What is logged: ids, sizes, addresses, errors. Payload bytes never are.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What is logged and how much, e.g. `debug` or `info,engine=trace`; `warn` when not set.
pub const LEVEL_VARIABLE: &str = "CHROME_SOCKETS_LOG";
/// Where it goes instead of stderr.
pub const FILE_VARIABLE: &str = "CHROME_SOCKETS_LOG_FILE";

/// Starts logging as the two settings say. A setting that cannot be followed is itself logged; it is no reason to end.
pub fn start(level: Option<&str>, file: Option<&Path>) {
    let (filter, filter_error) = filter(level);
    let (opened, file_error) = match file.map(open).transpose() {
        Ok(opened) => (opened, None),
        Err(error) => (None, Some(error)),
    };
    match opened {
        Some(file) => register(Mutex::new(file), filter),
        None => register(io::stderr, filter),
    }
    if let Some(error) = filter_error {
        tracing::warn!("{LEVEL_VARIABLE} is not understood and was ignored: {error}");
    }
    if let (Some(error), Some(path)) = (file_error, file) {
        tracing::warn!("{FILE_VARIABLE}={} cannot be opened: {error}", path.display());
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn register<W: for<'w> MakeWriter<'w> + Send + Sync + 'static>(writer: W, filter: Targets) {
    let layer = fmt::layer().with_ansi(false).with_writer(writer).with_filter(filter);
    // Only a second start could fail, and the first one then holds.
    let _ = tracing_subscriber::registry().with(layer).try_init();
}

/// Reads a filter in which our modules may be named without the crate (`engine=trace`).
fn filter(level: Option<&str>) -> (Targets, Option<String>) {
    let default = Targets::new().with_default(LevelFilter::WARN);
    let Some(text) = level.filter(|text| !text.is_empty()) else {
        return (default, None);
    };
    let full: Vec<String> = text.split(',').map(|part| full_target(part.trim())).collect();
    match full.join(",").parse::<Targets>() {
        Ok(targets) => (targets, None),
        Err(error) => (default, Some(error.to_string())),
    }
}

fn full_target(part: &str) -> String {
    let krate = env!("CARGO_CRATE_NAME");
    match part.split_once('=') {
        Some((target, _)) if !target.starts_with(krate) => format!("{krate}::{part}"),
        _ => part.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn modules_are_named_without_the_crate() {
        let (targets, error) = filter(Some("info, engine=trace"));
        assert!(error.is_none());
        assert!(targets.would_enable("chrome_sockets_host::engine::tcp", &Level::TRACE));
        assert!(targets.would_enable("chrome_sockets_host::host", &Level::INFO));
        assert!(!targets.would_enable("chrome_sockets_host::host", &Level::DEBUG));
    }

    #[test]
    fn warn_is_the_default_and_the_answer_to_nonsense() {
        for (text, is_error) in [(None, false), (Some(""), false), (Some("engine=loud"), true)] {
            let (targets, error) = filter(text);
            assert_eq!(error.is_some(), is_error, "{text:?}");
            assert!(targets.would_enable("chrome_sockets_host::host", &Level::WARN));
            assert!(!targets.would_enable("chrome_sockets_host::host", &Level::INFO));
        }
    }
}
