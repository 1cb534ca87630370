//! Hosts in the order of their turns.

use crate::desired::Order;

/// Puts items into an order by their names; `seed` is the chance of a shuffle, and the same
/// seed shuffles alike.
pub fn arrange<T>(mut items: Vec<T>, order: Order, seed: u64, name: impl Fn(&T) -> &str) -> Vec<T> {
    match order {
        Order::Inventory => {}
        Order::ReverseInventory => items.reverse(),
        Order::Sorted => items.sort_by(|a, b| name(a).cmp(name(b))),
        Order::ReverseSorted => items.sort_by(|a, b| name(b).cmp(name(a))),
        Order::Shuffle => {
            let mut state = seed;
            for last in (1..items.len()).rev() {
                let bound = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
                let other = usize::try_from(chance(&mut state) % bound).unwrap_or(0);
                items.swap(last, other);
            }
        }
    }
    items
}

/// SplitMix64: good enough for turns, and without a state of the machine's.
fn chance(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::arrange;
    use crate::desired::Order;
    use proptest::prelude::{any, prop, proptest};

    fn names(order: Order, seed: u64) -> String {
        arrange(vec!["b", "c", "a", "d"], order, seed, |name| name).concat()
    }

    #[test]
    fn orders_are_those_of_ansible() {
        assert_eq!(names(Order::Inventory, 0), "bcad");
        assert_eq!(names(Order::ReverseInventory, 0), "dacb");
        assert_eq!(names(Order::Sorted, 0), "abcd");
        assert_eq!(names(Order::ReverseSorted, 0), "dcba");
    }

    #[test]
    fn a_shuffle_is_another_one_for_another_seed() {
        assert_eq!(names(Order::Shuffle, 7), names(Order::Shuffle, 7));
        let all: std::collections::BTreeSet<String> =
            (0..200).map(|seed| names(Order::Shuffle, seed)).collect();
        assert_eq!(all.len(), 24, "every order comes up");
    }

    proptest! {
        #[test]
        fn nobody_is_lost_in_a_shuffle(items in prop::collection::vec(any::<u8>(), 0..50), seed in any::<u64>()) {
            let mut shuffled = arrange(items.clone(), Order::Shuffle, seed, |_| "");
            let mut items = items;
            shuffled.sort_unstable();
            items.sort_unstable();
            assert_eq!(items, shuffled);
        }
    }
}
