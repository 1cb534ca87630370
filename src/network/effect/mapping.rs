//! What a mapping makes of an interface. Its script decides, and only the host can run it; a
//! few programs that people use there are plain enough to be foreseen.

use crate::network::interfaces::Mapping;

/// The logical interface of a physical one; `None` where that is not foreseen.
///
/// ifupdown gives the script the physical name as its argument and the `map` lines on its
/// standard input, and takes the first line that it prints. One that fails, or prints
/// nothing, leaves the logical interface as it was.
pub(super) fn mapped(mapping: &Mapping, physical: &str, logical: String) -> Option<String> {
    let Some(script) = mapping.options.iter().find(|opt| opt.key == "script") else {
        return Some(logical);
    };
    let lines = || mapping.options.iter().filter(|opt| opt.key == "map").map(|opt| &opt.value);
    let plain = physical.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    match script.value.as_str() {
        "echo" | "/bin/echo" | "/usr/bin/echo" => Some(physical.to_owned()),
        "true" | "/bin/true" | "/usr/bin/true" => Some(logical),
        "grep" | "/bin/grep" | "/usr/bin/grep" if plain => {
            Some(lines().find(|line| line.contains(physical)).cloned().unwrap_or(logical))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::mapped;
    use crate::diagnostic::Source;
    use crate::network::interfaces::Interfaces;

    fn of(script: &str, physical: &str) -> Option<String> {
        let text = format!("mapping eth*\n script {script}\n map eth1-home\n map eth2-away\n");
        let file = Interfaces::parse(&Source::new("interfaces", text)).expect("parses");
        let mapping = file.mappings().next().expect("one");
        mapped(mapping, physical, physical.to_owned())
    }

    #[test]
    fn grep_and_echo_are_foreseen_and_scripts_are_not() {
        assert_eq!(of("grep", "eth2").as_deref(), Some("eth2-away"));
        assert_eq!(of("grep", "eth3").as_deref(), Some("eth3"));
        assert_eq!(of("/bin/echo", "eth2").as_deref(), Some("eth2"));
        assert_eq!(of("/usr/local/sbin/where", "eth2"), None);
    }
}
