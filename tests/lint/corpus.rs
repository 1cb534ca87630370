//! Files made by chance, the same in every run, and files as people have them.

use crate::bench::Case;

/// A small generator of numbers: the same seed gives the same files.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// What both programs take, mostly.
const PLAIN: &[&str] = &[
    "auto lo\niface lo inet loopback",
    "auto eth0",
    "auto eth0 eth1",
    "allow-hotplug eth1",
    "# a comment \\",
    "",
    "   \t",
    "iface eth0 inet static\n address 10.0.0.2/24",
    "iface eth0 inet static\n\taddress 10.0.0.3\n\tnetmask 255.255.0.0\n\tgateway 10.0.0.254",
    "iface eth0 inet static\n address 192.168.4.5\n",
    "iface eth0 inet6 static\n address 2001:db8::5/64\n  gateway fe80::1",
    "iface eth1 inet static\naddress 172.16.5.1\n netmask 12\n mtu 1400\n post-up echo one two",
    "iface eth1 inet manual\n up echo eth1 up\n pre-down echo x\n\n# more\n down echo y",
    "iface eth0 inet manual\n  mtu 9000  \n up   echo   wide   ",
    "iface eth1 inet6 manual",
    " up echo extra",
    " mtu 1300",
    "\tup echo joined \\\n   to this",
    " description a card",
    " hwaddress 02:00:00:00:00:07",
];

/// What only ifupdown takes, and what it refuses.
const CLASSIC: &[&str] = &[
    "auto",
    " auto",
    "allow-auto eth1",
    "no-auto-down eth0",
    "no-scripts eth1",
    "auto eth0=home",
    "auto /eth*",
    "auto mac/02:00:00:00:00:01=home",
    "mapping eth9\n script /bin/true\n map a b",
    "iface home inet static\n address 198.51.100.7/25\n",
    "iface eth1 inet static inherits home\n metric 5",
    "iface eth0 inherits home\n mtu 1280",
    "iface eth0 inet static extra words\n address 10.3.0.1/8",
    " address 10.9.9.9/9",
    " netmask 30",
    " gateway 10.0.0.253",
    " up echo a\\\\\n\n continued",
    " bridge_fd 0",
    " bridge-fd 1",
    "source-directory more",
    "source more/*",
    "allow-",
];

/// What ifupdown refuses.
const WRONG: &[&str] = &[
    "auto-lo",
    " mtu",
    "iface",
    "iface eth0",
    "iface eth0 inet",
    "iface eth0 inet statisch",
    "iface eth0 inet8 static",
    "iface eth1 inet static inherits nobody",
    "iface eth1 inet static inherits",
    "mapping eth8\n script /bin/true\n script /bin/false",
    "mapping eth8\n wrong word",
];

/// What only ifupdown2 takes. Debian 12's knows no `source-directory`, reads a relative
/// `source` from where it was started, and takes `allow-auto` for a class of its own. It leaves
/// out each stanza but the first that says `bridge-vlan-aware yes` (IF35).
const MODERN: &[&str] = &[
    "auto swp[1-3]",
    "iface swp[1-3]\n mtu 9216\n address 10.8.0.1/24\n address 10.8.1.1/24",
    "iface swp[1-2].100\n mtu 1400",
    "iface eth1\n address 10.7.0.1/24\n address 2001:db8:7::1/64",
    "iface eth0:1 inet static\n address 10.6.0.1/24",
    " up printf 'a\\nb' \\\n c",
    " bridge_ports none",
    " bridge-vlan-aware no",
    "iface eth0 inet static inherits eth1\n mtu 1450",
    "source /mnt/HERE/more/*",
    "allow-mgmt eth1",
    " lonely",
    "iface eth1 inet8 static\n mtu 1401",
    "mapping eth9",
    " no-scripts eth0",
];

/// Parts one after the other. Mostly such that options have a stanza, and templates are
/// there: a file that is refused at once says little.
fn text(chance: &mut Chance, words: &[&[&str]], parts: usize) -> String {
    let mut text = String::new();
    let mut open = false;
    for _ in 0..parts {
        let mut part = "";
        for _ in 0..6 {
            let list = words[chance.below(words.len())];
            part = chance.of(list);
            let option = part.starts_with([' ', '\t']) && !part.trim().is_empty();
            let lost = option && !open && part.trim() != "auto";
            let orphan = part.contains("inherits home") && !text.contains("iface home");
            if !lost && !orphan {
                break;
            }
        }
        let first = part.trim();
        if part.contains("iface ") {
            open = true;
        } else if first.contains(' ') && !part.starts_with([' ', '\t', '#']) {
            open = false;
        }
        text.push_str(part);
        text.push('\n');
    }
    text
}

fn made(id: String, chance: &mut Chance, words: &[&[&str]], wrong: bool) -> Case {
    let parts = 3 + chance.below(9);
    let mut main = text(chance, words, parts);
    if wrong {
        main.push_str(chance.of(WRONG));
        main.push('\n');
        main.push_str(&text(chance, words, 2));
    }
    // Only ifupdown sorts what a pattern matches.
    let more: &[&str] =
        if main.contains("HERE") { &["more/b"] } else { &["more/b", "more/a", "more/c.conf"] };
    let mut files = vec![("interfaces".to_owned(), main.replace("HERE", &id))];
    for name in more {
        if chance.below(2) == 0 {
            files.push(((*name).to_owned(), text(chance, words, 2).replace("HERE", &id)));
        }
    }
    Case { id, files }
}

/// For ifupdown: about a third has a mistake that it refuses.
pub fn for_ifupdown(count: usize) -> Vec<Case> {
    let mut chance = Chance::new(7);
    (0..count)
        .map(|n| made(format!("made{n:04}"), &mut chance, &[PLAIN, PLAIN, CLASSIC], n % 3 == 0))
        .collect()
}

/// For ifupdown2.
pub fn for_ifupdown2(count: usize) -> Vec<Case> {
    let mut chance = Chance::new(11);
    (0..count)
        .map(|n| made(format!("made{n:04}"), &mut chance, &[PLAIN, PLAIN, MODERN], false))
        .collect()
}
