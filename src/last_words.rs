//! What the browser hears when the host cannot go on: one more frame, since nobody who uses the extension sees stderr.

use std::any::Any;
use std::io::{self, Write as _};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::anyhow;

use crate::wire::{FrameSink as _, FrameWriter, Outgoing};

/// The longest text, in characters.
const MOST_TEXT: usize = 1000;

/// A browser that does not read must not hold up the end.
const PATIENCE: Duration = Duration::from_millis(200);

/// Where and why the first thread panicked.
static PANIC: OnceLock<String> = OnceLock::new();

/// Runs `session` and says why it ended, if that was not in order: on stdout, where a frame is read as `host.error`. A panic, on
/// whichever thread, is such an end, and is logged.
///
/// # Errors
/// Those of `session`, and a panic's text.
pub fn run(session: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let result = guard(session);
    if let Err(error) = &result {
        say(&format!("{error:#}"));
    }
    result
}

fn guard(session: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    panic::set_hook(Box::new(remember));
    let outcome = panic::catch_unwind(AssertUnwindSafe(session));
    match (PANIC.get(), outcome) {
        (Some(text), _) => Err(anyhow!("{text}")),
        (None, Ok(result)) => result,
        (None, Err(cause)) => Err(anyhow!("panicked: {}", text_of(&*cause))),
    }
}

fn remember(info: &PanicHookInfo<'_>) {
    let text = info.to_string().replace('\n', " ");
    tracing::error!("{text}");
    let _ = PANIC.set(text);
}

fn text_of(cause: &(dyn Any + Send)) -> &str {
    cause.downcast_ref::<&str>().copied().unwrap_or("for no known reason")
}

/// Writes the frame. All frames before it have been written, unless the browser does not read, or a panic came in the middle of one:
/// then the browser finds what it cannot read, and ends the port as it would have anyway.
fn say(reason: &str) {
    let mut frame = FrameWriter::new(Vec::new());
    frame.control(&mut Outgoing::LastWords {
        message: reason.chars().take(MOST_TEXT).collect(),
    });
    let frame = frame.finish();
    let (done, said) = mpsc::channel();
    let writer = thread::Builder::new().spawn(move || {
        let mut stdout = io::stdout();
        let _ = stdout.write_all(frame.bytes()).and_then(|()| stdout.flush());
        let _ = done.send(());
    });
    if writer.is_ok() {
        let _ = said.recv_timeout(PATIENCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_on_any_thread_is_an_error_that_says_where() {
        let result = guard(|| {
            let other = thread::spawn(|| panic!("one\nand two"));
            assert!(other.join().is_err());
            Ok(())
        });
        let text = result.expect_err("an error").to_string();
        assert!(text.contains("last_words.rs") && text.contains("one and two"), "{text}");
    }

    #[test]
    fn without_a_hook_the_cause_itself_says_why() {
        let cause = panic::catch_unwind(|| panic!("three")).expect_err("a panic");
        assert_eq!(text_of(&*cause), "three");
    }
}
