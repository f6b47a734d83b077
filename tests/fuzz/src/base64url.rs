//! Base64url against a strict library: the same answer on any text, and every answer has one spelling.

use base64ct::{Base64UrlUnpadded, Encoding};

// The verifier keeps its decoder to itself; it needs nothing from around it, so its file is taken as it stands.
#[path = "../../../token/src/base64url.rs"]
mod ours;

pub(crate) fn run(data: &[u8]) {
    let encoded = ours::encode(data);
    assert_eq!(encoded, Base64UrlUnpadded::encode_string(data));
    assert_eq!(ours::decode(&encoded).as_deref(), Some(data));

    let Ok(text) = core::str::from_utf8(data) else { return };
    let decoded = ours::decode(text);
    assert_eq!(decoded, Base64UrlUnpadded::decode_vec(text).ok(), "{text:?}");
    if let Some(bytes) = decoded {
        assert_eq!(ours::encode(&bytes), text, "two spellings of one value");
    }
}
