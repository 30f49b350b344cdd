//! Sentences with gaps: `{slot}` stands for a fact, `[a|b]` for the first alternative whose slots are all known, or for nothing.

/// The template with its slots filled; `None` if a slot outside of brackets is unknown. Values are inserted as they are, never read again.
pub fn fill(template: &str, slot: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some(at) = rest.find(['{', '[']) {
        out.push_str(&rest[..at]);
        let (closing, inner) =
            if rest[at..].starts_with('{') { ('}', &rest[at + 1..]) } else { (']', &rest[at + 1..]) };
        let end = inner.find(closing)?;
        match closing {
            '}' => out.push_str(&slot(&inner[..end])?),
            _ => out.push_str(&inner[..end].split('|').find_map(|choice| fill(choice, slot)).unwrap_or_default()),
        }
        rest = &inner[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}

/// The template without its gaps: what every filling of it says.
pub fn literal(template: &str) -> String {
    let mut depth = 0_i32;
    let fixed = template.chars().filter(|c| {
        depth += i32::from(matches!(c, '[' | '{'));
        let kept = depth == 0;
        depth -= i32::from(matches!(c, ']' | '}'));
        kept
    });
    fixed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> Option<String> {
        fill(template, &|name| (name == "a").then(|| "[{b}]".to_owned()))
    }

    #[test]
    fn a_known_slot_is_filled_and_its_value_is_not_read_again() {
        assert_eq!(filled("x {a} y").as_deref(), Some("x [{b}] y"));
    }

    #[test]
    fn an_unknown_slot_takes_its_alternative_or_the_whole_with_it() {
        assert_eq!(filled("x[ {b}| {a}|z] y").as_deref(), Some("x [{b}] y"));
        assert_eq!(filled("x[ {b}] y").as_deref(), Some("x y"));
        assert_eq!(filled("x {b} y"), None);
    }

    #[test]
    fn the_literal_of_a_template_has_no_gaps() {
        assert_eq!(literal("Why[ {b}| us]? {c}!"), "Why? !");
    }
}
