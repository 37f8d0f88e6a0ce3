//! From a signal to a move: one standing move for each family of actions with a contact or about a deal.

use jiff::Timestamp;

use crate::domain::action::{ActionKind, Means};
use crate::domain::aps::Points;
use crate::domain::contact::LifecycleStage;
use crate::domain::deal::{revenue_of, short_amount, stage_title};
use crate::domain::email::MailClass;
use crate::domain::email::classify::ReplyLabel;
use crate::domain::id::{ContactId, DealId, MoveId, SignalId};
use crate::domain::moves::{MoveStatus, MoveSubject};
use crate::domain::rule::{Proposal, SignalFacts};
use crate::domain::signal::{Said, SignalDraft, SignalKind, Source};
use crate::domain::text::clean_line;
use crate::domain::words::spoken;
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::ground::happened::Arrived;
use crate::engine::ground::reach::Reach;
use crate::engine::road::intake::{Taken, subject_of, too_old, wish_in};
use crate::engine::road::scoring::rescore;
use crate::store::deals::DealRow;
use crate::store::moves::{MoveRow, MoveState, ScoringScope};
use crate::store::people::Person;
use crate::store::{ReadTx, WriteTx, deals, moves, people, signals};

/// Shift of the strategic value by a known fit: from -0.1 at no fit to +0.1 at a perfect one.
const FIT_SHIFT: f64 = 0.2;
/// Strategic value that a well-known firm or a partner adds.
const STANDING_BONUS: f64 = 0.1;

/// Makes or refreshes the move that the rules make of a signal, unless the operator is asked something about it first.
pub(super) fn propose(
    tx: &WriteTx<'_>,
    core: &Core,
    draft: &SignalDraft,
    hash: &[u8; 32],
    about: (SignalId, Option<ContactId>, Option<DealId>),
    taken: &mut Taken,
    now: Timestamp,
) -> Result<()> {
    if has_move_like(tx, about.0, ActionKind::never_expires)? {
        return Ok(());
    }
    // Who wants no more mail, or is known to want none, gets no answer to it.
    if about.1.is_some() && matches!(wish_in(draft, about.0), Some(Arrived::OptOut(_))) {
        return Ok(());
    }
    propose_now(tx, core, (draft, hash), about, taken, now)
}

/// Tells whether a move asks if a signal is an opt-out.
pub(in crate::engine) fn is_in_question(tx: &ReadTx<'_>, signal: SignalId) -> Result<bool> {
    has_move_like(tx, signal, |action| action == ActionKind::ConfirmOptOut)
}

fn has_move_like(
    tx: &ReadTx<'_>,
    signal: SignalId,
    is_like: impl Fn(ActionKind) -> bool,
) -> Result<bool> {
    for made in signals::moves_of(tx, signal)? {
        if moves::load(tx, made.id)?.is_some_and(|mv| is_like(mv.action)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes the move of a signal whose question the operator has answered: they did not opt out. Returns the moves that came up by it.
pub(in crate::engine) fn propose_after_all(
    tx: &WriteTx<'_>,
    core: &Core,
    id: SignalId,
    now: Timestamp,
) -> Result<Vec<MoveId>> {
    let stood = standing_of(tx, id)?;
    let signal = signals::load(tx, id)?;
    let about = (id, signal.contact_id, signal.deal_id);
    let mut taken = Taken::default();
    let told = (&signal.draft, signal.hash.as_slice());
    propose_now(tx, core, told, about, &mut taken, now)?;
    let mut came = standing_of(tx, id)?;
    came.retain(|mv| !stood.contains(mv));
    Ok(came)
}

fn standing_of(tx: &ReadTx<'_>, signal: SignalId) -> Result<Vec<MoveId>> {
    let made = signals::moves_of(tx, signal)?.into_iter();
    Ok(made
        .filter(|mv| mv.status.is_standing())
        .map(|mv| mv.id)
        .collect())
}

fn propose_now(
    tx: &WriteTx<'_>,
    core: &Core,
    (draft, hash): (&SignalDraft, &[u8]),
    about: (SignalId, Option<ContactId>, Option<DealId>),
    taken: &mut Taken,
    now: Timestamp,
) -> Result<()> {
    let (signal, contact, deal_id) = about;
    let person = contact.map(|c| people::load(tx, c)).transpose()?.flatten();
    let deal = match (deal_id, contact) {
        (Some(deal), _) => deals::load(tx, deal)?,
        (None, Some(contact)) => deals::largest_open(tx, contact)?,
        (None, None) => None,
    };
    let Some(proposal) = proposed(core, draft, person.as_ref(), deal.as_ref())? else {
        return Ok(());
    };
    let subject = subject_of(signal, contact, deal_id, draft.kind());
    let family = proposal.action.family();
    // A person's own words are never taken as dealt with before they were seen here.
    let handled = match draft.kind() {
        SignalKind::ReplyReceived => None,
        _ => moves::find_handled_after(tx, subject, family, draft.occurred_at)?,
    };
    if let Some(handled) = handled {
        moves::add_evidence(tx, handled, signal)?;
        return Ok(());
    }
    // A deal that is won or lost needs nothing that an earlier stage asked for.
    let is_settled = deal
        .as_ref()
        .is_some_and(|d| deal_id.is_some() && d.is_closed && draft.occurred_at < d.as_of);
    if is_settled
        || too_old(core, proposal.due_at, now)
        || overtaken_already(tx, draft, signal, proposal.action, contact)?
    {
        return Ok(());
    }
    if person
        .as_ref()
        .is_some_and(|p| p.stage == LifecycleStage::DoNotContact)
        && proposal.action.means() == Means::Mail
    {
        return Ok(());
    }
    let standing = moves::find_standing(tx, subject, family)?;
    let fresh = build(
        draft,
        &proposal,
        (signal, subject, contact),
        (person.as_ref(), deal.as_ref()),
        now,
    );
    let is_new = standing.is_none();
    let mv = match standing {
        None => fresh,
        Some(standing) => {
            let lead = signals::load(tx, standing.lead_signal_id)?;
            let leads = (draft.occurred_at, hash) > (lead.draft.occurred_at, lead.hash.as_slice());
            let created_at = standing.created_at.min(fresh.created_at);
            let is_held = matches!(
                standing.status,
                MoveStatus::Approved | MoveStatus::Executing
            );
            if leads && !is_held {
                // Whatever put it off, something new has happened since.
                MoveRow {
                    id: standing.id,
                    created_at,
                    ..fresh
                }
            } else {
                MoveRow {
                    created_at,
                    ..standing
                }
            }
        }
    };
    let id = moves::save(tx, &mv, now)?;
    moves::add_evidence(tx, id, signal)?;
    rescore(tx, core, ScoringScope::Move(id), now)?;
    let event = if is_new {
        taken.proposed += 1;
        "move.proposed"
    } else {
        taken.refreshed += 1;
        "move.refreshed"
    };
    tx.emit(now, event, format!("move:{id}"))?;
    Ok(())
}

/// Returns what the rules make of a signal, given what is known of the person and the deal now.
fn proposed(
    core: &Core,
    draft: &SignalDraft,
    person: Option<&Person>,
    deal: Option<&DealRow>,
) -> Result<Option<Proposal>> {
    let mut facts = SignalFacts::of(draft);
    // An opt-out has a kind of its own, so this one the operator took for none: what remains is an answer like others.
    if let Some(mail) = facts.mail.as_mut()
        && draft.wish().is_some()
        && mail.label == Some(ReplyLabel::Unsubscribe)
    {
        mail.label = Some(ReplyLabel::Unclear);
    }
    if let Some(person) = person {
        facts.lifecycle = Some(person.stage.as_str().to_owned());
        facts.company = facts
            .company
            .or_else(|| (!person.company.is_empty()).then(|| person.company.clone()));
    }
    if let Some(deal) = deal {
        facts.has_deal = true;
        facts.deal = facts
            .deal
            .or_else(|| (!deal.name.is_empty()).then(|| deal.name.clone()));
        facts.amount = facts.amount.or(deal.amount);
    }
    Ok(core.rules()?.propose(&facts))
}

/// Tells whether something that happened since has overtaken what the move would do, though it was heard of earlier.
fn overtaken_already(
    tx: &WriteTx<'_>,
    draft: &SignalDraft,
    signal: SignalId,
    action: ActionKind,
    contact: Option<ContactId>,
) -> Result<bool> {
    let Some(contact) = contact else {
        return Ok(false);
    };
    for one in Reach::contacts(tx, contact)? {
        let is_overtaken = signals::overtaking_since(tx, one, draft.occurred_at)?
            .iter()
            .filter(|later| later.id != signal)
            .filter(|later| one == contact || later.draft.kind() != SignalKind::Bounced)
            .any(|later| overtakes(&later.draft, action, draft).is_some());
        if is_overtaken {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns why an event makes a move pointless that an earlier one led to; none if it does not.
fn overtakes(event: &SignalDraft, action: ActionKind, lead: &SignalDraft) -> Option<&'static str> {
    let (reason, applies) = match event.kind() {
        SignalKind::ReplyReceived => ("they answered", is_overtaken_by_reply(action)),
        SignalKind::OptedOut => ("they opted out", action.means() == Means::Mail),
        SignalKind::Bounced => (
            "their address bounced",
            event.said().mail().and_then(|mail| mail.class) == Some(MailClass::BounceHard)
                && action.means() == Means::Mail,
        ),
        SignalKind::MeetingBooked => (
            "a meeting is booked",
            matches!(
                action,
                ActionKind::BookMeeting
                    | ActionKind::ScheduleMeeting
                    | ActionKind::Reschedule
                    | ActionKind::ThreadBump
            ),
        ),
        SignalKind::MeetingHeld => (
            "the meeting took place",
            action == ActionKind::PrepMeeting && is_same_meeting(event, lead),
        ),
        SignalKind::NoShow => (
            "they didn't show up for the meeting",
            action == ActionKind::PrepMeeting && is_same_meeting(event, lead),
        ),
        SignalKind::MeetingDeclined => (
            "the meeting was called off",
            action == ActionKind::PrepMeeting && is_same_meeting(event, lead),
        ),
        _ => return None,
    };
    applies.then_some(reason)
}

/// Tells whether two events speak of the same meeting; where one does not say of which, it is taken to be.
fn is_same_meeting(a: &SignalDraft, b: &SignalDraft) -> bool {
    match (
        crate::engine::road::intake::meeting_uid(a),
        crate::engine::road::intake::meeting_uid(b),
    ) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// Tells whether a person's answer makes a move of this kind pointless.
const fn is_overtaken_by_reply(action: ActionKind) -> bool {
    matches!(
        action,
        ActionKind::SendEmail
            | ActionKind::EmailFollowUp
            | ActionKind::ThreadBump
            | ActionKind::CheckIn
    )
}

fn build(
    draft: &SignalDraft,
    proposal: &Proposal,
    about: (SignalId, MoveSubject, Option<ContactId>),
    records: (Option<&Person>, Option<&DealRow>),
    now: Timestamp,
) -> MoveRow {
    let (signal, subject, contact) = about;
    let (person, deal) = records;
    let (revenue, revenue_why) = revenue(deal, proposal.revenue_hint, draft.source);
    let (strategic, strategic_why) = strategic(proposal.strategic, person);
    let mut why = what_happened(draft);
    for reason in &proposal.because {
        why.push_str("; ");
        why.push_str(reason);
    }
    MoveRow {
        id: MoveId(0),
        subject,
        contact_id: contact,
        deal_id: deal.map(|d| d.id),
        lead_signal_id: signal,
        action: proposal.action,
        domain: proposal.domain,
        status: MoveStatus::Open,
        title: proposal.title.clone(),
        rule: proposal.rule.clone(),
        template: proposal.template.clone().unwrap_or_default(),
        components: [revenue, proposal.urgency, proposal.effort, strategic],
        why: [revenue_why, clean_line(&why, 300), strategic_why],
        score: Points(0),
        started_at: draft.occurred_at,
        due_at: proposal.due_at,
        changes_at: now,
        snoozed_until: None,
        created_at: draft.occurred_at,
        closed_at: None,
        close_reason: String::new(),
    }
}

/// Returns the revenue component: an open deal's amount by its tier, else the rule's hint.
fn revenue(deal: Option<&DealRow>, hint: f64, source: Source) -> (f64, String) {
    match deal {
        Some(deal) if !deal.is_closed || deal.is_won => {
            let amount = deal
                .amount
                .filter(|a| a.0 > 0)
                .map(|a| format!(" {}", short_amount(a, &deal.currency)));
            let value = revenue_of(deal.amount);
            (
                value,
                format!(
                    "deal \"{}\"{}",
                    deal.name,
                    amount.unwrap_or_else(|| ", amount unknown".into())
                ),
            )
        }
        _ => (hint, format!("no deal; hint of {source} signals")),
    }
}

/// Returns the strategic component: the rule's value, shifted by a known fit and by the firm's standing.
fn strategic(base: f64, person: Option<&Person>) -> (f64, String) {
    let Some(person) = person else {
        return (base, String::new());
    };
    let mut value = base;
    let mut why = Vec::new();
    if let Some(fit) = person.icp_fit.or(person.company_fit) {
        value += (fit - 0.5) * FIT_SHIFT;
        why.push(format!("ICP fit {fit:.2}"));
    }
    if person.is_logo {
        value += STANDING_BONUS;
        why.push("logo".into());
    }
    if person.is_partner {
        value += STANDING_BONUS;
        why.push("partner".into());
    }
    (
        (value.clamp(0.0, 1.0) * 1000.0).round() / 1000.0,
        why.join(", "),
    )
}

/// Sums a signal up in a few words.
pub(in crate::engine) fn what_happened(draft: &SignalDraft) -> String {
    let words = &draft.about().words;
    // The texts that only a signal of its kind has.
    let (own, other) = match draft.said() {
        Said::Form(said) => (said.form.clone(), said.page.clone()),
        Said::Deal(said) => (said.stage.as_deref().map(stage_title), None),
        Said::Mail(said) => (said.label.map(|l| spoken(l.as_str())), None),
        Said::Timer(said) => (said.since.clone(), said.expires.clone()),
        Said::Meeting(_) | Said::Post(_) | Said::Manual(_) => (None, None),
    };
    let quoted = |what: &str, texts: &[&Option<String>]| {
        let text = texts.iter().find_map(|text| text.as_deref());
        match text.map(|text| clean_line(text, 80)) {
            Some(text) => format!("{what}: {text}"),
            None => what.to_owned(),
        }
    };
    match draft.kind() {
        SignalKind::FormSubmitted => quoted("form", &[&own, &other, &words.message]),
        SignalKind::DealCreated => "new deal".into(),
        SignalKind::DealStageChanged => quoted("stage", &[&own]),
        SignalKind::DealAmountChanged => "amount changed".into(),
        SignalKind::ReplyReceived => quoted("reply", &[&own]),
        SignalKind::AutoReply => "auto reply".into(),
        SignalKind::Bounced
            if draft.said().mail().and_then(|mail| mail.class)
                == Some(MailClass::BounceDoubtful) =>
        {
            "a bounce that no mail of ours is tied to".into()
        }
        SignalKind::Bounced => "bounced".into(),
        SignalKind::OptedOut => "opted out".into(),
        SignalKind::ReadReceipt => "read receipt".into(),
        SignalKind::MeetingBooked => quoted("meeting booked", &[&words.title]),
        SignalKind::MeetingTomorrow => quoted("meeting within a day", &[&words.title]),
        SignalKind::MeetingHeld => "meeting held".into(),
        SignalKind::MeetingRescheduled => "meeting moved".into(),
        SignalKind::MeetingDeclined => "meeting declined".into(),
        SignalKind::NoShow => "didn't show up".into(),
        SignalKind::Mention => quoted("mentioned us", &[&words.text]),
        SignalKind::Engagement => "engaged with a post".into(),
        SignalKind::ThoughtLeader => {
            quoted("watched author", &[&words.text, &draft.about().who.handle])
        }
        SignalKind::CompetitorMention => quoted("competitor", &[&words.competitor, &words.text]),
        SignalKind::NoReply => quoted("no answer", &[&own]),
        SignalKind::QuietCustomer => quoted("quiet", &[&own]),
        SignalKind::RenewalNear => quoted("renewal", &[&draft.about().deal.renewal]),
        SignalKind::ProposalExpiring => quoted("proposal expires", &[&other]),
        SignalKind::TaskOverdue => "overdue".into(),
        SignalKind::OnboardingStep => quoted("onboarding", &[&words.step]),
        SignalKind::ContentReady => quoted("content", &[&words.title, &words.topic]),
        SignalKind::Manual => quoted("by hand", &[&words.note, &words.text]),
    }
}

/// Values the standing moves about a deal, and those with its contact, by what the deals stand for now.
pub(super) fn value_again(
    tx: &WriteTx<'_>,
    core: &Core,
    deal: &DealRow,
    now: Timestamp,
) -> Result<()> {
    let mut standing = moves::of_deal(tx, deal.id)?;
    if let Some(contact) = deal.contact_id {
        standing.extend(
            moves::of_contact(tx, contact)?.into_iter().filter(|mv| {
                mv.status.is_standing() && matches!(mv.subject, MoveSubject::Contact(_))
            }),
        );
    }
    for mv in standing {
        renew(tx, core, mv, now)?;
    }
    Ok(())
}

/// Makes a standing move what its signal would make of it now.
pub(super) fn renew(tx: &WriteTx<'_>, core: &Core, mv: MoveRow, now: Timestamp) -> Result<()> {
    if !matches!(mv.status, MoveStatus::Open | MoveStatus::Snoozed) {
        return Ok(());
    }
    let lead = signals::load(tx, mv.lead_signal_id)?;
    let person = mv
        .contact_id
        .map(|c| people::load(tx, c))
        .transpose()?
        .flatten();
    let deal = match (lead.deal_id, mv.contact_id) {
        (Some(deal), _) => deals::load(tx, deal)?,
        (None, Some(contact)) => deals::largest_open(tx, contact)?,
        (None, None) => None,
    };
    let Some(proposal) = proposed(core, &lead.draft, person.as_ref(), deal.as_ref())?
        .filter(|proposal| proposal.action.family() == mv.action.family())
    else {
        return Ok(());
    };
    let fresh = MoveRow {
        id: mv.id,
        status: mv.status,
        snoozed_until: mv.snoozed_until,
        created_at: mv.created_at,
        score: mv.score,
        changes_at: mv.changes_at,
        ..build(
            &lead.draft,
            &proposal,
            (lead.id, mv.subject, mv.contact_id),
            (person.as_ref(), deal.as_ref()),
            now,
        )
    };
    if fresh != mv {
        moves::save(
            tx,
            &MoveRow {
                changes_at: now,
                ..fresh
            },
            now,
        )?;
    }
    Ok(())
}

/// Closes what earlier stages of a deal that is won or lost had asked for. Returns how many.
pub(super) fn close_settled(tx: &WriteTx<'_>, deal: &DealRow, now: Timestamp) -> Result<u64> {
    if !deal.is_closed {
        return Ok(0);
    }
    let mut closed = 0;
    for mv in moves::of_deal(tx, deal.id)? {
        let is_open = matches!(mv.status, MoveStatus::Open | MoveStatus::Snoozed);
        if is_open && mv.started_at < deal.as_of {
            let reason = if deal.is_won {
                "the deal is won"
            } else {
                "the deal is lost"
            };
            let state = MoveState {
                id: mv.id,
                status: MoveStatus::Expired,
                snoozed_until: None,
                closed_at: Some(now),
                close_reason: reason.into(),
            };
            moves::set_state(tx, &state, now)?;
            tx.emit(now, "move.closed", format!("move:{}", mv.id))?;
            closed += 1;
        }
    }
    Ok(closed)
}

/// Returns the moves that an event about a contact may overtake: those of the person. A bounce says something of one address only.
fn of_person(tx: &ReadTx<'_>, contact: ContactId, kind: SignalKind) -> Result<Vec<MoveRow>> {
    if kind == SignalKind::Bounced {
        return Ok(moves::of_contact(tx, contact)?);
    }
    let mut all = Vec::new();
    for contact in Reach::contacts(tx, contact)? {
        all.extend(moves::of_contact(tx, contact)?);
    }
    Ok(all)
}

/// Closes the moves that an answer, a bounce or what became of a meeting has overtaken. Returns how many. Those that an opt-out ends are ended
/// by whoever acts on it, for everybody whom it speaks for.
pub(super) fn close_overtaken(
    tx: &WriteTx<'_>,
    draft: &SignalDraft,
    contact: ContactId,
    now: Timestamp,
) -> Result<u64> {
    if !matches!(
        draft.kind(),
        SignalKind::ReplyReceived
            | SignalKind::Bounced
            | SignalKind::MeetingBooked
            | SignalKind::MeetingHeld
            | SignalKind::NoShow
            | SignalKind::MeetingDeclined
    ) {
        return Ok(0);
    }
    let mut closed = 0;
    for mv in of_person(tx, contact, draft.kind())? {
        if !matches!(mv.status, MoveStatus::Open | MoveStatus::Snoozed)
            || mv.started_at > draft.occurred_at
        {
            continue;
        }
        let lead = signals::load(tx, mv.lead_signal_id)?;
        if let Some(reason) = overtakes(draft, mv.action, &lead.draft) {
            let state = MoveState {
                id: mv.id,
                status: MoveStatus::Expired,
                snoozed_until: None,
                closed_at: Some(now),
                close_reason: reason.into(),
            };
            moves::set_state(tx, &state, now)?;
            tx.emit(now, "move.closed", format!("move:{}", mv.id))?;
            closed += 1;
        }
    }
    Ok(closed)
}
