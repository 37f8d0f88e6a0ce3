//! The same inputs in another order, in other portions, or asked for again, give the same list and the same outcomes.

use serde_json::{Value, json};

use crate::home::{Home, form, letter};

/// A small generator, so that a failure can be repeated.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

fn line(source: &str, kind: &str, at: &str, email: &str, more: Value) -> String {
    let mut line = json!({"source": source, "kind": kind, "at": at, "email": email});
    line.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    line.to_string()
}

/// Forms, deals with late and early stages, meetings, posts, and things that overtake each other.
fn signals() -> Vec<String> {
    let mut all = Vec::new();
    for i in 0..6 {
        let email = format!("p{i}@firm{i}.example");
        all.push(form(
            &email,
            &format!("2026-11-{:02}T09:1{i}:00Z", 18 + i % 4),
            "What does it cost?",
        ));
        all.push(form(
            &email,
            &format!("2026-11-{:02}T15:2{i}:00Z", 19 + i % 4),
            "And how long does it take?",
        ));
        let deal = |kind: &str, day: usize, more: Value| {
            let mut more = more;
            more["deal_id"] = json!(format!("d{i}"));
            line(
                "hubspot",
                kind,
                &format!("2026-11-{:02}T1{i}:00:00Z", 12 + day),
                &email,
                more,
            )
        };
        all.push(deal("hubspot.deal_created", 0, json!({"deal_name": format!("Rollout {i}"), "amount": 4000 + 9000 * i, "stage": "appointmentscheduled"})));
        all.push(deal(
            "hubspot.deal_stage_changed",
            3,
            json!({"stage": "qualifiedtobuy"}),
        ));
        all.push(deal(
            "hubspot.deal_stage_changed",
            6,
            json!({"stage": "decisionmakerboughtin"}),
        ));
        all.push(deal(
            "hubspot.deal_amount_changed",
            7,
            json!({"amount": 20000 + 20000 * i}),
        ));
        if i == 5 {
            all.push(deal(
                "hubspot.deal_stage_changed",
                4,
                json!({"stage": "contractsent"}),
            ));
        }
        match i {
            0 => all.push(deal(
                "hubspot.deal_stage_changed",
                8,
                json!({"stage": "closedwon"}),
            )),
            1 => all.push(deal(
                "hubspot.deal_stage_changed",
                8,
                json!({"stage": "closedlost"}),
            )),
            2 => all.push(deal(
                "hubspot.deal_stage_changed",
                8,
                json!({"stage": "presentationscheduled"}),
            )),
            _ => all.push(deal(
                "hubspot.deal_stage_changed",
                8,
                json!({"stage": "contractsent"}),
            )),
        }
        let meeting = |kind: &str, at: &str, starts: &str| {
            line(
                "calendar",
                kind,
                at,
                &email,
                json!({"uid": format!("m{i}"), "title": "Demo", "starts_at": starts}),
            )
        };
        all.push(meeting(
            "calendar.meeting_booked",
            "2026-11-19T10:00:00Z",
            "2026-11-20T10:00:00Z",
        ));
        all.push(meeting(
            "calendar.meeting_rescheduled",
            "2026-11-20T08:00:00Z",
            "2026-11-23T17:00:00Z",
        ));
        if i % 3 == 0 {
            all.push(meeting(
                "calendar.no_show",
                "2026-11-23T09:30:00Z",
                "2026-11-23T09:00:00Z",
            ));
        }
        if i % 3 == 1 {
            all.push(meeting(
                "calendar.meeting_held",
                "2026-11-23T09:30:00Z",
                "2026-11-23T09:00:00Z",
            ));
        }
        all.push(line("x", "x.mention", "2026-11-22T12:00:00Z", &email, json!({"text": "Anyone know a tool? We are evaluating.", "relevance": 0.8, "engagement": 20 * i})));
        all.push(line(
            "manual",
            "manual",
            "2026-11-21T12:00:00Z",
            &email,
            json!({"action": "log_call", "title": "Call back", "note": format!("n{i}")}),
        ));
        if i == 4 {
            all.push(line(
                "mail",
                "mail.opted_out",
                "2026-11-22T09:00:00Z",
                &email,
                json!({"class": "opt_out"}),
            ));
        }
        if i == 3 {
            all.push(line(
                "mail",
                "mail.reply_received",
                "2026-11-22T09:00:00Z",
                &email,
                json!({"class": "reply", "label": "interested", "text": "Please send pricing"}),
            ));
        }
    }
    all
}

fn mails() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for i in 0..6 {
        let from = format!("p{i}@firm{i}.example");
        for (j, (hour, text)) in [
            (8, "Interested! Could we talk on Thursday?"),
            (9, "Actually, what does it cost for ten people?"),
        ]
        .into_iter()
        .enumerate()
        {
            if (i + j) % 3 == 0 {
                continue;
            }
            let date = format!("Sat, 21 Nov 2026 {hour:02}:0{i}:00 +0000");
            all.push((
                format!("{}.m{i}{j}.example", 1_795_200_000 + i),
                letter(
                    &from,
                    "Re: Pricing",
                    &date,
                    "In-Reply-To: <x@ruiz.example>\r\n",
                    text,
                ),
            ));
        }
    }
    all
}

/// What must not depend on the order: who, what, score, due, why; and what came of things.
fn result(home: &Home) -> (Vec<String>, Vec<String>) {
    let list = home
        .today()
        .iter()
        .map(|m| {
            format!(
                "{} {} {} {} {} {} | {}",
                m["rank"],
                m["email"],
                m["contact"],
                m["action"],
                m["score"],
                m["due_at"],
                m["because"]
            )
        })
        .collect();
    let mut outcomes: Vec<String> = home
        .json("outcome list --limit 10000")
        .as_array()
        .unwrap()
        .iter()
        .map(|o| format!("{} {} {}", o["kind"], o["email"], o["at"]))
        .collect();
    outcomes.sort();
    (list, outcomes)
}

#[track_caller]
fn same(a: &(Vec<String>, Vec<String>), b: &(Vec<String>, Vec<String>), how: &str) {
    let difference = |a: &[String], b: &[String]| {
        let only = |x: &[String], y: &[String]| {
            x.iter()
                .filter(|l| !y.contains(l))
                .cloned()
                .collect::<Vec<_>>()
        };
        format!(
            "expected but missing: {:#?}\nnot expected: {:#?}",
            only(a, b),
            only(b, a)
        )
    };
    assert!(a.0 == b.0, "{how}, moves\n{}", difference(&a.0, &b.0));
    assert!(a.1 == b.1, "{how}, outcomes\n{}", difference(&a.1, &b.1));
}

fn contacts(home: &Home) {
    home.contacts(&(0..6).fold("Email,First Name\n".to_owned(), |csv, i| {
        format!("{csv}p{i}@firm{i}.example,P{i}\n")
    }));
}

fn expected() -> (Vec<String>, Vec<String>) {
    let home = Home::live();
    contacts(&home);
    home.signals(&signals()).exits(0);
    home.ok("sync");
    let result = result(&home);
    assert!(result.0.len() >= 18 && result.1.len() >= 25, "{result:#?}");
    result
}

#[test]
fn a_files_order_means_nothing() {
    let expect = expected();
    for seed in 0..5 {
        let mut lines = signals();
        Chance(seed).shuffle(&mut lines);
        let home = Home::live();
        contacts(&home);
        home.signals(&lines).exits(0);
        home.ok("sync");
        same(&expect, &result(&home), &format!("shuffled by {seed}"));
    }
}

#[test]
fn the_order_of_portions_means_nothing() {
    let expect = expected();
    for seed in 10..16 {
        let mut chance = Chance(seed);
        let mut lines = signals();
        chance.shuffle(&mut lines);
        let home = Home::live();
        contacts(&home);
        while !lines.is_empty() {
            let take = (1 + chance.below(12)).min(lines.len());
            let portion: Vec<String> = lines.drain(..take).collect();
            home.signals(&portion).exits(0);
            if chance.below(3) == 0 {
                // A repeated delivery adds nothing.
                assert_eq!(home.signals(&portion).exits(0).json()["new"], 0);
            }
            if chance.below(4) == 0 {
                home.ok("sync");
            }
        }
        home.ok("sync");
        same(&expect, &result(&home), &format!("in portions by {seed}"));
    }
}

#[test]
fn the_same_pass_three_times_is_one() {
    let home = Home::live();
    contacts(&home);
    home.signals(&signals()).exits(0);
    for (name, mail) in mails() {
        home.deliver(&name, mail);
    }
    home.ok("sync");
    let once = (
        home.today(),
        home.json("outcome list --limit 10000"),
        home.json("signals list --limit 10000"),
    );
    for _ in 0..2 {
        assert!(home.ok("sync").starts_with("0 new signals, 0 new moves"));
        assert_eq!(
            (
                home.today(),
                home.json("outcome list --limit 10000"),
                home.json("signals list --limit 10000")
            ),
            once
        );
    }
}

#[test]
fn mail_before_or_after_the_signals_ends_the_same() {
    let build = |mail_first: bool, seed: u64| {
        let mut chance = Chance(seed);
        let home = Home::live();
        contacts(&home);
        let mut letters = mails();
        chance.shuffle(&mut letters);
        let mut lines = signals();
        chance.shuffle(&mut lines);
        if mail_first {
            let rest = letters.split_off(letters.len() / 2);
            for (name, mail) in letters {
                home.deliver(&name, mail);
            }
            home.ok("sync");
            for (name, mail) in rest {
                home.deliver(&name, mail);
            }
            home.ok("sync");
            home.signals(&lines).exits(0);
        } else {
            home.signals(&lines).exits(0);
            for (name, mail) in letters {
                home.deliver(&name, mail);
            }
        }
        home.ok("sync");
        result(&home)
    };
    let expect = build(false, 1);
    for seed in 2..5 {
        same(&expect, &build(true, seed), &format!("mail first, {seed}"));
        same(&expect, &build(false, seed), &format!("mail last, {seed}"));
    }
}

#[test]
fn people_whom_signals_make_are_the_same_whatever_came_first() {
    let mut lines = vec![
        form("new@nova.example", "2026-11-23T08:00:00Z", "Hi"),
        line(
            "form",
            "form.submitted",
            "2026-11-23T08:30:00Z",
            "new@nova.example",
            json!({"name": "Nia Noor", "company": "Nova Works"}),
        ),
        line(
            "form",
            "form.submitted",
            "2026-11-23T08:40:00Z",
            "New@Nova.example",
            json!({"company": "", "topic": "prices"}),
        ),
    ];
    let mut seen = Vec::new();
    for seed in 0..4 {
        Chance(seed).shuffle(&mut lines);
        let home = Home::live();
        for line in &lines {
            home.signals(std::slice::from_ref(line)).exits(0);
        }
        let contacts = home.json("contacts list")["contacts"].clone();
        assert_eq!(contacts.as_array().unwrap().len(), 1);
        seen.push((
            contacts[0]["name"].clone(),
            contacts[0]["company"].clone(),
            result(&home),
        ));
    }
    assert!(seen.windows(2).all(|w| w[0] == w[1]), "{seen:#?}");
}
