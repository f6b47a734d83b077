//! Base64url as RFC 7515 means it: no padding, no whitespace, no stray bits in the last character, one spelling per value.

use alloc::{string::String, vec::Vec};
use base64ct::{Base64UrlUnpadded, Encoding};

/// `None` for anything that is not the one strict spelling of some bytes.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn other_spellings_are_refused() {
        for text in
            ["Zg==", "Zg=", "Zh", "Z", "Zm9v Yg", "Zm9vYg\n", " Zg", "Zm+v", "Zm/v", "Zm9v\0", "Zé", "Zm9vYh"]
        {
            assert_eq!(decode(text), None, "{text:?}");
        }
        assert_eq!(decode("Zg").as_deref(), Some(&b"f"[..]));
        assert_eq!(decode("").as_deref(), Some(&b""[..]));
    }

    proptest! {
        #[test]
        fn what_decodes_is_spelled_the_only_way(text in "[A-Za-z0-9_-]{0,40}") {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
