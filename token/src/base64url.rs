//! Base64url as RFC 7515 means it: no padding, no whitespace, no stray bits in the last character, one spelling per value.
//!
//! Written here and not taken from a library, because tokens are public: a decoder that need not hide what it decodes
//! takes a fifth of the time, and this is a good part of what a check costs besides the signature.

use alloc::{string::String, vec::Vec};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Not in the alphabet. No value of six bits has this bit, so one look at the end finds any stray character.
const STRAY: u8 = 0x80;

/// The value of every byte.
const VALUES: [u8; 256] = {
    let mut values = [STRAY; 256];
    let mut rest: &[u8] = ALPHABET;
    let mut value = 0_u8;
    while let [character, tail @ ..] = rest {
        let (_, entry) = values.split_at_mut(*character as usize);
        if let [entry, ..] = entry {
            *entry = value;
        }
        value = value.wrapping_add(1);
        rest = tail;
    }
    values
};

/// `None` for anything that is not the one strict spelling of some bytes.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let (groups, rest) = text.as_bytes().as_chunks::<4>();
    // Room for the rest too: growing would copy everything.
    let whole = groups.len().saturating_mul(3);
    let mut bytes = alloc::vec![0; whole.saturating_add(rest.len())];
    bytes.truncate(whole);
    let mut seen = 0;
    let mut value = |character: u8| {
        let value = VALUES.get(usize::from(character)).copied().unwrap_or(STRAY);
        seen |= value;
        u32::from(value)
    };
    for (group, place) in groups.iter().zip(bytes.as_chunks_mut().0) {
        let [a, b, c, d] = group.map(&mut value);
        let [_, decoded @ ..] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
        *place = decoded;
    }
    let stray_bits = match *rest {
        [] => 0,
        [a, b] => {
            let bits = value(a) << 6 | value(b);
            bytes.push((bits >> 4) as u8);
            bits & 0xF
        }
        [a, b, c] => {
            let bits = value(a) << 12 | value(b) << 6 | value(c);
            bytes.extend_from_slice(&[(bits >> 10) as u8, (bits >> 2) as u8]);
            bits & 0x3
        }
        // Six bits are no byte.
        _ => return None,
    };
    (seen & STRAY == 0 && stray_bits == 0).then_some(bytes)
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    let character = |bits: u32| ALPHABET.get((bits & 0x3F) as usize).map_or('A', |found| char::from(*found));
    let mut text = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for group in bytes.chunks(3) {
        let mut bits = 0;
        for at in 0..3 {
            bits = bits << 8 | u32::from(group.get(at).copied().unwrap_or(0));
        }
        // One byte makes two characters, two make three, three make four.
        text.extend(
            [18, 12, 6, 0]
                .into_iter()
                .take(group.len().saturating_add(1))
                .map(|shift| character(bits >> shift)),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64ct::{Base64UrlUnpadded, Encoding};
    use proptest::prelude::*;

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "Zg==", "Zg=", "Zh", "Z", "Zm9v Yg", "Zm9vYg\n", " Zg", "Zm+v", "Zm/v", "Zm9v\0", "Zé", "Zm9vYh",
            "Zm9",
        ] {
            assert_eq!(decode(text), None, "{text:?}");
        }
        assert_eq!(decode("Zg").as_deref(), Some(&b"f"[..]));
        assert_eq!(decode("").as_deref(), Some(&b""[..]));
    }

    proptest! {
        #[test]
        fn it_decodes_what_a_strict_library_decodes_and_nothing_else(text in "[A-Za-z0-9_=+/ -]{0,40}|[A-Za-z0-9_-]{0,400}") {
            prop_assert_eq!(decode(&text), Base64UrlUnpadded::decode_vec(&text).ok());
        }

        #[test]
        fn it_encodes_as_a_library_does_and_reads_it_back(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let text = encode(&bytes);
            prop_assert_eq!(&text, &Base64UrlUnpadded::encode_string(&bytes));
            prop_assert_eq!(decode(&text), Some(bytes));
        }
    }
}
