//! The last touch on extracted text: one form of letters, spaces, bullets and line ends, words joined again.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

/// Normalises text: NFC, ligatures and presentation forms resolved, no control characters but `\n` and `\t`, bullets
/// as "• ", hyphenated words joined, at most one empty line in a row.
pub fn tidy(raw: &str) -> String {
    let clean: String = raw.chars().flat_map(resolve).nfc().collect();
    let lines: Vec<String> = clean.split('\n').map(tidy_line).collect();
    let lines = join_words(join_bullets(lines));
    let mut out = String::with_capacity(clean.len());
    for line in lines.iter().map(|line| line.trim_end()) {
        if line.is_empty() && (out.is_empty() || out.ends_with("\n\n")) {
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// The characters that stand for one character of a document.
fn resolve(c: char) -> impl Iterator<Item = char> {
    let compatible = matches!(c, '\u{fb00}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' | '\u{132}'..='\u{133}' | '\u{2f00}'..='\u{2fd5}' | '\u{2e80}'..='\u{2eff}');
    let single = match c {
        _ if compatible => None,
        '\n' | '\t' | '\u{ad}' => Some(c),
        '\r' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}' | '\u{85}' => Some('\n'),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        '\u{2010}' | '\u{2011}' => Some('-'),
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffd}' => Some('\0'),
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. => Some(PRIVATE),
        other => Some(other),
    };
    let direct = single.filter(|c| !c.is_control() || matches!(c, '\n' | '\t'));
    let decomposed = compatible.then(|| std::iter::once(c).nfkc()).into_iter().flatten();
    direct.into_iter().chain(decomposed)
}

/// Stands for any character of private use until its place in the line is known.
const PRIVATE: char = '\u{f8ff}';

/// Signs that start items of a list when a space follows.
const BULLETS: &str = "•●○◦▪■□▫▸►▶‣⁃∙·➢➤➔✓✔✦❖◆◇⬥⚫\u{2212}–—-*\u{f8ff}";

fn tidy_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let trimmed = line.trim();
    let mut rest = trimmed.chars();
    let after_bullet = rest.next().filter(|c| BULLETS.contains(*c)).map(|_| rest.as_str());
    let text = match after_bullet {
        Some("") if trimmed != PRIVATE.to_string() && "•●○◦▪■‣∙".contains(trimmed) => {
            out.push('•');
            ""
        }
        Some(after) if after.starts_with(char::is_whitespace) || trimmed.starts_with('•') && !after.is_empty() => {
            out.push_str("• ");
            after.trim_start()
        }
        _ => trimmed,
    };
    let mut gap = None;
    for c in text.chars().filter(|c| *c != PRIVATE) {
        match (c, gap) {
            ('\t', _) => gap = Some('\t'),
            (' ', None) => gap = Some(' '),
            (' ', Some(_)) => {}
            _ => {
                out.extend(gap.take().filter(|_| !out.is_empty() && !out.ends_with(' ')));
                out.push(c);
            }
        }
    }
    out
}

/// A bullet alone on its line belongs to the next one.
fn join_bullets(lines: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(lines.len());
    let mut bullet = false;
    for line in lines {
        if line.trim() == "•" {
            bullet = true;
        } else if bullet && !line.is_empty() {
            out.push(if line.starts_with('•') { line } else { format!("• {line}") });
            bullet = false;
        } else {
            out.push(line);
        }
    }
    out
}

/// Joins words that a line end divides; the rest of the second line stays where it is.
fn join_words(lines: Vec<String>) -> Vec<String> {
    let known: HashSet<String> = lines.iter().flat_map(|line| words(line)).map(str::to_lowercase).collect();
    let mut out: Vec<String> = Vec::with_capacity(lines.len());
    for mut line in lines {
        if let Some(before) = out.last_mut()
            && let Some(joint) = joint(before, &line, &known)
        {
            let end = line.find(char::is_whitespace).unwrap_or(line.len());
            before.truncate(before.trim_end_matches(['-', '\u{ad}']).len());
            before.push_str(joint);
            before.push_str(&line[..end]);
            line = line[end..].trim_start().to_owned();
            if line.is_empty() {
                continue;
            }
        }
        out.push(line);
    }
    out.iter().map(|line| line.replace('\u{ad}', "")).collect()
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || ",.;:()|".contains(c)).filter(|word| !word.is_empty())
}

/// No word is longer, in bytes; without a bound, a hostile file would be joined in quadratic time.
const LONGEST: usize = 120;

/// What stands between the halves of a word that a line end divides: a hyphen or nothing. None if it is no such word.
fn joint(before: &str, after: &str, known: &HashSet<String>) -> Option<&'static str> {
    let stem = before.strip_suffix(['-', '\u{ad}'])?;
    let soft = before.ends_with('\u{ad}');
    let first = words(after).next()?;
    let last = stem.rsplit(char::is_whitespace).next().unwrap_or_default();
    if last.len() > LONGEST
        || !stem.chars().next_back().is_some_and(char::is_alphanumeric)
        || !first.starts_with(char::is_alphanumeric)
    {
        return None;
    }
    if soft {
        return Some("");
    }
    let is_address = last.contains(['@', '/', '.', '_']);
    if is_address {
        return Some("-");
    }
    if !first.starts_with(char::is_lowercase) {
        return first.starts_with(char::is_alphabetic).then_some("-").filter(|_| last.len() > 1 && !last.contains('('));
    }
    let both_known = |part: &str| part.len() > 2 && known.contains(part) && known.contains(&first.to_lowercase());
    let part = last.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
    let joined = format!("{}{}", last.to_lowercase(), first.to_lowercase());
    let hyphenated = format!("{}-{}", last.to_lowercase(), first.to_lowercase());
    let keeps = !known.contains(&joined)
        && (known.contains(&hyphenated)
            || last.contains('-')
            || both_known(&part)
            || COMPOUNDS.contains(&part.as_str()));
    Some(if keeps { "-" } else { "" })
}

/// First parts of English compounds that keep their hyphen at the end of a line.
const COMPOUNDS: &[&str] = &[
    "award", "best", "client", "cost", "cross", "customer", "cutting", "data", "decision", "detail", "end", "fast",
    "first", "front", "full", "goal", "hands", "hard", "high", "industry", "large", "lead", "long", "low", "mid",
    "multi", "object", "off", "open", "part", "post", "pre", "problem", "real", "result", "results", "role", "self",
    "server", "short", "single", "small", "team", "test", "third", "time", "top", "two", "user", "well", "world",
    "year",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_composed_and_ligatures_resolved() {
        assert_eq!(tidy("e\u{301}\u{fb03}cient\u{a0}x\0\u{7}\u{feff}"), "éfficient x");
        assert_eq!(tidy("\u{fedf}\u{fe8e}"), "لا");
    }

    #[test]
    fn bullets_have_one_form() {
        assert_eq!(
            tidy("\u{f0b7}\tone\n●  two\n- three\n•\nfour\n•five\n-5 °C"),
            "• one\n• two\n• three\n• four\n• five\n-5 °C"
        );
    }

    #[test]
    fn words_divided_by_line_ends_are_joined() {
        assert_eq!(tidy("the config-\nuration of"), "the configuration\nof");
        assert_eq!(tidy("a cross-\nfunctional team"), "a cross-functional\nteam");
        assert_eq!(tidy("linkedin.com/in/ana-\nlopez"), "linkedin.com/in/ana-lopez");
        assert_eq!(tidy("soft\u{ad}\nware, un\u{ad}used"), "software,\nunused");
        assert_eq!(tidy("2020 -\nnow"), "2020 -\nnow");
    }

    #[test]
    fn words_do_not_grow_without_end() {
        let joined = tidy(&"aa-\n".repeat(1000));
        assert!(joined.lines().count() > 10 && joined.lines().all(|line| line.len() < 200));
    }

    #[test]
    fn empty_lines_do_not_pile_up_and_gaps_are_tabs_or_single_spaces() {
        assert_eq!(tidy("\n\na  b \t 2020\n \n\n\nc\n"), "a b\t2020\n\nc");
    }
}
