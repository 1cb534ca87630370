//! What a host's vars say about it: what checks from elsewhere look at when nothing else
//! is declared.

use std::net::IpAddr;

use serde_json::Value;

use super::read::without_length;

/// The addresses of a host's own: where it is reached, and what its uplink has. None
/// twice, the one where it is reached first.
pub(crate) fn addresses(reached_at: &str, network: &Value) -> Vec<IpAddr> {
    let uplink = ["/uplink/ipv4/address", "/uplink/ipv6/address"]
        .into_iter()
        .filter_map(|path| without_length(network.pointer(path)?.as_str()?));
    distinct(reached_at.parse().ok().into_iter().chain(uplink))
}

/// The gateways of a host's uplink.
pub(crate) fn gateways(network: &Value) -> Vec<IpAddr> {
    let gateways = ["/uplink/ipv4/gateway", "/uplink/ipv6/gateway"]
        .into_iter()
        .filter_map(|path| network.pointer(path)?.as_str()?.trim().parse().ok());
    distinct(gateways)
}

fn distinct(addresses: impl Iterator<Item = IpAddr>) -> Vec<IpAddr> {
    let mut all = Vec::new();
    for address in addresses {
        if !all.contains(&address) {
            all.push(address);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::addresses;

    #[test]
    fn an_address_that_is_reached_and_declared_is_one() {
        let network = json!({"uplink": {
            "ipv4": {"address": "203.0.113.10/24"},
            "ipv6": {"address": "2001:db8::1/128"},
        }});
        let own = |reached| {
            addresses(reached, &network).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(own("203.0.113.10"), ["203.0.113.10", "2001:db8::1"]);
        assert_eq!(own("hv1.example"), ["203.0.113.10", "2001:db8::1"]);
    }
}
