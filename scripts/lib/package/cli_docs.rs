//! Writes the manual pages and the completions of bash, zsh and fish, from the definitions of the command line: `cli-docs DIRECTORY
//! DATE`, where the date, such as 2026-11-22, is for the pages' footers.
#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrome_sockets_host::cli;
use clap::Command;
use clap_complete::{Shell, generate_to};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

/// What the definitions cannot tell: the program's files.
const FILES: &[(&str, &str)] = &[
    (
        "~/.config/chrome-sockets/policy.json",
        "What the user has granted to each extension. When it is broken, or others can write it, everything is denied.",
    ),
    (
        "/etc/chrome-sockets/policy.json",
        "The administrator's; what it names for an extension limits the user's grants.",
    ),
];

/// And the variables it reads.
const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "CHROME_SOCKETS_CONFIG",
        "The directory of policy.json, in place of ~/.config/chrome-sockets.",
    ),
    (
        "CHROME_SOCKETS_LOG",
        "What is logged to standard error: error, warn (the default), info, debug or trace, or a list such as info,engine=trace.",
    ),
    (
        "CHROME_SOCKETS_LOG_FILE",
        "A file to which the log goes instead. A browser that starts the program keeps its standard error to itself.",
    ),
];

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(directory), Some(date)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("a directory to write into and a date are needed"));
    };
    let directory = PathBuf::from(directory);
    let pages = directory.join("man");
    let completions = directory.join("completions");
    fs::create_dir_all(&pages)?;
    fs::create_dir_all(&completions)?;

    let definitions = cli::definitions();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        generate_to(
            shell,
            &mut definitions.clone(),
            definitions.get_name().to_owned(),
            &completions,
        )?;
    }
    // Building gives subcommands their full names.
    let mut definitions = definitions;
    definitions.build();
    manual(&definitions, &pages, &date, true)
}

/// The page of a command and those of its subcommands.
fn manual(command: &Command, directory: &Path, date: &str, is_root: bool) -> io::Result<()> {
    for subcommand in command.get_subcommands().filter(|each| !each.is_hide_set()) {
        manual(subcommand, directory, date, false)?;
    }
    let page = Man::new(command.clone())
        .date(date)
        .source(concat!("chrome-sockets ", env!("CARGO_PKG_VERSION")))
        .manual("chrome-sockets");
    let mut file = File::create(directory.join(page.get_filename()))?;
    page.render_title(&mut file)?;
    page.render_name_section(&mut file)?;
    page.render_synopsis_section(&mut file)?;
    page.render_description_section(&mut file)?;
    page.render_options_section(&mut file)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut file)?;
    }
    if let Some(notes) = command.get_after_long_help().or(command.get_after_help()) {
        as_it_stands("NOTES", &notes.to_string()).to_writer(&mut file)?;
    }
    if is_root {
        list("FILES", FILES).to_writer(&mut file)?;
        list("ENVIRONMENT", ENVIRONMENT).to_writer(&mut file)?;
    }
    file.flush()
}

/// A section whose lines are not filled: it has examples.
fn as_it_stands(title: &str, text: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [title]).control("nf", []);
    for line in text.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff
}

fn list(title: &str, entries: &[(&str, &str)]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    for &(name, text) in entries {
        let name: Inline = bold(name);
        roff.control("TP", []).text([name]).text([roman(text)]);
    }
    roff
}
