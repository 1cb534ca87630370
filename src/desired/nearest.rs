//! The nearest known name to one that is not known, for "did you mean".

/// The candidate that looks most like `name`, or none that is close enough: at most one
/// edit for every three characters (and one for very short names), a swap of two
/// neighbours counting once, upper and lower case alike. The beginning of a candidate is
/// close to it, too.
///
/// ```
/// assert_eq!(rappel::desired::nearest("hosst", ["vars", "hosts"]), Some("hosts"));
/// assert_eq!(rappel::desired::nearest("colour", ["vars", "hosts"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| match candidate.strip_prefix(name) {
            Some(rest) if name.len() >= 3 && !rest.is_empty() => (1, candidate),
            _ => (distance(name, candidate), candidate),
        })
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, remove, replace, swap neighbours) from one name to the other.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.to_lowercase().chars().collect();
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, a) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, b) in right.iter().enumerate() {
            let mut cost = (last[column] + usize::from(a != b))
                .min(last[column + 1] + 1)
                .min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && *a == right[column - 1] && left[row - 1] == *b && a != b;
            if swapped {
                cost = cost.min(before_last[column - 1] + 1);
            }
            current.push(cost);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn edits_are_counted() {
        assert_eq!(distance("hosts", "hosts"), 0);
        assert_eq!(distance("hosst", "hosts"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("HV1", "hv1"), 0);
    }

    #[test]
    fn only_close_names_are_proposed() {
        assert_eq!(nearest("tempalte", ["template", "path"]), Some("template"));
        assert_eq!(nearest("x", ["y"]), None, "a whole other word is no help");
        assert_eq!(nearest("hv3", ["hv1", "gw"]), Some("hv1"));
        assert_eq!(nearest("network", ["firewall"]), None);
        assert_eq!(nearest("if-up", ["if-pre-up.d", "if-up.d"]), Some("if-up.d"));
    }

    #[test]
    fn the_nearest_of_several_wins() {
        assert_eq!(nearest("web11", ["web1", "web12", "db1"]), Some("web1"));
    }
}
