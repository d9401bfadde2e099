//! A host in a network of its own, which a script of `ip` commands makes and which ends with the host; what the script mounts,
//! only the host sees.

use std::process::{Child, Command, Output};
use std::sync::OnceLock;

use crate::host::{Host, Setup};

/// Ordinary users' PATH may lack where `ip` is.
const PATH: &str = "PATH=\"$PATH:/usr/sbin:/sbin\"; export PATH; set -e\n";

/// Makes a user who may do everything in a network of their own; then for root, without a user of their own.
const WAYS: [&[&str]; 2] = [
    &["unshare", "--user", "--map-root-user", "--net", "--mount"],
    &["unshare", "--net", "--mount"],
];

/// A host in a new network that `script` prepares, with the loopback up. `None`, and said so, where no network can be made.
pub fn host_in(script: &str) -> Option<Host> {
    host_through(script, "")
}

/// The same, started by `launcher` in the end.
pub fn host_through(script: &str, launcher: &str) -> Option<Host> {
    let way = way()?;
    let script = format!("{PATH}ip link set lo up\n{script}\nexec {launcher} \"$0\" \"$@\"");
    let launcher = way.iter().copied().chain(["sh", "-c", &script]);
    let setup = Setup {
        launcher: launcher.map(str::to_owned).collect(),
        ..Setup::default()
    };
    Some(setup.start())
}

/// A program in a host's network, which ends with the host.
pub fn beside(host: &Host, program: &[&str]) -> Child {
    let own_user = way().is_some_and(|way| way.contains(&"--user"));
    let mut command = Command::new("nsenter");
    command.args(["--net", "--target", &host.pid().to_string()]);
    if own_user {
        command.args(["--user", "--preserve-credentials"]);
    }
    command.args(program).spawn().unwrap()
}

/// How networks are made here. Programs that are missing can be installed, so for CI that is a failure.
fn way() -> Option<&'static [&'static str]> {
    static WAY: OnceLock<Result<&'static [&'static str], String>> = OnceLock::new();
    match WAY.get_or_init(find_way) {
        Ok(way) => Some(way),
        Err(problem) => {
            let missing = problem.contains("not found") || problem.contains("No such file");
            assert!(
                !(missing && std::env::var("CI").is_ok_and(|ci| ci == "true")),
                "CI has to have `unshare` and `ip`: {problem}"
            );
            println!("SKIPPED: no network namespace can be made here: {problem}");
            None
        }
    }
}

fn find_way() -> Result<&'static [&'static str], String> {
    let mut problems = Vec::new();
    for way in WAYS {
        let script = format!("{PATH}ip link set lo up");
        match Command::new(way[0])
            .args(&way[1..])
            .args(["sh", "-c", &script])
            .output()
        {
            Ok(Output { status, .. }) if status.success() => return Ok(way),
            Ok(output) => problems.push(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => problems.push(format!("{}: {error}", way[0])),
        }
    }
    Err(problems.join("\n"))
}
