//! Takes back what a plan of the project shows to be otherwise on the host.

use crate::desired::ArtifactKind;
use crate::diagnostic::Source;
use crate::network::live::Sign;
use crate::network::{nft, sysctl};
use crate::plan::{HostPlan, LiveChange};

use super::kinds::plain;
use super::{Adopted, Origin};

impl Adopted {
    /// Compares with a plan of [`Adopted::desired`]. Files whose live state is not as they
    /// say become mere files, which nobody loads; what else is live and in no file is told.
    /// True if something was taken back, so that another plan has to be made.
    pub fn settle(&mut self, plan: &HostPlan) -> bool {
        let drift = plan.drift.iter().map(|drift| match drift.difference.sign {
            Sign::New => format!("{}: live, and in no file", drift.difference.fact),
            Sign::Gone => format!("{}: in the files, and not live", drift.difference.fact),
        });
        self.remarks.live = drift.collect();
        let before = self.pieces.clone();
        for change in &plan.live {
            match change {
                LiveChange::Sysctl { key, from, to } => {
                    let is = from.as_deref().unwrap_or("not there");
                    let why = format!("it sets {key} to {to}, and it is {is}");
                    self.take_back(&why, |text| sets(text, key, to));
                }
                LiveChange::NftTable { table } => {
                    let why = format!("its table {table} is not loaded");
                    self.take_back(&why, |text| defines(text, table));
                }
                LiveChange::NftRules { table, changes } => {
                    let why =
                        format!("{} rule(s) of the table {table} are not as loaded", changes.len());
                    self.take_back(&why, |text| defines(text, table));
                }
            }
        }
        self.pieces != before
    }

    fn take_back(&mut self, why: &str, concerns: impl Fn(&str) -> bool) {
        let is_live =
            |kind: &ArtifactKind| matches!(kind, ArtifactKind::Sysctl | ArtifactKind::Nft);
        for piece in self.pieces.iter_mut().filter(|p| is_live(&p.kind) && concerns(&p.content)) {
            piece.kind = plain();
            piece.origin = Origin::Verbatim;
            self.remarks.rendered.retain(|(path, _)| *path != piece.path);
            self.remarks.same_meaning.retain(|(path, _)| *path != piece.path);
            self.remarks.verbatim.push((piece.path.clone(), why.to_owned()));
        }
    }
}

fn sets(text: &str, key: &str, to: &str) -> bool {
    let settings = sysctl::parse(&Source::new("", text)).unwrap_or_default();
    settings.iter().any(|setting| setting.key == key && setting.value == to)
}

fn defines(text: &str, table: &str) -> bool {
    nft::defined(&Source::new("", text)).iter().any(|own| own.to_string() == table)
}
