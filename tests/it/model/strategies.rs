//! Which programs are tried, and how often what stands in them.

use proptest::prelude::*;
use proptest::sample::select;

use super::program::{Action, End, Kind, Pick, Place, Program, Properties, Step, Target, Then, Where};

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        30 => (0..8_usize).prop_map(Pick::Alive),
        2 => (0..4_usize).prop_map(Pick::Closed),
        1 => (0..4_usize).prop_map(Pick::Odd),
    ]
}

fn idle() -> impl Strategy<Value = Pick> {
    prop_oneof![2 => (0..8_usize).prop_map(Pick::Idle), 1 => pick()]
}

fn busy() -> impl Strategy<Value = Pick> {
    prop_oneof![2 => (0..8_usize).prop_map(Pick::Busy), 1 => pick()]
}

/// Most calls are for connections: there are more of them, and more is going on there.
fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![3 => Just(Kind::Tcp), 1 => Just(Kind::Server), 1 => Just(Kind::Udp)]
}

/// Udp has no `disconnect`.
fn streams() -> impl Strategy<Value = Kind> {
    prop_oneof![3 => Just(Kind::Tcp), 1 => Just(Kind::Server)]
}

fn properties() -> impl Strategy<Value = Properties> {
    let names = select(vec!["", "a name", "\u{1f50c} \"quoted\"\\"]).prop_map(str::to_owned);
    let sizes = select(vec![0, -5, 1, 10, 4096, 5000, 65_536, 1_000_000]);
    (
        prop::option::of(any::<bool>()),
        prop::option::of(names),
        prop::option::of(sizes),
    )
        .prop_map(|(persistent, name, buffer_size)| Properties {
            persistent,
            name,
            buffer_size,
        })
}

fn place() -> impl Strategy<Value = Where> {
    prop_oneof![
        8 => Just(Where::AnyPort),
        4 => Just(Where::Again),
        1 => Just(Where::Taken),
        1 => Just(Where::Name),
        1 => Just(Where::NoBacklog),
    ]
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        10 => (any::<bool>(), written()).prop_map(|(reading, bytes)| Target::Peer { reading, bytes }),
        2 => Just(Target::Named),
        1 => Just(Target::Nobody),
        2 => Just(Target::Silence),
    ]
}

fn send() -> impl Strategy<Value = Action> {
    // Two of the longest are more than a kernel holds for a peer that does not read.
    let length = prop_oneof![
        20 => select(vec![1, 0, 300, 5_000]),
        10 => select(vec![70_000, 300_000]),
        3 => Just(1_500_000_usize),
    ];
    let shape = prop_oneof![
        4 => Just((1, false)),
        1 => (2..4_usize, any::<bool>()),
    ];
    (busy(), length, shape).prop_map(|(to, length, (chunks, open))| Action::Send {
        to,
        length,
        chunks,
        open,
    })
}

/// Elsewhere the system's own verifier trusts no authority of ours.
pub const SECURES: bool = cfg!(target_os = "linux");

fn secure() -> impl Strategy<Value = Action> {
    let any = prop_oneof![
        1 => pick().prop_map(Action::Secure),
        2 => (idle(), any::<bool>(), written(), any::<bool>())
            .prop_map(|(which, reading, bytes, resume)| Action::Upgrade { which, reading, bytes, resume }),
    ];
    any.prop_map(|action| if SECURES { action } else { Action::Ack })
}

fn written() -> impl Strategy<Value = u64> {
    select(vec![0, 1, 700, 5_000, 70_000, 600_000])
}

fn dial() -> impl Strategy<Value = Action> {
    // The last is more than the window of accepts.
    let count = prop_oneof![
        50 => 1..3_usize,
        4 => 4..9_usize,
        1 => Just(280_usize),
    ];
    (0..3_usize, count, prop::bool::weighted(0.7), written()).prop_map(|(server, count, reading, bytes)| {
        let bytes = if count > 100 { bytes.min(700) } else { bytes };
        Action::Dial {
            server,
            count,
            reading,
            bytes,
        }
    })
}

fn call() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => (kind(), properties()).prop_map(|(kind, properties)| Action::Create(kind, properties)),
        3 => (kind(), pick(), properties()).prop_map(|(kind, pick, properties)| Action::Update(kind, pick, properties)),
        16 => (kind(), pick(), any::<bool>()).prop_map(|(kind, pick, paused)| Action::Pause(kind, pick, paused)),
        8 => (kind(), pick()).prop_map(|(kind, pick)| Action::Info(kind, pick)),
        3 => kind().prop_map(Action::List),
        7 => (streams(), busy()).prop_map(|(kind, pick)| Action::Disconnect(kind, pick)),
        5 => (kind(), pick()).prop_map(|(kind, pick)| Action::Close(kind, pick)),
        4 => (idle(), place()).prop_map(|(pick, place)| Action::Listen(pick, place)),
        10 => (idle(), target()).prop_map(|(pick, target)| Action::Connect(pick, target)),
        16 => send(),
        4 => secure(),
        3 => Just(Action::FinishSends),
        1 => (busy(), any::<bool>()).prop_map(|(pick, on)| Action::NoDelay(pick, on)),
        1 => (busy(), any::<bool>(), select(vec![0, 45, -1]))
            .prop_map(|(pick, on, delay)| Action::KeepAlive(pick, on, delay)),
    ]
}

fn udp() -> impl Strategy<Value = Action> {
    let place = select(vec![
        Place::AnyPort,
        Place::AnyPort,
        Place::AnyPort,
        Place::Taken,
        Place::Name,
    ]);
    // Around the default of bufferSize, and around the longest.
    let length = select(vec![
        0, 1, 10, 300, 300, 4096, 4097, 20_000, 65_507, 65_508, 65_535, 65_536,
    ]);
    let to = prop::option::weighted(0.9, busy());
    prop_oneof![
        4 => (idle(), place).prop_map(|(pick, place)| Action::Bind(pick, place)),
        20 => (busy(), to, length, prop::bool::weighted(0.3))
            .prop_map(|(from, to, length, named)| Action::Datagram { from, to, length, named }),
        4 => (busy(), busy(), 4..20_usize).prop_map(|(from, to, count)| Action::Stream { from, to, count }),
        2 => busy().prop_map(Action::Rejoin),
        3 => busy().prop_map(Action::SendAndClose),
        3 => (busy(), 0..5_usize, any::<bool>()).prop_map(|(which, text, join)| Action::Group { which, text, join }),
        6 => (busy(), select(vec![1, 10, 300, 4096, 5000])).prop_map(|(pick, size)| {
            let properties = Properties { buffer_size: Some(size), ..Properties::default() };
            Action::Update(Kind::Udp, pick, properties)
        }),
        1 => pick().prop_map(Action::Groups),
        1 => (idle(), select(vec![0, 255, 256, -1])).prop_map(|(pick, ttl)| Action::TimeToLive(pick, ttl)),
        1 => (pick(), any::<bool>()).prop_map(|(pick, on)| Action::Broadcast(pick, on)),
    ]
}

fn deed() -> impl Strategy<Value = Action> {
    let peer = || 0..16_usize;
    prop_oneof![
        14 => dial(),
        10 => (peer(), written()).prop_map(|(peer, bytes)| Action::Write(peer, bytes)),
        3 => (peer(), any::<bool>()).prop_map(|(peer, on)| Action::Read(peer, on)),
        3 => peer().prop_map(Action::HalfClose),
        3 => peer().prop_map(Action::CloseGently),
        3 => peer().prop_map(Action::Reset),
        2 => (busy(), written()).prop_map(|(which, bytes)| Action::Reconnect(which, bytes)),
        2 => (busy(), any::<bool>(), any::<Option<bool>>())
            .prop_map(|(which, flood, pause)| Action::Break { which, flood, pause }),
        4 => Just(Action::Ack),
        2 => (3..15_usize).prop_map(Action::LookAway),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let then = select(vec![Then::Wait, Then::Turns, Then::Send, Then::Send, Then::Gather]);
    (prop_oneof![4 => call(), 2 => deed(), 1 => udp()], then).prop_map(|(action, then)| Step { action, then })
}

/// Any program.
pub fn programs() -> impl Strategy<Value = Program> {
    let first_id = prop_oneof![4 => Just(1), 1 => 2..=(1_u32 << 31) - (1 << 20)];
    let limit = prop::option::weighted(0.2, 5..9_usize);
    let end = prop_oneof![
        1 => Just(End::Eof),
        1 => (0..4_usize).prop_map(End::Bye),
    ];
    let habits = (
        any::<bool>(),
        prop::bool::weighted(0.6),
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.25),
    );
    let start = (1..3_usize, 0..3_usize, 0..3_usize);
    (
        first_id,
        limit,
        habits,
        start,
        prop::collection::vec(step(), 1..60),
        end,
    )
        .prop_map(
            |(first_id, limit, (prompt_acks, resume, settle, tls), (servers, sockets, bound), steps, end)| Program {
                first_id,
                limit,
                prompt_acks,
                resume,
                tls,
                servers,
                sockets,
                bound,
                steps,
                settle,
                end,
            },
        )
}
