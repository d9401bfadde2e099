//! Host → browser credit: how much may be sent that the shim has not consumed yet: "Credit" in ARCHITECTURE.md.

/// Un-acked cost of `onReceive` events per socket, in bytes. Twice what the shim lets a port owe before it acks, so that one socket
/// alone needs no acks of its own: each costs the browser as much as several events.
pub const SOCKET_WINDOW: u64 = 512 << 10;
/// Un-acked cost of all `onReceive` events, in bytes.
pub const PORT_WINDOW: u64 = 1 << 20;
/// Un-acked `onAccept` events.
pub const ACCEPT_WINDOW: u64 = 256;
/// What an event costs at the least: a small one takes about this much of the browser's memory.
pub(super) const MIN_COST: u64 = 1 << 10;

/// What an `onReceive` of `length` bytes costs.
pub(super) fn cost(length: usize) -> u64 {
    (length as u64).max(MIN_COST)
}

/// Two cumulative counters: what was spent and what came back.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Credit {
    spent: u64,
    returned: u64,
}

impl Credit {
    /// What is left of a window of `size`.
    pub(super) fn left(self, size: u64) -> u64 {
        size.saturating_sub(self.spent - self.returned)
    }

    pub(super) fn spend(&mut self, cost: u64) {
        self.spent += cost;
    }

    /// Takes the other side's cumulative counter. One that runs backwards or ahead of what was spent gives nothing.
    pub(super) fn acknowledge(&mut self, total: u64) {
        self.returned = total.min(self.spent).max(self.returned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn acks_of_any_kind_never_open_more_than_the_window(steps in prop::collection::vec((any::<bool>(), 0_u64..3000), 0..100)) {
            let mut credit = Credit::default();
            for (spend, amount) in steps {
                if spend {
                    let amount = amount.min(credit.left(2000));
                    credit.spend(amount);
                } else {
                    let before = credit.left(2000);
                    credit.acknowledge(amount);
                    prop_assert!(credit.left(2000) >= before);
                }
                prop_assert!(credit.left(2000) <= 2000);
            }
        }
    }

    #[test]
    fn small_events_cost_a_kibibyte() {
        assert_eq!((cost(0), cost(1), cost(1024), cost(1025)), (1024, 1024, 1024, 1025));
    }
}
