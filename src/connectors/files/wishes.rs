//! Other tools' words for who must not be mailed: what a column's header means, and what a cell in it says.
//!
//! Every tool names the column and the states its own way, so neither side is a list of whole lines: a header is
//! understood by the stems that it is made of, a cell by its words, and the two decide together.

use super::header::{Field, header_key};
use super::values::parse_stop_flag;
use crate::domain::contact::is_placeholder;

/// The meaning of a cell about mail to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// They want no more mail.
    OptedOut,
    /// Mail to the address comes back for good.
    Bounced,
}

/// Stems of headers that say "no mail to them" by themselves.
const STOPPED: &str = "unsub optout optedout optsout blocklist blacklist blockedfrom suppress donotemail donotmail donotsend \
     donotbulk donotallowemail donotallowbulk donotallowmail dontemail dontmail doesnotwantmail nomail noemail nomarketing nonewsletter exclu \
     complain complaint spamreport reportedspam reportspam markedasspam markedspam isspam abuse withdrawn withdrew revoked objected \
     abgemeldet abmeldung abbestell werbesperre mailsperre widerruf desinscri desabonn desabonado desuscri baja disiscri \
     uitgeschreven afgemeld uitschrijf avregistr avmeld frameld avprenumer wypisan rezygnacj descadastr cancelouinscricao odhlas \
     peruutettu";
/// Stems of headers that say "mail to them comes back".
const RETURNED: &str = "bounce undeliver unreachable nondeliver hardfail invalidemail emailinvalid isinvalid unzustellbar zustellfehler \
     rebot nondelivr nonremis respint cleantime cleancampaign cleandate cleanedat cleanedon iscleaned teruggestuurd studs";
/// Stems of headers about mail or a list.
const MAIL: &str = "mail marketing subscri newsletter campaign permission consent optin optedin abonn abo inscri suscri iscri nieuwsbrief \
     nyhetsbrev deliver list contactability audience";
/// Stems of headers that hold a state.
const STATE: &str = "status state statut estado stato zustand stand preference permission consent deliverab verification validation result \
     health standing";
/// Stems of headers that say "mail is welcome".
const WELCOME: &str = "subscribed optin optedin acceptsmarketing acceptsemail acceptemail acceptsmail acceptmarketing accepts consent permission allowemail \
     allowsemail allowmail mayemail canemail mailable emailable receive wantsemail wantsmail newsletter abonniert angemeldet abonne inscrit suscrito \
     iscritto aangemeld ingeschreven";
/// Stems of headers that only look like one of these: links, counters, times of a sign-up, other channels.
const BESIDE: &str = "link url token hash page softbounce softbounced count number total rate doubleoptin optintime optindate optinip optinsource \
     confirmtime subscribedat subscribedon subscribeddate subscriptiondate subscribedate template html";
/// Stems of other channels than mail, which a header may name beside it.
const CHANNELS: &str = "sms phone call whatsapp push fax telefon appel llamad mobile postal";

/// Cells that say that somebody wants no mail, by their stems.
const SAYS_STOPPED: &str = "unsub optedout optout optsout blocklist blacklist suppressed complain markedasspam reportedspam spamreport spamcomplaint \
     reportspam donotmail donotemail donotsend donotcontact donotallow nomoremail removedbyrecipient abgemeldet ausgetragen abbestellt werbesperre \
     widerrufen desinscri desabonn desuscri dadodebaja debaja disiscri uitgeschreven afgemeld avregistrerad avmeldt frameldt avprenumererad \
     wypisany descadastrad odhlasen consentwithdrawn consentrevoked permissionrevoked withdrewconsent erased";
/// Cells that say that mail comes back, by their stems.
const SAYS_RETURNED: &str = "bounced hardbounce bounce undeliverable undelivered unreachable mailboxnotfound doesnotexist nonexistent invalidemail \
     emailinvalid unzustellbar zuruckgekommen rebotado rebote nondelivre unknownuser userunknown";
/// Further whole cells of columns that speak of mail for certain.
const STOPPED_IN_MAIL: &str = "cancelled canceled deleted removed disabled blocked declined denied refused revoked withdrawn objected junk spam abuse \
     excluded dnc out nocontact nomail noemail gesperrt gekundigt annule cancelado anulado bloqueado bloque bloccato geblokkeerd";
const RETURNED_IN_MAIL: &str =
    "cleaned invalid rejected dead failed unavailable nonvalid inexistent";
/// Further whole cells of a column that is only called status.
const STOPPED_IN_STATUS: &str = "blocklisted blacklisted unsubscribed dnc abuse spam";
const RETURNED_IN_STATUS: &str = "cleaned bounced";
/// Stems by which a cell denies what it names, or speaks of what passes.
const DENIES: &str = "notunsub notopted nounsub neverunsub neveropted nobounce notbounce nonbounce notblock noblock notblack nocomplain \
     notsuppressed softbounce soft temporary transient resubscri nonsubscri neversubscri canunsub mayunsub notexcluded pendingunsub";

fn holds(stems: &str, key: &str) -> bool {
    stems
        .split_ascii_whitespace()
        .any(|stem| key.contains(stem))
}

fn is_one(words: &str, key: &str) -> bool {
    words.split_ascii_whitespace().any(|word| word == key)
}

/// Returns the field of a header, as its key, that speaks of mail to the person; None if it does not.
pub(super) fn field_of(key: &str) -> Option<Field> {
    if holds(BESIDE, key) && !holds("unsubscribedat unsubscribedon unsubscribeddate", key) {
        return None;
    }
    // "SMS opt out" is not about mail, "E-mail and phone opt out" is.
    if holds(CHANNELS, key) && !holds("mail", key) {
        return None;
    }
    if key.starts_with("donotcontact") || key.starts_with("donotdisturb") {
        return Some(Field::DoNotContact);
    }
    if is_one(
        "status state contactstatus personstatus leadstatus subscriberstate recipientstatus memberstatus recordstatus",
        key,
    ) {
        return Some(
            if key.contains("subscri") || key.contains("recipient") || key.contains("member") {
                Field::MailStatus
            } else {
                Field::Status
            },
        );
    }
    let is_state = holds(STATE, key);
    if is_state && holds(MAIL, key) {
        return Some(Field::MailStatus);
    }
    if holds(RETURNED, key) {
        return Some(Field::Bounced);
    }
    if holds(STOPPED, key)
        && (!holds("exclu", key) || holds(MAIL, key))
        && (!holds("abuse", key) || key.len() < 14)
    {
        return Some(Field::OptedOut);
    }
    let words = "subscribed issubscribed emailsubscribed subscriber issubscriber subscription newsletter optin optedin emailoptin emailoptedin";
    if is_one(words, key) || (holds(WELCOME, key) && holds(MAIL, key) && key.len() < 48) {
        return Some(Field::Subscribed);
    }
    None
}

/// Returns what a cell of a field says. `field` is one of those that [`field_of`] yields.
pub(super) fn wish_of(field: Field, text: &str) -> Option<Wish> {
    let text = text.trim();
    if text.is_empty() || is_placeholder(text) {
        return None;
    }
    let key = header_key(text);
    match field {
        Field::OptedOut => {
            if holds("softbounce", &key) || !parse_stop_flag(text) {
                return None;
            }
            // Some tools have one column for both.
            match said(&key) {
                Some(wish) => Some(wish),
                None if holds(DENIES, &key) => None,
                None => Some(Wish::OptedOut),
            }
        }
        Field::Bounced => {
            if holds(DENIES, &key)
                || is_one("valid deliverable ok good delivered verified active", &key)
            {
                return None;
            }
            match said(&key) {
                Some(Wish::OptedOut) => Some(Wish::OptedOut),
                _ => parse_stop_flag(text).then_some(Wish::Bounced),
            }
        }
        Field::Status => said(&key).or_else(|| whole(&key, STOPPED_IN_STATUS, RETURNED_IN_STATUS)),
        Field::MailStatus | Field::Subscribed => said(&key)
            .or_else(|| whole(&key, STOPPED_IN_MAIL, RETURNED_IN_MAIL))
            .or_else(|| {
                let no = is_no(text, &key)
                    || (field == Field::Subscribed
                        && is_one("notsubscribed nolongersubscribed optedout", &key));
                no.then_some(Wish::OptedOut)
            }),
        _ => None,
    }
}

/// Returns what a cell of a column whose header says nothing seems to mean.
pub(super) fn looks_like(text: &str) -> Option<Wish> {
    // Longer ones are sentences about something else.
    if !(5..=32).contains(&text.len()) || !has_stem(text.as_bytes()) {
        return None;
    }
    let key = header_key(text);
    said(&key).or_else(|| whole(&key, STOPPED_IN_STATUS, RETURNED_IN_STATUS))
}

/// Tells quickly that a cell cannot say any of it: most cells of most files end here.
fn has_stem(text: &[u8]) -> bool {
    const STARTS: [&[u8]; 8] = [
        b"uns", b"und", b"opt", b"cle", b"bou", b"blo", b"bla", b"com",
    ];
    const OTHERS: [&[u8]; 9] = [
        b"spa", b"sup", b"abg", b"des", b"do ", b"dno", b"dni", b"uit", b"wyp",
    ];
    text.windows(3).any(|window| {
        STARTS
            .iter()
            .chain(&OTHERS)
            .any(|stem| window.eq_ignore_ascii_case(stem))
    })
}

fn said(key: &str) -> Option<Wish> {
    if holds(DENIES, key) || key.len() > 60 {
        return None;
    }
    if holds(SAYS_STOPPED, key) {
        Some(Wish::OptedOut)
    } else if holds(SAYS_RETURNED, key) {
        Some(Wish::Bounced)
    } else {
        None
    }
}

fn whole(key: &str, stopped: &str, returned: &str) -> Option<Wish> {
    if is_one(stopped, key) {
        Some(Wish::OptedOut)
    } else if is_one(returned, key) {
        Some(Wish::Bounced)
    } else {
        None
    }
}

fn is_no(text: &str, key: &str) -> bool {
    text == "0"
        || text == "0.0"
        || is_one(
            "no n false f off nein non nej nee nie falsch faux falso nao unchecked",
            key,
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_and_a_cell_decide_together() {
        let check = |header: &str, cell: &str, expect: &str| {
            let wish = field_of(&header_key(header)).and_then(|field| match field {
                Field::DoNotContact => parse_stop_flag(cell).then_some(Wish::OptedOut),
                field => wish_of(field, cell),
            });
            let found = match wish {
                Some(Wish::OptedOut) => "out",
                Some(Wish::Bounced) => "bounced",
                None => "",
            };
            assert_eq!(found, expect, "{header}: {cell}");
        };
        for (header, cell) in [
            ("Person - Marketing status", "Unsubscribed"),
            ("Marketing status", "unsubscribed"),
            ("subscription_status", "Opted Out"),
            ("Email Permission Status", "Opted Out"),
            ("Email permission", "No"),
            ("Status", "Unsubscribed"),
            ("Status", "blocklisted"),
            ("Contact Status", "Unsubscribed"),
            ("Subscriber status", "complained"),
            ("Member status", "Unsubscribed"),
            ("Email Status", "cancelled"),
            ("status", "Marked as spam"),
            ("UNSUB_TIME", "2026-01-02 10:00:00"),
            ("UNSUB_REASON", "NORMAL"),
            ("unsubscribed_at", "2026-01-02T10:00:00Z"),
            ("Unsubscribe date", "01/02/2026"),
            ("Subscribed", "No"),
            ("is_subscribed", "false"),
            ("Subscribed", "0"),
            ("Accepts Email Marketing", "no"),
            ("Email Marketing Consent", "UNSUBSCRIBED"),
            ("Newsletter", "unsubscribed"),
            ("Email Opt-In", "N"),
            ("Blocklisted", "true"),
            ("emailBlacklisted", "1"),
            ("Suppressed", "yes"),
            ("IsExcludedFromCampaigns", "True"),
            ("Do not allow Bulk Emails", "Do Not Allow"),
            ("Newsletter abbestellt", "ja"),
            ("Statut de l'abonnement", "Désinscrit"),
            ("Estado de suscripción", "Dado de baja"),
            ("Do not contact reason", "asked on the phone"),
        ] {
            check(header, cell, "out");
        }
        for (header, cell) in [
            ("Status", "Cleaned"),
            ("Status", "bounced"),
            ("Status", "Hard bounce"),
            ("Email status", "invalid"),
            ("Email bounced", "Yes"),
            ("Hard bounced", "true"),
            ("Email Bounced Date", "2026-01-02"),
            ("Email hard bounce reason", "UNKNOWN_USER"),
            ("CLEAN_TIME", "2026-01-02 10:00:00"),
            ("Marketing status", "Bounced"),
            ("Unsubscribed", "bounced"),
            ("state", "unreachable"),
            ("Email Deliverability", "undeliverable"),
        ] {
            check(header, cell, "bounced");
        }
        for (header, cell) in [
            ("Marketing status", "Subscribed"),
            ("Marketing status", "No consent"),
            ("subscription_status", "Active"),
            ("Email Marketing Consent", "NEVER_SUBSCRIBED"),
            ("Email Marketing Consent", "Never subscribed"),
            ("Status", "Active"),
            ("Status", "Open"),
            ("Lead Status", "Cancelled"),
            ("Status", "invalid"),
            ("Subscribed", "Yes"),
            ("Subscribed", ""),
            ("Subscribed", "2026-01-02"),
            ("Unsubscribed", "No"),
            ("Unsubscribed", "Subscribed"),
            ("Unsubscribed", "Never subscribed"),
            ("Email bounced", "false"),
            ("Email bounced", "soft"),
            ("Bounce type", "Soft bounce"),
            ("Soft bounces", "3"),
            ("Unsubscribe link", "https://x.example/u/1"),
            ("SMS opt out", "Yes"),
            ("DOUBLE_OPT-IN", "No"),
            ("OPTIN_TIME", "2026-01-02"),
            ("Do not allow Emails", "Allow"),
            ("Email status", "unconfirmed"),
            ("Company", "Unsubscribed"),
        ] {
            check(header, cell, "");
        }
    }

    #[test]
    fn a_column_that_might_be_one_is_seen_by_its_cells() {
        for text in [
            "Unsubscribed",
            "opted out",
            "Cleaned",
            "Hard Bounced",
            "blocklisted",
            "Abgemeldet",
        ] {
            assert!(looks_like(text).is_some(), "{text}");
        }
        for text in [
            "",
            "Acme",
            "Subscribed",
            "Spain",
            "Closed",
            "never unsubscribed",
            "clean energy",
        ] {
            assert!(looks_like(text).is_none(), "{text}");
        }
    }
}
