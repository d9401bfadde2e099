//! A frame's body to messages, in one pass; a second, slower road only for frames that hold a bad message.

use std::fmt;

use serde::de::{Deserialize as _, DeserializeSeed, Deserializer as _, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Deserializer, Error as JsonError};

use super::params::{Bounded, Key, Skipped};
use super::request::{Call, Method};

/// The most messages one frame may hold.
pub const MAX_MESSAGES: usize = 65_536;

/// The longest text of an error we send back; parts of it may be the sender's.
const MAX_MESSAGE_TEXT: usize = 300;

/// One message of a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// A request.
    Call {
        /// The sender's number for it; absent only where no reply is due.
        id: Option<u64>,
        /// Whether more chunks of the same `send` follow.
        more: bool,
        /// What is asked.
        call: Call,
    },
    /// Something that is no valid request.
    Bad {
        /// The id to answer, if one could be read.
        id: Option<u64>,
        /// What is wrong with it.
        message: String,
    },
}

/// The messages of a frame, in order.
///
/// # Errors
/// The text of a `host.error` when the frame as a whole cannot be read: not JSON, not UTF-8, nested too deeply, too many messages.
/// A single bad message is not an error: it is [`Incoming::Bad`] in its place.
pub fn decode(body: &[u8]) -> Result<Vec<Incoming>, String> {
    let fast = parse(body, |reader| reader.deserialize_any(FrameVisitor));
    if let Ok(messages) = fast {
        return Ok(messages);
    }
    // Not what we expect, but is it JSON at all, to its end and within the depth limit? The kind of error does not tell: a pair of
    // three is "trailing characters" too.
    parse(body, |reader| Skipped::deserialize(reader)).map_err(|error| unparsable(&error))?;
    // It is: find out which message is wrong, and let the others pass.
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'[') {
        return Ok(vec![decode_alone(body)]);
    }
    let list: Bounded<&RawValue, MAX_MESSAGES> = serde_json::from_slice(body).map_err(|error| unparsable(&error))?;
    Ok(list
        .0
        .into_iter()
        .map(|raw| decode_alone(raw.get().as_bytes()))
        .collect())
}

/// One message by itself, known to be JSON, so that what is wrong with it is its own.
fn decode_alone(body: &[u8]) -> Incoming {
    parse(body, |reader| Envelope.deserialize(reader)).unwrap_or_else(|error| Incoming::Bad {
        id: parse(body, |reader| reader.deserialize_map(IdVisitor)).ok().flatten(),
        message: bounded(format!("Invalid params: {}", without_position(&error))),
    })
}

/// Runs `read` over the whole of `body`: what follows the value is an error too.
fn parse<'de, T>(
    body: &'de [u8],
    read: impl FnOnce(&mut Deserializer<serde_json::de::SliceRead<'de>>) -> Result<T, JsonError>,
) -> Result<T, JsonError> {
    let mut reader = Deserializer::from_slice(body);
    let value = read(&mut reader)?;
    reader.end()?;
    Ok(value)
}

fn unparsable(error: &JsonError) -> String {
    bounded(format!("Unparsable frame: {error}"))
}

fn without_position(error: &JsonError) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map(|(head, _)| head.to_owned())
        .unwrap_or(text)
}

fn bounded(mut text: String) -> String {
    if text.len() > MAX_MESSAGE_TEXT {
        text.truncate(text.floor_char_boundary(MAX_MESSAGE_TEXT));
        text.push('…');
    }
    text
}

/// A frame: one message or an array of them.
struct FrameVisitor;

impl<'de> Visitor<'de> for FrameVisitor {
    type Value = Vec<Incoming>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a message or an array of messages")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(vec![Envelope.visit_map(map)?])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut messages = Vec::new();
        while let Some(message) = items.next_element_seed(Envelope)? {
            if messages.len() == MAX_MESSAGES {
                return Err(A::Error::invalid_length(MAX_MESSAGES + 1, &self));
            }
            messages.push(message);
        }
        Ok(messages)
    }
}

/// A message: `id`, `method`, `params`, `more`, in any order.
#[derive(Clone, Copy)]
struct Envelope;

impl<'de> DeserializeSeed<'de> for Envelope {
    type Value = Incoming;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Incoming, D::Error> {
        deserializer.deserialize_map(self)
    }
}

/// The method as far as it is known while the envelope is read.
enum Named {
    Known(Method),
    Unknown(String),
}

impl<'de> Visitor<'de> for Envelope {
    type Value = Incoming;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a message object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Incoming, A::Error> {
        let mut id: Option<u64> = None;
        let mut more: Option<bool> = None;
        let mut method: Option<Named> = None;
        let mut call: Option<Call> = None;
        // Parameters that came before the method's name, kept as text until it is known.
        let mut early: Option<&'de RawValue> = None;
        let mut params_seen = false;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match key.as_ref() {
                "id" if id.is_some() => return Err(A::Error::duplicate_field("id")),
                "id" => id = Some(map.next_value::<Id>()?.0),
                "more" if more.is_some() => return Err(A::Error::duplicate_field("more")),
                "more" => more = Some(map.next_value()?),
                "method" if method.is_some() => return Err(A::Error::duplicate_field("method")),
                "method" => {
                    let name = map.next_value::<Key<'de>>()?;
                    method = Some(match Method::by_name(name.as_ref()) {
                        Some(known) => Named::Known(known),
                        None => Named::Unknown(bounded(name.as_ref().to_owned())),
                    });
                }
                "params" if params_seen => return Err(A::Error::duplicate_field("params")),
                "params" => {
                    params_seen = true;
                    match &method {
                        Some(Named::Known(known)) => call = map.next_value_seed(Params(*known))?,
                        Some(Named::Unknown(_)) => drop(map.next_value::<Skipped>()?),
                        None => early = Some(map.next_value()?),
                    }
                }
                _ => drop(map.next_value::<Skipped>()?),
            }
        }
        let method = match method {
            Some(Named::Known(known)) => known,
            Some(Named::Unknown(name)) => {
                if let Some(raw) = early {
                    read_early(raw, std::marker::PhantomData::<Skipped>)?;
                }
                return Ok(Incoming::Bad {
                    id,
                    message: format!("Unknown method: {name}"),
                });
            }
            None => return Err(A::Error::missing_field("method")),
        };
        if let Some(raw) = early {
            call = read_early(raw, Params(method))?;
        }
        let call = match call {
            Some(call) => call,
            None => method.without_params()?,
        };
        if id.is_none() && !matches!(call, Call::Ack(_)) {
            return Err(A::Error::missing_field("id"));
        }
        Ok(Incoming::Call {
            id,
            more: more.unwrap_or(false),
            call,
        })
    }
}

/// Reads parameters that stood before `method`. The inner error's position is relative to the parameters, so only its text is kept.
fn read_early<'de, E: Error, S: DeserializeSeed<'de>>(raw: &'de RawValue, seed: S) -> Result<S::Value, E> {
    seed.deserialize(&mut Deserializer::from_str(raw.get()))
        .map_err(|error| E::custom(without_position(&error)))
}

/// `params` of a known method; `null` is as good as absent.
struct Params(Method);

impl<'de> DeserializeSeed<'de> for Params {
    type Value = Option<Call>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Params {
    type Value = Option<Call>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(deserializer).map(Some)
    }
}

/// A request id: an integer that a JavaScript number holds exactly.
struct Id(u64);

impl<'de> serde::Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = u64::deserialize(deserializer)?;
        if id >= 1 << 53 {
            return Err(D::Error::custom("`id` is over 2^53-1"));
        }
        Ok(Self(id))
    }
}

/// Finds the id of a message that is wrong in some other way.
struct IdVisitor;

impl<'de> Visitor<'de> for IdVisitor {
    type Value = Option<u64>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a message object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut id = None;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            // Two ids are no id: there is no telling which of them the sender waits for.
            if key.as_ref() == "id" {
                if id.is_some() {
                    return Ok(None);
                }
                id = Some(map.next_value::<Id>()?.0);
            } else {
                map.next_value::<Skipped>()?;
            }
        }
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Connect, DnsQueryType, Listen, SocketOnly};
    use proptest::prelude::*;

    fn call(call: Call) -> Incoming {
        Incoming::Call {
            id: Some(7),
            more: false,
            call,
        }
    }

    fn bad(id: Option<u64>, message: &str) -> Incoming {
        Incoming::Bad {
            id,
            message: message.to_owned(),
        }
    }

    fn listen() -> Call {
        Call::TcpServerListen(Listen {
            socket_id: 3,
            address: "127.0.0.1".into(),
            port: 8080,
            backlog: Some(5),
        })
    }

    fn only(text: &str) -> Incoming {
        let mut list = decode(text.as_bytes()).unwrap();
        assert_eq!(list.len(), 1, "{text}");
        list.remove(0)
    }

    #[test]
    fn optional_parameters_may_be_absent_or_null() {
        for text in [
            r#"{"id":7,"method":"sockets.tcp.connect","params":{"socketId":5,"peerAddress":"h","peerPort":1}}"#,
            r#"{"id":7,"method":"sockets.tcp.connect","params":{"socketId":5,"peerAddress":"h","peerPort":1,"dnsQueryType":null}}"#,
        ] {
            let expected = Connect {
                socket_id: 5,
                peer_address: "h".into(),
                peer_port: 1,
                dns_query_type: None,
            };
            assert_eq!(only(text), call(Call::TcpConnect(expected)));
        }
        let text = r#"{"id":7,"method":"sockets.tcp.connect","params":{"socketId":5,"peerAddress":"h","peerPort":1,"dnsQueryType":"ipv6"}}"#;
        let Incoming::Call {
            call: Call::TcpConnect(connect),
            ..
        } = only(text)
        else {
            panic!()
        };
        assert_eq!(connect.dns_query_type, Some(DnsQueryType::Ipv6));
    }

    #[test]
    fn params_may_be_left_out_where_none_is_needed() {
        for text in [
            r#"{"id":7,"method":"sockets.tcp.getSockets"}"#,
            r#"{"id":7,"method":"sockets.tcp.getSockets","params":null}"#,
            r#"{"params":{},"method":"sockets.tcp.getSockets","id":7}"#,
        ] {
            assert_eq!(
                only(text),
                call(Call::TcpGetSockets(crate::wire::NoParams {})),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_wrong_with_a_message_is_its_own_affair() {
        for (text, id, message) in [
            (
                r#"{"id":7,"method":"sockets.tcp.frobnicate","params":{"a":[1,{}]}}"#,
                Some(7),
                "Unknown method: sockets.tcp.frobnicate",
            ),
            (
                r#"{"params":{"a":1},"method":"nope","id":7}"#,
                Some(7),
                "Unknown method: nope",
            ),
            (
                r#"{"id":7,"method":"sockets.tcp.close"}"#,
                Some(7),
                "Invalid params: missing field `socketId`",
            ),
            (
                r#"{"id":7,"method":"sockets.tcp.close","params":{"socketId":"3"}}"#,
                Some(7),
                "Invalid params: invalid type: string \"3\", expected i32",
            ),
            (
                r#"{"id":7,"method":"sockets.tcp.close","params":{"socketId":3.5}}"#,
                Some(7),
                "Invalid params: invalid type: floating point `3.5`, expected i32",
            ),
            (
                r#"{"id":7,"method":"sockets.tcp.close","params":{"socketId":4294967296}}"#,
                Some(7),
                "Invalid params: invalid value: integer `4294967296`, expected i32",
            ),
            (
                r#"{"id":7,"method":"sockets.tcp.close","params":{"socketId":null}}"#,
                Some(7),
                "Invalid params: invalid type: null, expected i32",
            ),
            (
                r#"{"id":7,"method":"sockets.tcp.close","params":{"socketId":3,"socketId":3}}"#,
                Some(7),
                "Invalid params: duplicate field `socketId`",
            ),
            (
                r#"{"id":7,"method":"sockets.tcp.close","params":[3]}"#,
                Some(7),
                "Invalid params: invalid type: sequence, expected an object",
            ),
            (
                r#"{"id":7,"method":"sockets.tcp.close","method":"sockets.tcp.close","params":{"socketId":3}}"#,
                Some(7),
                "Invalid params: duplicate field `method`",
            ),
            (
                r#"{"id":7,"params":{"socketId":3}}"#,
                Some(7),
                "Invalid params: missing field `method`",
            ),
            (
                r#"{"method":"sockets.tcp.close","params":{"socketId":3}}"#,
                None,
                "Invalid params: missing field `id`",
            ),
            (
                r#"{"id":-1,"method":"sockets.tcp.getSockets"}"#,
                None,
                "Invalid params: invalid value: integer `-1`, expected u64",
            ),
            (
                r#"{"id":9007199254740992,"method":"sockets.tcp.getSockets"}"#,
                None,
                "Invalid params: `id` is over 2^53-1",
            ),
            (
                r#"{"id":7,"id":8,"method":"sockets.tcp.getSockets"}"#,
                None,
                "Invalid params: duplicate field `id`",
            ),
            (
                r#"{"id":7,"method":"sockets.tcp.send","params":{"socketId":3,"data":"secret!"}}"#,
                Some(7),
                "Invalid params: `data` is not padded standard base64",
            ),
            (
                "5",
                None,
                "Invalid params: invalid type: integer `5`, expected a message object",
            ),
            (
                "null",
                None,
                "Invalid params: invalid type: null, expected a message object",
            ),
        ] {
            assert_eq!(only(text), bad(id, message), "{text}");
            // The same message inside an array leaves its neighbours alone.
            let good = r#"{"id":7,"method":"sockets.tcp.close","params":{"socketId":1}}"#;
            let list = decode(format!("[{good},{text},{good}]").as_bytes()).unwrap();
            let fine = call(Call::TcpClose(SocketOnly { socket_id: 1 }));
            assert_eq!(list, [fine.clone(), bad(id, message), fine], "{text}");
        }
    }

    #[test]
    fn a_frame_that_is_not_json_is_one_error() {
        for body in [
            &b""[..],
            b"{",
            b"[1,",
            b"{}x",
            b"{} {}",
            b"nul",
            b"\xff",
            b"{\"id\":\"\xff\xfe\"}",
            b"[{\"a\":1}}",
        ] {
            let message = decode(body).unwrap_err();
            assert!(message.starts_with("Unparsable frame: "), "{message}");
        }
    }

    #[test]
    fn depth_and_count_are_bounded() {
        let nested = |depth| format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(only(&nested(100)), bad(None, "Invalid params: missing field `method`"));
        for depth in [200, 100_000] {
            let message = decode(nested(depth).as_bytes()).unwrap_err();
            assert!(message.contains("recursion limit"), "{message}");
        }
        let late = format!("{{\"params\":{},\"id\":1,\"method\":\"x\"}}", nested(100_000));
        assert!(decode(late.as_bytes()).unwrap_err().contains("recursion limit"));

        let many = |count| format!("[{}]", vec!["1"; count].join(","));
        assert_eq!(decode(many(MAX_MESSAGES).as_bytes()).unwrap().len(), MAX_MESSAGES);
        assert!(decode(many(MAX_MESSAGES + 1).as_bytes()).is_err());
        let acks = |count| {
            format!(
                r#"{{"method":"host.ack","params":{{"sockets":[{}]}}}}"#,
                vec!["[1,2]"; count].join(",")
            )
        };
        assert!(matches!(only(&acks(MAX_MESSAGES)), Incoming::Call { .. }));
        assert!(matches!(only(&acks(MAX_MESSAGES + 1)), Incoming::Bad { .. }));
        let named = |length| {
            format!(
                r#"{{"id":7,"method":"sockets.tcp.create","params":{{"properties":{{"name":"{}"}}}}}}"#,
                "n".repeat(length)
            )
        };
        assert!(matches!(only(&named(crate::wire::MAX_NAME)), Incoming::Call { .. }));
        assert_eq!(
            only(&named(crate::wire::MAX_NAME + 1)),
            bad(Some(7), "Invalid params: `name` is longer than 65536 bytes")
        );
    }

    #[test]
    fn an_error_never_repeats_a_long_text() {
        let text = format!(
            r#"{{"id":7,"method":"sockets.tcp.close","params":{{"socketId":"{}"}}}}"#,
            "é".repeat(9_000)
        );
        let Incoming::Bad { message, .. } = only(&text) else {
            panic!()
        };
        assert!(message.len() < MAX_MESSAGE_TEXT + 8, "{}", message.len());
    }

    proptest! {
        #[test]
        fn any_order_of_keys_is_the_same_message(
            order in Just(vec![0, 1, 2, 3]).prop_shuffle(),
            inner in Just(vec![0, 1, 2, 3, 4]).prop_shuffle(),
            in_array in any::<bool>(),
        ) {
            let params = [r#""socketId":3"#, r#""address":"127.0.0.1""#, r#""port":8080"#, r#""backlog":5"#, r#""new":{"x":[null]}"#];
            let params = inner.iter().map(|&index: &usize| params[index]).collect::<Vec<_>>().join(",");
            let keys = [r#""id":7"#.to_owned(), r#""method":"sockets.tcpServer.l\u0069sten""#.to_owned(), format!(r#""params":{{{params}}}"#), r#""future":[1]"#.to_owned()];
            let text = format!("{{{}}}", order.iter().map(|&index: &usize| keys[index].as_str()).collect::<Vec<_>>().join(","));
            let expected = call(listen());
            if in_array {
                // A bad neighbour sends the frame down the second road; what it reads is the same.
                prop_assert_eq!(decode(format!("[{text},3]").as_bytes()).unwrap().swap_remove(0), expected.clone());
                prop_assert_eq!(decode(format!(" [ {text} ] ").as_bytes()).unwrap(), vec![expected]);
            } else {
                prop_assert_eq!(decode(text.as_bytes()).unwrap(), vec![expected]);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&body);
        }

        #[test]
        fn no_json_makes_it_panic(text in r#"[\[\{]{0,3}("(id|method|params|more|sockets.tcp.send)"[:,]){0,4}[0-9\]\}"a-z.:,]{0,30}"#) {
            let _ = decode(text.as_bytes());
        }
    }
}
