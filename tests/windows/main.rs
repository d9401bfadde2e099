//! What only Windows has: `install` and `uninstall` with the registry, and programs that cannot be replaced while they run.
#![cfg(windows)]

#[path = "../install/ended.rs"]
mod ended;
mod profile;
mod registry;
mod upgrade;
