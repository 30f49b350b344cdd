//! Paragraph styles: which of them are headings, and which number or mark the items of a list.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::xml::attribute;
use crate::analysis::extract::Failure;
use crate::analysis::extract::budget::Budget;

/// What matters of a paragraph style.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    pub heading: bool,
    pub list: bool,
}

/// The styles of a document, by id.
#[derive(Debug, Default)]
pub struct Styles {
    own: HashMap<String, Style>,
    /// Style it is based on.
    parents: HashMap<String, String>,
}

const MAX_STYLES: usize = 4096;
const MAX_ANCESTORS: usize = 10;

impl Styles {
    /// Reads the styles part; what is damaged in it is skipped.
    ///
    /// # Errors
    /// When the budget runs out.
    pub fn parse(source: &str, budget: &mut Budget) -> Result<Self, Failure> {
        let mut styles = Self::default();
        let mut reader = Reader::from_str(source);
        let mut current = String::new();
        loop {
            budget.step()?;
            match reader.read_event() {
                Ok(Event::Start(element) | Event::Empty(element)) => styles.element(&element, &mut current),
                Ok(Event::Eof) | Err(_) => return Ok(styles),
                Ok(_) => {}
            }
        }
    }

    fn element(&mut self, element: &BytesStart<'_>, current: &mut String) {
        let local = element.local_name();
        let name: &str = local.as_ref();
        if !matches!(name, "style" | "name" | "basedOn" | "outlineLvl" | "numPr") || self.own.len() > MAX_STYLES {
            return;
        }
        let value = attribute(element, "val").unwrap_or_default();
        match name {
            "style" => *current = attribute(element, "styleId").unwrap_or_default(),
            "basedOn" => {
                self.parents.insert(current.clone(), value);
            }
            "name" => {
                // Built-in styles keep their English names in every language.
                let value = value.to_ascii_lowercase();
                let style = self.own.entry(current.clone()).or_default();
                style.heading |= value.starts_with("heading ");
                style.list |= value.starts_with("list bullet") || value.starts_with("list number");
            }
            "outlineLvl" => self.own.entry(current.clone()).or_default().heading |= is_heading_level(&value),
            _ => self.own.entry(current.clone()).or_default().list = true,
        }
    }

    /// A style with what it inherits.
    pub fn get(&self, id: &str) -> Style {
        let mut style = Style::default();
        let mut next = Some(id);
        for _ in 0..MAX_ANCESTORS {
            let Some(id) = next else { break };
            let own = self.own.get(id).copied().unwrap_or_default();
            style = Style { heading: style.heading || own.heading, list: style.list || own.list };
            next = self.parents.get(id).map(String::as_str);
        }
        style
    }
}

/// Levels 0 to 8 are headings, 9 is body text (ECMA-376-1, 17.3.1.20).
pub fn is_heading_level(value: &str) -> bool {
    matches!(value.as_bytes(), [b'0'..=b'8'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_inherit_and_cycles_end() {
        let source = r#"<w:styles><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
            <w:style w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="berschrift1"/></w:style>
            <w:style w:styleId="A"><w:basedOn w:val="B"/></w:style><w:style w:styleId="B"><w:basedOn w:val="A"/></w:style>
            <w:style w:styleId="Dots"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style></w:styles>"#;
        let styles = Styles::parse(source, &mut Budget::new()).unwrap();
        assert!(styles.get("Mine").heading && styles.get("Dots").list);
        assert_eq!(styles.get("A"), Style::default());
    }
}
