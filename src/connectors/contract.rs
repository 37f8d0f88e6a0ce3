//! The vendors' own descriptions of their interfaces, as the tests use them: is a request one that the vendor knows, and what would an answer look like.
//!
//! An operation is found by method and path. Parameters are checked for presence, name, type, range and choice, bodies against their schema, which knows every
//! field. The descriptions hold no example answers, so [`Description::example`] makes them from the schemas, as the well-known mock servers do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jsonschema::Draft;
use serde_json::{Map, Value, json};

use super::transport::{Body, Request, Response};

/// Depth of an example: descriptions contain themselves.
const MAX_DEPTH: usize = 8;

/// A vendor's description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vendor {
    Gmail,
    Calendar,
    GoogleAccount,
    /// Its server of tokens.
    GoogleToken,
    /// The v3 and v4 paths.
    HubspotV3,
    /// The dated paths.
    HubspotMarch2026,
}

/// One operation of a description.
#[derive(Debug)]
struct Operation {
    /// Its name at the vendor's.
    id: String,
    method: String,
    template: String,
    parameters: Vec<Parameter>,
    /// By content type.
    bodies: BTreeMap<String, Value>,
    needs_body: bool,
    /// The status and schema of the good answer.
    answer: (u16, Option<Value>),
}

#[derive(Debug)]
struct Parameter {
    name: String,
    in_path: bool,
    required: bool,
    schema: Value,
}

/// A description, read.
#[derive(Debug)]
pub(crate) struct Description {
    components: Value,
    operations: Vec<Operation>,
}

/// Returns a vendor's description.
pub(crate) fn describe(vendor: Vendor) -> &'static Description {
    static READ: [OnceLock<Description>; 6] = [const { OnceLock::new() }; 6];
    let text = match vendor {
        Vendor::Gmail => include_str!("../../tests/data/apis/gmail.json"),
        Vendor::Calendar => include_str!("../../tests/data/apis/calendar.json"),
        Vendor::GoogleAccount => include_str!("../../tests/data/apis/google-oauth2-v2.json"),
        Vendor::GoogleToken => include_str!("../../tests/data/apis/google-token.json"),
        Vendor::HubspotV3 => include_str!("../../tests/data/apis/hubspot.json"),
        Vendor::HubspotMarch2026 => include_str!("../../tests/data/apis/hubspot-2026-03.json"),
    };
    READ[vendor as usize].get_or_init(|| Description::read(&serde_json::from_str(text).unwrap()))
}

/// Checks requests against a description and returns the vendor's names of the operations that they use. Prints how many.
///
/// # Panics
/// With every request that the vendor would refuse, by our name of the operation.
pub(crate) fn assert_known(vendor: Vendor, requests: &[Request]) -> BTreeSet<String> {
    let description = describe(vendor);
    let (mut known, mut refused) = (BTreeSet::new(), Vec::new());
    for request in requests {
        match description.check(request) {
            Ok(id) => {
                known.insert(id.to_owned());
            }
            Err(why) => refused.push(format!("{}: {why}", request.operation)),
        }
    }
    assert!(
        refused.is_empty(),
        "{vendor:?} would refuse:\n{}",
        refused.join("\n")
    );
    println!(
        "{vendor:?}: {} requests, {} of {} operations checked",
        requests.len(),
        known.len(),
        description.operations.len()
    );
    known
}

impl Description {
    fn read(document: &Value) -> Self {
        let components = document["components"].clone();
        let mut operations = Vec::new();
        for (template, item) in document["paths"].as_object().unwrap() {
            for method in ["get", "post", "put", "patch", "delete"] {
                let Some(operation) = item.get(method) else {
                    continue;
                };
                let listed = |holder: &Value| holder["parameters"].as_array().cloned();
                let parameters = [listed(item), listed(operation)]
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|p| {
                        let p = resolve(&components, &p).clone();
                        Parameter {
                            name: p["name"].as_str().unwrap().to_owned(),
                            in_path: p["in"] == "path",
                            required: p["required"] == true,
                            schema: p["schema"].clone(),
                        }
                    })
                    .collect();
                let body = resolve(&components, &operation["requestBody"]);
                let content = |holder: &Value| -> BTreeMap<String, Value> {
                    holder["content"]
                        .as_object()
                        .into_iter()
                        .flatten()
                        .map(|(kind, c)| (kind.clone(), c["schema"].clone()))
                        .collect()
                };
                let answer = operation["responses"]
                    .as_object()
                    .unwrap()
                    .iter()
                    .find(|(status, _)| status.starts_with('2'))
                    .map(|(status, answer)| {
                        let schema =
                            content(resolve(&components, answer)).remove("application/json");
                        (status.parse().unwrap(), schema)
                    })
                    .unwrap();
                operations.push(Operation {
                    id: operation["operationId"].as_str().unwrap().to_owned(),
                    method: method.to_uppercase(),
                    template: template.clone(),
                    parameters,
                    bodies: content(body),
                    needs_body: body["required"] == true,
                    answer,
                });
            }
        }
        // A literal segment is meant before a variable one: `/messages/send` is no message named "send".
        operations.sort_by_key(|o| o.template.matches('{').count());
        Self {
            components,
            operations,
        }
    }

    /// Returns the vendor's name of the operation that a request uses, or why the vendor would refuse it.
    pub(crate) fn check(&self, request: &Request) -> Result<&str, String> {
        let operation = self.find(request)?;
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, value) in &request.query {
            let parameter = operation
                .parameters
                .iter()
                .find(|p| !p.in_path && p.name == *name)
                .ok_or_else(|| format!("{} knows no parameter \"{name}\"", operation.id))?;
            let times = seen.entry(name).or_default();
            *times += 1;
            let is_list = parameter.schema["type"] == "array";
            if *times > 1 && !is_list {
                return Err(format!("\"{name}\" stands {times} times"));
            }
            let schema = if is_list {
                &parameter.schema["items"]
            } else {
                &parameter.schema
            };
            check_value(schema, value).map_err(|why| format!("\"{name}={value}\" {why}"))?;
        }
        for parameter in operation
            .parameters
            .iter()
            .filter(|p| p.required && !p.in_path)
        {
            if !seen.contains_key(parameter.name.as_str()) {
                return Err(format!("{} needs \"{}\"", operation.id, parameter.name));
            }
        }
        self.check_body(operation, &request.body)?;
        Ok(&operation.id)
    }

    fn find(&self, request: &Request) -> Result<&Operation, String> {
        let method = request.method.as_str();
        self.operations
            .iter()
            .find(|o| o.method == method && fits(&o.template, &request.path))
            .ok_or_else(|| format!("there is no {method} {}", request.path))
    }

    fn check_body(&self, operation: &Operation, body: &Body) -> Result<(), String> {
        let (kind, value) = match body {
            Body::Empty if operation.needs_body => {
                return Err(format!("{} needs a body", operation.id));
            }
            Body::Empty => return Ok(()),
            Body::Json(value) => ("application/json", value.clone()),
            Body::Form(fields) => {
                let mut form = Map::new();
                for (name, value) in fields {
                    // RFC 6749, 3.2: a parameter must not stand twice.
                    if form
                        .insert((*name).to_owned(), json!(value.expose()))
                        .is_some()
                    {
                        return Err(format!("\"{name}\" stands twice in the form"));
                    }
                }
                ("application/x-www-form-urlencoded", Value::Object(form))
            }
        };
        let schema = operation
            .bodies
            .get(kind)
            .ok_or_else(|| format!("{} takes no body of {kind}", operation.id))?;
        self.validate(schema, &value)
    }

    /// Checks a value against a schema of this description; the error names every place that does not fit.
    fn validate(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let mut whole = json!({ "allOf": [schema] });
        whole["components"] = self.components.clone();
        let validator = jsonschema::options()
            .with_draft(Draft::Draft7)
            .should_validate_formats(true)
            .build(&whole)
            .map_err(|e| e.to_string())?;
        let faults: Vec<String> = validator
            .iter_errors(value)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults.join("; "))
        }
    }

    /// Makes the answer that a mock server would give to a request: every field there is, strings "string", dates of 2019, one item to a list.
    pub(crate) fn example(&self, request: &Request) -> Response {
        let operation = self.find(request).unwrap();
        let (status, schema) = &operation.answer;
        let body = schema.as_ref().map_or_else(Vec::new, |schema| {
            let value = self.sample(schema, 0);
            self.validate(schema, &value).unwrap();
            value.to_string().into_bytes()
        });
        Response {
            status: *status,
            headers: vec![("content-type".into(), "application/json".into())],
            body,
        }
    }

    fn sample(&self, schema: &Value, depth: usize) -> Value {
        let schema = resolve(&self.components, schema);
        for given in ["example", "default"] {
            if let Some(value) = schema.get(given) {
                return value.clone();
            }
        }
        if let Some(first) = schema["enum"].get(0) {
            return first.clone();
        }
        match schema["type"].as_str() {
            Some("object") | None => {
                let mut fields = Map::new();
                let needed = |name: &str| {
                    schema["required"]
                        .as_array()
                        .is_some_and(|r| r.iter().any(|n| n == name))
                };
                for (name, field) in schema["properties"].as_object().into_iter().flatten() {
                    if depth < MAX_DEPTH || needed(name) {
                        fields.insert(name.clone(), self.sample(field, depth + 1));
                    }
                }
                if depth < MAX_DEPTH && schema["additionalProperties"].is_object() {
                    let value = self.sample(&schema["additionalProperties"], depth + 1);
                    fields.insert("property1".into(), value);
                }
                Value::Object(fields)
            }
            Some("array") if depth < MAX_DEPTH => json!([self.sample(&schema["items"], depth + 1)]),
            Some("array") => json!([]),
            Some("string") => json!(match schema["format"].as_str() {
                Some("date-time") => "2019-08-24T14:15:22Z",
                Some("date") => "2019-08-24",
                Some("uuid") => "497f6eca-6276-4993-bfeb-53cbbbba6f08",
                _ => "string",
            }),
            Some("integer" | "number") => match schema.get("minimum") {
                Some(least) => least.clone(),
                // The least that it can hold, which is seldom what is meant.
                None if schema["format"] == "int32" => json!(i32::MIN),
                None => json!(0),
            },
            Some("boolean") => json!(true),
            Some(other) => panic!("a type that this does not know: {other}"),
        }
    }
}

/// Follows a reference into the components.
fn resolve<'a>(components: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => {
            let path = path.strip_prefix("#/components").unwrap();
            resolve(components, components.pointer(path).unwrap())
        }
        None => schema,
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(w), Some(g)) if w.starts_with('{') => {
                if g.is_empty() {
                    return false;
                }
            }
            (Some(w), Some(g)) if w == g => {}
            _ => return false,
        }
    }
}

fn check_value(schema: &Value, text: &str) -> Result<(), String> {
    if let Some(choices) = schema["enum"].as_array()
        && !choices.iter().any(|c| c == text)
    {
        return Err(format!("is none of {choices:?}"));
    }
    match schema["type"].as_str() {
        Some("boolean") if !matches!(text, "true" | "false") => {
            Err("is neither true nor false".into())
        }
        Some("integer") => {
            let number: i64 = text.parse().map_err(|_| "is no whole number".to_owned())?;
            let beyond = |bound: &str, ordered: fn(i64, i64) -> bool| {
                schema[bound]
                    .as_i64()
                    .is_some_and(|limit| !ordered(number, limit))
            };
            if beyond("minimum", |n, limit| n >= limit) || beyond("maximum", |n, limit| n <= limit)
            {
                return Err("is out of range".into());
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

mod tests {
    use super::super::transport::Method;
    use super::*;
    use crate::domain::service::Service;

    fn get(path: &str) -> Request {
        Request::get(Service::Gmail, "test", path)
    }

    fn post(path: &str, body: Value) -> Request {
        Request::write(Service::Gmail, "test", Method::Post, path, Body::Json(body))
    }

    #[test]
    fn a_request_that_the_vendor_knows_passes_and_any_other_is_refused_with_the_reason() {
        let check = |request: Request, expect: Result<&str, &str>| {
            let found = describe(Vendor::Gmail).check(&request);
            match (found, expect) {
                (Ok(id), Ok(expect)) => assert_eq!(id, expect),
                (Err(why), Err(expect)) => assert!(why.contains(expect), "{why}"),
                (found, expect) => panic!("{found:?} is not {expect:?}"),
            }
        };
        check(
            get("/gmail/v1/users/me/profile"),
            Ok("gmail.users.getProfile"),
        );
        check(get("/gmail/v1/users/me/nothing"), Err("there is no GET"));
        check(get("/gmail/v1/users//profile"), Err("there is no GET"));
        let history = || get("/gmail/v1/users/me/history");
        check(history(), Err("needs \"startHistoryId\""));
        let known = history().with("startHistoryId", "1");
        check(
            known.clone().with("maxResults", "many"),
            Err("no whole number"),
        );
        check(
            known.clone().with("pageTokens", "x"),
            Err("knows no parameter"),
        );
        check(
            known.clone().with("historyTypes", "added"),
            Err("is none of"),
        );
        let twice = known.with("pageToken", "x").with("pageToken", "y");
        check(twice, Err("stands 2 times"));
        let send = "/gmail/v1/users/me/messages/send";
        check(
            post(send, json!({"raw": "YQ"})),
            Ok("gmail.users.messages.send"),
        );
        check(post(send, json!({"raw": "YQ", "cooked": 1})), Err("cooked"));
        check(post(send, json!({"raw": "a b"})), Err("a b"));
        check(
            Request {
                body: Body::Empty,
                ..post(send, json!({}))
            },
            Err("needs a body"),
        );
        let id = get("/gmail/v1/users/me/messages/send");
        check(id, Ok("gmail.users.messages.get"));
    }

    #[test]
    fn every_operation_of_every_description_has_an_example_answer_that_fits_its_schema() {
        let vendors = [
            Vendor::Gmail,
            Vendor::Calendar,
            Vendor::GoogleAccount,
            Vendor::GoogleToken,
            Vendor::HubspotV3,
            Vendor::HubspotMarch2026,
        ];
        let mut operations = 0;
        for vendor in vendors {
            let description = describe(vendor);
            for operation in &description.operations {
                if let (_, Some(schema)) = &operation.answer {
                    let value = description.sample(schema, 0);
                    if let Err(why) = description.validate(schema, &value) {
                        panic!("{}: {why}", operation.id);
                    }
                }
                operations += 1;
            }
        }
        assert!(operations > 200, "{operations}");
    }
}
