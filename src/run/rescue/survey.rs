//! Whether hosts could be rescued, found out while all is well; and what a rescue would do.

use std::sync::Arc;

use super::wish::Wish;
use crate::provider::{Provider, ProviderError, Status};
use crate::run::context::Context;
use crate::run::fleet::at_most;

/// Whether one host could be rescued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// The host.
    pub host: String,
    /// Its machine, as the provider calls it; none without a provider.
    pub machine: Option<String>,
    /// What it boots from, as far as it was read.
    pub boot: Option<String>,
    /// What the provider says besides.
    pub notes: Vec<String>,
    /// What stands in the way.
    pub problems: Vec<String>,
}

/// A host and its machine, or why it has none.
pub type Wanted = (String, Result<Arc<dyn Provider>, String>, Option<String>);

/// Asks the providers of many hosts; results come in the order of the hosts.
pub async fn survey(context: &Context, hosts: Vec<Wanted>) -> Vec<Survey> {
    let work = hosts.into_iter().map(|(host, provider, key)| async move {
        let provider = match provider {
            Ok(provider) => provider,
            Err(problem) => {
                let problems = vec![problem];
                return Survey { host, machine: None, boot: None, notes: Vec::new(), problems };
            }
        };
        let asked = tokio::task::spawn_blocking(move || {
            let status = provider.status();
            // Not asked again with credentials that were refused a moment ago.
            let checked = if status.is_ok() { provider.check(key.as_deref()) } else { Ok(()) };
            (provider.name(), status, checked, key.is_none())
        });
        let (machine, status, checked, keyless) = match asked.await {
            Ok(answers) => answers,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        found(host, machine, status, checked, keyless)
    });
    at_most(context.forks, work).await
}

fn found(
    host: String,
    machine: String,
    status: Result<Status, ProviderError>,
    checked: Result<(), ProviderError>,
    keyless: bool,
) -> Survey {
    let mut survey = Survey {
        host,
        machine: Some(machine),
        boot: None,
        notes: Vec::new(),
        problems: Vec::new(),
    };
    let failed = |error: ProviderError| match error.remedy() {
        Some(remedy) => format!("{error} ({remedy})"),
        None => error.to_string(),
    };
    match status {
        Ok(status) => {
            if status.rescue {
                survey.problems.push("it is set to boot the rescue system".to_owned());
            }
            survey.boot = Some(status.boot);
            survey.notes = status.notes;
            survey.problems.extend(checked.err().map(failed));
        }
        Err(error) => survey.problems.push(failed(error)),
    }
    if keyless {
        survey.problems.push(
            "there is no public key to give to the rescue system: write one beside the private \
             key (FILE.pub), or set `ssh_key` in rappel_provider"
                .to_owned(),
        );
    }
    survey
}

/// What a rescue would do, in words, after a look at the provider that changes nothing.
pub async fn dry_run(wish: &Wish) -> Result<Vec<String>, String> {
    let provider = Arc::clone(&wish.provider);
    let asked = tokio::task::spawn_blocking(move || provider.status()).await;
    let status = match asked {
        Ok(status) => status.map_err(|error| error.to_string())?,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    };
    let name = wish.provider.name();
    let boot = match (&wish.boot, status.rescue) {
        (Some(boot), _) => boot.clone(),
        (None, false) => status.boot.clone(),
        (None, true) => status.usual.clone().unwrap_or_else(|| "(not known)".to_owned()),
    };
    let key = wish.key.as_deref().map_or("no key", |key| key.split(' ').next().unwrap_or(key));
    let what = match &wish.target {
        crate::remote::request::Target::Last => {
            "files as before an open change, else as the last generation left them".to_owned()
        }
        crate::remote::request::Target::Generation(n) => format!("files of generation {n}"),
        crate::remote::request::Target::Rendered(files) => {
            format!("{} file(s) rendered from the inventory", files.len())
        }
    };
    let mut steps = status.notes.clone();
    steps.extend([
        format!("remember that {name} boots {boot}"),
        format!("set it to boot the rescue system, with {key}, and read that back"),
        "restart it, and wait for the rescue system's SSH".to_owned(),
        match &wish.root {
            Some(root) => format!("take {root} as the root"),
            None => "find the root file system (partitions, arrays, volumes)".to_owned(),
        },
        format!("show, then restore: {what}; read it back from the disk"),
        format!("set it to boot {boot} again, and read that back"),
        "restart it, and wait for the host itself".to_owned(),
        "make its checks".to_owned(),
    ]);
    Ok(steps)
}
