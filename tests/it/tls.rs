//! TLS: `secure()`, and servers whose clients speak it. The other ends are rustls in this process, and a certificate authority that
//! the host trusts because `SSL_CERT_FILE` says so.

#![cfg_attr(
    not(target_os = "linux"),
    allow(
        dead_code,
        unused_imports,
        reason = "elsewhere the system's own verifier trusts no authority of ours"
    )
)]

pub mod authority;
#[cfg(target_os = "linux")]
mod certificates;
mod crowds;
#[cfg(target_os = "linux")]
mod faults;
mod pairs;
mod peer;
mod reading;
#[cfg(target_os = "linux")]
mod secure;
mod serving;
#[cfg(target_os = "linux")]
mod transfer;
