//! Whether this machine has no network at all, asked at the moment a connect was "unreachable" (SPEC §7.3) and never else.

/// Whether nothing but this machine itself can be reached. When that cannot be told, it is not so, as in Chromium.
pub(super) fn is_offline() -> bool {
    match has_network() {
        Ok(online) => !online,
        Err(error) => {
            tracing::debug!(%error, "whether there is a network cannot be told");
            false
        }
    }
}

#[cfg(target_os = "linux")]
use linux::has_network;

/// Connecting a datagram socket sends nothing: it asks the system for a way to a distant address. (Chromium asks macOS the same
/// question, and Windows a similar one.)
#[cfg(not(target_os = "linux"))]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn has_network() -> std::io::Result<bool> {
    use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
    const DOCUMENTATION: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    let has_way = |own: SocketAddr, far: SocketAddr| UdpSocket::bind(own).and_then(|socket| socket.connect(far));
    let v4 = has_way(
        (Ipv4Addr::UNSPECIFIED, 0).into(),
        (Ipv4Addr::new(192, 0, 2, 1), 9).into(),
    );
    let v6 = has_way((Ipv6Addr::UNSPECIFIED, 0).into(), (DOCUMENTATION, 9).into());
    Ok(v4.is_ok() || v6.is_ok())
}

/// The kernel's lists of links and addresses, by its netlink protocol; Chromium's rule: a link that is up and running, is not
/// the loopback, and has an address that can be used.
#[cfg(target_os = "linux")]
mod linux {
    use std::io::{self, Read as _, Write as _};
    use std::time::Duration;

    use socket2::{Domain, Protocol, Socket, Type};

    const AF_NETLINK: i32 = 16;
    const NETLINK_ROUTE: i32 = 0;
    const DONE: u16 = 3;
    const ERROR: u16 = 2;
    const NEW_LINK: u16 = 16;
    const NEW_ADDRESS: u16 = 20;
    /// A request for a list is the number of its items and two.
    const GET: u16 = 2;
    const REQUEST_DUMP: u16 = 0x301;
    const HEADER: usize = 16;
    const REQUEST: usize = 32;

    const UP: u32 = 0x1;
    const LOOPBACK: u32 = 0x8;
    const RUNNING: u32 = 0x40;
    const LOWER_UP: u32 = 0x1_0000;

    /// An IPv6 address that is being checked, or was found in use by another.
    const UNUSABLE: u8 = 0x40 | 0x08 | 0x04;
    /// The scope of addresses that only this machine has.
    const SCOPE_HOST: u8 = 254;

    /// More than any machine has links and addresses for.
    const MOST_BYTES: usize = 16 << 20;

    pub(super) fn has_network() -> io::Result<bool> {
        let mut socket = Socket::new(Domain::from(AF_NETLINK), Type::RAW, Some(Protocol::from(NETLINK_ROUTE)))?;
        // The kernel answers at once; nothing may hang the host all the same.
        socket.set_read_timeout(Some(Duration::from_secs(1)))?;
        let online = dump(&mut socket, NEW_LINK, online_link)?;
        let addresses = dump(&mut socket, NEW_ADDRESS, usable_address)?;
        Ok(addresses.iter().any(|link| online.contains(link)))
    }

    /// What `pick` takes from the items of one of the kernel's lists.
    fn dump(socket: &mut Socket, item: u16, pick: fn(&[u8]) -> Option<u32>) -> io::Result<Vec<u32>> {
        // A header and a body of zeros, which asks for everything.
        let mut request = [0; REQUEST];
        request[..4].copy_from_slice(&32_u32.to_ne_bytes());
        request[4..6].copy_from_slice(&(item + GET).to_ne_bytes());
        request[6..8].copy_from_slice(&REQUEST_DUMP.to_ne_bytes());
        socket.write_all(&request)?;
        let mut buffer = vec![0; 64 << 10];
        let mut picked = Vec::new();
        let mut total = 0;
        while total < MOST_BYTES {
            let count = socket.read(&mut buffer)?;
            total += count.max(1);
            for (kind, body) in Messages(&buffer[..count]) {
                match kind {
                    DONE => return Ok(picked),
                    ERROR => return Err(io::Error::other("the kernel refuses to tell")),
                    _ if kind == item => picked.extend(pick(body)),
                    _ => {}
                }
            }
        }
        Err(io::Error::other("the kernel's list does not end"))
    }

    /// The messages in a datagram: kind and body. What does not hold together ends it.
    struct Messages<'a>(&'a [u8]);

    impl<'a> Iterator for Messages<'a> {
        type Item = (u16, &'a [u8]);

        fn next(&mut self) -> Option<Self::Item> {
            let length = usize::try_from(u32_at(self.0, 0)?).ok()?;
            let kind = u16::from_ne_bytes(self.0.get(4..6)?.try_into().ok()?);
            let body = self.0.get(HEADER..length)?;
            self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
            Some((kind, body))
        }
    }

    fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
        Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    }

    /// The index of a link, when it is one that leads out and is up. The body begins with `struct ifinfomsg`.
    fn online_link(body: &[u8]) -> Option<u32> {
        const WANTED: u32 = UP | RUNNING | LOWER_UP;
        let flags = u32_at(body, 8)?;
        (flags & (WANTED | LOOPBACK) == WANTED).then_some(u32_at(body, 4)?)
    }

    /// The link of an address that can be used. The body begins with `struct ifaddrmsg`.
    fn usable_address(body: &[u8]) -> Option<u32> {
        let (flags, scope) = (*body.get(2)?, *body.get(3)?);
        (flags & UNUSABLE == 0 && scope != SCOPE_HOST).then_some(u32_at(body, 4)?)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn e07_links_that_are_down_or_loopback_are_no_network() {
            let link = |flags: u32| {
                let body = [[0; 4], 7_u32.to_ne_bytes(), flags.to_ne_bytes(), [0; 4]].concat();
                online_link(&body)
            };
            assert_eq!(link(UP | RUNNING | LOWER_UP), Some(7));
            assert_eq!(link(!LOOPBACK), Some(7));
            assert_eq!(link(UP | RUNNING | LOWER_UP | LOOPBACK), None);
            for missing in [UP, RUNNING, LOWER_UP] {
                assert_eq!(link((UP | RUNNING | LOWER_UP) & !missing), None);
            }
            assert_eq!(online_link(&[0xff; 11]), None);
        }

        #[test]
        fn e07_addresses_that_cannot_be_used_are_no_network() {
            let address = |flags: u8, scope: u8| usable_address(&[[2, 24, flags, scope], 9_u32.to_ne_bytes()].concat());
            assert_eq!(address(0, 0), Some(9));
            assert_eq!(address(0x80, 253), Some(9), "permanent, of its link only");
            assert_eq!(address(0, SCOPE_HOST), None);
            for flag in [0x40, 0x08, 0x04] {
                assert_eq!(address(flag, 0), None);
            }
            assert_eq!(usable_address(&[0; 7]), None);
        }

        #[test]
        fn messages_that_do_not_hold_together_end_the_list() {
            let message = |length: u32| {
                let mut bytes = vec![1; 24];
                bytes[..4].copy_from_slice(&length.to_ne_bytes());
                bytes
            };
            let count = |bytes: &[u8]| Messages(bytes).take(100).count();
            assert_eq!(count(&[message(24), message(22)].concat()), 2);
            for length in [0, 15, 25, u32::MAX] {
                assert_eq!(count(&[message(24), message(length)].concat()), 1, "{length}");
            }
            assert_eq!(count(&[1; 3]), 0);
        }

        #[test]
        fn this_machine_can_be_asked() {
            has_network().expect("an answer");
        }
    }
}
