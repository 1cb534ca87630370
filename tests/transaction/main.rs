//! Whole changes of real hosts: what is applied, what comes back by itself, and what is
//! refused. Each case has a lab of its own and judges from outside the host.

mod bad_input;
mod behind;
#[allow(dead_code, reason = "other suites take it as well")]
mod bench;
mod fleet;
mod lockouts;
mod loss;
mod prompts;
mod rows;
mod t3;
mod terminal;
