use super::*;
use alloc::format;
use proptest::prelude::*;
use std::string::ToString;

fn member(text: &str) -> Result<Value<'_>, Fault> {
    let mut object = parse_object(text.as_bytes())?;
    Ok(object.members.remove(0).1)
}

#[test]
fn whole_numbers_are_kept_exactly_and_others_are_not_taken_for_them() {
    assert_eq!(member(r#"{"a":0}"#), Ok(Value::Integer(0)));
    assert_eq!(member(r#"{"a":9007199254740991}"#), Ok(Value::Integer(MAX_INTEGER)));
    for text in ["9007199254740992", "-1", "-0", "1.0", "1e3", "1E+3", "99999999999999999999999999"] {
        assert_eq!(member(&format!(r#"{{"a":{text}}}"#)), Ok(Value::OtherNumber), "{text}");
    }
}

#[test]
fn what_is_not_json_is_refused() {
    for text in [
        "",
        " ",
        "[]",
        "null",
        "\"a\"",
        "{",
        "}",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":1}{}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":5.}",
        "{\"a\":1e}",
        "{\"a\":-}",
        "{\"a\":NaN}",
        "{\"a\":tru}",
        "{\"a\":'b'}",
        "{a:1}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"b}",
        "{\"a\":[1}",
        "{\"a\":1]",
        "\u{feff}{\"a\":1}",
        "{\"a\":1}\0",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\ud800\\u0041\"}",
        "{\"a\":\"\\u00\"}",
        "{/**/}",
    ] {
        assert!(parse_object(text.as_bytes()).is_err(), "{text:?}");
    }
    assert_eq!(parse_object(b"{\"a\":\"\xff\"}"), Err("is not UTF-8"));
    assert_eq!(parse_object(b"{\"a\":\"\xed\xa0\x80\"}"), Err("is not UTF-8"));
}

#[test]
fn a_name_given_twice_is_refused_at_every_level_and_however_it_is_spelled() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"x":{"a":1,"b":2,"a":3}}"#,
        r#"{"x":[{"":1,"":2}]}"#,
    ] {
        assert_eq!(parse_object(text.as_bytes()), Err("names a member twice"), "{text}");
    }
    let many: Vec<String> = (0..40).map(|n| format!("\"m{n}\":{n}")).collect();
    assert!(parse_object(format!("{{{}}}", many.join(",")).as_bytes()).is_ok());
    let doubled = format!("{{{},\"m7\":0}}", many.join(","));
    assert_eq!(parse_object(doubled.as_bytes()), Err("names a member twice"));
}

#[test]
fn nesting_ends_at_the_eighth_level() {
    let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    assert!(parse_object(nested(8).as_bytes()).is_ok());
    assert_eq!(parse_object(nested(9).as_bytes()), Err("is nested too deeply"));
    assert!(parse_object(nested(100_000).as_bytes()).is_err());
}

#[test]
fn escapes_mean_what_they_say() {
    let text = r#"{"a":"\"\\\/\b\f\n\r\t\u0041\u00e9\ud83e\udd5b!"}"#;
    assert_eq!(member(text), Ok(Value::Text("\"\\/\u{8}\u{c}\n\r\tAé🥛!".into())));
    assert_eq!(member(r#"{"a":"\u0000"}"#), Ok(Value::Text("\0".into())));
}

#[test]
fn what_is_too_deep_for_any_document_of_ours_still_has_to_be_json() {
    for inner in ["[1,]", "[[1 2]]", "[\"\u{7}\"]", r#"[{"b":1,"b":2}]"#, "[nul]", "[01]"] {
        let text = format!("[[[{inner}]]]");
        assert!(member(&format!(r#"{{"a":{text}}}"#)).is_err(), "{text}");
    }
    assert!(member(r#"{"a":[[[[1,[2],{"b":[3]}]]]]}"#).is_ok());
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".*".prop_map(|text: String| text.into()),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map(".{0,4}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The same value at that depth, apart from arrays so deep that nobody looks into them.
fn same(ours: &Value<'_>, theirs: &serde_json::Value, depth: u32) -> bool {
    use serde_json::Value as Theirs;
    match (ours, theirs) {
        (Value::Null, Theirs::Null) | (Value::Bool, Theirs::Bool(_)) => true,
        (Value::Integer(number), Theirs::Number(_)) => theirs.as_u64() == Some(*number),
        (Value::OtherNumber, Theirs::Number(_)) => theirs.as_u64().is_none_or(|number| number > MAX_INTEGER),
        (Value::Text(text), Theirs::String(other)) => text == other,
        (Value::Array(items), Theirs::Array(_)) if depth > MAX_KEPT_DEPTH => items.is_empty(),
        (Value::Array(items), Theirs::Array(others)) => {
            items.len() == others.len()
                && items.iter().zip(others).all(|(item, other)| same(item, other, depth + 1))
        }
        (Value::Object(object), Theirs::Object(map)) => {
            object.len() == map.len()
                && object
                    .members
                    .iter()
                    .all(|(name, value)| map.get(name.as_ref()).is_some_and(|v| same(value, v, depth + 1)))
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn it_reads_what_serde_json_writes(value in any_json()) {
        let text = serde_json::json!({ "a": value }).to_string();
        let ours = member(&text).unwrap();
        prop_assert!(same(&ours, &value, 2));
    }

    #[test]
    fn it_accepts_nothing_that_serde_json_refuses(text in r#"\{("a"|"b"|:|,|\[|\]|\{|\}|1|0|-|\.|e|"\\u00|"|true| |\\){0,12}\}"#) {
        if parse_object(text.as_bytes()).is_ok() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_object(&bytes);
    }
}
