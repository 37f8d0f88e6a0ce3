//! Fields as servers really give them: null where they have nothing to say, and nulls among the items of a list.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Reads a value that may be null as its default.
///
/// # Errors
/// Fails if it is of another type.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a list that may be null, without those of its items that are.
///
/// # Errors
/// Fails if it is of another type.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let items: Option<Vec<Option<T>>> = Option::deserialize(deserializer)?;
    Ok(items.unwrap_or_default().into_iter().flatten().collect())
}

/// Reads an object that may be null by its keys, without those whose values are.
///
/// # Errors
/// Fails if it is of another type.
pub(super) fn present<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let entries: Option<BTreeMap<String, Option<T>>> = Option::deserialize(deserializer)?;
    let entries = entries.unwrap_or_default().into_iter();
    Ok(entries
        .filter_map(|(key, value)| Some((key, value?)))
        .collect())
}

/// Reads lists by their keys in the same way.
///
/// # Errors
/// Fails if it is of another type.
pub(super) fn lists<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let entries: BTreeMap<String, Vec<Option<T>>> = present(deserializer)?;
    let entries = entries.into_iter();
    Ok(entries
        .map(|(key, items)| (key, items.into_iter().flatten().collect()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Answer {
        #[serde(default, deserialize_with = "or_default")]
        text: String,
        #[serde(default, deserialize_with = "list")]
        items: Vec<u8>,
        #[serde(default, deserialize_with = "present")]
        by_key: BTreeMap<String, u8>,
        #[serde(default, deserialize_with = "lists")]
        lists: BTreeMap<String, Vec<u8>>,
    }

    #[test]
    fn nulls_are_nothing_wherever_they_stand() {
        let read = |json: &str| serde_json::from_str::<Answer>(json);
        let nothing = Answer {
            text: String::new(),
            items: Vec::new(),
            by_key: BTreeMap::new(),
            lists: BTreeMap::new(),
        };
        assert_eq!(read("{}").unwrap(), nothing);
        let nulls = r#"{"text": null, "items": null, "by_key": null, "lists": null}"#;
        assert_eq!(read(nulls).unwrap(), nothing);
        let among = r#"{"text": "a", "items": [null, 1], "by_key": {"a": null, "b": 2}, "lists": {"a": null, "b": [null, 3]}}"#;
        let expect = Answer {
            text: "a".into(),
            items: vec![1],
            by_key: BTreeMap::from([("b".into(), 2)]),
            lists: BTreeMap::from([("b".into(), vec![3])]),
        };
        assert_eq!(read(among).unwrap(), expect);
        assert!(read(r#"{"items": 1}"#).is_err());
    }
}
