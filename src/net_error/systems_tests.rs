//! The tables against SPEC §7, written down a second time: by the names of the specification, and the numbers of the systems'
//! own headers.

use super::*;

/// A row of SPEC §7.1: its name, its numbers on Linux and macOS, and the code.
const POSIX: &[(&str, i32, i32, i32)] = &[
    ("EAGAIN", 11, 35, -1),
    ("EWOULDBLOCK", 11, 35, -1),
    ("EACCES", 13, 13, -10),
    ("EPERM", 1, 1, -10),
    ("EISDIR", 21, 21, -10),
    ("EROFS", 30, 30, -10),
    ("ETXTBSY", 26, 26, -10),
    ("ENETDOWN", 100, 50, -106),
    ("ETIMEDOUT", 110, 60, -7),
    ("ECONNRESET", 104, 54, -101),
    ("ENETRESET", 102, 52, -101),
    ("EPIPE", 32, 32, -101),
    ("ECONNABORTED", 103, 53, -103),
    ("ECONNREFUSED", 111, 61, -102),
    ("EHOSTUNREACH", 113, 65, -109),
    ("EHOSTDOWN", 112, 64, -109),
    ("ENETUNREACH", 101, 51, -109),
    ("EAFNOSUPPORT", 97, 47, -109),
    ("EADDRNOTAVAIL", 99, 49, -108),
    ("EMSGSIZE", 90, 40, -142),
    ("ENOTCONN", 107, 57, -15),
    ("EISCONN", 106, 56, -23),
    ("EINVAL", 22, 22, -4),
    ("E2BIG", 7, 7, -4),
    ("EFAULT", 14, 14, -4),
    ("ENODEV", 19, 19, -4),
    ("EADDRINUSE", 98, 48, -147),
    ("EBADF", 9, 9, -5),
    ("EMFILE", 24, 24, -12),
    ("ENFILE", 23, 23, -12),
    ("EBUSY", 16, 16, -12),
    ("EDEADLK", 35, 11, -12),
    ("ENOLCK", 37, 77, -12),
    ("EUSERS", 87, 68, -12),
    ("ECANCELED", 125, 89, -3),
    ("EDQUOT", 122, 69, -18),
    ("ENOSPC", 28, 28, -18),
    ("EEXIST", 17, 17, -16),
    ("EFBIG", 27, 27, -8),
    ("ENAMETOOLONG", 36, 63, -17),
    ("ENOENT", 2, 2, -6),
    ("ENOTDIR", 20, 20, -6),
    ("ENOBUFS", 105, 55, -176),
    ("ENOMEM", 12, 12, -13),
    ("ENOSYS", 38, 78, -11),
    ("ENOTSUP", 95, 45, -11),
    ("ENOPROTOOPT", 92, 42, -11),
    // Some of those that are in no row.
    ("EINTR", 4, 4, -2),
    ("EIO", 5, 5, -2),
    ("ESRCH", 3, 3, -2),
    ("EALREADY", 114, 37, -2),
    ("EINPROGRESS", 115, 36, -2),
    ("EPROTO", 71, 100, -2),
    ("EPROTONOSUPPORT", 93, 43, -2),
];

/// A row of SPEC §7.2.
const WIN: &[(&str, i32, i32)] = &[
    ("WSAEWOULDBLOCK", 10035, -1),
    ("WSA_IO_PENDING", 997, -1),
    ("WSAEACCES", 10013, -10),
    ("ERROR_ACCESS_DENIED", 5, -10),
    ("WSAENETDOWN", 10050, -106),
    ("WSAETIMEDOUT", 10060, -7),
    ("WSAECONNRESET", 10054, -101),
    ("WSAENETRESET", 10052, -101),
    ("ERROR_BROKEN_PIPE", 109, -101),
    ("WSAECONNABORTED", 10053, -103),
    ("WSAECONNREFUSED", 10061, -102),
    ("WSA_IO_INCOMPLETE", 996, -100),
    ("WSAEDISCON", 10101, -100),
    ("WSAEISCONN", 10056, -23),
    ("WSAEHOSTUNREACH", 10065, -109),
    ("WSAENETUNREACH", 10051, -109),
    ("WSAEAFNOSUPPORT", 10047, -109),
    ("WSAEADDRNOTAVAIL", 10049, -108),
    ("WSAEMSGSIZE", 10040, -142),
    ("WSAENOTCONN", 10057, -15),
    ("WSAEINVAL", 10022, -4),
    ("ERROR_INVALID_PARAMETER", 87, -4),
    ("WSAEADDRINUSE", 10048, -147),
    ("WSAENOBUFS", 10055, -176),
    ("ERROR_TOO_MANY_OPEN_FILES", 4, -12),
    ("ERROR_INVALID_HANDLE", 6, -5),
    ("ERROR_NOT_ENOUGH_MEMORY", 8, -13),
    ("ERROR_OUTOFMEMORY", 14, -13),
    ("ERROR_FILE_NOT_FOUND", 2, -6),
    ("ERROR_PATH_NOT_FOUND", 3, -6),
    // Those that the specification names as being in no row.
    ("WSAEMFILE", 10024, -2),
    ("WSAESHUTDOWN", 10058, -2),
    ("WSAEHOSTDOWN", 10064, -2),
    ("ERROR_HANDLE_EOF", 38, -2),
];

/// The numbers below the highest one of any system, and some beyond.
fn every_number() -> impl Iterator<Item = i32> {
    (-1..12_000).chain([i32::MIN, 65_536, i32::MAX])
}

/// Asserts each of these rows, and that no other number is in the table: a typing error cannot hide.
#[track_caller]
fn assert_table(system: &System, rows: &[(&str, i32, i32)]) {
    for &(name, number, code) in rows {
        assert_eq!(system.error(number).code(), code, "{name}");
    }
    for number in every_number() {
        let named = rows.iter().any(|&(_, own, _)| own == number);
        assert!(named || system.error(number) == NetError::Failed, "{number}");
    }
}

#[test]
fn e07_the_linux_numbers() {
    let rows: Vec<_> = POSIX
        .iter()
        .map(|&(name, linux, _, code)| (name, linux, code))
        .collect();
    assert_table(&LINUX, &rows);
    assert_eq!(LINUX.error(95), LINUX.error(38), "EOPNOTSUPP is ENOTSUP");
}

#[test]
fn e07_the_macos_numbers() {
    let rows: Vec<_> = POSIX
        .iter()
        .map(|&(name, _, macos, code)| (name, macos, code))
        .collect();
    assert_table(&MACOS, &rows);
    assert_eq!(MACOS.error(102), NetError::Failed, "EOPNOTSUPP is not ENOTSUP");
}

#[test]
fn e08_the_windows_numbers() {
    assert_table(&WINDOWS, WIN);
}

/// §7.3: denied by the system and timed out have codes of their own, unclassified is "connection failed", all else is plain.
#[test]
fn e09_e10_connect_differs_in_three_rows() {
    for (system, denied, timed_out) in [(&LINUX, 13, 110), (&MACOS, 13, 60), (&WINDOWS, 10013, 10060)] {
        for number in every_number() {
            let expected = match system.error(number).code() {
                -10 if number == denied => -138,
                -7 if number == timed_out => -118,
                -2 => -104,
                plain => plain,
            };
            assert_eq!(system.connect_error(number, || false).code(), expected, "{number}");
        }
        assert_eq!(system.connect_error(denied, || true), NetError::NetworkAccessDenied);
        assert_eq!(system.connect_error(timed_out, || true), NetError::ConnectionTimedOut);
    }
    // Not allowed and denied are two things: EPERM, ERROR_ACCESS_DENIED.
    assert_eq!(LINUX.connect_error(1, || false), NetError::AccessDenied);
    assert_eq!(MACOS.connect_error(1, || false), NetError::AccessDenied);
    assert_eq!(WINDOWS.connect_error(5, || false), NetError::AccessDenied);
}

/// §7.3: a client that left before it was accepted is no error, and nothing else is none.
#[test]
fn e07_e08_a_client_that_left_is_no_error() {
    for (system, gone) in [(&LINUX, &[103][..]), (&MACOS, &[53]), (&WINDOWS, &[10054, 10057])] {
        for number in every_number() {
            assert_eq!(system.is_client_gone(number), gone.contains(&number), "{number}");
        }
    }
}

/// §7.3: what cannot be bound by udp is in use on macOS and Windows, whatever the reason; all else is plain.
#[test]
fn e07_e08_udp_bind_differs_where_the_address_is_nobodys() {
    for (system, in_use) in [(&LINUX, &[][..]), (&MACOS, &[49]), (&WINDOWS, &[10013, 10049])] {
        for number in every_number() {
            let expected = if in_use.contains(&number) {
                NetError::AddressInUse
            } else {
                system.error(number)
            };
            assert_eq!(system.udp_bind_error(number), expected, "{number}");
        }
    }
}

/// §7.3: without a network, what cannot be reached cannot be reached because of that; nothing else changes, and the machine is
/// not even asked.
#[test]
fn e07_e08_unreachable_while_offline_is_disconnected() {
    for (system, unreachable) in [
        (&LINUX, &[113, 112, 101][..]),
        (&MACOS, &[65, 64, 51]),
        (&WINDOWS, &[10065, 10051]),
    ] {
        for number in every_number() {
            if unreachable.contains(&number) {
                assert_eq!(system.connect_error(number, || true), NetError::InternetDisconnected);
            } else {
                let plain = system.connect_error(number, || panic!("asked for {number}"));
                assert_eq!(plain, system.connect_error(number, || false));
            }
        }
    }
}

/// The numbers that stand in the table are the ones of the system this runs on.
#[cfg(unix)]
#[test]
fn e07_the_numbers_are_this_systems_own() {
    use rustix::io::Errno;
    let own = [
        ("EAGAIN", Errno::AGAIN),
        ("EWOULDBLOCK", Errno::WOULDBLOCK),
        ("EACCES", Errno::ACCESS),
        ("EPERM", Errno::PERM),
        ("EISDIR", Errno::ISDIR),
        ("EROFS", Errno::ROFS),
        ("ETXTBSY", Errno::TXTBSY),
        ("ENETDOWN", Errno::NETDOWN),
        ("ETIMEDOUT", Errno::TIMEDOUT),
        ("ECONNRESET", Errno::CONNRESET),
        ("ENETRESET", Errno::NETRESET),
        ("EPIPE", Errno::PIPE),
        ("ECONNABORTED", Errno::CONNABORTED),
        ("ECONNREFUSED", Errno::CONNREFUSED),
        ("EHOSTUNREACH", Errno::HOSTUNREACH),
        ("EHOSTDOWN", Errno::HOSTDOWN),
        ("ENETUNREACH", Errno::NETUNREACH),
        ("EAFNOSUPPORT", Errno::AFNOSUPPORT),
        ("EADDRNOTAVAIL", Errno::ADDRNOTAVAIL),
        ("EMSGSIZE", Errno::MSGSIZE),
        ("ENOTCONN", Errno::NOTCONN),
        ("EISCONN", Errno::ISCONN),
        ("EINVAL", Errno::INVAL),
        ("E2BIG", Errno::TOOBIG),
        ("EFAULT", Errno::FAULT),
        ("ENODEV", Errno::NODEV),
        ("EADDRINUSE", Errno::ADDRINUSE),
        ("EBADF", Errno::BADF),
        ("EMFILE", Errno::MFILE),
        ("ENFILE", Errno::NFILE),
        ("EBUSY", Errno::BUSY),
        ("EDEADLK", Errno::DEADLK),
        ("ENOLCK", Errno::NOLCK),
        ("EUSERS", Errno::USERS),
        ("ECANCELED", Errno::CANCELED),
        ("EDQUOT", Errno::DQUOT),
        ("ENOSPC", Errno::NOSPC),
        ("EEXIST", Errno::EXIST),
        ("EFBIG", Errno::FBIG),
        ("ENAMETOOLONG", Errno::NAMETOOLONG),
        ("ENOENT", Errno::NOENT),
        ("ENOTDIR", Errno::NOTDIR),
        ("ENOBUFS", Errno::NOBUFS),
        ("ENOMEM", Errno::NOMEM),
        ("ENOSYS", Errno::NOSYS),
        ("ENOTSUP", Errno::NOTSUP),
        ("ENOPROTOOPT", Errno::NOPROTOOPT),
    ];
    for &(name, linux, macos, code) in POSIX.iter().filter(|row| row.3 != -2) {
        let (_, errno) = own.iter().find(|(own, _)| *own == name).expect("listed");
        let written = if cfg!(target_vendor = "apple") { macos } else { linux };
        assert_eq!(errno.raw_os_error(), written, "{name}");
        assert_eq!(HERE.error(errno.raw_os_error()).code(), code, "{name}");
    }
}
