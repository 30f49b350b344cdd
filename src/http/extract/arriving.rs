//! Bodies while they arrive: in good time, and of the large ones only a few of a user at once. What has come so far stands in
//! memory, and nobody may keep it there by not going on.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::{FromRequest, HttpRequest};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::time::{Instant, Sleep, sleep_until};

use super::caller::identity;
use super::state;
use crate::domain::error::{Error, Kind, Result};
use crate::services::arrivals::Place;

/// How long a body may take beside the time of its bytes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes a second of the slowest connection whose body is waited for, half of what a poor phone has.
const SLOWEST: u64 = 32 * 1024;
/// After a refusal the rest of a body is read for so long, or until nothing comes for [`QUIET`]: a connection that is
/// closed while its client still sends loses the answer.
const LINGER: Duration = Duration::from_secs(2);
const QUIET: Duration = Duration::from_millis(200);

/// A body that ends with an error if it takes too long; [`refusal`] tells it from others.
pub struct Arriving<S = Payload> {
    body: S,
    begun: Instant,
    patience: Duration,
    received: u64,
    deadline: Pin<Box<Sleep>>,
}

impl<S> Arriving<S> {
    pub fn new(body: S) -> Self {
        Self::within(PATIENCE, body)
    }

    fn within(patience: Duration, body: S) -> Self {
        let begun = Instant::now();
        Self { body, begun, patience, received: 0, deadline: Box::pin(sleep_until(begun + patience)) }
    }
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for Arriving<S> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(chunk) = self.body.poll_next_unpin(context) {
            if let Some(Ok(bytes)) = &chunk {
                self.received += bytes.len() as u64;
                let until = self.begun + self.patience + time_of(self.received);
                self.deadline.as_mut().reset(until);
            }
            return Poll::Ready(chunk);
        }
        ready!(self.deadline.as_mut().poll(context));
        Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))))
    }
}

/// How long so many bytes take on the slowest connection.
fn time_of(bytes: u64) -> Duration {
    Duration::from_millis(bytes * 1000 / SLOWEST)
}

/// The refusal of a body that took too long; nothing if it broke off for another reason.
pub fn refusal(error: &PayloadError) -> Option<Error> {
    let slow = matches!(error, PayloadError::Io(error) if error.kind() == io::ErrorKind::TimedOut);
    let message = "The body did not arrive in time: send it again, over a faster connection if it is large.";
    slow.then(|| Error::new(Kind::TooSlow, "BODY_TOO_SLOW", "Request timeout", message))
}

/// A large body of somebody who is signed in. Its place is to be kept until what came is out of memory.
pub struct LargeBody {
    pub body: Arriving,
    pub place: Place,
}

impl FromRequest for LargeBody {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let place = identity(request).and_then(|caller| state(request)?.arrivals.admit(caller.user_id));
        let body = payload.take();
        Box::pin(async move {
            match place {
                Ok(place) => Ok(Self { body: Arriving::new(body), place }),
                Err(error) => {
                    linger(body).await;
                    Err(error)
                }
            }
        })
    }
}

/// Reads on and throws away, within bounds.
pub async fn linger(mut rest: impl Stream + Unpin) {
    let reading = async { while let Ok(Some(_)) = tokio::time::timeout(QUIET, rest.next()).await {} };
    // running out of time is as good an end as any
    let _ = tokio::time::timeout(LINGER, reading).await;
}

#[cfg(test)]
mod tests {
    use futures_util::stream::{iter, pending};

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_go_on_is_given_up() {
        let begun = iter([Ok(Bytes::from_static(b"x"))]).chain(pending());
        let mut body = Arriving::within(Duration::ZERO, begun);
        assert!(body.next().await.is_some_and(|chunk| chunk.is_ok()));
        let error = body.next().await.and_then(Result::err).unwrap();
        assert_eq!(refusal(&error).map(|error| error.code), Some("BODY_TOO_SLOW"));
        assert!(refusal(&PayloadError::Incomplete(None)).is_none());
    }

    #[test]
    fn a_phone_has_the_time_that_it_needs_and_nobody_much_more() {
        let upload = 10 * 1024 * 1024;
        assert!(time_of(upload) >= Duration::from_secs(upload / (64 * 1024)));
        assert!(time_of(upload) < Duration::from_secs(600));
    }
}
