//! Length, parts, base64url: what is refused before anything is read.

use super::writing::{
    book::{Book, Vector},
    pen::*,
};

pub(super) fn vectors() -> Vec<Vector> {
    let mut book = Book::new("form");
    length(&mut book);
    parts(&mut book);
    base64(&mut book);
    book.done()
}

fn length(book: &mut Book) {
    book.refused("8-kib-and-a-byte", "A byte longer than the limit.", "a".repeat(8193), "too-long");
    book.refused("64-kib", "Far beyond the limit.", "a".repeat(65_536), "too-long");
    book.refused(
        "64-kib-of-dots",
        "Far beyond the limit, and all parts are empty.",
        ".".repeat(65_536),
        "too-long",
    );
    let wide = "Short enough in characters and too long in bytes.";
    book.refused("8-kib-in-wide-characters", wide, "é".repeat(4097), "too-long");
    book.refused("8-kib-in-astral-characters", wide, "😀".repeat(2049), "too-long");
    let filled = |fill: usize| token(good_header(), claims_and(&format!("\"x\":\"{}\"", "x".repeat(fill))));
    let fill = (5_000..6_200).find(|fill| filled(*fill).len() > 8192).unwrap();
    book.refused("good-but-too-long", "Genuine in all but its length.", filled(fill), "too-long");
    let limit = good_token().len() - 1;
    book.refused(
        "over-a-limit-of-the-caller",
        "A byte longer than the caller allows.",
        good_token(),
        "too-long",
    )
    .option("maxTokenBytes", limit);
    book.fresh("at-a-limit-of-the-caller", "Exactly as long as the caller allows.", good_token())
        .option("maxTokenBytes", limit + 1);
}

fn parts(book: &mut Book) {
    let good = good_token();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    for (name, what, token) in [
        ("empty", "Nothing.", String::new()),
        ("one-part", "The header alone.", header.into()),
        ("two-parts", "The signature is missing, and its dot too.", signed.into()),
        ("a-dot-behind", "Four parts, the last one empty.", format!("{good}.")),
        ("a-dot-in-front", "Four parts, the first one empty.", format!(".{good}")),
        ("a-dot-doubled", "Four parts, one of them empty.", format!("{header}..{payload}.{signature}")),
        ("four-parts", "Two signatures.", format!("{good}.{signature}")),
        (
            "five-parts",
            "As many parts as an encrypted token has (RFC 7516).",
            format!("{header}.AAAA.{payload}.AAAA.{signature}"),
        ),
        ("one-dot", "A dot.", ".".into()),
        ("three-dots", "Four empty parts.", "...".into()),
        (
            "flattened-json",
            "The flattened JSON serialization (RFC 7515, 7.2.2).",
            format!(r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#),
        ),
        (
            "general-json",
            "The general JSON serialization (RFC 7515, 7.2.1).",
            format!(
                r#"{{"payload":"{payload}","signatures":[{{"protected":"{header}","signature":"{signature}"}}]}}"#
            ),
        ),
        ("escaped-dots", "Dots as a URL may have them.", good.replace('.', "%2E")),
        ("wide-dots", "Dots that only look like dots.", good.replace('.', "．")),
        (
            "twice",
            "The token twice, with a comma between, as two headers are joined.",
            format!("{good}, {good}"),
        ),
    ] {
        book.refused(name, what, token, "malformed");
    }
    let nothing = "Three parts, all empty: no header.";
    book.refused("two-dots", nothing, "..", "bad-header");
    book.refused("no-header", "The header is empty.", format!(".{payload}.{signature}"), "bad-header");
    let bare = "The payload is empty: the signature is for another text.";
    book.refused("no-payload", bare, format!("{header}..{signature}"), "bad-signature");
    let detached = "A detached payload (RFC 7515, appendix F), signed as such: no claims.";
    book.refused("detached-payload", detached, token(good_header(), ""), "bad-claims");
}

fn base64(book: &mut Book) {
    let good = good_token();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    // A header and a payload of lengths that leave bits over, signed as they are spelled.
    let spelled = |header: String, payload: String| {
        let signed = format!("{header}.{payload}");
        format!("{signed}.{}", encode(Key::issuer().sign(signed.as_bytes())))
    };
    let with_rest = |text: &str, rest: usize| {
        let text = text.to_owned();
        (0..3)
            .map(|spaces| format!("{text}{}", " ".repeat(spaces)))
            .find(|text| text.len() % 3 == rest)
            .unwrap()
    };
    let header_1 = encode(with_rest(&good_header(), 1));
    let payload_1 = encode(with_rest(CLAIMS, 1));
    let payload_2 = encode(with_rest(CLAIMS, 2));
    let plain_header = encode(with_rest(&good_header(), 0));
    let plain_payload = encode(with_rest(CLAIMS, 0));

    for (name, what, token) in [
        ("padded-header", "The header is padded.", spelled(format!("{header_1}=="), payload.into())),
        ("padded-payload", "The payload is padded.", spelled(header.into(), format!("{payload_1}=="))),
        ("padded-payload-by-one", "The payload is padded.", spelled(header.into(), format!("{payload_2}="))),
        ("padded-signature", "The signature is padded.", format!("{good}==")),
        ("half-padded-signature", "The signature is padded by half.", format!("{good}=")),
        (
            "stray-bits-in-header",
            "The last character of the header has bits that mean nothing.",
            spelled(stray(&header_1), payload.into()),
        ),
        (
            "stray-bits-in-payload",
            "The last character of the payload has bits that mean nothing.",
            spelled(header.into(), stray(&payload_1)),
        ),
        (
            "stray-bits-in-payload-of-two",
            "The last character of the payload has bits that mean nothing.",
            spelled(header.into(), stray(&payload_2)),
        ),
        (
            "stray-bits-in-signature",
            "The last character of the signature has bits that mean nothing: a second spelling of one token.",
            stray(&good),
        ),
        (
            "one-character-over-in-header",
            "A last character alone is six bits, and no byte.",
            spelled(format!("{plain_header}A"), payload.into()),
        ),
        (
            "one-character-over-in-payload",
            "A last character alone is six bits, and no byte.",
            spelled(header.into(), format!("{plain_payload}A")),
        ),
        (
            "one-character-over-in-signature",
            "A last character alone is six bits, and no byte.",
            format!("{good}AAA"),
        ),
        ("space-in-front", "A space in front.", format!(" {good}")),
        ("space-behind", "A space behind.", format!("{good} ")),
        ("line-feed-behind", "A line feed behind.", format!("{good}\n")),
        ("crlf-behind", "A line end behind.", format!("{good}\r\n")),
        (
            "tab-inside",
            "A tab in the payload, signed with it.",
            spelled(header.into(), format!("{payload}\t")),
        ),
        (
            "lines",
            "Broken into lines, as MIME does.",
            spelled(header.into(), format!("{}\n{}", &payload[..76], &payload[76..])),
        ),
        ("nul-in-front", "A NUL in front.", format!("\0{good}")),
        ("nul-behind", "A NUL behind: where C strings end.", format!("{good}\0")),
        (
            "nul-inside",
            "A NUL in the payload.",
            spelled(header.into(), format!("{}\0{}", &payload[..8], &payload[8..])),
        ),
        ("bom-in-front", "A byte order mark in front.", format!("\u{feff}{good}")),
        ("zero-width-space-behind", "A character behind that nobody sees.", format!("{good}\u{200b}")),
        ("no-break-space-behind", "A space that trimming may or may not take.", format!("{good}\u{a0}")),
        (
            "plus-and-slash",
            "The other alphabet (RFC 4648, 4).",
            spelled(encode(with_rest(&good_header(), 0)), other_alphabet()),
        ),
        ("bearer-in-front", "The scheme of the header was left on.", format!("Bearer {good}")),
        ("quoted", "In quotes.", format!("\"{good}\"")),
        ("percent-encoded", "A character written as a URL may have it.", good.replacen('e', "%65", 1)),
        ("fullwidth-letter", "A letter that only looks like one.", good.replacen('e', "ｅ", 1)),
        ("not-ascii", "A character beyond ASCII in the signature.", format!("{}é", &good[..good.len() - 1])),
        ("exclamation-marks", "Three parts of nothing that base64 knows.", "!.!.!".into()),
    ] {
        book.refused(name, what, token, "bad-encoding");
    }
    let claims = "The payload in the place of the header.";
    book.refused("payload-for-header", claims, format!("{payload}.{payload}.{signature}"), "bad-header");
}

/// The same text with one of the bits set that the last character does not need.
fn stray(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = text.split_at(text.len() - 1);
    let at = ALPHABET.find(last).unwrap();
    assert_eq!(at % 4, 0, "the last character has bits to spare");
    format!("{rest}{}", &ALPHABET[at + 1..at + 2])
}

/// Claims whose encoding has a `+` in the other alphabet, in that alphabet.
fn other_alphabet() -> String {
    let text = (0..3)
        .map(|spaces| token_payload(&format!("\"x\":\"{}ÿþ~~~???>>>\"", " ".repeat(spaces))))
        .find(|text| text.contains(['-', '_']))
        .unwrap();
    text.replace('-', "+").replace('_', "/")
}

fn token_payload(member: &str) -> String {
    encode(claims_and(member))
}
