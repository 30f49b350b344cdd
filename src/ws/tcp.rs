//! What a connection may hold of ours while its peer does not read.

use std::any::Any;
use std::time::Duration;

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use socket2::SockRef;

/// Bytes that the kernel keeps for a peer (Linux doubles it for its own bookkeeping). More would only be more to lose.
const SEND_BUFFER: usize = 128 * 1024;
/// A peer that acknowledges nothing for so long, or keeps its window shut, is gone. While a peer does not read, its
/// session is not polled and can time out nothing itself: only the kernel can.
#[cfg(target_os = "linux")]
const USER_TIMEOUT: Duration = Duration::from_secs(15);

/// For `HttpServer::on_connect`.
pub fn prepare(connection: &dyn Any, _: &mut Extensions) {
    if let Some(stream) = connection.downcast_ref::<TcpStream>()
        && let Err(error) = bound(&SockRef::from(stream))
    {
        tracing::debug!(%error, "connection without its bounds");
    }
}

fn bound(socket: &SockRef<'_>) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.set_tcp_nodelay(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix::test]
    async fn an_accepted_connection_is_bounded() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        prepare(&accepted, &mut Extensions::new());
        let socket = SockRef::from(&accepted);
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.send_buffer_size().unwrap() <= 2 * SEND_BUFFER);
        #[cfg(target_os = "linux")]
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(USER_TIMEOUT));
        drop(client);
    }
}
