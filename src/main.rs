//! The program: the first argument decides whether a browser or a person started it.
#![forbid(unsafe_code)]

use chrome_sockets_host::{host, logging, paths::Environment, policy::Dirs};
use std::process::ExitCode;

fn main() -> ExitCode {
    let e = Environment::from_process();
    logging::start(std::env::var("CHROME_SOCKETS_LOG").ok().as_deref(), None);
    let first = std::env::args().nth(1).unwrap_or_default();
    let id = first
        .strip_prefix("chrome-extension://")
        .unwrap_or("x")
        .trim_end_matches('/')
        .to_owned();
    let dirs = Dirs {
        user: e.config_dir().ok(),
        system: e.system_config_dir(),
    };
    match host::run(&dirs, &id) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
