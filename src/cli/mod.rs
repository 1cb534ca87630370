//! (empty)
pub mod diagnostic;

pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
