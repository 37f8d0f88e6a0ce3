//! JSON in which no key may stand twice.
//!
//! JSON leaves open which of two equal keys counts, and readers differ. Taking one would be a guess about what was meant.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::text::clean_line;

/// Reads a JSON text.
///
/// # Errors
/// Says why it is not JSON, or which key stands twice in one object.
pub fn parse(text: &str) -> Result<Value, String> {
    match serde_json::from_str::<Distinct>(text) {
        Ok(Distinct(value)) => Ok(value),
        Err(error) if error.is_data() => {
            let said = error.to_string();
            Err(said
                .rsplit_once(" at line ")
                .map_or_else(|| said.clone(), |(said, _)| said.to_owned()))
        }
        Err(error) => Err(format!("not JSON: {error}")),
    }
}

struct Distinct(Value);

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Distinct(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Distinct(value))) = entries.next_entry::<String, Distinct>()? {
            if map.contains_key(&key) {
                let key = clean_line(&key, 60);
                return Err(A::Error::custom(format!("the key \"{key}\" stands twice")));
            }
            map.insert(key, value);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_stands_twice() {
        for text in [
            r#"{"a":[1,-2,2.5,1e3,true,null,"x",{"a":{}}],"b":{"a":18446744073709551615}}"#,
            "[]",
            "\"\\u00e9\"",
            "12345678901234567890",
        ] {
            assert_eq!(
                parse(text).unwrap(),
                serde_json::from_str::<Value>(text).unwrap()
            );
        }
        for text in [
            r#"{"email":"a@x.io","email":"b@x.io"}"#,
            r#"{"email":1,"\u0065mail":1}"#,
            r#"{"x":[{"email":1,"y":2,"email":1}]}"#,
        ] {
            assert_eq!(parse(text), Err("the key \"email\" stands twice".into()));
        }
        assert!(parse("{").unwrap_err().starts_with("not JSON"));
        assert!(parse("{} {}").unwrap_err().starts_with("not JSON"));
        assert!(
            parse(&"[".repeat(100_000))
                .unwrap_err()
                .starts_with("not JSON")
        );
    }
}
