//! The header: five members, each with one right value.

use sha2::{Digest, Sha256};

use super::writing::{
    book::{Book, Vector, quoted},
    pen::*,
    shapes,
};

pub(super) fn vectors() -> Vec<Vector> {
    let mut book = Book::new("header");
    algorithms(&mut book);
    types(&mut book);
    critical(&mut book);
    members(&mut book);
    numbers(&mut book);
    for (name, what, bytes) in shapes::broken(&good_header(), &good_header(), "[\"bbf\"]") {
        book.refused(&format!("json-{name}"), what, token(bytes, CLAIMS), "bad-header");
    }
    book.done()
}

fn algorithms(book: &mut Book) {
    for (name, alg) in [
        ("none", "none"),
        ("none-capital", "None"),
        ("none-capitals", "NONE"),
        ("none-mixed", "nOnE"),
        ("empty", ""),
        ("hs256", "HS256"),
        ("rs256", "RS256"),
        ("ps512", "PS512"),
        ("es256", "ES256"),
        ("es256k", "ES256K"),
        ("ed448", "Ed448"),
        ("ed25519-small", "ed25519"),
        ("ed25519-capitals", "ED25519"),
        ("ed25519-prehashed", "Ed25519ph"),
        ("eddsa-small", "eddsa"),
        ("eddsa-capitals", "EDDSA"),
        ("eddsa-mixed", "EdDsa"),
        ("space-in-front", " Ed25519"),
        ("space-behind", "Ed25519 "),
        ("nul-behind", "Ed25519\0"),
        ("cyrillic", "Еd25519"),
        ("fullwidth", "Ｅd25519"),
        ("both-names", "Ed25519,EdDSA"),
        ("ecdh", "ECDH-ES"),
        ("dir", "dir"),
    ] {
        let header = header("\"Ed25519\"", &quoted(alg));
        let what = format!("`alg` is {}.", quoted(alg));
        book.refused(&format!("alg-{name}"), &what, token(header, CLAIMS), "unsupported-alg");
    }
    for (name, alg) in
        [("null", "null"), ("number", "1"), ("true", "true"), ("list", "[\"Ed25519\"]"), ("object", "{}")]
    {
        let what = format!("`alg` is {alg}.");
        book.refused(&format!("alg-{name}"), &what, with_header("\"Ed25519\"", alg), "unsupported-alg");
    }
    let unsecured = format!("{}.", signed_part(header("Ed25519", "none"), CLAIMS));
    book.refused(
        "unsecured",
        "`alg` is `none` and nothing is signed (RFC 7519, 6).",
        unsecured,
        "unsupported-alg",
    );
    for (name, what, key) in [
        (
            "hmac-of-key-bytes",
            "The public key taken for the secret of an HMAC.",
            Key::issuer().bytes().to_vec(),
        ),
        (
            "hmac-of-key-text",
            "The public key as text taken for the secret of an HMAC.",
            encode(Key::issuer().bytes()).into_bytes(),
        ),
        ("hmac-of-jwk", "The JWK as text taken for the secret of an HMAC.", Key::issuer().jwk().into_bytes()),
        ("hmac-of-nothing", "An HMAC with an empty secret.", Vec::new()),
    ] {
        let signed = signed_part(header("Ed25519", "HS256"), CLAIMS);
        let confused = format!("{signed}.{}", encode(hmac(&key, signed.as_bytes())));
        book.refused(name, what, confused, "unsupported-alg");
    }
}

/// RFC 2104 with SHA-256, for keys of at most a block; longer ones are hashed first.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    let key = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block[..key.len()].copy_from_slice(&key);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

fn types(book: &mut Book) {
    for (name, typ) in [
        ("jwt", "\"JWT\""),
        ("jwt-small", "\"jwt\""),
        ("access-token", "\"at+jwt\""),
        ("capitals", "\"BBF+JWT\""),
        ("media-type", "\"application/bbf+jwt\""),
        ("snapshot", "\"bbf-snapshot+jwt\""),
        ("empty", "\"\""),
        ("space-behind", "\"bbf+jwt \""),
        ("null", "null"),
        ("number", "1"),
        ("list", "[\"bbf+jwt\"]"),
    ] {
        let what = format!("`typ` is {typ}: another kind of token, or a sloppy one.");
        book.refused(&format!("typ-{name}"), &what, with_header("\"bbf+jwt\"", typ), "wrong-type");
    }
}

fn critical(book: &mut Book) {
    for (name, crit) in [
        ("empty", "[]"),
        ("other", "[\"exp\"]"),
        ("one-more", "[\"bbf\",\"exp\"]"),
        ("one-more-in-front", "[\"b64\",\"bbf\"]"),
        ("twice", "[\"bbf\",\"bbf\"]"),
        ("text", "\"bbf\""),
        ("null", "null"),
        ("nested", "[[\"bbf\"]]"),
        ("object", "{\"bbf\":true}"),
        ("capitals", "[\"BBF\"]"),
        ("space-behind", "[\"bbf \"]"),
        ("number", "[1]"),
        ("with-null", "[\"bbf\",null]"),
        ("true", "true"),
    ] {
        let what = format!("`crit` is {crit}.");
        book.refused(&format!("crit-{name}"), &what, with_header("[\"bbf\"]", crit), "bad-crit");
    }
}

fn members(book: &mut Book) {
    for (name, member) in [
        ("alg", "\"alg\":\"Ed25519\","),
        ("typ", "\"typ\":\"bbf+jwt\","),
        ("kid", "\"kid\":\"KID\","),
        ("crit", "\"crit\":[\"bbf\"],"),
        ("bbf", ",\"bbf\":2000"),
    ] {
        let what = format!("`{name}` is missing.");
        book.refused(&format!("{name}-missing"), &what, with_header(member, ""), "bad-header");
    }
    for (name, from, to) in [
        ("alg-capital", "\"alg\"", "\"Alg\""),
        ("kid-capitals", "\"kid\"", "\"KID\""),
        ("crit-capital", "\"crit\"", "\"Crit\""),
        ("bbf-capitals", "\"bbf\":", "\"BBF\":"),
    ] {
        let what = format!("{to} for {from}: names are compared with their case.");
        book.refused(&format!("name-{name}"), &what, with_header(from, to), "bad-header");
    }
    let stranger = Key::stranger();
    let own = stranger.jwk();
    for (name, what, member) in [
        ("jwk", "The attacker brings the key along (RFC 7515, 4.1.3).", format!("\"jwk\":{own}")),
        (
            "jku",
            "The attacker says where keys are (RFC 7515, 4.1.2).",
            "\"jku\":\"https://evil.test/jwks.json\"".into(),
        ),
        (
            "x5u",
            "The attacker says where a certificate is (RFC 7515, 4.1.5).",
            "\"x5u\":\"https://evil.test/cert.pem\"".into(),
        ),
        ("x5c", "The attacker brings a certificate along (RFC 7515, 4.1.6).", "\"x5c\":[\"MIIB\"]".into()),
        ("x5t", "The thumbprint of a certificate (RFC 7515, 4.1.7).", "\"x5t\":\"AAAA\"".into()),
        ("x5t-s256", "The thumbprint of a certificate (RFC 7515, 4.1.8).", "\"x5t#S256\":\"AAAA\"".into()),
    ] {
        let forged = token_by(&stranger, header("{", &format!("{{{member},")), CLAIMS);
        book.refused(&format!("embedded-{name}"), what, forged, "bad-header");
    }
    for (name, what, member) in [
        ("b64-false", "`b64` would change what is signed (RFC 7797).", "\"b64\":false"),
        ("b64-true", "`b64` has no place here, even where it changes nothing.", "\"b64\":true"),
        ("cty", "A nested token would have this.", "\"cty\":\"JWT\""),
        ("zip", "Compression has no place here.", "\"zip\":\"DEF\""),
        ("enc", "An encrypted token would have this.", "\"enc\":\"A256GCM\""),
        ("exp", "A claim in the header.", "\"exp\":3000"),
        ("proto", "A member with a name that means something to JavaScript.", "\"__proto__\":{}"),
        ("empty-name", "A member without a name.", "\"\":1"),
        ("null", "A sixth member, though it says nothing.", "\"nonce\":null"),
    ] {
        let token = with_header("{", &format!("{{{member},"));
        book.refused(&format!("extra-{name}"), what, token, "bad-header");
    }
    let b64 = header("[\"bbf\"]", "[\"b64\",\"bbf\"]").replacen('{', "{\"b64\":false,", 1);
    book.refused(
        "extra-b64-critical",
        "`b64` as RFC 7797 wants it, named in `crit`.",
        token(b64, CLAIMS),
        "bad-header",
    );
    for (name, what, from, to) in [
        ("alg", "`alg` twice, both right.", "{", "{\"alg\":\"Ed25519\","),
        ("alg-none-first", "`alg` twice: readers that keep the first see `none`.", "{", "{\"alg\":\"none\","),
        ("alg-none-last", "`alg` twice: readers that keep the last see `none`.", "}", ",\"alg\":\"none\"}"),
        ("alg-escaped", "`alg` twice, once spelled with an escape.", "{", "{\"\\u0061lg\":\"none\","),
        ("kid", "`kid` twice.", "{", "{\"kid\":\"other\","),
        ("crit", "`crit` twice: readers that keep the first see an empty list.", "{", "{\"crit\":[],"),
        ("bbf", "`bbf` twice: readers that keep the last see a longer life.", "}", ",\"bbf\":3000}"),
        (
            "in-place-of-typ",
            "`alg` twice and no `typ`: five members all the same.",
            "\"typ\":\"bbf+jwt\"",
            "\"alg\":\"Ed25519\"",
        ),
        ("deep", "A name twice, deep inside.", "[\"bbf\"]", "[{\"a\":{\"b\":1,\"b\":2}}]"),
    ] {
        book.refused(&format!("twice-{name}"), what, with_header(from, to), "bad-header");
    }
    for (name, kid) in [
        ("empty", "\"\""),
        ("null", "null"),
        ("number", "1"),
        ("list", "[\"KID\"]"),
        ("object", "{}"),
        ("true", "true"),
    ] {
        let what = format!("`kid` is {}.", kid.replace("KID", "its thumbprint"));
        book.refused(&format!("kid-{name}"), &what, with_header("\"KID\"", kid), "bad-header");
    }
}

fn numbers(book: &mut Book) {
    for (name, number) in shapes::ODD_NUMBERS {
        let what = format!("`bbf` of the header is {}.", shapes::shortened(number));
        book.refused(
            &format!("bbf-{name}"),
            &what,
            with_header("\"bbf\":2000", &format!("\"bbf\":{number}")),
            "bad-header",
        );
    }
}
