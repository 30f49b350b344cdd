//! Work that a socket waits for, and that goes on by itself.

use std::future::{Future, pending};
use std::panic::resume_unwind;

/// Runs a future in a task of its own from the first poll on.
///
/// The context of a socket polls its futures only while nothing else is waited for and its client reads. One that is left
/// alone halfway would keep what it holds: with a few connections to the database, all of them.
pub(super) async fn apart<F>(future: F) -> F::Output
where
    F: Future + 'static,
    F::Output: 'static,
{
    match actix::spawn(future).await {
        Ok(output) => output,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        // the process ends
        Err(_) => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    #[actix::test]
    async fn what_was_begun_goes_on_although_nobody_polls_it() {
        let (tell, told) = oneshot::channel();
        let mut work = pin!(apart(async {
            tokio::task::yield_now().await;
            tell.send(()).unwrap();
            7
        }));
        assert_eq!(work.as_mut().now_or_never(), None);
        told.await.unwrap();
        assert_eq!(work.await, 7);
    }

    #[actix::test]
    #[should_panic(expected = "its own")]
    async fn a_panic_is_of_whoever_waits() {
        apart(async { std::panic::panic_any("its own") }).await
    }
}
