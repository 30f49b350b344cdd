//! The address of a client: the TCP peer, or what a trusted proxy says.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use ipnet::IpNet;

/// The client's address. `X-Forwarded-For` counts only if the peer is in `trusted`; then it is the rightmost entry that
/// is no trusted proxy itself, since everything left of it may be forged.
pub fn client_address(request: &HttpRequest, trusted: &[IpNet]) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    if !is_trusted(peer) {
        return peer;
    }
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let entries: Vec<&str> = forwarded.flat_map(|line| line.split(',')).map(str::trim).collect();
    let mut client = peer;
    for entry in entries.into_iter().rev() {
        let Some(address) = parse(entry) else { break };
        client = address;
        if !is_trusted(address) {
            break;
        }
    }
    client
}

/// An address, with or without a port or brackets.
fn parse(entry: &str) -> Option<IpAddr> {
    let bare = entry.trim_start_matches('[').split(']').next().unwrap_or(entry);
    let address = bare.parse().ok().or_else(|| entry.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn client(peer: &str, forwarded: &str) -> String {
        let request = TestRequest::default()
            .peer_addr(format!("{peer}:4000").parse().unwrap())
            .insert_header(("X-Forwarded-For", forwarded))
            .to_http_request();
        client_address(&request, &["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()]).to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_an_address() {
        assert_eq!(client("203.0.113.9", "198.51.100.1"), "203.0.113.9");
    }

    #[test]
    fn behind_trusted_proxies_the_rightmost_stranger_counts() {
        assert_eq!(client("127.0.0.1", "6.6.6.6, 198.51.100.1, 10.1.2.3"), "198.51.100.1");
        assert_eq!(client("127.0.0.1", "2001:db8::7"), "2001:db8::7");
        assert_eq!(client("127.0.0.1", "198.51.100.1:5555"), "198.51.100.1");
        assert_eq!(client("127.0.0.1", "10.1.2.3"), "10.1.2.3");
        assert_eq!(client("127.0.0.1", "6.6.6.6, nonsense"), "127.0.0.1");
    }
}
