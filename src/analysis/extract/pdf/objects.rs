//! Forgiving access to the objects of a document: whatever is missing, of another type or circular is simply absent.

use lopdf::{DecompressError, Dictionary, Document, Error, Object, Stream};

use crate::analysis::extract::budget::{Budget, Exhausted};

/// Inherited entries are looked for in this many parents.
const MAX_PARENTS: usize = 32;

/// The objects of a loaded document.
#[derive(Clone, Copy)]
pub struct Objects<'a> {
    document: &'a Document,
}

impl<'a> Objects<'a> {
    pub fn new(document: &'a Document) -> Self {
        Self { document }
    }

    /// Follows references; null if they lead nowhere.
    pub fn resolve(self, object: &'a Object) -> &'a Object {
        self.document.dereference(object).map_or(&Object::Null, |(_, object)| object)
    }

    pub fn get(self, dict: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
        dict.get(key).ok().map(|object| self.resolve(object)).filter(|object| !object.is_null())
    }

    pub fn as_dict(self, object: &'a Object) -> Option<&'a Dictionary> {
        match self.resolve(object) {
            Object::Dictionary(dict) => Some(dict),
            Object::Stream(stream) => Some(&stream.dict),
            _ => None,
        }
    }

    pub fn dict(self, dict: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
        self.get(dict, key).and_then(|object| self.as_dict(object))
    }

    pub fn name(self, dict: &'a Dictionary, key: &[u8]) -> Option<&'a [u8]> {
        self.get(dict, key).and_then(|object| object.as_name().ok())
    }

    /// The items of an array, none if it is no array.
    pub fn array(self, dict: &'a Dictionary, key: &[u8]) -> &'a [Object] {
        self.get(dict, key).and_then(|object| object.as_array().ok()).map_or(&[], Vec::as_slice)
    }

    pub fn number(self, dict: &'a Dictionary, key: &[u8]) -> Option<f64> {
        self.get(dict, key).and_then(|object| object.as_float().ok()).map(f64::from)
    }

    /// A number, 0 if it is none.
    pub fn as_number(self, object: &'a Object) -> f64 {
        self.resolve(object).as_float().map_or(0.0, f64::from)
    }

    /// An entry of a page or of the nearest node above it that has one.
    pub fn inherited(self, page: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
        let mut node = page;
        for _ in 0..MAX_PARENTS {
            if let Some(found) = self.get(node, key) {
                return Some(found);
            }
            node = self.dict(node, b"Parent")?;
        }
        None
    }

    /// The visible area of a page: left, bottom, right, top. Nothing if it tells none worth the name.
    pub fn area(self, page: &'a Dictionary) -> Option<[f64; 4]> {
        let area = |key: &[u8]| {
            let numbers: Vec<f64> =
                self.inherited(page, key)?.as_array().ok()?.iter().map(|o| self.as_number(o)).collect();
            let [a, b, c, d] = numbers[..] else { return None };
            Some([a.min(c), b.min(d), a.max(c), b.max(d)])
        };
        let usable = |area: &[f64; 4]| area[2] - area[0] > 10.0 && area[3] - area[1] > 10.0;
        area(b"CropBox").or_else(|| area(b"MediaBox")).filter(usable)
    }

    pub fn stream(self, object: &'a Object) -> Option<&'a Stream> {
        self.resolve(object).as_stream().ok()
    }

    /// The decompressed data of the stream under a key.
    pub fn stream_data(
        self,
        dict: &'a Dictionary,
        key: &[u8],
        budget: &mut Budget,
    ) -> Result<Option<Vec<u8>>, Exhausted> {
        match self.get(dict, key).and_then(|object| self.stream(object)) {
            Some(stream) => decompress(stream, budget),
            None => Ok(None),
        }
    }
}

/// The decompressed data of a stream; nothing if it cannot be decoded.
///
/// # Errors
/// If it would take more than the budget has.
pub fn decompress(stream: &Stream, budget: &mut Budget) -> Result<Option<Vec<u8>>, Exhausted> {
    match stream.get_plain_content_with_limit(budget.part_limit()) {
        Ok(data) => {
            budget.spend_bytes(data.len())?;
            Ok(Some(data))
        }
        Err(Error::Decompress(DecompressError::MemoryLimitExceeded { .. })) => Err(Exhausted),
        Err(_) => Ok(None),
    }
}
