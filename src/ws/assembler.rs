//! Messages from frames: fragments joined, bounded, and text only if it is UTF-8 (RFC 6455, sections 5.4 and 8.1).

use actix_http::ws::Item;
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use crate::wire::Closing;

/// Joins the fragments of one message after the other. The codec has checked their order.
pub struct Assembler {
    max: usize,
    joined: BytesMut,
}

impl Assembler {
    /// `max`: bytes of a message.
    pub fn new(max: usize) -> Self {
        Self { max, joined: BytesMut::new() }
    }

    /// Takes a fragment. The message, if this was its last one.
    pub fn join(&mut self, fragment: Item) -> Result<Option<ByteString>, Closing> {
        match fragment {
            Item::FirstBinary(_) => Err(Closing::BINARY),
            Item::FirstText(part) | Item::Continue(part) => self.add(&part).map(|()| None),
            Item::Last(part) => {
                self.add(&part)?;
                let joined = std::mem::take(&mut self.joined).freeze();
                text(joined).map(Some)
            }
        }
    }

    fn add(&mut self, part: &Bytes) -> Result<(), Closing> {
        if self.joined.len() + part.len() > self.max {
            self.joined = BytesMut::new();
            return Err(Closing::TOO_LARGE);
        }
        self.joined.extend_from_slice(part);
        Ok(())
    }
}

fn text(bytes: Bytes) -> Result<ByteString, Closing> {
    ByteString::try_from(bytes).map_err(|_| Closing::NOT_UTF8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn join(max: usize, parts: &[&[u8]]) -> Result<Option<ByteString>, Closing> {
        let mut assembler = Assembler::new(max);
        let mut whole = None;
        for (number, part) in parts.iter().enumerate() {
            let part = Bytes::copy_from_slice(part);
            let item = match number {
                _ if number == parts.len() - 1 => Item::Last(part),
                0 => Item::FirstText(part),
                _ => Item::Continue(part),
            };
            whole = assembler.join(item)?;
        }
        Ok(whole)
    }

    #[test]
    fn a_character_may_be_cut_by_fragments() {
        assert_eq!(join(10, &[b"\xf0\x9f", b"", b"\x91\x8d"]), Ok(Some("👍".into())));
    }

    #[test]
    fn the_sum_of_the_fragments_is_bounded() {
        assert_eq!(join(4, &[b"ab", b"cd"]), Ok(Some("abcd".into())));
        assert_eq!(join(4, &[b"ab", b"cd", b"e"]), Err(Closing::TOO_LARGE));
    }

    #[test]
    fn text_must_be_utf8_and_binary_is_refused_at_its_first_fragment() {
        assert_eq!(join(10, &[b"a\xff", b"b"]), Err(Closing::NOT_UTF8));
        assert_eq!(Assembler::new(10).join(Item::FirstBinary(Bytes::new())), Err(Closing::BINARY));
    }

    #[test]
    fn after_a_message_the_next_begins_empty() {
        let mut assembler = Assembler::new(4);
        for _ in 0..3 {
            assert_eq!(assembler.join(Item::FirstText("ab".into())), Ok(None));
            assert_eq!(assembler.join(Item::Last("cd".into())), Ok(Some("abcd".into())));
        }
    }

    proptest! {
        #[test]
        fn fragments_give_what_the_whole_gives(bytes in prop::collection::vec(any::<u8>(), 0..60), cut in 0_usize..60) {
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(join(50, &[head, tail]), join(50, &[&bytes]));
        }

        #[test]
        fn any_text_survives(text in "\\PC{0,30}", cut in 0_usize..30) {
            let (head, tail) = text.as_bytes().split_at(cut.min(text.len()));
            prop_assert_eq!(join(1000, &[head, tail]), Ok(Some(text.as_str().into())));
        }
    }
}
