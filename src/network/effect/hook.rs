//! What a hook does, as far as its literal commands say.

use super::command;
use super::kernel::Kernel;

/// A hook of ifupdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its directory below /etc/network: `if-up.d`.
    pub directory: String,
    /// Its name there.
    pub name: String,
    /// Its text; none where it was not read.
    pub text: Option<String>,
}

/// Hooks of Debian's packages that change nothing that is compared, or only what the
/// stanzas say anyway (`bridge`, `vlan`, `ifenslave`).
const USUAL: [&str; 21] = [
    "000resolvconf",
    "10-dhclient",
    "avahi-autoipd",
    "avahi-daemon",
    "bridge",
    "chrony",
    "ethtool",
    "hostapd",
    "ifenslave",
    "ip",
    "mountnfs",
    "ntpdate",
    "openntpd",
    "openssh-server",
    "postfix",
    "resolved",
    "resolvconf",
    "upstart",
    "vlan",
    "wireless-tools",
    "wpasupplicant",
];

impl Hook {
    /// Whether ifupdown runs it when an interface comes up.
    pub fn at_up(&self) -> bool {
        matches!(self.directory.as_str(), "if-pre-up.d" | "if-up.d")
    }

    /// Runs it for an interface with stanzas of these families; false if it does more than
    /// is foreseen.
    pub(super) fn run(&self, iface: &str, families: &[&str], kernel: &mut Kernel) -> bool {
        let Some(text) = &self.text else { return USUAL.contains(&self.name.as_str()) };
        let code: Vec<&str> =
            text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
        if let Some(only) = code.iter().find_map(|line| guard(line))
            && only != iface
        {
            return true;
        }
        let asks_family = code.iter().any(|line| line.contains("ADDRFAM"));
        let six = code.iter().any(|line| line.contains("inet6"));
        if asks_family && six && !families.contains(&"inet6") {
            return true;
        }
        let mut foreseen = true;
        for line in code {
            if line.starts_with("ip ") || line.contains("/ip ") {
                foreseen &= command::run(tolerant(line), iface, kernel);
            } else {
                foreseen &= structure(line) || command::run(tolerant(line), iface, kernel);
            }
        }
        foreseen
    }
}

/// The interface of `[ "$IFACE" = eth0 ] || exit 0`.
fn guard(line: &str) -> Option<&str> {
    let asks = line.starts_with('[') && line.contains("IFACE") && line.contains("exit");
    let (_, rest) = line.split_once("= ").filter(|_| asks && !line.contains("!="))?;
    rest.split([' ', ']']).next().map(|name| name.trim_matches(['"', '\'']))
}

/// A line without what it does when it fails.
fn tolerant(line: &str) -> &str {
    line.split("||").next().unwrap_or(line).trim()
}

/// Lines that hold no command of their own.
fn structure(line: &str) -> bool {
    let assigns = line.split_once('=').is_some_and(|(name, value)| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !value.contains(['$', '`', ' '])
    });
    let word = line.split_whitespace().next().unwrap_or_default();
    let keyword = matches!(word, "case" | "esac" | "exit" | "export" | "set" | ";;" | "fi" | "[");
    let arm = line.contains(')') && (line.ends_with(";;") || line.ends_with(')'));
    assigns || keyword || arm
}

#[cfg(test)]
mod tests {
    use super::super::kernel::Kernel;
    use super::Hook;

    const PROXY: &str = "#!/bin/sh\nPATH=/usr/sbin:/usr/bin\nexport PATH\n[ \"${IFACE:-}\" = eth0 ] || exit 0\n\
        case \"${ADDRFAM:-}\" in\n*inet6*) ;;\n*) exit 0 ;;\nesac\nstatus=0\n\
        sysctl -q -w \"net/ipv6/conf/$IFACE/proxy_ndp=1\" || status=1\n\
        ip -6 neigh replace proxy 2001:db8::11 dev \"$IFACE\" || status=1\nexit \"$status\"\n";

    fn run(text: Option<&str>, name: &str, iface: &str, families: &[&str]) -> (bool, usize) {
        let hook = Hook {
            directory: "if-up.d".to_owned(),
            name: name.to_owned(),
            text: text.map(str::to_owned),
        };
        let mut kernel = Kernel::default();
        (hook.run(iface, families, &mut kernel), kernel.facts.len())
    }

    #[test]
    fn a_hook_of_literal_commands_is_foreseen() {
        assert_eq!(run(Some(PROXY), "p", "eth0", &["inet", "inet6"]), (true, 1));
        assert_eq!(run(Some(PROXY), "p", "eth0", &["inet"]), (true, 0));
        assert_eq!(run(Some(PROXY), "p", "br1", &["inet6"]), (true, 0));
    }

    #[test]
    fn a_hook_that_computes_is_not() {
        assert!(
            !run(
                Some("#!/bin/sh\nfor a in $X; do ip addr add $a dev eth0; done\n"),
                "x",
                "eth0",
                &[]
            )
            .0
        );
        assert!(!run(Some("#!/bin/sh\n/opt/setup\n"), "x", "eth0", &[]).0);
    }

    #[test]
    fn hooks_of_debians_packages_are_known_by_name() {
        assert!(run(None, "ethtool", "eth0", &[]).0);
        assert!(!run(None, "acme-routes", "eth0", &[]).0);
    }
}
