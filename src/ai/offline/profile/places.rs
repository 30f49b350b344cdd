//! Places: telling "Austin, TX" from a name, and cutting it off the end of an employer's line.

use super::lexicon::{CITIES, COMPANY, LEGAL, PLACE_SUFFIXES, REGION_CODES, REGIONS, ROLE, STREET, key};
use crate::domain::fold::is_unspaced;

/// Signs that separate the parts of a list or an address in any script.
pub const COMMAS: [char; 4] = [',', '，', '،', '、'];

/// How sure it is that a piece of text is a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    No,
    /// It has the form of a place: one to three capitalised words, no word of another kind.
    Possible,
    /// A city, country or state of the lexicon, or a code of one with or without a postal code.
    Known,
}

/// Judges one part between commas.
pub fn place(part: &str) -> Sureness {
    let part = part.trim().trim_matches(['(', ')', '.']).trim();
    if part.is_empty() || part.chars().count() > 40 {
        return Sureness::No;
    }
    let letters = part.trim_matches(|c: char| c.is_ascii_digit() || c == '-' || c.is_whitespace());
    let name = key(letters);
    if name.is_empty() {
        return Sureness::No;
    }
    if REGION_CODES.contains(letters) || REGIONS.contains(&name) || CITIES.contains(&name) || is_unspaced_place(part) {
        return Sureness::Known;
    }
    if looks_like_place(letters, &name) { Sureness::Possible } else { Sureness::No }
}

fn is_unspaced_place(part: &str) -> bool {
    let length = part.chars().count();
    let script = part.chars().next().is_some_and(|c| is_unspaced(c) || ('\u{ac00}'..='\u{d7af}').contains(&c));
    script
        && (2..=14).contains(&length)
        && !COMPANY.has(&key(part))
        && PLACE_SUFFIXES.iter().any(|suffix| part.ends_with(suffix))
}

fn looks_like_place(part: &str, key: &str) -> bool {
    let mut words = part.split_whitespace();
    let capital =
        |word: &str| word.chars().next().is_some_and(|c| c.is_uppercase() || (c.is_alphabetic() && !c.is_lowercase()));
    let particle = |word: &str| {
        matches!(
            word,
            "de" | "del"
                | "la"
                | "el"
                | "am"
                | "an"
                | "der"
                | "upon"
                | "sur"
                | "of"
                | "do"
                | "da"
                | "los"
                | "las"
                | "di"
                | "nad"
                | "na"
                | "en"
                | "le"
                | "les"
        )
    };
    let shaped = words.clone().count() <= 4 && capital(part) && words.all(|word| capital(word) || particle(word));
    shaped
        && !part.contains(|c: char| c.is_ascii_digit() || "&@:/|+#".contains(c))
        && !COMPANY.has(key)
        && !ROLE.has(key)
        && !part.split_whitespace().any(is_legal_form)
}

/// Splits at commas, keeping a legal form with the name before it: "Quarrylight Media, Inc." is one part.
pub fn parts(text: &str) -> Vec<&str> {
    let mut out: Vec<&str> = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    for (at, c) in text.char_indices().chain([(text.len(), ',')]) {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            c if COMMAS.contains(&c) && (depth == 0 || at == text.len()) => {
                let part = text[start..at].trim();
                match out.last_mut() {
                    Some(last) if is_legal_form(part) => *last = text[offset(text, last)..at].trim(),
                    _ if part.is_empty() => {}
                    _ => out.push(part),
                }
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    out
}

/// Where `part`, a slice of `text`, begins in it.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// "Inc.", "Ltd.", "S.A.": a form of company and nothing else.
pub fn is_legal_form(part: &str) -> bool {
    part.chars().count() <= 12 && LEGAL.contains(&key(part)) && !REGION_CODES.contains(part)
}

/// Cuts a place off the end: ("Juniper Vault GmbH", Some("Boston, Massachusetts")). With `eager`, a part after a comma that only looks
/// like a place counts, and so does a known city that stands without comma at the end.
pub fn cut_place(text: &str, eager: bool) -> (&str, Option<&str>) {
    let text = text.trim();
    let parts = parts(text);
    let mut keep = parts.len();
    let mut sure = Sureness::No;
    while keep > 1 {
        let judged = place(parts[keep - 1]);
        // A city may be unknown if a known state or country follows, or if the line is known to end in a place.
        let taken = judged == Sureness::Known
            || (judged == Sureness::Possible && (sure == Sureness::Known || (eager && keep + 1 >= parts.len())));
        if !taken {
            break;
        }
        sure = sure.max(judged);
        keep -= 1;
    }
    let Some(last) = parts.get(keep.wrapping_sub(1)) else {
        return (text, None);
    };
    let end = offset(text, last) + last.len();
    let comma_cut = keep < parts.len();
    // "Freight Co. Seattle, WA": the cut took a state or country, and its city stands before the comma.
    let cut_city = parts[keep..]
        .iter()
        .any(|part| CITIES.contains(&key(part)) || place(part) == Sureness::Possible || is_unspaced_place(part));
    let city = (!cut_city && (eager || comma_cut)).then(|| trailing_city(last, comma_cut)).flatten();
    match city {
        Some(at) => (text[..offset(text, last) + at].trim(), Some(text[offset(text, last) + at..].trim())),
        None if comma_cut => (text[..end].trim(), Some(text[offset(text, parts[keep])..].trim())),
        None => (text, None),
    }
}

/// Where a city begins that ends `part` without a comma before it: "Bluefin Freight Co. Seattle". After a state or country
/// (`guess`) an unknown last word is taken for a city if a legal form or a word of organisations stands before it.
fn trailing_city(part: &str, guess: bool) -> Option<usize> {
    let starts: Vec<usize> = part.split_whitespace().map(|word| offset(part, word)).collect();
    let of = |word: &str| {
        matches!(
            word,
            "of" | "de"
                | "du"
                | "des"
                | "di"
                | "da"
                | "do"
                | "von"
                | "van"
                | "in"
                | "zu"
                | "w"
                | "&"
                | "and"
                | "und"
                | "y"
                | "et"
                | "the"
        )
    };
    let before = |at: usize| part[..at].trim_end().rsplit(' ').next().unwrap_or("");
    let is_city = |at: usize| CITIES.contains(&key(&part[at..])) || is_unspaced_place(&part[at..]);
    let known = (1..starts.len()).find(|i| is_city(starts[*i]) && !of(before(starts[*i])));
    if known.is_some() || !guess {
        return known.map(|i| starts[i]);
    }
    let last = *starts.last().filter(|_| starts.len() >= 2)?;
    let ends_name = |at: usize| is_legal_form(before(at)) || COMPANY.has(&key(before(at)));
    (ends_name(last) && place(&part[last..]) >= Sureness::Possible).then_some(last)
}

/// Are all parts known places: "Toronto, ON, Canada", "10115 Berlin", "東京都千代田区"?
pub fn is_known_place(text: &str) -> bool {
    let parts = parts(text);
    (1..=4).contains(&parts.len()) && parts.iter().all(|part| place(part) == Sureness::Known)
}

/// A known place, or an unknown one before a known country or state: "Pcim, Polska".
pub fn is_place(text: &str) -> bool {
    let parts = parts(text);
    let unknown_town = parts.len() <= 3 && parts.len() >= 2 && place(parts[0]) == Sureness::Possible;
    let rest_known = || parts[1..].iter().all(|part| place(part) == Sureness::Known && !CITIES.contains(&key(part)));
    is_known_place(text) || (unknown_town && rest_known())
}

/// Has the text the form of a street address?
pub fn is_street(text: &str) -> bool {
    text.contains(|c: char| c.is_numeric()) && STREET.has(&key(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_cut_off_the_end_of_an_employer() {
        for (line, wanted) in [
            ("Juniper Vault GmbH, Boston, Massachusetts", "Juniper Vault GmbH"),
            ("Quarrylight Media, Inc., Columbus, OH 43215", "Quarrylight Media, Inc."),
            ("Greyhollow School District Toronto, ON, Canada", "Greyhollow School District"),
            ("Bluefin Freight Co. Seattle, WA", "Bluefin Freight Co."),
            ("Wrzos Logistyka S.A., Łódź, Polska", "Wrzos Logistyka S.A."),
            ("Wrzos Logistyka S.A., Pcim", "Wrzos Logistyka S.A."),
            ("مجموعة النخيل, عمّان، الأردن", "مجموعة النخيل"),
            ("みほん物産株式会社, 大阪府大阪市", "みほん物産株式会社"),
            ("Acme Corp, Smallville, KS", "Acme Corp"),
            ("Office & Field Supplies Ltd.", "Office & Field Supplies Ltd."),
            ("Bank of Boston", "Bank of Boston"),
        ] {
            assert_eq!(cut_place(line, true).0, wanted, "{line}");
        }
    }

    #[test]
    fn without_eagerness_only_known_places_are_cut() {
        assert_eq!(cut_place("Engineer, Fluxwright", false), ("Engineer, Fluxwright", None));
        assert_eq!(cut_place("Engineer, Berlin", false), ("Engineer", Some("Berlin")));
    }

    #[test]
    fn places_are_recognised_whole() {
        for text in [
            "Toronto, ON, Canada",
            "Columbus, OH 43215",
            "Łódź, Polska",
            "東京都千代田区",
            "10115 Berlin",
            "القاهرة، مصر",
            "Boston, Massachusetts",
        ] {
            assert!(is_place(text), "{text}");
        }
        for text in ["Jane Example", "Data Analyst", "Finance, Controlling", "Acme Widgets, Boston, Massachusetts", ""]
        {
            assert!(!is_place(text), "{text}");
        }
    }
}
