//! PDF: A4 pages set by parley, written by krilla as tagged PDF/UA-1 (ISO 14289-1) with all fonts embedded.

mod compose;
mod draw;
mod fonts;
mod pages;
mod structure;
mod typeset;

use krilla::SerializeSettings;
use krilla::configure::{Accessibility, Configuration, ConfigurationBuilder};
use krilla::error::KrillaError;
use krilla::metadata::{DateTime, Metadata, TextDirection};
use time::OffsetDateTime;

use super::document::Document;
use super::{Format, Source, failed};
use crate::domain::error::Result;

/// A4 and its margins, in points.
const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 56.7;
const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
const HEIGHT: f32 = PAGE.1 - 2.0 * MARGIN;

pub fn render(source: Source) -> Result<Vec<u8>> {
    let document = Document::of(source.profile);
    let pages = pages::paginate(compose::compose(&document), HEIGHT);
    let written = match draw::draw(&pages, metadata(&document, source.analysed_at), settings(accessible())) {
        // A character that no font has is drawn as a box, which PDF/UA-1 forbids: then it is a PDF without that claim.
        Err(KrillaError::Validation(_)) => {
            draw::draw(&pages, metadata(&document, source.analysed_at), settings(Configuration::default()))
        }
        written => written,
    };
    written.map_err(|error| failed(Format::Pdf, format!("{error:?}")))
}

fn accessible() -> Configuration {
    ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish().unwrap_or_default()
}

fn settings(configuration: Configuration) -> SerializeSettings {
    SerializeSettings { configuration, ..SerializeSettings::default() }
}

fn metadata(document: &Document, date: OffsetDateTime) -> Metadata {
    let direction = if document.rtl { TextDirection::RightToLeft } else { TextDirection::LeftToRight };
    Metadata::new()
        .title(document.title.clone())
        .authors(vec![document.title.clone()])
        .description("Résumé".to_owned())
        .creator("Greenroom".to_owned())
        .language("en".to_owned())
        .text_direction(direction)
        .creation_date(moment(date))
}

fn moment(date: OffsetDateTime) -> DateTime {
    DateTime::new(u16::try_from(date.year()).unwrap_or(0))
        .month(date.month().into())
        .day(date.day())
        .hour(date.hour())
        .minute(date.minute())
        .second(date.second())
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

#[cfg(test)]
mod tests;
