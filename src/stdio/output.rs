//! The writing half: two buffers go round, empty to whoever fills them, full to the pipe.

use std::fs::File;
use std::io::{self, Write};
use std::{mem, thread};

use tokio::sync::mpsc;

#[cfg(target_os = "linux")]
use super::own_pipe::open_sink;
use crate::wire::Frame;

/// Frames under way: one is being written, the next is ready when it is done. A third would only age.
const BUFFERS: usize = 2;

/// The writing half: a buffer taken from here is the permission to build a frame.
#[derive(Debug)]
pub struct Output {
    /// The pipe, where a write need not wait.
    sink: Option<File>,
    /// Frames for the thread, and how much of them is written already.
    frames: mpsc::Sender<(Frame, usize)>,
    buffers: mpsc::Receiver<io::Result<Vec<u8>>>,
    /// How many buffers are with the thread, or have come back from it unseen.
    away: usize,
    /// Whether the last frame held answers only.
    quiet: bool,
}

impl Output {
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn start(output: File) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        let sink = open_sink(&output);
        #[cfg(not(target_os = "linux"))]
        let sink = None;
        let (frames, buffers) = start_thread(output)?;
        Ok(Self {
            sink,
            frames,
            buffers,
            away: BUFFERS,
            quiet: true,
        })
    }

    /// The next free buffer, or why there will be none: the browser does not read any more.
    ///
    /// Nothing is lost when the future is dropped.
    ///
    /// # Errors
    /// What the write failed with.
    pub async fn buffer(&mut self) -> io::Result<Vec<u8>> {
        let buffer = self.buffers.recv().await.ok_or(io::ErrorKind::BrokenPipe)?;
        self.away -= 1;
        buffer
    }

    /// Writes a frame, or hands it to the thread. At once go answers among answers, when nothing is before them, as far as the
    /// pipe has room. Where the network speaks, too, the way over the thread pays: what comes meanwhile shares the next frame, and
    /// the browser is woken less often.
    ///
    /// # Returns
    /// The buffer, if it is free again.
    ///
    /// # Errors
    /// What the write failed with.
    pub fn write(&mut self, frame: Frame) -> io::Result<Option<Vec<u8>>> {
        let quiet = mem::replace(&mut self.quiet, frame.is_urgent());
        let written = match &mut self.sink {
            Some(sink) if self.away == 0 && quiet && frame.is_urgent() => match sink.write(frame.bytes()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                result => result?,
            },
            _ => 0,
        };
        if written == frame.bytes().len() {
            return Ok(Some(frame.into_buffer()));
        }
        // There is room for every buffer there is; a thread that has ended says so through `buffer`.
        let _ = self.frames.try_send((frame, written));
        self.away += 1;
        Ok(None)
    }

    /// Waits until every frame is written.
    ///
    /// # Errors
    /// What the write failed with.
    pub async fn flush(&mut self) -> io::Result<()> {
        while self.away > 0 {
            self.buffer().await?;
        }
        Ok(())
    }
}

/// The ends of the thread's channels: frames to it, buffers and the first error from it.
type Ends = (mpsc::Sender<(Frame, usize)>, mpsc::Receiver<io::Result<Vec<u8>>>);

fn start_thread(mut output: impl Write + Send + 'static) -> io::Result<Ends> {
    let (frames, mut to_write) = mpsc::channel::<(Frame, usize)>(BUFFERS);
    let (written, buffers) = mpsc::channel(BUFFERS + 1);
    for _ in 0..BUFFERS {
        let _ = written.try_send(Ok(Vec::new()));
    }
    thread::Builder::new().name("stdout".into()).spawn(move || {
        while let Some((frame, start)) = to_write.blocking_recv() {
            let result = output.write_all(&frame.bytes()[start..]);
            let failed = result.is_err();
            if written.blocking_send(result.map(|()| frame.into_buffer())).is_err() || failed {
                return;
            }
        }
    })?;
    Ok((frames, buffers))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::wire::{Failure, FrameSink as _, FrameWriter, Outgoing};

    fn frame(buffer: Vec<u8>, text: usize) -> Frame {
        let mut writer = FrameWriter::new(buffer);
        writer.control(&mut Outgoing::Reply {
            id: 1,
            outcome: Err(Failure::bare("x".repeat(text))),
        });
        writer.finish()
    }

    #[cfg(unix)]
    fn owned(end: io::PipeWriter) -> File {
        std::os::fd::OwnedFd::from(end).into()
    }

    #[cfg(windows)]
    fn owned(end: io::PipeWriter) -> File {
        std::os::windows::io::OwnedHandle::from(end).into()
    }

    /// An output to a pipe, one whose every frame is the thread's, and what reads them.
    fn outputs() -> [(Output, io::PipeReader); 2] {
        let make = || {
            let (end, start) = io::pipe().unwrap();
            (Output::start(owned(start)).unwrap(), end)
        };
        let (mut threaded, end) = make();
        assert_eq!(threaded.sink.is_some(), cfg!(target_os = "linux"));
        threaded.sink = None;
        [make(), (threaded, end)]
    }

    #[tokio::test]
    async fn two_frames_are_under_way_and_a_closed_pipe_is_reported() {
        for (mut output, end) in outputs() {
            let (first, second) = (output.buffer().await.unwrap(), output.buffer().await.unwrap());
            assert!(output.buffers.try_recv().is_err(), "a third buffer");
            drop(end);
            let mut failed = None;
            for buffer in [first, second] {
                failed = failed.or(output.write(frame(buffer, 1)).err());
            }
            let error = match failed {
                Some(error) => error,
                None => output.buffer().await.unwrap_err(),
            };
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        }
    }

    /// More than a pipe holds, so that some frames begin at once and are ended by the thread.
    #[tokio::test]
    async fn frames_of_all_sizes_arrive_whole_and_in_order() {
        const SIZES: [usize; 5] = [10, 5_000, 15_000, 70_000, 1];
        for (mut output, mut end) in outputs() {
            let reading = std::thread::spawn(move || {
                let mut bytes = Vec::new();
                end.read_to_end(&mut bytes).map(|_| bytes).unwrap()
            });
            let mut expected: Vec<u8> = Vec::new();
            let mut spare = Vec::new();
            for size in SIZES.iter().cycle().take(200) {
                // With every buffer here nothing is before a frame; with one of them away something is.
                while output.away > 0 && (spare.is_empty() || size % 2 == 0) {
                    spare.push(output.buffer().await.unwrap());
                }
                expected.extend(frame(Vec::new(), *size).bytes());
                let full = frame(spare.pop().unwrap(), *size);
                spare.extend(output.write(full).unwrap());
            }
            output.flush().await.unwrap();
            drop(output);
            assert!(reading.join().unwrap() == expected, "a frame has changed on its way");
        }
    }
}
