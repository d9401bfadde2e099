//! TLS: `secure()`, and servers whose clients speak it. The other ends are rustls in this process, and a certificate authority that
//! the host trusts because `SSL_CERT_FILE` says so.

mod authority;
#[cfg(target_os = "linux")]
mod certificates;
#[cfg(target_os = "linux")]
mod faults;
mod pairs;
mod peer;
#[cfg(target_os = "linux")]
mod secure;
mod serving;
#[cfg(target_os = "linux")]
mod transfer;
