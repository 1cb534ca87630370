//! Files that bring in others, templates, and options that are there twice.

use super::{Configured, Dialect, Interfaces, Tree, configured};
use crate::diagnostic::Source;

fn parsed(files: &[(&str, &str)], dialect: Dialect) -> Vec<(String, Interfaces)> {
    files
        .iter()
        .map(|(path, text)| {
            let source = Source::new(*path, *text);
            ((*path).to_owned(), Interfaces::read_as(&source, dialect).0)
        })
        .collect()
}

/// The paths that are read, and whether that is all.
fn read(files: &[(&str, &str)]) -> (String, bool) {
    let files = parsed(files, Dialect::Ifupdown);
    let tree = Tree::new(files.iter().map(|(path, file)| (path.as_str(), file)), MAIN);
    (tree.paths().join(" "), tree.is_complete())
}

const MAIN: &str = "/etc/network/interfaces";

fn stanzas(text: &str) -> Vec<Configured> {
    let files = parsed(&[(MAIN, text)], Dialect::Ifupdown);
    configured(&Tree::new(files.iter().map(|(path, file)| (path.as_str(), file)), MAIN))
}

#[test]
fn sources_are_followed_in_place_and_once() {
    let (paths, complete) = read(&[
        (
            MAIN,
            "source interfaces.d/*\nsource /etc/network/interfaces.d/a\nsource-directory more\n",
        ),
        ("/etc/network/interfaces.d/b", "source ../interfaces\n"),
        ("/etc/network/interfaces.d/a", ""),
        ("/etc/network/interfaces.d/.hidden", ""),
        ("/etc/network/interfaces.d/deep/x", ""),
        ("/etc/network/more/a.conf", ""),
        ("/etc/network/more/c", ""),
    ]);
    assert_eq!(
        paths,
        "/etc/network/interfaces /etc/network/interfaces.d/a /etc/network/interfaces.d/b /etc/network/more/c"
    );
    // `..` is not resolved here.
    assert!(!complete);
}

#[test]
fn a_tree_says_whether_something_is_missing() {
    assert!(read(&[(MAIN, "source /etc/network/interfaces.d/*\n")]).1);
    assert!(read(&[(MAIN, "source-directory /etc/network/interfaces.d\n")]).1);
    assert!(!read(&[(MAIN, "source /etc/x\n")]).1);
    assert!(!read(&[(MAIN, "source $HOME/x\n")]).1);
}

#[test]
fn directives_come_where_the_source_line_stands() {
    let files = parsed(
        &[
            (MAIN, "auto a\nsource x\nauto c\n"),
            ("/etc/network/x", "auto b\niface b inet manual\n"),
        ],
        Dialect::Ifupdown,
    );
    let tree = Tree::new(files.iter().map(|(path, file)| (path.as_str(), file)), MAIN);
    let places: Vec<String> =
        tree.directives().iter().map(|directive| directive.place().to_string()).collect();
    assert_eq!(
        places,
        [
            "/etc/network/interfaces:1:1",
            "/etc/network/interfaces:2:1",
            "/etc/network/x:1:1",
            "/etc/network/x:2:1",
            "/etc/network/interfaces:3:1"
        ]
    );
}

#[test]
fn a_template_is_copied_and_not_replaced() {
    let found = stanzas(
        "iface base inet static\n mtu 1400\n address 10.0.0.1/24\n up one\niface base inet6 manual\n\
        iface a inherits base\n address 10.0.0.2/24\n post-up two\niface b inet6 inherits base\n\
        iface c inet static inherits later\niface later inet manual\n mtu 9\n",
    );
    let a = &found[2];
    assert_eq!((a.family.as_str(), a.method.as_str()), ("inet", "static"));
    let options: Vec<String> =
        a.options.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(options, ["mtu=1400", "address=10.0.0.1/24\n10.0.0.2/24", "up=one", "up=two"]);
    assert_eq!((found[3].family.as_str(), found[3].method.as_str()), ("inet6", "manual"));
    assert!(found[4].options.is_empty(), "a template stands above");
}

#[test]
fn other_spellings_are_other_keys() {
    let found = stanzas("iface a inet manual\n mtu 1\n mtu 2\n bridge_fd 0\n bridge-fd 1\n");
    let options: Vec<String> =
        found[0].options.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(options, ["mtu=1\n2", "bridge_fd=0", "bridge-fd=1"]);
}
