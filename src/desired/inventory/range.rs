//! Host ranges: `web[01:10].example.net`, `db-[a:f]`, `n[0:100:10]`.

/// Nobody writes a larger one on purpose.
const MAX_HOSTS: usize = 100_000;

/// The names that a host key stands for.
///
/// # Errors
/// What is wrong with a range, as a message.
pub(super) fn expand(key: &str) -> Result<Vec<String>, String> {
    let Some(open) = key.find('[') else {
        return Ok(vec![key.to_owned()]);
    };
    let Some(close) = key[open..].find(']').map(|at| open + at) else {
        return Err(format!("the range in `{key}` has no closing `]`"));
    };
    let items = items(&key[open + 1..close])?;
    let tails = expand(&key[close + 1..])?;
    if items.len().saturating_mul(tails.len()) > MAX_HOSTS {
        return Err(format!("`{key}` stands for more than {MAX_HOSTS} hosts"));
    }
    let head = &key[..open];
    Ok(items
        .iter()
        .flat_map(|item| tails.iter().map(move |tail| format!("{head}{item}{tail}")))
        .collect())
}

fn items(range: &str) -> Result<Vec<String>, String> {
    let parts: Vec<&str> = range.split(':').collect();
    let (first, last, step) = match parts.as_slice() {
        [first, last] => (*first, *last, "1"),
        [first, last, step] => (*first, *last, *step),
        _ => return Err(format!("`[{range}]` is not a range like `[01:10]`")),
    };
    let step: usize = match step.parse() {
        Ok(step) if step > 0 => step,
        _ => {
            return Err(format!("the step `{step}` of `[{range}]` is not a positive number"));
        }
    };
    let first = if first.is_empty() { "0" } else { first };
    letters(first, last, step)
        .or_else(|| numbers(first, last, step))
        .ok_or_else(|| format!("`[{range}]` is not a range from a lower to a higher value"))
}

fn letters(first: &str, last: &str, step: usize) -> Option<Vec<String>> {
    let letter = |text: &str| -> Option<u8> {
        match text.as_bytes() {
            [letter] if letter.is_ascii_alphabetic() => Some(*letter),
            _ => None,
        }
    };
    let (first, last) = (letter(first)?, letter(last)?);
    let same_case = first.is_ascii_lowercase() == last.is_ascii_lowercase();
    (first <= last && same_case).then(|| {
        (first..=last).step_by(step).map(|letter| char::from(letter).to_string()).collect()
    })
}

/// A leading zero fixes the width: `[01:10]` gives `01`, `02` … `10`.
fn numbers(first: &str, last: &str, step: usize) -> Option<Vec<String>> {
    let width = if first.len() > 1 && first.starts_with('0') { first.len() } else { 0 };
    if width > 0 && width != last.len() {
        return None;
    }
    let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last && (last - first) / step < MAX_HOSTS)
        .then(|| (first..=last).step_by(step).map(|number| format!("{number:0width$}")).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::expand;

    #[test]
    fn ranges_expand_as_in_ansible() {
        let names = |key: &str| expand(key).unwrap();
        assert_eq!(names("hv1"), ["hv1"]);
        assert_eq!(names("web[08:10].x"), ["web08.x", "web09.x", "web10.x"]);
        assert_eq!(names("web[8:10]"), ["web8", "web9", "web10"]);
        assert_eq!(names("n[0:20:10]"), ["n0", "n10", "n20"]);
        assert_eq!(names("db-[a:c]"), ["db-a", "db-b", "db-c"]);
        assert_eq!(names("r[1:2]-[a:b]"), ["r1-a", "r1-b", "r2-a", "r2-b"]);
    }

    #[test]
    fn broken_ranges_are_named() {
        for key in ["w[1:", "w[3:1]", "w[]", "w[1]", "w[a:9]", "w[1:9:0]", "w[01:100]"] {
            assert!(expand(key).is_err(), "{key}");
        }
        assert!(expand("w[1:999999]").is_err(), "too many");
    }
}
