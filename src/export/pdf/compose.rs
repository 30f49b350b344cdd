//! From the parts of a document to rows: lines of text in columns, with the space around them and their place in the
//! structure.

use std::num::NonZeroU16;
use std::ops::Range;

use krilla::tagging::{ListNumbering, TableHeaderScope, Tag};
use parley::{Alignment, BaseDirection};

use super::WIDTH;
use super::structure::{NodeId, Structure};
use super::typeset::{Line, Look, Typesetter};
use crate::export::document::{Block, Contact, Document, Section, is_rtl};

const BLACK: (u8, u8, u8) = (0x1f, 0x24, 0x2b);
const GREY: (u8, u8, u8) = (0x57, 0x60, 0x6a);
const ACCENT: (u8, u8, u8) = (0x1c, 0x4a, 0x7a);

const BODY: Look = Look {
    size: 10.0,
    bold: false,
    color: BLACK,
    leading: 1.42,
    align: Alignment::Start,
    direction: BaseDirection::Auto,
};
const STRONG: Look = Look { size: 10.5, bold: true, ..BODY };
const NAME: Look = Look { size: 24.0, bold: true, color: ACCENT, leading: 1.25, ..BODY };
const HEADLINE: Look = Look { size: 11.5, color: GREY, ..BODY };
const CONTACT: Look = Look { size: 9.5, color: GREY, leading: 1.5, ..BODY };
const HEADING: Look = Look { size: 12.0, bold: true, color: ACCENT, ..BODY };
const ASIDE: Look = Look { size: 9.5, color: GREY, leading: 1.42 * 10.5 / 9.5, ..BODY };

/// The column of an item's text, beside its bullet.
const INDENT: f32 = 13.0;
/// The column of a table's labels, and the space between columns.
const LABELS: f32 = 84.0;
const GAP: f32 = 14.0;

/// Rows that are to be drawn one below the other, with what they mean.
pub struct Composition {
    pub rows: Vec<Row>,
    pub structure: Structure,
    /// The addresses that [`super::typeset::Ink::link`] counts.
    pub links: Vec<Link>,
}

pub struct Link {
    pub text: String,
    pub uri: String,
}

#[derive(Default)]
pub struct Row {
    /// Space above, unless the row is the first of its page.
    pub above: f32,
    pub height: f32,
    pub pieces: Vec<Piece>,
    /// A rule at the lower edge.
    pub ruled: bool,
    /// Stays on the page of the row below.
    pub with_next: bool,
    /// The entry of the outline that leads here.
    pub outline: Option<String>,
}

/// A line of text at some distance from the left margin.
pub struct Piece {
    pub x: f32,
    pub line: Line,
    pub node: NodeId,
}

pub fn compose(document: &Document) -> Composition {
    let mut composer = Composer {
        out: Composition { rows: Vec::new(), structure: Structure::default(), links: Vec::new() },
        typesetter: Typesetter::new(),
        rtl: document.rtl,
    };
    composer.head(document);
    for section in &document.sections {
        composer.section(section);
    }
    composer.out
}

struct Composer {
    out: Composition,
    typesetter: Typesetter,
    rtl: bool,
}

/// What [`Block::Entry`] says, and whether text follows.
struct Entry<'a> {
    title: &'a str,
    dates: Option<&'a str>,
    place: Option<&'a str>,
    followed: bool,
}

/// A column: the distance from the left margin, and the width.
type Column = (f32, f32);

const FULL: Column = (0.0, WIDTH);

impl Composer {
    fn head(&mut self, document: &Document) {
        let node = self.heading(None, 1, &document.title);
        let first = self.out.rows.len();
        self.text(&document.title, NAME, FULL, node, 0.0);
        if let Some(row) = self.out.rows.get_mut(first) {
            row.outline = Some(document.title.clone());
        }
        for headline in document.headlines() {
            let node = self.out.structure.add(None, Tag::P);
            self.text(&headline, self.sided(HEADLINE), FULL, node, 1.0);
        }
        if !document.contact.is_empty() {
            self.contact(&document.contact);
        }
    }

    fn contact(&mut self, contact: &[Contact]) {
        let node = self.out.structure.add(None, Tag::P);
        let (text, ranges) = unbroken(contact.iter().map(|item| item.text.as_str()), "  ·  ");
        let targets = contact.iter().map(|item| item.uri.as_ref().map(|uri| self.link(&item.text, uri)));
        let links: Vec<_> = ranges.into_iter().zip(targets).collect();
        self.linked(&text, self.sided(CONTACT), FULL, node, 3.0, &links);
    }

    fn section(&mut self, section: &Section) {
        let parent = self.out.structure.add(None, Tag::Section);
        let node = self.heading(Some(parent), 2, section.heading);
        let first = self.out.rows.len();
        self.text(section.heading, self.sided(HEADING), FULL, node, 15.0);
        if let Some(row) = self.out.rows.get_mut(first) {
            (row.ruled, row.with_next, row.outline) = (true, true, Some(section.heading.to_owned()));
        }
        let (mut list, mut above) = (None, 5.0);
        for (index, block) in section.blocks.iter().enumerate() {
            let is_entry = matches!(block, Block::Entry { .. });
            let space = if index == 0 {
                5.0
            } else if is_entry {
                9.0
            } else {
                above
            };
            above = 2.0;
            match block {
                Block::Item(text) => {
                    let list = *list.get_or_insert_with(|| self.list(parent));
                    self.item(text, list, space);
                    continue;
                }
                Block::Paragraph(text) => {
                    let node = self.out.structure.add(Some(parent), Tag::P);
                    self.text(text, BODY, FULL, node, space);
                }
                Block::Link(link) => self.link_line(link, parent, space),
                Block::Entry { title, dates, place } => {
                    let next = section.blocks.get(index + 1);
                    let followed = matches!(next, Some(Block::Item(_) | Block::Paragraph(_)));
                    let entry = Entry { title, dates: dates.as_deref(), place: place.as_deref(), followed };
                    self.entry(parent, entry, space);
                }
                Block::Table(rows) => self.table(parent, rows, space),
            }
            list = None;
        }
    }

    fn heading(&mut self, parent: Option<NodeId>, level: u16, title: &str) -> NodeId {
        let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        self.out.structure.add(parent, Tag::Hn(level, Some(title.to_owned())))
    }

    fn list(&mut self, parent: NodeId) -> NodeId {
        self.out.structure.add(Some(parent), Tag::L(ListNumbering::Disc))
    }

    fn link(&mut self, text: &str, uri: &str) -> usize {
        self.out.links.push(Link { text: text.to_owned(), uri: uri.to_owned() });
        self.out.links.len() - 1
    }

    fn link_line(&mut self, link: &Contact, parent: NodeId, above: f32) {
        let node = self.out.structure.add(Some(parent), Tag::P);
        let links: Vec<_> = link.uri.iter().map(|uri| (0..link.text.len(), Some(self.link(&link.text, uri)))).collect();
        self.linked(&link.text, Look { color: ACCENT, ..BODY }, FULL, node, above, &links);
    }

    fn item(&mut self, text: &str, list: NodeId, above: f32) {
        let item = self.out.structure.add(Some(list), Tag::LI);
        let label = self.out.structure.add(Some(item), Tag::Lbl);
        let body = self.out.structure.add(Some(item), Tag::LBody);
        let rtl = is_rtl(text);
        let column = if rtl { (0.0, WIDTH - INDENT) } else { (INDENT, WIDTH - INDENT) };
        let bullet = Look { align: if rtl { Alignment::Right } else { Alignment::Left }, ..BODY };
        let bullets = self.typesetter.set("•", bullet, WIDTH, &[]);
        let lines = self.typesetter.set(text, BODY, column.1, &[]);
        self.side_by_side(vec![(0.0, bullets, label), (column.0, lines, body)], above);
    }

    /// Title and dates, the place below. They stay together, and with the text that follows if there is one.
    fn entry(&mut self, parent: NodeId, entry: Entry, above: f32) {
        let first = self.out.rows.len();
        self.title(parent, entry.title, entry.dates, above);
        if let Some(place) = entry.place {
            let node = self.out.structure.add(Some(parent), Tag::P);
            self.text(place, self.sided(Look { color: ACCENT, ..BODY }), FULL, node, 0.0);
        }
        self.out.rows.iter_mut().skip(first).for_each(|row| row.with_next = true);
        if let Some(row) = self.out.rows.last_mut() {
            row.with_next = entry.followed;
        }
    }

    /// The title on one side, dates on the other; below, if the title is too long for that.
    fn title(&mut self, parent: NodeId, title: &str, dates: Option<&str>, above: f32) {
        let heading = self.heading(Some(parent), 3, title);
        let Some(dates) = dates else { return self.text(title, self.sided(STRONG), FULL, heading, above) };
        let node = self.out.structure.add(Some(parent), Tag::P);
        let lines = self.typesetter.set(dates, Look { align: Alignment::Left, ..ASIDE }, WIDTH / 2.0, &[]);
        let width = lines.iter().map(|line| line.right).fold(0.0, f32::max);
        let titles = self.typesetter.set(title, self.sided(STRONG), WIDTH - width - GAP, &[]);
        if titles.len() > 1 {
            self.text(title, self.sided(STRONG), FULL, heading, above);
            return self.text(dates, self.sided(ASIDE), FULL, node, 0.0);
        }
        let (title_x, dates_x) = if self.rtl { (width + GAP, 0.0) } else { (0.0, WIDTH - width) };
        self.side_by_side(vec![(title_x, titles, heading), (dates_x, lines, node)], above);
    }

    fn table(&mut self, parent: NodeId, rows: &[(&'static str, Vec<String>)], above: f32) {
        let table = self.out.structure.add(Some(parent), Tag::Table);
        for (index, (label, values)) in rows.iter().enumerate() {
            let row = self.out.structure.add(Some(table), Tag::TR);
            let head = self.out.structure.add(Some(row), Tag::TH(TableHeaderScope::Row));
            let cell = self.out.structure.add(Some(row), Tag::TD);
            self.table_row(label, values, (head, cell), if index == 0 { above } else { 3.0 });
        }
    }

    /// The label beside its values; above them where they run from right to left, since programs that read PDF line by
    /// line would take it for the end of the first.
    fn table_row(&mut self, label: &str, values: &[String], (head, cell): (NodeId, NodeId), above: f32) {
        let (text, ranges) = unbroken(values.iter().map(String::as_str), ", ");
        let parts: Vec<_> = ranges.into_iter().map(|range| (range, None)).collect();
        let look = self.sided(Look { size: BODY.size, ..STRONG });
        if self.rtl || is_rtl(&text) {
            self.text(label, look, FULL, head, above);
            return self.linked(&text, self.sided(BODY), FULL, cell, 0.0, &parts);
        }
        let labels = self.typesetter.set(label, look, LABELS, &[]);
        let lines = self.typesetter.set(&text, BODY, WIDTH - LABELS - GAP, &parts);
        self.side_by_side(vec![(0.0, labels, head), (LABELS + GAP, lines, cell)], above);
    }

    /// What the program says stands on the side where the name stands.
    fn sided(&self, look: Look) -> Look {
        Look { align: if self.rtl { Alignment::Right } else { Alignment::Start }, ..look }
    }

    fn text(&mut self, text: &str, look: Look, column: Column, node: NodeId, above: f32) {
        self.linked(text, look, column, node, above, &[]);
    }

    fn linked(
        &mut self,
        text: &str,
        look: Look,
        column: Column,
        node: NodeId,
        above: f32,
        links: &[(Range<usize>, Option<usize>)],
    ) {
        let lines = self.typesetter.set(text, look, column.1, links);
        self.side_by_side(vec![(column.0, lines, node)], above);
    }

    /// Columns of lines from a common top. No first or last line of a column stands alone on a page.
    fn side_by_side(&mut self, columns: Vec<(f32, Vec<Line>, NodeId)>, above: f32) {
        let count = columns.iter().map(|(_, lines, _)| lines.len()).max().unwrap_or(0);
        let first = self.out.rows.len();
        self.out.rows.extend((0..count).map(|index| Row {
            above: if index == 0 { above } else { 0.0 },
            with_next: count > 1 && (index == 0 || index + 2 == count),
            ..Row::default()
        }));
        for (x, lines, node) in columns {
            for (row, line) in self.out.rows.iter_mut().skip(first).zip(lines) {
                row.height = row.height.max(line.height);
                row.pieces.push(Piece { x, line, node });
            }
        }
    }
}

/// Texts that are joined, and where each of them stands: lines break between them.
fn unbroken<'a>(texts: impl Iterator<Item = &'a str>, separator: &str) -> (String, Vec<Range<usize>>) {
    let (mut joined, mut ranges) = (String::new(), Vec::new());
    for text in texts {
        if !joined.is_empty() {
            joined.push_str(separator);
        }
        ranges.push(joined.len()..joined.len() + text.len());
        joined.push_str(text);
    }
    (joined, ranges)
}
