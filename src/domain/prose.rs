//! Prose: how lines that the width of a page had broken go together again, and where sentences end.

use super::fold::is_unspaced;

/// Abbreviations whose point ends no sentence, without it and in small letters. A single letter never ends one.
const ABBREVIATIONS: &[&str] = &[
    "approx", "bzw", "ca", "co", "corp", "dr", "e.g", "ej", "i.e", "inc", "incl", "inkl", "ltd", "m.in", "mio", "mr",
    "mrd", "mrs", "ms", "no", "np", "nr", "prof", "st", "tzw", "u.a", "u.s", "ul", "vs", "z.b",
];

/// Appends the line with which a text goes on: after a space, but not among characters that are written without, nor after the
/// hyphen or slash of a word that goes on.
pub fn append(text: &mut String, line: &str) {
    let mut ends = text.chars().rev();
    let (last, before) = (ends.next(), ends.next());
    if let (Some(last), Some(next)) = (last, line.chars().next()) {
        let in_word = before.is_some_and(char::is_alphanumeric) && next.is_alphanumeric();
        let hyphen = last == '-' && in_word && next.is_lowercase() || last == '/' && in_word;
        let spaceless = is_wide(last) || is_wide(next) || is_unspaced(last) && is_unspaced(next);
        if !(hyphen || spaceless || last.is_whitespace()) {
            text.push(' ');
        }
    }
    text.push_str(line);
}

/// Characters of Chinese and Japanese, and the full-width signs among them.
fn is_wide(c: char) -> bool {
    matches!(c as u32, 0x2E80.. if is_unspaced(c)) || matches!(c as u32, 0xFF01..=0xFF65)
}

/// How much room a text takes on its line, in letters; a Chinese character takes that of two.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// A sign that ends a sentence, of any script.
pub fn is_full_stop(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '．' | '｡' | '؟' | '۔' | '।' | '։')
}

/// Does the text end where a sentence does? Quotation marks and brackets may stand behind its full stop.
pub fn ends_sentence(text: &str) -> bool {
    let closing = |c: char| c.is_whitespace() || ")]”’\"'»“」』）".contains(c);
    text.trim_end_matches(closing).ends_with(is_full_stop)
}

/// The sentences of a text, with their final signs; a line ends one too.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(sentences_of_line).map(str::trim).filter(|sentence| !sentence.is_empty())
}

fn sentences_of_line(line: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = line;
    while let Some(end) = rest.char_indices().find_map(|(at, c)| end_at(rest, at, c)) {
        let (sentence, next) = rest.split_at(end);
        out.push(sentence);
        rest = next;
    }
    out.push(rest);
    out
}

/// Where the sentence ends whose full stop stands at `at`; `None` if it is none.
fn end_at(text: &str, at: usize, stop: char) -> Option<usize> {
    let end = at + stop.len_utf8();
    if matches!(stop, '。' | '！' | '？' | '｡') {
        return Some(end);
    }
    let rest = text.get(end..)?;
    let next = rest.trim_start().chars().next()?;
    let begins = !next.is_lowercase() && (next.is_alphanumeric() || "“„\"«¿¡(".contains(next));
    let ends = is_full_stop(stop) && rest.starts_with(char::is_whitespace) && begins;
    (ends && !(stop == '.' && is_abbreviation(&text[..at]))).then_some(end)
}

/// Is the last word of the text an abbreviation once a point follows?
fn is_abbreviation(text: &str) -> bool {
    let word = text.rsplit(|c: char| c.is_whitespace() || "(/".contains(c)).next().unwrap_or_default().to_lowercase();
    let single = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    single || ABBREVIATIONS.contains(&word.as_str())
}

/// The beginning of a text that has at most so many bytes: its whole sentences, or words if the first sentence is too long.
pub fn beginning(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let ends = sentences_of_line(text).into_iter().scan(0, |end, sentence| {
        *end += sentence.len();
        Some(*end)
    });
    let cut = &text[..text.floor_char_boundary(bytes)];
    let words = cut.rfind(char::is_whitespace).filter(|at| *at > 0).unwrap_or(cut.len());
    cut[..ends.take_while(|end| *end <= cut.len()).last().unwrap_or(words)].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(lines: &[&str]) -> String {
        let mut text = String::new();
        lines.iter().for_each(|line| append(&mut text, line));
        text
    }

    #[test]
    fn lines_go_together_as_their_script_is_written() {
        for (lines, expected) in [
            (["retiring 7", "legacy services"], "retiring 7 legacy services"),
            (["a cross-", "functional team"], "a cross-functional team"),
            (["2019 -", "now"], "2019 - now"),
            (["CI/", "CD"], "CI/CD"),
            (["成果を出すことを大", "切にしています。"], "成果を出すことを大切にしています。"),
            (["使用Salesforce", "和Go"], "使用Salesforce和Go"),
            (["（高い", "）評価"], "（高い）評価"),
            (["팀을", "이끌었다"], "팀을 이끌었다"),
            (["", "x"], "x"),
        ] {
            assert_eq!(joined(&lines), expected);
        }
    }

    #[test]
    fn sentences_end_at_full_stops_and_not_at_abbreviations() {
        let of = |text| sentences(text).collect::<Vec<_>>();
        assert_eq!(of("Built it. Ran it for 2.5 years.\nSold it"), ["Built it.", "Ran it for 2.5 years.", "Sold it"]);
        assert_eq!(of("Verträge über 60 Mio. €. Danach mehr."), ["Verträge über 60 Mio. €.", "Danach mehr."]);
        assert_eq!(of("Tools, e.g. Kafka, in approx. 7 days"), ["Tools, e.g. Kafka, in approx. 7 days"]);
        assert_eq!(of("設計しました。運用しました。"), ["設計しました。", "運用しました。"]);
        assert_eq!(of("Why? Because!"), ["Why?", "Because!"]);
    }

    #[test]
    fn ends_of_sentences_are_known_in_many_scripts() {
        for text in ["done.", "done.”", "ました。", "किया।", "لماذا؟", "(really!)"] {
            assert!(ends_sentence(text), "{text}");
        }
        for text in ["retiring 7", "", "a, b,"] {
            assert!(!ends_sentence(text), "{text}");
        }
    }

    #[test]
    fn a_beginning_has_whole_sentences_or_words() {
        assert_eq!(beginning("One two. Three four. Five", 21), "One two. Three four.");
        assert_eq!(beginning("One two three", 9), "One two");
        assert_eq!(beginning("One", 9), "One");
        assert_eq!(beginning("日本語", 4), "日");
    }
}
