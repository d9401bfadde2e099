//! A host whose kernel refuses it what no test could make a kernel refuse: a system call fails with the error of our choice.
//!
//! A thread puts the filter upon itself and starts the host, which inherits it; then the thread ends.

use std::collections::BTreeMap;
use std::process::{Child, Command};
use std::thread;

use rustix::io::Errno;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter,
};

/// A system call that fails.
pub struct Refusal {
    call: i64,
    /// The argument, by its place, that must be this.
    when: Option<(u8, i32)>,
    errno: Errno,
}

impl Refusal {
    /// Every call of `accept`.
    pub fn accept(errno: Errno) -> Self {
        Self::always(libc::SYS_accept4, errno)
    }

    /// Every call of `connect`.
    pub fn connect(errno: Errno) -> Self {
        Self::always(libc::SYS_connect, errno)
    }

    /// A call of `listen` with this backlog.
    pub fn listen(backlog: i32, errno: Errno) -> Self {
        Self {
            call: libc::SYS_listen,
            when: Some((1, backlog)),
            errno,
        }
    }

    /// A call of `socket` for this family of addresses.
    pub fn socket(family: i32, errno: Errno) -> Self {
        Self {
            call: libc::SYS_socket,
            when: Some((0, family)),
            errno,
        }
    }

    fn always(call: i64, errno: Errno) -> Self {
        Self {
            call,
            when: None,
            errno,
        }
    }

    fn filter(&self) -> BpfProgram {
        let condition = |(at, value): (u8, i32)| {
            let value = u64::from(value.cast_unsigned());
            let equals = SeccompCondition::new(at, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value).unwrap();
            SeccompRule::new(vec![equals]).unwrap()
        };
        let rules = BTreeMap::from([(self.call, self.when.into_iter().map(condition).collect())]);
        let refuse = SeccompAction::Errno(self.errno.raw_os_error().cast_unsigned());
        let here = std::env::consts::ARCH.try_into().unwrap();
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, here).unwrap();
        filter.try_into().unwrap()
    }
}

/// Starts a program to which the kernel refuses these.
pub fn spawn(mut command: Command, refusals: Vec<Refusal>) -> Child {
    if refusals.is_empty() {
        return command.spawn().unwrap();
    }
    let start = move || {
        for refusal in &refusals {
            apply_filter(&refusal.filter()).unwrap();
        }
        command.spawn().unwrap()
    };
    thread::spawn(start).join().unwrap()
}
