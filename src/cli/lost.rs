//! Hosts that an apply has lost: looked at once more, then brought back through their
//! providers, if that is wanted and they are few.

use std::io::IsTerminal;
use std::sync::Arc;

use super::args::{Lost, Reach, When};
use super::confirm::Results;
use super::driver::Driver;
use super::failure::Failure;
use super::rescue::{Terminal, one, plain_wish};
use crate::provider::VAR;
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;
use crate::run::{Ask, Look, Planned, Seen, Wish, at_most, look_last};

/// What an apply has to know of its hosts in case that it loses some.
pub struct Care {
    when: When,
    limit: usize,
    accept_new: bool,
    looks: Vec<Look>,
}

impl Care {
    /// As the arguments say. Nobody who has said `--yes` beforehand is asked afterwards.
    pub fn new(args: &Lost, reach: &Reach, yes: bool, planned: &[Planned], run: &str) -> Self {
        let default = if yes { When::Never } else { When::Ask };
        let changing = |p: &&Planned| p.plan.as_ref().is_ok_and(|plan| !plan.is_empty());
        let look = |p: &Planned| Look {
            host: p.host.clone(),
            runs: vec![run.to_owned()],
            machine_id: p.plan.as_ref().ok().map(|plan| plan.machine_id.clone()),
            settings: p.settings.clone(),
        };
        let provided = |p: &&Planned| p.host.vars.contains_key(VAR);
        Self {
            when: args.rescue.unwrap_or(default),
            limit: usize::try_from(args.rescue_limit).unwrap_or(1),
            accept_new: reach.accept_new,
            looks: planned.iter().filter(changing).filter(provided).map(look).collect(),
        }
    }

    /// Takes care of the hosts that ended unknown; their outcomes become what was read back.
    pub fn take(self, driver: &mut Driver, results: &mut Results) -> Result<(), Failure> {
        let lost: Vec<String> = lost(results);
        if lost.is_empty() || self.when == When::Never || driver.context().interrupted() {
            return Ok(());
        }
        driver.without_picture();
        if lost.len() > self.limit {
            return self.too_many(driver, &lost);
        }
        for host in lost.iter().filter(|host| self.looks.iter().all(|l| l.host.name != **host)) {
            let message = format!("not rescued: no provider is named for it ({VAR})");
            note(driver, host, message)?;
        }
        let looks: Vec<Look> =
            self.looks.iter().filter(|l| lost.contains(&l.host.name)).cloned().collect();
        let gone = self.look(driver, looks, results)?;
        let mut wishes = Vec::new();
        for look in gone {
            let host = look.host.name.clone();
            match self.wish(driver, look) {
                Ok(wish) => wishes.push(wish),
                Err(reason) => note(driver, &host, format!("not rescued: {reason}"))?,
            }
        }
        self.rescue(driver, wishes, results)
    }

    /// Many hosts that go at once have a cause in common more often than not, and a restart
    /// does not mend it.
    fn too_many(&self, driver: &mut Driver, lost: &[String]) -> Result<(), Failure> {
        let message = format!(
            "not rescued: {} hosts are lost, and --rescue-limit is {}; look for what they have in \
             common first",
            lost.len(),
            self.limit
        );
        lost.iter().try_for_each(|host| note(driver, host, message.clone()))
    }

    /// Gives those that are gone; the others have said how they are.
    fn look(
        &self,
        driver: &mut Driver,
        looks: Vec<Look>,
        results: &mut Results,
    ) -> Result<Vec<Look>, Failure> {
        let (context, all) = (driver.context().clone(), looks.clone());
        let seen = driver.run(async move { look_last(&context, all).await })?;
        let mut gone = Vec::new();
        for (look, seen) in looks.into_iter().zip(seen) {
            let host = look.host.name.clone();
            match seen {
                Seen::Gone(_) => gone.push(look),
                Seen::Answers(what) => {
                    note(driver, &host, format!("not rescued, because it answers: {what}"))?;
                }
                Seen::Ended(outcome) => {
                    let told = outcome.clone();
                    driver.tell(&Event::HostFinished { host, outcome: told, seconds: 0.0 })?;
                    replace(results, &look.host.name, outcome);
                }
            }
        }
        Ok(gone)
    }

    fn wish(&self, driver: &Driver, look: Look) -> Result<Wish, String> {
        let ask: Arc<dyn Ask> = Arc::new(Terminal::default());
        let words = |failure: Failure| {
            let first = failure.diagnostics.first();
            first.map_or_else(String::new, |diagnostic| diagnostic.message.clone())
        };
        let mut wish = plain_wish(driver.context(), look.host, &ask).map_err(words)?;
        let anybody = std::io::stdin().is_terminal();
        if self.when == When::Ask && !anybody {
            return Err("nobody can be asked; --rescue=auto would not ask".to_owned());
        }
        if !self.accept_new && !anybody && !wish.provider.tells_host_key() {
            return Err(format!(
                "{} does not tell the rescue system's host key, and nobody can be asked about it; \
                 --accept-new takes it as it comes",
                wish.provider.name()
            ));
        }
        wish.yes = self.when == When::Auto;
        wish.accept_key = self.accept_new;
        Ok(wish)
    }

    fn rescue(
        &self,
        driver: &mut Driver,
        wishes: Vec<Wish>,
        results: &mut Results,
    ) -> Result<(), Failure> {
        // One after the other where each one asks.
        let at_once = if self.when == When::Auto { self.limit } else { 1 };
        let known = |host: &str| results.iter().find(|(name, _)| name == host);
        let work: Vec<_> = wishes
            .into_iter()
            .map(|wish| {
                let context = driver.context().clone();
                let before = known(&wish.host.name).map(|(_, outcome)| outcome.clone());
                async move { (wish.host.name.clone(), one(&context, &wish, before).await) }
            })
            .collect();
        let ended = driver.run(at_most(at_once, work.into_iter()))?;
        ended.into_iter().for_each(|(host, outcome)| replace(results, &host, outcome));
        Ok(())
    }
}

/// Hosts of which nobody has read how they ended.
fn lost(results: &Results) -> Vec<String> {
    let lost = |(_, outcome): &&(String, Outcome)| matches!(outcome, Outcome::Unknown { .. });
    results.iter().filter(lost).map(|(host, _)| host.clone()).collect()
}

fn replace(results: &mut Results, host: &str, outcome: Outcome) {
    if let Some(result) = results.iter_mut().find(|(name, _)| name == host) {
        result.1 = outcome;
    }
}

fn note(driver: &mut Driver, host: &str, message: String) -> Result<(), Failure> {
    driver.tell(&Event::Note { host: host.to_owned(), message })
}
