//! Checks as a table for people, and as values for programs.

use anstyle::{AnsiColor, Style};

use super::clean::clean;
use crate::rollout::verdict::{Check, CheckResult};

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const CARE: Style = AnsiColor::Yellow.on_default().bold();

/// Rows of host, check, family, result, time and how it was found out, in columns.
pub fn table<'a>(rows: impl IntoIterator<Item = (&'a str, &'a Check)>) -> String {
    let rows: Vec<([String; 3], &Check)> = rows
        .into_iter()
        .map(|(host, check)| ([clean(host), clean(&check.title()), family(check)], check))
        .collect();
    let wide = |column: usize| {
        let cells = rows.iter().filter_map(|(cells, _)| cells.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (hosts, titles) = (wide(0), wide(1));
    let mut out = String::new();
    for ([host, title, family], check) in &rows {
        let style = match check.result {
            CheckResult::Pass => GOOD,
            CheckResult::Fail => BAD,
            CheckResult::Unknown => CARE,
        };
        let result = format!("{:7}", check.result.word());
        let line = format!(
            "{host:hosts$}  {title:titles$}  {family:4}  {style}{result}{style:#}  {}  {}",
            time(check),
            clean(&check.how)
        );
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// One check as an object.
pub fn json(host: &str, check: &Check) -> serde_json::Value {
    serde_json::json!({
        "host": host,
        "check": check.kind,
        "title": check.title(),
        "family": check.family,
        "result": check.result.word(),
        "how": check.how,
        "seconds": check.took.map(|hundredths| f64::from(hundredths) / 100.0),
    })
}

/// How long it took, in 7 columns: nothing takes longer than 99 s.
fn time(check: &Check) -> String {
    check.took.map_or_else(
        || " ".repeat(7),
        |hundredths| format!("{:>2}.{:02} s", hundredths / 100, hundredths % 100),
    )
}

fn family(check: &Check) -> String {
    match check.family.as_str() {
        "inet" => "IPv4".to_owned(),
        "inet6" => "IPv6".to_owned(),
        _ => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::rollout::verdict::Check;

    #[test]
    fn columns_stand_below_each_other() {
        let checks: Vec<Check> =
            ["gateway inet 10.0.0.1 eth0 pass+102 ping", "dns - a.example - fail no\u{1b}"]
                .iter()
                .map(|line| Check::parse(line).expect("a check"))
                .collect();
        let shown =
            anstream::adapter::strip_str(&table(checks.iter().map(|c| ("h", c)))).to_string();
        assert_eq!(
            shown,
            "h  gateway 10.0.0.1 on eth0  IPv4  pass      1.02 s  ping\nh  dns a.example             -     fail              no\\u{1b}\n"
        );
    }
}
