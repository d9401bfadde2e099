//! The pipe to the browser: one thread reads and decodes, one writes. Only this module touches stdin and stdout.
//!
//! Plain threads, since Windows gives a host handles that cannot be polled, and since decoding then costs the runtime nothing.
//! Both hand-overs are bounded: a few frames' messages inwards, two buffers outwards.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::thread;

use tokio::sync::mpsc;

use crate::frame::{self, FrameError};
use crate::wire::{self, Frame, Incoming};

/// Hand-overs of decoded frames that are not acted upon: each is one frame, or the small ones that were read in one piece. More
/// would only hold memory: the pipe is the queue.
const HANDED_OVER: usize = 2;

/// Frames under way: one is being written, the next is ready when it is done. A third would only age.
const BUFFERS: usize = 2;

/// A small frame is read together with those behind it; the body of a large one goes past this buffer.
const READ_BUFFER: usize = 64 << 10;

/// What came from the browser.
#[derive(Debug)]
pub enum Input {
    /// The messages of a frame, or of the small frames that came in one piece. A frame that cannot be read is one bad message.
    Messages(Vec<Incoming>),
    /// The browser closed the pipe, and with it the session.
    End,
    /// What follows cannot be read.
    Broken(FrameError),
}

/// The writing half: a buffer taken from here is the permission to build a frame.
#[derive(Debug)]
pub struct Output {
    frames: mpsc::Sender<Frame>,
    buffers: mpsc::Receiver<io::Result<Vec<u8>>>,
}

impl Output {
    /// The next free buffer, or why there will be none: the browser does not read any more.
    ///
    /// Nothing is lost when the future is dropped.
    ///
    /// # Errors
    /// What the write failed with.
    pub async fn buffer(&mut self) -> io::Result<Vec<u8>> {
        self.buffers
            .recv()
            .await
            .unwrap_or_else(|| Err(io::ErrorKind::BrokenPipe.into()))
    }

    /// Hands a frame to the writer.
    pub fn write(&self, frame: Frame) {
        // There is room for every buffer there is; a writer that has ended says so through `buffer`.
        let _ = self.frames.try_send(frame);
    }

    /// Waits until every frame is written. `held` is how many buffers the caller has.
    ///
    /// # Errors
    /// What the write failed with.
    pub async fn flush(&mut self, held: usize) -> io::Result<()> {
        for _ in held..BUFFERS {
            self.buffer().await?;
        }
        Ok(())
    }
}

/// Starts both threads on the process's own stdin and stdout.
///
/// # Errors
/// When the descriptors cannot be duplicated or a thread cannot be started.
pub fn start() -> io::Result<(mpsc::Receiver<Input>, Output)> {
    let (input, output) = own_descriptors()?;
    Ok((start_reader(input)?, start_writer(output)?))
}

/// Stdin and stdout as plain files: std's `Stdout` would look for line ends in every frame.
#[cfg(unix)]
fn own_descriptors() -> io::Result<(File, File)> {
    use std::os::fd::AsFd as _;
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    Ok((input.into(), output.into()))
}

/// Stdin and stdout as plain files: std's own would translate text for a console.
#[cfg(windows)]
fn own_descriptors() -> io::Result<(File, File)> {
    use std::os::windows::io::AsHandle as _;
    let input = io::stdin().as_handle().try_clone_to_owned()?;
    let output = io::stdout().as_handle().try_clone_to_owned()?;
    Ok((input.into(), output.into()))
}

fn start_reader(input: impl Read + Send + 'static) -> io::Result<mpsc::Receiver<Input>> {
    let (sender, receiver) = mpsc::channel(HANDED_OVER);
    thread::Builder::new().name("stdin".into()).spawn(move || {
        let mut input = BufReader::with_capacity(READ_BUFFER, input);
        let mut body = Vec::new();
        loop {
            let mut messages = Vec::new();
            // What is here already goes along: handing over costs more than decoding a small frame.
            let end = loop {
                match frame::read(&mut input, &mut body) {
                    Ok(true) => match wire::decode(&body) {
                        Ok(mut list) => messages.append(&mut list),
                        Err(message) => messages.push(Incoming::Bad { id: None, message }),
                    },
                    Ok(false) => break Some(Input::End),
                    Err(error) => break Some(Input::Broken(error)),
                }
                if !frame::begins_with_whole(input.buffer()) {
                    break None;
                }
            };
            let last = end.is_some();
            let messages = (!messages.is_empty()).then_some(Input::Messages(messages));
            for message in messages.into_iter().chain(end) {
                if sender.blocking_send(message).is_err() {
                    return;
                }
            }
            if last {
                return;
            }
        }
    })?;
    Ok(receiver)
}

fn start_writer(mut output: impl Write + Send + 'static) -> io::Result<Output> {
    let (frames, mut to_write) = mpsc::channel::<Frame>(BUFFERS);
    let (written, buffers) = mpsc::channel(BUFFERS + 1);
    for _ in 0..BUFFERS {
        let _ = written.try_send(Ok(Vec::new()));
    }
    thread::Builder::new().name("stdout".into()).spawn(move || {
        while let Some(frame) = to_write.blocking_recv() {
            let result = output.write_all(frame.bytes());
            let failed = result.is_err();
            if written.blocking_send(result.map(|()| frame.into_buffer())).is_err() || failed {
                return;
            }
        }
    })?;
    Ok(Output { frames, buffers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{FrameSink as _, FrameWriter, Outgoing};

    /// A pipe nobody reads: every write fails.
    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn frame(buffer: Vec<u8>) -> Frame {
        let mut writer = FrameWriter::new(buffer);
        writer.control(&mut Outgoing::Taken { bytes: 1 });
        writer.finish()
    }

    #[tokio::test]
    async fn two_frames_are_under_way_and_a_closed_pipe_is_reported() {
        let mut output = start_writer(Closed).unwrap();
        let first = output.buffer().await.unwrap();
        let second = output.buffer().await.unwrap();
        assert!(output.buffers.try_recv().is_err(), "a third buffer");
        output.write(frame(first));
        output.write(frame(second));
        assert_eq!(output.buffer().await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(output.flush(0).await.is_err());
    }

    #[tokio::test]
    async fn the_end_of_input_is_orderly_only_between_frames() {
        let mut stream = Vec::from(2_u32.to_ne_bytes());
        stream.extend_from_slice(b"{}");
        // Two frames in one piece are handed over together.
        stream.extend(stream.clone());
        let mut whole = start_reader(io::Cursor::new(stream.clone())).unwrap();
        assert!(matches!(whole.recv().await, Some(Input::Messages(list)) if list.len() == 2));
        assert!(matches!(whole.recv().await, Some(Input::End)));
        assert!(whole.recv().await.is_none());
        stream.pop();
        let mut cut = start_reader(io::Cursor::new(stream)).unwrap();
        assert!(matches!(cut.recv().await, Some(Input::Messages(list)) if list.len() == 1));
        assert!(matches!(cut.recv().await, Some(Input::Broken(FrameError::Truncated))));
    }

    #[tokio::test]
    async fn frames_that_are_here_go_together_in_order_and_a_bad_one_spoils_no_other() {
        let mut stream = Vec::new();
        for body in [
            r#"{"id":1,"method":"a"}"#,
            "nonsense",
            r#"[{"id":2,"method":"b"},{"id":3,"method":"c"}]"#,
        ] {
            stream.extend(u32::try_from(body.len()).unwrap().to_ne_bytes());
            stream.extend(body.as_bytes());
        }
        let mut input = start_reader(io::Cursor::new(stream)).unwrap();
        let Some(Input::Messages(messages)) = input.recv().await else {
            panic!("no messages");
        };
        let ids: Vec<_> = messages
            .iter()
            .map(|message| match message {
                Incoming::Call { id, .. } | Incoming::Bad { id, .. } => *id,
            })
            .collect();
        assert_eq!(ids, [Some(1), None, Some(2), Some(3)]);
        assert!(matches!(input.recv().await, Some(Input::End)));
    }
}
