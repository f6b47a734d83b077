//! Key sets: what is skipped, and what makes the whole set unusable.

use curve25519_dalek::{
    EdwardsPoint, Scalar, constants::ED25519_BASEPOINT_POINT as B, constants::EIGHT_TORSION, traits::Identity,
};

use super::writing::{
    book::{Book, Vector},
    pen::*,
};

/// The key as it should be, with everything that may be said of it.
fn full() -> String {
    let x = encode(Key::issuer().bytes());
    format!(
        r#"{{"kty":"OKP","crv":"Ed25519","kid":"KID","use":"sig","alg":"EdDSA","key_ops":["verify"],"x":"{x}"}}"#
    )
}

fn changed(from: &str, to: &str) -> String {
    assert!(full().contains(from), "{from} is not in the good key");
    full().replacen(from, to, 1)
}

/// A set of these keys, `KID` being the thumbprint of the issuer's key.
fn set(keys: &[String]) -> String {
    key_set(keys).replace("KID", &Key::issuer().kid())
}

pub(super) fn vectors() -> Vec<Vector> {
    let mut book = Book::new("keysets");
    good(&mut book);
    no_set(&mut book);
    private(&mut book);
    doubled(&mut book);
    unusable(&mut book);
    weak(&mut book);
    book.done()
}

fn good(book: &mut Book) {
    let x = encode(Key::issuer().bytes());
    for (name, what, key) in [
        ("full", "Everything that may be said of a key.", full()),
        (
            "bare",
            "Only what must be said; named by its thumbprint (RFC 7638).",
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#),
        ),
        ("alg-new-name", "`alg` is the newer name (RFC 9864).", changed("EdDSA", "Ed25519")),
        (
            "more-key-ops",
            "`verify` among other operations.",
            changed("[\"verify\"]", "[\"sign\",\"verify\"]"),
        ),
        (
            "more-members",
            "Members that nobody knows.",
            changed("{", "{\"x5c\":[\"MIIB\"],\"exp\":1,\"nbf\":null,"),
        ),
    ] {
        book.fresh(&format!("good-{name}"), what, good_token()).keys(set(&[key]));
    }
    let key = "A key may have any name.";
    let named = with_header("KID", "2026/1 é");
    book.fresh("good-own-name", key, named).keys(key_set(&[changed("KID", "2026/1 é")]));
    let many: Vec<String> =
        (0..63).map(|at| format!(r#"{{"kty":"EC","kid":"{at}"}}"#)).chain([full()]).collect();
    book.fresh("good-last-of-64", "As many keys as are allowed, ours the last.", good_token())
        .keys(set(&many));
    let spaces = set(&[full()]);
    let spaces = format!("{spaces}{}", " ".repeat(65_536 - spaces.len()));
    book.fresh("good-64-kib", "A set as long as is allowed.", good_token()).keys(spaces);
    let more = set(&[full()]).replacen('{', "{\"issued\":[1,{}],", 1);
    book.fresh("good-more-members-of-the-set", "Members of the set that nobody knows.", good_token())
        .keys(more);
    for (name, what, other) in skipped() {
        let other = other.replace("\"kid\":\"KID\"", "\"kid\":\"other\"");
        let what = format!("A key that is no use beside one that is: {what}");
        book.fresh(&format!("beside-{name}"), &what, good_token()).keys(set(&[other, full()]));
    }
}

fn no_set(book: &mut Book) {
    let one = full().replace("KID", &Key::issuer().kid());
    for (name, what, text) in [
        ("nothing", "No text.", String::new()),
        ("null", "The word null.", "null".into()),
        ("list", "A list of keys and no object.", format!("[{one}]")),
        ("text", "A text.", "\"keys\"".into()),
        ("no-keys", "An object without `keys`.", "{}".into()),
        ("one-key", "A key and no set.", one.clone()),
        ("keys-object", "`keys` is an object.", format!("{{\"keys\":{{\"a\":{one}}}}}")),
        ("keys-null", "`keys` is null.", "{\"keys\":null}".into()),
        ("keys-capital", "`Keys`: names are compared with their case.", format!("{{\"Keys\":[{one}]}}")),
        ("keys-with-number", "A number among the keys.", format!("{{\"keys\":[{one},1]}}")),
        ("keys-with-null", "Null among the keys.", format!("{{\"keys\":[{one},null]}}")),
        ("keys-nested", "A list of lists.", format!("{{\"keys\":[[{one}]]}}")),
        ("keys-twice", "`keys` twice: which one?", format!("{{\"keys\":[{one}],\"keys\":[]}}")),
        (
            "member-twice",
            "`x` twice in a key.",
            format!("{{\"keys\":[{}]}}", one.replacen('{', "{\"x\":\"AA\",", 1)),
        ),
        ("text-behind", "A letter behind the set.", format!("{{\"keys\":[{one}]}}x")),
        ("bom", "A byte order mark in front.", format!("\u{feff}{{\"keys\":[{one}]}}")),
        ("comment", "A comment.", format!("{{\"keys\":[{one}] /* ours */}}")),
        ("lone-surrogate", "A lone surrogate.", format!("{{\"a\":\"\\ud800\",\"keys\":[{one}]}}")),
        ("too-deep", "Nested nine levels deep.", format!("{{\"a\":[[[[[[[[]]]]]]]],\"keys\":[{one}]}}")),
        ("cut", "Cut short.", format!("{{\"keys\":[{one}")),
        ("html", "The error page of a proxy.", "<!doctype html><title>502</title>".into()),
        ("empty", "A set without keys fails closed.", "{\"keys\":[]}".into()),
    ] {
        book.refused_set(&format!("set-{name}"), what, text);
    }
    let many: Vec<String> =
        (0..64).map(|at| format!(r#"{{"kty":"EC","kid":"{at}"}}"#)).chain([full()]).collect();
    book.refused_set("set-65-keys", "A key more than allowed.", set(&many));
    let long = set(&[full()]);
    book.refused_set(
        "set-64-kib-and-a-byte",
        "A byte longer than allowed.",
        format!("{long}{}", " ".repeat(65_537 - long.len())),
    );
}

fn private(book: &mut Book) {
    let d = encode(Key::issuer().seed);
    for (name, what, keys) in [
        ("ours", "The private half of our key.", vec![changed("{", &format!("{{\"d\":\"{d}\","))]),
        (
            "beside",
            "The private half of another key: nothing beside it is to be trusted either.",
            vec![
                full(),
                format!(
                    r#"{{"kty":"OKP","crv":"Ed25519","kid":"b","x":"{}","d":"AA"}}"#,
                    encode(Key::stranger().bytes())
                ),
            ],
        ),
        (
            "rsa",
            "A private RSA key beside ours.",
            vec![full(), r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}"#.into()],
        ),
        ("empty", "`d` without content is a mistake all the same.", vec![changed("{", "{\"d\":\"\",")]),
        ("null", "`d` is null: a mistake all the same.", vec![changed("{", "{\"d\":null,")]),
    ] {
        book.refused_set(&format!("private-{name}"), what, set(&keys));
    }
}

fn doubled(book: &mut Book) {
    let x = encode(Key::issuer().bytes());
    let bare = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
    let theirs = full().replace(&x, &encode(Key::stranger().bytes()));
    for (name, what, keys) in [
        ("same-key", "One key twice.", vec![full(), full()]),
        ("two-keys", "Two keys of one name: which one signed?", vec![full(), theirs]),
        (
            "unusable",
            "A key of another kind has the same name.",
            vec![full(), r#"{"kty":"RSA","kid":"KID"}"#.into()],
        ),
        ("by-thumbprint", "One key twice, both without a name.", vec![bare.clone(), bare.clone()]),
        (
            "by-thumbprint-and-name",
            "One key twice, once named and once by its thumbprint.",
            vec![full(), bare],
        ),
        (
            "escaped",
            "Two keys of one name, once spelled with an escape.",
            vec![changed("KID", "a"), changed("KID", "\\u0061")],
        ),
    ] {
        book.refused_set(&format!("doubled-{name}"), what, set(&keys));
    }
}

/// Keys that are not usable for this, each with what is wrong.
fn skipped() -> Vec<(&'static str, &'static str, String)> {
    let x = encode(Key::issuer().bytes());
    let stray = format!("{}p", &x[..x.len() - 1]);
    assert!(x.ends_with('o'));
    let point = |key: [u8; 32]| changed(&x, &encode(key));
    let mut p_and_three = [0xff; 32];
    (p_and_three[0], p_and_three[31]) = (0xf0, 0x7f);
    let two = EIGHT_TORSION.map(|point| point.compress().to_bytes());
    vec![
        ("kty-ec", "`kty` is EC.", changed("OKP", "EC")),
        ("kty-small", "`kty` is compared with its case.", changed("OKP", "okp")),
        ("kty-missing", "`kty` is missing.", changed("\"kty\":\"OKP\",", "")),
        ("rsa", "An RSA key.", r#"{"kty":"RSA","kid":"KID","n":"AQAB","e":"AQAB"}"#.into()),
        ("symmetric", "A shared secret.", r#"{"kty":"oct","kid":"KID","k":"AQAB"}"#.into()),
        ("no-members", "An empty object.", "{}".into()),
        ("crv-x25519", "The curve is for key agreement.", changed("Ed25519", "X25519")),
        ("crv-ed448", "The other curve.", changed("Ed25519", "Ed448")),
        ("crv-small", "`crv` is compared with its case.", changed("Ed25519", "ed25519")),
        ("crv-missing", "`crv` is missing.", changed("\"crv\":\"Ed25519\",", "")),
        ("use-enc", "`use` is for encryption.", changed("\"sig\"", "\"enc\"")),
        ("use-null", "`use` is null.", changed("\"sig\"", "null")),
        ("use-list", "`use` is a list.", changed("\"sig\"", "[\"sig\"]")),
        ("alg-rs256", "`alg` is another.", changed("EdDSA", "RS256")),
        ("alg-none", "`alg` is none.", changed("EdDSA", "none")),
        ("alg-null", "`alg` is null.", changed("\"EdDSA\"", "null")),
        ("key-ops-sign", "`key_ops` allow signing alone.", changed("\"verify\"", "\"sign\"")),
        ("key-ops-empty", "`key_ops` allow nothing.", changed("\"verify\"", "")),
        ("key-ops-text", "`key_ops` is no list.", changed("[\"verify\"]", "\"verify\"")),
        ("key-ops-null", "`key_ops` is null.", changed("[\"verify\"]", "null")),
        ("kid-empty", "`kid` is empty.", changed("KID", "")),
        ("kid-number", "`kid` is a number.", changed("\"KID\"", "1")),
        ("kid-null", "`kid` is null.", changed("\"KID\"", "null")),
        ("x-missing", "`x` is missing.", changed(&format!(",\"x\":\"{x}\""), "")),
        ("x-number", "`x` is a number.", changed(&format!("\"{x}\""), "1")),
        ("x-empty", "`x` is empty.", changed(&x, "")),
        ("x-short", "`x` is a byte short.", changed(&x, &encode(&Key::issuer().bytes()[..31]))),
        ("x-long", "`x` is a byte long.", changed(&x, &encode([&Key::issuer().bytes()[..], &[0]].concat()))),
        ("x-padded", "`x` is padded.", changed(&x, &format!("{x}="))),
        ("x-stray-bits", "The last character of `x` has bits that mean nothing.", changed(&x, &stray)),
        ("x-space", "`x` has a space behind.", changed(&x, &format!("{x} "))),
        ("x-hex", "`x` is hexadecimal.", changed(&x, &"d7".repeat(32))),
        (
            "point-none",
            "`x` is on no point: y is 2.",
            point({
                let mut bytes = [0; 32];
                bytes[0] = 2;
                bytes
            }),
        ),
        (
            "point-not-canonical",
            "`x` is a point of large order spelled a second way: y is p + 3.",
            point(p_and_three),
        ),
        ("point-neutral", "`x` is the neutral point.", point(two[0])),
        ("point-order-8-a", "`x` is a point of order 8.", point(two[1])),
        ("point-order-4-a", "`x` is a point of order 4.", point(two[2])),
        ("point-order-8-b", "`x` is a point of order 8.", point(two[3])),
        ("point-order-2", "`x` is the point of order 2.", point(two[4])),
        ("point-order-8-c", "`x` is a point of order 8.", point(two[5])),
        ("point-order-4-b", "`x` is a point of order 4.", point(two[6])),
        ("point-order-8-d", "`x` is a point of order 8.", point(two[7])),
    ]
}

fn unusable(book: &mut Book) {
    for (name, what, key) in skipped() {
        let what = format!("The only key is no use: {what}");
        book.refused_set(&format!("only-{name}"), &what, set(&[key]));
    }
}

/// With a key of small order anybody can sign: these tokens verify in a library that does not look.
fn weak(book: &mut Book) {
    let nonce = Scalar::from(99_u64);
    let r = (B * nonce).compress().to_bytes();
    for (at, point) in EIGHT_TORSION.iter().enumerate() {
        let key = point.compress().to_bytes();
        let weak = jwk("weak", &key);
        let forged = (0_u32..).find_map(|turn| {
            let signed = signed_part(header("KID", "weak"), claims_and(&format!("\"turn\":{turn}")));
            let k = challenge(&r, &key, signed.as_bytes());
            let holds = point * k == EdwardsPoint::identity();
            holds.then(|| format!("{signed}.{}", encode(joined(r, nonce.to_bytes()))))
        });
        let what = "A key of small order, with which anybody can sign, beside a good one: it is skipped.";
        book.refused(&format!("weak-{at}"), what, forged.unwrap(), "unknown-key")
            .keys(key_set(&[weak, Key::issuer().jwk()]));
    }
}
