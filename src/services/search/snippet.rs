//! The part of a passage that is shown: the one that says most of what was asked for.

use std::collections::HashSet;

use crate::domain::fold::{fold, is_unspaced, words};
use crate::domain::prose::{append, width};

/// Characters of a snippet.
const LENGTH: usize = 300;
/// Words of a query that are looked for.
const WORDS: usize = 32;
/// Bytes from one beginning that is tried to the next, at least: what a text says takes bounded time to find, whatever its signs.
const APART: usize = 30;
/// A shorter line ends where its author wanted; where a longer one goes on, a script without spaces needs none.
const FULL: usize = 60;

/// At most 300 characters of a text, and an ellipsis where it was cut. It begins at the sentence or line from which on most of the
/// words of `query` occur; at the beginning if none does.
pub fn snippet(text: &str, query: &str) -> String {
    let text = unwrapped(text);
    let asked = fold(query);
    let asked = asked_words(&asked);
    let said = |window: &str| {
        let window = fold(window);
        let heard: HashSet<&str> = words(&window).collect();
        let says = |word: &str| heard.contains(word) || word.contains(is_unspaced) && window.contains(word);
        asked.iter().filter(|word| says(word)).count()
    };
    let mut best = ("", 0);
    for start in starts(&text) {
        let window = clipped(text[start..].trim_start());
        let count = said(window);
        if best.0.is_empty() || count > best.1 {
            best = (window, count);
        }
    }
    framed(&text, best.0)
}

fn asked_words(folded: &str) -> HashSet<&str> {
    words(folded).filter(|word| word.chars().count() > 1).take(WORDS).collect()
}

/// Where a snippet may begin: at the beginning, and after the signs that end a sentence or an entry.
fn starts(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    for (at, sign) in text.match_indices(['.', ';', '•', '|']) {
        let start = at + sign.len();
        if starts.last().is_none_or(|last| start >= last + APART) {
            starts.push(start);
        }
    }
    starts
}

/// The text as one line.
fn unwrapped(text: &str) -> String {
    let mut out = String::new();
    let mut wraps = false;
    for line in text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")) {
        match wraps {
            true => append(&mut out, &line),
            false if out.is_empty() || line.is_empty() => out.push_str(&line),
            false => {
                out.push(' ');
                out.push_str(&line);
            }
        }
        wraps = width(&line) >= FULL;
    }
    out
}

/// The first characters of a text, to the end of a word if there is one.
fn clipped(text: &str) -> &str {
    let Some((end, _)) = text.char_indices().nth(LENGTH) else { return text };
    let cut = &text[..end];
    let word = cut.rfind(' ').filter(|_| !text[end..].starts_with(' '));
    word.map_or(cut, |end| &cut[..end])
}

fn framed(text: &str, part: &str) -> String {
    let before = if text.starts_with(part) { "" } else { "… " };
    let after = if text.ends_with(part) { "" } else { " …" };
    format!("{before}{part}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_passage_is_shown_whole() {
        assert_eq!(snippet(" Ann Cook\n\nPastry  chef. ", "bread"), "Ann Cook Pastry chef.");
        assert_eq!(snippet("", "bread"), "");
    }

    #[test]
    fn a_word_that_the_page_broke_is_whole() {
        let text = "田中 花子\nデータアナリスト\n品質と効率を重視し、システム開発に従事し、チームで成果を出すことを大\n切にしています。";
        assert_eq!(
            snippet(text, "x"),
            "田中 花子 データアナリスト 品質と効率を重視し、システム開発に従事し、チームで成果を出すことを大切にしています。"
        );
    }

    #[test]
    fn of_a_long_one_the_part_that_says_what_was_asked() {
        let text =
            format!("{}Tuned PostgreSQL replication. {}", "Baked bread every day. ".repeat(30), "Sold it. ".repeat(60));
        let found = snippet(&text, "postgresql REPLICATION");
        assert!(
            found.starts_with("… ") && found.ends_with(" …") && found.contains("PostgreSQL replication"),
            "{found}"
        );
        assert!(found.chars().count() <= LENGTH + 4);
        assert!(snippet(&text, "nothing of this").starts_with("Baked bread"));
    }

    #[test]
    fn many_signs_and_many_words_are_bounded_work() {
        assert!(starts(&"a.".repeat(10_000)).len() <= 20_000 / APART + 1);
        let query: String = (0..200).map(|n| format!("word{n} ")).collect();
        assert_eq!(asked_words(&query).len(), WORDS);
    }

    #[test]
    fn scripts_without_spaces_are_searched_and_cut_at_characters() {
        let text = format!("{}.数据库管理员", "面包师".repeat(200));
        assert!(snippet(&text, "数据库").contains("数据库管理员"));
        assert!(snippet(&text, "").chars().count() <= LENGTH + 4);
    }
}
