//! Listeners run in the transaction of the arrival: they keep with it, and fall with it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;

use crate::connectors::mail::parse::parse;
use crate::domain::consent::Law;
use crate::domain::email::{MailboxKey, Scope};
use crate::domain::id::{ContactId, SignalId};
use crate::domain::signal::{SignalDraft, SignalKind, Source};
use crate::engine::effects::kinds::record::{Operation, note_done};
use crate::engine::error::{EngineError, Result};
use crate::engine::ground::core::{Core, Listener};
use crate::engine::ground::happened::{Arrived, Happened, Returned, Wish};
use crate::engine::handle::Engine;
use crate::engine::jobs::tests::{HandClock, paths};
use crate::engine::road::intake;
use crate::engine::road::sources::mailbox::take_messages;
use crate::env::{Clock, Env};
use crate::store::hubspot::SYSTEM;
use crate::store::messages::MessageRow;
use crate::store::people::NewPerson;
use crate::store::people::RecordKind;
use crate::store::{
    Durability, ReadTx, StoreError, WriteTx, control, messages, people, signals, suppressions,
};

const HEARD: &str = "test.heard";
const REFUSES: &str = "test.refuses";

/// Writes down what it hears, and then refuses it if it is told to.
fn note(tx: &WriteTx<'_>, _: &Core, happened: &Happened, _: Timestamp) -> Result<()> {
    let heard = format!("{:?} {:?}", happened.contact, happened.what);
    control::set_meta(tx, HEARD, &heard)?;
    if control::meta(tx, REFUSES)?.as_deref() == Some("yes") {
        return Err(EngineError::Outside("the listener refuses".into()));
    }
    Ok(())
}

const NOTED: &[Listener] = &[note];

struct Place {
    engine: Engine,
    clock: HandClock,
    ann: ContactId,
    _home: TempDir,
}

/// Makes an installation that knows Ann, whom HubSpot calls 7.
fn place() -> Place {
    let (clock, home) = (HandClock::new(), TempDir::new().unwrap());
    let env = Env::new(Arc::new(clock.clone()), 1);
    let engine = Engine::create_with(env, paths(home.path()), NOTED).unwrap();
    let ann = engine
        .write(Durability::Normal, |tx, _, now| {
            let ann = NewPerson {
                first_name: "Ann".into(),
                email: "ann@acme.example".into(),
                ..NewPerson::default()
            };
            let id = people::add(tx, &ann, now)?;
            people::set_external_id(tx, RecordKind::Contact, SYSTEM, "7", id.0)?;
            Ok(id)
        })
        .unwrap();
    Place {
        engine,
        clock,
        ann,
        _home: home,
    }
}

fn look<T>(place: &Place, job: impl FnOnce(&ReadTx<'_>) -> Result<T, StoreError>) -> T {
    place.engine.store().read(job).unwrap()
}

/// Lets something arrive, first against a listener that refuses it, and then again.
#[track_caller]
fn arrives(
    arrive: impl Fn(&Place) -> Result<()>,
    is_kept: impl Fn(&Place) -> bool,
    what: &Arrived,
) {
    let place = place();
    let set = |refuses: bool| {
        place
            .engine
            .write(Durability::Normal, move |tx, _, _| {
                let word = if refuses { "yes" } else { "no" };
                Ok(control::set_meta(tx, REFUSES, word)?)
            })
            .unwrap();
    };
    let heard = || look(&place, |tx| control::meta(tx, HEARD));
    set(true);
    let error = arrive(&place).unwrap_err();
    assert!(error.to_string().contains("the listener refuses"));
    assert_eq!(heard(), None, "the note falls with the arrival");
    assert!(!is_kept(&place), "and the arrival with the listener");
    set(false);
    arrive(&place).unwrap();
    assert_eq!(heard(), Some(format!("{:?} {what:?}", place.ann)));
    assert!(is_kept(&place));
}

fn mail_arrives(headers: &str, body: &str, what: &Arrived) {
    let text = format!(
        "To: casey@ruiz.example\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@acme.example>\r\n{headers}\r\n\r\n{body}\r\n"
    );
    arrives(
        |place| {
            let (mail, ann) = (parse(text.as_bytes()), place.ann);
            place
                .engine
                .write(Durability::Full, move |tx, core, now| {
                    // What a report must name to be believed.
                    let ours = MessageRow {
                        message_id: "<ours@ruiz.example>".into(),
                        contact_id: Some(ann),
                        sent_at: now,
                        ..MessageRow::default()
                    };
                    messages::insert(tx, &ours)?;
                    let read = vec![("1".to_owned(), mail)];
                    take_messages(tx, core, "mail:work", read, now)
                })
                .map(drop)
        },
        |place| look(place, |tx| signals::find(tx, SignalId(1))).is_some(),
        what,
    );
}

#[test]
fn a_reply_is_told() {
    mail_arrives(
        "From: Ann <ann@acme.example>\r\nSubject: Re: Prices\r\nIn-Reply-To: <x@ruiz.example>",
        "Interested. Could you send prices?",
        &Arrived::Reply,
    );
}

fn wish() -> Wish {
    Wish {
        signal: SignalId(1),
        at: "2026-11-23T09:00:00Z".parse().unwrap(),
        written_from: Some("ann@acme.example".into()),
        scope: Scope::Me,
        sentence: String::new(),
        demand: None,
        law: Law::Gdpr,
        is_unread: false,
    }
}

#[test]
fn an_opt_out_is_told() {
    mail_arrives(
        "From: Ann <ann@acme.example>\r\nSubject: Re: Prices\r\nIn-Reply-To: <x@ruiz.example>",
        "Please remove me from your list.",
        &Arrived::OptOut(Wish {
            sentence: "Please remove me from your list.".into(),
            ..wish()
        }),
    );
}

#[test]
fn a_doubt_is_told() {
    let place = place();
    let payload = json!({"text": "Interested. But stop.", "opt_out": "ask", "opt_out_scope": "firm", "opt_out_sentence": "But stop."});
    let at = place.clock.now();
    let payload = payload.as_object().cloned().unwrap();
    let draft = SignalDraft::new(Source::Mail, SignalKind::ReplyReceived, at, payload)
        .with_id("<1@acme.example>", 0)
        .with_email(Some("ann@acme.example".into()));
    place
        .engine
        .write(Durability::Full, move |tx, core, now| {
            intake::take(tx, core, &draft, None, now)
        })
        .unwrap();
    let doubt = Arrived::Doubt(Wish {
        at: Timestamp::from_millisecond(at.as_millisecond()).unwrap(),
        scope: Scope::Firm,
        sentence: "But stop.".into(),
        ..wish()
    });
    let heard = look(&place, |tx| control::meta(tx, HEARD));
    assert_eq!(heard, Some(format!("{:?} {doubt:?}", place.ann)));
}

#[test]
fn a_bounce_is_told() {
    mail_arrives(
        "From: MAILER-DAEMON@mx.acme.example\r\nSubject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"",
        "--b\r\nContent-Type: text/plain\r\n\r\n<ann@acme.example>: 550 5.1.1 User unknown\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.acme.example\r\n\
         Original-Message-ID: <ours@ruiz.example>\r\n\r\nFinal-Recipient: rfc822; ann@acme.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n--b--",
        // No mail that was sent from here is known, so there is no address to suppress.
        &Arrived::Bounce {
            because: Returned::Address,
            addresses: Vec::new(),
        },
    );
}

#[test]
fn a_booking_is_told() {
    arrives(
        |place| {
            let at = place.clock.now();
            let payload =
                json!({"uid": "m1", "title": "Demo", "starts_at": "2026-11-27T10:00:00Z"});
            let payload = payload.as_object().cloned().unwrap();
            let draft = SignalDraft::new(Source::Calendar, SignalKind::MeetingBooked, at, payload)
                .with_id("e1", 0)
                .with_email(Some("ann@acme.example".into()));
            place
                .engine
                .write(Durability::Full, move |tx, core, now| {
                    intake::take(tx, core, &draft, None, now)
                })
                .map(drop)
        },
        |place| look(place, |tx| signals::find(tx, SignalId(1))).is_some(),
        &Arrived::Booking,
    );
}

#[test]
fn a_merge_is_told() {
    arrives(
        |place| {
            let merge = Operation::Merge {
                primary: "7".into(),
                other: "8".into(),
            };
            place.engine.write(Durability::Full, move |tx, core, now| {
                note_done(tx, core, &merge, "9", now)
            })
        },
        |place| {
            let known = look(place, |tx| {
                people::find_by_external_id(tx, RecordKind::Contact, SYSTEM, "9")
            });
            known == Some(place.ann.0)
        },
        &Arrived::Merge,
    );
}

#[test]
fn an_erasure_is_told() {
    arrives(
        |place| {
            let removal = Operation::GdprDelete {
                id: "7".into(),
                email: "ann@acme.example".into(),
            };
            place.engine.write(Durability::Full, move |tx, core, now| {
                note_done(tx, core, &removal, "", now)
            })
        },
        |place| {
            look(place, |tx| {
                suppressions::find(tx, &MailboxKey::of("ann@acme.example"))
            })
            .is_some()
        },
        &Arrived::Erasure,
    );
}
