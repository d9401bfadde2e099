//! Whoever does not read, browser or peer, costs the kernel memory and not the host.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Size, soak};
use crate::chunks::{FIRST, chunk};
use crate::host::{Host, data, text};
use crate::peers::{assert_same, done, pattern, read_exact, read_to_any_end, sent, text_only, unsent};
use crate::process::status;
use crate::steps::Witness;

const FLOODS: usize = 200;
const FLOOD: Size = Size {
    short: 128 << 10,
    full: 2 << 20,
};
/// How long the full form leaves the pipe unread. The short one goes by what the host does meanwhile.
const HOLD: Duration = Duration::from_secs(30);
/// Bytes that go through the host and out again while nobody reads what it says.
const WORDS: usize = 256 << 10;
/// Two frames of payload with all their replies (2 × 256 KiB), 200 sockets' bookkeeping (2 KiB each), and as much again for what
/// the allocator rounds up. One window of each socket would be 50 MiB.
const MOST_GROWTH_KIB: u64 = 2 << 10;
/// An unread reply: 80 bytes as a value, in a row that doubles its room as it grows.
const REPLY_BYTES: u64 = 160;

/// Each flood is a stretch of one long text that begins elsewhere, so bytes of another socket, or in another order, are seen:
/// comparing them is stronger than any checksum.
fn flood_of(text: &[u8], at: usize) -> &[u8] {
    &text[at * 64..][..FLOOD.get()]
}

#[test]
fn floods_that_nobody_reads_stay_in_the_kernel_and_arrive_whole() {
    let mut host = Host::new();
    let (echo, mut echo_peer) = host.pair();
    let (clients, peers): (Vec<u64>, Vec<TcpStream>) = (0..FLOODS).map(|_| host.pair()).unzip();
    let source = Arc::new(pattern(FLOOD.get() + FLOODS * 64, 1));
    let words = pattern(WORDS, 99);
    for _ in 0..3 {
        let id = host.post_write(echo, &words);
        assert_same(&read_exact(&mut echo_peer, WORDS), &words);
        assert_eq!(host.reply(id), sent(WORDS));
    }
    let before = status(&host, "VmRSS");
    host.read_frames(false);
    let calls = clients
        .iter()
        .map(|id| ("tcp.setPaused", json!({"socketId": id, "paused": false})));
    let replies = host.post_all(calls.collect());
    let floods: Vec<_> = peers
        .into_iter()
        .enumerate()
        .map(|(at, mut peer)| {
            let source = Arc::clone(&source);
            thread::spawn(move || {
                // Nobody may have read it for longer than the guard against hanging.
                peer.set_write_timeout(Some(HOLD * 4)).unwrap();
                peer.write_all(flood_of(&source, at)).unwrap();
                peer
            })
        })
        .collect();
    // The host is alive and works for the network all the while; what it has to say stays where it is.
    let start = Instant::now();
    let mut echoes = Vec::new();
    while echoes.len() < 20 || (soak() && start.elapsed() < HOLD && echoes.len() < 20_000) {
        echoes.push(host.post_write(echo, &words));
        assert_same(&read_exact(&mut echo_peer, WORDS), &words);
    }
    let grown = status(&host, "VmHWM").saturating_sub(before);
    println!(
        "{grown} KiB more than {before} KiB while nobody read, {} echoes",
        echoes.len()
    );
    let most = MOST_GROWTH_KIB + ((echoes.len() as u64 * REPLY_BYTES) >> 10);
    assert!(grown < most, "{grown} KiB more");
    host.read_frames(true);
    let mut offsets: BTreeMap<u64, (usize, usize)> = (0..).zip(&clients).map(|(at, id)| (*id, (at, 0))).collect();
    let mut left = FLOODS * FLOOD.get();
    while left > 0 {
        let event = host.event("tcp.onReceive");
        let bytes = data(&event);
        let (at, offset) = offsets.get_mut(&event["socketId"].as_u64().unwrap()).unwrap();
        assert_same(&bytes, &flood_of(&source, *at)[*offset..][..bytes.len()]);
        *offset += bytes.len();
        left -= bytes.len();
    }
    for id in replies {
        assert_eq!(host.reply(id), done());
    }
    for id in echoes {
        assert_eq!(host.reply(id), sent(WORDS));
    }
    for flood in floods {
        drop(flood.join().unwrap());
    }
    for _ in &clients {
        let event = host.event("tcp.onReceiveError");
        let (_, offset) = offsets.remove(&event["socketId"].as_u64().unwrap()).unwrap();
        assert_eq!((offset, &event["resultCode"]), (FLOOD.get(), &json!(-100)));
    }
    let grown = status(&host, "VmHWM").saturating_sub(before);
    println!("{grown} KiB more when all was read");
    assert!(grown < most, "{grown} KiB more");
}

const QUOTA: usize = 200 << 20;
const PIECE: usize = 1 << 20;
/// How many pieces are sent to a peer that reads none of them.
const PIECES: Size = Size { short: 220, full: 300 };
/// The first round's memory must serve the second. How much of it goes back to the system meanwhile is the allocator's affair:
/// glibc's keeps whatever lies below a small allocation that lives on, between 16 and 190 MiB here.
const ROUNDS: Size = Size { short: 2, full: 5 };
/// What the host may hold beside the quota: pieces under way in the pipe (a body and three decoded ones), and the allocator's own.
const BESIDE_KIB: u64 = 16 << 10;

/// What the kernel has taken of the first send counts no longer, so a little more than 200 MiB is accepted in all.
#[test]
fn t50_a_peer_that_never_reads_meets_the_quota_and_harms_nobody_and_its_memory_is_used_again() {
    let mut host = Host::new();
    let mut witness = Witness::new(&mut host);
    let (other, mut other_peer) = host.pair();
    let piece = pattern(PIECE, 1);
    let data = text(&piece);
    let id = host.post_text(other, &data);
    assert_same(&read_exact(&mut other_peer, PIECE), &piece);
    assert_eq!(host.reply(id), sent(PIECE));
    let before = status(&host, "VmRSS");
    let refusal = text_only("Exceeded write quota.");
    for _ in 0..ROUNDS.get() {
        let (stuck, mut stuck_peer) = host.pair();
        let mut accepted: Vec<u64> = (0..QUOTA / PIECE).map(|_| host.post_text(stuck, &data)).collect();
        witness.pass(&mut host);
        let (mut refused, mut done_at_once) = (0, 0);
        for _ in QUOTA / PIECE..PIECES.get() {
            // The kernel holds a few MiB, so a few more fit; after the first refusal every other one is refused.
            let id = host.post_text(stuck, &data);
            host.info("tcp", stuck);
            let early: Vec<_> = host
                .left_over()
                .into_iter()
                .filter(|it| it.get("id").is_some())
                .collect();
            let (good, bad): (Vec<_>, Vec<_>) = early.into_iter().partition(|reply| reply.get("error").is_none());
            // The kernel's buffers have room for whole pieces.
            done_at_once += good.len();
            if bad.is_empty() {
                assert_eq!(refused, 0);
                accepted.push(id);
            } else {
                refused += 1;
                assert_eq!(bad, [json!({"id": id, "error": refusal["error"]})]);
            }
        }
        assert!(refused > 0, "there is no quota");
        assert!(accepted.len() - done_at_once <= QUOTA / PIECE + 1);
        let id = host.post_text(77, &data);
        assert_eq!(host.reply(id), refusal, "the quota comes before the id");
        // A chunked send that meets the quota is answered once.
        host.send(&chunk(FIRST, other, &piece, true));
        host.send(&chunk(FIRST, other, b"", false));
        assert_eq!(host.reply(FIRST), refusal);
        assert_eq!(host.write(other, b"fine"), sent(4));
        assert_eq!(read_exact(&mut other_peer, 4), b"fine");
        witness.pass(&mut host);
        let held = status(&host, "VmHWM").saturating_sub(before);
        assert!(held < (QUOTA as u64 >> 10) + BESIDE_KIB, "{held} KiB more");
        // Closing returns the quota, and what the peer gets is a true beginning.
        let close = host.post("tcp.close", json!({"socketId": stuck}));
        for id in &accepted[done_at_once..] {
            assert_eq!(host.reply(*id), unsent(-15, "SOCKET_NOT_CONNECTED"));
        }
        assert_eq!(host.reply(close), done());
        let kept = status(&host, "VmRSS").saturating_sub(before);
        println!("{held} KiB more than {before} KiB at the quota, {kept} KiB more after it");
        let (got, clean) = read_to_any_end(&mut stuck_peer);
        assert!(!clean);
        assert!(
            got.chunks(PIECE).all(|part| piece.starts_with(part)),
            "not what was sent"
        );
    }
    let id = host.post_text(other, &data);
    assert_same(&read_exact(&mut other_peer, PIECE), &piece);
    assert_eq!(host.reply(id), sent(PIECE));
}
