//! Chrome's network errors: their numbers, their names, and which of them an operating system's error is (SPEC §7).
//!
//! This is the only place that turns an `io::Error` into a code. What the client sees stands on the variant; the operating
//! system's own error goes to the log.

use std::io;

macro_rules! net_errors {
    ($($variant:ident = $code:literal, $name:literal;)*) => {
        /// One of Chrome's network errors. The discriminant is the code, the text is `net::ERR_…`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        #[repr(i32)]
        #[allow(missing_docs, reason = "the names are Chromium's own and say all there is")]
        pub enum NetError {
            $(#[error("net::{}", $name)] $variant = $code,)*
        }

        impl NetError {
            /// Every variant, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The text of `chrome.runtime.lastError.message`.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => concat!("net::", $name),)* }
            }
        }
    };
}

net_errors! {
    IoPending = -1, "ERR_IO_PENDING";
    Failed = -2, "ERR_FAILED";
    Aborted = -3, "ERR_ABORTED";
    InvalidArgument = -4, "ERR_INVALID_ARGUMENT";
    InvalidHandle = -5, "ERR_INVALID_HANDLE";
    FileNotFound = -6, "ERR_FILE_NOT_FOUND";
    TimedOut = -7, "ERR_TIMED_OUT";
    FileTooBig = -8, "ERR_FILE_TOO_BIG";
    Unexpected = -9, "ERR_UNEXPECTED";
    AccessDenied = -10, "ERR_ACCESS_DENIED";
    NotImplemented = -11, "ERR_NOT_IMPLEMENTED";
    InsufficientResources = -12, "ERR_INSUFFICIENT_RESOURCES";
    OutOfMemory = -13, "ERR_OUT_OF_MEMORY";
    SocketNotConnected = -15, "ERR_SOCKET_NOT_CONNECTED";
    FileExists = -16, "ERR_FILE_EXISTS";
    FilePathTooLong = -17, "ERR_FILE_PATH_TOO_LONG";
    FileNoSpace = -18, "ERR_FILE_NO_SPACE";
    SocketIsConnected = -23, "ERR_SOCKET_IS_CONNECTED";
    ConnectionClosed = -100, "ERR_CONNECTION_CLOSED";
    ConnectionReset = -101, "ERR_CONNECTION_RESET";
    ConnectionRefused = -102, "ERR_CONNECTION_REFUSED";
    ConnectionAborted = -103, "ERR_CONNECTION_ABORTED";
    ConnectionFailed = -104, "ERR_CONNECTION_FAILED";
    NameNotResolved = -105, "ERR_NAME_NOT_RESOLVED";
    InternetDisconnected = -106, "ERR_INTERNET_DISCONNECTED";
    AddressInvalid = -108, "ERR_ADDRESS_INVALID";
    AddressUnreachable = -109, "ERR_ADDRESS_UNREACHABLE";
    ConnectionTimedOut = -118, "ERR_CONNECTION_TIMED_OUT";
    HostResolverQueueTooLarge = -119, "ERR_HOST_RESOLVER_QUEUE_TOO_LARGE";
    NetworkAccessDenied = -138, "ERR_NETWORK_ACCESS_DENIED";
    MsgTooBig = -142, "ERR_MSG_TOO_BIG";
    AddressInUse = -147, "ERR_ADDRESS_IN_USE";
    NoBufferSpace = -176, "ERR_NO_BUFFER_SPACE";
}

impl NetError {
    /// Chrome's number for it; always negative.
    #[must_use]
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// The plain table of SPEC §7.1 and §7.2, without an operation's exceptions.
    #[must_use]
    pub fn from_io(error: &io::Error) -> Self {
        error.raw_os_error().map_or(Self::Failed, from_os)
    }

    /// What a failed `connect` reports: blocked and timed out have codes of their own, unclassified is "connection failed".
    #[must_use]
    pub fn from_connect(error: &io::Error) -> Self {
        match Self::from_io(error) {
            Self::AccessDenied => Self::NetworkAccessDenied,
            Self::TimedOut => Self::ConnectionTimedOut,
            Self::Failed => Self::ConnectionFailed,
            other => other,
        }
    }
}

/// Whether a failed `accept` only says that one client left while it was queued; accepting goes on (SPEC §7.3).
#[must_use]
pub fn is_client_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ConnectionAborted
}

#[cfg(unix)]
fn from_os(code: i32) -> NetError {
    use rustix::io::Errno;
    match Errno::from_raw_os_error(code) {
        // EWOULDBLOCK is the same number wherever we run.
        Errno::AGAIN => NetError::IoPending,
        Errno::ACCESS | Errno::PERM | Errno::ISDIR | Errno::ROFS | Errno::TXTBSY => NetError::AccessDenied,
        Errno::NETDOWN => NetError::InternetDisconnected,
        Errno::TIMEDOUT => NetError::TimedOut,
        Errno::CONNRESET | Errno::NETRESET | Errno::PIPE => NetError::ConnectionReset,
        Errno::CONNABORTED => NetError::ConnectionAborted,
        Errno::CONNREFUSED => NetError::ConnectionRefused,
        Errno::HOSTUNREACH | Errno::HOSTDOWN | Errno::NETUNREACH | Errno::AFNOSUPPORT => NetError::AddressUnreachable,
        Errno::ADDRNOTAVAIL => NetError::AddressInvalid,
        Errno::MSGSIZE => NetError::MsgTooBig,
        Errno::NOTCONN => NetError::SocketNotConnected,
        Errno::ISCONN => NetError::SocketIsConnected,
        Errno::INVAL | Errno::TOOBIG | Errno::FAULT | Errno::NODEV => NetError::InvalidArgument,
        Errno::ADDRINUSE => NetError::AddressInUse,
        Errno::BADF => NetError::InvalidHandle,
        Errno::MFILE | Errno::NFILE | Errno::BUSY | Errno::DEADLK | Errno::NOLCK | Errno::USERS => {
            NetError::InsufficientResources
        }
        Errno::CANCELED => NetError::Aborted,
        Errno::DQUOT | Errno::NOSPC => NetError::FileNoSpace,
        Errno::EXIST => NetError::FileExists,
        Errno::FBIG => NetError::FileTooBig,
        Errno::NAMETOOLONG => NetError::FilePathTooLong,
        Errno::NOENT | Errno::NOTDIR => NetError::FileNotFound,
        Errno::NOBUFS => NetError::NoBufferSpace,
        Errno::NOMEM => NetError::OutOfMemory,
        // ENOTSUP and EOPNOTSUPP are one number on Linux and two on macOS, where Chromium names the first only.
        Errno::NOSYS | Errno::NOTSUP | Errno::NOPROTOOPT => NetError::NotImplemented,
        _ => NetError::Failed,
    }
}

#[cfg(windows)]
fn from_os(code: i32) -> NetError {
    from_windows(code)
}

/// SPEC §7.2. Compiled for tests everywhere, so that the table is checked without Windows.
#[cfg(any(windows, test))]
fn from_windows(code: i32) -> NetError {
    match code {
        // WSAEWOULDBLOCK, WSA_IO_PENDING
        10035 | 997 => NetError::IoPending,
        // WSAEACCES, ERROR_ACCESS_DENIED
        10013 | 5 => NetError::AccessDenied,
        // WSAENETDOWN
        10050 => NetError::InternetDisconnected,
        // WSAETIMEDOUT
        10060 => NetError::TimedOut,
        // WSAECONNRESET, WSAENETRESET, ERROR_BROKEN_PIPE
        10054 | 10052 | 109 => NetError::ConnectionReset,
        // WSAECONNABORTED
        10053 => NetError::ConnectionAborted,
        // WSAECONNREFUSED
        10061 => NetError::ConnectionRefused,
        // WSA_IO_INCOMPLETE, WSAEDISCON
        996 | 10101 => NetError::ConnectionClosed,
        // WSAEISCONN
        10056 => NetError::SocketIsConnected,
        // WSAEHOSTUNREACH, WSAENETUNREACH, WSAEAFNOSUPPORT
        10065 | 10051 | 10047 => NetError::AddressUnreachable,
        // WSAEADDRNOTAVAIL
        10049 => NetError::AddressInvalid,
        // WSAEMSGSIZE
        10040 => NetError::MsgTooBig,
        // WSAENOTCONN
        10057 => NetError::SocketNotConnected,
        // WSAEINVAL, ERROR_INVALID_PARAMETER
        10022 | 87 => NetError::InvalidArgument,
        // WSAEADDRINUSE
        10048 => NetError::AddressInUse,
        // WSAENOBUFS
        10055 => NetError::NoBufferSpace,
        // ERROR_TOO_MANY_OPEN_FILES
        4 => NetError::InsufficientResources,
        // ERROR_INVALID_HANDLE
        6 => NetError::InvalidHandle,
        // ERROR_NOT_ENOUGH_MEMORY, ERROR_OUTOFMEMORY
        8 | 14 => NetError::OutOfMemory,
        // ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND
        2 | 3 => NetError::FileNotFound,
        // WSAEMFILE, WSAESHUTDOWN, WSAEHOSTDOWN and ERROR_HANDLE_EOF are among these.
        _ => NetError::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e01_e11_every_text_is_chromes_and_every_code_negative() {
        for error in NetError::ALL {
            assert!(error.code() < 0);
            assert!(error.message().starts_with("net::ERR_"));
            assert_eq!(error.to_string(), error.message());
        }
        assert_eq!(NetError::AddressInUse.code(), -147);
        assert_eq!(NetError::AddressInUse.message(), "net::ERR_ADDRESS_IN_USE");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn e07_the_linux_numbers() {
        for (numbers, code) in [
            (&[11][..], -1),
            (&[13, 1, 21, 30, 26], -10),
            (&[100], -106),
            (&[110], -7),
            (&[104, 102, 32], -101),
            (&[103], -103),
            (&[111], -102),
            (&[113, 112, 101, 97], -109),
            (&[99], -108),
            (&[90], -142),
            (&[107], -15),
            (&[106], -23),
            (&[22, 7, 14, 19], -4),
            (&[98], -147),
            (&[9], -5),
            (&[24, 23, 16, 35, 37, 87], -12),
            (&[125], -3),
            (&[122, 28], -18),
            (&[17], -16),
            (&[27], -8),
            (&[36], -17),
            (&[2, 20], -6),
            (&[105], -176),
            (&[12], -13),
            (&[38, 95, 92], -11),
            (&[3, 5, 4095], -2),
        ] {
            for &number in numbers {
                let error = io::Error::from_raw_os_error(number);
                // ENETUNREACH (101) and EAFNOSUPPORT (97) are among the unreachable ones.
                assert_eq!(NetError::from_io(&error).code(), code, "errno {number}");
            }
        }
    }

    #[test]
    fn e08_the_windows_numbers() {
        for (number, code) in [
            (10035, -1),
            (10013, -10),
            (10050, -106),
            (10060, -7),
            (10054, -101),
            (109, -101),
            (10053, -103),
            (10061, -102),
            (996, -100),
            (10056, -23),
            (10065, -109),
            (10049, -108),
            (10040, -142),
            (10057, -15),
            (10022, -4),
            (10048, -147),
            (10055, -176),
            (4, -12),
            (6, -5),
            (8, -13),
            (2, -6),
            (10024, -2),
            (10058, -2),
            (10064, -2),
            (38, -2),
        ] {
            assert_eq!(from_windows(number).code(), code, "{number}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn e09_e10_connect_has_codes_of_its_own() {
        let connect = |number| NetError::from_connect(&io::Error::from_raw_os_error(number)).code();
        assert_eq!(connect(110), -118);
        assert_eq!(connect(13), -138);
        assert_eq!(connect(3), -104);
        assert_eq!(connect(111), -102);
    }
}
