//! DOCX: the document with styles, so that it can be edited like one written by hand.

use std::io::Cursor;

use docx_rs::{
    AbstractNumbering, AlignmentType, BorderType, Docx, Footer, Hyperlink, HyperlinkData, HyperlinkType, IndentLevel,
    Level, LevelJc, LevelText, LineSpacing, LineSpacingType, NumPages, NumberFormat, Numbering, NumberingId,
    PageMargin, PageNum, Paragraph, ParagraphBorder, ParagraphBorderPosition, ParagraphBorders, Run, RunFonts,
    SpecialIndentType, Start, Style, StyleType, Tab, TabValueType, Table, TableCell, TableCellMargins, TableLayoutType,
    TableRow, WidthType,
};
use quick_xml::escape::escape;

use super::document::{Block, Contact, Document, Section, is_rtl};
use super::{Format, Source, failed};
use crate::domain::clock::rfc3339;
use crate::domain::error::Result;

/// A4 with margins of 2 cm, in twentieths of a point.
const PAGE: (u32, u32) = (11906, 16838);
const MARGIN: i32 = 1134;
const WIDTH: usize = 11906 - 2 * 1134;
const LABELS: usize = 1900;

const ACCENT: &str = "1C4A7A";
const GREY: &str = "57606A";
const RULE: &str = "B9C6D6";

/// The id of the list; docx-rs has taken 1.
const BULLETS: usize = 2;

pub fn render(source: Source) -> Result<Vec<u8>> {
    let document = Document::of(source.profile);
    let date = rfc3339::format(source.analysed_at);
    let mut package = Writer::default().write(&document).build();
    package.doc_props.core = core_properties(&document, &date).into_bytes();
    let mut file = Cursor::new(Vec::new());
    package.pack(&mut file).map_err(|error| failed(Format::Docx, error))?;
    Ok(file.into_inner())
}

/// Title, author and dates (ECMA-376 part 2, annex D), of which docx-rs writes the dates only.
fn core_properties(document: &Document, date: &str) -> String {
    let title = escape(&document.title);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title><dc:subject>Résumé</dc:subject><dc:creator>{title}</dc:creator><cp:lastModifiedBy>Greenroom</cp:lastModifiedBy><dcterms:created xsi:type="dcterms:W3CDTF">{date}</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">{date}</dcterms:modified></cp:coreProperties>"#
    )
}

fn points(points: f32) -> u32 {
    (points * 20.0) as u32
}

fn spacing(before: f32, after: f32) -> LineSpacing {
    LineSpacing::new().before(points(before)).after(points(after))
}

fn styles(docx: Docx) -> Docx {
    let style =
        |id: &str, name: &str| Style::new(id, StyleType::Paragraph).name(name).based_on("Normal").q_format(true);
    let heading = |id, name, level| style(id, name).next("Normal").outline_lvl(level);
    docx.default_fonts(RunFonts::new().ascii("Calibri").hi_ansi("Calibri").east_asia("Microsoft YaHei").cs("Arial"))
        .default_size(21)
        .default_line_spacing(LineSpacing::new().line_rule(LineSpacingType::Auto).line(264).after(0))
        .add_style(style("Title", "Title").size(48).bold().color(ACCENT).line_spacing(spacing(0.0, 2.0)))
        .add_style(style("Subtitle", "Subtitle").size(24).color(GREY).line_spacing(spacing(0.0, 2.0)))
        .add_style(style("Contact", "Contact").size(20).color(GREY))
        .add_style(heading("Heading1", "heading 1", 0).size(25).bold().color(ACCENT).line_spacing(spacing(14.0, 5.0)))
        .add_style(heading("Heading2", "heading 2", 1).size(22).bold().line_spacing(spacing(7.0, 0.0)))
        .add_style(style("Place", "Place").color(ACCENT).line_spacing(spacing(0.0, 2.0)))
        .add_style(style("Footer", "footer").size(17).color(GREY).align(AlignmentType::Right))
        .add_style(style("ListBullet", "List Bullet").line_spacing(spacing(1.0, 1.0)))
        .add_style(Style::new("Hyperlink", StyleType::Character).name("Hyperlink").color(ACCENT))
        .add_style(Style::new("Dates", StyleType::Character).name("Dates").color(GREY).size(20))
}

fn bullets(docx: Docx) -> Docx {
    let level = Level::new(0, Start::new(1), NumberFormat::new("bullet"), LevelText::new("•"), LevelJc::new("left"));
    let level = level.indent(Some(284), Some(SpecialIndentType::Hanging(284)), None, None);
    docx.add_abstract_numbering(AbstractNumbering::new(BULLETS).add_level(level))
        .add_numbering(Numbering::new(BULLETS, BULLETS))
}

fn footer() -> Footer {
    let text = |text| Run::new().add_text(text);
    let page = Paragraph::new().style("Footer").add_run(text("Page ")).add_page_num(PageNum::new());
    Footer::new().add_paragraph(page.add_run(text(" of ")).add_num_pages(NumPages::new()))
}

/// Builds the body; counts the links, whose ids must be unique within the document.
#[derive(Default)]
struct Writer {
    rtl: bool,
    links: usize,
}

impl Writer {
    fn write(mut self, document: &Document) -> Docx {
        self.rtl = document.rtl;
        let margin = PageMargin::new().top(MARGIN).bottom(MARGIN).left(MARGIN).right(MARGIN).footer(MARGIN / 2);
        let docx = Docx::new().page_size(PAGE.0, PAGE.1).page_margin(margin).footer(footer());
        let mut docx = bullets(styles(docx)).add_paragraph(self.paragraph("Title", &document.title));
        for headline in document.headlines() {
            docx = docx.add_paragraph(self.paragraph("Subtitle", &headline));
        }
        if !document.contact.is_empty() {
            docx = docx.add_paragraph(self.contact(&document.contact));
        }
        document.sections.iter().fold(docx, |docx, section| self.section(docx, section))
    }

    fn paragraph(&self, style: &str, text: &str) -> Paragraph {
        self.directed(Paragraph::new().style(style), text).add_run(Run::new().add_text(text))
    }

    /// A paragraph runs as its text does; what the program says, as the name does.
    fn directed(&self, mut paragraph: Paragraph, text: &str) -> Paragraph {
        let is_rtl = is_rtl(text) || self.rtl && text.is_ascii();
        paragraph.property.bidi = is_rtl.then_some(true);
        paragraph
    }

    fn contact(&mut self, contact: &[Contact]) -> Paragraph {
        let mut paragraph = Paragraph::new().style("Contact");
        if self.rtl {
            paragraph = paragraph.align(AlignmentType::Right);
        }
        for (index, item) in contact.iter().enumerate() {
            if index > 0 {
                paragraph = paragraph.add_run(Run::new().add_text("  ·  "));
            }
            paragraph = self.linked(paragraph, item);
        }
        paragraph
    }

    fn linked(&mut self, paragraph: Paragraph, item: &Contact) -> Paragraph {
        let run = Run::new().add_text(&item.text);
        let Some(uri) = &item.uri else { return paragraph.add_run(run) };
        self.links += 1;
        let mut link = Hyperlink::new(uri, HyperlinkType::External).add_run(run.style("Hyperlink"));
        // The ids that docx-rs counts are shared by all documents in the making.
        if let HyperlinkData::External { rid, .. } = &mut link.link {
            *rid = format!("rIdLink{}", self.links);
        }
        paragraph.add_hyperlink(link)
    }

    fn section(&mut self, docx: Docx, section: &Section) -> Docx {
        let border = ParagraphBorder::new(ParagraphBorderPosition::Bottom).val(BorderType::Single);
        let mut heading = self.paragraph("Heading1", section.heading).keep_next(true);
        let rule = ParagraphBorders::with_empty().set(border.size(6).space(1).color(RULE));
        heading.property.borders = Some(rule);
        section.blocks.iter().fold(docx.add_paragraph(heading), |docx, block| self.block(docx, block))
    }

    fn block(&mut self, docx: Docx, block: &Block) -> Docx {
        match block {
            Block::Paragraph(text) => docx.add_paragraph(self.paragraph("Normal", text)),
            Block::Item(text) => {
                let item = self.paragraph("ListBullet", text);
                docx.add_paragraph(item.numbering(NumberingId::new(BULLETS), IndentLevel::new(0)))
            }
            Block::Link(link) => docx.add_paragraph(self.linked(Paragraph::new(), link)),
            Block::Entry { title, dates, place } => {
                let docx = docx.add_paragraph(self.entry(title, dates.as_deref()));
                match place {
                    Some(place) => docx.add_paragraph(self.paragraph("Place", place).keep_next(true)),
                    None => docx,
                }
            }
            Block::Table(rows) => docx.add_table(self.table(rows)),
        }
    }

    fn entry(&self, title: &str, dates: Option<&str>) -> Paragraph {
        let paragraph = self.paragraph("Heading2", title).keep_next(true);
        let Some(dates) = dates else { return paragraph };
        let tab = Tab::new().val(TabValueType::Right).pos(WIDTH);
        let dates = Run::new().add_text(dates).style("Dates").disable_bold();
        paragraph.add_tab(tab).add_run(Run::new().add_tab()).add_run(dates)
    }

    fn table(&self, rows: &[(&'static str, Vec<String>)]) -> Table {
        let row = |(label, values): &(&'static str, Vec<String>)| {
            let label = self.directed(Paragraph::new(), label).add_run(Run::new().add_text(*label).bold());
            let cell = |width, paragraph| TableCell::new().width(width, WidthType::Dxa).add_paragraph(paragraph);
            let text = self.paragraph("Normal", &values.join(", "));
            TableRow::new(vec![cell(LABELS, label), cell(WIDTH - LABELS, text)]).cant_split()
        };
        Table::without_borders(rows.iter().map(row).collect())
            .layout(TableLayoutType::Fixed)
            .margins(TableCellMargins::new().margin(0, 0, 0, 0))
            .width(WIDTH, WidthType::Dxa)
            .set_grid(vec![LABELS, WIDTH - LABELS])
    }
}
