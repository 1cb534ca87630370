//! The small words that all scripts are made of.

use crate::bench::{Bench, SHELLS, write};

#[test]
fn the_clock_goes_forward_and_is_a_number() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let text = "a=$(now); sleep 0.05; b=$(now); echo $((b - a))";
        let passed: u64 = bench.says(&["lib"], text, &[]).trim().parse().unwrap();
        // Hundredths of a second; a loaded machine takes its time.
        assert!((4..1000).contains(&passed), "{shell:?}: {passed}");
    }
}

#[test]
fn records_are_bounded_and_keep_their_key() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let said = bench.says(&["lib"], "seq 1 500 | say_lines log", &[]);
        assert_eq!(said.lines().count(), 200, "{shell:?}");
        assert!(said.lines().all(|line| line.starts_with("log|")), "{shell:?}");
        assert_eq!(
            bench.says(&["lib"], "printf 'a\\000b|c\\\\n' | say_lines log", &[]),
            "log|ab|c\\n"
        );
    }
}

#[test]
fn a_record_says_what_it_is_told() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        for word in ["%s%n", "-n", "a\\nb", "$(touch x)", "*"] {
            assert_eq!(bench.says(&["lib"], "say key \"$1\"", &[word]), format!("key|{word}\n"));
        }
    }
}

#[test]
fn want_gives_the_first_and_wants_all() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.write_tx("request", "up br1\nupper x\nup eth0 \nrun a|b\n");
        assert_eq!(
            bench.says(&["lib"], "want up; echo ,; wants up; want run", &[]),
            "br1\n,\nbr1\neth0 \na|b\n"
        );
        assert_eq!(bench.says(&["lib"], "want nothing", &[]), "");
        let held = "hold_request; echo up br2 >\"$tx/request\"\n\
                    wants up; wants up \"$tx/request\"; wants up /dev/null";
        assert_eq!(bench.says(&["lib"], held, &[]), "br1\neth0 \nbr1\neth0 \n");
    }
}

/// Whoever has been held up for long asks the file: another run may have come.
#[test]
fn a_run_is_the_first_line_of_its_request() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.write_tx("request", "run 00ff\nwho tester\n");
        bench.write_tx("other", "who run\nrun 00ff\n");
        let text = "hold_request; echo run 0001 >\"$tx/request\"\n\
                    run_of; run_of \"$tx/other\"; run_of \"$tx/none\"; run_of";
        assert_eq!(bench.says(&["lib"], text, &[]), "0001\n0001\n", "{shell:?}");
    }
}

#[test]
fn default_gateways_are_told_once_and_those_that_expired_not_at_all() {
    let routes = "default via 203.0.113.254 dev eth0 onlink \n\
        default via 203.0.113.254 dev eth0 metric 5\n\
        default dev tun0 scope link\n\
        default via fe80::1 dev eth0 proto ra metric 1024 expires -3sec pref medium\n\
        default via inet6 fe80::2 dev eth1\n\
        default proto static metric 3 \n\
        \tnexthop via 10.0.0.1 dev eth0 weight 1 \n\
        \tnexthop via inet6 fe80::9 dev eth1 weight 1\n\
        unreachable default dev lo metric 4294967295 error -101\n";
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.write_tx("routes", routes);
        let text = "ip() { cat \"$tx/routes\"; }\ngateways 6";
        let told = "203.0.113.254 eth0\n- tun0\nfe80::2 eth1\n10.0.0.1 eth0\nfe80::9 eth1\n";
        assert_eq!(bench.says(&["lib", "checks"], text, &[]), told, "{shell:?}");
    }
}

/// One record is one line, of no more than anybody reads.
#[test]
fn a_result_is_one_short_line() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let text = "result tcp - \"$(printf 'a\\tb\\nc')\" - fail \"$(head -c 600 /dev/zero | tr '\\0' x)\"";
        let said = bench.says(&["lib", "checks"], text, &[]);
        assert!(said.starts_with("check|tcp - abc - fail+"), "{shell:?}: {said}");
        assert_eq!((said.len(), said.lines().count()), ("check|".len() + 401, 1), "{shell:?}");
    }
}

#[test]
fn only_in_gives_whole_lines_that_the_other_lacks() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let (one, two) = (bench.root("one"), bench.root("two"));
        let (a, b) = (one.to_str().unwrap(), two.to_str().unwrap());
        let only = || bench.says(&["lib", "live"], "only_in \"$1\" \"$2\"", &[a, b]);
        write(&one, "a.c\nabc\n-x\n[z]\n");
        write(&two, "abc\nabcd\n");
        assert_eq!(only(), "a.c\n-x\n[z]\n", "{shell:?}");
        write(&two, "");
        assert_eq!(only(), "a.c\nabc\n-x\n[z]\n", "{shell:?}");
        write(&one, "");
        assert_eq!(only(), "", "{shell:?}");
    }
}

/// What could not be read must not look as if nothing differed.
#[test]
fn only_in_takes_a_file_that_is_not_there_for_an_empty_one() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let one = bench.root("one");
        write(&one, "a\n");
        let said =
            bench.says(&["lib", "live"], "only_in \"$1\" \"$1.gone\"", &[one.to_str().unwrap()]);
        assert_eq!(said, "a\n", "{shell:?}");
    }
}

/// What speaks of an interface that came meanwhile is not compared; what only looks like it is.
#[test]
fn differences_of_newcomers_do_not_count() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        for part in [
            "addresses",
            "routes4",
            "routes6",
            "rules4",
            "rules6",
            "proxies4",
            "proxies6",
            "sysctl",
            "nft",
        ] {
            bench.write_tx(&format!("before/{part}"), "");
            bench.write_tx(&format!("after/{part}"), "");
        }
        bench.write_tx("names", "br1\n");
        bench.write_tx("before/links", "eth0 - up\n");
        bench.write_tx("after/links", "br1 - up\neth0 - up\nvnet0 br1 up\n");
        bench.write_tx("after/addresses", "eth0 inet 192.168.0.1/24 scope global\n");
        bench.write_tx("after/sysctl", "net/ipv6/conf/vnet0/forwarding=1\nnet/ipv4/ip_forward=1\n");
        let said = bench.says(&["lib", "live"], "live_compare \"$tx/before\" \"$tx/after\"", &[]);
        let expected = "residue|links: unexpected: br1 - up\n\
                        residue|addresses: unexpected: eth0 inet 192.168.0.1/24 scope global\n\
                        residue|sysctl: unexpected: net/ipv4/ip_forward=1\n";
        assert_eq!(said, expected, "{shell:?}");
    }
}

/// `validate` of a file kind: the command is found by its path and given the staged file.
#[test]
fn a_files_own_validation_is_run_with_the_staged_file() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let staged = bench.root("etc/.a b.conf.rappel-new");
        write(&staged, "good\n");
        bench.write_tx("request", "validate-1 false\nvalidate-2 grep -q good %s\n");
        bench.write_tx("manifest", "644 0 0 file - /etc/other\n644 0 0 file - /etc/a b.conf\n");
        let text = "validate_file 644 0 0 file - '/etc/a b.conf'; echo accepted";
        let parts = ["lib", "files", "links", "validate"];
        assert_eq!(bench.says(&parts, text, &[]), "accepted\n", "{shell:?}");
        write(&staged, "bad\n");
        let refused = bench.run(&parts, text, &[]);
        let said = String::from_utf8_lossy(&refused.stdout);
        assert!(
            said.contains("error|the host's grep rejects /etc/a b.conf")
                || said.contains("error|the host's sh rejects /etc/a b.conf"),
            "{shell:?}: {said}"
        );
        assert!(!said.contains("accepted"), "{shell:?}: {said}");
    }
}

/// ifupdown2's talk with the kernel breaks off now and then: that is no word about the file.
#[test]
fn ifupdown2_is_asked_again_where_it_could_not_look() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let says = |times: &str, what: &str| {
            let text = format!(
                "ifquery() {{ echo x >>\"$tx/asked\"; [ \"$(wc -l <\"$tx/asked\")\" -gt {times} ] || echo 'error: {what}'; }}\n\
                 rm -f \"$tx/asked\"; (validate_ifupdown2 /etc/network/interfaces staged; echo accepted); wc -l <\"$tx/asked\""
            );
            bench.says(&["lib", "files", "links", "validate"], &text, &[])
        };
        assert_eq!(says("0", ""), "accepted\n1\n", "{shell:?}");
        assert_eq!(says("2", "recv() error: [Errno 22]"), "accepted\n3\n", "{shell:?}");
        for (what, asked) in [("recv() error: [Errno 22]", "3"), ("line4: bad", "1")] {
            let said = says("9", what);
            let refused =
                format!("error|the host's ifquery rejects /etc/network/interfaces: error: {what}");
            assert!(said.contains(&refused), "{shell:?}: {said}");
            assert!(said.ends_with(&format!("{asked}\n")) && !said.contains("accepted"), "{said}");
        }
    }
}

#[test]
fn a_hook_without_an_interpreter_and_one_with_a_mistake_are_refused() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let staged = bench.root("etc/.hook.rappel-new");
        let parts = ["lib", "files", "links", "validate"];
        let text = "validate_file 755 0 0 hook - /etc/hook; echo accepted";
        for (hook, good) in [
            ("#!/bin/sh\nexit 0\n", true),
            ("#!/bin/sh\nif true; then\n", false),
            ("exit 0\n", false),
            ("#!/usr/bin/python3\nif\n", true),
        ] {
            write(&staged, hook);
            let said = bench.run(&parts, text, &[]);
            let accepted = String::from_utf8_lossy(&said.stdout).contains("accepted");
            assert_eq!(accepted, good, "{shell:?}: {hook:?}: {said:?}");
        }
    }
}
