//! The program: the first argument decides whether a browser or a person started it.
#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use chrome_sockets_host::cli::{self, Command, Invocation};
use chrome_sockets_host::doctor::{self, Doctor};
use chrome_sockets_host::{host, install, last_words, logging, paths::Environment, policy::Dirs};

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
        Ok(invocation) => carry_out(&invocation, &environment),
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

fn carry_out(invocation: &Invocation, environment: &Environment) -> anyhow::Result<ExitCode> {
    let report = match &invocation.command {
        Command::Install(options) => {
            let program = own_file()?;
            let mut ask = |question: &[String]| ask(question, invocation);
            install::install(options, environment, &program, &mut ask)?
        }
        Command::Uninstall(options) => install::uninstall(options, environment)?,
        Command::List => install::list(environment)?,
        Command::Change(options) => install::change(options, environment)?,
        Command::Doctor(options) => return doctor(options, invocation.json, environment),
    };
    say(&if invocation.json { report.json() } else { report.text() });
    Ok(ExitCode::SUCCESS)
}

fn doctor(options: &Doctor, json: bool, environment: &Environment) -> anyhow::Result<ExitCode> {
    let diagnosis = doctor::doctor(options, environment, &own_file()?)?;
    say(&if json { diagnosis.json() } else { diagnosis.text() });
    Ok(if diagnosis.is_healthy() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn own_file() -> anyhow::Result<PathBuf> {
    env::current_exe()
        .and_then(|path| path.canonicalize())
        .context("cannot find this program's own file")
}

/// A reader that has gone away, such as `head`, is not an error.
fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Puts a question to the person at the terminal; with `--yes` the answer is known.
fn ask(question: &[String], invocation: &Invocation) -> Result<bool, install::Error> {
    if invocation.yes {
        return Ok(true);
    }
    if invocation.json || !io::stdin().is_terminal() {
        return Err(install::Error::NotAsked);
    }
    for line in question {
        say(&format!("{}\n", install::printable(line)));
    }
    say("Install it? [y/N] ");
    let _ = io::stdout().flush();
    let mut answer = String::new();
    let read = io::stdin().lock().take(LONGEST_ANSWER).read_line(&mut answer);
    Ok(read.is_ok() && matches!(&*answer.trim().to_lowercase(), "y" | "yes"))
}

/// Nobody's yes is longer.
const LONGEST_ANSWER: u64 = 64;
