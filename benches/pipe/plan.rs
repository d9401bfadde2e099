//! What a benchmark is, and how much of it is done.

use anyhow::Result;

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contender {
    /// Our host.
    Ours,
    /// A host that only reads or writes frames that are ready: what the pipe itself allows.
    Floor,
    /// A plain Node host that speaks the same protocol: what people write today.
    Peer,
}

/// All of them, in the order of their turns and of the columns.
pub(crate) const EVERYONE: &[Contender] = &[Contender::Ours, Contender::Floor, Contender::Peer];

/// Those that really have sockets.
pub(crate) const HOSTS: &[Contender] = &[Contender::Ours, Contender::Peer];

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Only to see that every benchmark still yields a number.
    pub(crate) quick: bool,
    rounds: Option<usize>,
}

impl Plan {
    pub(crate) fn new(quick: bool, rounds: Option<usize>) -> Self {
        Self { quick, rounds }
    }

    /// An amount, or the one that serves when nobody looks at the number.
    pub(crate) fn amount(self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }
}

/// A bound on a value or a ratio.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// What a row is to reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// Of our value itself.
    Ours(Bound),
    /// Of our value divided by the floor's.
    ToFloor(Bound),
    /// Of our value divided by the peer's.
    ToPeer(Bound),
}

/// One number that a benchmark yields for each contender and round.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What it is, with its unit.
    pub(crate) label: String,
    pub(crate) targets: Vec<Target>,
}

impl Row {
    pub(crate) fn new(label: impl Into<String>, targets: &[Target]) -> Self {
        Self {
            label: label.into(),
            targets: targets.to_vec(),
        }
    }
}

/// One turn of one contender: a value for each row.
type Run = fn(Contender, &Plan) -> Result<Vec<f64>>;

/// A table to be.
#[derive(Debug)]
pub(crate) struct Benchmark {
    pub(crate) name: &'static str,
    pub(crate) rows: Vec<Row>,
    pub(crate) contenders: &'static [Contender],
    /// Rounds of a full run when nobody says how many.
    pub(crate) usual_rounds: usize,
    pub(crate) run: Run,
}

impl Benchmark {
    pub(crate) fn rounds(&self, plan: &Plan) -> usize {
        plan.rounds.unwrap_or(plan.amount(self.usual_rounds, 1)).max(1)
    }
}
