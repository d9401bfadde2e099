//! How many sockets the system lets a program have.

use super::finding::Diagnosis;
#[cfg(unix)]
use super::finding::{Fix, Verdict};

/// Fewer make servers fail that many people use at once.
#[cfg(unix)]
const FEW: u64 = 1024;

/// All that an extension may have, with the host's own.
#[cfg(unix)]
const ENOUGH: u64 = 17_472;

#[cfg(unix)]
pub(super) fn check(diagnosis: &mut Diagnosis) {
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .maximum
        .unwrap_or(u64::MAX);
    if most >= ENOUGH {
        diagnosis.pass(
            "descriptors",
            "there are descriptors enough for 16384 sockets".to_owned(),
        );
    } else if most >= FEW {
        diagnosis.info(
            "descriptors",
            format!("a host may have {most} descriptors, and so fewer sockets than 16384"),
        );
    } else {
        let limits = "echo '* hard nofile 65536' | sudo tee /etc/security/limits.d/chrome-sockets.conf";
        let line = format!("a host may have only {most} descriptors; a new limit holds from the next login on");
        diagnosis.add(
            "descriptors",
            Verdict::Warn,
            line,
            Some(Fix::by_hand(limits.to_owned())),
        );
    }
}

/// Windows limits handles by memory only.
#[cfg(not(unix))]
pub(super) fn check(diagnosis: &mut Diagnosis) {
    diagnosis.pass("descriptors", "this system sets no limit".to_owned());
}
