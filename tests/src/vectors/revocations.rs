//! Lists of revocations: what they revoke, and which of them are to be refused.

use sha2::{Digest, Sha256};

use super::writing::{
    book::{Book, Vector},
    pen::*,
};

/// 16 bytes in base64url, as ids are, and the first twelve of them.
const SID: &str = "AAECAwQFBgcICQoLDA0ODw";
const PREFIX: &str = "AAECAwQFBgcICQoL";
const OTHER: &str = "_____________________w";

pub(super) fn vectors() -> Vec<Vector> {
    let mut book = Book::new("revocations");
    listed(&mut book);
    not_listed(&mut book);
    deltas(&mut book);
    outdated(&mut book);
    refused(&mut book);
    book.done()
}

/// The good list with one thing changed.
fn list(from: &str, to: &str) -> String {
    let good = r#"{"iss":"https://issuer.test","iat":1400,"seq":7,"max_age":300,"sessions":[],"users":[],"keys":[]}"#;
    assert!(good.contains(from), "{from} is not in the good list");
    token(list_header("", ""), good.replacen(from, to, 1))
}

fn list_header(from: &str, to: &str) -> String {
    let good = r#"{"alg":"Ed25519","typ":"revocations+jwt","kid":"KID"}"#;
    assert!(good.contains(from), "{from} is not in the good header");
    good.replacen(from, to, 1).replace("KID", &Key::issuer().kid())
}

fn sessions(prefixes: &str) -> String {
    list("\"sessions\":[]", &format!("\"sessions\":[[2040,\"{prefixes}\"]]"))
}

fn of_session(sid: &str) -> String {
    with_claims("\"sid\":\"s1\"", &format!("\"sid\":\"{sid}\""))
}

fn listed(book: &mut Book) {
    let what = "The session is listed by the first twelve of its sixteen bytes.";
    book.refused("session", what, of_session(SID), "revoked").list(sessions(PREFIX), "ok");
    let many = format!("{}{PREFIX}{}", encode([0; 12]), encode([255; 12]));
    book.refused("session-among-others", "The same, between two others.", of_session(SID), "revoked")
        .list(sessions(&many), "ok");
    let hash: [u8; 32] = Sha256::digest("s1").into();
    let hashed = sessions(&encode(&hash[..12]));
    let what = "A session id that is not sixteen bytes in base64url is listed by its SHA-256.";
    book.refused("session-by-hash", what, good_token(), "revoked").list(hashed, "ok");
    let what = "The session is listed, and a scope is missing: that it is revoked is said first.";
    book.refused("before-scope", what, of_session(SID), "revoked")
        .list(sessions(PREFIX), "ok")
        .asking("scope", "[\"admin\"]");
    let user = |before| list("\"users\":[]", &format!("\"users\":[[\"u1\",{before},2040]]"));
    let what = "The token was issued a second before everything of its user was revoked.";
    book.refused("user", what, good_token(), "revoked").list(user(1001), "ok");
    let what = "The token was issued in the very second in which everything before it was revoked.";
    book.fresh("user-later", what, good_token()).list(user(1000), "ok");
    let stranger = Key::from_seed([9; 32]);
    let kid = Key::issuer().kid();
    let text = list("\"keys\":[]", &format!("\"keys\":[\"{kid}\"]"));
    let signed = text.split('.').nth(1).map(|payload| {
        let header = list_header("", "").replace(&kid, &stranger.kid());
        let signed = format!("{}.{payload}", encode(header));
        format!("{signed}.{}", encode(stranger.sign(signed.as_bytes())))
    });
    let both = key_set(&[Key::issuer().jwk(), stranger.jwk()]);
    let what = "The key that signed the token is listed, by a list that another key signed.";
    book.refused("key", what, good_token(), "revoked").keys(both).list(signed.unwrap(), "ok");
    let what = "A list names the key it is signed with: whoever stole a key does not say what is revoked.";
    book.fresh("key-of-its-own", what, good_token()).list(text, "unknown-key");
}

fn not_listed(book: &mut Book) {
    book.fresh("nothing", "The list is empty.", of_session(SID)).list(list("", ""), "ok");
    let what = "Another session is listed.";
    book.fresh("other-session", what, of_session(OTHER)).list(sessions(PREFIX), "ok");
    let what = "The session is listed and the token stale: it opens nothing, and the issuer knows best.";
    book.stands("stale", what, of_session(SID), 2000, ("stale", 0, 1000))
        .option("revocations", r#"{ "maxAge": 1000 }"#)
        .list(sessions(PREFIX), "ok")
        .asking("scope", "[\"admin\"]");
}

fn deltas(book: &mut Book) {
    let delta = |since, seq| {
        let claims = format!("\"iat\":1450,\"seq\":{seq},\"max_age\":300,\"since\":{since}");
        list("\"iat\":1400,\"seq\":7,\"max_age\":300", &claims)
    };
    let what = "A delta adds to the snapshot before it.";
    book.refused("delta", what, of_session(SID), "revoked")
        .list(sessions(PREFIX), "ok")
        .list(delta(7, 9), "ok");
    book.refused("delta-overlapping", "The same, from further back.", of_session(SID), "revoked")
        .list(sessions(PREFIX), "ok")
        .list(delta(3, 9), "ok");
    let what = "A delta that begins after the snapshot: what lies between is not known.";
    book.refused("delta-gap", what, of_session(SID), "revoked")
        .list(sessions(PREFIX), "ok")
        .list(delta(8, 9), "gap");
    book.fresh("delta-alone", "A delta without a snapshot.", good_token()).list(delta(3, 9), "gap");
    let what = "A snapshot takes the place of the one before it.";
    let next = list("\"seq\":7", "\"seq\":8");
    book.fresh("snapshot-later", what, of_session(SID)).list(sessions(PREFIX), "ok").list(next, "ok");
    let what = "An older snapshot does not.";
    let old = list("\"seq\":7", "\"seq\":6");
    book.refused("snapshot-older", what, of_session(SID), "revoked")
        .list(sessions(PREFIX), "ok")
        .list(old, "going-back");
}

fn outdated(book: &mut Book) {
    let shut = r#"{ "whenOutdated": "shut" }"#;
    let what = "There is no list, and the verifier was told to shut.";
    book.refused("none-shut", what, good_token(), "revocations-unavailable").option("revocations", shut);
    book.fresh("recent-shut", "There is one.", good_token())
        .option("revocations", shut)
        .list(list("", ""), "ok");
    let what = "The list is as old as it may be.";
    let oldest = list("\"iat\":1400", "\"iat\":1200");
    book.fresh("oldest-shut", what, good_token()).option("revocations", shut).list(oldest, "ok");
    let what = "The list is a second older than the caller wants it.";
    let young = r#"{ "maxAge": 99, "whenOutdated": "shut" }"#;
    book.refused("too-old-shut", what, good_token(), "revocations-unavailable")
        .option("revocations", young)
        .list(list("", ""), "too-old");
}

fn refused(book: &mut Book) {
    let good = sessions(PREFIX);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    let forged = list("\"seq\":7", "\"seq\":99").split('.').nth(1).unwrap().to_owned();
    let bad: [(&str, &str, String, &str); 17] = [
        ("cut", "A list that was cut short.", good[..good.len() / 2].into(), "malformed"),
        ("empty", "Nothing.", String::new(), "malformed"),
        ("unsigned", "No signature.", signed.into(), "malformed"),
        ("four-parts", "A part too many.", format!("{good}.e30"), "malformed"),
        ("padded", "Padding.", format!("{good}=="), "malformed"),
        ("token", "A session token.", good_token(), "wrong-type"),
        (
            "forged",
            "Other claims under the signature.",
            format!("{head}.{forged}.{signature}"),
            "bad-signature",
        ),
        (
            "stranger",
            "Signed by a stranger in the name of the issuer's key.",
            token_by(&Key::stranger(), list_header("", ""), r#"{"iss":"https://issuer.test"}"#),
            "bad-signature",
        ),
        (
            "unknown-key",
            "A `kid` that is not in the set.",
            token(list_header("KID", "other"), "{}"),
            "unknown-key",
        ),
        ("alg-none", "`alg` is \"none\".", token(list_header("Ed25519", "none"), "{}"), "unsupported-alg"),
        ("issuer", "`iss` is another issuer.", list("issuer.test", "other.test"), "wrong-issuer"),
        ("too-old", "`iat` is further back than `max_age`.", list("1400", "1199"), "too-old"),
        ("ahead", "`iat` is more than 60 seconds ahead.", list("1400", "1561"), "not-yet-valid"),
        ("no-sequence", "`seq` is a text.", list("\"seq\":7", "\"seq\":\"7\""), "malformed"),
        ("doubled-sequence", "`seq` twice.", list("\"seq\":7", "\"seq\":7,\"seq\":8"), "malformed"),
        ("eleven-bytes", "A prefix of eleven bytes.", sessions(&PREFIX[..15].replace('L', "A")), "malformed"),
        ("no-users", "`users` is missing.", list(",\"users\":[]", ""), "malformed"),
    ];
    for (name, what, text, code) in bad {
        let what = format!("{what} It is refused, and the list before it stays.");
        book.refused(&format!("list-{name}"), &what, of_session(SID), "revoked")
            .list(&good, "ok")
            .list(text, code);
    }
}
