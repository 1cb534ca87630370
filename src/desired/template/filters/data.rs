//! Filters over values of any kind.

use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::{defined, filter, wrong};

pub(super) fn register(environment: &mut Environment<'static>) {
    filter!(environment, ["ansible.builtin"], "ternary", ternary);
    filter!(environment, ["ansible.builtin"], "mandatory", mandatory);
    filter!(environment, ["ansible.builtin"], "combine", combine);
    filter!(environment, ["ansible.builtin"], "union", union);
    filter!(environment, ["ansible.builtin"], "intersect", intersect);
    filter!(environment, ["ansible.builtin"], "difference", difference);
    filter!(environment, ["ansible.builtin"], "symmetric_difference", symmetric_difference);
    filter!(environment, ["ansible.builtin"], "flatten", flatten);
    filter!(environment, ["ansible.builtin"], "dict2items", dict2items);
    filter!(environment, ["ansible.builtin"], "items2dict", items2dict);
    filter!(environment, ["ansible.builtin"], "to_json", to_json);
    filter!(environment, ["ansible.builtin"], "to_nice_json", to_nice_json);
    filter!(environment, ["ansible.builtin"], "from_json", from_json);
    filter!(environment, ["ansible.builtin"], "to_yaml", to_yaml);
    filter!(environment, ["ansible.builtin"], "to_nice_yaml", to_yaml);
    filter!(environment, ["ansible.builtin"], "bool", truth);
}

fn ternary(value: &Value, yes: Value, no: Value, none: Option<Value>) -> Result<Value, Error> {
    defined(value)?;
    Ok(match none {
        Some(none) if value.is_none() => none,
        _ if value.is_true() => yes,
        _ => no,
    })
}

fn mandatory(value: &Value, message: Option<&str>) -> Result<Value, Error> {
    match message {
        Some(message) if value.is_undefined() => Err(wrong(message)),
        _ => {
            defined(value)?;
            Ok(value.clone())
        }
    }
}

/// Ansible's `bool`: `yes`, `on`, `1` and `true` are true, everything else is not.
fn truth(value: &Value) -> Result<bool, Error> {
    defined(value)?;
    Ok(match value.as_str() {
        Some(text) => {
            matches!(text.to_lowercase().as_str(), "yes" | "on" | "1" | "true" | "y" | "t")
        }
        None => value.is_true(),
    })
}

fn combine(base: &Value, others: Rest<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let recursive = kwargs.get::<Option<bool>>("recursive")?.unwrap_or(false);
    kwargs.assert_all_used()?;
    let mut merged = base.clone();
    for other in others.iter() {
        merged = merge(&merged, other, recursive)?;
    }
    Ok(merged)
}

fn merge(base: &Value, over: &Value, recursive: bool) -> Result<Value, Error> {
    defined(base)?;
    defined(over)?;
    if base.kind() != ValueKind::Map || over.kind() != ValueKind::Map {
        return Err(wrong("combine needs mappings"));
    }
    let mut pairs: Vec<(Value, Value)> = Vec::new();
    for key in base.try_iter()? {
        let value = base.get_item(&key)?;
        pairs.push((key, value));
    }
    for key in over.try_iter()? {
        let value = over.get_item(&key)?;
        match pairs.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => {
                let both = old.kind() == ValueKind::Map && value.kind() == ValueKind::Map;
                *old = if recursive && both { merge(old, &value, true)? } else { value };
            }
            None => pairs.push((key, value)),
        }
    }
    Ok(Value::from_pairs(pairs))
}

fn items(value: &Value) -> Result<Vec<Value>, Error> {
    defined(value)?;
    Ok(value.try_iter()?.collect())
}

fn distinct(values: impl IntoIterator<Item = Value>) -> Value {
    let mut kept: Vec<Value> = Vec::new();
    for value in values {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    Value::from(kept)
}

fn union(left: &Value, right: &Value) -> Result<Value, Error> {
    Ok(distinct(items(left)?.into_iter().chain(items(right)?)))
}

fn intersect(left: &Value, right: &Value) -> Result<Value, Error> {
    let right = items(right)?;
    Ok(distinct(items(left)?.into_iter().filter(|value| right.contains(value))))
}

fn difference(left: &Value, right: &Value) -> Result<Value, Error> {
    let right = items(right)?;
    Ok(distinct(items(left)?.into_iter().filter(|value| !right.contains(value))))
}

fn symmetric_difference(left: &Value, right: &Value) -> Result<Value, Error> {
    let only_left = items(&difference(left, right)?)?;
    let only_right = items(&difference(right, left)?)?;
    Ok(distinct(only_left.into_iter().chain(only_right)))
}

fn flatten(value: &Value) -> Result<Value, Error> {
    let mut flat = Vec::new();
    for item in items(value)? {
        match item.kind() {
            ValueKind::Seq | ValueKind::Iterable => flat.extend(items(&flatten(&item)?)?),
            ValueKind::None => {}
            _ => flat.push(item),
        }
    }
    Ok(Value::from(flat))
}

fn dict2items(value: &Value) -> Result<Value, Error> {
    if value.kind() != ValueKind::Map {
        defined(value)?;
        return Err(wrong("dict2items needs a mapping"));
    }
    let mut pairs = Vec::new();
    for key in items(value)? {
        let item = value.get_item(&key)?;
        pairs.push(Value::from_pairs([("key", key), ("value", item)]));
    }
    Ok(Value::from(pairs))
}

fn items2dict(value: &Value) -> Result<Value, Error> {
    let pairs = items(value)?
        .iter()
        .map(|item| Ok((item.get_attr("key")?, item.get_attr("value")?)))
        .collect::<Result<Vec<_>, Error>>()?;
    if pairs.iter().any(|(key, value)| key.is_undefined() || value.is_undefined()) {
        return Err(wrong("items2dict needs a list of mappings with `key` and `value`"));
    }
    Ok(Value::from_pairs(pairs))
}

fn json_of(value: &Value) -> Result<serde_json::Value, Error> {
    defined(value)?;
    serde_json::to_value(value)
        .map_err(|_| Error::new(ErrorKind::BadSerialization, "this value has no JSON form"))
}

fn to_json(value: &Value) -> Result<String, Error> {
    Ok(json_of(value)?.to_string())
}

fn to_nice_json(value: &Value) -> Result<String, Error> {
    Ok(format!("{:#}", json_of(value)?))
}

fn from_json(text: &str) -> Result<Value, Error> {
    let json: serde_json::Value =
        serde_json::from_str(text).map_err(|_| wrong("from_json was given no valid JSON"))?;
    Ok(Value::from(minijinja::value::Serde(json)))
}

fn to_yaml(value: &Value) -> Result<String, Error> {
    serde_saphyr::to_string(&json_of(value)?)
        .map_err(|_| Error::new(ErrorKind::BadSerialization, "this value has no YAML form"))
}
