//! Patterns of hosts.

use super::Files;

const FLEET: &str = "
web:
  hosts:
    web[01:03]:
paris:
  hosts:
    web02:
    db1:
db:
  hosts:
    db[1:2]:
ungrouped:
  hosts:
    2001:db8::5:
europe:
  children:
    paris: {}
";

fn names(limit: &str) -> Result<String, String> {
    let files = Files::new(&[("hosts.yml", FLEET)]);
    let project = files.load().unwrap();
    match project.hosts(Some(limit)) {
        Ok(hosts) => {
            let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
            Ok(names.join(" "))
        }
        Err(mistake) => Err(mistake.to_string()),
    }
}

#[test]
fn patterns_choose_as_in_ansible() {
    for (pattern, expected) in [
        ("all", "web01 web02 web03 db1 db2 2001:db8::5"),
        ("*", "web01 web02 web03 db1 db2 2001:db8::5"),
        ("web", "web01 web02 web03"),
        ("web0[12]", "web01 web02"),
        ("web0[!1]", "web02 web03"),
        ("web*,db1", "web01 web02 web03 db1"),
        ("db1:web01", "web01 db1"),
        ("web:&paris", "web02"),
        ("web:!paris", "web01 web03"),
        ("!web", "db1 db2 2001:db8::5"),
        ("all:!web:!db", "2001:db8::5"),
        ("&europe", "web02 db1"),
        ("web[0]", "web01"),
        ("web[-1]", "web03"),
        ("web[1:]", "web02 web03"),
        ("web[0:1]:!web02", "web01"),
        ("2001:db8::5", "2001:db8::5"),
        ("db:&web", ""),
        ("?b2", "db2"),
    ] {
        assert_eq!(names(pattern).as_deref(), Ok(expected), "{pattern}");
    }
}

#[test]
fn names_nobody_knows_are_mistakes() {
    for (pattern, expected) in [
        (
            "web1",
            "`web1` is neither a host nor a group of the inventory (help: did you mean `web`?)",
        ),
        (
            "web:!dbb",
            "`dbb` is neither a host nor a group of the inventory (help: did you mean `db`?)",
        ),
        (
            "mail*",
            "`mail*` matches no host and no group (help: groups are: all, db, europe, paris, ungrouped, web)",
        ),
        (
            "~web.*",
            "`~web.*` is a regular expression (help: use names, groups and globs such as `web*`)",
        ),
        ("", "this pattern of hosts is empty (help: write `all` for every host)"),
        (
            "web:!",
            "the pattern `web:!` has a term without a name (help: use names, groups and globs such as `web*`)",
        ),
        ("@/nowhere/x", "there is no file of hosts `/nowhere/x` (help: check the path)"),
    ] {
        assert_eq!(names(pattern), Err(expected.to_owned()), "{pattern}");
    }
}

#[test]
fn a_file_may_name_the_hosts() {
    let list = Files::new(&[("failed", "# of last night\nweb01\n\ndb\n")]);
    let limit = format!("@{},!db2", list.path().join("failed").display());
    assert_eq!(names(&limit).as_deref(), Ok("web01 db1"));
}

#[test]
fn what_is_excluded_is_nowhere() {
    let excluded = |pattern: &str, limit: Option<&str>| -> Result<String, String> {
        let files = Files::new(&[("hosts.yml", FLEET)]);
        let mut project = files.load().unwrap();
        project.exclude(Some(pattern)).map_err(|mistake| mistake.to_string())?;
        let hosts = project.hosts(limit).unwrap();
        Ok(hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(excluded("db", None).as_deref(), Ok("web01 web02 web03 2001:db8::5"));
    assert_eq!(excluded("db", Some("paris")).as_deref(), Ok("web02"));
    // Only those of both groups, which no `!` in a pattern can say.
    assert_eq!(excluded("web:&paris", Some("web")).as_deref(), Ok("web01 web03"));
    assert_eq!(excluded("all", None).as_deref(), Ok(""));
    assert!(excluded("dbb", None).is_err());
}
