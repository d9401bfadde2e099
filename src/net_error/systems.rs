//! Which of Chrome's errors the numbers of each operating system are: SPEC §7.1, §7.2 and the rows about `connect` of §7.3.
//!
//! The tables are data, all of them compiled everywhere, so that each can be tested without its system.

use super::NetError;

/// Numbers and what they mean. A number that is in no row is "failed".
pub(super) struct System {
    plain: &'static [(&'static [i32], NetError)],
    /// What a `connect` reports for these, whatever else is the case.
    connect: &'static [(i32, NetError)],
    /// What the `bind` of a udp socket reports for these.
    udp_bind: &'static [(i32, NetError)],
    /// Failures of `accept` that only say that one client has left.
    client_gone: &'static [i32],
}

impl System {
    /// The plain table.
    pub(super) fn error(&self, number: i32) -> NetError {
        let row = self.plain.iter().find(|(numbers, _)| numbers.contains(&number));
        row.map_or(NetError::Failed, |&(_, error)| error)
    }

    /// The table of a failed `connect`: what is not classified is a failed connection, and for a machine without any network
    /// everything is unreachable because of that.
    pub(super) fn connect_error(&self, number: i32, is_offline: impl FnOnce() -> bool) -> NetError {
        if let Some(&(_, error)) = self.connect.iter().find(|&&(own, _)| own == number) {
            return error;
        }
        match self.error(number) {
            NetError::Failed => NetError::ConnectionFailed,
            NetError::AddressUnreachable if is_offline() => NetError::InternetDisconnected,
            error => error,
        }
    }

    /// The table of a failed `bind` of a udp socket.
    pub(super) fn udp_bind_error(&self, number: i32) -> NetError {
        let row = self.udp_bind.iter().find(|&&(own, _)| own == number);
        row.map_or_else(|| self.error(number), |&(_, error)| error)
    }

    /// Whether a failed `accept` is no error: accepting goes on.
    pub(super) fn is_client_gone(&self, number: i32) -> bool {
        self.client_gone.contains(&number)
    }
}

#[cfg(windows)]
pub(super) const HERE: &System = &WINDOWS;
#[cfg(target_vendor = "apple")]
pub(super) const HERE: &System = &MACOS;
#[cfg(not(any(windows, target_vendor = "apple")))]
pub(super) const HERE: &System = &LINUX;

#[cfg_attr(
    any(windows, target_vendor = "apple"),
    allow(dead_code, reason = "tested everywhere")
)]
pub(super) const LINUX: System = System {
    plain: &[
        // EAGAIN, which is EWOULDBLOCK
        (&[11], NetError::IoPending),
        // EACCES, EPERM, EISDIR, EROFS, ETXTBSY
        (&[13, 1, 21, 30, 26], NetError::AccessDenied),
        // ENETDOWN
        (&[100], NetError::InternetDisconnected),
        // ETIMEDOUT
        (&[110], NetError::TimedOut),
        // ECONNRESET, ENETRESET, EPIPE
        (&[104, 102, 32], NetError::ConnectionReset),
        // ECONNABORTED
        (&[103], NetError::ConnectionAborted),
        // ECONNREFUSED
        (&[111], NetError::ConnectionRefused),
        // EHOSTUNREACH, EHOSTDOWN, ENETUNREACH, EAFNOSUPPORT
        (&[113, 112, 101, 97], NetError::AddressUnreachable),
        // EADDRNOTAVAIL
        (&[99], NetError::AddressInvalid),
        // EMSGSIZE
        (&[90], NetError::MsgTooBig),
        // ENOTCONN
        (&[107], NetError::SocketNotConnected),
        // EISCONN
        (&[106], NetError::SocketIsConnected),
        // EINVAL, E2BIG, EFAULT, ENODEV
        (&[22, 7, 14, 19], NetError::InvalidArgument),
        // EADDRINUSE
        (&[98], NetError::AddressInUse),
        // EBADF
        (&[9], NetError::InvalidHandle),
        // EMFILE, ENFILE, EBUSY, EDEADLK, ENOLCK, EUSERS
        (&[24, 23, 16, 35, 37, 87], NetError::InsufficientResources),
        // ECANCELED
        (&[125], NetError::Aborted),
        // EDQUOT, ENOSPC
        (&[122, 28], NetError::FileNoSpace),
        // EEXIST
        (&[17], NetError::FileExists),
        // EFBIG
        (&[27], NetError::FileTooBig),
        // ENAMETOOLONG
        (&[36], NetError::FilePathTooLong),
        // ENOENT, ENOTDIR
        (&[2, 20], NetError::FileNotFound),
        // ENOBUFS
        (&[105], NetError::NoBufferSpace),
        // ENOMEM
        (&[12], NetError::OutOfMemory),
        // ENOSYS, ENOTSUP (which is EOPNOTSUPP), ENOPROTOOPT
        (&[38, 95, 92], NetError::NotImplemented),
    ],
    // EACCES (EPERM, which a packet filter gives, is another), ETIMEDOUT, and EAFNOSUPPORT, which no network would mend.
    connect: &[
        (13, NetError::NetworkAccessDenied),
        (110, NetError::ConnectionTimedOut),
        (97, NetError::AddressUnreachable),
    ],
    udp_bind: &[],
    // ECONNABORTED
    client_gone: &[103],
};

#[cfg_attr(not(target_vendor = "apple"), allow(dead_code, reason = "tested everywhere"))]
pub(super) const MACOS: System = System {
    plain: &[
        // EAGAIN, which is EWOULDBLOCK
        (&[35], NetError::IoPending),
        // EACCES, EPERM, EISDIR, EROFS, ETXTBSY
        (&[13, 1, 21, 30, 26], NetError::AccessDenied),
        // ENETDOWN
        (&[50], NetError::InternetDisconnected),
        // ETIMEDOUT
        (&[60], NetError::TimedOut),
        // ECONNRESET, ENETRESET, EPIPE
        (&[54, 52, 32], NetError::ConnectionReset),
        // ECONNABORTED
        (&[53], NetError::ConnectionAborted),
        // ECONNREFUSED
        (&[61], NetError::ConnectionRefused),
        // EHOSTUNREACH, EHOSTDOWN, ENETUNREACH, EAFNOSUPPORT
        (&[65, 64, 51, 47], NetError::AddressUnreachable),
        // EADDRNOTAVAIL
        (&[49], NetError::AddressInvalid),
        // EMSGSIZE
        (&[40], NetError::MsgTooBig),
        // ENOTCONN
        (&[57], NetError::SocketNotConnected),
        // EISCONN
        (&[56], NetError::SocketIsConnected),
        // EINVAL, E2BIG, EFAULT, ENODEV
        (&[22, 7, 14, 19], NetError::InvalidArgument),
        // EADDRINUSE
        (&[48], NetError::AddressInUse),
        // EBADF
        (&[9], NetError::InvalidHandle),
        // EMFILE, ENFILE, EBUSY, EDEADLK, ENOLCK, EUSERS
        (&[24, 23, 16, 11, 77, 68], NetError::InsufficientResources),
        // ECANCELED
        (&[89], NetError::Aborted),
        // EDQUOT, ENOSPC
        (&[69, 28], NetError::FileNoSpace),
        // EEXIST
        (&[17], NetError::FileExists),
        // EFBIG
        (&[27], NetError::FileTooBig),
        // ENAMETOOLONG
        (&[63], NetError::FilePathTooLong),
        // ENOENT, ENOTDIR
        (&[2, 20], NetError::FileNotFound),
        // ENOBUFS
        (&[55], NetError::NoBufferSpace),
        // ENOMEM
        (&[12], NetError::OutOfMemory),
        // ENOSYS, ENOTSUP, ENOPROTOOPT. EOPNOTSUPP, another number here, is one that Chromium does not name.
        (&[78, 45, 42], NetError::NotImplemented),
    ],
    // EACCES, ETIMEDOUT, EAFNOSUPPORT
    connect: &[
        (13, NetError::NetworkAccessDenied),
        (60, NetError::ConnectionTimedOut),
        (47, NetError::AddressUnreachable),
    ],
    // EADDRNOTAVAIL
    udp_bind: &[(49, NetError::AddressInUse)],
    // ECONNABORTED
    client_gone: &[53],
};

#[cfg_attr(not(windows), allow(dead_code, reason = "tested everywhere"))]
pub(super) const WINDOWS: System = System {
    plain: &[
        // WSAEWOULDBLOCK, WSA_IO_PENDING
        (&[10035, 997], NetError::IoPending),
        // WSAEACCES, ERROR_ACCESS_DENIED
        (&[10013, 5], NetError::AccessDenied),
        // WSAENETDOWN
        (&[10050], NetError::InternetDisconnected),
        // WSAETIMEDOUT
        (&[10060], NetError::TimedOut),
        // WSAECONNRESET, WSAENETRESET, ERROR_BROKEN_PIPE
        (&[10054, 10052, 109], NetError::ConnectionReset),
        // WSAECONNABORTED
        (&[10053], NetError::ConnectionAborted),
        // WSAECONNREFUSED
        (&[10061], NetError::ConnectionRefused),
        // WSA_IO_INCOMPLETE, WSAEDISCON
        (&[996, 10101], NetError::ConnectionClosed),
        // WSAEISCONN
        (&[10056], NetError::SocketIsConnected),
        // WSAEHOSTUNREACH, WSAENETUNREACH, WSAEAFNOSUPPORT
        (&[10065, 10051, 10047], NetError::AddressUnreachable),
        // WSAEADDRNOTAVAIL
        (&[10049], NetError::AddressInvalid),
        // WSAEMSGSIZE
        (&[10040], NetError::MsgTooBig),
        // WSAENOTCONN
        (&[10057], NetError::SocketNotConnected),
        // WSAEINVAL, ERROR_INVALID_PARAMETER
        (&[10022, 87], NetError::InvalidArgument),
        // WSAEADDRINUSE
        (&[10048], NetError::AddressInUse),
        // WSAENOBUFS
        (&[10055], NetError::NoBufferSpace),
        // ERROR_TOO_MANY_OPEN_FILES
        (&[4], NetError::InsufficientResources),
        // ERROR_INVALID_HANDLE
        (&[6], NetError::InvalidHandle),
        // ERROR_NOT_ENOUGH_MEMORY, ERROR_OUTOFMEMORY
        (&[8, 14], NetError::OutOfMemory),
        // ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND
        (&[2, 3], NetError::FileNotFound),
        // WSAEMFILE, WSAESHUTDOWN, WSAEHOSTDOWN and ERROR_HANDLE_EOF are in no row.
    ],
    // WSAEACCES, WSAETIMEDOUT, WSAEAFNOSUPPORT
    connect: &[
        (10013, NetError::NetworkAccessDenied),
        (10060, NetError::ConnectionTimedOut),
        (10047, NetError::AddressUnreachable),
    ],
    // WSAEACCES, WSAEADDRNOTAVAIL
    udp_bind: &[(10013, NetError::AddressInUse), (10049, NetError::AddressInUse)],
    // WSAECONNRESET, which Winsock's `accept` is documented to say of a client that has left, and WSAENOTCONN, which wine's says.
    // Chromium pauses the server for it: any peer could stop any server on Windows.
    client_gone: &[10054, 10057],
};

#[cfg(test)]
#[path = "systems_tests.rs"]
mod tests;
