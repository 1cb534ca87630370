//! rappel changes the network configuration of servers over SSH and never loses one.
//!
//! The crate is a house of rooms on floors. Each room uses only rooms below it, and
//! `tests/house.rs` holds that. From the top:
//!
//! | room | what lives there |
//! |---|---|
//! | [`cli`] | arguments, one file per command, diagnostics, exit codes; the only terminal |
//! | [`report`] | events to terminal, plain lines or JSON lines |
//! | [`run`] | drives a run: observe, apply, verify, confirm, the fleet loop |
//! | [`rollout`] | pure: the states of one host's transaction, verdicts, outcomes, events |
//! | [`twin`] | pure: hosts as they are → throw-away twins in a lab |
//! | [`adopt`] | pure: what a host is → a project that wants just that |
//! | [`plan`] | pure: desired × observed → a plan for one host, or a refusal |
//! | [`observed`] | pure: what a host is; parses what the probes print |
//! | [`desired`] | inventory, playbook, templates → artifacts |
//! | [`network`] | pure vocabulary: interfaces(5), sysctl.d, nft, hooks; lint |
//! | [`remote`] | SSH sessions, the shell scripts and their wire format |
//! | [`provider`] | power and rescue boot of machines, through their providers |
//! | [`lab`] | throw-away hosts in namespaces without an uplink |
//! | [`diagnostic`] | what a mistake is: message, place, excerpt, remedy |

pub mod adopt;
pub mod cli;
pub mod desired;
pub mod diagnostic;
#[cfg(target_os = "linux")]
pub mod lab;
pub mod network;
pub mod observed;
pub mod plan;
pub mod provider;
pub mod remote;
pub mod report;
pub mod rollout;
pub mod run;
#[cfg(target_os = "linux")]
pub mod twin;
