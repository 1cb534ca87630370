//! Groups of hosts, and how they nest.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Place};

use super::Vars;

/// A group of hosts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    /// Where it is first named; none for `all` and `ungrouped` made by rappel.
    pub(crate) place: Option<Place>,
    /// Whether somebody wrote a body for it, even an empty one.
    pub(crate) defined: bool,
    /// The vars in the inventory file itself.
    pub(crate) vars: Vars,
    /// Names of groups in it.
    pub(crate) children: Vec<String>,
    /// Names of groups it is in.
    pub(crate) parents: Vec<String>,
    /// Names of hosts directly in it.
    pub(crate) hosts: Vec<String>,
    /// Longest way down from `all`: decides whose vars win.
    pub(crate) depth: usize,
}

/// Sets every group's depth.
///
/// # Errors
/// Groups that contain themselves.
pub(super) fn measure(groups: &mut BTreeMap<String, Group>) -> Result<(), Box<Diagnostic>> {
    let mut depths = BTreeMap::new();
    for name in groups.keys() {
        depth(name, groups, &mut depths, &mut Vec::new())?;
    }
    for (name, depth) in depths {
        if let Some(group) = groups.get_mut(&name) {
            group.depth = depth;
        }
    }
    Ok(())
}

fn depth(
    name: &str,
    groups: &BTreeMap<String, Group>,
    known: &mut BTreeMap<String, usize>,
    path: &mut Vec<String>,
) -> Result<usize, Box<Diagnostic>> {
    if let Some(depth) = known.get(name) {
        return Ok(*depth);
    }
    let Some(group) = groups.get(name) else {
        return Ok(0);
    };
    if path.iter().any(|above| above == name) {
        let start = path.iter().position(|above| above == name).unwrap_or(0);
        let way: Vec<&str> = path[start..].iter().rev().map(String::as_str).collect();
        let mut diagnostic = Diagnostic::error(format!(
            "the group `{name}` contains itself: {name} > {}",
            way.join(" > ")
        ))
        .remedy("remove it from the `children` of one of them");
        diagnostic.place.clone_from(&group.place);
        return Err(diagnostic.into());
    }
    path.push(name.to_owned());
    let mut deepest = 0;
    for parent in &group.parents {
        deepest = deepest.max(depth(parent, groups, known, path)? + 1);
    }
    path.pop();
    known.insert(name.to_owned(), deepest);
    Ok(deepest)
}
