//! Live state as `ip` tells it in JSON: all of it or none, and of it what does not change by itself.

use crate::bench::{Bench, SHELLS};
use crate::live::AWKS;

/// As iproute2 6.1 prints it, without members that nobody asks for.
const HEARD4: [&str; 5] = [
    r#"[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"mtu":65536},{"ifindex":2,"ifname":"br0","flags":["NO-CARRIER","UP"],"mtu":1400,"linkinfo":{"info_kind":"bridge","info_data":{"gc_timer":0.02,"mtu":9}},"max_mtu":65535},{"ifindex":4,"link":"x0","ifname":"eth0","flags":["M-DOWN"],"mtu":1400,"master":"br0","linkinfo":{"info_kind":"veth","info_slave_data":{"state":"disabled"}},"gro_max_size":65536}]"#,
    r#"[{},{"ifindex":2,"ifname":"br0","flags":["NO-CARRIER","UP"],"mtu":1400,"linkinfo":{"info_kind":"bridge"},"addr_info":[{"family":"inet","local":"203.0.113.10","prefixlen":24,"metric":5,"broadcast":"203.0.113.255","scope":"global","label":"br0","valid_life_time":4294967295},{"family":"inet","local":"203.0.113.11","address":"203.0.113.12","prefixlen":32,"scope":"global"},{"family":"inet","local":"203.0.113.99","prefixlen":24,"scope":"global","dynamic":true,"valid_life_time":300}]}]"#,
    r#"[{"type":"unicast","dst":"10.8.0.0/16","dev":"br0","table":"100","scope":"link","flags":["linkdown"],"metrics":[{"mtu":1300}]},{"type":"unicast","dst":"default","gateway":"203.0.113.254","dev":"br0","table":"main","flags":["onlink","dead","linkdown"]},{"type":"unicast","dst":"10.9.0.0/16","table":"main","flags":["dead","linkdown"],"nexthops":[{"gateway":"203.0.113.1","dev":"br0","weight":1,"flags":["dead","linkdown"]},{"gateway":"203.0.113.2","dev":"br0","weight":1,"flags":[]}]},{"type":"local","dst":"203.0.113.10","dev":"br0","table":"local","flags":[]}]"#,
    r#"[{"priority":0,"src":"all","table":"local"},{"priority":1000,"src":"10.9.0.0","srclen":24,"table":"100"}]"#,
    r#"[{"dst":"203.0.113.77","dev":"br0","proxy":null}]"#,
];
const HEARD6: [&str; 4] = [
    r#"[{"ifindex":2,"ifname":"br0","flags":["UP"],"mtu":1400,"addr_info":[{"family":"inet6","local":"2001:db8::10","prefixlen":64,"scope":"global","tentative":true},{"family":"inet6","local":"fe80::1","prefixlen":64,"scope":"link"}]}]"#,
    r#"[{"dst":"2001:db8::/64","dev":"br0","metric":256,"flags":["linkdown"],"pref":"medium"},{"dst":"2001:db8:1::/48","protocol":"ra","flags":[],"nexthops":[{"gateway":"fe80::1","dev":"br0","flags":[]},{"gateway":"fe80::2","dev":"br0","flags":[]}]},{"dst":"2001:db8:98::/48","dev":"br0","flags":[],"expires":299},{"dst":"fe80::/64","dev":"br0","flags":[]},{"type":"multicast","dst":"ff00::/8","dev":"br0","table":"local","flags":[]}]"#,
    r#"[{"priority":0,"src":"all","table":"local"}]"#,
    "[]",
];

const LASTING: &str = r#""ifname":"lo" up "mtu":65536
"ifname":"br0" up "mtu":1400
"ifname":"eth0" down "mtu":1400 "master":"br0"
"ifname":"br0" "local":"203.0.113.10" "prefixlen":24 "broadcast":"203.0.113.255" "scope":"global"
"ifname":"br0" "local":"203.0.113.11" "prefixlen":32 "address":"203.0.113.12" "scope":"global"
"type":"unicast","dst":"10.8.0.0/16","dev":"br0","table":"100","scope":"link","flags":[],"metrics":
"mtu":1300
"type":"unicast","dst":"default","gateway":"203.0.113.254","dev":"br0","table":"main","flags":["onlink"
"type":"unicast","dst":"10.9.0.0/16","table":"main","flags":[],"nexthops":
"gateway":"203.0.113.1","dev":"br0","weight":1,"flags":
"gateway":"203.0.113.2","dev":"br0","weight":1,"flags":
"priority":0,"src":"all","table":"local"
"priority":1000,"src":"10.9.0.0","srclen":24,"table":"100"
"dst":"203.0.113.77","dev":"br0","proxy":null
"ifname":"br0" "local":"2001:db8::10" "prefixlen":64 "scope":"global"
"dst":"2001:db8::/64","dev":"br0","metric":256,"flags":[],"pref":"medium"
"priority":0,"src":"all","table":"local"
"#;

/// An `ip` that answers from files: all questions at once, each by itself, or as `ip` says.
const IP: &str = r#"
ip() {
    echo "$*" >>"$tx/calls"
    case $* in *-batch*) answer_all "$@"; return ;; esac
    case $* in *-6*) file=$tx/heard6 ;; *) file=$tx/heard4 ;; esac
    case $* in
        *link*) sed -n 1p "$file" ;;
        *addr*) grep '"ifindex"' "$file" | tail -n 1 ;;
        *route*) grep '"flags"' "$file" | tail -n 1 ;;
        *rule*) grep '"priority"' "$file" ;;
        *) tail -n 1 "$file" | sed '/^\[\]$/d' ;;
    esac
}
answer_all() { case $* in *-6*) cat "$tx/heard6" ;; *) cat "$tx/heard4" ;; esac; }
"#;

fn bench(shell: crate::bench::Shell) -> Bench {
    let bench = Bench::new(shell);
    bench.write_tx("heard4", &format!("{}\n", HEARD4.join("\n")));
    bench.write_tx("heard6", &format!("{}\n", HEARD6.join("\n")));
    bench
}

fn says(bench: &Bench, text: &str) -> String {
    bench.says(&["lib", "say-live"], &format!("{IP}{text}"), &[])
}

#[test]
fn each_part_is_a_record_whether_ip_is_asked_once_or_for_each() {
    let keys4 = ["links", "addresses4", "routes4", "rules4", "proxies4"];
    let keys6 = ["addresses6", "routes6", "rules6", "proxies6"];
    let records: String = keys4
        .iter()
        .zip(HEARD4)
        .chain(keys6.iter().zip(HEARD6))
        .map(|(key, text)| format!("x-{key}|{text}\n"))
        .collect();
    for shell in SHELLS {
        for (what, answer, calls) in [
            ("at once", "", 2),
            ("an old ip says nothing", "answer_all() { :; }\n", 11),
            ("or fails", "answer_all() { cat \"$tx/heard4\"; return 1; }\n", 11),
            ("or says less", "answer_all() { sed 2,3d \"$tx/heard4\"; }\n", 11),
        ] {
            let bench = bench(shell);
            assert_eq!(says(&bench, &format!("{answer}say_live x-")), records, "{shell:?}: {what}");
            assert_eq!(says(&bench, "wc -l <\"$tx/calls\"").trim(), calls.to_string(), "{what}");
        }
    }
}

/// Half a state would be planned from as if it were all.
#[test]
fn what_cannot_be_read_is_not_said() {
    for shell in SHELLS {
        for part in ["link", "addr", "route", "rule", "proxy"] {
            for family in ["-4", "-6"] {
                if part == "link" && family == "-6" {
                    continue;
                }
                let fails =
                    if part == "link" { "*link*".to_owned() } else { format!("*{family}*{part}*") };
                let text = format!(
                    "answer_all() {{ :; }}\nof_file() {{ cat \"$tx/heard4\" | head -n 1; }}\n\
                     ip() {{ case $* in *batch*) return 1 ;; {fails}) return 1 ;; *) of_file ;; esac; }}\n\
                     if said=$(say_live); then echo said; else printf '%s' \"$said\"; echo failed; fi"
                );
                assert_eq!(says(&bench(shell), &text), "failed\n", "{shell:?}: {part} {family}");
            }
        }
    }
}

#[test]
fn what_changes_by_itself_does_not_last() {
    for shell in SHELLS {
        for awk in AWKS {
            let lasting = |swap: &str| {
                let bench = bench(shell);
                let text = format!(
                    "{awk}hear_live\nheard4=$(printf '%s\\n' \"$heard4\" | sed '{swap}')\n\
                     heard6=$(printf '%s\\n' \"$heard6\" | sed '{swap}')\nlasting | sed 's/ *$//'"
                );
                says(&bench, &text)
            };
            assert_eq!(lasting(""), LASTING, "{shell:?} {awk}");
            for swap in [
                "s/,\"dead\"//g",
                "s/\"dead\",//g; s/\"linkdown\"//g; s/,]/]/g",
                "s/\"gc_timer\":0.02/\"gc_timer\":299.9/",
                "s/\"NO-CARRIER\"/\"LOWER_UP\"/",
                "s/:300}/:299}/; s/:299,/:298,/",
                "s/,{\"family\":\"inet\",\"local\":\"203.0.113.99\"[^}]*}//",
                "s/,{\"family\":\"inet6\",\"local\":\"fe80::1\"[^}]*}//",
                "s/\"tentative\":true/\"deprecated\":true/",
                "s/,{\"type\":\"local\"[^}]*}//; s/,{\"type\":\"multicast\"[^}]*}//",
                "s/,{\"dst\":\"2001:db8:1::.*expires[^}]*}//; s/,{\"dst\":\"fe80[^}]*}//",
            ] {
                assert_eq!(lasting(swap), LASTING, "{shell:?} {awk}: {swap}");
            }
            for swap in [
                "s/\"mtu\":1400/\"mtu\":1500/",
                "s/\"UP\",\"LOWER_UP\"/\"LOWER_UP\"/",
                "s/\"M-DOWN\"/\"UP\"/",
                "s/\"master\":\"br0\"/\"master\":\"br1\"/",
                "s/203.0.113.10\",\"prefixlen\":24/203.0.113.10\",\"prefixlen\":25/",
                "s/203.0.113.12/203.0.113.13/",
                "s/\"onlink\",//",
                "s/\"mtu\":1300/\"mtu\":1301/",
                "s/203.0.113.2\"/203.0.113.3\"/",
                "s/\"priority\":1000/\"priority\":1001/",
                "s/203.0.113.77/203.0.113.78/",
                "s/2001:db8::10/2001:db8::11/",
                "s/\"metric\":256/\"metric\":257/",
            ] {
                assert_ne!(lasting(swap), LASTING, "{shell:?} {awk}: {swap}");
            }
        }
    }
}
