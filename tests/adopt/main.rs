//! Hosts taken up as they are: the plan of what `rappel import` writes is empty, whatever the
//! host is.

#[path = "../transaction/bench.rs"]
#[allow(dead_code)]
mod bench;
mod finished;
mod found;
mod hostile;
mod pictured;
mod project;
