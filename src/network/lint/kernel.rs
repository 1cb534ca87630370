//! Rules about values that the kernel does not take.

use crate::diagnostic::Severity;
use crate::network::interfaces::Stanza;

use super::files::Files;
use super::{Finding, Rule};

pub(super) const AD15: Rule = Rule {
    id: "AD15",
    title: "MTU too small for IPv6",
    severity: Severity::Warning,
    reason: "below 1280 the kernel takes IPv6 off the interface, with all its addresses",
    remedy: "set an MTU of 1280 or more",
    check: Some(small_mtu),
};

fn small_mtu(files: &Files<'_>) -> Vec<Finding> {
    files
        .stanzas()
        .filter(|stanza| files.stanzas_of(&stanza.name).any(has_ipv6))
        .filter_map(|stanza| stanza.get("mtu"))
        .filter(|opt| opt.value.parse::<u32>().is_ok_and(|mtu| mtu < 1280))
        .map(|opt| Finding::new(&opt.value_place, format!("{} is below 1280", opt.value)))
        .collect()
}

fn has_ipv6(stanza: &Stanza) -> bool {
    (stanza.family == "inet6" && stanza.method != "manual")
        || stanza.addresses().iter().any(|address| address.net.addr().is_ipv6())
}

pub(super) const AD16: Rule = Rule {
    id: "AD16",
    title: "VLAN number that does not exist",
    severity: Severity::Error,
    reason: "numbers end at 4094: the kernel refuses the interface",
    remedy: "write the number that the switch has",
    check: Some(vlan_number),
};

fn vlan_number(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let wrong = |text: &str| text.parse::<u32>().is_ok_and(|id| id > 4094);
    for stanza in files.stanzas() {
        let named = stanza
            .name
            .rsplit_once('.')
            .map(|(_, tag)| tag)
            .or_else(|| stanza.name.strip_prefix("vlan"))
            .filter(|tag| stanza.get("vlan_id").is_none() && wrong(tag));
        if named.is_some() {
            let message = format!("`{}` has no valid VLAN number", stanza.name);
            found.push(Finding::new(&stanza.place, message));
        }
        for opt in stanza.all("vlan_id").filter(|opt| wrong(&opt.value)) {
            let message = format!("{} is no valid VLAN number", opt.value);
            found.push(Finding::new(&opt.value_place, message));
        }
    }
    found
}

pub(super) const AD17: Rule = Rule {
    id: "AD17",
    title: "one address twice on an interface",
    severity: Severity::Error,
    reason: "the kernel refuses the second one (\"Address already assigned\"), and ifup fails",
    remedy: "delete one of the two",
    check: Some(address_twice),
};

fn address_twice(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen: Vec<(&str, ipnet::IpNet)> = Vec::new();
    // ifupdown2 looks which addresses are there, and adds what is missing.
    let fixed = files.stanzas().filter(|own| own.method == "static" && !files.is_ifupdown2());
    for stanza in fixed {
        let base = stanza.name.split(':').next().unwrap_or(&stanza.name);
        for address in stanza.addresses() {
            if seen.contains(&(base, address.net)) {
                let message = format!("`{base}` has {} already", address.net);
                found.push(Finding::new(&address.place, message));
            }
            seen.push((base, address.net));
        }
    }
    found
}

pub(super) const SY07: Rule = Rule {
    id: "SY07",
    title: "setting that the kernel does not have",
    severity: Severity::Error,
    reason: "nothing is set; sysctl(8) reports an error at boot that nobody sees",
    remedy: "correct the key",
    check: Some(unknown_key),
};

/// Keys that people set, after `net.ipv4.`, `net.ipv6.` or `net.ipvN.conf.NAME.`.
const KEYS: &str = "ip_forward ip_nonlocal_bind tcp_syncookies tcp_rmem tcp_wmem tcp_fin_timeout
    tcp_keepalive_time tcp_max_syn_backlog tcp_tw_reuse tcp_congestion_control tcp_mtu_probing
    icmp_echo_ignore_all icmp_echo_ignore_broadcasts ip_local_port_range
    icmp_ignore_bogus_error_responses tcp_timestamps tcp_sack tcp_window_scaling
    fib_multipath_hash_policy forwarding rp_filter accept_source_route accept_redirects
    send_redirects secure_redirects log_martians proxy_arp proxy_arp_pvlan arp_filter arp_announce
    arp_ignore arp_notify arp_accept route_localnet disable_policy disable_xfrm accept_ra
    accept_ra_defrtr accept_ra_pinfo accept_ra_rtr_pref accept_ra_from_local autoconf
    dad_transmits disable_ipv6 proxy_ndp use_tempaddr ndisc_notify accept_dad addr_gen_mode
    keep_addr_on_down router_solicitations bindv6only mtu temp_valid_lft hop_limit
    drop_gratuitous_arp force_igmp_version mc_forwarding promote_secondaries shared_media tag
    src_valid_mark bootp_relay medium_id enhanced_dad optimistic_dad use_optimistic
    max_addresses seg6_enabled stable_secret suppress_frag_ndisc ignore_routes_with_linkdown";

fn unknown_key(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for setting in files.settings.iter().filter(|own| !own.is_glob() && !own.ignore_errors) {
        let ip = ["net.ipv4.", "net.ipv6."].iter().any(|start| setting.key.starts_with(start));
        let last = setting.key.rsplit('.').next().unwrap_or_default();
        if !ip || KEYS.split_whitespace().any(|key| key == last) {
            continue;
        }
        // Only what is plainly a slip: there are more keys than these.
        if let Some(near) = super::spelling::nearest(last, KEYS.split_whitespace()) {
            let message = format!("there is no `{last}`; did you mean `{near}`?");
            found.push(Finding::new(&setting.place, message));
        }
    }
    found
}

pub(super) const SY08: Rule = Rule {
    id: "SY08",
    title: "setting that a later one overrides",
    severity: Severity::Warning,
    reason: "the last value of a key wins",
    remedy: "keep the line that is meant",
    check: Some(overridden),
};

fn overridden(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, setting) in files.settings.iter().enumerate() {
        // Between files it is the use of sysctl.d.
        let later = files.settings[at + 1..]
            .iter()
            .find(|other| other.key == setting.key && other.place.source == setting.place.source);
        if let Some(later) = later.filter(|later| later.value != setting.value) {
            let message = format!("`{}` is {} in the end", setting.key, later.value);
            found.push(Finding::new(&setting.place, message));
        }
    }
    found
}
