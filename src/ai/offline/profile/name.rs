//! The name: which of the first lines is a person's.

use super::contacts::{labelled, pieces};
use super::lexicon::{FURNITURE, HEADINGS, LABELS, ROLE, TECHNICAL, key, skill_key};
use super::lines::Line;
use super::places::{is_known_place, parts};
use crate::domain::fold::{fold, is_unspaced, words};

/// The name: a labelled one, else the likeliest of the first lines, else the line that agrees with the e-mail address.
pub fn name(region: &[&Line], all: &[&Line], email: Option<&str>) -> Option<String> {
    let label =
        region.iter().filter_map(|line| labelled(&line.text)).find(|(kind, value)| *kind == "name" && is_name(value));
    if let Some((_, value)) = label {
        return Some(value.to_owned());
    }
    let head = region.iter().take(12).enumerate().filter_map(|(row, line)| scored(&line.text, row, email));
    let best = head.max_by_key(|(score, _)| *score).filter(|(score, _)| *score > 0);
    if let Some((score, name)) = best.filter(|(score, _)| *score >= AGREES || email.is_none() || *score > 20) {
        let better = (score < AGREES).then(|| agreeing(all, email)).flatten();
        return Some(better.unwrap_or(name));
    }
    agreeing(all, email)
}

/// Weight of a name that agrees with the e-mail address.
const AGREES: usize = 100;

fn agreeing(all: &[&Line], email: Option<&str>) -> Option<String> {
    all.iter()
        .take(400)
        .filter_map(|line| scored(&line.text, 30, email))
        .find(|(score, _)| *score >= AGREES)
        .map(|(_, name)| name)
}

/// A candidate for the name and its weight: earlier lines and agreement with the e-mail address weigh more.
fn scored(text: &str, row: usize, email: Option<&str>) -> Option<(usize, String)> {
    let piece = pieces(text).map(without_title).find(|piece| is_name(piece))?;
    let agreement = email.map_or(0, |email| agreement(piece, email));
    Some((40_usize.saturating_sub(row * 2) + agreement * AGREES / 2, piece.to_owned()))
}

/// 2: at least two words of the name stand in the address; 1: one of four letters or more does.
fn agreement(name: &str, email: &str) -> usize {
    let local = fold(email.split('@').next().unwrap_or(""));
    let letters: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
    let folded = fold(name);
    let hits = words(&folded)
        .filter(|word| word.chars().count() >= 2 && (letters.contains(*word) || letters.contains(&umlauts(word))))
        .count();
    let long = words(&folded).any(|word| word.chars().count() >= 4 && letters.contains(word));
    if hits >= 2 { 2 } else { usize::from(long) }
}

/// How German addresses write what folding made plain.
fn umlauts(word: &str) -> String {
    word.replace('a', "ae").replace('o', "oe").replace('u', "ue")
}

fn without_title(piece: &str) -> &str {
    let mut name = piece.trim();
    for head in [
        "Curriculum Vitae",
        "CURRICULUM VITAE",
        "Lebenslauf",
        "Resume of",
        "Resume",
        "CV",
        "Dr.",
        "Prof.",
        "Mr.",
        "Mrs.",
        "Ms.",
        "Herr ",
        "Frau ",
    ] {
        name = name.strip_prefix(head).map_or(name, |rest| rest.trim_start_matches([':', '–', '-', ' ']));
    }
    let titles = ["PhD", "Ph.D.", "MBA", "MD", "M.D.", "PMP", "CPA", "RN", "M.Sc.", "B.Sc.", "Esq."];
    match parts(name).as_slice() {
        [first, rest @ ..] if !rest.is_empty() && rest.iter().all(|part| titles.contains(part)) => first,
        _ => name,
    }
}

/// Has the text the form of a person's name? Two to five capitalised words, or two to eight letters of Han and kana.
fn is_name(text: &str) -> bool {
    let length = text.chars().count();
    if !(2..=60).contains(&length) || text.chars().any(|c| !(c.is_alphabetic() || c.is_whitespace() || is_name_sign(c)))
    {
        return false;
    }
    let name = key(text);
    let listed = HEADINGS.contains_key(&name)
        || FURNITURE.contains(&name)
        || LABELS.contains_key(&name)
        || TECHNICAL.contains_key(&skill_key(text));
    if listed || ROLE.has(&name) || is_known_place(text) {
        return false;
    }
    let first = text.chars().next().unwrap_or(' ');
    if is_unspaced(first) || ('\u{ac00}'..='\u{d7af}').contains(&first) {
        return length <= 12 && text.split_whitespace().count() <= 3;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let particle = |word: &str| {
        matches!(
            word,
            "de" | "del"
                | "della"
                | "di"
                | "da"
                | "dos"
                | "das"
                | "do"
                | "la"
                | "le"
                | "van"
                | "von"
                | "der"
                | "den"
                | "ter"
                | "ten"
                | "zu"
                | "y"
                | "e"
                | "al"
                | "el"
                | "bin"
                | "ibn"
                | "af"
                | "av"
                | "du"
                | "des"
                | "st"
        )
    };
    let capital =
        |word: &str| word.chars().find(|c| c.is_alphabetic()).is_some_and(|c| c.is_uppercase() || !c.is_lowercase());
    (2..=6).contains(&words.len()) && words.iter().all(|word| capital(word) || particle(word)) && capital(words[0])
}

fn is_name_sign(c: char) -> bool {
    matches!(c, '-' | '\'' | '’' | '.' | '‐' | '‑' | '·' | '・' | '"' | '״' | '׳' | '\u{64b}'..='\u{652}' | '\u{300}'..='\u{36f}')
}
