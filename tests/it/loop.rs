//! The session of a new user, from `init` to what came of it.

use serde_json::Value;

use crate::home::{Home, OPERATOR, answer, form};

fn score(item: &Value) -> f64 {
    item["score"].as_f64().unwrap()
}

#[track_caller]
fn adds_up(detail: &Value) {
    let sum: f64 = detail["terms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["points"].as_f64().unwrap())
        .sum();
    assert_eq!(
        format!("{sum:.2}"),
        format!("{:.2}", score(detail)),
        "{detail:#}"
    );
}

fn kinds(home: &Home) -> Vec<String> {
    home.outcomes()
}

#[test]
fn a_signal_becomes_a_move_a_mail_an_answer_and_a_lesson() {
    let mut home = Home::init();
    let csv = home.write(
        "crm.csv",
        "First Name,Last Name,Email,Company,City,Country\n\
         Ann,Ames,ann@acme.example,Acme,London,United Kingdom\n\
         Bob,Bell,bob@bolt.example,Bolt,London,United Kingdom\n\
         Cid,Cole,cid@cole.example,Cole,London,United Kingdom\n",
    );
    let report = home
        .run(["contacts", "import", csv.to_str().unwrap(), "--json"])
        .exits(0)
        .json();
    assert_eq!((&report["new"], &report["rows"]), (&3.into(), &3.into()));
    home.add_mailbox();
    let added = home.signals(&[
        form("ann@acme.example", "2026-11-23T09:40:00Z", "What does it cost?"),
        form("bob@bolt.example", "2026-11-23T09:00:00Z", "Tell me more."),
        r#"{"source":"hubspot","kind":"hubspot.deal_created","at":"2026-11-23T09:30:00Z","email":"cid@cole.example","deal_id":"1","deal_name":"Rollout","amount":60000}"#.into(),
    ]);
    assert_eq!(added.exits(0).json()["new"], 3);
    home.ok("sync");

    // The list is ranked, and every score is explained by terms that add up to it.
    let today = home.today();
    assert_eq!(today.len(), 3, "{today:#?}");
    let scores: Vec<f64> = today.iter().map(score).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    for item in &today {
        let detail = home.json(&format!("show {}", item["id"]));
        adds_up(&detail);
        assert_eq!(detail["evidence"].as_array().unwrap().len(), 1);
        assert!(
            detail["draft"]["to"]
                .as_str()
                .unwrap()
                .contains(item["email"].as_str().unwrap())
        );
    }
    let ann = home.find_move("ann@acme.example", "email_follow_up");
    let bob = home.find_move("bob@bolt.example", "email_follow_up");

    // A dry run shows the message and leaves nothing anywhere.
    let preview = home.ok(&format!("approve {ann} --dry-run"));
    for part in [
        "To:",
        "ann@acme.example",
        "Message-ID: <",
        "Hi Ann,",
        "What does it cost?",
    ] {
        assert!(preview.contains(part), "{part}: {preview}");
    }
    assert!(home.outbox().is_empty() && home.drafts().is_empty());

    // Live, it is in the outbox.
    home.ok("mode live");
    home.undo_window(0);
    let sent = home.json(&format!("approve {ann}"));
    assert_eq!(sent["result"], "sent");
    let [first] = &home.outbox()[..] else {
        panic!("{:#?}", home.outbox())
    };
    let first = first.clone();
    assert_eq!(sent["message_id"], first.message_id.as_str());
    assert!(
        first.message_id.starts_with("<caseyos.") && first.message_id.ends_with("@ruiz.example>")
    );
    assert_eq!(first.to, "ann@acme.example");
    assert!(first.in_reply_to.is_empty() && first.references.is_empty());
    assert!(first.raw.contains(&format!("<{OPERATOR}>")));
    assert_eq!(kinds(&home), ["deal_created", "email_sent"]);
    let again = home.json(&format!("approve {ann}"));
    assert_eq!(
        again["message_id"],
        first.message_id.as_str(),
        "asked again, the same answer"
    );
    assert_eq!(home.outbox().len(), 1);

    // Silence makes a bump in the same thread.
    home.at("2026-11-27T11:00:00Z").ok("sync");
    let bump = home.find_move("ann@acme.example", "thread_bump");
    let draft = home.json(&format!("show {bump}"))["draft"].clone();
    assert_eq!(draft["in_reply_to"], first.message_id.as_str());
    assert_eq!(draft["subject"], format!("Re: {}", first.subject));
    assert_eq!(kinds(&home), ["deal_created", "email_sent", "no_response"]);

    // Their answer closes it, is an outcome, changes scores, and asks for an answer of ours.
    let before = score(&home.json(&format!("show {bob}")));
    home.deliver(
        "1795777200.a.example",
        answer(
            &first,
            "Ann Ames <ann@acme.example>",
            "Fri, 27 Nov 2026 11:30:00 +0000",
            "Sounds good, could we talk on Thursday? What would it cost for twelve people?\n\n> Hi Ann,\n> Thank you for writing.",
        ),
    );
    home.at("2026-11-27T12:00:00Z");
    let report = home.json("sync");
    assert_eq!(
        (&report["new"], &report["closed"], &report["proposed"]),
        (&1.into(), &1.into(), &1.into()),
        "{report:#}"
    );
    assert_eq!(
        kinds(&home),
        [
            "deal_created",
            "email_replied",
            "email_sent",
            "no_response",
            "positive_response"
        ]
    );
    let closed = home.json(&format!("show {bump}"));
    assert_eq!(
        (&closed["status"], &closed["close_reason"]),
        (&"expired".into(), &"they answered".into())
    );
    let after = score(&home.json(&format!("show {bob}")));
    assert!(
        after > before,
        "an answer in the same segment speaks for bob's move: {before} -> {after}"
    );
    let reply = home.find_move("ann@acme.example", "reply");
    let detail = home.json(&format!("show {reply}"));
    adds_up(&detail);
    let outcome_term = detail["terms"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["name"] == "outcomes")
        .unwrap();
    assert!(
        outcome_term["points"].as_f64().unwrap() > 0.0
            && outcome_term["evidence"].as_str().unwrap().contains("n"),
        "{outcome_term:#}"
    );

    // Our answer carries the whole chain.
    home.ok(&format!("approve {reply}"));
    let second = home
        .outbox()
        .into_iter()
        .find(|m| m.message_id != first.message_id)
        .unwrap();
    let theirs = detail["draft"]["in_reply_to"].as_str().unwrap().to_owned();
    assert_eq!(second.in_reply_to, std::slice::from_ref(&theirs));
    assert_eq!(second.references, [first.message_id.clone(), theirs]);
    assert_eq!(second.subject, format!("Re: {}", first.subject));

    // The same pass again changes nothing.
    assert!(home.ok("sync").starts_with("0 new signals, 0 new moves"));

    let listed = home.ok("outcome list");
    for kind in ["email replied", "positive response", "email sent"] {
        assert!(
            listed.contains(kind) || listed.contains(&kind.replace(' ', "_")),
            "{kind}: {listed}"
        );
    }
    // What left cannot be unsent, and says so; a skip comes back.
    let honest = home.run(["undo"]).exits(4);
    assert!(honest.out.contains("cannot be unsent"), "{}", honest.out);
    home.ok(&format!("skip {bob} --reason not_now"));
    assert!(home.today().iter().all(|m| m["id"] != bob));
    home.ok("undo");
    assert!(home.today().iter().any(|m| m["id"] == bob));

    let why = home.json("why ann@acme.example");
    assert_eq!(why["email"], "ann@acme.example");
    assert!(why["moves"].as_array().unwrap().len() >= 3, "{why:#}");
    // Two mails within a week: the third waits until the first is a week old, and then for the window.
    let when = home.json("when ann@acme.example");
    assert_eq!(when["at"], "2026-11-30T10:00:00Z", "{when:#}");
    assert_eq!(
        home.json("when cid@cole.example")["at"],
        "2026-11-27T12:00:30Z",
        "30 s after the last"
    );
    home.audit_holds();
    let locks = std::fs::read_dir(home.path().join("locks")).unwrap();
    let left: Vec<_> = locks
        .map(|e| e.unwrap().file_name())
        .filter(|n| n != "pass.lock" && !n.to_string_lossy().starts_with("source-"))
        .collect();
    assert!(left.is_empty(), "each run cleans up after itself: {left:?}");
}
