use serde_json::json;

use super::*;
use crate::domain::action::ActionKind;
use crate::domain::deal::Cents;
use crate::domain::email::MailClass;
use crate::domain::email::classify::ReplyLabel;

const AT: &str = "2026-11-23T09:30:00Z";

fn draft(kind: SignalKind, payload: Value) -> SignalDraft {
    let payload = payload.as_object().cloned().unwrap_or_default();
    SignalDraft::new(Source::Manual, kind, AT.parse().unwrap(), payload)
}

fn form(payload: Value) -> SignalDraft {
    draft(SignalKind::FormSubmitted, payload)
}

/// Returns what could not be read, a sentence each.
fn wrong(draft: &SignalDraft) -> Vec<String> {
    draft.unreadable().iter().map(ToString::to_string).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_order_of_keys_does_not_change_the_hash() {
    let a = form(serde_json::from_str(r#"{"b":1,"a":{"y":[1,2],"x":null}}"#).unwrap());
    let b = form(serde_json::from_str(r#"{"a":{"x":null,"y":[1,2]},"b":1}"#).unwrap());
    assert_eq!(a.hash(), b.hash());
    let c = form(serde_json::from_str(r#"{"a":{"x":null,"y":[2,1]},"b":1}"#).unwrap());
    assert_ne!(a.hash(), c.hash());
}

#[test]
fn every_word_reads_back_as_itself() {
    for kind in SignalKind::ALL {
        assert_eq!(kind.as_str().parse::<SignalKind>().as_ref(), Ok(kind));
    }
    let error = "form.submited".parse::<SignalKind>().unwrap_err();
    assert_eq!(error.suggestion.as_deref(), Some("form.submitted"));
}

/// Signals of every kind with their hashes: databases know events by them, so they never change.
#[test]
fn a_stored_signal_keeps_its_hash() {
    let mut kinds = std::collections::BTreeSet::new();
    for line in include_str!("stored.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| row[key].as_str().unwrap();
        let payload = row["payload"].as_object().unwrap();
        let draft = SignalDraft::new(
            text("source").parse().unwrap(),
            text("kind").parse().unwrap(),
            text("at").parse().unwrap(),
            payload.clone(),
        )
        .with_id(text("external_id"), row["version"].as_i64().unwrap())
        .with_email(row["email"].as_str().map(str::to_owned));
        let hex = |draft: &SignalDraft| crate::domain::audit::hex(&draft.hash());
        assert_eq!(hex(&draft), text("hash"), "{line}");
        let stored: Value = serde_json::from_str(&draft.canonical_payload()).unwrap();
        assert_eq!(stored.as_object(), Some(payload), "{line}");
        assert_eq!(wrong(&draft), Vec::<String>::new(), "{line}");
        kinds.insert(draft.kind());
        // The habit of its column is how it is read, not what was observed.
        for decimal in Decimal::ALL {
            assert_eq!(hex(&draft.clone().with_decimal(*decimal)), text("hash"));
        }
    }
    assert_eq!(kinds.len(), SignalKind::ALL.len());
}

#[test]
fn a_form_names_a_person_and_what_they_fill_in() {
    let draft = form(json!({
        "firstname": " Noor ", "family_name": "Haddad", "organisation": "Cobalt", "form_name": "demo", "page": "/demo",
        "message": "Pricing?", "topic": "Demo", "amount": "64,50", "currency": "eur", "deal": "Cobalt EU", "start": "soon",
        "revenue": "5M", "action": "see pricing", "own": [1],
    }));
    let about = draft.about();
    assert_eq!(about.who.names(), ("Noor".into(), "Haddad".into()));
    assert_eq!(about.who.called(), some("Noor Haddad"));
    assert_eq!(about.who.company, some("Cobalt"));
    assert_eq!(about.deal.amount, Some(Cents(6_450)));
    assert_eq!(about.deal.currency, some("EUR"));
    assert_eq!(about.deal.name, some("Cobalt EU"));
    assert_eq!(about.words.searched(), "Demo\nPricing?");
    let Said::Form(said) = draft.said() else {
        panic!("{:?}", draft.said())
    };
    assert_eq!((&said.form, &said.page), (&some("demo"), &some("/demo")));
    // A form's own fields may have any name and mean anything.
    assert_eq!(wrong(&draft), Vec::<String>::new());
    assert_eq!(draft.payload()["own"], json!([1]));
    assert_eq!(draft.payload()["amount"], "64,50");
}

#[test]
fn a_deal_is_read_in_all_its_spellings() {
    let kind = SignalKind::DealStageChanged;
    let draft = draft(
        kind,
        json!({
            "dealId": 9001, "dealname": "Northwind EU", "new_amount": 84000, "deal_currency_code": "usd", "company_key": "77",
            "pipeline": "Sales", "pipeline_stages": ["New", "Qualified"], "to_stage": "Qualified", "stage": "qualifiedtobuy",
            "old_stage": "New", "stage_position": "1", "renewal_date": "2027-11-01", "proposal_expires_at": "2026-12-01T10:00:00Z",
            "is_won": false, "is_closed": false,
        }),
    );
    let deal = &draft.about().deal;
    assert_eq!(deal.id, some("9001"));
    assert_eq!(deal.name, some("Northwind EU"));
    assert_eq!(deal.amount, Some(Cents(8_400_000)));
    assert_eq!(deal.currency, some("USD"));
    assert_eq!(deal.stage, some("qualifiedtobuy"));
    assert_eq!(deal.renewal, some("2027-11-01"));
    let Said::Deal(said) = draft.said() else {
        panic!("{:?}", draft.said())
    };
    let expect = DealSaid {
        company: some("77"),
        pipeline: some("Sales"),
        stages: Some(vec!["New".into(), "Qualified".into()]),
        stage: some("Qualified"),
        position: Some(1),
        from_stage: some("New"),
        renewal_at: Some("2027-11-01T00:00:00Z".parse().unwrap()),
        expires_at: Some("2026-12-01T10:00:00Z".parse().unwrap()),
        is_archived: None,
        is_won: Some(false),
        is_closed: Some(false),
    };
    assert_eq!(**said, expect);
    assert_eq!(wrong(&draft), Vec::<String>::new());
}

#[test]
fn a_mail_and_a_meeting_by_mail_have_class_and_label() {
    let payload = json!({"class": "meeting_reply", "label": "Meeting Confirmed", "confidence": 0.9, "check_label": true,
        "event_id": "u-9", "meeting_at": "2026-11-25T10:00:00+02:00", "location": "Room 2", "from_name": "Ann Lee", "message_id": "<a@b.example>"});
    for kind in [SignalKind::ReplyReceived, SignalKind::MeetingBooked] {
        let draft = draft(kind, payload.clone());
        let mail = draft.said().mail().unwrap();
        assert_eq!(mail.class, Some(MailClass::MeetingReply));
        assert_eq!(mail.label, Some(ReplyLabel::MeetingConfirmed));
        assert_eq!((mail.confidence, mail.is_unsure), (Some(0.9), true));
        let meeting = &draft.about().meeting;
        assert_eq!(meeting.uid, some("u-9"));
        assert_eq!(
            meeting.starts_at,
            Some("2026-11-25T08:00:00Z".parse().unwrap())
        );
        assert_eq!(meeting.place, some("Room 2"));
        assert_eq!(
            draft.about().who.names(),
            ("Ann".to_owned(), "Lee".to_owned())
        );
        assert_eq!(draft.about().words.message_id, some("<a@b.example>"));
        assert_eq!(wrong(&draft), Vec::<String>::new());
    }
    assert!(form(payload).said().mail().is_none());
}

#[test]
fn a_post_counts_its_engagements() {
    for (payload, engagement) in [
        (json!({"likes": 57, "replies": "12", "quotes": 1}), 70.0),
        (json!({"engagements": "1,204", "likes": 3}), 1204.0),
        (json!({"engagement": 0, "likes": 3}), 0.0),
        (json!({}), 0.0),
    ] {
        let draft = draft(SignalKind::Mention, payload);
        let Said::Post(post) = draft.said() else {
            panic!("{:?}", draft.said())
        };
        assert!((post.engagement - engagement).abs() < 1e-9, "{post:?}");
    }
    let draft = draft(
        SignalKind::Engagement,
        json!({"handle": "@ops", "relevance": "0,5", "thought_leader": true, "buying_phrase": true}),
    );
    let Said::Post(post) = draft.said() else {
        panic!("{:?}", draft.said())
    };
    assert_eq!((post.relevance, post.is_leader), (Some(0.5), true));
    assert!(draft.about().words.is_buying);
    assert_eq!(draft.about().who.called(), some("@ops"));
}

#[test]
fn time_that_went_by_says_since_when() {
    let draft = draft(
        SignalKind::NoReply,
        json!({"since": "9 Nov", "message_id": "<c@us.example>", "step": "Import"}),
    );
    let expect = TimerSaid {
        since: some("9 Nov"),
        expires: None,
    };
    assert_eq!(draft.said(), &Said::Timer(expect));
    assert_eq!(draft.about().words.message_id, some("<c@us.example>"));
    assert_eq!(draft.about().words.step, some("Import"));
}

#[test]
fn a_wish_says_what_is_settled_of_it() {
    let draft = draft(
        SignalKind::Manual,
        json!({
            "action": "schedule_meeting", "domain": "cs", "urgency": "0.3", "due": "2026-11-25T09:00:00Z", "starts_at": "2026-11-26T09:00:00Z",
            "minutes": 45.9, "place": "Room 2", "call": true, "stage": "contractsent", "task": "hubspot:777",
            "properties": {"jobtitle": "CTO", "city": null, "seats": 12, "vip": true, "deep": {"x": 1}},
        }),
    );
    let asks = &draft.about().asks;
    assert_eq!(asks.action, Some(ActionKind::ScheduleMeeting));
    assert_eq!((asks.domain, asks.urgency), (Some(Domain::Cs), Some(0.3)));
    assert_eq!(asks.due_at(), Some("2026-11-25T09:00:00Z".parse().unwrap()));
    let Said::Manual(wish) = draft.said() else {
        panic!("{:?}", draft.said())
    };
    assert_eq!((wish.minutes, wish.call), (Some(45), Some(true)));
    assert_eq!(wish.stage, some("contractsent"));
    assert_eq!(wish.task, some("hubspot:777"));
    let properties: Vec<(&str, &str)> = wish
        .properties
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let expect = [
        ("city", ""),
        ("jobtitle", "CTO"),
        ("seats", "12"),
        ("vip", "true"),
    ];
    assert_eq!(properties, expect);
    assert_eq!(wrong(&draft), ["properties.deep is not a text"]);
}

/// A value of the wrong type is no value: not a zero, not an empty text, and never a panic.
#[test]
fn a_field_of_the_wrong_type_is_named() {
    use SignalKind as K;
    for (kind, payload, expect) in [
        (
            K::FormSubmitted,
            json!({"name": 5, "form": ["x"]}),
            &["form is not a text", "name is not a text"][..],
        ),
        (
            K::FormSubmitted,
            json!({"amount": "64.000"}),
            &["amount \"64.000\" may be 64 or 64,000"],
        ),
        (
            K::DealCreated,
            json!({"amount": "tbd"}),
            &["amount \"tbd\" is not an amount"],
        ),
        (
            K::DealCreated,
            json!({"amount": true}),
            &["amount is not a number"],
        ),
        (
            K::DealCreated,
            json!({"amount": -5}),
            &["amount is below zero"],
        ),
        (
            K::DealCreated,
            json!({"amount": "$5,000", "currency": "EUR"}),
            &["amount \"$5,000\" names another currency than EUR"],
        ),
        (
            K::DealStageChanged,
            json!({"deal_id": {}, "stage_position": "first", "pipeline_stages": "a,b", "is_won": "yes", "renewal_at": "spring"}),
            &[
                "pipeline_stages is not a list of texts",
                "stage_position is not a number",
                "renewal_at is not a date such as 2026-11-24",
                "is_won is neither true nor false",
                "deal_id is not a text",
            ],
        ),
        (
            K::ReplyReceived,
            json!({"class": "letter", "label": 3, "check_label": 1, "starts_at": "noon"}),
            &[
                "class \"letter\" is not a class of mail; did you mean \"reply\"?",
                "label is not a text",
                "check_label is neither true nor false",
                "starts_at is not an instant such as 2026-11-24T10:00:00Z",
            ],
        ),
        (
            K::MeetingBooked,
            json!({"uid": 7, "start": 1_795_514_400}),
            &[
                "uid is not a text",
                "start is not an instant such as 2026-11-24T10:00:00Z",
            ],
        ),
        (
            K::Mention,
            json!({"relevance": "high", "likes": "many", "thought_leader": "true"}),
            &[
                "thought_leader is neither true nor false",
                "relevance is not a number",
                "likes is not a number",
            ],
        ),
        (
            K::QuietCustomer,
            json!({"since": 9}),
            &["since is not a text"],
        ),
        (
            K::Manual,
            json!({"minutes": 0, "call": "no", "properties": [], "urgency": 7, "action": "send_emial", "due": "soon"}),
            &[
                "minutes must be a number of minutes",
                "call is neither true nor false",
                "properties is not an object",
                "urgency must be a number from 0 to 1",
                "action \"send_emial\" is not an action; did you mean \"send_email\"?",
                "due \"soon\" is not a length of time; write it as \"45m\", \"2h\", \"3d\" or \"1w\"",
            ],
        ),
    ] {
        let draft = draft(kind, payload.clone());
        let mut wrong = wrong(&draft);
        let mut expect: Vec<String> = expect.iter().map(|t| (*t).to_owned()).collect();
        wrong.sort();
        expect.sort();
        if kind == K::ReplyReceived {
            // The nearest word is not what is tested here.
            for text in wrong.iter_mut().chain(&mut expect) {
                *text = text.split(';').next().unwrap().to_owned();
            }
        }
        assert_eq!(wrong, expect, "{kind} {payload}");
        assert_eq!(
            (draft.about().deal.amount, &draft.about().deal.id),
            (None, &None),
            "{kind} {payload}"
        );
    }
}

#[test]
fn a_readable_spelling_goes_before_an_unreadable_one() {
    let draft = draft(
        SignalKind::DealAmountChanged,
        json!({"amount": "?", "new_amount": "1.234,50", "deal_name": "", "dealname": null, "deal": "Kite"}),
    );
    assert_eq!(draft.about().deal.amount, Some(Cents(123_450)));
    assert_eq!(draft.about().deal.name, some("Kite"));
    assert_eq!(wrong(&draft), ["amount \"?\" is not an amount"]);
}

#[test]
fn the_habit_of_a_column_reads_an_amount_and_is_noted() {
    let ambiguous = form(json!({"amount": "64.000"}));
    assert!(ambiguous.ambiguous_amount().is_some());
    assert_eq!(ambiguous.written_amount(), Some(("amount", "64.000")));
    let hash = ambiguous.hash();
    for (decimal, cents) in [(Decimal::Comma, 6_400_000), (Decimal::Point, 6_400)] {
        let read = ambiguous.clone().with_decimal(decimal);
        assert_eq!(read.about().deal.amount, Some(Cents(cents)));
        assert_eq!(read.payload()["decimal"], decimal.as_str());
        assert_eq!(read.payload()["amount"], "64.000");
        assert_eq!(read.hash(), hash);
        // What is stored says the same again, and is not read anew by another habit.
        let stored: Value = serde_json::from_str(&read.canonical_payload()).unwrap();
        assert_eq!(form(stored).about(), read.about());
        let other = read.clone().with_decimal(Decimal::Point);
        assert_eq!(other.about().deal.amount, Some(Cents(cents)));
    }
    // One that needs no habit notes none.
    for payload in [
        json!({"amount": "64.50"}),
        json!({"amount": 64}),
        json!({}),
        json!({"amount": "tbd"}),
    ] {
        let read = form(payload.clone()).with_decimal(Decimal::Comma);
        assert_eq!(Value::Object(read.payload().clone()), payload);
    }
    // A field of that name with another value is a field like others, and part of the event.
    let other = form(json!({"amount": 5, "decimal": "yes"}));
    assert_ne!(other.hash(), form(json!({"amount": 5})).hash());
}

proptest::proptest! {
    #[test]
    fn no_payload_is_too_odd(kind in 0_usize..27, keys in proptest::collection::vec(0_usize..20, 0..12), odd in "\\PC{0,40}", n: f64) {
        const KEYS: &[&str] = &[
            "amount", "new_amount", "currency", "deal_id", "starts_at", "due", "minutes", "properties", "label", "class", "relevance", "likes",
            "pipeline_stages", "stage_position", "is_won", "name", "renewal_at", "action", "decimal", "urgency",
        ];
        let values = [json!(odd), json!(n), json!(null), json!([odd]), json!({"x": odd}), json!(true)];
        let payload: Map<String, Value> = keys
            .iter()
            .enumerate()
            .map(|(i, key)| (KEYS[*key].to_owned(), values[i % values.len()].clone()))
            .collect();
        let read = draft(SignalKind::ALL[kind], Value::Object(payload.clone()));
        proptest::prop_assert_eq!(read.payload(), &payload);
        for field in read.unreadable() {
            proptest::prop_assert!(payload.contains_key(field.key.split('.').next().unwrap()));
        }
    }
}

#[test]
fn what_a_person_wrote_is_judged_where_no_mailbox_has() {
    let heard = |kind, text: &str| {
        let payload = json!({"message": text});
        let payload = payload.as_object().cloned().unwrap();
        let at = "2026-11-23T09:00:00Z".parse().unwrap();
        SignalDraft::new(Source::Form, kind, at, payload)
            .heard()
            .decision
    };
    for text in [
        "Please remove me from your list and never email me again.",
        "Unsubscribe me from all your emails.",
        "Stop emailing me!",
    ] {
        let kind = SignalKind::FormSubmitted;
        assert_eq!(heard(kind, text), Decision::Yes, "{text}");
        assert_eq!(heard(SignalKind::ReplyReceived, text), Decision::Yes);
        assert_eq!(heard(SignalKind::Mention, text), Decision::No);
    }
    for text in [
        "",
        "Price?",
        "And the price?",
        "What does it cost for ten people?",
        "Please send me the offer for 20 seats. Thanks, Ann",
        "We would like a demo next week. Are you free on Tuesday?",
        "Can your tool export a list of contacts to CSV?",
        "I want to know how to cancel my booking.",
        "Do you integrate with HubSpot?",
        "Call me back at 555-0100 please.",
        "We are looking for a new supplier and would like to talk.",
        "Guten Tag, bitte senden Sie mir ein Angebot.",
        "Our current contract ends in March; what would a switch look like?",
    ] {
        let kind = SignalKind::FormSubmitted;
        assert_eq!(heard(kind, text), Decision::No, "{text}");
    }
}
