//! The terminal: arguments, commands, exit codes.
#[cfg(target_os = "linux")]
pub mod lab;

/// Parses, runs, and says how it went.
pub fn main() -> std::process::ExitCode {
    let words: Vec<std::ffi::OsString> = std::env::args_os().skip(1).collect();
    #[cfg(target_os = "linux")]
    if words.first().is_some_and(|word| word == "lab") {
        return lab::main(&words[1..]);
    }
    std::process::ExitCode::SUCCESS
}
