//! What has to be told about a host that was taken up.

use crate::diagnostic::Source;
use crate::network::nft;
use crate::observed::Survey;

use super::Piece;
use super::secret::secrets as in_text;
use crate::desired::ArtifactKind;

/// Everything that is not as simple as one would like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remarks {
    /// Paths that a shipped template renders, with its name.
    pub rendered: Vec<(String, String)>,
    /// Paths of which a shipped template would render the same meaning.
    pub same_meaning: Vec<(String, String)>,
    /// Paths that are kept as they are, and why.
    pub verbatim: Vec<(String, String)>,
    /// Objects that are wanted as they are: the kind's word and the name.
    pub objects: Vec<(&'static str, String)>,
    /// Paths that were left out, and why.
    pub left: Vec<(String, String)>,
    /// What no var can say.
    pub unsaid: Vec<String>,
    /// What is live and in no file, or the other way round.
    pub live: Vec<String>,
    /// nft tables that are live and in no file that was taken.
    pub tables: Vec<(String, String)>,
    /// Rules of iptables as nft has them: the name of the file and its text.
    pub translated: Vec<(&'static str, String)>,
    /// Where secrets stand: path, line, name.
    pub secrets: Vec<(String, usize, String)>,
    /// Lint's rules that would refuse the project, each with what it found.
    pub lint: Vec<(String, String)>,
}

/// Rules that are live: those of iptables, and tables that no script defines.
pub(super) fn live_rules(survey: &Survey, pieces: &[Piece], remarks: &mut Remarks) {
    let scripts = pieces.iter().filter(|piece| piece.kind == ArtifactKind::Nft);
    let own: Vec<String> = scripts
        .flat_map(|piece| {
            nft::touches(&Source::new(piece.path.as_str(), piece.content.as_str())).tables
        })
        .map(|table| table.to_string())
        .collect();
    let foreign = survey.live.nft.iter().filter(|(table, _)| !own.contains(table));
    remarks.tables = foreign.map(|(table, text)| (table.clone(), text.clone())).collect();
    for (name, rules) in [("iptables.nft", &survey.iptables), ("ip6tables.nft", &survey.ip6tables)]
    {
        if let Some(text) = rules.as_nft.as_ref().filter(|_| has_rules(&rules.saved)) {
            remarks.translated.push((name, text.clone()));
        }
    }
}

/// Whether anything but empty chains that accept is there.
fn has_rules(saved: &str) -> bool {
    saved
        .lines()
        .any(|line| line.starts_with("-A ") || line.starts_with(':') && line.contains(" DROP "))
}

/// Names the secrets in files.
pub(super) fn secrets(pieces: &[Piece], remarks: &mut Remarks) {
    for piece in pieces {
        let found = in_text(&piece.content).into_iter();
        remarks.secrets.extend(found.map(|(line, name)| (piece.path.clone(), line, name)));
    }
}
