//! The text of one part: paragraphs, tables, text boxes, without deletions and hidden runs.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::styles::{Styles, is_heading_level};
use super::xml::attribute;
use crate::analysis::extract::Failure;
use crate::analysis::extract::budget::Budget;

/// Collects the text of the parts of a document.
#[derive(Default)]
pub struct Story {
    styles: Styles,
    pub text: String,
    /// Characters with `w:vanish`.
    pub hidden: u32,
    /// Elements whose content is left out, by the depth at which they began.
    skipped_from: Option<usize>,
    depth: usize,
    in_text: bool,
    in_properties: bool,
    /// The run is hidden.
    vanish: bool,
    /// The paragraph is an item of a list.
    item: bool,
    /// The paragraph is a heading.
    heading: bool,
    /// The paragraph has text already.
    started: bool,
    /// Open table cells; a paragraph's end within a row is no line end between cells.
    cells: Vec<Cell>,
    /// Paragraphs that an inner text box interrupts.
    outer: Vec<(bool, bool, bool)>,
}

#[derive(Default)]
struct Cell {
    /// Byte of the text at which the cell starts.
    start: usize,
    /// The cell is not the first of its row.
    follows: bool,
}

/// Deepest nesting of elements.
const MAX_DEPTH: usize = 512;

/// Elements that hold text which is not part of the document as it reads.
fn is_left_out(name: &str) -> bool {
    matches!(
        name,
        "del"
            | "annotationRef"
            | "moveFrom"
            | "Fallback"
            | "instrText"
            | "delText"
            | "delInstrText"
            | "fldData"
            | "binData"
            | "sdtPr"
            | "sectPr"
            | "tblPr"
            | "tcPr"
            | "trPr"
            | "rPrChange"
            | "pPrChange"
    )
}

impl Story {
    pub fn new(styles: Styles) -> Self {
        Self { styles, ..Self::default() }
    }

    /// Reads one part.
    ///
    /// # Errors
    /// If it is no well-formed XML or would take too much.
    pub fn read(&mut self, source: &str, budget: &mut Budget) -> Result<(), Failure> {
        let mut reader = Reader::from_str(source);
        (self.depth, self.skipped_from) = (0, None);
        self.end_line();
        loop {
            budget.step()?;
            match reader.read_event().map_err(|_| Failure::Corrupt)? {
                Event::Start(element) => self.open(&element)?,
                Event::Empty(element) => {
                    self.open(&element)?;
                    self.close(element.local_name().as_ref());
                }
                Event::End(element) => self.close(element.local_name().as_ref()),
                Event::Text(text) if self.in_text => self.push(&text.xml10_content(), budget)?,
                Event::CData(text) if self.in_text => self.push(&text.xml10_content(), budget)?,
                Event::GeneralRef(reference) if self.in_text => {
                    let resolved = match reference.resolve_char_ref() {
                        Ok(Some(c)) => Some(c.to_string()),
                        _ => quick_xml::escape::resolve_xml_entity(&reference).map(str::to_owned),
                    };
                    self.push(&resolved.unwrap_or_default(), budget)?;
                }
                Event::DocType(_) => return Err(Failure::Corrupt),
                Event::Eof => break,
                _ => {}
            }
        }
        self.end_line();
        Ok(())
    }

    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), Failure> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Failure::LimitExceeded);
        }
        let local = element.local_name();
        let name = local.as_ref();
        if self.skipped_from.is_some() {
            return Ok(());
        }
        if is_left_out(name) {
            self.skipped_from = Some(self.depth);
            return Ok(());
        }
        match name {
            "t" => self.in_text = true,
            "tab" | "ptab" if !self.in_properties => self.mark("\t"),
            "br" | "cr" if !self.in_properties => self.end_line(),
            "noBreakHyphen" => self.mark("-"),
            "softHyphen" => self.mark("\u{ad}"),
            "sym" => self.symbol(element),
            "pPr" | "rPr" => self.in_properties = true,
            "pStyle" => {
                let style = self.styles.get(&attribute(element, "val").unwrap_or_default());
                (self.item, self.heading) = (self.item || style.list, self.heading || style.heading);
            }
            "outlineLvl" => self.heading |= attribute(element, "val").is_some_and(|level| is_heading_level(&level)),
            "numPr" => self.item = true,
            "numId" if attribute(element, "val").as_deref() == Some("0") => self.item = false,
            "vanish" | "webHidden" if self.in_properties => {
                self.vanish = !matches!(attribute(element, "val").as_deref(), Some("0" | "false" | "off"));
            }
            "r" => self.vanish = false,
            "p" => self.start_paragraph(),
            "tc" => self.start_cell(),
            "tr" => self.cells.push(Cell::default()),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) {
        let depth = self.depth;
        self.depth = self.depth.saturating_sub(1);
        if let Some(from) = self.skipped_from {
            if from == depth {
                self.skipped_from = None;
            }
            return;
        }
        match name {
            "t" => self.in_text = false,
            "pPr" | "rPr" => {
                self.in_properties = false;
                if name == "pPr" {
                    self.vanish = false;
                }
            }
            "p" => self.end_paragraph(),
            "tr" => {
                self.cells.pop();
                self.end_line();
            }
            _ => {}
        }
    }

    fn start_paragraph(&mut self) {
        // A paragraph of a text box interrupts the one that anchors it.
        if self.started && !self.text.ends_with(['\n', '\t']) {
            self.text.push('\n');
        }
        self.outer.push((self.item, self.heading, self.started));
        (self.item, self.heading, self.started) = (false, false, false);
    }

    fn end_paragraph(&mut self) {
        if !self.started && !self.text.is_empty() && self.cells.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
        self.end_line();
        if let Some((item, heading, started)) = self.outer.pop() {
            (self.item, self.heading, self.started) = (item, heading, started);
        }
    }

    /// Cells of a row that hold one line each stand on one line, as a role and its dates do.
    fn start_cell(&mut self) {
        let Some(row) = self.cells.last_mut() else { return };
        let content = self.text.get(row.start..).unwrap_or_default().trim_end_matches('\n');
        if row.follows && !content.is_empty() && !content.contains('\n') {
            self.text.truncate(row.start + content.len());
            self.text.push('\t');
        }
        (row.start, row.follows) = (self.text.len(), true);
    }

    fn symbol(&mut self, element: &BytesStart<'_>) {
        let code = attribute(element, "char").and_then(|hex| u32::from_str_radix(&hex, 16).ok());
        if let Some(c) = code.and_then(char::from_u32) {
            self.mark(c.encode_utf8(&mut [0; 4]));
        }
    }

    fn mark(&mut self, text: &str) {
        if !self.vanish {
            self.begin();
            self.text.push_str(text);
        }
    }

    fn begin(&mut self) {
        if !self.started && self.heading && self.text.ends_with('\n') {
            self.text.push('\n');
        }
        if !self.started && self.item && !self.heading {
            self.text.push_str("• ");
        }
        self.started = true;
    }

    fn push(&mut self, text: &str, budget: &mut Budget) -> Result<(), Failure> {
        if self.skipped_from.is_some() {
            return Ok(());
        }
        budget.spend_chars(text.len())?;
        if self.vanish {
            self.hidden += text.chars().filter(|c| !c.is_whitespace()).count() as u32;
        } else if !text.is_empty() {
            self.begin();
            self.text.push_str(text);
        }
        Ok(())
    }

    fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }
}
