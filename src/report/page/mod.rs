//! The whole fleet as one HTML page, which opens from a disk.
//!
//! It loads nothing from anywhere, and says so to the browser: its policy allows its own style
//! and script by their digests, and nothing else. A host's words are escaped throughout; one
//! that got through would still be no script that may run.

mod host;

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::clean::clean;
use super::drift::{HostDrift, STATES};
use super::graph::{STYLE, xml};
use crate::network::picture::Picture;
use crate::observed::utc;
use crate::plan::HostPlan;
use crate::run::journal::{DifferenceRecord, PastRecord};

const OWN_STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// So many hosts are shown unfolded.
const OPEN: usize = 3;

/// What a page is made of.
#[derive(Debug)]
pub struct Page<'a> {
    /// The playbook that says what is wanted.
    pub playbook: &'a str,
    /// Who looked: `user@host`.
    pub who: &'a str,
    /// When, in seconds since 1970.
    pub now: u64,
    /// The hosts.
    pub hosts: Vec<Entry<'a>>,
}

/// One host on the page.
#[derive(Debug)]
pub struct Entry<'a> {
    /// What was found.
    pub drift: &'a HostDrift,
    /// What would be done about it; none where the host could not be read.
    pub plan: Option<&'a HostPlan>,
    /// Its network as it is; as it is wanted where it could not be read.
    pub picture: Picture,
    /// What looks found earlier, what is still there first.
    pub differences: Vec<DifferenceRecord>,
    /// What runs did with it, the last one first.
    pub past: Vec<PastRecord>,
}

/// The page as a document.
pub fn page(page: &Page<'_>) -> String {
    let style = format!("{OWN_STYLE}{STYLE}{}", choices());
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         '{}'; script-src '{}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{} host(s), {}</title>\n<style>{style}</style>\n</head>\n<body>\n",
        digest(&style),
        digest(SCRIPT),
        page.hosts.len(),
        text(page.playbook)
    );
    head(&mut out, page);
    table(&mut out, page);
    out.push_str("</main>\n<section aria-label=\"Hosts\">\n");
    for (number, entry) in page.hosts.iter().enumerate() {
        host::details(&mut out, entry, number, page.hosts.len() <= OPEN);
    }
    let _ = write!(out, "</section>\n<script>{SCRIPT}</script>\n</body>\n</html>\n");
    out
}

fn head(out: &mut String, page: &Page<'_>) {
    let count = |state| page.hosts.iter().filter(|host| host.drift.state() == state).count();
    let _ = write!(
        out,
        "<header>\n<h1>Hosts beside {}</h1>\n<p class=\"quiet\">Read {} by {}</p>\n</header>\n<main>\n\
         <form>\n<fieldset><legend>State</legend>\n\
         <label><input type=\"radio\" name=\"state\" id=\"state-all\" checked> all {}</label>\n",
        text(page.playbook),
        utc(page.now),
        text(page.who),
        page.hosts.len()
    );
    for (state, count) in STATES.iter().map(|s| (s, count(*s))).filter(|(_, count)| *count > 0) {
        let _ = writeln!(
            out,
            "<label><input type=\"radio\" name=\"state\" id=\"state-{state}\"> \
             <span class=\"{state}\">{state}</span> {count}</label>"
        );
    }
    out.push_str(
        "</fieldset>\n<label hidden>Find <input type=\"search\" id=\"find\" \
         placeholder=\"host, address, file …\"></label>\n\
         <span id=\"found\" role=\"status\" class=\"quiet\"></span>\n</form>\n",
    );
}

/// A choice of state works by style alone.
fn choices() -> String {
    let rule = |state: &&str| {
        format!(
            "body:has(#state-{state}:checked) [data-state]:not([data-state=\"{state}\"]) \
             {{ display: none; }}\n"
        )
    };
    STATES.iter().map(rule).collect()
}

fn table(out: &mut String, page: &Page<'_>) {
    out.push_str(
        "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Host</th><th scope=\"col\">State\
         </th><th scope=\"col\">Differences</th><th scope=\"col\">The oldest since</th>\
         <th scope=\"col\">Past</th></tr></thead>\n<tbody>\n",
    );
    for (number, entry) in page.hosts.iter().enumerate() {
        host::row(out, entry, number);
    }
    out.push_str("</tbody>\n</table></div>\n");
}

fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// Somebody's words on a line of their own, as HTML has them.
fn text(raw: &str) -> String {
    xml(&clean(raw))
}

#[cfg(test)]
mod tests;
