//! The person's own words: quoted text, signature and small print are taken away.
//!
//! Three kinds of mark are known. A line of `>` is quoted wherever it stands, and what stands between such lines is the
//! person's (inline replies). An attribution ("On ... wrote:") goes with the quote behind it; if what follows it is not marked,
//! everything to the end is the quote (top posting). Mail programs' header blocks and dividers cut everything behind them.
//! A text that begins with the signature mark keeps its signature as the text.

use std::sync::LazyLock;

use serde::Serialize;

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
    let lines: Vec<&str> = text.lines().take(MAX_LINES).map(str::trim_end).collect();
    let mut out = Stripped::default();
    let mut kept: Vec<&str> = Vec::new();
    let mut signature: Vec<&str> = Vec::new();
    let mut in_signature = false;
    let mut at = 0;
    while let Some(line) = lines.get(at).copied() {
        let rest = lines.get(at..).unwrap_or_default();
        if is_marked(line) {
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
        if in_signature {
            signature.push(line);
        } else {
            kept.push(line);
        }
        at += 1;
    }
    if let Some(from) = closing_block(&kept) {
        let block = kept.split_off(from);
        note(&mut out.rules, QuoteRule::Signature);
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
    "mensagem encaminhada", "doorgestuurd bericht", "vidarebefordrat meddelande", "videresendt", "przekazana wiadomosc", "пересылаемое сообщение", "forwarded by", "元のメッセージ", "元のメール", "转发邮件", "reply above this line", "write above this line",
]; }
phrases! { FORWARD_LINES = [
    "begin forwarded message:", "anfang der weitergeleiteten nachricht:", "debut du message reexpedie", "debut du message transfere", "inicio del mensaje reenviado", "inizio messaggio inoltrato", "inicio da mensagem reenviada",
    "inicio da mensagem encaminhada", "begin doorgestuurd bericht", "vidarebefordrat brev", "start pa videresendt", "poczatek przekazywanej wiadomosci", "转发的邮件", "開始轉寄",
]; }
phrases! { FROM_FIELDS = [
    "from", "von", "de", "da", "van", "fran", "fra", "od", "lahettaja", "felado", "kimden", "gonderen", "от", "від", "发件人", "寄件者", "差出人", "보낸 사람", "από", "απο", "odesilatel", "expeditor", "expediteur",
]; }
phrases! { OTHER_FIELDS = [
    "sent", "date", "to", "cc", "subject", "reply-to", "gesendet", "datum", "an", "betreff", "envoye", "date d'envoi", "a", "objet", "enviado", "enviado el", "enviada em", "enviado em", "fecha", "para", "asunto", "assunto", "data", "inviato", "oggetto", "verzonden", "aan", "onderwerp",
    "skickat", "till", "amne", "sendt", "dato", "til", "emne", "wyslano", "do", "temat", "dw", "lahetetty", "vastaanottaja", "aihe", "odeslano", "komu", "predmet", "kuldve", "cimzett", "targy", "gonderme tarihi", "kime", "konu", "tarih", "отправлено", "кому", "тема", "дата", "发送时间", "收件人", "主题", "寄件日期", "收件者", "主旨", "送信日時",
    "宛先", "件名", "보낸 날짜", "받는 사람", "제목", "importance", "wichtigkeit", "envoye le", "a l'attention de", "cci",
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
    if !FROM_FIELDS.get().contains(&first) {
        return false;
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

// Verbs of attributions; those in the first list end the line.
phrases! { END_VERBS = [
    "wrote:", "writes:", "geschrieben:", "said:", "a ecrit :", "a ecrit:", "escribio:", "ha scritto:", "scrisse:", "escreveu:", "schreef:", "schrieb:", "skrev:", "napisal(a):", "napisal:", "napisala:", "pisze:", "napsal(a):", "napsal:", "napsala:", "kirjoitti:", "irta:",
    "пишет:", "написал:", "написала:", "написав:", "sunu yazdi:", "yazdi:", "a scris:", "va escriure:", "έγραψε:", "εγραψε:", "写道:", "寫道:", "作成:", "작성:", "님이 작성:", "のメール:", "書きました:", "napisao je:", "napisala je:", "je napisal:", "rasė:", "rakstija:", "kirjutas:", "skrifaði:", "ha escrito:", "a scris :",
]; }
phrases! { MIDDLE_VERBS = [
    " schrieb ", " schreef ", " skrev ", " wrote ", " het volgende geschreven", " escribio ", " ha scritto ", " a ecrit ", " escreveu ", " følgende:", " folgende:", " folgendes:", " napisal", " geschreven:",
]; }
phrases! { STARTS = [
    "on ", "am ", "le ", "el ", "il ", "em ", "no dia ", "a ", "op ", "den ", "dnia ", "w dniu ", "dne ", "в ", "a(z) ", "pe ", "på ", "pa ", "em qua", "em ter", "em seg", "em sex", "em qui", "il giorno ", "at ", "in data ", "vào ",
]; }

/// Returns how many lines an attribution at the head of `rest` takes.
fn attribution(rest: &[&str]) -> Option<usize> {
    let first = rest.first()?.trim();
    if first.is_empty() || first.len() > 300 {
        return None;
    }
    let mut joined = String::new();
    for (n, line) in rest.iter().take(MAX_ATTRIBUTION_LINES).enumerate() {
        let line = line.trim();
        if line.is_empty() || is_marked(line) {
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
    // Old Gmail: "2026-03-03 10:00 GMT+01:00 Ann Smith <ann@acme.io>:".
    address
        && joined.ends_with(">:")
        && first.starts_with("20")
        && first.get(4..5).is_some_and(|c| c == "-" || c == "/")
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
}

phrases! { DISCLAIMERS = [
    "this email and any", "this e-mail and any", "this email (", "this e-mail (", "this message and any", "this message (", "this email is intended", "this e-mail is intended", "this message is intended", "this email may contain", "this e-mail may contain", "this message may contain", "this email contains", "this e-mail contains", "this message contains",
    "this communication", "this transmission", "the information contained in", "the information in this", "the contents of this", "confidentiality notice", "confidential:", "confidentiality:", "disclaimer", "legal notice", "privileged and confidential", "important notice:", "please consider the environment", "think before you print",
    "diese e-mail", "diese nachricht enthalt", "diese email", "der inhalt dieser e-mail", "vertraulich", "haftungsausschluss", "ce message et", "ce message est", "ce courriel", "cet e-mail", "les informations contenues", "este mensaje y", "este mensaje va", "este mensaje se dirige", "este correo", "la informacion contenida", "aviso legal", "aviso de confidencialidad",
    "questo messaggio", "le informazioni contenute", "questa e-mail", "esta mensagem", "este e-mail", "as informacoes contidas", "dit bericht", "deze e-mail", "de informatie in dit", "detta e-post", "detta meddelande ar", "denne e-mail", "denne e-post", "niniejsza wiadomosc", "wiadomosc ta", "tresc tej wiadomosci",
    "you received this message because", "you are receiving this", "you're receiving this", "to unsubscribe from this group", "you received this email because", "sie erhalten diese e-mail, weil",
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
    starts_paragraph
        && text.len() >= 12
        && DISCLAIMERS
            .get()
            .iter()
            .any(|d| text.starts_with(d.as_str()))
        && (text.len() > 45 || text.len() < 30)
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
