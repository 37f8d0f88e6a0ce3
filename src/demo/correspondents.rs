//! The correspondents: they answer what the operator sends, some at once, some never.
//!
//! An answer is due a while after its message left. Its file name follows from the message alone, so whether it was given already is
//! seen from the inbox: no state is kept beside the mail itself.

use std::collections::HashSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::ground::{draw, wrong_world};
use super::home::{self, State};
use super::world::{Contact, ScheduledReply, World};
use crate::domain::action::ActionKind;
use crate::domain::contact::LifecycleStage;
use crate::domain::email::classify::ReplyLabel;
use crate::engine::post::{IncomingMail, LeftMail};
use crate::engine::{Engine, EngineError};

/// Dead addresses among a hundred people without any mail so far.
const DEAD: u64 = 6;
/// Opt-outs among a hundred people who never wrote.
const ANNOYED: u64 = 9;
/// Lines of the operator's mail that an answer quotes.
const QUOTED_LINES: usize = 40;
const OPT_OUTS: [&str; 2] = [
    "Please remove me from your list.\n",
    "Stop writing to me, please. I did not ask for this.\n",
];

/// The answer to one message.
enum Answer<'a> {
    Says(&'a ScheduledReply),
    OptsOut(&'static str),
    Bounces,
    Nothing,
}

/// Delivers the due answers. Returns their number.
pub(super) fn answer(engine: &Engine, state: &State) -> Result<usize, EngineError> {
    let given: HashSet<String> = engine
        .inbox_names()?
        .iter()
        .filter_map(|name| name.split_once('.').map(|(_, rest)| rest.to_owned()))
        .collect();
    let left = engine.left_mail(|_| true)?;
    let open = |mail: &LeftMail| !given.contains(&tag(state, mail));
    if !left.iter().any(open) {
        return Ok(0);
    }
    let world = World::generate(state.seed, state.began_at, &home::zone()).map_err(wrong_world)?;
    let now = engine.now();
    let mut answered: HashSet<(&str, Option<ActionKind>)> = HashSet::new();
    let mut delivered = 0;
    for mail in left.iter().filter(|mail| mail.at >= state.began_at) {
        // Nobody says the same thing twice.
        if !answered.insert((mail.to.1.as_str(), mail.action)) || !open(mail) {
            continue;
        }
        let contact = world.contacts.iter().find(|c| c.email == mail.to.1);
        let (answer, delay) = decide(state, &world, contact, mail);
        let due = mail
            .at
            .checked_add(SignedDuration::from_secs(delay))
            .unwrap_or(mail.at);
        if due > now {
            continue;
        }
        let unique = format!("{}.{}", due.as_second(), tag(state, mail));
        let message_id = format!(
            "{:016x}@{}",
            draw(state.seed, &["answer", &mail.message_id]),
            mail.to.1.split_once('@').map_or("demo.example", |(_, d)| d)
        );
        match answer {
            Answer::Nothing => continue,
            Answer::Bounces => engine.receive_bounce(&unique, mail, due, &message_id)?,
            Answer::Says(reply) => {
                let letter = letter(mail, contact, reply, due, message_id);
                engine.receive(&unique, &letter)?;
            }
            Answer::OptsOut(text) => {
                let reply = ScheduledReply {
                    name: mail.to.0.clone(),
                    email: mail.to.1.clone(),
                    actions: Vec::new(),
                    delay_seconds: 0,
                    label: ReplyLabel::Unsubscribe,
                    auto_subject: None,
                    body: text.into(),
                };
                let letter = letter(mail, contact, &reply, due, message_id);
                engine.receive(&unique, &letter)?;
            }
        }
        delivered += 1;
    }
    Ok(delivered)
}

/// Returns the part of an answer's file name that its message decides.
fn tag(state: &State, mail: &LeftMail) -> String {
    format!(
        "re-{:016x}.demo",
        draw(state.seed, &["file", &mail.message_id])
    )
}

fn decide<'a>(
    state: &State,
    world: &'a World,
    contact: Option<&Contact>,
    mail: &LeftMail,
) -> (Answer<'a>, i64) {
    let fate = draw(state.seed, &["fate", &mail.to.1]);
    let delay = i64::try_from(fate >> 32).unwrap_or(0) % 40 + 12;
    // Only people who hardly know the operator: a buyer in the middle of a deal does neither.
    let is_cold = |c: &&Contact| {
        c.last_inbound_at.is_none()
            && matches!(c.stage, LifecycleStage::Lead | LifecycleStage::Subscriber)
    };
    if let Some(contact) = contact.filter(is_cold) {
        let is_new = contact.last_outbound_at.is_none();
        let of_hundred = fate % 100;
        if is_new && of_hundred < DEAD {
            return (Answer::Bounces, 9);
        }
        if (DEAD..DEAD + ANNOYED).contains(&of_hundred) {
            let [short, cross] = OPT_OUTS;
            let text = if fate & 256 == 0 { short } else { cross };
            return (Answer::OptsOut(text), delay);
        }
    }
    match world.reply_to(&mail.to.1, mail.action) {
        Some(reply) => (Answer::Says(reply), i64::from(reply.delay_seconds)),
        None => (Answer::Nothing, delay),
    }
}

/// Writes an answer as a mail program does: the text, then the message that it answers, quoted. An automatic answer quotes nothing.
fn letter(
    mail: &LeftMail,
    contact: Option<&Contact>,
    reply: &ScheduledReply,
    at: Timestamp,
    message_id: String,
) -> IncomingMail {
    let zone = contact
        .and_then(|c| TimeZone::get(&c.zone).ok())
        .unwrap_or_else(home::zone);
    let base = mail
        .subject
        .strip_prefix("Re: ")
        .unwrap_or(&mail.subject)
        .to_owned();
    let (subject, body, headers) = match &reply.auto_subject {
        Some(pattern) => (
            pattern.replace("{subject}", &base),
            reply.body.clone(),
            vec![
                ("Auto-Submitted".into(), "auto-replied".into()),
                ("X-Auto-Response-Suppress".into(), "All".into()),
            ],
        ),
        None => (
            format!("Re: {base}"),
            format!("{}\n{}", reply.body, quoted(mail, &zone)),
            Vec::new(),
        ),
    };
    let mut references = mail.references.clone();
    references.push(mail.message_id.clone());
    IncomingMail {
        from: (reply.name.clone(), reply.email.clone()),
        to: mail.from.clone(),
        subject,
        body,
        at,
        zone: Some(zone),
        message_id,
        in_reply_to: Some(mail.message_id.clone()),
        references,
        headers,
    }
}

fn quoted(mail: &LeftMail, zone: &TimeZone) -> String {
    let when = mail
        .at
        .to_zoned(zone.clone())
        .strftime("%a, %-d %b %Y at %H:%M");
    let mut text = format!("On {when}, {} <{}> wrote:\n", mail.from.0, mail.from.1);
    for line in mail.text.trim_end().lines().take(QUOTED_LINES) {
        text.push_str(if line.is_empty() { ">" } else { "> " });
        text.push_str(line);
        text.push('\n');
    }
    text
}
