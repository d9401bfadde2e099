//! Chrome's network errors: their numbers, their names, and which of them an operating system's error is (SPEC §7).
//!
//! This is the only place that turns an `io::Error` into a code. What the client sees stands on the variant; the operating
//! system's own error goes to the log.

mod systems;

use std::io;

use systems::HERE;

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
    SslProtocolError = -107, "ERR_SSL_PROTOCOL_ERROR";
    AddressInvalid = -108, "ERR_ADDRESS_INVALID";
    AddressUnreachable = -109, "ERR_ADDRESS_UNREACHABLE";
    SslClientAuthCertNeeded = -110, "ERR_SSL_CLIENT_AUTH_CERT_NEEDED";
    SslVersionOrCipherMismatch = -113, "ERR_SSL_VERSION_OR_CIPHER_MISMATCH";
    BadSslClientAuthCert = -117, "ERR_BAD_SSL_CLIENT_AUTH_CERT";
    ConnectionTimedOut = -118, "ERR_CONNECTION_TIMED_OUT";
    HostResolverQueueTooLarge = -119, "ERR_HOST_RESOLVER_QUEUE_TOO_LARGE";
    SslBadRecordMacAlert = -126, "ERR_SSL_BAD_RECORD_MAC_ALERT";
    NetworkAccessDenied = -138, "ERR_NETWORK_ACCESS_DENIED";
    MsgTooBig = -142, "ERR_MSG_TOO_BIG";
    AddressInUse = -147, "ERR_ADDRESS_IN_USE";
    SslDecryptErrorAlert = -153, "ERR_SSL_DECRYPT_ERROR_ALERT";
    SslUnrecognizedNameAlert = -159, "ERR_SSL_UNRECOGNIZED_NAME_ALERT";
    NoBufferSpace = -176, "ERR_NO_BUFFER_SPACE";
    CertCommonNameInvalid = -200, "ERR_CERT_COMMON_NAME_INVALID";
    CertDateInvalid = -201, "ERR_CERT_DATE_INVALID";
    CertAuthorityInvalid = -202, "ERR_CERT_AUTHORITY_INVALID";
    CertRevoked = -206, "ERR_CERT_REVOKED";
    CertInvalid = -207, "ERR_CERT_INVALID";
    CertWeakSignatureAlgorithm = -208, "ERR_CERT_WEAK_SIGNATURE_ALGORITHM";
    CertWeakKey = -211, "ERR_CERT_WEAK_KEY";
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
        error.raw_os_error().map_or(Self::Failed, |number| HERE.error(number))
    }

    /// What a failed `connect` reports (SPEC §7.3). Whether the machine `is_offline` is asked only when it matters.
    #[must_use]
    pub fn from_connect(error: &io::Error, is_offline: impl FnOnce() -> bool) -> Self {
        let number = error.raw_os_error();
        number.map_or(Self::ConnectionFailed, |number| HERE.connect_error(number, is_offline))
    }

    /// What a failed `bind` of a udp socket reports (SPEC §7.3).
    #[must_use]
    pub fn from_udp_bind(error: &io::Error) -> Self {
        let number = error.raw_os_error();
        number.map_or(Self::Failed, |number| HERE.udp_bind_error(number))
    }
}

/// Whether a failed `accept` only says that one client left while it was queued; accepting goes on (SPEC §7.3).
#[must_use]
pub fn is_client_gone(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|number| HERE.is_client_gone(number))
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

    /// The specification's own table, so that neither a number nor a name can be misspelt here.
    #[test]
    fn e01_numbers_and_names_are_the_specifications() {
        let specification = include_str!("../docs/chromium-sockets.md");
        let rows = specification.lines().filter(|line| line.starts_with("| ERR_"));
        let cells: Vec<&str> = rows
            .flat_map(|row| row.split('|'))
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        let (pairs, odd) = cells.as_chunks::<2>();
        assert!(pairs.len() > 50 && odd.is_empty(), "the table is not where it was");
        for error in NetError::ALL {
            let name = error.message().trim_start_matches("net::");
            let code = error.code().to_string();
            assert!(pairs.contains(&[name, &code]), "{name} {code}");
        }
    }

    #[test]
    fn an_error_without_a_number_is_unclassified() {
        let error = io::Error::other("ours");
        assert_eq!(NetError::from_io(&error), NetError::Failed);
        assert_eq!(NetError::from_connect(&error, || true), NetError::ConnectionFailed);
    }
}
