//! Tokens that are genuine, at every edge of what is allowed.

use super::writing::{
    book::{Book, Vector},
    pen::*,
};

pub(super) fn vectors() -> Vec<Vector> {
    let mut book = Book::new("good");
    windows(&mut book);
    spellings(&mut book);
    claims_at_their_limits(&mut book);
    book.done()
}

fn windows(book: &mut Book) {
    let good = good_token();
    for (name, what, now, standing) in [
        ("at-iat", "The second it was issued.", 1000, ("fresh", 1000, 2000)),
        (
            "before-iat",
            "60 s before it was issued: the two clocks may differ by that.",
            940,
            ("fresh", 1060, 2060),
        ),
        ("at-bbf-1", "The last second it is fresh.", 1999, ("fresh", 1, 1001)),
        ("at-bbf", "At `bbf` it is stale, not a second later.", 2000, ("stale", 0, 1000)),
        ("at-exp-1", "The last second it can be exchanged.", 2999, ("stale", 0, 1)),
        ("at-exp", "At `exp` it is expired (RFC 7519, 4.1.4: on or after).", 3000, ("expired", 0, 0)),
        ("long-after-exp", "Expired for ages.", 99_999_999_999, ("expired", 0, 0)),
    ] {
        book.stands(name, what, &good, now, standing);
    }
    let short = dated(1000, 2000, 2000);
    book.stands(
        "not-remembered-at-bbf-1",
        "`bbf` is `exp`: fresh to the end.",
        &short,
        1999,
        ("fresh", 1, 1),
    );
    book.stands("not-remembered-at-bbf", "`bbf` is `exp`: never stale.", &short, 2000, ("expired", 0, 0));
    let moment = "All three dates are one: in order, and over at once.";
    book.stands("one-date", moment, dated(1500, 1500, 1500), 1500, ("expired", 0, 0));
    let never = "`bbf` is `iat`: stale from the start.";
    book.stands("stale-at-once", never, dated(1000, 1000, 3000), 1000, ("stale", 0, 2000));
    let zero = "Dates of zero are dates.";
    book.stands("the-epoch", zero, dated(0, 1, 2), 0, ("fresh", 1, 2));
    let nbf = token(good_header(), claims_and("\"nbf\":1560"));
    book.fresh("nbf-60-ahead", "`nbf` is as far ahead as clocks may differ.", nbf);
    let iat = "`iat` is as far ahead as clocks may differ.";
    book.fresh("iat-60-ahead", iat, with_claims("\"iat\":1000", "\"iat\":1560"));
    let tolerant =
        "The caller prolongs both windows by 5 s; what is left is still counted to the date itself.";
    book.stands("window-tolerance", tolerant, &good, 2004, ("fresh", 0, 996)).option("windowTolerance", 5);
    book.stands("window-tolerance-over", tolerant, &good, 2005, ("stale", 0, 995))
        .option("windowTolerance", 5);
    book.stands("window-tolerance-at-exp", tolerant, &good, 3005, ("expired", 0, 0))
        .option("windowTolerance", 5);
    let year = dated(1000, 2000, 1000 + 400 * 86_400);
    let longest = "Lives for exactly 400 days, the longest allowed.";
    book.stands("longest-life", longest, year, 1500, ("fresh", 500, 400 * 86_400 - 500));
}

fn spellings(book: &mut Book) {
    book.fresh("plain", "A good token.", good_token());
    let alias = "`alg` is `EdDSA`, the older name (RFC 8037).";
    book.fresh("alg-eddsa", alias, with_header("Ed25519", "EdDSA"));
    let kid = Key::issuer().kid();
    let turned = format!(r#"{{"bbf":2000,"crit":["bbf"],"kid":"{kid}","typ":"bbf+jwt","alg":"Ed25519"}}"#);
    book.fresh("header-in-another-order", "Members have no order.", token(turned, CLAIMS));
    let roomy = good_header().replace(':', " :\t").replace(',', "\r\n, ");
    book.fresh(
        "header-with-whitespace",
        "JSON may have whitespace between its tokens.",
        token(format!(" {roomy}\n"), CLAIMS),
    );
    let roomy = format!(" {}\n", CLAIMS.replace("\":", "\" :\t").replace(",\"", "\r\n, \""));
    book.fresh(
        "claims-with-whitespace",
        "JSON may have whitespace between its tokens.",
        token(good_header(), roomy),
    );
    let name = "A name may be written with escapes; what counts is what it says.";
    book.fresh("header-name-escaped", name, with_header("\"alg\"", "\"\\u0061lg\""));
    let value = "A value may be written with escapes; what counts is what it says.";
    book.fresh("header-value-escaped", value, with_header("bbf+jwt", "bbf\\u002Bjwt"));
    book.fresh("claim-name-escaped", name, with_claims("\"iat\"", "\"\\u0069at\""));
    book.fresh("claim-value-escaped", value, with_claims("\"api\"", "\"\\u0061p\\u0069\""));
    let pair = "A surrogate pair is one character.";
    book.fresh("surrogate-pair", pair, with_claims("u1", "\\ud83d\\ude00"));
    book.fresh("not-ascii", "A user may be called anything.", with_claims("u1", "Zoë 東京 😀"));
    let list = "`aud` may be a list, if ours is in it.";
    book.fresh("aud-list", list, with_claims("\"api\"", "[\"other\",\"api\"]"));
    book.fresh("aud-list-of-one", list, with_claims("\"api\"", "[\"api\"]"));
    let least = r#"{"iss":"https://issuer.test","sub":"u1","aud":"api","sid":"s1","gen":0,"iat":1000,"bbf":2000,"exp":3000}"#;
    book.fresh("only-what-must-be", "None of the claims that may be left out.", token(good_header(), least));
    let unsorted = token(
        good_header(),
        claims_and(r#""client_id":"app","amr":["pwd","otp"],"cv":0,"cnf":{"jkt":"a","bnd":"b"},"nbf":1000"#),
    );
    book.fresh("every-claim-there-is", "All claims that may be there.", unsorted);
}

fn claims_at_their_limits(book: &mut Book) {
    let mut other = |name: &str, what: &str, member: &str| {
        book.fresh(name, what, token(good_header(), claims_and(member)));
    };
    let unread = "A claim we do not know is let through unread.";
    other("unknown-float", unread, "\"x\":1.5");
    other("unknown-huge-number", unread, "\"x\":123456789012345678901234567890");
    other("unknown-exponent", unread, "\"x\":-1e400");
    other("unknown-null", unread, "\"x\":null");
    other("unknown-empty-name", unread, "\"\":\"\"");
    other(
        "unknown-proto",
        "A claim with a name that means something to JavaScript.",
        "\"__proto__\":{\"admin\":true}",
    );
    other(
        "unknown-constructor",
        "A claim with a name that means something to JavaScript.",
        "\"constructor\":\"x\",\"toString\":1",
    );
    other(
        "depth-8-arrays",
        "Nested as deep as is allowed: eight, the claims themselves included.",
        "\"x\":[[[[[[[]]]]]]]",
    );
    other(
        "depth-8-objects",
        "Nested as deep as is allowed: eight, the claims themselves included.",
        r#""x":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}"#,
    );
    let names: Vec<String> = (0..100).map(|at| format!("\"n{at}\":{at}")).collect();
    other("many-members", "A hundred members, no two of one name.", &names.join(","));
    other(
        "same-name-at-two-levels",
        "One name twice, but not in one object.",
        r#""x":{"iss":"a","x":{"iss":"b"}}"#,
    );
    let gen_zero = with_claims("\"gen\":3", "\"gen\":0");
    book.fresh("gen-zero", "The first generation.", gen_zero);
    let gen_last = with_claims("\"gen\":3", "\"gen\":9007199254740991");
    book.fresh("gen-2-53-less-1", "The largest number that every reader keeps exactly.", gen_last);
    // 8192 characters: whatever is not padding is known, and four characters of base64 are three bytes of it.
    let filled = |fill: usize| token(good_header(), claims_and(&format!("\"x\":\"{}\"", "x".repeat(fill))));
    let fill = (5_000..6_200).find(|fill| filled(*fill).len() == 8192).unwrap();
    book.fresh("longest", "8 KiB, the longest token allowed.", filled(fill));
    let zeros = token(good_header(), claims_and(&format!("\"x\":[{}0]", "0,".repeat(2_500))));
    book.fresh("thousands-of-items", "A list of thousands costs what its bytes cost.", zeros);
    let colliding: Vec<String> = (0..450).map(|at| format!("\"{at:04}\":0")).collect();
    book.fresh(
        "hundreds-of-members",
        "Looking for a name twice must not take the square of their number.",
        token(good_header(), claims_and(&colliding.join(","))),
    );
}
