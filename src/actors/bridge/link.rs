//! The connection to Redis: one to hear, one to tell.

use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisResult};

use super::parcel::{Channels, Topic};

/// How long Redis may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Ready to tell the other nodes.
pub(super) struct Speaker {
    connection: MultiplexedConnection,
    channels: Channels,
}

impl Speaker {
    /// In this order.
    pub async fn publish(&mut self, parcels: Vec<(Topic, String)>) -> RedisResult<()> {
        let mut pipeline = redis::pipe();
        for (topic, parcel) in parcels {
            pipeline.publish(self.channels.name(topic), parcel).ignore();
        }
        pipeline.exec_async(&mut self.connection).await
    }
}

/// Connects; from then on nothing that others tell is missed until the stream ends.
pub(super) async fn open(
    client: &Client,
    channels: &Channels,
) -> RedisResult<(Speaker, impl Stream<Item = Vec<u8>> + Unpin + use<>)> {
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
    let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    let mut listener = client.get_async_pubsub().await?;
    listener.subscribe(channels.all().as_slice()).await?;
    let heard = listener.into_on_message().map(|message| message.get_payload_bytes().to_vec());
    Ok((Speaker { connection, channels: channels.clone() }, Box::pin(heard)))
}
