//! The text of one story: fields without their codes, tables row by row, items with their bullets.

use super::pieces::Role;

/// Marks of the text ([MS-DOC] 2.4.1 and 2.8.25).
const CELL: char = '\u{7}';
const DRAWING: char = '\u{8}';
const FIELD: char = '\u{13}';
const FIELD_RESULT: char = '\u{14}';
const FIELD_END: char = '\u{15}';

/// The text of units with their roles. Text boxes go where they are anchored.
pub fn text((units, roles): (&[u16], &[Role]), boxes: &[String]) -> String {
    let mut story = Story { anchors: units.iter().filter(|unit| **unit == DRAWING as u16).count(), ..Story::default() };
    let mut at = 0;
    for decoded in char::decode_utf16(units.iter().copied()) {
        let c = decoded.unwrap_or('\u{fffd}');
        story.push(c, roles.get(at).copied().unwrap_or(Role::Body), boxes);
        at += c.len_utf16();
    }
    if story.placed == 0 {
        boxes.iter().for_each(|text| story.place(text));
    }
    story.out
}

#[derive(Default)]
struct Story {
    out: String,
    /// For each open field whether its code, which is not shown, is being read.
    fields: Vec<bool>,
    /// Byte at which the current cell starts.
    cell_start: usize,
    anchors: usize,
    /// Text boxes placed already.
    placed: usize,
}

/// Deepest nesting of fields.
const MAX_FIELDS: usize = 64;

impl Story {
    fn push(&mut self, c: char, role: Role, boxes: &[String]) {
        match c {
            FIELD if self.fields.len() < MAX_FIELDS => self.fields.push(true),
            FIELD_RESULT => {
                if let Some(code) = self.fields.last_mut() {
                    *code = false;
                }
            }
            FIELD_END => {
                self.fields.pop();
            }
            DRAWING => self.anchor(boxes),
            _ if self.fields.iter().any(|code| *code) => {}
            CELL => self.end_cell(),
            '\r' | '\u{b}' | '\u{c}' | '\u{e}' => self.out.push('\n'),
            '\u{1e}' => self.out.push('-'),
            '\u{1f}' => self.out.push('\u{ad}'),
            c if c < ' ' && c != '\t' => {}
            c => {
                let starts = self.out.is_empty() || self.out.ends_with('\n') || self.out.len() == self.cell_start;
                match role {
                    Role::Item if starts && !c.is_whitespace() => self.out.push_str("• "),
                    Role::Heading if self.out.ends_with('\n') => self.out.push('\n'),
                    _ => {}
                }
                self.out.push(c);
            }
        }
    }

    /// One box an anchor where the numbers agree, otherwise all at the first one.
    fn anchor(&mut self, boxes: &[String]) {
        let count = if boxes.len() == self.anchors { self.placed + 1 } else { boxes.len() };
        for text in boxes.iter().take(count).skip(self.placed) {
            self.place(text);
        }
        self.placed = self.placed.max(count.min(boxes.len()));
    }

    fn place(&mut self, text: &str) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.push_str(text.trim());
        self.out.push('\n');
    }

    /// A cell ends. Cells of one line each stand on one line, as a role and its dates do; the mark of a row's end
    /// follows that of its last cell directly.
    fn end_cell(&mut self) {
        if self.out.ends_with('\t') && self.out.len() == self.cell_start {
            self.out.pop();
            self.out.push('\n');
        } else if self.out.len() > self.cell_start {
            let several = self.out[self.cell_start..].trim_end_matches('\n').contains('\n');
            if several && self.out[..self.cell_start].ends_with('\t') {
                self.out.replace_range(self.cell_start - 1..self.cell_start, "\n");
            }
            self.out.push('\t');
        }
        self.cell_start = self.out.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str, boxes: &[String]) -> String {
        let units: Vec<u16> = source.encode_utf16().collect();
        text((&units, &vec![Role::Body; units.len()]), boxes)
    }

    #[test]
    fn field_codes_are_left_out_and_results_kept() {
        assert_eq!(read("a\u{13} HYPERLINK \u{13}x\u{14}y\u{15}\u{14}link\u{15}b", &[]), "alinkb");
    }

    #[test]
    fn a_row_of_short_cells_is_one_line_and_of_long_cells_several() {
        assert_eq!(read("Engineer\u{7}2020\u{7}\u{7}", &[]), "Engineer\t2020\n");
        assert_eq!(read("Side\u{7}one\rtwo\u{7}\u{7}", &[]), "Side\none\ntwo\n");
    }

    #[test]
    fn text_boxes_stand_at_their_anchors() {
        let boxes = ["Ann".to_owned(), "Bob".to_owned()];
        assert_eq!(read("\u{8}x\r\u{8}y", &boxes), "Ann\nx\nBob\ny");
        assert_eq!(read("z\r", &boxes), "z\nAnn\nBob\n");
    }

    #[test]
    fn items_get_a_bullet_and_headings_an_empty_line() {
        let units: Vec<u16> = "ab\rc".encode_utf16().collect();
        assert_eq!(text((&units, &[Role::Item, Role::Item, Role::Item, Role::Heading]), &[]), "• ab\n\nc");
    }
}
