//! What `doctor` says: one line for each thing it looked at.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::install::{Install, json_text, printable};

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Worth knowing.
    Info,
    /// It works, but may not be what you want.
    Warn,
    /// It cannot work.
    Fail,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        }
    }
}

/// How to mend it.
#[derive(Clone, Debug)]
pub struct Fix {
    /// A command to paste into a shell.
    pub command: String,
    /// The same for `--fix`, where doing it without a person who looks is safe.
    pub(super) install: Option<Install>,
}

impl Fix {
    /// One that a person must do.
    pub(super) fn by_hand(command: String) -> Self {
        Self { command, install: None }
    }
}

/// One line.
#[derive(Clone, Debug)]
pub struct Finding {
    /// One of [`super::CHECKS`], which is also its section in docs/troubleshooting.md.
    pub check: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub line: String,
    /// What to do.
    pub fix: Option<Fix>,
}

/// All that `doctor` found, in the order in which it looked.
#[derive(Debug, Default)]
pub struct Diagnosis {
    /// What was mended by `--fix` before.
    pub(super) fixed: Vec<String>,
    /// What could not be, and why.
    pub(super) not_fixed: Vec<(String, String)>,
    /// Line by line.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    pub(super) fn pass(&mut self, check: &'static str, line: String) {
        self.add(check, Verdict::Pass, line, None);
    }

    pub(super) fn info(&mut self, check: &'static str, line: String) {
        self.add(check, Verdict::Info, line, None);
    }

    pub(super) fn add(&mut self, check: &'static str, verdict: Verdict, line: String, fix: Option<Fix>) {
        debug_assert!(super::CHECKS.contains(&check), "{check} is not among the checks");
        self.findings.push(Finding {
            check,
            verdict,
            line,
            fix,
        });
    }

    /// Whether nothing failed.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.findings.iter().all(|finding| finding.verdict != Verdict::Fail)
    }

    /// Lines for a terminal, each with its end.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for command in &self.fixed {
            let _ = writeln!(text, "fixed by: {}", printable(command));
        }
        for (command, reason) in &self.not_fixed {
            let _ = writeln!(text, "not fixed: {}", printable(&format!("{command}: {reason}")));
        }
        for finding in &self.findings {
            let line = printable(&finding.line);
            let _ = writeln!(text, "{}  {}: {line}", finding.verdict.word(), finding.check);
            if let Some(fix) = &finding.fix {
                let _ = writeln!(text, "      fix: {}", printable(&fix.command));
            }
        }
        let count = |verdict| {
            self.findings
                .iter()
                .filter(|finding| finding.verdict == verdict)
                .count()
        };
        let _ = match (count(Verdict::Fail), count(Verdict::Warn)) {
            (0, 0) => writeln!(text, "Everything is in order."),
            (0, warnings) => writeln!(text, "It works; {warnings} to look at."),
            (failures, _) => writeln!(
                text,
                "{failures} to mend. Each word behind FAIL is explained in docs/troubleshooting.md."
            ),
        };
        text
    }

    /// `{"healthy": bool, "fixed": [command…], "notFixed": [{"command", "reason"}], "findings": [{"check", "verdict", "line", "fix": command | null}]}`, pretty, with a
    /// final line end.
    #[must_use]
    pub fn json(&self) -> String {
        let finding = |finding: &Finding| {
            json!({
                "check": finding.check,
                "verdict": finding.verdict.word(),
                "line": finding.line,
                "fix": finding.fix.as_ref().map(|fix| &*fix.command),
            })
        };
        let findings: Vec<Value> = self.findings.iter().map(finding).collect();
        let failed = |(command, reason): &(String, String)| json!({"command": command, "reason": reason});
        let not_fixed: Vec<Value> = self.not_fixed.iter().map(failed).collect();
        let value =
            json!({"healthy": self.is_healthy(), "fixed": self.fixed, "notFixed": not_fixed, "findings": findings});
        json_text(&value)
    }
}
