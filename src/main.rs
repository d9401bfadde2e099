//! The program: the first argument decides whether a browser or a person started it.
#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use chrome_sockets_host::{cli, host, install, last_words, logging, paths::Environment, policy::Dirs};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().collect();
    run(&arguments).unwrap_or_else(|error| {
        // Nobody is left to tell when stderr is gone.
        let line = install::printable(&format!("{error:#}"));
        let _ = writeln!(io::stderr(), "chrome-sockets-host: {line}");
        ExitCode::FAILURE
    })
}

fn run(arguments: &[OsString]) -> anyhow::Result<ExitCode> {
    let environment = Environment::from_process();
    let file = env::var_os(logging::FILE_VARIABLE).map(PathBuf::from);
    logging::start(env::var(logging::LEVEL_VARIABLE).ok().as_deref(), file.as_deref());
    if let Some(extension) = cli::started_by_browser(arguments) {
        let dirs = Dirs {
            user: environment.config_dir().ok(),
            system: environment.system_config_dir(),
        };
        return last_words::run(|| host::run(&dirs, &extension)).map(|()| ExitCode::SUCCESS);
    }
    match cli::parse(arguments) {
        Ok(command) => carry_out(&command, &environment),
        Err(message) => {
            // A reader that has gone away, such as `head`, is not an error.
            let _ = match message.exit_code {
                0 => io::stdout().write_all(message.text.as_bytes()),
                _ => io::stderr().write_all(message.text.as_bytes()),
            };
            Ok(ExitCode::from(message.exit_code))
        }
    }
}

fn carry_out(command: &cli::Command, environment: &Environment) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    match command {
        cli::Command::Install(options) => {
            let program = env::current_exe()
                .and_then(|path| path.canonicalize())
                .context("cannot find this program's own file")?;
            install::install(options, environment, &program, &mut out)?;
        }
        cli::Command::Uninstall(options) => install::uninstall(options, environment, &mut out)?,
    }
    Ok(ExitCode::SUCCESS)
}
