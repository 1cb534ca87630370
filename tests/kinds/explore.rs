use crate::cases::Subject;
use std::time::Duration;
#[test]
#[ignore]
fn explore() {
    let subject = Subject::variant("bookworm");
    let bench = &subject.bench;
    bench.console(
        "hv1",
        "printf '#!/bin/sh\\necho \"$@\" >>/run/dh; case \"$*\" in *-r*|*-x*) exit 0;; esac\\nexec sleep 987654\\n' >/sbin/dhclient && chmod +x /sbin/dhclient",
    );
    bench.write(
        "playbooks/t3.yml",
        "- hosts: hypervisors\n  artifacts:\n    - kind: interfaces\n      content: |\n        auto lo\n        iface lo inet loopback\n        auto eth0\n        iface eth0 inet dhcp\n  rollout:\n    activation_timeout: 8s\n",
    );
    let mut c = bench.start(&["apply", "playbooks/t3.yml", "--yes", "--ignore-lint", "--confirm-window", "12"]);
    for _ in 0..2 {
    std::thread::sleep(Duration::from_secs(14));
    println!("{}", bench.console("hv1", "ps -ef --forest | grep -v '\\['; ip a; ls /var/lib/rappel/tx; cat /run/dh; cat /var/lib/rappel/tx/*.events /var/lib/rappel/tx/*.log; ls -la /run/network"));
    }
    c.kill().unwrap();
}
