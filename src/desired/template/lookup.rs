//! `lookup` and `query` in templates. What they do is given from outside; here each thing is
//! looked up once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, ErrorKind, Value};

/// Looks something up: by the plugin's name and its term.
pub(crate) type Lookup = Arc<dyn Fn(&str, &str) -> Result<String, String> + Send + Sync>;

/// Makes `lookup` known.
pub(super) fn register(environment: &mut Environment<'static>, lookup: Lookup) {
    let known: Mutex<HashMap<(String, String), String>> = Mutex::default();
    let function = move |plugin: &str, terms: Rest<String>, options: Kwargs| {
        let default: Option<String> = options.get("default")?;
        options.assert_all_used()?;
        let mut found = Vec::new();
        for term in terms.iter() {
            let key = (plugin.to_owned(), term.clone());
            let earlier = known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
            let value = match earlier {
                Some(value) => value,
                None => lookup(plugin, term)
                    .map_err(|reason| Error::new(ErrorKind::InvalidOperation, reason))?,
            };
            known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, value.clone());
            found.push(match &default {
                Some(default) if value.is_empty() => default.clone(),
                _ => value,
            });
        }
        Ok::<Value, Error>(Value::from(found.join(",")))
    };
    environment.add_function("lookup", function);
}
