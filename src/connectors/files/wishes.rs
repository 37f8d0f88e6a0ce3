//! Other tools' words for who must not be mailed: what a column's header means, and what a cell in it says.
//!
//! Every tool names the column and the states its own way, so neither side is a list of whole lines: a header is
//! understood by the stems that it is made of, a cell by its words, and the two decide together.

use super::header::{Field, header_key};
use super::values::is_zero_date;
use crate::domain::contact::{ContactDraft, LifecycleStage, is_placeholder};

/// The meaning of a cell about mail to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// They want no more mail.
    OptedOut,
    /// Mail to the address comes back for good. A sure one says so itself; a date or a flag may be about a passing one.
    Bounced {
        /// True if the header or the cell says that it is for good.
        sure: bool,
    },
    /// Mail came back for a while.
    Soft,
    /// It may be a refusal, and nobody can say so for certain.
    Unclear,
}

/// What all cells of a row say together.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    opted_out: bool,
    do_not_contact: bool,
    bounced: bool,
    bounced_for_good: bool,
    soft: bool,
}

impl Wishes {
    pub(super) fn note(&mut self, wish: Option<Wish>) {
        match wish {
            Some(Wish::OptedOut) => self.opted_out = true,
            Some(Wish::Bounced { sure }) => {
                self.bounced = true;
                self.bounced_for_good |= sure;
            }
            Some(Wish::Soft) => self.soft = true,
            Some(Wish::Unclear) | None => {}
        }
    }

    pub(super) fn note_do_not_contact(&mut self) {
        self.do_not_contact = true;
    }

    /// Writes them into the draft of the row. A date beside "soft" is that of the soft bounce.
    pub(super) fn tell(&self, draft: &mut ContactDraft) {
        draft.opted_out |= self.opted_out;
        draft.bounced |= self.bounced_for_good || (self.bounced && !self.soft);
        if self.do_not_contact {
            draft.stage = Some(LifecycleStage::DoNotContact);
        }
    }
}

/// Stems of headers that say "no mail to them" by themselves.
const STOPPED: &str = "unsub optout optedout optsout blocklist blacklist blockedfrom suppress donotemail donotmail donotsend \
     donotbulk donotallowemail donotallowbulk donotallowmail dontemail dontmail doesnotwantmail nomail noemail nomarketing nonewsletter exclu \
     complain complaint spamreport reportedspam reportspam markedasspam markedspam markedemailasspam markedemailsasspam isspam abuse withdrawn \
     withdrew revoked objected abgemeldet abmeldung abbestell werbesperre mailsperre widerruf widerspr keinewerbung \
     keineemail keinemail keinnewsletter austragung desinscri desabonn desabonado desuscri dezabon fechadebaja datadebaixa dadodebaja disiscri \
     uitgeschreven afgemeld uitschrijf nietmailen geenmail geenreclame ingetrokken avregistr avmeld frameld avprenumer ingenreklam ingautskick \
     markkinointikielto kieltanyt wypisan rezygnacj sprzeciw wycofan descadastr cancelouinscricao naoenviar odhlas odhlasen odvolan neposilat \
     peruutettu peruttu leiratkoz noenviar nonscrivere noninviare nepasenvoyer nepasecrire refusemail refusdemail refusemailing \
     отписал отписан отказотрассыл відписа aboneliktencik απεγγραφ διαγραφηαπο 配信停止 オフトアウト 退订 退訂 取消订阅 拒收 إلغاءالاشتراك";
/// Stems of headers that say "mail to them comes back".
const RETURNED: &str = "bounce undeliver unreachable nondeliver hardfail invalidemail emailinvalid isinvalid unzustellbar zustellfehler \
     rebot nondelivr nonremis respint cleantime cleancampaign cleandate cleanedat cleanedon iscleaned teruggestuurd studs";
/// Stems of headers about mail or a list.
const MAIL: &str = "mail marketing subscri newsletter campaign permission consent optin optedin abonn abo inscri suscri iscri nieuwsbrief \
     nyhetsbrev deliver list contactability audience werbung einwilligung zustimmung correo courriel consens consenti toestemming samtyck \
     samtykke suostumus zgoda souhlas согласи рассыл izin";
/// Stems of headers that hold a state.
const STATE: &str = "status state statut estado stato zustand stand preference permission consent deliverab verification validation result \
     health standing einwilligung zustimmung consens consenti toestemming samtyck samtykke suostumus zgoda souhlas согласи izin";
/// Stems of headers that say "mail is welcome".
const WELCOME: &str = "subscribed optin optedin acceptsmarketing acceptsemail acceptemail acceptsmail acceptmarketing accepts consent permission allowemail \
     allowsemail allowmail mayemail canemail canmail mailable emailable receive wantsemail wantsmail newsletter abonniert angemeldet abonne inscrit suscrito \
     iscritto aangemeld ingeschreven oktoemail oktomail okaytoemail oktosend mailok emailok emailallowed mailallowed allowmarketing erlaubt \
     einwilligung zustimmung accepte acepta aceita accetta einverstanden consens consenti toestemming samtyck samtykke suostumus zgoda souhlas";
/// Stems of headers that ask for leave to write, where "none" means that it was not given.
const LEAVE: &str = "permission erlaubnis permiso autorisation permesso";
/// Stems of headers about leave that was given or taken back.
const CONSENT: &str = "permission consent einwilligung zustimmung consens consenti toestemming samtyck samtykke suostumus zgoda souhlas согласи izin";
/// Stems of headers that only look like one of these: links, counters, times of a sign-up, other channels.
const BESIDE: &str = "link url token page softbounc bouncesoft bouncedsoft softfail transientbounc temporarybounc count number total rate \
     doubleoptin optintime optindate optinip optinsource confirmtime subscribedat subscribedon subscribeddate subscriptiondate subscribedate \
     template html consentdate consenttime consentgiven consentat permissiondate";
/// Stems of other channels than mail, which a header may name beside it.
const CHANNELS: &str = "sms phone call whatsapp push fax telefon appel llamad mobile postal";

/// Cells that say that somebody wants no mail, by their stems.
const SAYS_STOPPED: &str = "unsub optedout optout optsout blocklist blacklist suppressed complain markedasspam reportedspam reportedasspam spamreport spamcomplaint \
     reportspam donotmail donotemail donotsend donotcontact donotallow nomoremail removedbyrecipient nolongersubscribed abgemeldet ausgetragen abbestellt \
     werbesperre widerrufen widersprochen desinscri desabonn desuscri dezabon dadodebaja debaja disiscri uitgeschreven afgemeld avregistrerad \
     avmeldt frameldt avprenumererad wypisany descadastrad odhlasen leiratkoz keinewerbung keineemail consentwithdrawn consentrevoked \
     permissionrevoked withdrewconsent erased отписан відписан 配信停止 退订 退訂 取消订阅 拒收";
/// Cells that say that mail comes back, by their stems.
const SAYS_RETURNED: &str = "bounced hardbounce bounce undeliverable undelivered unreachable mailboxnotfound doesnotexist nonexistent invalidemail \
     emailinvalid unzustellbar zuruckgekommen rebotado rebote nondelivre unknownuser userunknown";
/// Further whole cells of columns that speak of mail for certain.
const STOPPED_IN_MAIL: &str = "cancelled canceled deleted removed disabled blocked declined denied refused revoked withdrawn withdrew objected junk spam \
     abuse excluded dnc dnd out nocontact noemail nomail gesperrt gekundigt verweigert abgelehnt annule refuse retire revoque oppose cancelado anulado \
     bloqueado revocado retirado rechazado denegado baja bloque bloccato revocato ritirato negato rifiutato revogado recusado negado geblokkeerd \
     ingetrokken geweigerd aterkallat nekat trukket avslatt peruttu kielletty wycofana odmowa odvolan odmitnut отозвано отказ retras refuzat \
     reddedildi disallow disallowed disallowedemail nopermission noconsent";
const RETURNED_IN_MAIL: &str =
    "cleaned invalid rejected dead failed unavailable nonvalid inexistent";
/// Further whole cells of a column that is only called status.
const STOPPED_IN_STATUS: &str = "blocklisted blacklisted unsubscribed dnc dnd abuse spam";
const RETURNED_IN_STATUS: &str = "cleaned bounced";
/// Stems by which a cell denies what it names, or speaks of what passes.
const DENIES: &str = "notunsub notopted nounsub neverunsub neveropted nobounce notbounce nonbounce notblock noblock notblack nocomplain \
     notsuppressed softbounce softfail resubscri nonsubscri neversubscri neversubscribed canunsub mayunsub notexcluded pendingunsub neverbounced";
/// Stems of mail that comes back for a while.
const PASSES: &str = "soft temporary transient mailboxfull overquota quotaexceeded greylist deferred tryagain throttl";
/// Whole cells by which mail is welcome, or nothing is known of it.
const WELCOMES: &str = "subscribed optedin optin notoptedout active enabled allow allowed allows granted given accepted confirmed unconfirmed pending \
     valid deliverable ok good delivered verified never nosubscription nonsubscribed abonniert angemeldet abonne inscrit suscrito iscritto \
     inscrito aangemeld ingeschreven resubscribed clean safe mailable";
/// Whole cells that say no.
const NOES: &str = "no n false f off nein non nej nee nie falsch faux falso nao unchecked ei ne het нет ні hayir nem nu όχι οχι いいえ 否 아니요";
/// Whole cells of permissions that are over or not given, which may or may not be a refusal.
const UNCLEAR: &str =
    "expired lapsed notgiven notgranted none missing required requested inactive unclear";

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
    if is_one("emailhash hash", key) {
        return None;
    }
    if holds(BESIDE, key)
        && !holds(
            "unsubscribedat unsubscribedon unsubscribeddate unsubscribedate withdr revok",
            key,
        )
    {
        return None;
    }
    // "SMS opt out" is not about mail, "E-mail and phone opt out" is.
    if holds(CHANNELS, key) && !holds("mail", key) {
        return None;
    }
    if key.starts_with("donotcontact")
        || key.starts_with("donotdisturb")
        || is_one(
            "dnd nepascontacter nocontactar noncontattare naocontatar nietcontacteren nekontaktovat",
            key,
        )
    {
        return Some(Field::DoNotContact);
    }
    if is_one(
        "status state statut stato estatus situacao contactstatus personstatus leadstatus subscriberstate recipientstatus memberstatus recordstatus",
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
    if key == "unsubscribestatus" || key == "unsubscribedstatus" {
        return Some(Field::OptedOut);
    }
    let refuses = holds(STOPPED, key)
        && (!holds("exclu", key) || holds(MAIL, key))
        && (!holds("abuse", key) || key.len() < 14);
    if key.starts_with("undeliver") {
        return Some(Field::Bounced);
    }
    let is_state = holds(STATE, key) && holds(MAIL, key);
    // "Consent withdrawn at" is a refusal; "Suppression status" has its words in the cells.
    if is_state && (!refuses || (key.ends_with("status") && !holds("withdr revok", key))) {
        return Some(Field::MailStatus);
    }
    if holds(RETURNED, key) {
        return Some(Field::Bounced);
    }
    if refuses {
        return Some(Field::OptedOut);
    }
    let words = "subscribed issubscribed emailsubscribed subscriber issubscriber subscription newsletter optin optedin emailoptin emailoptedin";
    if is_one(words, key) || (holds(WELCOME, key) && holds(MAIL, key) && key.len() < 48) {
        return Some(Field::Subscribed);
    }
    None
}

/// One cell, as all columns read it.
struct Cell {
    /// Its letters and digits, without dates.
    key: String,
    /// True if it holds a date or another number than 0.
    counts: bool,
    says_no: bool,
}

impl Cell {
    /// Reads a cell; None for one that holds nothing.
    fn read(text: &str) -> Option<Self> {
        let text = text
            .trim()
            .trim_matches(['[', ']', '{', '}', '(', ')', '"', '\'', ' ']);
        if text.contains(['✗', '✘', '❌', '☐']) || is_zero_date(text) {
            return None;
        }
        let is_checked = text.contains(['✓', '✔', '☑', '✅']);
        let is_none = text.eq_ignore_ascii_case("none");
        if !is_none && !is_checked && is_placeholder(text) {
            return None;
        }
        let words = || text.split([' ', ',', ';', '(', ')', '[', ']', '|']);
        let has_digit = |word: &str| word.bytes().any(|b| b.is_ascii_digit());
        let is_number = |word: &str| {
            has_digit(word)
                && (word.chars().filter(|c| c.is_alphabetic()).count() <= 2 || is_instant(word))
        };
        let counts = is_checked || words().any(|word| is_number(word) && !is_nought(word));
        let mut told: Vec<&str> = words().filter(|word| !is_number(word)).collect();
        // "Withdrawn on 1 May 2026" says "withdrawn".
        if words().any(is_number) {
            told.retain(|word| {
                !is_one(
                    "on at since by am pm le el il op den dne jan feb mar apr may mai jun jul aug sep oct okt nov dec dez january february march april \
                     june july august september october november december januar februar marz juni juli oktober dezember utc gmt",
                    &header_key(word),
                )
            });
        }
        let key = header_key(&told.join(" "));
        if key.is_empty() && !counts && !words().any(is_number) {
            return None;
        }
        let says_no = (key.is_empty() && !counts) || is_one(NOES, &key);
        Some(Self {
            key,
            counts,
            says_no,
        })
    }

    fn is(&self, words: &str) -> bool {
        is_one(words, &self.key)
    }
}

/// Tells whether a word begins like `2026-01-02T10:00:00Z`.
fn is_instant(word: &str) -> bool {
    let digits = word.bytes().take(4).filter(u8::is_ascii_digit).count();
    digits == 4 && word.get(4..5) == Some("-")
}

fn is_nought(word: &str) -> bool {
    word.bytes().all(|b| !b.is_ascii_digit() || b == b'0')
}

/// Returns what a cell says under a header. `field` is the column's, `key` the header's letters: this is the one place where the
/// two decide together.
pub(super) fn wish_of(field: Field, key: &str, text: &str) -> Option<Wish> {
    let cell = Cell::read(text)?;
    let sure = Wish::Bounced { sure: true };
    match field {
        Field::OptedOut => {
            if holds(PASSES, &cell.key) {
                return None;
            }
            match said(&cell.key) {
                // Some tools have one column for both.
                Some(wish) => Some(wish),
                None if holds(DENIES, &cell.key) || cell.says_no => None,
                None if cell.is(WELCOMES) || cell.is("none") => None,
                None if holds("complain abuse", key)
                    && !cell.counts
                    && !cell.is("yes y true t x ja oui si sim spam abuse") =>
                {
                    Some(Wish::Unclear)
                }
                None => Some(Wish::OptedOut),
            }
        }
        Field::DoNotContact => {
            let no =
                cell.says_no || cell.is(WELCOMES) || cell.is("none") || holds(DENIES, &cell.key);
            (!no).then_some(Wish::OptedOut)
        }
        Field::Bounced => {
            let is_hard = holds("hard", key);
            if holds(PASSES, &cell.key) && !is_hard {
                return Some(Wish::Soft);
            }
            if cell.says_no || cell.is(WELCOMES) || cell.is("none") || holds(DENIES, &cell.key) {
                return None;
            }
            match said(&cell.key) {
                Some(Wish::OptedOut) => Some(Wish::OptedOut),
                // Of kinds of bounces, only "hard" is for good.
                _ if holds("type kind category", key)
                    && !holds("hard permanent invalid unknown", &cell.key) =>
                {
                    Some(Wish::Unclear)
                }
                _ => Some(Wish::Bounced {
                    sure: is_hard || holds("hard permanent", &cell.key),
                }),
            }
        }
        Field::Status | Field::Stage | Field::State => {
            if cell.says_no {
                return None;
            }
            said(&cell.key).or_else(|| whole(&cell.key, STOPPED_IN_STATUS, RETURNED_IN_STATUS))
        }
        Field::MailStatus | Field::Subscribed => {
            if holds(PASSES, &cell.key) {
                return Some(Wish::Soft);
            }
            if let Some(wish) = said(&cell.key) {
                return Some(wish);
            }
            let asks = holds(CONSENT, key);
            if cell.is("none nopermission noconsent") {
                let is_leave = holds(LEAVE, key);
                return if is_leave || (asks && !cell.is("none")) {
                    Some(Wish::OptedOut)
                } else {
                    asks.then_some(Wish::Unclear)
                };
            }
            if asks && cell.is("rejected failed notallowed") {
                return Some(Wish::OptedOut);
            }
            if holds(DENIES, &cell.key) {
                return None;
            }
            match whole(&cell.key, STOPPED_IN_MAIL, RETURNED_IN_MAIL) {
                Some(wish) => Some(wish),
                None if cell.says_no => Some(Wish::OptedOut),
                None if field == Field::Subscribed
                    && cell.is("notsubscribed nolongersubscribed optedout notallowed") =>
                {
                    Some(Wish::OptedOut)
                }
                None if asks && cell.is(UNCLEAR) => Some(Wish::Unclear),
                None => None,
            }
        }
        _ => None,
    }
    .map(|wish| match wish {
        Wish::Bounced { .. } if field != Field::Bounced => sure,
        wish => wish,
    })
}

/// Tells whether a cell of a column whose header says nothing may be an opt-out or a bounce: a state, a tag among others, or a
/// sentence in the notes.
pub(super) fn looks_like(text: &str) -> bool {
    if text.len() < 5 || text.len() > 2_000 {
        return false;
    }
    let is_word = |piece: &str| {
        let piece = piece.trim();
        // Longer ones are sentences about something else.
        (5..=40).contains(&piece.len()) && {
            let key = header_key(piece);
            said(&key)
                .or_else(|| whole(&key, STOPPED_IN_STATUS, RETURNED_IN_STATUS))
                .is_some()
        }
    };
    if has_stem(text.as_bytes()) && text.split([',', ';', '|', '\n']).any(is_word) {
        return true;
    }
    if !has_phrase_start(text.as_bytes()) {
        return false;
    }
    let key = header_key(text);
    !holds(DENIES, &key)
        && holds(
            "donotemail donotcontact donotmail donotwrite dontemail dontcontact dontmail dontwrite nomoreemail nomoremail unsubscribe optedout \
         removefromlist removefrommailing removeher removehim keinewerbung keineemail keinemail keinnewsletter nichtkontaktieren nichtanschreiben \
         nepascontacter nepasecrire plusdemail nocontactar noenviar noescribir noncontattare nonscrivere naocontatar naoenviar nietcontacteren \
         nietmailen kontaktaejmer kontaktainte",
            &key,
        )
}

/// Tells quickly that a text cannot hold such a phrase.
fn has_phrase_start(text: &[u8]) -> bool {
    const STARTS: [&[u8]; 12] = [
        b"not", b"n't", b"no ", b"uns", b"opt", b"rem", b"kei", b"nic", b"pas", b"nie", b"non",
        b"kon",
    ];
    text.windows(3).any(|window| {
        STARTS.iter().any(|stem| window.eq_ignore_ascii_case(stem))
            // The apostrophe of "don’t", and the tilde of "não".
            || window == [0xE2, 0x80, 0x99]
            || window == [b'n', 0xC3, 0xA3]
    })
}

/// Tells quickly that a cell cannot say any of it: most cells of most files end here.
fn has_stem(text: &[u8]) -> bool {
    const STARTS: [&[u8]; 8] = [
        b"uns", b"und", b"opt", b"cle", b"bou", b"blo", b"bla", b"com",
    ];
    const OTHERS: [&[u8]; 18] = [
        b"spa", b"sup", b"abg", b"des", b"do ", b"dno", b"dni", b"uit", b"wyp", b"sin", b"sab",
        b"dis", b"wid", b"baj", b"unz", b"reb", b"avr", b"afg",
    ];
    !text.is_ascii()
        || text.windows(3).any(|window| {
            STARTS
                .iter()
                .chain(&OTHERS)
                .any(|stem| window.eq_ignore_ascii_case(stem))
        })
}

fn said(key: &str) -> Option<Wish> {
    if holds(DENIES, key) || holds(PASSES, key) || key.len() > 60 {
        return None;
    }
    if holds(SAYS_STOPPED, key) {
        Some(Wish::OptedOut)
    } else if holds(SAYS_RETURNED, key) {
        Some(Wish::Bounced { sure: true })
    } else {
        None
    }
}

fn whole(key: &str, stopped: &str, returned: &str) -> Option<Wish> {
    if is_one(stopped, key) {
        Some(Wish::OptedOut)
    } else if is_one(returned, key) {
        Some(Wish::Bounced { sure: true })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_and_a_cell_decide_together() {
        let check = |header: &str, cell: &str, expect: &str| {
            let key = header_key(header);
            let field = super::super::header::meaning_of(&key);
            let found = match field.and_then(|field| wish_of(field, &key, cell)) {
                Some(Wish::OptedOut) => "out",
                Some(Wish::Bounced { .. }) => "bounced",
                Some(Wish::Unclear) => "unclear",
                Some(Wish::Soft) | None => "",
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
            "Désinscrit",
            "customer; unsubscribed",
            "Spoke in May. Please do not email her again.",
            "Bitte nicht kontaktieren",
        ] {
            assert!(looks_like(text), "{text}");
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
            assert!(!looks_like(text), "{text}");
        }
    }

    #[test]
    fn other_tools_words_mean_what_they_say() {
        const OUT: &[&str] = &[
            "Consent withdrawn at|2026-01-02",
            "Consent withdrawn (at)|01/02/2026",
            "Consent withdrawn|Yes",
            "Consent revoked|2026-01-02",
            "Consent revoked on|May 1, 2026",
            "Consent Status|Withdrawn 2026-01-01",
            "Consent status|Revoked on 1 May 2026",
            "Marked email as spam|Yes",
            "Marked as spam|2026-01-02 10:00",
            "DND|true",
            "DND|Yes",
            "dnd|1",
            "Do Not Disturb|yes",
            "Keine Werbung|Ja",
            "Keine Werbung|x",
            "Widerspruch|Ja",
            "Widerspruch am|01.02.2026",
            "OK to email|No",
            "OK to email?|false",
            "Okay to email|N",
            "Can email|false",
            "Can email|No",
            "Email permission|none",
            "Email permission|denied",
            "Email permission|No",
            "Marketing consent|denied",
            "Marketing consent|No",
            "Marketing consent|withdrawn",
            "Email consent|rejected",
            "Email consent|refused",
            "Consent|revoked",
            "Email opt out|1",
            "Email Opt Out|true",
            "HasOptedOutOfEmail|TRUE",
            "Opted out of email: Marketing Information|true",
            "Unsubscribed from all email|true",
            "Unsubscribed from all email|Yes",
            "Email Opt-Out Date|2026-01-02",
            "Opt out|Opted out",
            "Opt-out reason|too many",
            "Do Not Email|x",
            "Do Not Mail|yes",
            "DoNotEmail|1",
            "Do not send emails|✓",
            "No email|Y",
            "Email Suppressions|[\"unsubscribed\"]",
            "Email Suppressions|unsubscribe",
            "Suppressed|2026-01-02",
            "Global unsubscribe|true",
            "Global Opt-out|y",
            "Unsubscribe|1",
            "Unsubscribed on|2026-01-02",
            "unsubscribe_date|2026/01/02",
            "Unsubscribe Date|1767312000",
            "Blocklisted|yes",
            "Email blacklisted|TRUE",
            "Email Blocklisted Campaigns|yes",
            "Subscription status|Unsubscribed",
            "Subscription Status|Reported as spam",
            "Email status|Unsubscribed",
            "Email Status|opted_out",
            "Email status|Spam complaint",
            "Marketing Status|opt-out",
            "List status|unsubscribed",
            "Mailing list status|Removed",
            "Contact status|Do not contact",
            "Status|Opted Out",
            "Status|Unsubscribed 2026-01-02",
            "State|unsubscribed",
            "Accepts Marketing|false",
            "Accepts Email|no",
            "Accepts email marketing|FALSE",
            "Receives newsletter|No",
            "Email opt in|false",
            "Opt-in|No",
            "Opted in|0",
            "Newsletter opt-in|nein",
            "Subscribed|not subscribed",
            "Is subscribed|0",
            "Email marketing consent|unsubscribed",
            "Email Allowed|No",
            "Allow email|false",
            "E-Mail-Werbung erlaubt|Nein",
            "Werbung erlaubt|nein",
            "Einwilligung|widerrufen",
            "Einwilligung|Nein",
            "Einwilligung widerrufen am|01.02.2026",
            "Newsletter-Abmeldung|12.01.2026",
            "Newsletter abgemeldet|Ja",
            "Werbesperre|Ja",
            "Consentement|retiré",
            "Consentement e-mail|Non",
            "Désabonné|Oui",
            "Désinscrit le|02/01/2026",
            "Accepte les e-mails|Non",
            "Ne pas contacter|Oui",
            "Consentimiento|revocado",
            "Consentimiento|No",
            "Acepta correo|No",
            "Fecha de baja|02/01/2026",
            "No contactar|Sí",
            "Dado de baja|Sí",
            "Consenso marketing|negato",
            "Consenso marketing|No",
            "Disiscritto|Sì",
            "Non contattare|Sì",
            "Consentimento|revogado",
            "Descadastrado|Sim",
            "Não enviar e-mail|Sim",
            "Toestemming|ingetrokken",
            "Toestemming mailing|Nee",
            "Uitgeschreven|Ja",
            "Niet mailen|ja",
            "Samtycke|återkallat",
            "Samtycke|Nej",
            "Avregistrerad|Ja",
            "Ingen reklam|Ja",
            "Samtykke|trukket",
            "Frameldt|Ja",
            "Suostumus|Ei",
            "Markkinointikielto|Kyllä",
            "Zgoda|Nie",
            "Zgoda|wycofana",
            "Wypisany|Tak",
            "Sprzeciw|Tak",
            "Souhlas|Ne",
            "Odhlášen|Ano",
            "Leiratkozott|igen",
            "Dezabonat|Da",
            "Отписан|Да",
            "Согласие на рассылку|Нет",
            "退订|是",
            "配信停止|はい",
            "Spam complaint|true",
            "Complained|2026-01-02",
            "Complaint date|2026-01-02",
            "Contact Opt Out|Yes",
            "Do Not Contact|Yes",
            "Do not contact|requested by phone",
        ];
        const BOUNCED: &[&str] = &[
            "Has hard bounced|Yes",
            "Has hard bounced|true",
            "Hard bounced|2026-01-02",
            "Email Hard Bounce Date|2026-01-02",
            "Email hard bounce reason|MAILBOX_FULL",
            "Bounced|1",
            "Email Bounced|TRUE",
            "EmailBouncedDate|2026-01-02T10:00:00Z",
            "Email bounced reason|550 user unknown",
            "Bounce type|Hard",
            "Bounce Type|hard bounce",
            "Bounce Type|Permanent",
            "Email Suppressions|[\"bounce\"]",
            "Suppression reason|Hard bounced",
            "Subscription status|Bounced",
            "Email status|Bounced",
            "Email Status|undeliverable",
            "Deliverability|hard_bounce",
            "Status|Bounced",
            "Status|Cleaned 2026-01-02",
            "Invalid email|true",
            "Email invalid|Yes",
            "Undeliverable|x",
            "Zustellfehler|Ja",
            "Unzustellbar|Ja",
            "CLEAN_TIME|2026-01-02",
        ];
        const NOTHING: &[&str] = &[
            "Bounced Soft|2026-01-02",
            "Soft bounced|Yes",
            "Bounce Type|Soft",
            "Bounce Type|Soft 2026-01-02",
            "Email bounced|soft",
            "Bounce reason|Mailbox full",
            "Email Suppressions|[]",
            "Email Suppressions|{}",
            "Email Suppressions|0",
            "Email Suppressions|-",
            "Email Suppressions|[ ]",
            "Email Suppressions|null",
            "Opt out|opted-in",
            "Opt out|Opted In",
            "Opt out|not opted out",
            "Unsubscribed|never",
            "Unsubscribed|-",
            "Unsubscribed|0",
            "Unsubscribed|{}",
            "Unsubscribed|[]",
            "Unsubscribed|false",
            "Unsubscribed|0000-00-00",
            "Unsubscribed|subscribed",
            "Unsubscribe date|",
            "Consent withdrawn|No",
            "Consent withdrawn at|-",
            "Consent revoked|false",
            "Consent Status|Given 2026-01-01",
            "Consent status|Granted",
            "Consent date|2026-01-02",
            "Marketing consent|Yes",
            "Marketing consent|granted",
            "Email permission|granted",
            "Email permission|Yes",
            "OK to email|Yes",
            "Can email|true",
            "DND|false",
            "DND|No",
            "Keine Werbung|Nein",
            "Widerspruch|Nein",
            "Has hard bounced|No",
            "Has hard bounced|false",
            "Marked email as spam|No",
            "Marked email as spam|0",
            "Do Not Contact|No",
            "Do not email|false",
            "Accepts Marketing|yes",
            "Subscribed|active",
            "Subscription status|Subscribed",
            "Subscription status|Pending",
            "Email status|verified",
            "Status|New",
            "Status|Working",
            "Lead Status|Open - Not Contacted",
            "State|Texas",
            "Einwilligung|Ja",
            "Consentement|Oui",
            "Consenso|Sì",
            "Zgoda|Tak",
            "Согласие|Да",
            "Blocklisted|☐",
            "Email hash|abc",
            "SMS consent|No",
            "Number of bounces|3",
        ];
        const UNCLEAR: &[&str] = &[
            "Marketing consent|none",
            "Email consent|expired",
            "Consent status|lapsed",
            "Bounce type|Technical",
            "Complaint|late delivery",
        ];
        let mut wrong = Vec::new();
        let all = [
            (OUT, "out"),
            (BOUNCED, "bounced"),
            (NOTHING, ""),
            (UNCLEAR, "unclear"),
        ];
        for (pairs, expect) in all {
            for pair in pairs {
                let (header, cell) = pair.rsplit_once('|').unwrap();
                let key = header_key(header);
                let field = super::super::header::meaning_of(&key);
                let found = match field.and_then(|field| wish_of(field, &key, cell)) {
                    Some(Wish::OptedOut) => "out",
                    Some(Wish::Bounced { .. }) => "bounced",
                    Some(Wish::Unclear) => "unclear",
                    Some(Wish::Soft) | None => "",
                };
                if found != expect {
                    wrong.push(format!(
                        "{pair}: {found:?}, not {expect:?} ({field:?} {key})"
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn a_date_beside_a_soft_bounce_is_its_date() {
        let told = |cells: &[(&str, &str)]| {
            let mut wishes = Wishes::default();
            for (header, cell) in cells {
                let key = header_key(header);
                let field = super::super::header::meaning_of(&key);
                wishes.note(field.and_then(|field| wish_of(field, &key, cell)));
            }
            let mut draft = ContactDraft::default();
            wishes.tell(&mut draft);
            draft.bounced
        };
        assert!(!told(&[
            ("Bounce date", "2026-01-02"),
            ("Bounce type", "Soft")
        ]));
        assert!(told(&[
            ("Bounce date", "2026-01-02"),
            ("Bounce type", "Hard")
        ]));
        assert!(told(&[("Bounce type", "Soft"), ("Hard bounced", "Yes")]));
        assert!(told(&[("Bounce date", "2026-01-02")]));
    }
}
