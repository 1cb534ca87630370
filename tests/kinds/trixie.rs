//! Debian 13: newer systemd, iproute2, nft and ifupdown.

use crate::cases::{self, Subject};

fn subject() -> Subject {
    Subject::variant("trixie")
}

#[test]
fn it_comes_up_and_goes_back() {
    cases::comes_up_and_goes_back(&subject());
}

#[test]
fn a_wrong_gateway_is_reverted() {
    cases::wrong_gateway_comes_back(&subject());
}

#[test]
fn a_killed_controller_leaves_a_host_that_reverts() {
    cases::killed_controller_comes_back(&subject());
}

#[test]
fn a_power_cut_while_pending_ends_in_the_old_configuration() {
    cases::power_cut_comes_back(&subject());
}
