//! Text of DOCX files (ECMA-376): the archive, its relationships, and the order of the parts.

mod story;
mod styles;
mod xml;

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::budget::Budget;
use super::sniff::OLE_MAGIC;
use super::{Failure, Reading};
use story::Story;
use styles::Styles;

/// Entries that an archive may have.
const MAX_ENTRIES: usize = 20_000;
/// Headers, footers and notes that are read.
const MAX_STORIES: usize = 64;

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Reads a DOCX.
///
/// # Errors
/// When it needs a password, cannot be parsed, or would take too much.
pub fn read(bytes: &[u8], budget: &mut Budget) -> Result<Reading, Failure> {
    if bytes.starts_with(OLE_MAGIC) {
        return Err(Failure::Encrypted);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| failure(&error))?;
    if archive.len() > MAX_ENTRIES {
        return Err(Failure::LimitExceeded);
    }
    let main = main_part(&mut archive, budget)?;
    let body = part(&mut archive, &main, budget)?.ok_or(Failure::Corrupt)?;
    let related = related_parts(&mut archive, &main, budget)?;
    let mut story = Story::new(styles(&mut archive, &related, budget)?);
    read_related(&mut archive, &related, "header", &mut story, budget)?;
    story.read(&body, budget)?;
    for kind in ["footer", "footnotes", "endnotes"] {
        read_related(&mut archive, &related, kind, &mut story, budget)?;
    }
    Ok(Reading { text: story.text, hidden: story.hidden, columns: 1, ..Reading::default() })
}

fn styles(archive: &mut Archive<'_>, related: &[(String, String)], budget: &mut Budget) -> Result<Styles, Failure> {
    let Some((_, name)) = related.iter().find(|(kind, _)| kind == "styles") else { return Ok(Styles::default()) };
    match part(archive, name, budget) {
        Ok(Some(source)) => Styles::parse(&source, budget),
        Ok(None) | Err(Failure::Corrupt) => Ok(Styles::default()),
        Err(failure) => Err(failure),
    }
}

/// Reads the stories of one kind. A damaged one does not cost the document.
fn read_related(
    archive: &mut Archive<'_>,
    related: &[(String, String)],
    kind: &str,
    story: &mut Story,
    budget: &mut Budget,
) -> Result<(), Failure> {
    for (_, name) in related.iter().filter(|(of_kind, _)| of_kind == kind) {
        let read = part(archive, name, budget).and_then(|source| match source {
            Some(source) => story.read(&source, budget),
            None => Ok(()),
        });
        read.or_else(|failure| if failure == Failure::Corrupt { Ok(()) } else { Err(failure) })?;
    }
    Ok(())
}

fn failure(error: &ZipError) -> Failure {
    match error {
        ZipError::InvalidPassword => Failure::Encrypted,
        ZipError::UnsupportedArchive(message) if *message == ZipError::PASSWORD_REQUIRED => Failure::Encrypted,
        _ => Failure::Corrupt,
    }
}

/// The text of a part; nothing if there is none of this name. Sizes that the archive declares are not believed.
fn part(archive: &mut Archive<'_>, name: &str, budget: &mut Budget) -> Result<Option<String>, Failure> {
    let limit = budget.part_limit();
    let entry = match archive.by_name(name) {
        Ok(entry) => entry,
        Err(ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(failure(&error)),
    };
    let mut data = Vec::new();
    let done = entry.take(limit as u64 + 1).read_to_end(&mut data);
    if data.len() > limit {
        return Err(Failure::LimitExceeded);
    }
    budget.spend_bytes(data.len())?;
    done.map_err(|_| Failure::Corrupt)?;
    xml::decode(data).map(Some)
}

/// The main part, as the relationships of the package name it (ECMA-376-2, 9.3).
fn main_part(archive: &mut Archive<'_>, budget: &mut Budget) -> Result<String, Failure> {
    let relationships = match part(archive, "_rels/.rels", budget) {
        Ok(Some(source)) => xml::relationships(&source, budget)?,
        Ok(None) | Err(Failure::Corrupt) => Vec::new(),
        Err(failure) => return Err(failure),
    };
    let named = relationships.into_iter().find(|(kind, _)| kind == "officeDocument").map(|(_, target)| target);
    let resolved = named.map(|target| resolve("", &target)).filter(|name| archive.index_for_name(name).is_some());
    Ok(resolved.unwrap_or_else(|| "word/document.xml".to_owned()))
}

/// Kind and name of the parts that the main part refers to and that are read.
fn related_parts(archive: &mut Archive<'_>, main: &str, budget: &mut Budget) -> Result<Vec<(String, String)>, Failure> {
    let (folder, file) = main.rsplit_once('/').unwrap_or(("", main));
    let name = if folder.is_empty() { format!("_rels/{file}.rels") } else { format!("{folder}/_rels/{file}.rels") };
    let source = match part(archive, &name, budget) {
        Ok(Some(source)) => source,
        Ok(None) | Err(Failure::Corrupt) => return Ok(Vec::new()),
        Err(failure) => return Err(failure),
    };
    let mut stories: Vec<(String, String)> = xml::relationships(&source, budget)?
        .into_iter()
        .filter(|(kind, _)| matches!(kind.as_str(), "header" | "footer" | "footnotes" | "endnotes" | "styles"))
        .map(|(kind, target)| (kind, resolve(folder, &target)))
        .take(MAX_STORIES)
        .collect();
    stories.sort();
    stories.dedup();
    Ok(stories)
}

/// The name in the archive of a relationship's target. Only ever compared with names of the archive.
fn resolve(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut segments: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    for segment in target.split('/') {
        match segment {
            ".." => {
                segments.pop();
            }
            "." | "" => {}
            name => segments.push(name),
        }
    }
    segments.join("/")
}
