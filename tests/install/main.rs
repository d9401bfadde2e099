//! The real program as a person uses it, in a home directory of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "what is skipped is said")]

mod doctor;
mod ended;
mod faults;
mod folder;
mod grants;
mod home;
mod hostile;
mod install;
mod system;
mod trouble;
mod uninstall;
