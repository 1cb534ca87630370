//! Files of a request as JSON, for a plan that is kept: contents in base64, because they
//! need not be text, and are not to be read in passing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::File;

/// The kinds that a request knows.
const KINDS: [&str; 7] = ["interfaces", "sysctl", "nft", "hook", "file", "object", "remove"];

#[derive(Serialize, Deserialize)]
struct Packed {
    path: String,
    kind: String,
    mode: u32,
    owner: String,
    group: String,
    content: String,
}

/// Writes files.
pub(super) fn serialize<S: Serializer>(files: &[File], out: S) -> Result<S::Ok, S::Error> {
    let packed = files.iter().map(|file| Packed {
        path: file.path.clone(),
        kind: file.kind.to_owned(),
        mode: file.mode,
        owner: file.owner.clone(),
        group: file.group.clone(),
        content: STANDARD.encode(&file.content),
    });
    out.collect_seq(packed)
}

/// Reads files.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<File>, D::Error> {
    let packed = Vec::<Packed>::deserialize(input)?;
    packed.into_iter().map(unpacked).collect()
}

fn unpacked<E: Error>(packed: Packed) -> Result<File, E> {
    let kind = KINDS.into_iter().find(|kind| *kind == packed.kind);
    Ok(File {
        kind: kind.ok_or_else(|| E::custom("a file of an unknown kind"))?,
        content: STANDARD.decode(&packed.content).map_err(|_| E::custom("content is no base64"))?,
        path: packed.path,
        mode: packed.mode,
        owner: packed.owner,
        group: packed.group,
    })
}
