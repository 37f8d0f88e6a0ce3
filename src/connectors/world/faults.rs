//! Faults on demand: the requests that they hit, and their effects.
//!
//! A plan is a list of rules. Each names the requests that it is for (method, beginning of the path), how many of them it lets pass
//! first and how many it then hits. Delays and wrong clocks add up; of the others the first rule that matches acts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The moment at which a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Before the provider does anything.
    Before,
    /// After the provider's work, before a byte of the answer.
    After,
    /// After the provider's work, in the middle of the answer's body.
    Body,
}

/// A fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// A status as the answer; the provider does nothing.
    Status {
        /// The status, such as 429, 500 or 401.
        status: u16,
        /// `Retry-After`, as it is: seconds or a date.
        #[serde(default)]
        retry_after: Option<String>,
        /// The body; a plain text if there is none.
        #[serde(default)]
        body: Value,
    },
    /// The provider does it, and answers with this status all the same.
    DoneBut {
        /// The status, such as 500.
        status: u16,
    },
    /// The provider does it, and the answer never comes.
    Hang,
    /// The connection is cut.
    Cut {
        /// The moment.
        when: When,
    },
    /// The provider does it, and half of its JSON is answered as if it were all.
    Malformed,
    /// An answer of this many bytes, made while it is sent.
    Huge {
        /// Number of bytes.
        #[serde(default = "two_hundred_megabytes")]
        bytes: u64,
    },
    /// A redirect to another address.
    Redirect {
        /// The address; the world's other port if this is empty.
        #[serde(default)]
        to: String,
    },
    /// The provider does it, and the next page's token in the answer is the one that was asked with (or, on a first page, its own for ever).
    RepeatPage,
    /// A provider's clock, as `Date` shows it, that is wrong by this much.
    Skew {
        /// Seconds; ahead if positive.
        seconds: i64,
    },
    /// The answer comes later.
    Latency {
        /// The delay in milliseconds.
        millis: u64,
    },
}

const fn two_hundred_megabytes() -> u64 {
    200 * 1024 * 1024
}

const fn once() -> u64 {
    1
}

/// The requests that a fault is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRule {
    /// The method; any if empty.
    #[serde(default)]
    pub method: String,
    /// The beginning of the path; any if empty.
    #[serde(default)]
    pub path: String,
    /// Text anywhere in the path and query; any if empty.
    #[serde(default)]
    pub contains: String,
    /// Matching requests that pass first.
    #[serde(default)]
    pub after: u64,
    /// Requests hit after that; 0 for all.
    #[serde(default = "once")]
    pub times: u64,
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
}

impl FaultRule {
    /// Makes a rule for the next request whose path begins with `path`.
    #[must_use]
    pub fn on(path: impl Into<String>, fault: Fault) -> Self {
        Self {
            method: String::new(),
            path: path.into(),
            contains: String::new(),
            after: 0,
            times: 1,
            fault,
        }
    }

    /// Limits the rule to a method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = method.into();
        self
    }

    /// Limits the rule to paths and queries that hold a text.
    #[must_use]
    pub fn holding(mut self, text: &str) -> Self {
        self.contains = text.into();
        self
    }

    /// Lets this many matching requests pass first.
    #[must_use]
    pub const fn after(mut self, count: u64) -> Self {
        self.after = count;
        self
    }

    /// Hits this many requests; 0 for all.
    #[must_use]
    pub const fn times(mut self, count: u64) -> Self {
        self.times = count;
        self
    }
}

impl Fault {
    /// Makes a plain refusal.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self::Status {
            status,
            retry_after: None,
            body: Value::Null,
        }
    }
}

/// A rule under way.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Standing {
    id: u64,
    #[serde(flatten)]
    rule: FaultRule,
    matched: u64,
    befell: u64,
}

/// All rules of a world.
#[derive(Debug, Default)]
pub(super) struct Plan {
    rules: Vec<Standing>,
    given: u64,
}

/// The faults of one request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Befalls {
    pub latency_millis: u64,
    pub skew_seconds: i64,
    pub harm: Option<Fault>,
}

impl Plan {
    pub fn add(&mut self, rule: FaultRule) -> u64 {
        self.given += 1;
        self.rules.push(Standing {
            id: self.given,
            rule,
            matched: 0,
            befell: 0,
        });
        self.given
    }

    pub fn remove(&mut self, id: Option<u64>) {
        self.rules
            .retain(|standing| id.is_some_and(|id| standing.id != id));
    }

    pub fn rules(&self) -> &[Standing] {
        &self.rules
    }

    /// Counts a request against every rule and returns its faults.
    pub fn befalls(&mut self, method: &str, path: &str, query: &str) -> Befalls {
        let mut befalls = Befalls::default();
        for standing in &mut self.rules {
            let rule = &standing.rule;
            let is_meant = (rule.method.is_empty() || rule.method.eq_ignore_ascii_case(method))
                && path.starts_with(&rule.path)
                && (rule.contains.is_empty()
                    || path.contains(&rule.contains)
                    || query.contains(&rule.contains));
            if !is_meant {
                continue;
            }
            standing.matched += 1;
            let is_due =
                standing.matched > rule.after && (rule.times == 0 || standing.befell < rule.times);
            if !is_due {
                continue;
            }
            match &rule.fault {
                Fault::Latency { millis } => befalls.latency_millis += millis,
                Fault::Skew { seconds } => befalls.skew_seconds += seconds,
                harm if befalls.harm.is_none() => befalls.harm = Some(harm.clone()),
                // The request is harmed already; this rule waits for the next one.
                _ => continue,
            }
            standing.befell += 1;
        }
        befalls
    }
}

/// Makes an answer's next page the one that was asked for.
pub(super) fn repeat_page(answer: &mut Value, asked: Option<&str>) {
    for pointer in ["/nextPageToken", "/paging/next/after"] {
        if let Some(Value::String(next)) = answer.pointer_mut(pointer)
            && let Some(asked) = asked
        {
            *next = asked.to_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_lets_some_pass_befalls_some_and_is_spent() {
        let mut plan = Plan::default();
        plan.add(
            FaultRule::on("/gmail", Fault::status(401))
                .method("GET")
                .after(1)
                .times(2),
        );
        plan.add(FaultRule::on("", Fault::Latency { millis: 5 }).times(0));
        let mut seen = Vec::new();
        for (method, path) in [
            ("GET", "/gmail/a"),
            ("POST", "/gmail/a"),
            ("GET", "/crm"),
            ("GET", "/gmail/b"),
            ("GET", "/gmail/c"),
            ("GET", "/gmail/d"),
        ] {
            let befalls = plan.befalls(method, path, "");
            assert_eq!(befalls.latency_millis, 5);
            seen.push(befalls.harm.is_some());
        }
        assert_eq!(seen, [false, false, false, true, true, false]);
    }

    #[test]
    fn a_rule_is_read_from_json() {
        let rule: FaultRule = serde_json::from_str(
            r#"{"path":"/crm","times":3,"fault":"status","status":429,"retry_after":"7"}"#,
        )
        .unwrap();
        assert_eq!(rule.times, 3);
        assert!(matches!(rule.fault, Fault::Status { status: 429, .. }));
        let huge: FaultRule = serde_json::from_str(r#"{"fault":"huge"}"#).unwrap();
        assert_eq!(huge.fault, Fault::Huge { bytes: 209_715_200 });
        assert!(serde_json::from_str::<FaultRule>(r#"{"fault":"flood"}"#).is_err());
    }

    #[test]
    fn a_page_leads_back_to_itself() {
        let mut google = serde_json::json!({"nextPageToken": "2"});
        repeat_page(&mut google, Some("1"));
        assert_eq!(google["nextPageToken"], "1");
        let mut hubspot = serde_json::json!({"paging": {"next": {"after": "200"}}});
        repeat_page(&mut hubspot, Some("100"));
        assert_eq!(hubspot["paging"]["next"]["after"], "100");
    }
}
