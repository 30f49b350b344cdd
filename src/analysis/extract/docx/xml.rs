//! XML of a part: its encoding, and the relationships file.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::analysis::extract::Failure;
use crate::analysis::extract::budget::Budget;

/// Attributes of one element that are looked at.
const MAX_ATTRIBUTES: usize = 256;

/// The text of a part in UTF-8 or UTF-16; bytes that are neither become replacement characters.
///
/// # Errors
/// If it declares a document type: Word writes none, and entities are a weapon.
pub fn decode(data: Vec<u8>) -> Result<String, Failure> {
    let utf16 = match data.as_slice() {
        [0xff, 0xfe, ..] | [b'<', 0, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] | [0, b'<', ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    };
    let source = match utf16 {
        Some(encoding) => encoding.decode(&data).0.into_owned(),
        None => String::from_utf8(data).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    };
    let source = source.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(source);
    if source.contains("<!DOCTYPE") || source.contains("<!ENTITY") { Err(Failure::Corrupt) } else { Ok(source) }
}

/// The value of an attribute by its local name, with entities resolved.
pub fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    // Checks for duplicate names are quadratic in their number.
    let mut attributes = element.attributes();
    let found =
        attributes.with_checks(false).take(MAX_ATTRIBUTES).flatten().find(|a| a.key.local_name().as_ref() == name)?;
    found.normalized_value(quick_xml::XmlVersion::Explicit1_0).ok().map(|value| value.into_owned())
}

/// Kind (last segment of the type) and target of each internal relationship.
///
/// # Errors
/// When the budget runs out.
pub fn relationships(source: &str, budget: &mut Budget) -> Result<Vec<(String, String)>, Failure> {
    let mut reader = Reader::from_str(source);
    let mut found = Vec::new();
    loop {
        budget.step()?;
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) if element.local_name().as_ref() == "Relationship" => {
                let external = attribute(&element, "TargetMode").is_some_and(|mode| mode == "External");
                if let (Some(kind), Some(target), false) =
                    (attribute(&element, "Type"), attribute(&element, "Target"), external)
                {
                    found.push((kind.rsplit('/').next().unwrap_or_default().to_owned(), target));
                }
            }
            Ok(Event::Eof) | Err(_) => return Ok(found),
            Ok(_) => {}
        }
    }
}
