//! The network interfaces of this computer: `system.network.getNetworkInterfaces`, and whether there is any network.

use if_addrs::{IfAddr, Interface, get_if_addrs};

use super::Outcome;
use crate::address;
use crate::net_error::NetError;
use crate::wire::{Failure, NetworkInterface, Value};

/// Every address of every interface that is up, but for the loopback's, as in Chromium.
pub(super) fn get_network_interfaces() -> Outcome {
    match get_if_addrs() {
        Ok(found) => Ok(Value::Interfaces(
            found.iter().filter(|each| is_listed(each)).map(describe).collect(),
        )),
        Err(error) => {
            tracing::debug!(%error, "the network interfaces cannot be listed");
            Err(Failure::hidden(NetError::from_io(&error)))
        }
    }
}

/// Whether nothing but this computer itself can be reached, asked when a connect or a look-up has failed and never else
/// (SPEC §7.3). When that cannot be told, it is not so, as in Chromium.
pub(super) fn is_offline() -> bool {
    get_if_addrs().is_ok_and(|found| !found.iter().any(is_listed))
}

fn is_listed(interface: &Interface) -> bool {
    interface.is_oper_up() && !interface.is_loopback()
}

fn describe(interface: &Interface) -> NetworkInterface {
    NetworkInterface {
        name: interface.name.clone(),
        address: address::to_text(interface.ip()),
        prefix_length: match &interface.addr {
            IfAddr::V4(v4) => v4.prefixlen,
            IfAddr::V6(v6) => v6.prefixlen,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use if_addrs::{IfOperStatus, Ifv4Addr, Ifv6Addr};

    use super::*;

    fn interface(addr: IfAddr, oper_status: IfOperStatus) -> Interface {
        Interface {
            name: "eth0".to_owned(),
            addr,
            index: Some(2),
            oper_status,
            is_p2p: false,
            #[cfg(windows)]
            adapter_name: String::new(),
        }
    }

    fn v4(ip: [u8; 4]) -> IfAddr {
        IfAddr::V4(Ifv4Addr {
            ip: ip.into(),
            netmask: Ipv4Addr::new(255, 255, 255, 0),
            prefixlen: 24,
            broadcast: None,
        })
    }

    #[test]
    fn only_what_others_could_reach_is_listed() {
        assert!(is_listed(&interface(v4([192, 0, 2, 1]), IfOperStatus::Up)));
        assert!(!is_listed(&interface(v4([192, 0, 2, 1]), IfOperStatus::Down)));
        assert!(!is_listed(&interface(v4([127, 0, 0, 1]), IfOperStatus::Up)));
    }

    #[test]
    fn addresses_are_canonical_and_have_their_prefix() {
        let described = describe(&interface(v4([192, 0, 2, 1]), IfOperStatus::Up));
        assert_eq!((&*described.address, described.prefix_length), ("192.0.2.1", 24));
        let six = IfAddr::V6(Ifv6Addr {
            ip: Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0xab),
            netmask: Ipv6Addr::from(u128::MAX << 64),
            prefixlen: 64,
            broadcast: None,
        });
        let described = describe(&interface(six, IfOperStatus::Up));
        assert_eq!((&*described.address, described.prefix_length), ("fe80::ab", 64));
    }
}
