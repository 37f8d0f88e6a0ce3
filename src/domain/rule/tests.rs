use super::*;
use crate::domain::signal::{SignalDraft, Source};
use serde_json::{Value, json};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn draft(kind: SignalKind, payload: Value) -> SignalDraft {
    let payload = payload.as_object().cloned().unwrap_or_default();
    SignalDraft::new(Source::Manual, kind, at("2026-03-02T10:00:00Z"), payload)
}

fn signal(kind: SignalKind, payload: Value) -> SignalFacts {
    SignalFacts::of(&draft(kind, payload))
}

fn parse(text: &str) -> Result<Rules, Vec<RuleError>> {
    Rules::parse(
        text,
        "rules.toml",
        &crate::domain::template::builtin_names(),
    )
}

fn mistakes(text: &str) -> Vec<String> {
    parse(text).map_or_else(
        |e| e.iter().map(ToString::to_string).collect(),
        |_| Vec::new(),
    )
}

#[test]
fn the_built_in_rules_have_no_mistake() {
    assert_eq!(mistakes(BUILTIN), Vec::<String>::new());
    assert!(Rules::builtin().rules().len() > 30);
}

/// The table of the trade: signal, payload, then action, urgency, effort, strategic, hours until due, domain.
#[test]
fn every_signal_makes_its_move() {
    use SignalKind as K;
    let rules = Rules::builtin();
    let check =
        |kind: K, payload: Value, action: &str, numbers: [f64; 3], hours: i64, domain: &str| {
            let facts = signal(kind, payload.clone());
            let p = rules
                .propose(&facts)
                .unwrap_or_else(|| panic!("{kind} {payload}"));
            assert_eq!(p.action.as_str(), action, "{kind} {payload}");
            assert_eq!(
                [p.urgency, p.effort, p.strategic],
                numbers,
                "{kind} {payload}"
            );
            assert_eq!(
                p.due_at,
                facts.occurred_at + SignedDuration::from_hours(hours),
                "{kind} {payload}"
            );
            assert_eq!(p.domain.as_str(), domain, "{kind} {payload}");
            let sends = p.action.means() == crate::domain::action::Means::Mail;
            assert_eq!(p.template.is_some(), sends, "{kind} {payload}");
        };
    check(
        K::FormSubmitted,
        json!({}),
        "email_follow_up",
        [0.9, 0.2, 0.5],
        2,
        "sales",
    );
    check(
        K::DealCreated,
        json!({}),
        "deal_outreach",
        [0.85, 0.3, 0.7],
        4,
        "sales",
    );
    check(
        K::DealAmountChanged,
        json!({}),
        "review_deal",
        [0.5, 0.3, 0.5],
        8,
        "sales",
    );
    let stage =
        |stage: &str, action: &str, urgency: f64, strategic: f64, hours: i64, domain: &str| {
            check(
                K::DealStageChanged,
                json!({"stage": stage}),
                action,
                [urgency, 0.3, strategic],
                hours,
                domain,
            );
        };
    stage("appointmentscheduled", "prep_meeting", 0.9, 0.4, 8, "sales");
    stage("qualifiedtobuy", "email_follow_up", 0.8, 0.5, 4, "sales");
    stage(
        "presentationscheduled",
        "prep_presentation",
        0.85,
        0.6,
        4,
        "sales",
    );
    stage(
        "decisionmakerboughtin",
        "send_proposal",
        0.9,
        0.8,
        1,
        "sales",
    );
    stage("Contract Sent", "contract_follow_up", 0.95, 0.9, 1, "sales");
    stage("closedwon", "onboarding_kickoff", 0.3, 1.0, 24, "cs");
    stage("closed-lost", "win_loss_analysis", 0.1, 0.2, 8, "sales");
    stage("somethingelse", "review_deal", 0.5, 0.5, 8, "sales");
    let reply = |label: &str, text: &str, urgency: f64, strategic: f64, hours: i64| {
        check(
            K::ReplyReceived,
            json!({"label": label, "text": text}),
            "reply",
            [urgency, 0.3, strategic],
            hours,
            "sales",
        );
    };
    reply("interested", "Sounds good.", 0.85, 0.7, 1);
    reply(
        "interested",
        "Sounds good, what is the pricing?",
        0.95,
        0.7,
        1,
    );
    reply(
        "meeting_request",
        "Could we meet and see a demo?",
        0.95,
        0.7,
        1,
    );
    reply("interested", "We work locally.", 0.85, 0.7, 1);
    for label in [
        "question",
        "objection",
        "not_now",
        "not_interested",
        "wrong_person",
        "referral",
        "complaint",
        "thanks",
        "unclear",
    ] {
        reply(label, "Could we meet?", 0.5, 0.4, 8);
    }
    check(
        K::ReplyReceived,
        json!({}),
        "reply",
        [0.5, 0.3, 0.4],
        8,
        "sales",
    );
    check(
        K::NoShow,
        json!({}),
        "reschedule",
        [0.8, 0.2, 0.6],
        4,
        "sales",
    );
    let post = |payload: Value, urgency: f64, strategic: f64| {
        check(
            K::Mention,
            payload,
            "social_reply",
            [urgency, 0.2, strategic],
            24,
            "marketing",
        );
    };
    post(json!({}), 0.5, 0.5);
    post(json!({"engagement": 10}), 0.5, 0.5);
    post(json!({"engagement": 11}), 0.6, 0.5);
    post(json!({"likes": 40, "replies": 11}), 0.7, 0.5);
    post(json!({"engagement": "101"}), 0.8, 0.5);
    post(json!({"thought_leader": true, "engagement": 500}), 1.0, 0.9);
    post(json!({"text": "Can anyone RECOMMEND a tool?"}), 0.5, 0.8);
    post(json!({"relevance": 0.71}), 0.5, 0.7);
    post(json!({"relevance": 0.7}), 0.5, 0.5);
    check(
        K::ThoughtLeader,
        json!({}),
        "social_reply",
        [0.7, 0.2, 0.9],
        24,
        "marketing",
    );
    check(
        K::CompetitorMention,
        json!({}),
        "review_battle_card",
        [0.5, 0.2, 0.5],
        24,
        "marketing",
    );
    check(
        K::QuietCustomer,
        json!({}),
        "check_in",
        [0.6, 0.2, 0.7],
        24,
        "cs",
    );
    check(
        K::RenewalNear,
        json!({}),
        "renewal_outreach",
        [0.8, 0.3, 0.9],
        24,
        "cs",
    );
    check(
        K::OnboardingStep,
        json!({}),
        "onboarding_follow_up",
        [0.7, 0.3, 0.7],
        24,
        "cs",
    );
    for (format, action) in [
        ("article", "content_repurpose"),
        ("post", "social_post"),
        ("newsletter", "newsletter_draft"),
    ] {
        check(
            K::ContentReady,
            json!({"format": format}),
            action,
            [0.4, 0.5, 0.5],
            72,
            "marketing",
        );
    }
    check(
        K::NoReply,
        json!({}),
        "thread_bump",
        [0.7, 0.2, 0.5],
        24,
        "sales",
    );
    check(
        K::Manual,
        json!({}),
        "create_task",
        [0.5, 0.5, 0.5],
        24,
        "sales",
    );
}

#[test]
fn machine_mail_and_irrelevant_posts_make_no_move() {
    let rules = Rules::builtin();
    for label in ["unsubscribe", "out_of_office", "bounce"] {
        assert_eq!(
            rules.propose(&signal(SignalKind::ReplyReceived, json!({"label": label}))),
            None
        );
    }
    assert_eq!(
        rules.propose(&signal(SignalKind::Mention, json!({"relevance": 0.29}))),
        None
    );
    assert!(
        rules
            .propose(&signal(SignalKind::Mention, json!({"relevance": 0.3})))
            .is_some()
    );
    for kind in [
        SignalKind::AutoReply,
        SignalKind::Bounced,
        SignalKind::OptedOut,
        SignalKind::ReadReceipt,
    ] {
        assert_eq!(rules.propose(&signal(kind, json!({}))), None, "{kind}");
    }
}

#[test]
fn revenue_hints_follow_the_source() {
    let rules = Rules::builtin();
    let check = |kind: SignalKind, payload: Value, expect: f64| {
        let hint = rules.propose(&signal(kind, payload)).unwrap().revenue_hint;
        assert!((hint - expect).abs() < 1e-9, "{kind}: {hint}");
    };
    check(SignalKind::FormSubmitted, json!({}), 0.5);
    check(SignalKind::DealCreated, json!({}), 0.7);
    check(
        SignalKind::ReplyReceived,
        json!({"label": "interested"}),
        0.6,
    );
    check(SignalKind::Manual, json!({}), 0.4);
    check(SignalKind::Mention, json!({}), 0.3);
    check(
        SignalKind::Mention,
        json!({"text": "we are looking for a tool"}),
        0.7,
    );
}

#[test]
fn a_meeting_is_prepared_before_it_begins() {
    let rules = Rules::builtin();
    let check = |starts_at: &str, due: &str| {
        let facts = signal(SignalKind::MeetingTomorrow, json!({"starts_at": starts_at}));
        assert_eq!(
            rules.propose(&facts).unwrap().due_at,
            at(due),
            "{starts_at}"
        );
    };
    check("2026-03-03T09:00:00Z", "2026-03-03T08:30:00Z");
    check("2026-03-02T10:10:00Z", "2026-03-02T10:10:00Z");
    check("not a time", "2026-03-03T10:00:00Z");
}

#[test]
fn boosts_say_what_they_found() {
    let facts = signal(
        SignalKind::ReplyReceived,
        json!({"label": "interested", "text": "What about pricing?"}),
    );
    let proposal = Rules::builtin().propose(&facts).unwrap();
    assert_eq!(proposal.because, ["urgency +0.10: \"pricing\" in the text"]);
    assert_eq!(proposal.rule, "reply-interested");
}

#[test]
fn a_manual_signal_says_what_it_wants() {
    let rules = Rules::builtin();
    let facts = signal(
        SignalKind::Manual,
        json!({"action": "send_email", "title": "Write to\u{1b}[2J Ann", "urgency": 0.8, "effort": "0.1", "due": "3d", "domain": "cs"}),
    );
    let p = rules.propose(&facts).unwrap();
    assert_eq!(
        (p.action, p.domain, p.title.as_str()),
        (ActionKind::SendEmail, Domain::Cs, "Write to Ann")
    );
    assert_eq!([p.urgency, p.effort, p.strategic], [0.8, 0.1, 0.5]);
    assert_eq!(p.due_at, at("2026-03-05T10:00:00Z"));
    assert_eq!(p.template.as_deref(), Some("send_email"));
    let read = |payload: Value| match draft(SignalKind::Manual, payload).unreadable() {
        [] => Ok(()),
        [first, ..] => Err(first.to_string()),
    };
    assert_eq!(read(json!({"due": "2026-04-01T09:00:00+02:00"})), Ok(()));
    assert_eq!(
        read(json!({"urgency": 1.2})),
        Err("urgency must be a number from 0 to 1".into())
    );
    assert!(
        read(json!({"action": "send_emial"}))
            .unwrap_err()
            .contains("send_email")
    );
    assert!(read(json!({"due": "soon"})).unwrap_err().contains("\"2h\""));
}

#[test]
fn a_title_without_its_value_falls_back_to_the_action() {
    let rules = Rules::builtin();
    let title = |payload: Value| {
        rules
            .propose(&signal(SignalKind::CompetitorMention, payload))
            .unwrap()
            .title
    };
    assert_eq!(
        title(json!({"competitor": "Rotaplan"})),
        "Review the battle card for Rotaplan"
    );
    assert_eq!(title(json!({})), "Review battle card");
}

#[test]
fn the_operators_rules_come_first_and_replace_or_disable() {
    let own = parse(
        r#"
        buying_phrases = ["need a"]
        [[rule]]
        id = "big-form"
        signal = ["form.submitted", "hubspot.deal_created"]
        when = { min_amount = 50_000, payload = { plan = ["Team", "enterprise"] } }
        action = "book_meeting"
        [[rule]]
        id = "no-show"
        enabled = false
        [[rule]]
        id = "deal-created"
        signal = "hubspot.deal_created"
        ignore = true
        "#,
    )
    .unwrap();
    let rules = Rules::builtin().merged(own);
    let propose = |kind, payload| rules.propose(&signal(kind, payload)).map(|p| p.rule);
    let check = |kind, payload: Value, expect: Option<&str>| {
        assert_eq!(
            propose(kind, payload.clone()).as_deref(),
            expect,
            "{payload}"
        );
    };
    check(
        SignalKind::FormSubmitted,
        json!({"amount": 60000, "plan": "team"}),
        Some("big-form"),
    );
    check(
        SignalKind::FormSubmitted,
        json!({"amount": 60000, "plan": "solo"}),
        Some("form"),
    );
    check(
        SignalKind::FormSubmitted,
        json!({"plan": "team"}),
        Some("form"),
    );
    check(SignalKind::NoShow, json!({}), None);
    check(SignalKind::DealCreated, json!({}), None);
    let p = rules
        .propose(&signal(
            SignalKind::Mention,
            json!({"text": "I need a planner"}),
        ))
        .unwrap();
    assert!((p.strategic - 0.8).abs() < 1e-9);
    let big = rules
        .propose(&signal(
            SignalKind::FormSubmitted,
            json!({"amount": 5e5, "plan": "team"}),
        ))
        .unwrap();
    assert_eq!(
        [big.urgency, big.effort, big.strategic, big.revenue_hint],
        [0.8, 0.4, 0.8, 0.9]
    );
    assert_eq!(big.template.as_deref(), Some("book_meeting"));
}

#[test]
fn every_mistake_is_named_with_its_line() {
    let text = r#"[[rule]]
id = "a"
signal = "form.submited"
action = "send_emial"
urgancy = 0.5
effort = 1.5
due = "soon"
template = "chek_in"
[[rule]]
id = "a"
signal = "manual"
action = "log_call"
when = { label = ["intrested"], stag = "x", min_amount = -1 }
domain = 3
title = "Call {{compny}}"
boost = [{ when = { text = [] }, add_urgency = 2 }, { when = { has_deal = "yes" } }]
[[rule]]
signal = "manual"
[rules]
"#;
    let found = mistakes(text);
    let expect = [
        (3, "did you mean \"form.submitted\"?"),
        (4, "did you mean \"send_email\"?"),
        (
            5,
            "unknown key \"urgancy\" in a rule; did you mean \"urgency\"?",
        ),
        (6, "effort must be between 0 and 1; it is 1.5"),
        (7, "\"soon\" is not a length of time"),
        (
            8,
            "there is no template \"chek_in\"; did you mean \"check_in\"?",
        ),
        (10, "the id \"a\" is already taken on line 1"),
        (
            13,
            "unknown label \"intrested\"; did you mean \"interested\"?",
        ),
        (
            13,
            "unknown key \"stag\" in the conditions; did you mean \"stage\"?",
        ),
        (13, "min_amount must be between 0"),
        (14, "domain must be a text in quotes, not a number"),
        (15, "did you mean \"{{company}}\"?"),
        (16, "text is empty"),
        (16, "add_urgency must be between 0 and 1; it is 2"),
        (16, "the boost raises nothing"),
        (16, "has_deal must be true or false, not a text"),
        (17, "the rule has no id"),
        (17, "the rule has no action"),
        (
            19,
            "unknown key \"rules\" in the file; did you mean \"rule\"?",
        ),
    ];
    for (line, words) in expect {
        assert!(
            found
                .iter()
                .any(|m| m.starts_with(&format!("rules.toml:{line}: ")) && m.contains(words)),
            "{line}: {words}\n{}",
            found.join("\n")
        );
    }
    assert_eq!(found.len(), expect.len(), "{}", found.join("\n"));
}

#[test]
fn single_mistakes_are_named_with_line_and_column() {
    let check = |text: &str, line: usize, column: usize, words: &str| {
        let errors = parse(text).unwrap_err();
        let [error] = errors.as_slice() else {
            panic!("{text}: {errors:?}");
        };
        assert_eq!(
            (error.line, error.column),
            (line, column),
            "{text}: {error}"
        );
        assert!(error.message.contains(words), "{error}");
    };
    check(
        "# é\n\n[[rule]]\nid = \"x\"\nsignal = \"manual\"\naction = \"log_call\"\nurgency = nan\n",
        7,
        11,
        "between 0 and 1",
    );
    check(
        "[[rule]]\nid = \"no-shw\"\nenabled = false\n",
        2,
        6,
        "did you mean \"no-show\"?",
    );
    check("[rule]\nid = \"x\"\n", 1, 1, "[[rule]]");
    check("rule = 3\n", 1, 8, "[[rule]]");
    check(
        "[[rule]]\nid = \"x\"\nsignal = \"manual\"\naction = \"log_call\"\ntemplate = \"reply\"\n",
        5,
        12,
        "sends no mail",
    );
    check(
        "[[rule]]\nid = \"x\"\nsignal = \"manual\"\naction = \"log_call\"\nignore = true\n",
        4,
        10,
        "not both",
    );
    check(
        "[[rule]]\nid = \"x\"\nsignal = []\naction = \"log_call\"\n",
        3,
        10,
        "no signal",
    );
    let errors = parse("[[rule]]\nid = \"x\nsignal = 3\n").unwrap_err();
    assert_eq!(errors[0].line, 2, "{errors:?}");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_a_panic(text in "\\PC{0,200}", cut in 0usize..20_000) {
        let _ = parse(&text);
        if let Some(part) = BUILTIN.get(..cut) {
            let _ = parse(&format!("{part}{text}"));
        }
    }
}

#[test]
fn deep_nesting_is_refused_and_not_fatal() {
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}", "{a=".repeat(100_000)),
        format!("{} = 1", ["a"; 50_000].join(".")),
        "[[rule]]\n".repeat(5_000),
    ] {
        let errors = parse(&text).unwrap_err();
        assert!(!errors.is_empty() && errors.len() <= 100);
    }
}
