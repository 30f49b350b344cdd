//! Addresses that a narrow column breaks in the middle: put together, because they are of no use in two pieces.

use super::line::Line;

/// Longer addresses are not put together.
const LONGEST: usize = 200;

/// Whether `next` can be the rest of an e-mail or web address that ends `text`.
pub fn continues_address(text: &str, next: &str) -> bool {
    let last = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    if last.len() > LONGEST {
        return false;
    }
    let is_rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/%?=&#".contains(c);
    let mut words = next.split_whitespace();
    let (Some(rest), None) = (words.next(), words.next()) else { return false };
    if last.ends_with(['-', ',', ';', '.']) && !last.contains('@') || !rest.chars().all(is_rest) {
        return false;
    }
    if let Some((_, domain)) = last.split_once('@') {
        return rest.starts_with('.') || domain.ends_with('.') || !is_complete(domain);
    }
    let is_web =
        ["http://", "https://", "www.", "linkedin.com/", "github.com/"].iter().any(|start| last.contains(start));
    is_web && !["http", "www.", "linkedin.", "github."].iter().any(|start| rest.starts_with(start))
}

/// Whether a domain name looks finished: it ends in a usual top-level domain.
fn is_complete(domain: &str) -> bool {
    const USUAL: [&str; 12] = ["com", "org", "net", "edu", "info", "gov", "biz", "dev", "app", "name", "mail", "email"];
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && (USUAL.contains(&top) || top.len() == 2 && top != "co")
}

/// Whether `line` reaches the right edge of its column, which other lines show, and `next` goes on below it.
pub fn is_full(line: &Line, next: &Line, lines: &[Line]) -> bool {
    let same_column = |other: &&Line| (other.left - line.left).abs() < 3.0 && other.turn == line.turn;
    let below = (next.left - line.left).abs() < 3.0 && next.v - line.v < 1.9 * line.size;
    let others = lines.iter().filter(same_column).filter(|other| other.v != line.v);
    below && others.map(|other| other.right).fold(f64::MIN, f64::max) < line.right + 1.2 * line.size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_the_rest_of_an_address_is_joined() {
        for (text, next, joined) in [
            ("linkedin.com/in/example-ana-lo", "pez", true),
            ("ana.lopez@mail.exam", "ple.com", true),
            ("ana.lopez@mail.example.com", "berlin", false),
            ("ana.lopez@mail.example", ".com", true),
            ("linkedin.com/in/ana", "github.com/ana", false),
            ("linkedin.com/in/ana", "Technical Skills", false),
            ("some words", "go", false),
        ] {
            assert_eq!(continues_address(text, next), joined, "{text} {next}");
        }
    }
}
