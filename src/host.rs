//! Host mode: the pipe and the engine, wired together until the browser closes the pipe.

use std::io;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::{Instant, timeout_at};

use crate::descriptors;
use crate::policy::{Dirs, Gates};
use crate::session::Session;
use crate::stdio::{self, Input, Output, Reader};
use crate::wire::FrameWriter;

/// How long the last bytes may take to reach the browser and the peers, both at once; the browser kills a host two seconds after it closed the pipe.
const LAST_BYTES: Duration = Duration::from_millis(500);

/// After so many rounds without a pause the kernel is asked for news, however busy the pipe is.
const ROUNDS_BETWEEN_POLLS: u32 = 32;

/// Serves one browser session on stdin and stdout for the extension `extension_id`.
///
/// # Errors
/// When the threads or the runtime cannot start, or the input breaks off inside a frame; sockets are closed in order all the same.
pub fn run(dirs: &Dirs, extension_id: &str) -> anyhow::Result<()> {
    let session = Session::new(Gates::new(dirs, extension_id), descriptors::prepare());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .context("cannot start the runtime")?;
    let (input, output) = {
        let _entered = runtime.enter();
        stdio::start().context("cannot use stdin and stdout")?
    };
    // Unconstrained: the loop pauses by itself, and tokio's budget would make sockets look idle that are not.
    let result = runtime.block_on(tokio::task::unconstrained(serve(session, input, output)));
    // A name look-up that hangs must not hold up the end.
    runtime.shutdown_background();
    result
}

/// The loop. What peers can take and what the browser can take goes out first, since that is what everything waits for; then
/// comes what was asked. Nothing can starve: each branch brings a bounded piece of work.
async fn serve(mut session: Session, mut input: Reader, mut output: Output) -> anyhow::Result<()> {
    // Buffers that have nothing to carry. Every one is fetched when it comes back, since a failed write is learnt that way.
    let mut spare: Vec<Vec<u8>> = Vec::new();
    let mut rounds = 0;
    let broken = loop {
        let takes_more = session.go_on();
        // Behind the requests: sends that came together leave in one write, and their replies in one frame.
        session.engine.write_ready();
        if session.engine.has_output()
            && let Some(buffer) = spare.pop()
        {
            match send_frame(&mut session, &mut output, buffer) {
                Ok(buffer) => spare.extend(buffer),
                Err(error) => break closed_by_browser(&error),
            }
        }
        let engine = &mut session.engine;
        let changed = engine.changed();
        tokio::select! { biased;
            buffer = output.buffer() => match buffer {
                Ok(buffer) => spare.push(buffer),
                Err(error) => break closed_by_browser(&error),
            },
            () = engine.progress() => {}
            message = input.next(), if takes_more => match message {
                Input::Messages(messages) => session.take(messages),
                Input::End => break None,
                Input::Broken(error) => {
                    break Some(anyhow::Error::new(error).context("cannot read the browser's messages"));
                }
            },
            // Only wakes the loop: each round looks at what is ready before it waits.
            () = changed => {}
        }
        rounds = (rounds + 1) % ROUNDS_BETWEEN_POLLS;
        if rounds == 0 {
            tokio::task::yield_now().await;
        }
    };
    // Listeners go first: an extension that is being reloaded must find its ports free.
    session.end();
    let deadline = Instant::now() + LAST_BYTES;
    let _ = timeout_at(deadline, write_out(&mut session, &mut output, spare)).await;
    let _ = timeout_at(deadline, session.engine.drained()).await;
    broken.map_or(Ok(()), Err)
}

/// Builds the next frame and writes it, or hands it over.
///
/// # Returns
/// The buffer, if it is free again.
fn send_frame(session: &mut Session, output: &mut Output, buffer: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    let mut frame = FrameWriter::new(buffer);
    session.engine.fill(&mut frame);
    if frame.is_empty() {
        return Ok(Some(frame.into_buffer()));
    }
    output.write(frame.finish())
}

/// The browser is gone as far as writing goes: an end like any other, unless the pipe itself failed.
fn closed_by_browser(error: &io::Error) -> Option<anyhow::Error> {
    tracing::info!(%error, "the browser stopped reading");
    None
}

/// Writes what is still to be said: whoever closed only our stdin gets every answer.
async fn write_out(session: &mut Session, output: &mut Output, mut spare: Vec<Vec<u8>>) -> io::Result<()> {
    while session.engine.has_output() {
        let buffer = match spare.pop() {
            Some(buffer) => buffer,
            None => output.buffer().await?,
        };
        spare.extend(send_frame(session, output, buffer)?);
    }
    output.flush().await
}
