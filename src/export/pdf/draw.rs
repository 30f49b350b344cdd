//! Pages into a PDF, each piece of text tagged with its place in the structure.

use krilla::action::{Action, LinkAction};
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::color::rgb;
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag, Tag};
use krilla::{Document, SerializeSettings};
use parley::{Alignment, BaseDirection};

use super::compose::{Link, Piece, Row};
use super::pages::Pages;
use super::structure::{NodeId, Structure};
use super::typeset::{Line, Look, Run, Typesetter};
use super::{HEIGHT, MARGIN, PAGE, WIDTH, fonts};

const RULE: (u8, u8, u8) = (0xb9, 0xc6, 0xd6);
/// A rule's distance from the text above it, and its thickness.
const RULE_BELOW: f32 = 1.5;
const RULE_WIDTH: f32 = 0.7;
/// Thickness of the stroke that makes a bold letter of a regular one, as a part of the size.
const EMBOLDEN: f32 = 1.0 / 36.0;
const FOOTER: Look = Look {
    size: 8.5,
    bold: false,
    color: (0x57, 0x60, 0x6a),
    leading: 1.4,
    align: Alignment::Right,
    direction: BaseDirection::Ltr,
};

/// The PDF.
///
/// # Errors
/// `Validation` if the settings ask for a standard that the content cannot meet.
pub fn draw(pages: &Pages, metadata: Metadata, settings: SerializeSettings) -> Result<Vec<u8>, KrillaError> {
    let mut document = Document::new_with(settings);
    let mut drawing = Drawing { structure: pages.structure.clone(), links: &pages.links, spots: Vec::new() };
    let mut outline = Outline::new();
    let mut typesetter = Typesetter::new();
    let count = pages.pages.len();
    for (index, rows) in pages.pages.iter().enumerate() {
        for (top, row) in rows {
            if let Some(title) = &row.outline {
                let place = XyzDestination::new(index, Point::from_xy(MARGIN, MARGIN + top));
                outline.push_child(OutlineNode::new(title.clone(), place));
            }
        }
        let Some(format) = PageSettings::from_wh(PAGE.0, PAGE.1) else { continue };
        let mut page = document.start_page_with(format);
        let mut surface = page.surface();
        drawing.rows(&mut surface, rows);
        footer(&mut surface, &typesetter.set(&format!("Page {} of {count}", index + 1), FOOTER, WIDTH, &[]));
        surface.finish();
        for spot in drawing.spots.drain(..) {
            let identifier = page.add_tagged_annotation(spot.annotation);
            drawing.structure.put(spot.node, identifier);
        }
    }
    document.set_outline(outline);
    document.set_metadata(metadata);
    document.set_tag_tree(drawing.structure.tree());
    document.finish()
}

/// The page number, which is no part of what is read.
fn footer(surface: &mut Surface, lines: &[Line]) {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
    for line in lines {
        let baseline = MARGIN + HEIGHT + MARGIN * 0.45 + line.ascent;
        line.runs.iter().for_each(|run| glyphs(surface, MARGIN, baseline, run));
    }
    surface.end_tagged();
}

struct Drawing<'a> {
    structure: Structure,
    links: &'a [Link],
    /// The links of the page, which can be added when its content is complete.
    spots: Vec<Spot>,
}

struct Spot {
    node: NodeId,
    annotation: Annotation,
}

impl Drawing<'_> {
    /// Pieces are drawn in the order of reading: all lines of a title before the dates beside it.
    fn rows(&mut self, surface: &mut Surface, rows: &[(f32, Row)]) {
        let pieces = rows.iter().flat_map(|(top, row)| row.pieces.iter().map(move |piece| (MARGIN + top, piece)));
        let mut pieces: Vec<(f32, &Piece)> = pieces.collect();
        pieces.sort_by_key(|(_, piece)| piece.node);
        pieces.into_iter().for_each(|(top, piece)| self.piece(surface, top, piece));
        for (top, row) in rows.iter().filter(|(_, row)| row.ruled) {
            rule(surface, MARGIN + top + row.height + RULE_BELOW);
        }
    }

    /// Runs of one link are one piece of content; so is what stands between links.
    fn piece(&mut self, surface: &mut Surface, top: f32, piece: &Piece) {
        let (x, baseline) = (MARGIN + piece.x, top + piece.line.ascent);
        for runs in piece.line.runs.chunk_by(|a, b| a.ink.link == b.ink.link) {
            let link = runs.first().and_then(|run| self.links.get(run.ink.link?));
            let node = match link {
                Some(_) => self.structure.add(Some(piece.node), Tag::Link),
                None => piece.node,
            };
            let content = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            runs.iter().for_each(|run| glyphs(surface, x, baseline, run));
            surface.end_tagged();
            self.structure.put(node, content);
            if let (Some(link), Some(area)) = (link, area(runs, x, top, piece.line.height)) {
                let target = Target::Action(Action::from(LinkAction::new(link.uri.clone())));
                let annotation = Annotation::new_link(LinkAnnotation::new(area, target), Some(link.text.clone()));
                self.spots.push(Spot { node, annotation });
            }
        }
    }
}

fn area(runs: &[Run], x: f32, top: f32, height: f32) -> Option<Rect> {
    let (first, last) = (runs.first()?, runs.last()?);
    Rect::from_ltrb(x + first.x, top, x + last.x + last.advance, top + height)
}

fn fill((red, green, blue): (u8, u8, u8)) -> Fill {
    Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }
}

fn glyphs(surface: &mut Surface, x: f32, baseline: f32, run: &Run) {
    let Some(font) = fonts::embedded(&run.font) else { return };
    let fill = fill(run.ink.color);
    let stroke = Stroke { paint: fill.paint.clone(), width: run.size * EMBOLDEN, ..Stroke::default() };
    surface.set_stroke(run.embolden.then_some(stroke));
    surface.set_fill(Some(fill));
    surface.draw_glyphs(Point::from_xy(x + run.x, baseline), &run.glyphs, font, &run.text, run.size, false);
}

fn rule(surface: &mut Surface, y: f32) {
    let mut path = PathBuilder::new();
    if let Some(rect) = Rect::from_xywh(MARGIN, y, WIDTH, RULE_WIDTH) {
        path.push_rect(rect);
    }
    let Some(path) = path.finish() else { return };
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    surface.set_stroke(None);
    surface.set_fill(Some(fill(RULE)));
    surface.draw_path(&path);
    surface.end_tagged();
}
