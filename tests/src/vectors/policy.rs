//! A genuine token: for us, now, and enough for what is asked?

use super::writing::{
    book::{Book, Vector, quoted},
    pen::*,
};

pub(super) fn vectors() -> Vec<Vector> {
    let mut book = Book::new("policy");
    issuer(&mut book);
    audience(&mut book);
    clocks(&mut book);
    scopes_and_groups(&mut book);
    age(&mut book);
    book.done()
}

fn issuer(book: &mut Book) {
    for (name, iss) in [
        ("slash-behind", "https://issuer.test/"),
        ("capitals", "https://ISSUER.test"),
        ("http", "http://issuer.test"),
        ("port", "https://issuer.test:443"),
        ("space-behind", "https://issuer.test "),
        ("longer", "https://issuer.test.evil.test"),
        ("shorter", "https://issuer.tes"),
        ("percent", "https://issuer%2Etest"),
        ("user", "https://issuer.test@evil.test"),
        ("wide", "https://ｉssuer.test"),
    ] {
        let what = format!("`iss` is {}: compared byte for byte.", quoted(iss));
        book.refused(&format!("issuer-{name}"), &what, with_claims(ISSUER, iss), "wrong-issuer");
    }
    let what = "Two spellings of one letter are two issuers.";
    let decomposed = with_claims(ISSUER, "https://e\u{301}.test");
    book.refused("issuer-decomposed", what, decomposed, "wrong-issuer").issuer("https://\u{e9}.test");
    let what = "`iss` is spelled with an escape; what counts is what it says.";
    book.fresh("issuer-escaped", what, with_claims(ISSUER, "https:\\/\\/issuer.t\\u0065st"));
}

fn audience(book: &mut Book) {
    for (name, aud) in [
        ("capitals", "\"API\""),
        ("longer", "\"api2\""),
        ("shorter", "\"ap\""),
        ("space-behind", "\"api \""),
        ("joined", "\"other api\""),
        ("list-without-ours", "[\"a\",\"b\"]"),
        ("list-with-longer", "[\"api2\",\"xapi\"]"),
        ("any", "\"*\""),
        ("issuer", "\"https://issuer.test\""),
    ] {
        let what = format!("`aud` is {aud}: compared byte for byte.");
        book.refused(&format!("audience-{name}"), &what, with_claims("\"api\"", aud), "wrong-audience");
    }
}

fn clocks(book: &mut Book) {
    for (name, what, token) in [
        (
            "iat-61-ahead",
            "`iat` a second further ahead than clocks may differ.",
            with_claims("\"iat\":1000", "\"iat\":1561"),
        ),
        (
            "nbf-61-ahead",
            "`nbf` a second further ahead than clocks may differ.",
            token(good_header(), claims_and("\"nbf\":1561")),
        ),
        (
            "nbf-far-ahead",
            "`nbf` as far ahead as a number can say.",
            token(good_header(), claims_and("\"nbf\":9007199254740991")),
        ),
        (
            "all-dates-far-ahead",
            "All dates as far ahead as a number can say.",
            dated(9_007_199_254_740_991, 9_007_199_254_740_991, 9_007_199_254_740_991),
        ),
    ] {
        book.refused(name, what, token, "not-yet-valid");
    }
    let early = with_claims("\"iat\":1000", "\"iat\":1501");
    let what = "`iat` a second ahead, where the caller allows none.";
    book.refused("iat-ahead-without-tolerance", what, early, "not-yet-valid").option("clockTolerance", 0);
    let what = "`iat` is now, where the caller allows no second ahead.";
    book.fresh("iat-now-without-tolerance", what, with_claims("\"iat\":1000", "\"iat\":1500"))
        .option("clockTolerance", 0);
    let what = "Known to be genuine, and now the clock is set back: judged anew.";
    book.refused("clock-set-back", what, good_token(), "not-yet-valid").at(939);
    let what = "`now` is 0: a device without a clock.";
    book.refused("clock-at-zero", what, good_token(), "not-yet-valid").at(0);
}

fn scopes_and_groups(book: &mut Book) {
    let good = good_token();
    for (name, scope) in
        [("one", r#"["read"]"#), ("both", r#"["write", "read"]"#), ("twice", r#"["read", "read"]"#)]
    {
        book.fresh(&format!("scope-{name}"), "What is asked is granted.", &good).asking("scope", scope);
    }
    for (name, scope) in [
        ("missing", r#"["admin"]"#),
        ("one-missing", r#"["read", "admin"]"#),
        ("part-of-one", r#"["rea"]"#),
        ("longer-than-one", r#"["reads"]"#),
        ("capitals", r#"["READ"]"#),
        ("any", r#"["*"]"#),
        ("two-in-one", r#"["read write"]"#),
    ] {
        let what = format!("The caller asks for the scopes {scope}; granted are `read` and `write`.");
        book.refused(&format!("scope-{name}"), &what, &good, "missing-scope").asking("scope", scope);
    }
    let none = with_claims("\"scope\":\"read write\",", "");
    book.refused("scope-none-granted", "No scope is granted.", none, "missing-scope")
        .asking("scope", "[\"read\"]");
    let tab = with_claims("read write", "read\\twrite");
    let what = "Scopes are parted by spaces and by nothing else (RFC 6749, 3.3).";
    book.refused("scope-parted-by-tab", what, tab, "missing-scope").asking("scope", "[\"read\"]");

    book.fresh("group-in", "The user is in the group.", &good).asking("groups", "[\"staff\"]");
    for (name, groups) in [
        ("missing", r#"["admins"]"#),
        ("one-missing", r#"["staff", "admins"]"#),
        ("part-of-one", r#"["sta"]"#),
        ("capitals", r#"["Staff"]"#),
    ] {
        let what = format!("The caller asks for the groups {groups}; the user is in `staff`.");
        book.refused(&format!("group-{name}"), &what, &good, "missing-group").asking("groups", groups);
    }
    let none = with_claims("\"groups\":[\"staff\"],", "");
    book.refused("group-none", "The user is in no group.", none, "missing-group")
        .asking("groups", "[\"staff\"]");
    let what = "A stale token is exchanged first and its successor judged.";
    book.stands("scope-of-stale", what, &good, 2000, ("stale", 0, 1000)).asking("scope", "[\"admin\"]");
    let what = "An expired token is expired, whatever is asked.";
    book.stands("group-of-expired", what, &good, 3000, ("expired", 0, 0)).asking("groups", "[\"admins\"]");
}

fn age(book: &mut Book) {
    let good = good_token();
    book.fresh("auth-just-young-enough", "Signed in 600 s ago, and 600 s are allowed.", &good)
        .asking("maxAuthAge", 600);
    let what = "Signed in 600 s ago, and 599 s are allowed.";
    book.refused("auth-too-old", what, &good, "auth-too-old").asking("maxAuthAge", 599);
    book.refused("auth-too-old-for-zero", "Signed in 600 s ago, and none is allowed.", &good, "auth-too-old")
        .asking("maxAuthAge", 0);
    let unknown = with_claims(",\"auth_time\":900", "");
    let what = "Nobody knows when the user signed in.";
    book.refused("auth-time-unknown", what, unknown, "auth-too-old").asking("maxAuthAge", 1_000_000);
    let what = "A longer time than there is: nothing overflows.";
    book.fresh("auth-age-beyond-time", what, &good).asking("maxAuthAge", 9_007_199_254_740_991_u64);
    let what = "A stale token is exchanged first and its successor judged.";
    book.stands("auth-of-stale", what, &good, 2500, ("stale", 0, 500)).asking("maxAuthAge", 1);
}
