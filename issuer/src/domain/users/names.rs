//! What ids, user names and groups may be.
//!
//! There are two rules for each. The strict one holds where one is made. The lenient one holds where one is looked up, so
//! that users, subjects and clients that are older than the strict rule go on.

use unicode_normalization::UnicodeNormalization;

use super::characters::invisible;

/// The longest user name, in bytes after normalisation.
pub const MAX_NAME_BYTES: usize = 128;
const MAX_ID_BYTES: usize = 128;
const MAX_GROUPS: usize = 32;
const MAX_GROUP_BYTES: usize = 64;

/// The rule that a user name breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadName {
    /// Too short or too long: so many bytes.
    #[error("a user name has 1 to 128 bytes; this one has {0}")]
    Length(usize),
    /// White space at an end.
    #[error("a user name has no white space at its beginning or end")]
    WhiteSpace,
    /// A control character.
    #[error("a user name has no control characters")]
    Control,
    /// A character that cannot be seen or turns the text around.
    #[error("a user name has no invisible characters; this one has U+{:04X}", u32::from(*.0))]
    Invisible(char),
}

/// The rule that the groups of a user break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadGroups {
    /// Too many groups.
    #[error("a user is in 32 groups at most; these are {0}")]
    TooMany(usize),
    /// The name of a group is too short or too long: so many bytes.
    #[error("the name of a group has 1 to 64 bytes; one of these has {0}")]
    Length(usize),
    /// The name of a group has a character that is not allowed.
    #[error("the name of a group has no white space, quotation marks, backslashes and control characters")]
    Character,
    /// The name of a group has a character that cannot be seen or turns the text around.
    #[error("the name of a group has no invisible characters; one of these has U+{:04X}", u32::from(*.0))]
    Invisible(char),
    /// A group is named twice.
    #[error("a group is named twice")]
    Doubled,
}

/// The rule that the id of a user or a client breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadId {
    /// Too short or too long: so many bytes.
    #[error("an id has 1 to 128 bytes; this one has {0}")]
    Length(usize),
    /// A character that is not allowed.
    #[error("an id has no control characters, quotation marks and backslashes")]
    Character,
    /// `.` or `..`, which clients take out of addresses (RFC 3986, 5.2.4).
    #[error("an id is not `.` or `..`, which mean a folder in an address")]
    Dots,
    /// White space at an end.
    #[error("an id has no white space at its beginning or end")]
    WhiteSpace,
    /// A character that cannot be seen or turns the text around.
    #[error("an id has no invisible characters; this one has U+{:04X}", u32::from(*.0))]
    Invisible(char),
}

/// Whether there can be such an id. Ids travel in every token and stand in addresses.
///
/// # Errors
/// [`BadId::Length`]; [`BadId::Character`].
pub fn check_id(id: &str) -> Result<(), BadId> {
    if !(1..=MAX_ID_BYTES).contains(&id.len()) {
        return Err(BadId::Length(id.len()));
    }
    let bad = |c: char| c.is_control() || c == '"' || c == '\\';
    if id.contains(bad) { Err(BadId::Character) } else { Ok(()) }
}

/// Whether a new user or client may have this id.
///
/// # Errors
/// [`BadId`].
pub fn check_new_id(id: &str) -> Result<(), BadId> {
    check_id(id)?;
    if matches!(id, "." | "..") {
        return Err(BadId::Dots);
    }
    if id.trim() != id {
        return Err(BadId::WhiteSpace);
    }
    invisible(id).map_or(Ok(()), |character| Err(BadId::Invisible(character)))
}

/// Whether there can be such groups.
///
/// # Errors
/// [`BadGroups`], without the rules for new ones.
pub fn check_groups(groups: &[String]) -> Result<(), BadGroups> {
    if groups.len() > MAX_GROUPS {
        return Err(BadGroups::TooMany(groups.len()));
    }
    for group in groups {
        if !(1..=MAX_GROUP_BYTES).contains(&group.len()) {
            return Err(BadGroups::Length(group.len()));
        }
        if group.contains(|c: char| c.is_control() || c.is_whitespace() || c == '"' || c == '\\') {
            return Err(BadGroups::Character);
        }
    }
    Ok(())
}

/// Whether a user may be put into these groups. They travel in every token.
///
/// # Errors
/// [`BadGroups`].
pub fn check_new_groups(groups: &[String]) -> Result<(), BadGroups> {
    check_groups(groups)?;
    for (position, group) in groups.iter().enumerate() {
        if let Some(character) = invisible(group) {
            return Err(BadGroups::Invisible(character));
        }
        if groups.iter().take(position).any(|earlier| earlier == group) {
            return Err(BadGroups::Doubled);
        }
    }
    Ok(())
}

/// One spelling for each name: NFKC, lower case. For signing in and looking up.
///
/// # Errors
/// [`BadName`], without the rule for new ones.
pub fn normalise_name(name: &str) -> Result<String, BadName> {
    // Bounded before it is touched; normalisation can make a text many times longer.
    if name.len() > MAX_NAME_BYTES {
        return Err(BadName::Length(name.len()));
    }
    if name.trim() != name {
        return Err(BadName::WhiteSpace);
    }
    let name: String = name.nfkc().collect::<String>().to_lowercase().nfkc().collect();
    if !(1..=MAX_NAME_BYTES).contains(&name.len()) {
        return Err(BadName::Length(name.len()));
    }
    if name.trim() != name {
        return Err(BadName::WhiteSpace);
    }
    if name.chars().any(char::is_control) { Err(BadName::Control) } else { Ok(name) }
}

/// The normalised name of a user to be.
///
/// # Errors
/// [`BadName`].
pub fn new_name(name: &str) -> Result<String, BadName> {
    let normalised = normalise_name(name)?;
    let found = invisible(name).or_else(|| invisible(&normalised));
    found.map_or(Ok(normalised), |character| Err(BadName::Invisible(character)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one_name() {
        assert_eq!(new_name("Ada").unwrap(), "ada");
        assert_eq!(new_name("Ａｄａ").unwrap(), "ada");
        assert_eq!(new_name("e\u{301}va").unwrap(), new_name("É\u{0}va".replace('\0', "").as_str()).unwrap());
    }

    #[test]
    fn a_normalised_name_stays_as_it_is() {
        for name in ["ada", "ß", "ﬁ", "İstanbul", "ǅ"] {
            let once = normalise_name(name).unwrap();
            assert_eq!(normalise_name(&once).unwrap(), once);
        }
    }

    #[test]
    fn names_that_could_be_mistaken_for_others_are_refused() {
        for (name, why) in [
            ("", BadName::Length(0)),
            (&"x".repeat(129), BadName::Length(129)),
            // One character that becomes eighteen.
            (&"\u{fdfa}".repeat(9), BadName::Length(297)),
            (" ada", BadName::WhiteSpace),
            ("ada ", BadName::WhiteSpace),
            ("\u{a0}ada", BadName::WhiteSpace),
            ("a\u{0}b", BadName::Control),
            ("a\nb", BadName::Control),
        ] {
            assert_eq!(normalise_name(name), Err(why), "{name:?}");
            assert_eq!(new_name(name), Err(why), "{name:?}");
        }
    }

    #[test]
    fn invisible_characters_are_refused_in_new_names_and_found_in_old_ones() {
        for hidden in
            ['\u{200b}', '\u{202e}', '\u{ad}', '\u{fe0f}', '\u{3164}', '\u{ffa0}', '\u{e0061}', '\u{2800}']
        {
            let name = format!("ad{hidden}a");
            assert_eq!(new_name(&name), Err(BadName::Invisible(hidden)));
            assert!(normalise_name(&name).is_ok(), "{name:?}");
            let id = format!("{hidden}7");
            assert_eq!(check_new_id(&id), Err(BadId::Invisible(hidden)));
            assert_eq!(check_id(&id), Ok(()), "{id:?}");
            let groups = [name];
            assert_eq!(check_new_groups(&groups), Err(BadGroups::Invisible(hidden)));
            assert_eq!(check_groups(&groups), Ok(()));
        }
        assert_eq!(BadName::Invisible('\u{ad}').to_string().split(' ').next_back(), Some("U+00AD"));
    }

    #[test]
    fn ids_that_an_address_or_an_eye_takes_for_another_are_not_made() {
        for (id, why) in [
            (".", BadId::Dots),
            ("..", BadId::Dots),
            (" x", BadId::WhiteSpace),
            ("x\u{3000}", BadId::WhiteSpace),
        ] {
            assert_eq!(check_new_id(id), Err(why), "{id:?}");
            assert_eq!(check_id(id), Ok(()), "{id:?}");
        }
        for id in ["...", "a b", "a/..", "customer-42", "ü", "shop:1", "auth0|5f7c"] {
            assert_eq!(check_new_id(id), Ok(()), "{id:?}");
        }
        for id in ["", "a\"b", "a\\b", "a\nb", &"x".repeat(129)] {
            assert!(check_id(id).is_err() && check_new_id(id).is_err(), "{id:?}");
        }
    }

    #[test]
    fn a_group_is_named_once() {
        let groups = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(check_new_groups(&groups(&["a", "b"])), Ok(()));
        assert_eq!(check_new_groups(&groups(&["a", "b", "a"])), Err(BadGroups::Doubled));
        assert_eq!(check_groups(&groups(&["a", "b", "a"])), Ok(()));
        assert_eq!(check_new_groups(&groups(&["a b"])), Err(BadGroups::Character));
        assert_eq!(check_new_groups(&groups(&[""])), Err(BadGroups::Length(0)));
        let many: Vec<_> = (0..33).map(|number| number.to_string()).collect();
        assert_eq!(check_new_groups(&many), Err(BadGroups::TooMany(33)));
    }
}
