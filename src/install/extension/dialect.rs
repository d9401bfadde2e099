//! JSON as browsers read it in extensions: with a byte order mark, comments, and control characters in strings.
//!
//! Chromium's `base::JSON_PARSE_CHROMIUM_EXTENSIONS`: `//` and `/* */`, and in strings raw control characters, `\v` and `\xNN`.

use serde_json::Value;

/// Reads a manifest or a file of messages.
pub(super) fn parse(content: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(content).map_err(|_| "not UTF-8")?;
    let plain = plain(text.strip_prefix('\u{feff}').unwrap_or(text));
    serde_json::from_str(&plain).map_err(|error| format!("not JSON ({error})"))
}

/// The same in JSON proper. Line ends stay, so that an error still names the right line.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find(['\n', '\r']).unwrap_or(rest.len())
        } else if let Some(comment) = rest.strip_prefix("/*") {
            let length = comment.find("*/").map_or(rest.len(), |at| at + 4);
            plain.extend(rest[..length].chars().filter(|char| *char == '\n'));
            // A comment separates what stands beside it.
            plain.push(' ');
            length
        } else if next == '"' {
            string(rest, &mut plain)
        } else {
            plain.push(next);
            next.len_utf8()
        };
        rest = &rest[length..];
    }
    plain
}

/// Copies the string that `text` begins with; returns its length.
fn string(text: &str, plain: &mut String) -> usize {
    let mut characters = text.char_indices().peekable();
    plain.extend(characters.next().map(|(_, quote)| quote));
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                plain.push(character);
                return at + 1;
            }
            '\\' => match characters.next() {
                Some((_, 'v')) => plain.push_str("\\u000b"),
                Some((_, 'x')) => plain.push_str("\\u00"),
                Some((_, escaped)) => plain.extend(['\\', escaped]),
                None => plain.push(character),
            },
            '\0'..='\u{1f}' => plain.extend(format!("\\u{:04x}", u32::from(character)).chars()),
            _ => plain.push(character),
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_chromium_allows_in_extensions_is_read() {
        let text = "\u{feff}// a \"comment\"\n{ /* another\n one */ \"a\": \"// no /* comment\", // end\n \"b\\x41\\v\": \"tab\there\\\"\"}";
        assert_eq!(
            parse(text.as_bytes()),
            Ok(json!({"a": "// no /* comment", "bA\u{b}": "tab\there\""}))
        );
    }

    proptest::proptest! {
        #[test]
        fn json_proper_stays_as_it_is(text: String, key: String, number: i64) {
            let value = json!({key: [text, number, {"//": "/*"}]});
            proptest::prop_assert_eq!(parse(format!("{value:#}").as_bytes()), Ok(value));
        }

        #[test]
        fn anything_is_answered(bytes: Vec<u8>, text in r#"[/*"\\\\x\\n,a0-9{}\\[\\]:]{0,40}"#) {
            let _ = parse(&bytes);
            let _ = parse(text.as_bytes());
        }
    }

    #[test]
    fn what_it_refuses_is_refused_with_the_line() {
        assert!(parse(b"{\n// x\n/* \n */ \"a\": 1,\n}").is_err_and(|error| error.contains("line 5")));
        for text in [
            "",
            "{",
            "{\"a\":1,}",
            "{'a':1}",
            "/",
            "\"\\x4\"",
            "\"open",
            "\"\\",
            "[1] /* open",
        ] {
            let parsed = parse(text.as_bytes());
            assert_eq!(parsed.is_ok(), text.starts_with("[1]"), "{text:?}: {parsed:?}");
        }
        assert_eq!(parse(b"\xff"), Err("not UTF-8".to_owned()));
    }
}
