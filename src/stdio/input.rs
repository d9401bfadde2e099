//! The reading half: frames in, messages out.

use std::fs::File;
use std::io::{self, Read};
use std::thread;

use tokio::sync::mpsc;

#[cfg(target_os = "linux")]
use super::own_pipe::Source;
use crate::frame::{self, FrameError};
use crate::wire::{self, Incoming};

/// Hand-overs of decoded frames that are not acted upon. More would only hold memory: the pipe is the queue.
const HANDED_OVER: usize = 2;

/// What came from the browser.
#[derive(Debug)]
pub enum Input {
    /// The messages of the frames that came in one piece. A frame that cannot be read is one bad message.
    Messages(Vec<Incoming>),
    /// The browser closed the pipe, and with it the session.
    End,
    /// What follows cannot be read.
    Broken(FrameError),
}

/// Where input comes from.
#[derive(Debug)]
pub struct Reader(Kind);

#[derive(Debug)]
enum Kind {
    /// The caller's own thread reads, when there is something.
    #[cfg(target_os = "linux")]
    Own(Decoder<Source>),
    /// A thread reads, since only trying tells whether there is something.
    Thread(mpsc::Receiver<Input>),
}

impl Reader {
    /// # Errors
    /// When a thread is needed and cannot be started.
    pub(super) fn start(input: File) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(source) = Source::open(&input) {
            return Ok(Self(Kind::Own(Decoder::new(source))));
        }
        start_thread(input).map(Kind::Thread).map(Self)
    }

    /// What comes next. After the end nothing does.
    ///
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Input {
        match &mut self.0 {
            #[cfg(target_os = "linux")]
            Kind::Own(decoder) => loop {
                if let Err(error) = decoder.input.readable().await {
                    return Input::Broken(error.into());
                }
                if let Some(input) = decoder.step() {
                    return input;
                }
            },
            Kind::Thread(receiver) => receiver.recv().await.unwrap_or(Input::End),
        }
    }
}

/// Reads, unframes and decodes.
#[derive(Debug)]
struct Decoder<R> {
    input: R,
    buffer: frame::Buffer,
    /// Why there is nothing behind the messages that were handed out.
    broken: Option<FrameError>,
}

impl<R: Read> Decoder<R> {
    fn new(input: R) -> Self {
        Self {
            input,
            buffer: frame::Buffer::default(),
            broken: None,
        }
    }

    /// Reads once.
    ///
    /// # Returns
    /// Nothing, when there is no whole frame yet.
    fn step(&mut self) -> Option<Input> {
        if let Some(error) = self.broken.take() {
            return Some(Input::Broken(error));
        }
        match self.buffer.read_from(&mut self.input) {
            Ok(true) => {}
            Ok(false) => return Some(Input::End),
            Err(error) => return Some(Input::Broken(error)),
        }
        let mut messages = Vec::new();
        loop {
            match self.buffer.take() {
                Ok(Some(body)) => match wire::decode(body) {
                    Ok(mut list) => messages.append(&mut list),
                    Err(message) => messages.push(Incoming::Bad { id: None, message }),
                },
                Ok(None) => break,
                Err(error) => {
                    self.broken = Some(error);
                    break;
                }
            }
        }
        if messages.is_empty() {
            self.broken.take().map(Input::Broken)
        } else {
            Some(Input::Messages(messages))
        }
    }
}

fn start_thread(input: impl Read + Send + 'static) -> io::Result<mpsc::Receiver<Input>> {
    let (sender, receiver) = mpsc::channel(HANDED_OVER);
    thread::Builder::new().name("stdin".into()).spawn(move || {
        let mut decoder = Decoder::new(input);
        loop {
            let Some(input) = decoder.step() else { continue };
            let last = !matches!(input, Input::Messages(_));
            if sender.blocking_send(input).is_err() || last {
                return;
            }
        }
    })?;
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};

    use super::*;

    fn framed(body: &str) -> Vec<u8> {
        [&u32::try_from(body.len()).unwrap().to_ne_bytes(), body.as_bytes()].concat()
    }

    /// A reader of everything in `stream`, and then its end: first from a file, which has a thread, then from a pipe.
    fn readers(stream: &[u8]) -> [Reader; 2] {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(stream).unwrap();
        file.rewind().unwrap();
        let file = Reader::start(file).unwrap();
        assert!(matches!(file.0, Kind::Thread(_)));

        let (end, mut start) = io::pipe().unwrap();
        start.write_all(stream).unwrap();
        let pipe = Reader::start(owned(end)).unwrap();
        #[cfg(target_os = "linux")]
        assert!(matches!(pipe.0, Kind::Own(_)));
        [file, pipe]
    }

    #[cfg(unix)]
    fn owned(end: io::PipeReader) -> File {
        std::os::fd::OwnedFd::from(end).into()
    }

    #[cfg(windows)]
    fn owned(end: io::PipeReader) -> File {
        std::os::windows::io::OwnedHandle::from(end).into()
    }

    #[tokio::test]
    async fn frames_that_came_together_go_together_in_order_and_a_bad_one_spoils_no_other() {
        let stream: Vec<u8> = [
            r#"{"id":1,"method":"a"}"#,
            "nonsense",
            r#"[{"id":2,"method":"b"},{"id":3,"method":"c"}]"#,
        ]
        .iter()
        .flat_map(|body| framed(body))
        .collect();
        for mut input in readers(&stream) {
            let Input::Messages(messages) = input.next().await else {
                panic!("no messages");
            };
            let ids: Vec<_> = messages
                .iter()
                .map(|message| match message {
                    Incoming::Call { id, .. } | Incoming::Bad { id, .. } => *id,
                })
                .collect();
            assert_eq!(ids, [Some(1), None, Some(2), Some(3)]);
            assert!(matches!(input.next().await, Input::End));
        }
    }

    #[tokio::test]
    async fn the_end_is_orderly_only_between_frames_and_comes_behind_what_was_whole() {
        let mut stream = framed("{}").repeat(2);
        stream.pop();
        for mut input in readers(&stream) {
            assert!(matches!(input.next().await, Input::Messages(list) if list.len() == 1));
            assert!(matches!(input.next().await, Input::Broken(FrameError::Truncated)));
        }
        let mut stream = framed("{}");
        stream.extend(u32::MAX.to_ne_bytes());
        for mut input in readers(&stream) {
            assert!(matches!(input.next().await, Input::Messages(list) if list.len() == 1));
            assert!(matches!(input.next().await, Input::Broken(FrameError::TooLong(_))));
        }
        for mut input in readers(b"") {
            assert!(matches!(input.next().await, Input::End));
        }
    }

    /// The runtime goes on while there is nothing, and while there is less than a frame.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_pipe_that_is_ours_never_makes_the_caller_wait_in_a_read() {
        use std::task::Poll;

        let (end, mut start) = io::pipe().unwrap();
        let shared = end.try_clone().unwrap();
        let mut input = Reader::start(owned(end)).unwrap();
        let large = format!(r#"{{"id":1,"method":"{}"}}"#, "x".repeat(200_000));
        let bytes = framed(&large);
        // Ends where a read may have taken all there is.
        for piece in bytes.chunks(64 << 10) {
            let next = std::pin::pin!(input.next());
            assert!(look(next).await.is_pending());
            start.write_all(piece).unwrap();
        }
        assert!(matches!(input.next().await, Input::Messages(list) if list.len() == 1));
        let next = std::pin::pin!(input.next());
        assert!(matches!(look(next).await, Poll::Pending));
        let flags = rustix::fs::fcntl_getfl(&shared).unwrap();
        assert!(!flags.contains(rustix::fs::OFlags::NONBLOCK), "others see our flag");
    }

    /// One look at a future, after the runtime has asked the kernel for news.
    #[cfg(target_os = "linux")]
    async fn look<F: Future>(mut future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
        tokio::task::yield_now().await;
        std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context))).await
    }
}
