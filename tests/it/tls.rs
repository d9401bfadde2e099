//! TLS: `secure()`, and servers whose clients speak it. The other ends are rustls in this process, and a certificate authority that
//! the host trusts because `SSL_CERT_FILE` says so.

mod authority;
mod peer;
#[cfg(target_os = "linux")]
mod secure;
