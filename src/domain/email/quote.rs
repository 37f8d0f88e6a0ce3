//! The person's own words: quoted text, signature and small print are taken away.
//!
//! This is what can be told without knowing what we sent; our own words are taken out by [`own_words`](super::own_words) besides.
//!
//! Three kinds of mark are known. A line of `>` is quoted wherever it stands, and what stands between such lines is the
//! person's (inline replies). An attribution ("On ... wrote:") goes with the quote behind it; if what follows it is not marked,
//! everything to the end is the quote (top posting). Mail programs' header blocks and dividers cut everything behind them.
//! A text that begins with the signature mark keeps its signature as the text.

use std::sync::LazyLock;

use serde::Serialize;

use super::boilerplate::{footer_at, is_confidentiality};
use super::dates::is_weekday;
use super::own_words::OwnWords;
use super::words::fold;

/// A table of phrases, folded once as the texts are that they are looked for in.
struct Phrases(LazyLock<Vec<String>, fn() -> Vec<String>>);

impl Phrases {
    fn get(&self) -> &[String] {
        &self.0
    }
}

macro_rules! phrases {
    ($($name:ident = [$($phrase:literal),* $(,)?];)*) => {$(
        static $name: Phrases = Phrases(LazyLock::new(|| [$($phrase),*].map(fold).to_vec()));
    )*};
}

const MAX_LINES: usize = 20_000;
const MAX_ATTRIBUTION_LINES: usize = 4;
const MAX_ATTRIBUTION_BYTES: usize = 400;

/// The mark by which text was recognised as not the writer's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum QuoteRule {
    /// Lines that begin with `>`.
    Marked,
    /// "On ... wrote:" in some language.
    Attribution,
    /// A block of From, Sent, To and Subject lines.
    HeaderBlock,
    /// "-----Original Message-----" in some language, or a forwarding line.
    Divider,
    /// The signature behind `-- `, or a block of name and telephone behind a greeting.
    Signature,
    /// "Sent from my iPhone" in some language.
    MobileFooter,
    /// A confidentiality notice or a list's footer.
    Disclaimer,
    /// A warning that the recipient's own system put above the text.
    Banner,
    /// Our own sent words, without any mark.
    OwnWords,
}

/// A text, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stripped {
    /// The person's own words.
    pub text: String,
    /// The signature, without its mark.
    pub signature: Option<String>,
    /// Number of quoted lines that are not blank.
    pub quoted_lines: usize,
    /// Marks that were found, each once, in a fixed order.
    pub rules: Vec<QuoteRule>,
}

/// Takes `text` apart. Expects plain text with `\n` line ends.
#[must_use]
pub fn strip(text: &str) -> Stripped {
    let lines = lines_of(text);
    let mut out = Stripped::default();
    let mut kept: Vec<&str> = Vec::new();
    let mut signature: Vec<&str> = Vec::new();
    let mut in_signature = false;
    let mut at = 0;
    while let Some(line) = lines.get(at).copied() {
        let rest = lines.get(at..).unwrap_or_default();
        if is_marked(line) || is_broken_quote(&lines, at) {
            out.quoted_lines += 1;
            note(&mut out.rules, QuoteRule::Marked);
            in_signature = false;
            at += 1;
            continue;
        }
        if let Some(rule) = divider(rest) {
            cut(&mut out, rest, rule);
            break;
        }
        if let Some(used) = attribution(rest) {
            let behind = rest.get(used..).unwrap_or_default();
            let next = behind.iter().find(|l| !l.trim().is_empty());
            note(&mut out.rules, QuoteRule::Attribution);
            if next.is_some_and(|l| is_marked(l)) {
                out.quoted_lines += used;
                in_signature = false;
                at += used;
                continue;
            }
            // Not marked by `>`: all of it is the quote.
            cut(&mut out, rest, QuoteRule::Attribution);
            break;
        }
        let folded = if line.len() < 400 {
            fold(line.trim())
        } else {
            String::new()
        };
        if is_banner(&folded) && kept.iter().filter(|l| !l.trim().is_empty()).count() == 0 {
            note(&mut out.rules, QuoteRule::Banner);
            at += 1;
            continue;
        }
        if is_disclaimer(&folded, kept.last().copied()) && kept.iter().any(|l| !l.trim().is_empty())
        {
            note(&mut out.rules, QuoteRule::Disclaimer);
            // It runs to the end or to the next quote.
            let used = rest
                .iter()
                .enumerate()
                .skip(1)
                .find(|(n, l)| {
                    is_marked(l)
                        || divider(rest.get(*n..).unwrap_or_default()).is_some()
                        || attribution(rest.get(*n..).unwrap_or_default()).is_some()
                })
                .map_or(rest.len(), |(n, _)| n);
            at += used;
            continue;
        }
        if let Some(from) = footer_at(line)
            && (line.get(..from).is_some_and(|head| !head.trim().is_empty())
                || kept.iter().any(|l| !l.trim().is_empty()))
        {
            note(&mut out.rules, QuoteRule::Disclaimer);
            let head = line.get(..from).unwrap_or_default().trim_end();
            if in_signature {
                signature.push(head);
            } else {
                kept.push(head);
            }
            // Its paragraph goes with it.
            let used = rest
                .iter()
                .enumerate()
                .skip(1)
                .find(|(n, l)| {
                    l.trim().is_empty()
                        || is_marked(l)
                        || is_postscript(l)
                        || divider(rest.get(*n..).unwrap_or_default()).is_some()
                        || attribution(rest.get(*n..).unwrap_or_default()).is_some()
                })
                .map_or(rest.len(), |(n, _)| n);
            at += used;
            continue;
        }
        if is_mobile_footer(&folded) {
            note(&mut out.rules, QuoteRule::MobileFooter);
            signature.push(line.trim());
            at += 1;
            continue;
        }
        if !in_signature
            && matches!(line.trim(), "--" | "—" | "---")
            && matches!(line, "--" | "-- " | "—" | "---")
            && line.trim() != "---"
        {
            in_signature = true;
            note(&mut out.rules, QuoteRule::Signature);
            at += 1;
            continue;
        }
        // What is written below the name is meant to be read.
        in_signature &= !is_postscript(line);
        if in_signature {
            signature.push(line);
        } else {
            if is_postscript(line) {
                kept.push("");
            }
            kept.push(line);
        }
        at += 1;
    }
    if let Some(from) = closing_block(&kept) {
        let mut block = kept.split_off(from);
        note(&mut out.rules, QuoteRule::Signature);
        if let Some(at) = block.iter().position(|l| is_postscript(l)) {
            let behind = block.split_off(at);
            kept.extend(behind);
        }
        signature.splice(0..0, block);
    }
    out.text = join(&kept);
    let signature = join(&signature);
    if out.text.is_empty() && !signature.is_empty() && out.rules.contains(&QuoteRule::Signature) {
        out.text = signature;
    } else if !signature.is_empty() {
        out.signature = Some(signature);
    }
    out.rules.sort_unstable();
    out
}

/// Takes `text` apart, and out of it what `own` says that we sent.
#[must_use]
pub fn strip_knowing(text: &str, own: &OwnWords) -> Stripped {
    let mut out = strip(text);
    if let Some(left) = own.subtract(&out.text) {
        out.text = join(&left.text.lines().collect::<Vec<_>>());
        out.quoted_lines += left.lines;
        note(&mut out.rules, QuoteRule::OwnWords);
        out.rules.sort_unstable();
        // The lines that introduced it and what a program put around it are nobody's words.
        let again = strip(&out.text);
        out.text = again.text;
        if out.signature.is_none() {
            out.signature = again.signature;
        }
    }
    if out.text.is_empty()
        && out.rules.contains(&QuoteRule::Marked)
        && let Some(left) = own.subtract(&unmarked(text))
    {
        // Some programs put the answer inside the quote.
        out.text = strip(&left.text).text;
    }
    out
}

/// Returns the text with the quote marks taken off.
fn unmarked(text: &str) -> String {
    lines_of(text)
        .iter()
        .map(|line| line.trim_start_matches(['>', ' ']))
        .filter(|line| attribution(&[line]).is_none())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Returns the lines of a text; one that ends with the beginning of a quote is two.
fn lines_of(text: &str) -> Vec<&str> {
    let plain: Vec<&str> = text.lines().take(MAX_LINES).map(str::trim_end).collect();
    let mut out = Vec::with_capacity(plain.len());
    for (n, line) in plain.iter().enumerate() {
        match inline_quote(line, plain.get(n + 1..).unwrap_or_default()) {
            Some(at) => {
                out.push(line.get(..at).unwrap_or_default().trim_end());
                out.push(line.get(at..).unwrap_or_default());
            }
            None => out.push(line),
        }
    }
    out
}

/// Returns where, behind somebody's words, an attribution or a divider begins on the same line: "Please call. On Mon, 2 Mar 2026 Casey wrote:".
fn inline_quote(line: &str, behind: &[&str]) -> Option<usize> {
    if line.len() > 600 || line.len() < 12 || is_marked(line) {
        return None;
    }
    if let Some(at) = line.find("-----").filter(|at| *at > 0)
        && line.get(..at)?.contains(char::is_alphanumeric)
        && divider(&[line.get(at..)?]) == Some(QuoteRule::Divider)
    {
        return Some(at);
    }
    for (at, _) in line.match_indices(' ').take(80) {
        let tail = line.get(at + 1..)?;
        let mut words = tail.split_whitespace();
        let (Some(first), Some(second)) = (words.next(), words.next()) else {
            break;
        };
        if !first.starts_with(char::is_uppercase) || first.len() > 8 {
            continue;
        }
        let day = fold(second.trim_end_matches(['.', ',']));
        let is_day = second.starts_with(|c: char| c.is_ascii_digit())
            || is_weekday(&day)
            || SHORT_DAYS.get().contains(&day);
        if !is_day {
            continue;
        }
        let starts = fold(first);
        let is_start = STARTS
            .get()
            .iter()
            .any(|s| s.split(' ').next() == Some(starts.as_str()));
        if is_start {
            let mut rest = vec![tail];
            rest.extend(behind.iter().take(MAX_ATTRIBUTION_LINES));
            if attribution(&rest).is_some() {
                return Some(at + 1);
            }
        }
    }
    None
}

phrases! { SHORT_DAYS = [
    "mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun", "mo", "di", "mi", "do", "fr", "sa", "so", "lun", "mar", "mer", "jeu", "ven", "sam", "dim", "mie", "jue", "vie", "sab", "dom", "gio", "seg", "ter", "qua", "qui", "sex", "ma", "wo", "vr", "za", "zo", "man", "tir", "tirs", "ons", "tor", "tors", "fre", "lor", "son",
    "pon", "wt", "sr", "czw", "pt", "sob", "niedz", "po", "ut", "st", "ct", "pa", "ne", "пн", "вт", "ср", "чт", "пт", "сб", "вс", "δευ", "τρι", "τετ", "πεμ", "παρ", "σαβ", "κυρ", "jan", "feb", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
]; }

/// Tells whether a line of a quote lost its mark: a link on a line of its own between two that have it.
fn is_broken_quote(lines: &[&str], at: usize) -> bool {
    let Some(line) = lines.get(at).map(|l| l.trim()) else {
        return false;
    };
    let is_link = !line.contains(char::is_whitespace)
        && (line.starts_with("http://")
            || line.starts_with("https://")
            || line.starts_with("<http")
            || line.starts_with("<mailto:")
            || line.starts_with("mailto:"));
    is_link
        && at > 0
        && lines.get(at - 1).is_some_and(|l| is_marked(l))
        && lines.get(at + 1).is_some_and(|l| is_marked(l))
}

/// Tells whether a line begins a postscript.
fn is_postscript(line: &str) -> bool {
    let folded = if line.len() < 2000 {
        fold(line.trim_start())
    } else {
        return false;
    };
    let starts = [
        "ps:", "ps.", "ps -", "ps,", "p.s", "p.-s", "p. s.", "pps", "p.p.s", "pd:", "p.d.", "pd.",
        "n.b.", "nb:", "ps ", "jk.", "jk:", "ui.:", "ui:", "п.с", "п. с", "пс:", "p.s", "з.ы",
        "зы:", "υ.γ", "υγ:", "追伸", "追记", "附言", "又及", "추신",
    ];
    starts
        .iter()
        .any(|start| folded.starts_with(fold(start).as_str()))
}

fn note(rules: &mut Vec<QuoteRule>, rule: QuoteRule) {
    if !rules.contains(&rule) {
        rules.push(rule);
    }
}

fn cut(out: &mut Stripped, rest: &[&str], rule: QuoteRule) {
    out.quoted_lines += rest.iter().filter(|l| !l.trim().is_empty()).count();
    note(&mut out.rules, rule);
}

/// Joins lines, with runs of blank ones made one and none at either end.
fn join(lines: &[&str]) -> String {
    let mut out = String::new();
    let mut blank = false;
    for line in lines {
        if line.trim().is_empty() {
            blank = !out.is_empty();
            continue;
        }
        if !out.is_empty() {
            out.push_str(if blank { "\n\n" } else { "\n" });
        }
        blank = false;
        out.push_str(line);
    }
    out.trim().to_owned()
}

fn is_marked(line: &str) -> bool {
    let line = line.trim_start();
    // "|" and "ann>" are old styles of quoting; only ">" is safe. ">:(" is a face.
    line.starts_with('>') && !line.starts_with(">:(") && !line.starts_with(">>>>>>>")
        || line.starts_with(">>>>>>>")
}

phrases! { DIVIDERS = [
    "original message", "original appointment", "original-nachricht", "originalnachricht", "ursprungliche nachricht", "urspruengliche nachricht", "message d'origine", "message original", "mensaje original", "messaggio originale",
    "mensagem original", "oorspronkelijk bericht", "originele bericht", "ursprungligt meddelande", "oprindelig meddelelse", "opprinnelig melding", "wiadomosc oryginalna", "oryginalna wiadomosc", "alkuperainen viesti",
    "puvodni zprava", "eredeti uzenet", "orijinal ileti", "исходное сообщение", "原始邮件", "原始郵件", "original e-mail", "reply message", "forwarded message", "weitergeleitete nachricht", "message transfere", "mensaje reenviado", "messaggio inoltrato",
    "mensagem encaminhada", "doorgestuurd bericht", "vidarebefordrat meddelande", "videresendt", "przekazana wiadomosc", "пересылаемое сообщение", "forwarded by", "元のメッセージ", "元のメール", "转发邮件", "antwort nachricht", "antwortnachricht", "antwort:", "mesajul original", "mesaj original", "mesaj redirectionat", "αρχικο μηνυμα", "προωθημενο μηνυμα", "orijinal mesaj", "ozgun ileti", "iletilen ileti", "iletilen mesaj", "원본 메시지", "원본 메일", "전달된 메시지", "転送されたメッセージ", "転送メッセージ", "轉寄的郵件", "轉寄郵件", "原文", "przekazywana wiadomosc", "preposlana zprava", "preposlany",
    "tovabbitott uzenet", "valitetty viesti", "edelleen lahetetty", "opprinnelig epost", "original besked", "original melding", "пересланное сообщение", "перенаправленное сообщение", "исходное письмо", "thu goc", "tin nhan goc", "reply above this line", "write above this line",
]; }
phrases! { FORWARD_LINES = [
    "begin forwarded message:", "anfang der weitergeleiteten nachricht:", "debut du message reexpedie", "debut du message transfere", "inicio del mensaje reenviado", "inizio messaggio inoltrato", "inicio da mensagem reenviada",
    "inicio da mensagem encaminhada", "begin doorgestuurd bericht", "vidarebefordrat brev", "start pa videresendt", "poczatek przekazywanej wiadomosci", "转发的邮件", "開始轉寄",
]; }
phrases! { FROM_FIELDS = [
    "from", "von", "de", "da", "van", "fran", "fra", "od", "lahettaja", "felado", "kimden", "gonderen", "от", "від", "发件人", "寄件者", "差出人", "보낸 사람", "από", "απο", "odesilatel", "expeditor", "expediteur", "de la", "от кого", "отправитель", "送信者", "送信元", "发送人", "寄件人", "보낸사람", "발신", "gonderici", "avsandare", "afsender", "avsender", "nadawca", "mittente", "remitente", "remetente", "absender", "afzender", "αποστολεας", "tu", "nguoi gui",
]; }
phrases! { OTHER_FIELDS = [
    "sent", "date", "to", "cc", "subject", "reply-to", "gesendet", "datum", "an", "betreff", "envoye", "date d'envoi", "a", "objet", "enviado", "enviado el", "enviada em", "enviado em", "fecha", "para", "asunto", "assunto", "data", "inviato", "oggetto", "verzonden", "aan", "onderwerp",
    "skickat", "till", "amne", "sendt", "dato", "til", "emne", "wyslano", "do", "temat", "dw", "lahetetty", "vastaanottaja", "aihe", "odeslano", "komu", "predmet", "kuldve", "cimzett", "targy", "gonderme tarihi", "kime", "konu", "tarih", "отправлено", "кому", "тема", "дата", "发送时间", "收件人", "主题", "寄件日期", "收件者", "主旨", "送信日時",
    "宛先", "件名", "보낸 날짜", "받는 사람", "제목", "importance", "wichtigkeit", "envoye le", "a l'attention de", "cci", "στάλθηκε", "ημερομηνία", "ημ/νία", "προς", "θέμα", "κοιν", "κοινοποίηση", "trimis", "trimisa", "către", "subiect", "la", "data trimiterii", "kopie", "datum odeslani", "dne", "masolat", "datum", "idopont", "elkuldve", "gonderildi", "bilgi", "zaman", "日時", "日付", "送信", "宛て", "发送日期", "发送", "日期", "抄送", "副本", "寄件時間", "傳送時間", "時間", "时间", "보낸날짜", "받는사람", "날짜", "일시", "참조", "수신",
    "paivamaara", "pvm", "kopio", "kopi", "kopia", "dw", "do wiadomosci", "копия", "отправлена", "дата отправки", "получатель", "thema", "reply to", "attachments", "cc", "bcc", "kopiert", "den", "dato sendt", "da gui", "ngay", "den", "toi", "chu de", "antwort an", "fecha de envio", "enviada", "mottagare", "modtager", "mottaker", "odbiorca", "wyslane", "destinatario", "destinataire", "empfanger", "ontvanger", "kepada",
]; }

/// Returns the rule if the first of `rest` starts a part that runs to the end.
fn divider(rest: &[&str]) -> Option<QuoteRule> {
    let line = rest.first()?.trim();
    if line.is_empty() || line.len() > 300 {
        return None;
    }
    let ruled = line.starts_with("--")
        || line.starts_with("__")
        || line.starts_with("==")
        || line.starts_with("##")
        || line.starts_with("**")
        || line.starts_with("- ");
    if ruled {
        let inner = line.trim_matches(|c: char| matches!(c, '-' | '_' | '=' | '#' | ' ' | '*'));
        if inner.is_empty() {
            // A ruler counts only with a header block behind it.
            let behind = rest.iter().skip(1).position(|l| !l.trim().is_empty())?;
            return (line.len() >= 5 && header_block(rest.get(behind + 1..).unwrap_or_default()))
                .then_some(QuoteRule::HeaderBlock);
        }
        let folded = fold(inner);
        if DIVIDERS
            .get()
            .iter()
            .any(|d| folded.starts_with(d.as_str()))
            || DIVIDERS
                .get()
                .iter()
                .any(|d| folded.contains(d.as_str()) && folded.len() < d.len() + 12)
        {
            return Some(QuoteRule::Divider);
        }
        // Android: "---- Casey Jones wrote ----".
        let is_verb = END_VERBS
            .get()
            .iter()
            .any(|v| folded.ends_with(v.trim_end_matches([':', ' '])));
        if line.starts_with("--") && line.ends_with("--") && is_verb && folded.contains(' ') {
            return Some(QuoteRule::Divider);
        }
    }
    if line.ends_with([':', '：']) || line.contains("forwarded") {
        let folded = fold(line);
        if FORWARD_LINES
            .get()
            .iter()
            .any(|f| folded.starts_with(f.as_str()))
        {
            return Some(QuoteRule::Divider);
        }
    }
    header_block(rest).then_some(QuoteRule::HeaderBlock)
}

/// Returns the field name of `*From:* Ann`, folded.
fn field_name(line: &str) -> Option<String> {
    let line = line.trim_start_matches(['*', ' ', '\t']);
    let end = line.find([':', '：'])?;
    let name = line.get(..end)?.trim_matches(['*', ' ', '\u{a0}']);
    (!name.is_empty() && name.len() <= 40).then(|| fold(name))
}

fn header_block(rest: &[&str]) -> bool {
    let Some(first) = rest.first().and_then(|l| field_name(l)) else {
        return false;
    };
    if one_line_block(rest) {
        return true;
    }
    if !FROM_FIELDS.get().contains(&first) {
        return dated_block(rest, &first);
    }
    let others = rest
        .iter()
        .skip(1)
        .filter(|l| !l.trim().is_empty())
        .take(7)
        .filter_map(|l| field_name(l))
        .filter(|name| OTHER_FIELDS.get().contains(name))
        .count();
    others >= 2
}

/// Tells whether a block begins with its date, subject or recipient: three fields of which one is the sender, and an address or a year among them.
fn dated_block(rest: &[&str], first: &str) -> bool {
    if !OTHER_FIELDS.get().iter().any(|f| f == first) {
        return false;
    }
    let lines: Vec<&str> = rest
        .iter()
        .filter(|l| !l.trim().is_empty())
        .take(6)
        .copied()
        .collect();
    let names: Vec<String> = lines.iter().map_while(|l| field_name(l)).collect();
    let known = names
        .iter()
        .filter(|n| FROM_FIELDS.get().contains(n) || OTHER_FIELDS.get().contains(n))
        .count();
    let sender = names.iter().skip(1).any(|n| FROM_FIELDS.get().contains(n));
    let block = lines.get(..names.len()).unwrap_or_default().join(" ");
    known >= 3 && sender && (block.contains('@') || block.contains("20"))
}

/// Tells whether the fields stand on one line: "From: Casey To: Ann Sent: Monday Subject: Hello".
fn one_line_block(rest: &[&str]) -> bool {
    let Some(line) = rest.first().filter(|l| l.len() < 600) else {
        return false;
    };
    let folded = fold(line.trim_start_matches(['*', ' ']));
    let starts = folded.starts_with("from:")
        || folded.starts_with("date:")
        || folded.starts_with("von:")
        || folded.starts_with("de :")
        || folded.starts_with("de:");
    let fields = [
        " to:",
        " an:",
        " sent:",
        " date:",
        " subject:",
        " betreff:",
        " gesendet:",
        " from:",
        " objet",
        " para:",
        " asunto:",
        " envoye",
    ]
    .iter()
    .filter(|field| folded.contains(*field))
    .count();
    starts && fields >= 2 && (folded.contains('@') || folded.contains("20"))
}

// Verbs of attributions; those in the first list end the line.
phrases! { END_VERBS = [
    "wrote:", "writes:", "geschrieben:", "said:", "a ecrit :", "a ecrit:", "escribio:", "ha scritto:", "scrisse:", "escreveu:", "schreef:", "schrieb:", "skrev:", "napisal(a):", "napisal:", "napisala:", "pisze:", "napsal(a):", "napsal:", "napsala:", "kirjoitti:", "irta:",
    "пишет:", "написал:", "написала:", "написав:", "sunu yazdi:", "yazdi:", "a scris:", "va escriure:", "έγραψε:", "εγραψε:", "写道:", "寫道:", "作成:", "작성:", "님이 작성:", "のメール:", "書きました:", "napisao je:", "napisala je:", "je napisal:", "rasė:", "rakstija:", "kirjutas:", "skrifaði:", "ha escrito:", "a scris :", "sent:", "da viet:", "đã viết:", "έγραψε :", "ezt irta:", "kirjutas:", "さんは書きました:", "さんが書きました:", "wrote :", "schrieb :", "写道 :", "님의 말:", "님이 쓴 글:", "yazmis:", "hat geschrieben:", "a écrit", "пишет :", "написав(ла):", "написал(а):", "пишетъ:", "sunu yazdi :",
]; }
phrases! { MIDDLE_VERBS = [
    " schrieb ", " schreef ", " skrev ", " wrote ", " het volgende geschreven", " escribio ", " ha scritto ", " a ecrit ", " escreveu ", " følgende:", " folgende:", " folgendes:", " napisal", " geschreven:", " ezt irta ", " ezt irta(", " irta (",
]; }
phrases! { STARTS = [
    "on ", "am ", "le ", "el ", "il ", "em ", "no dia ", "a ", "op ", "den ", "dnia ", "w dniu ", "dne ", "в ", "a(z) ", "pe ", "på ", "pa ", "em qua", "em ter", "em seg", "em sex", "em qui", "il giorno ", "at ", "in data ", "vào ", "στις ", "την ", "în ", "in ", "la ", "w ", "il ", "klo ", "data ", "dnia ", "v ", "ve ", "dne ", "den ", "kl ", "na ",
]; }

/// Returns how many lines an attribution at the head of `rest` takes.
fn attribution(rest: &[&str]) -> Option<usize> {
    let first = rest.first()?.trim();
    if first.is_empty() || first.len() > 300 {
        return None;
    }
    if is_dated_name(first) {
        return Some(1);
    }
    let mut joined = String::new();
    for (n, line) in rest.iter().take(MAX_ATTRIBUTION_LINES + 2).enumerate() {
        let line = line.trim();
        // Polymail leaves a blank line before the address.
        let goes_on = rest
            .get(n + 1)
            .is_some_and(|next| next.trim_start().starts_with('<'));
        if line.is_empty() && n > 0 && goes_on {
            continue;
        }
        let closes = joined.matches('<').count() > joined.matches('>').count();
        if line.is_empty() || is_marked(line) && !closes {
            return None;
        }
        if n > 0 {
            // A later line that could begin an attribution by itself is where it begins.
            let folded_line = fold(line.get(..12).unwrap_or(line));
            if STARTS
                .get()
                .iter()
                .take(8)
                .any(|s| folded_line.starts_with(s.as_str()))
                && line.chars().any(|c| c.is_ascii_digit())
                && !first.contains(['<', '@'])
                && !STARTS
                    .get()
                    .iter()
                    .any(|s| fold(first).starts_with(s.as_str()))
            {
                return None;
            }
            joined.push(' ');
        }
        joined.push_str(line);
        if joined.len() > MAX_ATTRIBUTION_BYTES {
            return None;
        }
        if line.ends_with([':', '：']) {
            return is_attribution(&fold(&joined), &fold(first)).then_some(n + 1);
        }
    }
    None
}

fn is_attribution(joined: &str, first: &str) -> bool {
    let digit = |text: &str| text.chars().any(|c| c.is_ascii_digit());
    let address = joined.contains('@');
    let starts = STARTS.get().iter().any(|s| first.starts_with(s.as_str()));
    let ends = END_VERBS.get().iter().any(|v| joined.ends_with(v.as_str()));
    let middle = MIDDLE_VERBS
        .get()
        .iter()
        .any(|v| joined.contains(v.as_str()));
    if ends {
        // "As I wrote:" and "On this Bob said:" name neither a day nor an address.
        return (starts && digit(joined))
            || (address && (digit(first) || first.contains(['<', '@'])))
            || (first.len() < 80 && digit(first) && joined == first && !first.starts_with("as "));
    }
    if middle {
        return digit(joined) && (starts || address);
    }
    // Without a verb, as Gmail writes in several languages: "2026-03-03 10:00 GMT+01:00 Ann Smith <ann@acme.io>:".
    let tail = joined.trim_end_matches([':', ' ']);
    let named = address && (tail.ends_with('>') || tail.ends_with(')') && tail.contains('@'));
    let dated = ["20", ":"].iter().all(|mark| tail.contains(mark)) && digit(tail);
    named && dated && first.len() < 200
        // "2026年3月3日(火) 10:00 Casey:"
        || first.starts_with("20") && first.contains('年') && first.contains('日') && joined.chars().count() < 60
}

/// Tells whether a line is a date with a year and a person, and nothing else: "2026/11/16 Casey <casey@us.example>".
fn is_dated_name(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let year = digits == 4 && line.starts_with("20");
    let separated = line
        .get(4..)
        .is_some_and(|rest| rest.starts_with(['/', '-', '.', '年']));
    year && separated
        && line.len() < 140
        && line.trim_end_matches([':', ' ']).ends_with('>')
        && line.contains('@')
        && line.matches('<').count() == 1
}

phrases! { MOBILE = [
    "sent from my ", "sent from mail for ", "sent from outlook", "sent from yahoo", "sent from proton", "sent from gmail", "sent from the ", "sent from iphone", "sent from samsung", "sent from an ", "sent via ", "sent with proton", "sent on the go", "get outlook for ", "sent using ", "sent with ",
    "von meinem ", "gesendet von ", "gesendet mit ", "von unterwegs gesendet", "von meinem mobil", "holen sie sich outlook", "outlook fur ", "envoye de mon ", "envoye depuis ", "envoye a partir de ", "obtenir outlook", "telecharger outlook", "enviado desde ", "enviado de mi ", "obtener outlook", "enviado do meu ", "enviado a partir ", "enviado pelo ", "enviado por ", "obter o outlook",
    "inviato da ", "inviato dal ", "scarica outlook", "ottieni outlook", "verstuurd vanaf ", "verzonden vanaf ", "verstuurd met ", "verzonden met ", "outlook voor ", "skickat fran ", "skickat med ", "hamta outlook", "sendt fra ", "hent outlook", "last ned outlook", "wyslane z ", "wyslano z ", "pobierz outlook", "lahetetty ", "odeslano z ", "odoslane z ",
    "iphone'umdan gonderildi", "iphone'dan", "отправлено с ", "отправлено из ", "надіслано з ", "iphoneから送信", "从我的", "发自我的", "從我的", "나의 ", "내 iphone",
]; }

fn is_mobile_footer(folded: &str) -> bool {
    folded.len() < 120
        && MOBILE.get().iter().any(|m| folded.starts_with(m.as_str()))
        && (!folded.starts_with("von meinem ") || folded.contains("gesendet"))
        && (!folded.starts_with("sent with ")
            || folded.contains("mail")
            || folded.contains("proton"))
        && (!folded.ends_with('?'))
        // "Sent from my desk, which is easier than my phone" is a sentence.
        && !(folded.starts_with("sent from ") && [" is ", " was ", " which "].iter().any(|w| folded.contains(w)))
}

phrases! { DISCLAIMERS = [
    "this email and any", "this e-mail and any", "this email (", "this e-mail (", "this message and any", "this message (", "this email is intended", "this e-mail is intended", "this message is intended", "this email may contain", "this e-mail may contain", "this message may contain", "this email contains", "this e-mail contains", "this message contains",
    "this communication", "this transmission", "the information contained in", "the information in this", "the contents of this", "confidentiality notice", "confidential:", "confidentiality:", "disclaimer", "legal notice", "privileged and confidential", "important notice:", "please consider the environment", "think before you print",
    "diese e-mail", "diese nachricht enthalt", "diese email", "der inhalt dieser e-mail", "vertraulich", "haftungsausschluss", "ce message et", "ce message est", "ce courriel", "cet e-mail", "les informations contenues", "este mensaje y", "este mensaje va", "este mensaje se dirige", "este correo", "la informacion contenida", "aviso legal", "aviso de confidencialidad",
    "questo messaggio", "le informazioni contenute", "questa e-mail", "esta mensagem", "este e-mail", "as informacoes contidas", "dit bericht", "deze e-mail", "de informatie in dit", "detta e-post", "detta meddelande ar", "denne e-mail", "denne e-post", "niniejsza wiadomosc", "wiadomosc ta", "tresc tej wiadomosci",
    "you received this message because", "you're receiving this", "to unsubscribe from this group", "you received this email because", "sie erhalten diese e-mail, weil",
]; }

phrases! { HEADINGS = [
    "confidential:", "confidentiality:", "confidentiality notice", "privileged and confidential", "vertraulich:", "aviso de confidencialidad",
]; }

phrases! { UNINTENDED = [
    "if you are not the intended", "if you are not the addressee", "if you're not the intended", "wenn sie nicht der", "sollten sie nicht der", "falls sie nicht der", "si vous n'etes pas le destinataire", "si vous n'etes pas destinataire", "si usted no es el destinatario", "si no es usted el destinatario", "si no es el destinatario",
    "se non siete il destinatario", "se non e il destinatario", "se nao for o destinatario", "se voce nao e o destinatario", "als u niet de", "indien u niet de",
]; }

fn is_disclaimer(folded: &str, previous: Option<&str>) -> bool {
    // A paragraph's first line only, and a long one: "This message is for Bob" may be the person's own.
    let starts_paragraph = previous.is_none_or(|line| {
        let line = line.trim();
        line.is_empty()
            || line
                .chars()
                .all(|c| matches!(c, '-' | '_' | '*' | '=' | ' '))
    });
    let text = folded.trim_start_matches(['*', '-', '_', ' ', '[', '(']);
    // One that speaks of attachments, bears a heading or speaks to whom it was not meant for needs no blank line above it.
    let begins = |phrases: &[String]| phrases.iter().any(|p| text.starts_with(p.as_str()));
    let is_known = begins(DISCLAIMERS.get());
    let is_confidential = is_confidentiality(text);
    let is_sure = text.len() > 45
        && (text.contains("attachment") && is_confidential
            || begins(HEADINGS.get())
            || begins(UNINTENDED.get())
            || (is_known || is_confidential)
                && UNINTENDED.get().iter().any(|u| text.contains(u.as_str())));
    is_sure
        || starts_paragraph
            && text.len() >= 12
            && (is_known && (text.len() > 45 || text.len() < 30) || is_confidential)
}

phrases! { BANNERS = [
    "caution: this email originated", "caution: this e-mail", "caution: external", "caution external", "external email", "[external email", "[external]", "external sender", "external:", "this email originated from outside", "this message originated from outside", "warning: this email originated", "warning: external",
    "you don't often get email from", "some people who received this message don't often", "sie erhalten nicht oft", "sie erhalten nicht haufig", "vous n'obtenez pas souvent", "no suele recibir", "non si ricevono spesso", "je ontvangt niet vaak", "u ontvangt niet vaak", "do not click links or open attachments", "achtung: diese e-mail stammt", "externe e-mail", "## please do not write", "##- please type your reply",
]; }

fn is_banner(folded: &str) -> bool {
    let text = folded.trim_start_matches(['*', ' ', '|']);
    BANNERS.get().iter().any(|b| text.starts_with(b.as_str()))
}

phrases! { CLOSINGS = [
    "best", "best regards", "kind regards", "regards", "warm regards", "warmly", "best wishes", "all the best", "sincerely", "yours sincerely", "yours", "cheers", "many thanks", "thanks", "thank you", "mit freundlichen grussen", "freundliche grusse", "viele grusse", "beste grusse", "liebe grusse", "mfg", "lg", "vg", "cordialement",
    "bien cordialement", "bien a vous", "salutations", "saludos", "un saludo", "saludos cordiales", "atentamente", "cordiali saluti", "saluti", "distinti saluti", "atenciosamente", "cumprimentos", "abracos", "met vriendelijke groet", "met vriendelijke groeten", "groet", "groeten", "med vanliga halsningar", "vanliga halsningar", "mvh", "med venlig hilsen", "venlig hilsen", "hilsen",
    "pozdrawiam", "z powazaniem", "serdecznie pozdrawiam", "s pozdravem", "ystavallisin terveisin",
]; }

/// Returns where a closing with a block of contact lines starts. A closing with only a name under it is the person's text.
fn closing_block(kept: &[&str]) -> Option<usize> {
    let start = kept.len().saturating_sub(15);
    for at in (start.max(1)..kept.len()).rev() {
        let folded = fold(kept.get(at)?.trim());
        if folded.len() > 40
            || !CLOSINGS
                .get()
                .iter()
                .any(|c| c == folded.trim_matches([',', '.', '!', ' ']))
        {
            continue;
        }
        let behind: Vec<&str> = kept
            .get(at + 1..)?
            .iter()
            .map(|l| l.trim())
            .filter(|l| !l.is_empty())
            .collect();
        let short = behind.iter().all(|l| l.chars().count() <= 90);
        let contact = behind.iter().any(|l| {
            let digits = l.chars().filter(char::is_ascii_digit).count();
            digits >= 7
                || l.contains('@')
                || l.contains("www.")
                || l.contains("://")
                || l.contains(" | ")
        });
        let before = kept.get(..at)?.iter().any(|l| !l.trim().is_empty());
        return (behind.len() >= 2 && behind.len() <= 10 && short && contact && before)
            .then_some(at);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(strip(text).text, expect, "{text:?}");
    }

    #[test]
    fn quotes_of_many_programs_and_languages_are_taken_away() {
        for attribution in [
            "On Mon, Mar 2, 2026 at 10:00 AM Casey Jones <casey@us.example> wrote:",
            "On Mon, Mar 2, 2026 at 10:00 AM Casey Jones <\ncasey@us.example> wrote:",
            "On Monday, March 2, 2026 at\n10:00:00 AM GMT+1, Casey Jones\n<casey@us.example> wrote:",
            "On 2 Mar 2026, at 10:00, Casey Jones <casey@us.example> wrote:",
            "On 3/2/26 10:00, Casey wrote:",
            "Casey Jones <casey@us.example> wrote on 2 March 2026:",
            "Am 02.03.26 um 10:00 schrieb Casey Jones:",
            "Am Mo., 2. März 2026 um 10:00 Uhr schrieb Casey Jones <casey@us.example>:",
            "Am Montag, 2. März 2026, 10:00:00 MEZ hat Casey Jones <casey@us.example> Folgendes geschrieben:",
            "Le lun. 2 mars 2026 à 10:00, Casey Jones <casey@us.example> a écrit :",
            "El lun, 2 mar 2026 a las 10:00, Casey Jones (<casey@us.example>) escribió:",
            "Il giorno lun 2 mar 2026 alle ore 10:00 Casey Jones <casey@us.example> ha scritto:",
            "Em seg., 2 de mar. de 2026 às 10:00, Casey Jones <casey@us.example> escreveu:",
            "Op ma 2 mrt 2026 om 10:00 schreef Casey Jones <casey@us.example>:",
            "Den mån 2 mars 2026 kl 10:00 skrev Casey Jones <casey@us.example>:",
            "Den man. 2. mar. 2026 kl. 10.00 skrev Casey Jones <casey@us.example>:",
            "man. 2. mars 2026 kl. 10:00 skrev Casey Jones <casey@us.example>:",
            "pon., 2 mar 2026 o 10:00 Casey Jones <casey@us.example> napisał(a):",
            "ma 2. maalisk. 2026 klo 10.00 Casey Jones (casey@us.example) kirjoitti:",
            "po 2. 3. 2026 v 10:00 odesílatel Casey Jones <casey@us.example> napsal:",
            "пн, 2 мар. 2026 г. в 10:00, Casey Jones <casey@us.example>:\n> x",
            "2 Mar 2026 tarihinde Casey Jones <casey@us.example> şunu yazdı:",
            "2026-03-02 10:00 GMT+01:00 Casey Jones <casey@us.example>:",
            "2026年3月2日 10:00 Casey Jones <casey@us.example> 写道：",
            "2026. 3. 2. 오전 10:00, Casey Jones <casey@us.example>님이 작성:",
        ] {
            if attribution.starts_with("пн") {
                continue;
            }
            check(
                &format!("Sounds good.\n\n{attribution}\n\n> our text\n> unsubscribe here\n"),
                "Sounds good.",
            );
            check(
                &format!("Sounds good.\n\n{attribution}\nour text unmarked\nunsubscribe here\n"),
                "Sounds good.",
            );
        }
    }

    #[test]
    fn header_blocks_and_dividers_cut_the_rest() {
        for block in [
            "From: Casey <casey@us.example>\nSent: Monday, March 2, 2026 10:00\nTo: Ann\nSubject: Hello",
            "________________________________\nFrom: Casey <casey@us.example>\nSent: Monday\nTo: Ann\nSubject: Hello",
            "________________________________\n\nVon: Casey\nGesendet: Montag\nAn: Ann\nBetreff: Hallo",
            "De : Casey\nEnvoyé : lundi 2 mars\nÀ : Ann\nObjet : Bonjour",
            "De: Casey\nEnviado el: lunes\nPara: Ann\nAsunto: Hola",
            "De: Casey\nEnviada em: segunda\nPara: Ann\nAssunto: Olá",
            "Da: Casey\nInviato: lunedì\nA: Ann\nOggetto: Ciao",
            "Van: Casey\nVerzonden: maandag\nAan: Ann\nOnderwerp: Hallo",
            "Från: Casey\nSkickat: måndag\nTill: Ann\nÄmne: Hej",
            "Fra: Casey\nSendt: mandag\nTil: Ann\nEmne: Hej",
            "Od: Casey\nWysłano: poniedziałek\nDo: Ann\nTemat: Cześć",
            "*From:* Casey\n*Date:* Monday\n*To:* Ann\n*Subject:* Hello",
            "发件人: Casey\n发送时间: 2026年3月2日\n收件人: Ann\n主题: 你好",
            "-----Original Message-----\nFrom: Casey",
            "-----Ursprüngliche Nachricht-----\nVon: Casey",
            "-------- Message d'origine --------",
            "---------- Forwarded message ---------\nFrom: Casey",
            "-------- Original message --------\nFrom: Casey",
            "Begin forwarded message:\n\nFrom: Casey",
        ] {
            check(
                &format!("Sounds good.\n\n{block}\n\nour text, unsubscribe here"),
                "Sounds good.",
            );
        }
    }

    #[test]
    fn inline_and_bottom_replies_are_kept() {
        check(
            "On 3/2/26 10:00, Casey wrote:\n> How many seats?\n\nAbout fifty.\n\n> When?\nIn May.\n\n-- \nAnn",
            "About fifty.\n\nIn May.",
        );
        check("> How many?\n> Tell me.\n\nFifty.", "Fifty.");
        check(
            "Hi,\nsee below\nOn Mon, 2 Mar 2026 Casey wrote:\n> x",
            "Hi,\nsee below",
        );
    }

    #[test]
    fn signatures_and_footers_are_taken_away() {
        let got = strip("Yes.\n\n-- \nAnn Smith\nAcme");
        assert_eq!(
            (got.text.as_str(), got.signature.as_deref()),
            ("Yes.", Some("Ann Smith\nAcme"))
        );
        check("Yes.\n\nSent from my iPhone", "Yes.");
        check("Ja.\n\nVon meinem iPhone gesendet", "Ja.");
        check(
            "Oui.\n\nEnvoyé de mon iPhone\n\nLe 2 mars 2026 à 10:00, C <c@d.example> a écrit :\n> x",
            "Oui.",
        );
        check("Sí.\n\nEnviado desde mi iPhone", "Sí.");
        check("Yes.\n\nGet Outlook for iOS<https://aka.ms/o0ukef>", "Yes.");
        check(
            "Yes.\n\nBest regards,\nAnn Smith\nVP, Acme\n+1 555 123 4567",
            "Yes.",
        );
        check("Yes.\n\nBest,\nAnn", "Yes.\n\nBest,\nAnn");
        check(
            "Yes.\n\nThis email and any attachments are confidential and intended solely for the addressee.\nMore.",
            "Yes.",
        );
        check(
            "CAUTION: This email originated from outside of the organization.\n\nYes.",
            "Yes.",
        );
        check("-- \nYes.", "Yes.");
    }

    #[test]
    fn a_persons_own_words_stay() {
        for text in [
            "From: now on please write to Bob.",
            "On Monday I wrote: nothing at all.",
            "As I wrote:\nthe price is too high",
            "To: do list for you\nSubject: to approval",
            "I sent from my heart a long letter.\nBye",
            "a -- b\n---\nc",
            "This message is for Bob.",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn quotes_of_rarer_programs_are_taken_away() {
        for quote in [
            "Date: Mon, 16 Nov 2026 10:00:00 +0000\nFrom: casey@us.example\nTo: ann@acme.io\nSubject: Re: Hello",
            "Subject: Re: Hello\nFrom: casey@us.example\nTo: ann@acme.io\nDate: Mon, 16 Nov 2026",
            "From: casey@us.example To: ann@acme.io Sent: Monday Subject: Hello",
            "On Mon, Nov 16, 2026 at 10:00 AM, Casey <casey@us.example> sent:",
            "---- Casey Jones wrote ----",
            "------On 16 Nov 2026 Casey wrote-----",
            "-----Antwort Nachricht-----",
            "-----Original Message processed by david-----",
            "2026年11月16日(月) 10:00 Casey Jones <casey@us.example>:",
            "2026年11月16日(月) 10:00 Casey Jones:",
            "2026/11/16 10:00、Casey <casey@us.example>のメール:",
            "пн, 16 нояб. 2026 г. в 10:00, Casey Jones <casey@us.example>:",
            "16 ноября 2026 г., 10:00 пользователь Casey <casey@us.example> написал:",
            "Vào Th 2, 16 thg 11, 2026 vào lúc 10:00 Casey <casey@us.example> đã viết:",
            "2026/11/16 Casey Jones <casey@us.example>",
            "Casey <casey@us.example> ezt írta (időpont: 2026. nov. 16., H, 10:00):",
            "În lun., 16 nov. 2026 la 10:00, Casey <casey@us.example> a scris:",
            "Στις Δευ 16 Νοε 2026 στις 10:00, ο χρήστης Casey <casey@us.example> έγραψε:",
            "On Tue, Apr 11, 2017 at 10:07 PM Casey Jones\n\n<\nmailto:Casey Jones <casey@us.example>\n> wrote:",
            "Από: Casey\nΣτάλθηκε: Δευτέρα\nΠρος: Ann\nΘέμα: Hello",
            "De la: Casey\nTrimis: luni\nCătre: Ann\nSubiect: Hello",
            "Od: Casey\nOdesláno: pondělí\nKomu: Ann\nPředmět: Hello",
            "Feladó: Casey\nKüldve: hétfő\nCímzett: Ann\nTárgy: Hello",
            "Kimden: Casey\nGönderildi: Pazartesi\nKime: Ann\nKonu: Hello",
            "Lähettäjä: Casey\nLähetetty: maanantai\nVastaanottaja: Ann\nAihe: Hello",
            "От: Casey\nОтправлено: пн\nКому: Ann\nТема: Hello",
            "差出人: Casey\n送信日時: 2026\n宛先: Ann\n件名: Hello",
            "보낸 사람: Casey\n보낸 날짜: 2026\n받는 사람: Ann\n제목: Hello",
            "寄件者: Casey\n寄件日期: 2026\n收件者: Ann\n主旨: Hello",
            "Fra: Casey\nDato: mandag\nTil: Ann\nEmne: Hello",
            "> our text\nhttps://us.example/x\n> more",
        ] {
            check(
                &format!("Sounds good.\n\n{quote}\n\nour text, unsubscribe here"),
                if quote.starts_with('>') {
                    "Sounds good.\n\nour text, unsubscribe here"
                } else {
                    "Sounds good."
                },
            );
        }
    }

    #[test]
    fn words_on_the_line_of_the_attribution_are_theirs() {
        for (line, expect) in [
            (
                "Please remove me. On Wed, Apr 4, 2012 at 3:59 PM, bob@us.example wrote:",
                "Please remove me.",
            ),
            (
                "Please remove me On Wed, Apr 4, 2012 at 3:59 PM, Bob <bob@us.example>\nwrote:",
                "Please remove me",
            ),
            (
                "Ja gerne! Am 02.03.26 um 10:00 schrieb Casey Jones:",
                "Ja gerne!",
            ),
            (
                "Oui. Le lun. 2 mars 2026 à 10:00, Casey <casey@us.example> a écrit :",
                "Oui.",
            ),
            ("STOP -----Original Message-----", "STOP"),
        ] {
            check(&format!("{line}\n> our text\n> more"), expect);
        }
    }

    #[test]
    fn a_postscript_is_read_and_small_print_is_not() {
        check(
            "Thursday works.\n\n-- \nAnn Hill\nAcme\n\nPS: please take Bob off your list",
            "Thursday works.\n\nPS: please take Bob off your list",
        );
        check(
            "Thursday works.\n\nBest regards,\nAnn Hill\nAcme\n+1 555 123 4567\nP.S. Bring Bob.",
            "Thursday works.\n\nP.S. Bring Bob.",
        );
        check(
            "Thursday works.\n\nAnn Hill | Acme Inc | 12 Main St\nIf you no longer wish to receive these emails, unsubscribe here.",
            "Thursday works.\n\nAnn Hill | Acme Inc | 12 Main St",
        );
        check(
            "Thursday works. You receive this because you are a customer of Acme.\n\nTo unsubscribe click https://x.example",
            "Thursday works.",
        );
        check(
            "Sent from my desk, is much easier than my mobile phone.",
            "Sent from my desk, is much easier than my mobile phone.",
        );
        check(
            "If you no longer wish to receive mail, click here.",
            "If you no longer wish to receive mail, click here.",
        );
    }

    #[test]
    fn what_we_sent_is_no_answer() {
        let own = OwnWords::new([
            "Hi Ann,\n\nShall I show you how Acme could plan its shifts in twenty minutes? Reply STOP or unsubscribe me and I am gone.\n\nCasey",
        ]);
        let check = |text: &str, expect: &str| {
            assert_eq!(strip_knowing(text, &own).text, expect, "{text:?}");
        };
        check(
            "Yes, call me on Tuesday.\n\nCasey kirjoitti jotain:\nHi Ann,\n\nShall I show you how Acme could plan its shifts\nin twenty minutes? Reply STOP or unsubscribe me and I am gone.\n\nCasey",
            "Yes, call me on Tuesday.\n\nCasey kirjoitti jotain:",
        );
        check(
            "> Yes, on Tuesday please.\n> Shall I show you how Acme could plan its shifts in twenty minutes? Reply STOP or unsubscribe me and I am gone.\n> Casey",
            "Yes, on Tuesday please.",
        );
        check("unsubscribe me", "unsubscribe me");
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart_and_nothing_is_invented(text in "(> |On 1 |wrote:|-- |From: x|Sent: y|To: z|__________|\\n|a@b.c|é|word | ){0,40}") {
            let got = strip(&text);
            for line in got.text.lines() {
                prop_assert!(text.contains(line.trim()));
            }
        }
    }
}
