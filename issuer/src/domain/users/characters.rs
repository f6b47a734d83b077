//! Characters that cannot be seen. In a name they make two users look like one, and some turn the order of the text around
//! them.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Characters without a shape of their own that Unicode does not count as format characters (category Cf): all others of
/// its `Default_Ignorable_Code_Point`, and three that are drawn as blanks.
const INVISIBLE: [(char, char); 13] = [
    // Combining grapheme joiner.
    ('\u{34f}', '\u{34f}'),
    // Hangul fillers.
    ('\u{115f}', '\u{1160}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{ffa0}', '\u{ffa0}'),
    // Khmer inherent vowels.
    ('\u{17b4}', '\u{17b5}'),
    // Mongolian variation selectors; 180E between them is a format character.
    ('\u{180b}', '\u{180f}'),
    // Reserved among the invisible operators, and before the annotation marks.
    ('\u{2065}', '\u{2065}'),
    ('\u{fff0}', '\u{fff8}'),
    // Variation selectors.
    ('\u{fe00}', '\u{fe0f}'),
    // Tags, variation selectors, and what is reserved between them.
    ('\u{e0000}', '\u{e0fff}'),
    // Blanks that are no white space: braille without dots, a note without a head, the khitan filler.
    ('\u{2800}', '\u{2800}'),
    ('\u{1d159}', '\u{1d159}'),
    ('\u{16fe4}', '\u{16fe4}'),
];

/// The first character of `text` that cannot be seen or turns the order of the text around it.
pub(super) fn invisible(text: &str) -> Option<char> {
    text.chars().find(|character| is_invisible(*character))
}

fn is_invisible(character: char) -> bool {
    // What most names are made of.
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    matches!(
        character.general_category(),
        GeneralCategory::Format
            | GeneralCategory::Control
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    ) || INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&character))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Default_Ignorable_Code_Point` of Unicode 17, DerivedCoreProperties.txt.
    const DEFAULT_IGNORABLE: [(u32, u32); 17] = [
        (0xad, 0xad),
        (0x34f, 0x34f),
        (0x61c, 0x61c),
        (0x115f, 0x1160),
        (0x17b4, 0x17b5),
        (0x180b, 0x180f),
        (0x200b, 0x200f),
        (0x202a, 0x202e),
        (0x2060, 0x206f),
        (0x3164, 0x3164),
        (0xfe00, 0xfe0f),
        (0xfeff, 0xfeff),
        (0xffa0, 0xffa0),
        (0xfff0, 0xfff8),
        (0x1bca0, 0x1bca3),
        (0x1d173, 0x1d17a),
        (0xe0000, 0xe0fff),
    ];

    #[test]
    fn everything_that_unicode_lets_a_program_leave_out_is_invisible() {
        for (first, last) in DEFAULT_IGNORABLE {
            for character in (first..=last).filter_map(char::from_u32) {
                assert!(is_invisible(character), "U+{:04X}", u32::from(character));
            }
        }
    }

    #[test]
    fn what_turns_text_around_ends_a_line_or_is_blank_is_invisible() {
        for character in
            "\u{200e}\u{202e}\u{2066}\u{2069}\u{2028}\u{2029}\u{85}\u{7f}\0\u{2800}\u{fffb}".chars()
        {
            assert_eq!(
                invisible(&format!("a{character}b")),
                Some(character),
                "U+{:04X}",
                u32::from(character)
            );
        }
    }

    #[test]
    fn letters_of_all_scripts_marks_digits_and_signs_are_visible() {
        for text in [
            "ada lovelace",
            "Zoë",
            "e\u{301}va",
            "ß",
            "İstanbul",
            "Ольга",
            "Ελένη",
            "田中　太郎",
            "김민수",
            "مريم",
            "שרה",
            "नीलम",
            "ប៊ុន",
            "ᠮᠣᠩᠭᠣᠯ",
            "ო'ნილი",
            "o'neil-7@example.org",
            "a_b.c+d",
            "🙂",
            "⠠⠁⠙⠁",
        ] {
            assert_eq!(invisible(text), None, "{text}");
        }
    }
}
