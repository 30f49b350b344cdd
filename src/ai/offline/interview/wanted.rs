//! What a job description asks for by name: known technologies and methods, and what stands after phrases such as "experience with".

use crate::ai::offline::profile;
use crate::domain::fold::fold;

/// After these words stands what is asked for.
const CUES: &[&str] = &[
    "experience with ",
    "experience in ",
    "experience using ",
    "knowledge of ",
    "proficiency in ",
    "proficient in ",
    "proficient with ",
    "familiarity with ",
    "familiar with ",
    "skilled in ",
    "skills in ",
    "expertise in ",
    "background in ",
    "understanding of ",
    "certified in ",
    "trained in ",
    "fluent in ",
];
const MAX_WORDS: usize = 4;
const LEADING: &[&str] =
    &["the", "a", "an", "modern", "various", "our", "relevant", "working", "strong", "good", "your"];

/// At most 20 names, in the order of the text, technologies first.
pub fn asked_for(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let named = text.lines().flat_map(technologies).chain(text.lines().flat_map(after_cues));
    for name in named {
        let known = |other: &String| fold(other) == fold(&name);
        if found.len() < 20 && name.chars().count() <= 40 && !found.iter().any(known) {
            found.push(name);
        }
    }
    found
}

/// Technologies whose names in lower case are ordinary words of questions.
const ORDINARY: [&str; 4] = ["react", "agile", "lean", "waterfall"];

/// Known technologies and methods that a text names.
pub fn technologies(text: &str) -> Vec<String> {
    profile::technologies(text).into_iter().filter(|name| !ORDINARY.contains(&name.as_str())).collect()
}

fn after_cues(line: &str) -> Vec<String> {
    // ASCII folding keeps byte positions
    let lower = line.to_ascii_lowercase();
    let ends = CUES.iter().flat_map(|cue| lower.match_indices(cue).map(|(at, _)| at + cue.len()));
    ends.flat_map(|end| items(&line[end..])).collect()
}

/// "X, Y and Z in production" → X, Y, Z.
fn items(rest: &str) -> Vec<String> {
    let clause = rest.split(['.', ';', ':', '(', '\n']).next().unwrap_or_default();
    let parts = clause.split([',', '/']).flat_map(|part| part.split(" and ")).flat_map(|part| part.split(" or "));
    parts.take(4).filter_map(item).collect()
}

fn item(part: &str) -> Option<String> {
    let part = [" in ", " for ", " to ", " is ", " as ", " at ", " on ", " with ", " preferred", " required"]
        .iter()
        .fold(part, |part, stop| part.split(stop).next().unwrap_or_default());
    let words: Vec<&str> =
        part.split_whitespace().skip_while(|word| LEADING.contains(&word.to_lowercase().as_str())).collect();
    let usable = (1..=MAX_WORDS).contains(&words.len())
        && words.iter().all(|word| !word.contains(|c: char| c.is_numeric() || "{}[]|<>".contains(c)))
        && part.chars().filter(|c| c.is_alphabetic()).count() > 2;
    usable.then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn technologies_and_named_matters_are_asked_for() {
        let text = "Build scalable systems with Kafka.\n5+ years experience with Terraform, beekeeping and crop rotation in teams.";
        assert_eq!(asked_for(text), ["Kafka", "Terraform", "beekeeping", "crop rotation"]);
    }

    #[test]
    fn ordinary_words_are_no_technologies() {
        assert!(technologies("How do you react if access is denied?").is_empty());
        assert_eq!(technologies("React and kafka"), ["React", "kafka"]);
    }

    #[test]
    fn prose_asks_for_nothing() {
        assert!(asked_for("We are a friendly team with dogs and a view of the lake.").is_empty());
        assert!(asked_for("Experience in a fast paced environment that never sleeps at all").is_empty());
    }
}
