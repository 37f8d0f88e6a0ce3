//! Gathers what rules of approval may ask about a move.

use jiff::{SignedDuration, Timestamp};

use crate::domain::action::Means;
use crate::domain::approval::{Facts, Variable, find_unfilled};
use crate::domain::email::address::{EmailAddress, is_free_mail_domain};
use crate::domain::email::{DomainKey, MailboxKey};
use crate::domain::guard::KillSwitch;
use crate::domain::id::ContactId;
use crate::engine::effects::gate;
use crate::engine::effects::kinds::mail::draft;
use crate::engine::effects::make;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::ground::reach::Reach;
use crate::store::approvals::{History, company_domain, history};
use crate::store::moves::MoveRow;
use crate::store::people::Person;
use crate::store::{ReadTx, control, deals, executions, people, signals};

/// The facts about a move, and the hash of the draft that they are about.
pub(super) struct Gathered {
    pub facts: Facts,
    pub content_hash: Option<[u8; 32]>,
}

/// Gathers the facts about a move.
pub(super) fn gather(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    now: Timestamp,
) -> Result<Gathered> {
    let mut facts = Facts::default();
    facts.set(Variable::EngineMode, core.mode().as_str());
    facts.set(
        Variable::EngineStopped,
        control::kill_switch(tx) != KillSwitch::Running,
    );
    facts.set(
        Variable::EngineMaxRecipients,
        core.config.approval.max_recipients,
    );
    let person = mv
        .contact_id
        .map(|c| people::load(tx, c))
        .transpose()?
        .flatten();
    about_move(tx, mv, &mut facts, now)?;
    let past = match &person {
        Some(person) => {
            let contact = person.contact_id();
            let same = Reach::contacts(tx, contact)?;
            let mailbox = MailboxKey::of(&person.address_key());
            let past = history(tx, contact, &same, &mailbox)?;
            about_person(tx, person, &past, &mut facts, now)?;
            about_last_words(tx, &same, &mut facts)?;
            past
        }
        None => {
            facts.set(Variable::ContactKnown, false);
            facts.set(Variable::ContactSuppressed, false);
            facts.set(Variable::ContactPaused, false);
            facts.set(Variable::HistoryLastCheck, false);
            History::default()
        }
    };
    about_past(&past, &mut facts, now);
    let zone = person
        .as_ref()
        .map_or_else(|| core.config.operator.zone(), |p| core.zone_of(p));
    let there = now.to_zoned(zone);
    let weekday = there.weekday();
    facts.set(Variable::TimeHour, f64::from(there.hour()));
    facts.set(
        Variable::TimeWeekday,
        there.strftime("%a").to_string().to_lowercase(),
    );
    facts.set(
        Variable::TimeWeekend,
        matches!(
            weekday,
            jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday
        ),
    );
    about_deal(tx, mv, &mut facts, now)?;
    let content_hash = about_draft(tx, core, mv, &mut facts, now)?;
    Ok(Gathered {
        facts,
        content_hash,
    })
}

fn about_move(tx: &ReadTx<'_>, mv: &MoveRow, facts: &mut Facts, now: Timestamp) -> Result<()> {
    let lead = signals::load(tx, mv.lead_signal_id)?;
    let [revenue, _, _, strategic] = mv.components;
    facts.set(Variable::MoveAction, mv.action.as_str());
    facts.set(Variable::MoveDomain, mv.domain.as_str());
    facts.set(Variable::MoveRule, mv.rule.as_str());
    facts.set(Variable::MoveSignal, lead.draft.kind().as_str());
    #[expect(
        clippy::cast_precision_loss,
        reason = "a score is at most 10000 hundredths"
    )]
    facts.set(Variable::MoveScore, mv.score.0 as f64 / 100.0);
    facts.set(Variable::MoveRevenue, revenue);
    facts.set(Variable::MoveStrategic, strategic);
    facts.set(
        Variable::MoveAgeHours,
        whole(now.duration_since(mv.created_at).as_hours()),
    );
    facts.set(Variable::MoveOverdue, mv.due_at <= now);
    facts.set(Variable::MoveByHand, mv.action.means() == Means::ByHand);
    let attempts = executions::of_move(tx, mv.id)?.len();
    facts.set(
        Variable::HistoryAttempts,
        u32::try_from(attempts).unwrap_or(u32::MAX),
    );
    // What their mail says, where the move answers one.
    let mail = lead.draft.said().mail();
    let label = mail.and_then(|mail| mail.label).map(|label| label.as_str());
    facts.set(Variable::ThreadLabel, label);
    facts.set(
        Variable::ThreadConfidence,
        mail.and_then(|mail| mail.confidence),
    );
    facts.set(
        Variable::ThreadCheck,
        mail.is_some_and(|mail| mail.is_unsure),
    );
    Ok(())
}

fn about_person(
    tx: &ReadTx<'_>,
    person: &Person,
    past: &History,
    facts: &mut Facts,
    now: Timestamp,
) -> Result<()> {
    let key = person.address_key();
    let is_known = EmailAddress::parse(&key).is_ok();
    let domain = key.rsplit_once('@').map_or("", |(_, domain)| domain);
    let is_free = is_free_mail_domain(domain);
    facts.set(Variable::ContactKnown, is_known);
    facts.set(Variable::ContactName, person.name());
    facts.set(Variable::ContactEmail, key.as_str());
    facts.set(Variable::ContactEmailDomain, domain);
    facts.set(Variable::ContactFreeMail, is_free);
    facts.set(Variable::ContactTitle, person.title.as_str());
    facts.set(Variable::ContactStage, person.stage.as_str());
    facts.set(Variable::ContactCountry, person.country.as_str());
    facts.set(Variable::ContactFit, person.icp_fit.or(person.company_fit));
    facts.set(
        Variable::ContactSuppressed,
        gate::barred(tx, Some(person.contact_id()), &key)?.is_some(),
    );
    facts.set(
        Variable::ContactPaused,
        person.paused_until.is_some_and(|until| until > now),
    );
    let own = match person.company_id {
        Some(company) => company_domain(tx, company)?,
        None => String::new(),
    };
    facts.set(Variable::CompanyName, person.company.as_str());
    facts.set(Variable::CompanyDomain, own.as_str());
    facts.set(Variable::CompanyFit, person.company_fit);
    facts.set(Variable::CompanyLogo, person.is_logo);
    facts.set(Variable::CompanyPartner, person.is_partner);
    let is_there = !own.is_empty() && DomainKey::of(&own) == MailboxKey::of(&key).domain();
    let is_verified = is_there && !is_free && past.bounces == 0;
    facts.set(Variable::CompanyVerified, is_verified);
    Ok(())
}

/// Says what they last wrote, whichever move is asked about: no rule writes on to somebody who refused.
fn about_last_words(tx: &ReadTx<'_>, same: &[ContactId], facts: &mut Facts) -> Result<()> {
    let last = signals::last_written(tx, same)?;
    let mail = last.as_ref().and_then(|row| row.draft.said().mail());
    let label = mail.and_then(|mail| mail.label).map(|label| label.as_str());
    facts.set(Variable::HistoryLastLabel, label);
    facts.set(
        Variable::HistoryLastCheck,
        mail.is_some_and(|mail| mail.is_unsure),
    );
    Ok(())
}

fn about_past(past: &History, facts: &mut Facts, now: Timestamp) {
    let days = |at: Option<Timestamp>| at.map(|at| whole(now.duration_since(at).as_hours() / 24));
    facts.set(Variable::ThreadInboundDays, days(past.last_inbound));
    facts.set(Variable::ThreadOutboundDays, days(past.last_outbound));
    facts.set(Variable::ThreadUnanswered, past.unanswered);
    facts.set(Variable::HistoryMails, past.mails);
    facts.set(Variable::HistoryReplies, past.replies);
    facts.set(Variable::HistoryReplyDays, days(past.last_reply));
    facts.set(Variable::HistoryGood, past.good);
    facts.set(Variable::HistoryBad, past.bad);
    facts.set(Variable::HistoryBounces, past.bounces);
    facts.set(Variable::HistoryOptOuts, past.opt_outs);
}

fn about_deal(tx: &ReadTx<'_>, mv: &MoveRow, facts: &mut Facts, now: Timestamp) -> Result<()> {
    let deal = mv
        .deal_id
        .map(|d| deals::load(tx, d))
        .transpose()?
        .flatten();
    facts.set(Variable::DealExists, deal.is_some());
    let Some(deal) = deal else {
        return Ok(());
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "an amount is compared with round figures"
    )]
    facts.set(
        Variable::DealAmount,
        deal.amount.map(|cents| cents.0 as f64 / 100.0),
    );
    facts.set(Variable::DealCurrency, deal.currency);
    facts.set(Variable::DealStage, deal.stage);
    facts.set(Variable::DealClosed, deal.is_closed);
    facts.set(Variable::DealWon, deal.is_won);
    facts.set(
        Variable::DealRenewalDays,
        deal.renewal_at
            .map(|at| whole(at.duration_since(now).as_hours() / 24)),
    );
    Ok(())
}

fn about_draft(
    tx: &ReadTx<'_>,
    core: &Core,
    mv: &MoveRow,
    facts: &mut Facts,
    now: Timestamp,
) -> Result<Option<[u8; 32]>> {
    let template = match mv.template.as_str() {
        "" => crate::domain::template::default_for(mv.action).unwrap_or_default(),
        name => name,
    };
    facts.set(Variable::DraftTemplate, template);
    if !draft::sends_mail(mv) {
        facts.set(Variable::DraftMade, false);
        return Ok(None);
    }
    if make::means_of(tx, core, mv, now)? != Means::Mail {
        facts.set(Variable::DraftMade, false);
        facts.set(
            Variable::DraftProblem,
            "it is an invitation to a meeting, which no rule approves",
        );
        return Ok(None);
    }
    let made = match draft::make(tx, core, mv, now)? {
        Ok(made) => made,
        Err(lack) => {
            facts.set(Variable::DraftMade, false);
            facts.set(Variable::DraftProblem, lack);
            return Ok(None);
        }
    };
    let content = &made.content;
    let recipients = content
        .to
        .split([',', ';'])
        .filter(|part| part.contains('@'))
        .count();
    let words = content.body.split_whitespace().count();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    facts.set(Variable::DraftMade, true);
    facts.set(Variable::DraftSubject, content.subject.as_str());
    facts.set(Variable::DraftText, content.body.as_str());
    facts.set(Variable::DraftWords, count(words));
    facts.set(Variable::DraftReply, !content.in_reply_to.is_empty());
    facts.set(Variable::DraftEdited, made.edited);
    facts.set(Variable::DraftRecipients, count(recipients));
    facts.set(
        Variable::DraftUnfilled,
        find_unfilled(&content.subject, &content.body).unwrap_or_default(),
    );
    Ok(Some(content.hash()))
}

fn whole(n: i64) -> f64 {
    i32::try_from(n).map_or(f64::MAX, f64::from)
}

/// Returns when a decision needs another look though nothing happened: the facts age.
pub(super) fn next_look(rules_ask_the_hour: bool, now: Timestamp) -> Timestamp {
    let hours = if rules_ask_the_hour { 1 } else { 6 };
    now.checked_add(SignedDuration::from_hours(hours))
        .unwrap_or(Timestamp::MAX)
}
