//! How parameters are read: by name, in any order, duplicates refused, unknown members skipped, `null` as absent.
//!
//! serde's own derive would accept an array for a struct and would skip unknown members to any depth, so the few lines that
//! read a parameter object are ours.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::base64;

/// The longest `name` of a socket, in bytes.
pub const MAX_NAME: usize = 64 << 10;

/// Declares a struct of parameters and how it is read. A field of type `Option` may be absent or `null`.
macro_rules! params {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident $key:literal: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Reader;
                impl<'de> serde::de::Visitor<'de> for Reader {
                    type Value = $name;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        formatter.write_str("an object")
                    }

                    // `deserialize_map` would quote the text, which may be payload or a key in the wrong place.
                    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<$name, E> {
                        Err(E::invalid_type(serde::de::Unexpected::Other("string"), &self))
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        $(let mut $field: Option<$type> = None;)*
                        while let Some(key) = map.next_key::<$crate::wire::params::Key<'de>>()? {
                            match key.as_ref() {
                                $($key if $field.is_some() => return Err(serde::de::Error::duplicate_field($key)),
                                $key => $field = Some(map.next_value()?),)*
                                _ => { map.next_value::<$crate::wire::params::Skipped>()?; }
                            }
                        }
                        Ok($name { $($field: match $field {
                            Some(value) => value,
                            None => $crate::wire::params::Field::absent($key)?,
                        },)* })
                    }
                }
                deserializer.deserialize_any(Reader)
            }
        }
    )*};
}
pub(super) use params;

/// What a parameter is when its key does not occur.
pub(super) trait Field: Sized {
    fn absent<E: Error>(key: &'static str) -> Result<Self, E> {
        Err(E::missing_field(key))
    }
}

impl<T> Field for Option<T> {
    fn absent<E: Error>(_: &'static str) -> Result<Self, E> {
        Ok(None)
    }
}

macro_rules! required {
    ($($type:ty),*) => { $(impl Field for $type {})* };
}
pub(super) use required;
required!(bool, i32, String, Data, (u32, u32));

/// A key, borrowed from the frame unless it holds an escape.
pub(super) enum Key<'de> {
    Borrowed(&'de str),
    Owned(String),
}

impl AsRef<str> for Key<'_> {
    fn as_ref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key::Borrowed(text))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

/// A value nobody asked for. Unlike serde's [`IgnoredAny`] it goes through the reader's depth limit.
pub(super) struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Skipped;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("any value")
            }

            fn visit_bool<E>(self, _: bool) -> Result<Skipped, E> {
                Ok(Skipped)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Skipped, E> {
                Ok(Skipped)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Skipped, E> {
                Ok(Skipped)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Skipped, E> {
                Ok(Skipped)
            }

            fn visit_str<E>(self, _: &str) -> Result<Skipped, E> {
                Ok(Skipped)
            }

            fn visit_unit<E>(self) -> Result<Skipped, E> {
                Ok(Skipped)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Skipped, A::Error> {
                while items.next_element::<Skipped>()?.is_some() {}
                Ok(Skipped)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Skipped, A::Error> {
                while map.next_entry::<IgnoredAny, Skipped>()?.is_some() {}
                Ok(Skipped)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Payload bytes, base64 on the wire.
#[derive(Clone, PartialEq, Eq)]
pub struct Data(pub Vec<u8>);

impl fmt::Debug for Data {
    // Payload never reaches a log, not even through a debug print.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes", self.0.len())
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Data;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("base64 text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Data, E> {
                // The decoder's own error would quote a byte of the payload.
                base64::decode(text)
                    .map(Data)
                    .map_err(|_| E::custom("`data` is not padded standard base64"))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

/// The `name` of a socket: at most [`MAX_NAME`] bytes, shared so that `getSockets` copies none of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(pub Arc<str>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Name;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Name, E> {
                if text.len() > MAX_NAME {
                    return Err(E::custom(format_args!("`name` is longer than {MAX_NAME} bytes")));
                }
                Ok(Name(text.into()))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

/// The longest PEM text, in bytes.
pub const MAX_PEM: usize = 64 << 10;

/// Certificates or a key in PEM: at most [`MAX_PEM`] bytes, bounded before anything of it is looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct Pem(pub String);

impl fmt::Debug for Pem {
    // A key never reaches a log, not even through a debug print.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes", self.0.len())
    }
}

impl<'de> Deserialize<'de> for Pem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Pem;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("PEM text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Pem, E> {
                if text.len() > MAX_PEM {
                    return Err(E::custom(format_args!("PEM text is longer than {MAX_PEM} bytes")));
                }
                Ok(Pem(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

/// The longest manifest key `sockets`, in bytes of JSON.
pub const MAX_MANIFEST_KEY: usize = 256 << 10;

/// The manifest key `sockets` as it stands there, bounded before a value is made of it; `None` when it does not stand there. A
/// `null` that does is a value, and not one that Chromium would install.
#[derive(Clone, Debug, PartialEq)]
pub struct ManifestKey(pub Option<serde_json::Value>);

impl Field for ManifestKey {
    fn absent<E: Error>(_: &'static str) -> Result<Self, E> {
        Ok(Self(None))
    }
}

impl<'de> Deserialize<'de> for ManifestKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&serde_json::value::RawValue>::deserialize(deserializer)?.get();
        if raw.len() > MAX_MANIFEST_KEY {
            return Err(D::Error::custom(format_args!(
                "`sockets` is longer than {MAX_MANIFEST_KEY} bytes"
            )));
        }
        serde_json::from_str(raw)
            .map(|value| Self(Some(value)))
            .map_err(D::Error::custom)
    }
}

/// A list of at most `N` items; a longer one is refused before it is collected.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounded<T, const N: usize>(pub Vec<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for Bounded<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T, const N: usize>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Reader<T, N> {
            type Value = Bounded<T, N>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "an array of at most {N} items")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    if list.len() == N {
                        return Err(A::Error::invalid_length(N + 1, &self));
                    }
                    list.push(item);
                }
                Ok(Bounded(list))
            }
        }
        deserializer.deserialize_seq(Reader(std::marker::PhantomData))
    }
}
