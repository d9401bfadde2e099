//! The base64 engine, chosen once: standard alphabet, padding required both ways, the fastest the machine has.

use std::sync::LazyLock;

use base64::DecodeError;
use base64::Engine as _;
use base64::engine::general_purpose::PAD;

use super::buffer::Buffer;

// A decoder that forgives (missing padding, trailing bits) would be a second wire format, so the strict configuration is used.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static ENGINE: LazyLock<base64::engine::Simd> = LazyLock::new(|| base64::engine::Simd::standard(PAD));
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static ENGINE: LazyLock<base64::engine::GeneralPurpose> =
    LazyLock::new(|| base64::engine::GeneralPurpose::new(&base64::alphabet::STANDARD, PAD));

/// How many bytes of text `length` bytes become.
pub(super) const fn encoded_length(length: usize) -> usize {
    length.div_ceil(3) * 4
}

/// Appends the base64 of `bytes` to `out`, in place.
pub(super) fn append(out: &mut Buffer, bytes: &[u8]) {
    let space = out.space(encoded_length(bytes.len()));
    let length = space.len();
    let written = ENGINE.encode_slice(bytes, space);
    debug_assert_eq!(written.ok(), Some(length));
}

/// The bytes of `text`.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, DecodeError> {
    ENGINE.decode(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_appended_decodes_to_the_same_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut out = Buffer::new(Vec::new());
            out.extend(b"before");
            append(&mut out, &bytes);
            let text = std::str::from_utf8(&out.bytes()[6..]).unwrap();
            prop_assert_eq!(text.len(), encoded_length(bytes.len()));
            prop_assert_eq!(decode(text).unwrap(), bytes);
        }
    }

    #[test]
    fn the_decoder_forgives_nothing() {
        assert_eq!(decode("aGVsbG8=").unwrap(), b"hello");
        for text in ["aGVsbG8", "aGVsbG9=", "aGVs bG8=", "aGVsbG8=\n", "aGVsbG8-", "="] {
            assert!(decode(text).is_err(), "{text:?}");
        }
    }
}
