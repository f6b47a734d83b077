//! The claims: what a session token must say, and how.

use super::writing::{
    book::{Book, Vector},
    pen::*,
    shapes,
};

pub(super) fn vectors() -> Vec<Vector> {
    let mut book = Book::new("claims");
    texts(&mut book);
    optional(&mut book);
    dates(&mut book);
    duplicates(&mut book);
    for (name, what, bytes) in shapes::broken(CLAIMS, &claims_and("\"x\":HOLE"), "HOLE") {
        book.refused(&format!("json-{name}"), what, token(good_header(), bytes), "bad-claims");
    }
    book.done()
}

/// The numbers, in a folder of their own: there are many ways to write one.
pub(super) fn numbers() -> Vec<Vector> {
    let mut book = Book::new("numbers");
    for (claim, good) in [("iat", 1000), ("bbf", 2000), ("exp", 3000), ("gen", 3)] {
        let written = format!("\"{claim}\":{good}");
        for (name, number) in shapes::ODD_NUMBERS {
            let what = format!("`{claim}` is {}.", shapes::shortened(number));
            let token = with_claims(&written, &format!("\"{claim}\":{number}"));
            book.refused(&format!("{claim}-{name}"), &what, token, "bad-claims");
        }
        let what = format!("`{claim}` is missing.");
        book.refused(
            &format!("{claim}-missing"),
            &what,
            with_claims(&format!("{written},"), ""),
            "bad-claims",
        );
    }
    for claim in ["nbf", "cv", "auth_time"] {
        for (name, number) in shapes::ODD_NUMBERS.into_iter().step_by(4).chain([("null", "null")]) {
            let written = CLAIMS.replace(",\"auth_time\":900", "");
            let claims = written.replacen("\"gen\":3", &format!("\"gen\":3,\"{claim}\":{number}"), 1);
            let what = format!("`{claim}` may be left out, but not be {}.", shapes::shortened(number));
            let name = format!("{}-{name}", claim.replace('_', "-"));
            book.refused(&name, &what, token(good_header(), claims), "bad-claims");
        }
    }
    book.done()
}

fn texts(book: &mut Book) {
    for (claim, good) in [("iss", ISSUER), ("sub", "u1"), ("sid", "s1"), ("aud", AUDIENCE)] {
        let written = format!("\"{claim}\":\"{good}\"");
        let what = format!("`{claim}` is missing.");
        book.refused(
            &format!("{claim}-missing"),
            &what,
            with_claims(&format!("{written},"), ""),
            "bad-claims",
        );
        for (name, value) in [
            ("empty", "\"\""),
            ("null", "null"),
            ("number", "1"),
            ("true", "true"),
            ("object", "{}"),
            ("nul", "\"GOOD\\u0000\""),
            ("line-feed", "\"GOOD\\n\""),
            ("escape-character", "\"\\u001b[0mGOOD\""),
            ("delete", "\"GOOD\\u007f\""),
            ("next-line", "\"GOOD\\u0085\""),
        ] {
            let value = value.replace("GOOD", good);
            let what = format!("`{claim}` is {value}.");
            let token = with_claims(&written, &format!("\"{claim}\":{value}"));
            book.refused(&format!("{claim}-{name}"), &what, token, "bad-claims");
        }
    }
    for claim in ["iss", "sub", "sid"] {
        let good = match claim {
            "iss" => ISSUER,
            "sub" => "u1",
            _ => "s1",
        };
        let what = format!("`{claim}` is a list.");
        let token = with_claims(&format!("\"{claim}\":\"{good}\""), &format!("\"{claim}\":[\"{good}\"]"));
        book.refused(&format!("{claim}-list"), &what, token, "bad-claims");
    }
    for (name, aud) in [
        ("list-empty", "[]"),
        ("list-of-numbers", "[1]"),
        ("list-with-number", "[\"api\",1]"),
        ("list-with-null", "[\"api\",null]"),
        ("list-with-empty", "[\"api\",\"\"]"),
        ("list-with-control", "[\"api\",\"a\\u0000\"]"),
        ("list-nested", "[[\"api\"]]"),
    ] {
        let what = format!("`aud` is {aud}.");
        book.refused(&format!("aud-{name}"), &what, with_claims("\"api\"", aud), "bad-claims");
    }
}

fn optional(book: &mut Book) {
    for (claim, name, value) in [
        ("client_id", "number", "1"),
        ("client_id", "null", "null"),
        ("client_id", "list", "[\"app\"]"),
        ("scope", "list", "[\"read\"]"),
        ("scope", "number", "1"),
        ("scope", "null", "null"),
        ("groups", "text", "\"staff\""),
        ("groups", "with-number", "[\"staff\",1]"),
        ("groups", "nested", "[[\"staff\"]]"),
        ("groups", "object", "{\"staff\":true}"),
        ("groups", "null", "null"),
        ("amr", "text", "\"pwd\""),
        ("amr", "with-number", "[1]"),
        ("cnf", "text", "\"x\""),
        ("cnf", "list", "[]"),
        ("cnf", "null", "null"),
        ("cnf", "jkt-number", "{\"jkt\":1}"),
        ("cnf", "bnd-null", "{\"bnd\":null}"),
    ] {
        let without = CLAIMS.replace("\"scope\":\"read write\",\"groups\":[\"staff\"],", "");
        let claims = without.replacen("\"gen\":3", &format!("\"gen\":3,\"{claim}\":{value}"), 1);
        let what = format!("`{claim}` may be left out, but not be {value}.");
        let name = format!("{}-{name}", claim.replace('_', "-"));
        book.refused(&name, &what, token(good_header(), claims), "bad-claims");
    }
}

fn dates(book: &mut Book) {
    for (name, what, token) in [
        ("dates-bbf-before-iat", "`bbf` a second before `iat`.", dated(1001, 1000, 3000)),
        ("dates-exp-before-bbf", "`exp` a second before `bbf`.", dated(1000, 2000, 1999)),
        ("dates-exp-before-iat", "`exp` before `iat`, and `bbf` between them.", dated(1500, 1400, 1300)),
        ("dates-all-zero-but-iat", "Over before it began.", dated(1, 0, 0)),
        (
            "lifetime-a-second-too-long",
            "Lives for 400 days and a second.",
            dated(1000, 2000, 1001 + 400 * 86_400),
        ),
        ("lifetime-for-ever", "Lives as long as a number can say.", dated(1000, 2000, 9_007_199_254_740_991)),
        (
            "bbf-differs-later",
            "`bbf` of the claims is later than that of the header.",
            with_claims("2000", "2001"),
        ),
        (
            "bbf-differs-earlier",
            "`bbf` of the claims is earlier than that of the header.",
            with_claims("2000", "1999"),
        ),
        (
            "bbf-header-for-ever",
            "The header promises more than the claims.",
            with_header("2000", "9007199254740991"),
        ),
        ("bbf-header-zero", "The header promises less than the claims.", with_header("2000", "0")),
    ] {
        book.refused(name, what, token, "bad-claims");
    }
    let what = "Lives a second longer than the caller allows.";
    book.refused("lifetime-over-a-limit-of-the-caller", what, good_token(), "bad-claims")
        .option("maxLifetime", 1999);
    let what = "Lives exactly as long as the caller allows.";
    book.fresh("lifetime-at-a-limit-of-the-caller", what, good_token()).option("maxLifetime", 2000);
}

fn duplicates(book: &mut Book) {
    for (name, what, from, to) in [
        ("equal", "`gen` twice, equal values.", "\"gen\":3", "\"gen\":3,\"gen\":3"),
        ("exp-last", "`exp` twice: readers that keep the last see a longer life.", "}", ",\"exp\":9999}"),
        ("exp-first", "`exp` twice: readers that keep the first see a longer life.", "{", "{\"exp\":9999,"),
        ("sub-escaped", "`sub` twice, once spelled with an escape.", "{", "{\"s\\u0075b\":\"admin\","),
        ("sub-far-apart", "`sub` at both ends.", "}", ",\"sub\":\"admin\"}"),
        ("aud", "`aud` twice.", "{", "{\"aud\":\"other\","),
        (
            "in-cnf",
            "A name twice in an object we read.",
            "\"gen\":3",
            "\"gen\":3,\"cnf\":{\"jkt\":\"a\",\"jkt\":\"b\"}",
        ),
    ] {
        book.refused(&format!("twice-{name}"), what, with_claims(from, to), "bad-claims");
    }
}
