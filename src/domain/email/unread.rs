//! Text that nobody here can read: scripts and languages that neither the model nor the lexicon knows.
//!
//! A language is told by letters and words that none of the languages that are read has. It need not be told which one it is.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;

/// The reason that is shown.
pub const REASON: &str = "they wrote in a language CaseyOS does not read";

const MAX_CHARS: usize = 4000;
/// Words up to which a text is a short one.
const SHORT: usize = 6;
/// Words and letters up to which a last line of another script below a text may be a name.
const NAME_WORDS: usize = 3;
const NAME_CHARS: usize = 20;

/// Letters of Latin and Cyrillic alphabets that no language has that is read.
const LETTERS: &str = "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹơư \
    іїєґўђћџљњјѓќѕәғқңөұүһӣӯҷҳ þðħġəľĺŕŵŷļķģņėįųđāēīū";

/// Words of such languages, as they are written.
static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    // Croatian, Serbian, Bosnian, Slovenian; Slovak; Catalan, Galician, Basque; Lithuanian, Latvian, Estonian; Bulgarian, Macedonian, Serbian;
    // Indonesian, Malay, Filipino, Swahili; Albanian, Icelandic, Afrikaans, Welsh, Irish, Maltese, Azerbaijani, Esperanto, Zulu, Uzbek.
    "molim molimo hvala odjavite odjavi odjava odjaviti odjavu uklonite uklonimo izbrišite obrišite brišite prestanite slati šaljite nemojte više popisa \
     mejlove mailove zainteresiran zainteresirani zainteresovan želim želimo primati vaše vaših nego također takođe poštovani poštovanje pozdrav nisam \
     nismo hvala prosimo spoštovani odstranite izbrišite pošiljajte pošiljati prenehajte želite obveščanja sporočil zanima pozdravljeni \
     ne-želim nikoli \
     odhláste odhlásiť odstráňte vymažte nechcem nechceme ďakujem ďakujeme zoznamu neposielajte posielať posielajte záujem deň pozdravom prestaňte \
     kontaktovať nekontaktujte viac nemáme-záujem správy prajem \
     doneu-me donin-me doni'm donar-me vull volem rebre més correus gràcies gracies sisplau siusplau llista elimineu-me elimini'm esborreu esborri'm \
     esborreu-me deixeu deixin d'enviar-me amb però vostra vostres aquest aquesta ningú salutacions estic estem nosaltres baixa-me plau \
     grazas máis unha deixen deixade dende \
     mesedez eskerrik dut nahi gehiago mezu mezurik kendu zerrendatik ez-dut bidali \
     ačiū prašau prašome daugiau nenoriu nesiųskite nebesiųskite laiškų atsisakyti išbraukite sveiki noriu ištrinkite sąrašo \
     lūdzu paldies vairs nevēlos nesūtiet izņemiet saraksta vēstules izdzēsiet \
     palun aitäh tänan ärge saatke eemaldage nimekirjast enam rohkem soovi kirju kustutage tere \
     моля няма желая получавам имейл имейли имейлите повече съм което който това изпращайте изпращате премахнете отпишете абонамента благодаря списъка \
     вашия искам молам благодарам отстранете листата ве од престанете спрете здравейте пишете \
     молим хвала нисам више одјавите уклоните престаните \
     tolong mohon terima kasih berhenti jangan kirim kirimkan mengirim saya kami tidak hapus dari daftar anda untuk lagi berlangganan yang dengan \
     keluarkan senarai \
     huwag salamat ako aking ninyo padalhan alisin mga paki nang \
     tafadhali asante usinitumie barua ondoa kwenye orodha sitaki acheni msinitumie \
     faleminderit lutem dërgoni hiqni listës nuk dua \
     vinsamlegast ekki hættið póst afskrá takk-fyrir mér \
     asseblief dankie moenie verwyder julle ek \
     diolch gwelwch peidiwch anfon tynnwch rhestr \
     thoil bain \
     jogħġbok grazzi jekk \
     zəhmət göndərməyin siyahıdan \
     bonvolu dankon sendu forigu \
     ngicela ngiyabonga iltimos rahmat yubormang"
        .split_whitespace()
        .collect()
});

/// Tells whether a text is, for a good part, in a script or a language that is not read here. Text without letters is not.
#[must_use]
pub fn is_unread(text: &str) -> bool {
    let text: String = text
        .nfc()
        .take(MAX_CHARS)
        .flat_map(char::to_lowercase)
        .collect();
    is_of_other_script(&text) || is_of_other_language(&text)
}

fn is_of_other_script(text: &str) -> bool {
    let lines: Vec<&str> = text
        .lines()
        .filter(|l| l.contains(char::is_alphabetic))
        .collect();
    let count = |line: &&str| line.split_whitespace().count();
    let said = match lines.split_last() {
        Some((name, head))
            if count(name) <= NAME_WORDS
                && name.chars().count() <= NAME_CHARS
                && head.iter().map(count).sum::<usize>() >= NAME_WORDS =>
        {
            head
        }
        _ => lines.as_slice(),
    };
    let letters = || {
        let all = said.iter().flat_map(|line| line.chars());
        all.filter(|c| c.is_alphabetic())
    };
    let other = letters().filter(|c| !is_read(*c)).count();
    other >= 2 && other * 5 >= letters().count()
}

/// Tells whether a letter is of a script that is read: Latin, Greek, Cyrillic, Chinese, Japanese, Korean, and signs that look like letters.
fn is_read(c: char) -> bool {
    matches!(
        u32::from(c),
        0..0x0530 | 0x1100..0x1200 | 0x1C80..0x1C90 | 0x1D00..0x2E00 | 0x3000..0xA000 | 0xA640..0xA800 | 0xA960..0xA980
            | 0xAB30..0xAB70 | 0xAC00..0xD800 | 0xF900..0xFB10 | 0xFE30..0xFE50 | 0xFF00..0x10000 | 0x1D400..0x1D800 | 0x1F100..
    )
}

fn is_of_other_language(text: &str) -> bool {
    let is_part =
        |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '@' | '.' | '/' | '_');
    let words: Vec<&str> = text
        .split(|c: char| !is_part(c))
        .map(|word| word.trim_matches(['\'', '’', '-', '.', '_']))
        .filter(|word| word.chars().any(char::is_alphabetic) && !word.contains(['@', '/', '.']))
        .collect();
    let hits = words.iter().filter(|word| is_other(word)).count();
    let total = words.len();
    if total <= SHORT {
        hits > 0 && hits * 3 >= total
    } else {
        hits >= 2 && hits * 6 >= total
    }
}

fn is_other(word: &str) -> bool {
    // Of the languages that are read, Russian has its hard sign before a soft vowel only; Bulgarian has it as a vowel.
    let is_hard = word.char_indices().any(|(at, c)| {
        c == 'ъ' && {
            let next = word
                .get(at + c.len_utf8()..)
                .and_then(|rest| rest.chars().next());
            !matches!(next, Some('е' | 'ё' | 'ю' | 'я'))
        }
    });
    is_hard || WORDS.contains(word) || word.chars().any(|c| !c.is_ascii() && LETTERS.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_languages_that_nobody_reads_are_told() {
        for text in [
            "กรุณาหยุดส่งอีเมลถึงฉัน",
            "ขอบคุณ วันอังคารสะดวก",
            "من فضلك توقف عن إرسال الرسائل",
            "אנא הסירו אותי מרשימת התפוצה",
            "कृपया मुझे ईमेल भेजना बंद करें",
            "দয়া করে আমাকে ইমেল পাঠাবেন না",
            "தயவுசெய்து நிறுத்துங்கள்",
            "გთხოვთ, აღარ მომწეროთ",
            "Խնդրում եմ այլևս չգրել ինձ",
            "እባክዎ መላክ ያቁሙ",
            "Будь ласка, не пишіть мені більше",
            "Видаліть мене зі списку",
            "Моля, не ми изпращайте повече имейли",
            "Молим вас, уклоните ме са листе",
            "Ве молам отстранете ме од листата",
            "Vui lòng ngừng gửi email cho tôi",
            "Hủy đăng ký",
            "Molim vas, odjavite me s popisa",
            "Ne, hvala.",
            "Prosím, odhláste ma zo zoznamu",
            "Nemám záujem, ďakujem",
            "Si us plau, doneu-me de baixa",
            "No vull rebre més correus",
            "Palun ärge mulle rohkem kirju saatke",
            "Lūdzu, nesūtiet man vairs vēstules",
            "Prašau daugiau nesiųskite man laiškų",
            "Tolong jangan kirim email lagi",
            "Vinsamlegast hættið að senda mér póst",
            "Tafadhali msinitumie barua pepe",
            "Regards\n\nโปรดหยุดส่งอีเมลถึงเรา ขอบคุณ ครับ ผม",
        ] {
            assert!(is_unread(text), "{text}");
        }
    }

    #[test]
    fn languages_that_are_read_are_not() {
        for text in [
            "",
            "👍 10:30",
            "Yes, Tuesday works.\nสมชาย ใจดี",
            "Thanks, Tuesday works. Hvala!",
            "Please remove me from your list.",
            "Bitte nehmen Sie mich aus dem Verteiler, danke.",
            "Merci de ne plus m'écrire, cordialement",
            "No me interesa, gracias. Un saludo",
            "Não tenho interesse, obrigado. Mais tarde talvez",
            "Non mi interessa, grazie mille",
            "Geen interesse, bedankt. Stuur maar een mailtje in maart",
            "Nej tack, inte intresserad just nu",
            "Nej tak, ikke interesseret",
            "Nei takk, ikke interessert",
            "Ei kiitos, en ole kiinnostunut",
            "Nie, dziękuję, nie jestem zainteresowany",
            "Děkuji, nemám zájem. Prosím odhlaste mě ze seznamu",
            "Köszönöm, nem érdekel. Kérem, töröljenek a listáról",
            "Mulțumesc, nu sunt interesat deocamdată",
            "Ευχαριστώ, δεν ενδιαφέρομαι",
            "Больше не пишите мне, объявление мне не нужно. Съезд",
            "Teşekkürler, ilgilenmiyorum. Lütfen listeden çıkarın",
            "配信を停止してください。",
            "请把我从名单中删除",
            "더 이상 메일을 보내지 마세요",
        ] {
            assert!(!is_unread(text), "{text}");
        }
    }
}
