//! Telling titles of jobs from names of employers, and headers of entries from prose.

use super::lexicon::{COMPANY, INSTITUTION, ROLE, key};
use super::lines::Line;
use super::places::{cut_place, is_legal_form};

/// How much more a text looks like an employer (positive) than like a title (negative).
pub fn lean(text: &str) -> i32 {
    let key = key(text);
    let hits = |n: usize| i32::try_from(n.min(3)).unwrap_or(0);
    let legal = text
        .split([' ', ',', '\t'])
        .any(|word| word.chars().count() >= 2 && is_legal_form(word) && starts_upper_or_caseless(word));
    let unspaced_legal =
        ["株式会社", "有限公司", "公司", "集团", "주식회사", "㈱"].iter().any(|form| text.contains(form));
    // What a title is of stands at its end ("High School Teacher") or at its beginning ("Chef de projet").
    let title_at = |word: Option<&str>| i32::from(word.is_some_and(|word| ROLE.has(word)));
    let ends = 2 * title_at(key.rsplit(' ').next()) + title_at(key.split(' ').next());
    2 * hits(COMPANY.hits(&key)) + 3 * i32::from(legal || unspaced_legal) + i32::from(INSTITUTION.has(&key))
        - 2 * hits(ROLE.hits(&key))
        - ends
}

fn starts_upper_or_caseless(word: &str) -> bool {
    word.chars().next().is_some_and(|c| !c.is_lowercase())
}

/// Prose rather than a title: a full stop at the end, a small first letter, or many words.
pub fn is_prose(text: &str) -> bool {
    let words = text.split_whitespace().count();
    let lower = text.chars().next().is_some_and(char::is_lowercase);
    let stop = text.ends_with(['.', '。', '!', ';', ':', ',']) && !ends_in_legal_form(text);
    stop || words > 12 || text.chars().count() > 110 || (lower && words > 1 && !ends_in_legal_form(text))
}

/// "Sp. z o.o." has three words.
fn ends_in_legal_form(text: &str) -> bool {
    let words: Vec<&str> = text.split([' ', ',']).collect();
    (1..=words.len().min(3)).any(|n| is_legal_form(&words[words.len() - n..].join(" ")))
}

/// May the line be part of an entry's header?
pub fn may_head(line: &Line) -> bool {
    !line.bullet && !is_prose(&line.text)
}

/// Does the line look like an employer, with or without a place?
pub fn names_employer(text: &str) -> bool {
    lean(text) > 0 || cut_place(text, false).1.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn employers_and_titles_lean_to_different_sides() {
        for employer in [
            "Juniper Vault GmbH",
            "Saffron Ridge Bank",
            "Źródło Danych Sp. z o.o.",
            "株式会社サンプル技研",
            "شركة المثال للتقنية",
            "Flußtal Maschinenbau GmbH",
        ] {
            assert!(lean(employer) > 0, "{employer}");
        }
        for title in [
            "Data Analyst",
            "Główna księgowa",
            "Jefa de compañía logística",
            "Qualitätsprüfer",
            "مهندسة برمجيات",
            "产品经理",
            "Chargée d’études",
            "High School Teacher",
        ] {
            assert!(lean(title) < 0, "{title}");
        }
    }

    #[test]
    fn prose_is_told_from_headers() {
        assert!(is_prose("Led a team of five and built the payment service in Go."));
        assert!(is_prose("services and other things"));
        assert!(!is_prose("Bluefin Freight Co."));
        assert!(!is_prose("Źródło Danych Sp. z o.o."));
    }
}
