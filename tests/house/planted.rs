//! Violations planted on purpose: each rule has to find them.

use crate::rules::{floors, globs, length, names, portable, purity, terminal};

#[test]
fn a_room_above_is_found() {
    let text = "use crate::run::Context;";
    assert_eq!(floors("src/plan/mod.rs", text), ["src/plan/mod.rs: plan uses run, not below it"]);
}

#[test]
fn a_room_above_is_found_in_a_group_and_in_the_midst_of_code() {
    let text = "use crate::{diagnostic::Diagnostic, plan::{HostPlan, Refusal}};";
    assert_eq!(floors("src/network/a.rs", text).len(), 1);
    let text = "fn a() -> crate::cli::Exit { todo() }";
    assert_eq!(floors("src/report/a.rs", text).len(), 1);
}

#[test]
fn a_room_above_is_found_by_way_of_super() {
    assert_eq!(floors("src/desired/mod.rs", "use super::plan::HostPlan;").len(), 1);
    assert_eq!(floors("src/desired/a/b.rs", "use super::super::super::plan::Plan;").len(), 1);
    // A module of the room itself that has a room's name.
    assert_eq!(floors("src/cli/lint.rs", "use super::plan;"), Vec::<String>::new());
}

#[test]
fn a_room_beside_and_a_door_that_is_shut_are_found() {
    assert_eq!(floors("src/lab/a.rs", "use crate::remote::ssh;").len(), 1);
    assert_eq!(floors("src/desired/a.rs", "use crate::remote::wire::Reply;").len(), 1);
    assert_eq!(floors("src/run/a.rs", "use crate::lab::Lab;").len(), 1);
    assert_eq!(floors("src/run/a.rs", "use crate::remote::ssh;"), Vec::<String>::new());
}

#[test]
fn a_room_of_no_floor_is_found() {
    assert_eq!(floors("src/attic/a.rs", "").len(), 1);
    assert_eq!(floors("src/run/a.rs", "use crate::attic::Box;").len(), 1);
}

#[test]
fn words_about_rooms_are_no_use_of_them() {
    let text = "//! See [`crate::cli`].\nconst A: &str = \"crate::cli::x\";";
    assert_eq!(floors("src/plan/a.rs", text), Vec::<String>::new());
}

#[test]
fn effects_in_pure_rooms_are_found() {
    for text in [
        "use std::fs;",
        "use std::{collections::BTreeMap, env};",
        "fn a() { std::process::exit(1) }",
        "use std::time::{Duration, Instant};",
        "let now = SystemTime::now();",
        "async fn a() { tokio::time::sleep(x).await }",
        "use std::net::{IpAddr, TcpStream};",
        "if path.exists() {}",
        "use std::os::unix::fs::MetadataExt;",
    ] {
        assert!(!purity("src/plan/a.rs", text).is_empty(), "{text}");
        assert_eq!(purity("src/run/a.rs", text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn types_without_effects_and_tests_may_be_in_pure_rooms() {
    let text = "use std::net::IpAddr;\nuse std::time::Duration;\nuse std::io::Error;\n\
                #[cfg(test)]\nmod tests { fn a() { std::fs::read(x); } }";
    assert_eq!(purity("src/network/a.rs", text), Vec::<String>::new());
    assert_eq!(purity("src/desired/load.rs", "use std::fs;"), Vec::<String>::new());
}

#[test]
fn what_only_linux_has_is_found() {
    for text in ["fs::read(\"/proc/stat\")", "use std::os::linux::fs::MetadataExt;"] {
        assert_eq!(portable("src/run/a.rs", text).len(), 1, "{text}");
        assert_eq!(portable("src/lab/a.rs", text), Vec::<String>::new());
    }
    assert_eq!(portable("src/run/a.rs", "// \"/proc/stat\""), Vec::<String>::new());
    let linux = "#[cfg(target_os = \"linux\")]";
    let only = format!("{linux}\nfn a() {{\n    read(\"/proc/stat\")\n}}\n");
    assert_eq!(portable("src/run/a.rs", &only), Vec::<String>::new());
    let after = format!("{only}fn b() {{\n    read(\"/proc/stat\")\n}}\n");
    assert_eq!(portable("src/run/a.rs", &after).len(), 1);
    let import = format!("{linux}\nuse std::a;\nfn b() {{\n    read(\"/proc/stat\")\n}}\n");
    assert_eq!(portable("src/run/a.rs", &import).len(), 1);
}

#[test]
fn printing_is_found() {
    for text in ["println!(\"x\")", "eprint!(\"x\")", "dbg!(x)"] {
        assert_eq!(terminal("src/run/a.rs", text).len(), 1, "{text}");
        assert_eq!(terminal("src/cli/a.rs", text), Vec::<String>::new());
    }
    assert_eq!(terminal("src/run/a.rs", "my_print!(x) // println!"), Vec::<String>::new());
}

#[test]
fn globs_are_found() {
    for text in
        ["use super::*;", "pub use a::b::*;", "use a::{b, c::*};", "mod tests { use super::*; }"]
    {
        assert!(!globs("src/plan/a.rs", text).is_empty(), "{text}");
    }
    let text = "use a::b;\nfn c(x: *const u8) -> u8 { 2 * 3 }\nuse d::{e, f};";
    assert_eq!(globs("src/plan/a.rs", text), Vec::<String>::new());
}

#[test]
fn long_files_are_found() {
    assert_eq!(length("src/plan/a.rs", &"x\n".repeat(500)).len(), 1);
    assert_eq!(length("src/plan/a.rs", &"x\n".repeat(499)), Vec::<String>::new());
}

#[test]
fn names_that_say_nothing_are_found() {
    assert_eq!(names("src/plan/util.rs", "").len(), 1);
    assert_eq!(names("src/utils/a.rs", "").len(), 1);
    assert_eq!(names("src/plan/mod.rs", "mod helpers;").len(), 1);
    assert_eq!(names("src/plan/utility_pole.rs", "mod poles;"), Vec::<String>::new());
}
