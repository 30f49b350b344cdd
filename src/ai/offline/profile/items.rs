//! Items: lines that only the width of the page had broken, put together again as the paragraphs and list items that they were.

use super::lines::Line;
use crate::domain::prose::{append, ends_sentence, width};

/// How much of the widest line one fills that the width of the page broke, in per cent. Letters differ in width.
const FULL: usize = 75;
/// The same where nothing but the width tells that the next line goes on.
const SURELY_FULL: usize = 88;

#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    pub text: String,
    /// It has a bullet.
    pub bullet: bool,
}

impl Item {
    /// The item as a line of a text.
    pub fn line(&self) -> String {
        if self.bullet { format!("• {}", self.text) } else { self.text.clone() }
    }
}

/// What tells which lines are broken.
#[derive(Clone, Copy)]
struct Page {
    /// Of the widest line.
    width: usize,
    /// Items end with a full stop.
    stops: bool,
}

/// The width of the widest line.
pub fn widest(lines: &[Line]) -> usize {
    lines.iter().map(|line| width(&line.text)).max().unwrap_or(0)
}

/// The items that the lines make; `widest` is the width that their column has elsewhere too.
pub fn items(lines: &[Line], widest: usize) -> Vec<Item> {
    let page = Page { width: widest, stops: lines.last().is_some_and(|line| ends_sentence(&line.text)) };
    let mut out: Vec<Item> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &lines[before]);
        match out.last_mut().zip(before).filter(|(item, before)| goes_on(item, before, line, page)) {
            Some((item, _)) => append(&mut item.text, &line.text),
            None => out.push(Item { text: line.text.clone(), bullet: line.bullet }),
        }
    }
    out
}

/// Does `next` go on with the item whose last line is `before`?
fn goes_on(item: &Item, before: &Line, next: &Line, page: Page) -> bool {
    if next.bullet || is_numbered(&next.text) {
        return false;
    }
    let ended = ends_sentence(&before.text);
    let small = next.text.starts_with(char::is_lowercase);
    let fills = |share| fills(&before.text, &next.text, page.width, share);
    if next.gap || next.cut {
        // Between two pages: a new paragraph would begin otherwise.
        return small && !ended && fills(FULL);
    }
    if item.bullet {
        return small || (page.stops && !ended) || (fills(FULL) && !(ended && has_label(&next.text)));
    }
    let within = small || next.text.starts_with(|c: char| !c.is_alphanumeric() && !"“„\"«‘'¿¡".contains(c));
    within && fills(FULL) || !ended && fills(if page.stops { FULL } else { SURELY_FULL })
}

/// Would the first word of the next line have had no room on this one?
fn fills(line: &str, next: &str, widest: usize, share: usize) -> bool {
    let word = next.split_whitespace().next().unwrap_or_default();
    let word = if width(word) > word.chars().count() { 2 } else { width(word) };
    100 * (width(line) + 1 + word) >= share * widest
}

/// "2. Built …", "2) Built …".
fn is_numbered(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (1..=2).contains(&(text.len() - rest.len())) && (rest.starts_with(". ") || rest.starts_with(") "))
}

/// "Technologies: Go, Kafka".
fn has_label(text: &str) -> bool {
    text.split_once([':', '：']).is_some_and(|(label, _)| label.split_whitespace().count() <= 3)
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    /// The items as lines of a text.
    fn read(text: &str) -> Vec<String> {
        let lines = lines(text);
        items(&lines, widest(&lines)).iter().map(Item::line).collect()
    }

    #[test]
    fn a_wrapped_item_is_whole() {
        assert_eq!(
            read(
                "• Reduced costs by 62% by redesigning the deployment workflow and retiring 7\nlegacy services.\n\
                 • Automated the backfills, saving 68 hours per\nmonth.\n• Moved the reports to\nAzure."
            ),
            [
                "• Reduced costs by 62% by redesigning the deployment workflow and retiring 7 legacy services.",
                "• Automated the backfills, saving 68 hours per month.",
                "• Moved the reports to Azure."
            ]
        );
    }

    #[test]
    fn paragraphs_without_bullets_are_told_by_width_and_full_stops() {
        assert_eq!(
            read(
                "Reduced costs by redesigning the whole workflow in\nAzure and retiring\nlegacy services.\n\
                 Wrote the specifications and reviewed the code of\n(all) teams.\nLed a team."
            ),
            [
                "Reduced costs by redesigning the whole workflow in Azure and retiring",
                "legacy services.",
                "Wrote the specifications and reviewed the code of (all) teams.",
                "Led a team."
            ]
        );
        let list = "Sales in the north\nmarketing\nA sentence so long that nothing above it can have been broken";
        assert_eq!(read(list), list.lines().collect::<Vec<_>>());
    }

    #[test]
    fn a_bullet_a_number_a_gap_and_a_label_begin_a_new_item() {
        let text = "• Wrote the specifications of all the services.\nTechnologies: Go, Kafka\n\nLed the team, and more of this kind\n\
                    1. Built one thing and another thing and more\n2. Sold it";
        assert_eq!(read(text), text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>());
    }

    #[test]
    fn an_item_goes_on_after_a_page_ends() {
        assert_eq!(
            read("• Redesigned the deployment workflow and retired\n\nPage 1 of 2\n\nlegacy services.\n• Led."),
            ["• Redesigned the deployment workflow and retired legacy services.", "• Led."]
        );
    }

    #[test]
    fn lines_of_scripts_without_spaces_go_together_without_one() {
        assert_eq!(
            read("• 品質と効率を重視し、チームで成果を出すことを大\n切にしています。\n• 設計しました。"),
            ["• 品質と効率を重視し、チームで成果を出すことを大切にしています。", "• 設計しました。"]
        );
    }
}
