//! Reads the frame headers (RFC 6455, section 5.2) of a connection before the codec does. The codec refuses a frame that
//! is too long only once all of it is in memory: who announces 2 GiB could fill ours. Here the announcement is enough.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;

use crate::wire::Closing;

/// The longest header: two bytes, eight of extended length, four of mask.
const MAX_HEADER: usize = 14;
/// Payload of a control frame (section 5.5).
const MAX_CONTROL: u64 = 125;

/// What ended a guarded stream before its time, and the rest of what the client sends. A close frame reaches a client
/// that is still sending only if somebody goes on reading.
pub struct Violation<S> {
    pub closing: Closing,
    pub rest: S,
}

/// Where a guard leaves its finding; empty as long as all is well.
pub type Finding<S> = Rc<RefCell<Option<Violation<S>>>>;

/// A stream of bytes that ends before the first frame that is not allowed.
pub struct FrameGuard<S> {
    source: Option<S>,
    headers: Headers,
    finding: Finding<S>,
}

impl<S> FrameGuard<S> {
    /// `max`: bytes of a frame's payload.
    pub fn new(source: S, max: usize, finding: Finding<S>) -> Self {
        Self { source: Some(source), headers: Headers::new(max), finding }
    }

    /// The part of a chunk that may pass.
    fn check(&mut self, mut chunk: Bytes) -> Option<Bytes> {
        let Err((allowed, closing)) = self.headers.follow(&chunk) else { return Some(chunk) };
        let rest = self.source.take()?;
        *self.finding.borrow_mut() = Some(Violation { closing, rest });
        chunk.truncate(allowed);
        (!chunk.is_empty()).then_some(chunk)
    }
}

impl<S, E> Stream for FrameGuard<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    type Item = Result<Bytes, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(source) = &mut this.source else { return Poll::Ready(None) };
        match Pin::new(source).poll_next(cx) {
            Poll::Ready(Some(Ok(chunk))) => Poll::Ready(this.check(chunk).map(Ok)),
            other => other,
        }
    }
}

/// Follows a stream of frames from header to header.
struct Headers {
    max: u64,
    header: [u8; MAX_HEADER],
    /// Bytes of the header seen so far.
    seen: usize,
    /// Bytes of the payload still to come.
    payload: u64,
}

impl Headers {
    fn new(max: usize) -> Self {
        Self { max: max as u64, header: [0; MAX_HEADER], seen: 0, payload: 0 }
    }

    /// Takes the next bytes; at a violation says how many of them come before the byte that shows it.
    fn follow(&mut self, bytes: &[u8]) -> Result<(), (usize, Closing)> {
        let mut at = 0;
        while at < bytes.len() {
            if self.payload > 0 {
                let left = (bytes.len() - at) as u64;
                let skipped = left.min(self.payload);
                self.payload -= skipped;
                at += usize::try_from(skipped).unwrap_or(usize::MAX);
                continue;
            }
            self.take(bytes[at]).map_err(|closing| (at, closing))?;
            at += 1;
        }
        Ok(())
    }

    fn take(&mut self, byte: u8) -> Result<(), Closing> {
        self.header[self.seen] = byte;
        self.seen += 1;
        match self.seen {
            1 => check_first(byte),
            2 => check_second(self.header[0], byte),
            seen if seen < self.header_length() => Ok(()),
            _ => self.complete(),
        }
    }

    fn header_length(&self) -> usize {
        match self.header[1] & 0x7f {
            126 => 8,
            127 => MAX_HEADER,
            _ => 6,
        }
    }

    fn complete(&mut self) -> Result<(), Closing> {
        let extended = |bytes: &[u8]| bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        let length = match self.header[1] & 0x7f {
            126 => extended(&self.header[2..4]),
            127 => extended(&self.header[2..10]),
            short => u64::from(short),
        };
        if length > self.max {
            return Err(Closing::TOO_LARGE);
        }
        self.payload = length;
        self.seen = 0;
        Ok(())
    }
}

/// No extension was negotiated, so the reserved bits must be 0; opcodes 3–7 and 11–15 are reserved.
fn check_first(byte: u8) -> Result<(), Closing> {
    let known = matches!(byte & 0x0f, 0..=2 | 8..=10);
    if byte & 0x70 == 0 && known { Ok(()) } else { Err(Closing::PROTOCOL) }
}

/// Clients must mask; control frames are short and whole.
fn check_second(first: u8, second: u8) -> Result<(), Closing> {
    let masked = second & 0x80 != 0;
    let control = first & 0x08 != 0;
    let whole_and_short = first & 0x80 != 0 && u64::from(second & 0x7f) <= MAX_CONTROL;
    if masked && (!control || whole_and_short) { Ok(()) } else { Err(Closing::PROTOCOL) }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{FutureExt, StreamExt, stream};
    use proptest::prelude::*;

    use super::*;

    const MAX: usize = 1000;

    /// What passes, and how it ends.
    fn pass(chunks: Vec<Vec<u8>>) -> (Vec<u8>, Option<Closing>) {
        let finding = Finding::default();
        let source = stream::iter(chunks.into_iter().map(|chunk| Ok::<_, Infallible>(Bytes::from(chunk))));
        let guard = FrameGuard::new(source, MAX, finding.clone());
        let passed: Vec<_> = guard.map(|chunk| chunk.unwrap()).collect().now_or_never().expect("nothing to wait for");
        let closing = finding.borrow().as_ref().map(|violation| violation.closing);
        (passed.concat(), closing)
    }

    fn frame(first: u8, length: usize) -> Vec<u8> {
        let mut frame = vec![first];
        match length {
            0..=125 => frame.push(0x80 | length as u8),
            126..=0xffff => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([1, 2, 3, 4]);
        frame
    }

    fn with_payload(first: u8, length: usize) -> Vec<u8> {
        let mut frame = frame(first, length);
        frame.extend(std::iter::repeat_n(0xff, length));
        frame
    }

    #[test]
    fn frames_up_to_the_limit_pass_unchanged() {
        let bytes = [
            with_payload(0x81, 0),
            with_payload(0x81, MAX),
            with_payload(0x01, 126),
            with_payload(0x80, 5),
            with_payload(0x89, 125),
        ]
        .concat();
        assert_eq!(pass(vec![bytes.clone()]), (bytes, None));
    }

    #[test]
    fn an_announcement_is_enough() {
        for length in [MAX + 1, 70_000, 2 << 30, usize::MAX] {
            let good = with_payload(0x81, 10);
            let (passed, closing) = pass(vec![[good.clone(), frame(0x82, length)].concat(), vec![0; 5000]]);
            assert_eq!(closing, Some(Closing::TOO_LARGE), "{length}");
            assert!(passed.starts_with(&good) && passed.len() < good.len() + MAX_HEADER);
        }
    }

    #[test]
    fn a_length_in_a_longer_form_than_needed_is_still_its_length() {
        let bytes = [vec![0x81, 0xff], 5_u64.to_be_bytes().to_vec(), vec![0; 4 + 5], with_payload(0x81, 3)].concat();
        assert_eq!(pass(vec![bytes.clone()]), (bytes, None));
    }

    #[test]
    fn what_the_protocol_forbids_ends_the_stream() {
        let reserved_bit = vec![0xc1, 0x80];
        let unmasked = vec![0x81, 0x01];
        let reserved_opcode = vec![0x83];
        let fragmented_ping = vec![0x09, 0x80];
        let long_ping = vec![0x89, 0x80 | 126];
        for bytes in [reserved_bit, unmasked, reserved_opcode, fragmented_ping, long_ping] {
            assert_eq!(pass(vec![bytes.clone()]).1, Some(Closing::PROTOCOL), "{bytes:?}");
        }
    }

    #[test]
    fn the_rest_is_kept_for_reading_on() {
        let finding = Finding::default();
        let source =
            stream::iter([Ok::<_, Infallible>(Bytes::from(frame(0x81, MAX + 1))), Ok(Bytes::from_static(b"rest"))]);
        let mut guard = FrameGuard::new(source, MAX, finding.clone());
        while guard.next().now_or_never().flatten().is_some() {}
        let violation = finding.borrow_mut().take().unwrap();
        assert_eq!(violation.rest.collect::<Vec<_>>().now_or_never().unwrap(), [Ok(Bytes::from_static(b"rest"))]);
    }

    fn split(bytes: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
        let mut chunks = Vec::new();
        let mut rest = bytes;
        for cut in cuts {
            let (chunk, after) = rest.split_at(cut % (rest.len() + 1));
            chunks.push(chunk.to_vec());
            rest = after;
        }
        chunks.push(rest.to_vec());
        chunks.retain(|chunk| !chunk.is_empty());
        chunks
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_bytes_are_cut(
            frames in prop::collection::vec((any::<u8>(), 0..2 * MAX), 0..5),
            noise in prop::collection::vec(any::<u8>(), 0..40),
            cuts in prop::collection::vec(any::<usize>(), 0..10),
        ) {
            let mut bytes: Vec<u8> = frames.iter().flat_map(|&(first, length)| with_payload(first, length)).collect();
            bytes.extend(noise);
            let whole = pass(if bytes.is_empty() { vec![] } else { vec![bytes.clone()] });
            prop_assert!(bytes.starts_with(&whole.0));
            prop_assert_eq!(whole, pass(split(&bytes, &cuts)));
        }
    }
}
