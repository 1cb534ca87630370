//! Scaleway: Dedibox and Elastic Metal, two products with an API each.

mod config;
mod dedibox;
mod keys;
mod metal;

pub(super) use dedibox::driver as dedibox;
pub(super) use metal::driver as metal;
