//! A directory that plays a host's root, and shells that run parts of the scripts in it.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rappel::remote::scripts::ALL;
use tempfile::TempDir;

#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "../transaction/proof.rs"]
mod proof;

use proof::Proof;

/// The shells that are `/bin/sh` somewhere.
#[derive(Debug, Clone, Copy)]
pub enum Shell {
    Dash,
    Busybox,
    /// Called `sh`, so that it keeps to POSIX.
    Bash,
}

pub const SHELLS: [Shell; 3] = [Shell::Dash, Shell::Busybox, Shell::Bash];

impl Shell {
    fn name(self) -> &'static str {
        match self {
            Self::Dash => "dash",
            Self::Busybox => "busybox",
            Self::Bash => "bash",
        }
    }

    /// A call of it.
    pub fn command(self) -> Command {
        let mut command = Command::new(self.name());
        match self {
            Self::Busybox => command.arg("sh"),
            Self::Bash => command.arg0("sh"),
            Self::Dash => &mut command,
        };
        command.stdin(Stdio::null());
        command
    }
}

/// Runs a command, which has to be there.
pub fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| {
        panic!("{:?}: {error}; run `scripts/install-tools test`", command.get_program())
    })
}

/// A root with an open transaction's directory in it.
pub struct Bench {
    _proof: Proof,
    pub shell: Shell,
    home: TempDir,
}

impl Bench {
    pub fn new(shell: Shell) -> Self {
        let _proof = Proof::on([shell.name()]);
        let bench = Self { _proof, shell, home: tempfile::tempdir().unwrap() };
        fs::create_dir_all(bench.tx("scripts")).unwrap();
        fs::create_dir_all(bench.root("etc")).unwrap();
        for script in ALL {
            fs::write(bench.tx("scripts").join(script.name), script.text).unwrap();
        }
        bench.write_tx("request", "run 00ff\nwho tester\n");
        bench
    }

    /// A path of the root, written without its first slash.
    pub fn root(&self, path: &str) -> PathBuf {
        self.home.path().join("root").join(path)
    }

    /// A path below what rappel keeps on the host.
    pub fn state(&self, path: &str) -> PathBuf {
        self.root("var/lib/rappel").join(path)
    }

    /// A path of the open transaction.
    pub fn tx(&self, path: &str) -> PathBuf {
        self.state("tx").join(path)
    }

    pub fn write_tx(&self, path: &str, text: &str) {
        write(&self.tx(path), text);
    }

    /// Runs shell text after these parts, with its arguments, in an empty directory.
    pub fn run(&self, parts: &[&str], text: &str, arguments: &[&str]) -> Output {
        let mut script = String::new();
        for part in parts {
            script += &format!(". \"$PARTS/{part}.sh\"\n");
        }
        let empty = self.home.path().join("empty");
        fs::create_dir_all(&empty).unwrap();
        let mut command = self.shell.command();
        command
            .arg("-c")
            .arg(script + text)
            .arg("sh")
            .args(arguments)
            .current_dir(&empty)
            .env("PARTS", self.parts())
            .env("RAPPEL_ROOT", self.home.path().join("root"));
        let output = output(&mut command);
        let litter = fs::read_dir(&empty).unwrap().count();
        assert_eq!(litter, 0, "{:?}: a name was run as a command, or taken as a path", self.shell);
        output
    }

    /// Runs a whole command as root would, with this on its standard input.
    pub fn command(&self, command: &str, input: &[u8]) -> Output {
        let file = self.home.path().join("input");
        fs::write(&file, input).unwrap();
        let mut shell = self.shell.command();
        shell
            .arg("-c")
            .arg(format!("id() {{ echo 0; }}\n{command}"))
            .stdin(fs::File::open(&file).unwrap())
            .env("RAPPEL_ROOT", self.home.path().join("root"));
        output(&mut shell)
    }

    /// Outside the transaction: the scripts in it move away with it.
    fn parts(&self) -> PathBuf {
        let parts = self.home.path().join("parts");
        if !parts.exists() {
            fs::create_dir(&parts).unwrap();
            for script in ALL {
                fs::write(parts.join(script.name), script.text).unwrap();
            }
        }
        parts
    }

    /// Runs as [`Bench::run`], requires success and silence of standard error, and gives
    /// what was printed.
    #[track_caller]
    pub fn says(&self, parts: &[&str], text: &str, arguments: &[&str]) -> String {
        let output = self.run(parts, text, arguments);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && complaint.is_empty(),
            "{:?}: {}\n{printed}\n{complaint}",
            self.shell,
            output.status
        );
        printed
    }
}

/// Writes a file and makes its directories.
pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
