//! JSON that is not what it seems, for header and claims alike.

/// Numbers that are none of ours, and things that look like numbers and are none of JSON's.
pub(in crate::vectors) const ODD_NUMBERS: [(&str, &str); 22] = [
    ("text", "\"2000\""),
    ("float", "2000.0"),
    ("fraction", "2000.5"),
    ("exponent", "2e3"),
    ("exponent-capital", "2E3"),
    ("exponent-negative", "2000000e-3"),
    ("negative", "-2000"),
    ("negative-zero", "-0"),
    ("2-53", "9007199254740992"),
    ("2-53-and-1", "9007199254740993"),
    ("2-63", "9223372036854775808"),
    ("2-64-and-2000", "18446744073709553616"),
    (
        "400-digits",
        "2000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    ),
    ("infinite", "1e400"),
    ("null", "null"),
    ("true", "true"),
    ("list", "[2000]"),
    ("object", "{}"),
    ("zero-in-front", "02000"),
    ("plus-in-front", "+2000"),
    ("hexadecimal", "0x7d0"),
    ("not-a-number", "NaN"),
];

/// What a sentence can show of a number.
pub(in crate::vectors) fn shortened(number: &str) -> &str {
    if number.len() > 40 { "a number of 400 digits" } else { number }
}

/// A name, what is wrong in a sentence, and the bytes.
pub(in crate::vectors) type Shape = (&'static str, &'static str, Vec<u8>);

/// Texts made from a good object that are no JSON object, or none of ours. In place of `hole` stands, in some of them, a
/// value that no reader may take; it is where another value would be no fault, or another one.
pub(in crate::vectors) fn broken(good: &str, holed: &str, hole: &str) -> Vec<Shape> {
    let (before, behind) = holed.split_once(hole).unwrap();
    let within = |inside: &[u8]| [before.as_bytes(), inside, behind.as_bytes()].concat();
    let members = &good[1..good.len() - 1];
    let mut found: Vec<Shape> = Vec::new();
    let mut add = |name, what, bytes: &[u8]| found.push((name, what, bytes.to_vec()));
    add("list", "A list with the object in it.", format!("[{good}]").as_bytes());
    add(
        "list-of-values",
        "A list of the values in their order, which a derived reader takes for a struct.",
        &values(good),
    );
    add("text", "A text that holds the object.", serde_json::to_string(good).unwrap().as_bytes());
    add("number", "A number.", b"1");
    add("null", "The word null.", b"null");
    add("true", "The word true.", b"true");
    add("spaces", "White space alone.", b"  ");
    add("empty-object", "An object without members.", b"{}");
    add("text-behind", "A letter behind the object.", format!("{good}x").as_bytes());
    add("object-behind", "A second object behind.", format!("{good}{{}}").as_bytes());
    add("nul-behind", "A NUL behind the object.", format!("{good}\0").as_bytes());
    add("bom", "A byte order mark in front.", format!("\u{feff}{good}").as_bytes());
    add("no-end", "The last brace is missing.", &good.as_bytes()[..good.len() - 1]);
    add("comma-behind", "A comma behind the last member.", format!("{{{members},}}").as_bytes());
    add("comma-in-front", "A comma in front of the first member.", format!("{{,{members}}}").as_bytes());
    add("comma-doubled", "Two commas between members.", good.replacen(',', ",,", 1).as_bytes());
    add("comment", "A comment.", format!("{{/* */{members}}}").as_bytes());
    add("line-comment", "A comment at the end.", format!("{good}//").as_bytes());
    add("single-quotes", "Names in single quotes.", good.replace('"', "'").as_bytes());
    add("bare-name", "A name without quotes.", format!("{{x:1,{members}}}").as_bytes());
    add("no-colon", "An equals sign for a colon.", good.replacen(':', "=", 1).as_bytes());
    add("form-feed", "A form feed for white space.", format!("\u{c}{good}").as_bytes());
    add("no-break-space", "A no-break space for white space.", format!("\u{a0}{good}").as_bytes());
    add("utf-16", "Written as UTF-16.", &good.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    for (name, what, inside) in [
        ("byte-ff", "A byte that is never UTF-8.", &b"\"\xff\""[..]),
        ("lone-continuation", "A continuation byte alone.", b"\"\x80\""),
        ("overlong-slash", "A slash in two bytes, which is one too many.", b"\"\xc0\xaf\""),
        ("overlong-nul", "A NUL in two bytes, as Java writes it.", b"\"\xc0\x80\""),
        ("cut-character", "A character cut short.", b"\"\xe2\x82\""),
        ("surrogate-bytes", "A surrogate in three bytes.", b"\"\xed\xa0\x80\""),
        ("pair-in-six-bytes", "A surrogate pair in six bytes (CESU-8).", b"\"\xed\xa0\xbd\xed\xb8\x80\""),
        ("beyond-unicode", "A code point beyond the last.", b"\"\xf4\x90\x80\x80\""),
        ("lone-high-surrogate", "A high surrogate alone.", b"\"\\ud800\""),
        ("lone-low-surrogate", "A low surrogate alone.", b"\"\\udc00\""),
        ("reversed-surrogates", "A surrogate pair in the wrong order.", b"\"\\udc00\\ud800\""),
        ("high-surrogate-and-letter", "A high surrogate and then a letter.", b"\"\\ud800a\""),
        (
            "high-surrogate-and-escape",
            "A high surrogate and then an escape that is no low one.",
            b"\"\\ud800\\u0041\"",
        ),
        ("two-high-surrogates", "Two high surrogates.", b"\"\\ud800\\ud800\""),
        ("bare-nul", "A NUL in a text.", b"\"\0\""),
        ("bare-line-feed", "A line feed in a text.", b"\"\n\""),
        ("bare-tab", "A tab in a text.", b"\"\t\""),
        ("escape-x", "An escape that JSON does not know.", b"\"\\x41\""),
        ("escape-braces", "An escape that JSON does not know.", b"\"\\u{41}\""),
        ("escape-short", "An escape of three digits.", b"\"\\u041\""),
        ("escape-sign", "An escape with a sign in it.", b"\"\\u+041\""),
        ("escape-quote", "An escape that JSON does not know.", b"\"\\'\""),
        ("text-without-end", "A text that does not end.", b"\"a"),
        ("word-capital", "A word in capitals.", b"True"),
        ("word-undefined", "A word of JavaScript.", b"undefined"),
        ("number-point", "A number that ends in its point.", b"1."),
        ("number-point-first", "A number that begins with its point.", b".5"),
        ("number-exponent-empty", "An exponent without digits.", b"1e"),
        ("number-minus-alone", "A minus alone.", b"-"),
        ("number-infinity", "A word of JavaScript for a number.", b"-Infinity"),
        ("list-without-end", "A list that does not end.", b"[1"),
        ("list-comma-behind", "A comma behind the last item.", b"[1,]"),
        ("list-in-braces", "Brackets that do not match.", b"[1}"),
        ("depth-9", "Nested one level deeper than allowed.", b"[[[[[[[[]]]]]]]]"),
        (
            "depth-9-objects",
            "Nested one level deeper than allowed.",
            br#"{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}"#,
        ),
        ("twice-deep", "A name twice, deep inside.", br#"[{"y":1,"y":2}]"#),
        ("twice-equal", "A name twice, equal values.", br#"{"y":1,"y":1}"#),
        ("twice-escaped", "A name twice, once spelled with an escape.", br#"{"x":1,"\u0078":1}"#),
        ("twice-empty", "The empty name twice.", br#"{"":1,"":2}"#),
        ("lone-surrogate-in-name", "A lone surrogate in a name.", br#"{"\ud800":1}"#),
        ("byte-ff-in-name", "A byte in a name that is never UTF-8.", b"{\"\xff\":1}"),
    ] {
        add(name, what, &within(inside));
    }
    // Few enough bytes that the token stays below the limit of its length.
    add(
        "depth-1500",
        "Nested to make a reader run out of stack.",
        &within(&[vec![b'['; 1_500], vec![b']'; 1_500]].concat()),
    );
    add("depth-3000-never-closed", "Nested, and never closed.", &within(&[b'['; 3_000]));
    let names: Vec<String> = (0..40).map(|at| format!("\"n{}\":{at}", at % 39)).collect();
    add(
        "twice-among-many",
        "A name twice among forty.",
        &within(format!("{{{}}}", names.join(",")).as_bytes()),
    );
    found
}

/// The values of an object without nested objects, in a list.
fn values(object: &str) -> Vec<u8> {
    let object: serde_json::Value = serde_json::from_str(object).unwrap();
    let values: Vec<_> = object.as_object().unwrap().values().cloned().collect();
    serde_json::to_vec(&values).unwrap()
}
