//! How far two words are from each other, for "did you mean".

/// The word that is one or two letters away; `None` for a short word, or where several
/// letters differ.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .filter(|name| name.len() > 3 && name.len().abs_diff(word.len()) <= 2)
        .map(|name| (distance(name, &word), name))
        .filter(|(distance, name)| *distance <= 2 && *distance * 3 <= name.len())
        .min()
        .map(|(_, name)| name)
}

/// How many characters must be put in, taken out or replaced.
pub(super) fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in two.iter().enumerate() {
            let replaced = corner + usize::from(a != *b);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
