//! Any bytes on a connection, cut into chunks at will: the guard passes them on unchanged up to the first violation,
//! however they are cut; no frame, and no message of fragments, is longer than allowed.

#![no_main]
#![allow(dead_code, unused_imports, reason = "the target uses a part of these modules")]

#[path = "../../src/domain/mod.rs"]
mod domain;
#[path = "../../src/wire/mod.rs"]
mod wire;
#[path = "../../src/ws"]
mod ws {
    pub mod assembler;
    pub mod guard;
}

use std::convert::Infallible;

use actix_http::ws::{Codec, Frame};
use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use libfuzzer_sys::fuzz_target;
use tokio_util::codec::Decoder as _;

use wire::Closing;
use ws::assembler::Assembler;
use ws::guard::{Finding, FrameGuard};

/// Small, so that it is reached.
const MAX: usize = 300;

fuzz_target!(|input: &[u8]| {
    let Some((cut, bytes)) = input.split_first() else { return };
    let whole = guarded(bytes, bytes.len());
    assert!(bytes.starts_with(&whole.0));
    assert!(whole.1.is_some() || whole.0.len() == bytes.len(), "bytes are lost");
    assert_eq!(guarded(bytes, usize::from(*cut)), whole, "cut every {cut} bytes");
    assemble(&whole.0);
});

/// What passes the guard, in chunks of this size, and what it found.
fn guarded(bytes: &[u8], size: usize) -> (Vec<u8>, Option<Closing>) {
    let finding = Finding::default();
    let chunks = bytes.chunks(size.max(1)).map(|chunk| Ok::<_, Infallible>(Bytes::copy_from_slice(chunk)));
    let guard = FrameGuard::new(stream::iter(chunks), MAX, finding.clone());
    let passed: Vec<Bytes> = guard.filter_map(|chunk| async { chunk.ok() }).collect().now_or_never().expect("no wait");
    let closing = finding.borrow().as_ref().map(|violation| violation.closing);
    (passed.concat(), closing)
}

/// What the codec and the assembler make of it.
fn assemble(bytes: &[u8]) {
    let (mut codec, mut assembler) = (Codec::new().max_size(MAX), Assembler::new(MAX));
    let mut bytes = BytesMut::from(bytes);
    while let Ok(Some(frame)) = codec.decode(&mut bytes) {
        match frame {
            Frame::Text(text) | Frame::Binary(text) => assert!(text.len() <= MAX),
            Frame::Ping(payload) | Frame::Pong(payload) => assert!(payload.len() <= 125),
            Frame::Continuation(fragment) => match assembler.join(fragment) {
                Ok(Some(text)) => assert!(text.len() <= MAX),
                Ok(None) => {}
                Err(_) => return,
            },
            Frame::Close(_) => return,
        }
    }
}
