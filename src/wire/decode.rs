//! A frame's body to messages, in one pass; a second, slower road only for frames that hold a bad message.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer as _, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Deserializer, Error as JsonError};

use super::params::{Bounded, Key, Skipped};
use super::request::{Call, Method};

/// The most messages one frame may hold.
pub const MAX_MESSAGES: usize = 65_536;

/// How deeply a frame may be nested.
const MAX_DEPTH: usize = 128;

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
    if is_too_deep(body) {
        return Err(unparsable(&format_args!("nested deeper than {MAX_DEPTH} levels")));
    }
    serde_json::from_slice::<&RawValue>(body).map_err(|error| unparsable(&error))?;
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

fn unparsable(error: &impl fmt::Display) -> String {
    bounded(format!("Unparsable frame: {error}"))
}

/// Whether brackets outside strings are nested too deeply.
fn is_too_deep(body: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut bytes = body.iter();
    let mut in_string = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => {
                bytes.next();
            }
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
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
                        Some(Named::Unknown(_)) => {
                            map.next_value::<Skipped>()?;
                        }
                        None => early = Some(map.next_value()?),
                    }
                }
                _ => {
                    map.next_value::<Skipped>()?;
                }
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
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(id)
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
