//! Right-to-left text: PDF draws lines in visual order, readers want the logical one (inverse of UAX #9).

use unicode_bidi::{BidiClass, bidi_class};

/// What a piece of a line means for its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Left,
    Right,
    Number,
    /// A separator that belongs to a number when digits stand on both sides.
    Separator,
    Neutral,
}

fn class_of(text: &str) -> Class {
    let classes = text.chars().map(bidi_class);
    let strongest = |found: Class, class| match (found, class) {
        (Class::Right, _) | (_, BidiClass::R | BidiClass::AL) => Class::Right,
        (Class::Left, _) | (_, BidiClass::L) => Class::Left,
        (Class::Number, _) | (_, BidiClass::EN | BidiClass::AN) => Class::Number,
        (_, BidiClass::CS | BidiClass::ES) => Class::Separator,
        (_, BidiClass::ET) => Class::Separator,
        (found, _) => found,
    };
    classes.fold(Class::Neutral, strongest)
}

/// Letters of right-to-left scripts, and of others.
pub fn count_strong(text: &str) -> (usize, usize) {
    text.chars().fold((0, 0), |(right, left), c| match bidi_class(c) {
        BidiClass::R | BidiClass::AL => (right + 1, left),
        BidiClass::L => (right, left + 1),
        _ => (right, left),
    })
}

/// Whether a line holds right-to-left letters at all. Nothing below U+0590 does.
pub fn has_right_to_left(text: &str) -> bool {
    text.chars().any(|c| c >= '\u{590}' && matches!(bidi_class(c), BidiClass::R | BidiClass::AL))
}

/// Puts the pieces of a line, given from left to right, in reading order.
pub fn to_logical(pieces: &[&str], right_to_left: bool) -> String {
    let mut classes: Vec<Class> = pieces.iter().map(|piece| class_of(piece)).collect();
    join_numbers(&mut classes);
    let mut runs = runs(&classes, right_to_left);
    if right_to_left {
        runs.reverse();
    }
    let mirrored = ordered(pieces, &runs, true);
    let plain = ordered(pieces, &runs, false);
    if misplaced(&plain) < misplaced(&mirrored) { plain } else { mirrored }
}

/// The pieces of the runs in reading order; brackets in what is read from right to left are turned round if they are named by their shape.
fn ordered(pieces: &[&str], runs: &[(std::ops::Range<usize>, bool)], by_shape: bool) -> String {
    let mut out = String::new();
    for (range, reversed) in runs {
        let part = &pieces[range.clone()];
        match (reversed, by_shape) {
            (true, true) => part.iter().rev().for_each(|piece| out.extend(piece.chars().map(mirrored))),
            (true, false) => out.extend(part.iter().rev().copied()),
            (false, _) => out.extend(part.iter().copied()),
        }
    }
    out
}

/// How many brackets open where words end, or close where words begin. Programs disagree: some name a bracket by its shape, some by
/// what it does, and a bracket at the wrong end of its words tells which.
fn misplaced(text: &str) -> usize {
    let chars: Vec<char> = text.chars().collect();
    let apart = |c: char| c.is_whitespace() || mirrored(c) != c || ",.;:!?\"،؛؟".contains(c);
    let wrong = |at: &usize| {
        let free_before = at.checked_sub(1).is_none_or(|before| apart(chars[before]));
        let free_after = chars.get(at + 1).is_none_or(|c| apart(*c));
        match chars[*at] {
            '(' | '[' | '{' | '«' | '‹' => free_after && !free_before,
            ')' | ']' | '}' | '»' | '›' => free_before && !free_after,
            _ => false,
        }
    };
    (0..chars.len()).filter(wrong).count()
}

/// A separator between two digits is part of the number (rule W4); any other is neutral.
fn join_numbers(classes: &mut [Class]) {
    for at in 0..classes.len() {
        if classes[at] == Class::Separator {
            let before = at.checked_sub(1).map(|before| classes[before]);
            let joined = before == Some(Class::Number) && classes.get(at + 1) == Some(&Class::Number);
            classes[at] = if joined { Class::Number } else { Class::Neutral };
        }
    }
}

/// Splits a line into runs in visual order with the direction each is read in (true: from right to left).
fn runs(classes: &[Class], right_to_left: bool) -> Vec<(std::ops::Range<usize>, bool)> {
    let mut runs: Vec<(std::ops::Range<usize>, bool)> = Vec::new();
    let mut at = 0;
    while at < classes.len() {
        let reversed = match classes[at] {
            Class::Right => true,
            Class::Left | Class::Number => false,
            Class::Neutral | Class::Separator => right_to_left,
        };
        let end = run_end(classes, at, right_to_left);
        runs.push((at..end, reversed));
        at = end;
    }
    runs
}

fn run_end(classes: &[Class], start: usize, right_to_left: bool) -> usize {
    let continues: fn(Class) -> bool = match (classes[start], right_to_left) {
        // Words of the embedded direction keep the spaces between them, and what is a number after letters.
        (Class::Left, true) => |class| matches!(class, Class::Left | Class::Number),
        (Class::Number, _) => |class| class == Class::Number,
        (Class::Right, false) => |class| class == Class::Right,
        (Class::Left, false) => |class| matches!(class, Class::Left | Class::Number),
        (Class::Right, true) => |class| class == Class::Right,
        _ => |_| false,
    };
    let mut end = start + 1;
    let mut probe = end;
    while let Some(class) = classes.get(probe) {
        if continues(*class) {
            end = probe + 1;
        } else if *class != Class::Neutral || classes[start] == Class::Number {
            break;
        }
        probe += 1;
    }
    end
}

/// The sign that looks like this one in a mirror (Bidi_Mirrored).
fn mirrored(c: char) -> char {
    match c {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        '}' => '{',
        '<' => '>',
        '>' => '<',
        '«' => '»',
        '»' => '«',
        '‹' => '›',
        '›' => '‹',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logical(visual: &str, right_to_left: bool) -> String {
        let pieces: Vec<String> = visual.chars().map(String::from).collect();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        to_logical(&pieces, right_to_left)
    }

    #[test]
    fn hebrew_is_turned_and_numbers_and_latin_words_are_not() {
        assert_eq!(logical("Rust םע 2024 תנשב", true), "בשנת 2024 עם Rust");
        assert_eq!(logical("REST APIs תעד", true), "דעת REST APIs");
    }

    #[test]
    fn a_telephone_number_scrambled_by_a_right_to_left_line_is_restored() {
        assert_eq!(logical("0172 555 312 1+ ןופלט", true), "טלפון +1 312 555 0172");
    }

    #[test]
    fn brackets_are_mirrored() {
        assert_eq!(logical("(םש)", true), "(שם)");
        assert_eq!(logical("(ףטוש) תילגנא ,(םא תפש) תירבע", true), "עברית (שפת אם), אנגלית (שוטף)");
    }

    #[test]
    fn brackets_that_are_named_by_what_they_do_stay() {
        assert_eq!(logical(")ףטוש( תילגנא ,)םא תפש( תירבע", true), "עברית (שפת אם), אנגלית (שוטף)");
        assert_eq!(logical(")Rust( חותיפ", true), "פיתוח (Rust)");
        assert_eq!(logical("«םולש» רמא", true), "אמר «שלום»");
    }

    #[test]
    fn a_hebrew_word_in_an_english_line_is_turned_in_place() {
        assert_eq!(logical("see םולש here", false), "see שלום here");
    }
}
