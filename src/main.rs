//! The `rappel` binary: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    rappel::cli::main()
}
