//! The scripts' handling of files in every shell that may run them, on a root of its own.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::{ProptestConfig, Strategy, any, prop, proptest};
use proptest::{prop_assert, prop_assert_eq};
use rappel::remote::request::{Apply, File};
use rappel::remote::scripts::PAYLOAD;

const SHELLS: [&[&str]; 3] = [&["dash"], &["busybox", "sh"], &["bash", "--posix"]];

/// Unpacks a request as the receiving script does, then stages, keeps, swaps and restores.
const DRIVER: &str = r#"
. ./lib.sh; . ./files.sh; . ./validate.sh
request=
while IFS= read -r line; do
    [ "$line" = . ] && break
    request="$request$line
"
done
mkdir -p "$tx" && printf '%s' "$request" >"$tx/request" && tar -xf - -C "$tx" || exit 90
wants file >"$tx/manifest"
mkdir -p "$tx/before/root" && : >"$tx/before/absent" && : >"$tx/before/files"
stage_files || exit 91
each_file validate_file || exit 92
each_file snapshot_file || exit 93
each_file swap_file || exit 94
wants reload | run_commands >/dev/null || exit 95
cp -a "$root/etc" "$root/swapped"
each_file restore_file || exit 96
each_file compare_file
drop_made_dirs
"#;

fn awkward() -> impl Strategy<Value = String> {
    let nasty = "[ '\"$`\\\\!*?~#&;|<>(){}\\[\\]%=:,+@^a-zäß漢-]{1,12}";
    nasty
        .prop_map(|text| text.trim_end().to_owned())
        .prop_filter("a name", |text| !text.is_empty() && text != "." && text != "..")
}

fn file(name: &str, content: Vec<u8>) -> File {
    File {
        path: format!("/etc/{name}"),
        kind: "file",
        mode: 0o640,
        owner: "0".to_owned(),
        group: "0".to_owned(),
        content,
    }
}

fn run(shell: &[&str], root: &Path, request: &Apply) -> (Option<i32>, String) {
    let scripts = root.join("scripts");
    fs::create_dir_all(&scripts).expect("made");
    for script in PAYLOAD {
        fs::write(scripts.join(script.name), script.text).expect("written");
    }
    fs::write(scripts.join("driver.sh"), DRIVER).expect("written");
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .arg("./driver.sh")
        .current_dir(&scripts)
        .env("RAPPEL_ROOT", root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    let bytes = request.encode().expect("encodes");
    child.stdin.take().expect("piped").write_all(&bytes).expect("taken");
    let output = child.wait_with_output().expect("ended");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn names_contents_and_commands_come_out_as_they_went_in(
        name in awkward(),
        other in awkward(),
        word in awkward(),
        content in prop::collection::vec(any::<u8>(), 0..300),
        old in prop::option::of(prop::collection::vec(any::<u8>(), 0..50)),
    ) {
        for shell in SHELLS {
            let root = tempfile::tempdir().expect("a directory");
            let root = root.path();
            fs::create_dir_all(root.join("etc")).expect("made");
            let path = root.join(format!("etc/{name}"));
            if let Some(old) = &old {
                fs::write(&path, old).expect("written");
            }
            let below = format!("new dir/{other}");
            let quoted = word.replace('\'', "'\\''");
            let seen = root.join("seen").display().to_string();
            let request = Apply {
                run: "ab".to_owned(),
                files: vec![file(&name, content.clone()), file(&below, content.clone())],
                validate: vec![(format!("/etc/{name}"), "test -f %s && test -s %s || test ! -s %s".to_owned())],
                reload: vec![
                    "cat".to_owned(),
                    format!("printf '%s\\n' '{quoted}' >{seen}"),
                ],
                ..Apply::default()
            };
            let (code, said) = run(shell, root, &request);
            prop_assert_eq!(code, Some(0), "{:?}: {}", shell, said);
            prop_assert!(!said.contains("residue|"), "{:?}: {}", shell, said);
            let at = |name: &str| fs::read(root.join("swapped").join(name)).ok();
            prop_assert_eq!(at(&name), Some(content.clone()), "{:?}", shell);
            prop_assert_eq!(at(&below), Some(content.clone()), "{:?}", shell);
            prop_assert_eq!(fs::read_to_string(&seen).ok(), Some(format!("{word}\n")), "{:?}", shell);
            prop_assert_eq!(fs::read(&path).ok(), old.clone(), "{:?}: restored", shell);
            prop_assert!(!root.join("etc/new dir").exists());
        }
    }
}

#[test]
fn the_commands_of_two_files_are_told_apart() {
    // One path is the other one and the beginning of its command.
    for shell in SHELLS {
        let root = tempfile::tempdir().expect("a directory");
        fs::create_dir_all(root.path().join("etc")).expect("made");
        let request = Apply {
            run: "ab".to_owned(),
            files: vec![file("a", b"1".to_vec()), file("a false", b"2".to_vec())],
            validate: vec![
                ("/etc/a".to_owned(), "grep -q 1 %s".to_owned()),
                ("/etc/a false".to_owned(), "grep -q 2 %s".to_owned()),
            ],
            ..Apply::default()
        };
        assert_eq!(run(shell, root.path(), &request).0, Some(0), "{shell:?}");
        let mut wrong = request;
        wrong.validate[1].1 = "grep -q 1 %s".to_owned();
        let (code, said) = run(shell, root.path(), &wrong);
        assert_eq!(code, Some(1), "{shell:?}: {said}");
        assert!(said.contains("rejects /etc/a false"), "{said}");
    }
}
