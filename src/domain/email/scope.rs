//! Whom a wish to be left alone speaks for, held against the words of the text: addresses that are offered instead are nobody's wish, a writer
//! may name others beside themselves, and only a word for many makes it a firm's or a domain's.

use std::sync::LazyLock;

use super::address::{EmailAddress, is_free_mail_domain};
use super::wish::Scope;
use super::words::fold;

/// Addresses that are looked at in one text.
const MAX_ADDRESSES: usize = 50;
/// Bytes of a text that are looked at.
const MAX_BYTES: usize = 8000;
/// The longest text between two who are named together.
const MAX_BETWEEN_CHARS: usize = 40;

type Table = LazyLock<Vec<String>>;

/// Cues of taking somebody off, and of words that say no.
static REMOVES: Table = LazyLock::new(|| {
    table(
        "remov delet unsubscrib take stop don't dont do_not no_longer eras drop strike never nobody off cancel opt_out leave_out spare \
         losch entfern abmeld austrag nehmen rausnehm streich nicht kein stopp \
         supprim retir desinscri desabonn ne_plus effac rayer raye enlev cess arret \
         elimin borr quit baja dejen deje_de no_ sacar saquen den_de \
         rimuov cancell togli non_ disiscri smett basta \
         remov retir exclu apag nao_ descadastr tirar tirem \
         verwijder schrap uitschrij schrijf haal geen niet wis \
         ta_bort avregistr stryk slut inte fjern slet ikke avmeld afmeld slett meld \
         poist lopet alkaa alka \
         usun wypis wykresl nie_ skas wyrzuc \
         odhlas vymaz smaz odstran vyrad vyskrt nepis neposil \
         torol leirat ne_ vegy tavolit \
         sterg dezabon scoat nu_ \
         διαγραψ διαγραφ αφαιρ μην σταματ \
         удал отпис исключ не_ убер вычеркн прекрат \
         cikar sil kaldir gonderme \
         削除 停止 解除 外し 不要 删除 刪除 退订 退訂 移除 取消 不要 삭제 제외 빼 해지 중단 거부 보내지",
    )
});
/// Cues of somebody to write to instead.
static OFFERS: Table = LazyLock::new(|| {
    table(
        "contact write_to reach get_in_touch talk_to speak_to speak_with ask use instead try forward my_new new_address new_email new_e-mail \
         send_it send_them send_to send_your in_charge responsible right_person keep carry_on continue stay is_fine goes_to address_is \
         wenden schreiben_sie_an schreiben_sie_bitte kontaktier stattdessen lieber neue_adresse neue_e-mail zustandig erreich ansprechpartner behalt \
         contactez ecrivez ecrire_a adressez plutot nouvelle_adresse joindre a_la_place gardez responsable \
         contacte escriba escriban escribe escribid dirija dirijan en_su_lugar nueva_direccion nuevo_correo mantengan apunte \
         contatti contattate contatta scriva scrivete scrivi invece al_posto nuovo_indirizzo nuova_mail rivolg \
         contate escreva escrevam em_vez em_seu_lugar novo_endereco novo_e-mail novo_email fale_com \
         neem_contact mail_naar schrijf_naar in_plaats nieuwe_adres nieuw_adres nieuwe_mail stuur \
         kontakta kontakt skriv_till skriv_til i_stallet istallet i_stedet istedet ny_adress nya_adress nye_adresse ny_adresse ny_e-post \
         ota_yhteytta ottakaa_yhteytta kirjoita sen_sijaan uusi_osoite \
         pisac kontaktowac zamiast nowy_adres \
         kontaktujte piste_na misto nova_adresa novy_mail obratte \
         fordulj irjon irjanak helyette uj_cim keress \
         contactati scrieti in_schimb adresa_noua noua_adresa \
         επικοινωνησ γραψτε αντι_ νεα_διευθυνση \
         обраща обратит пишите_на напишите вместо новыи_адрес свяж \
         iletisime yazin yerine yeni_adres \
         ご連絡 代わりに 新しい 担当 联系 聯繫 改为 改為 新邮箱 新地址 연락 대신 새_주소 담당",
    )
});
/// Words of no and not any more: before an offer's verb they make it a wish.
static NEGATIONS: Table = LazyLock::new(|| {
    table(
        "not don't dont never stop no_longer nicht kein ne plus pas no non nao niet geen inte ikke ei ala alkaa nie ne nem nu δεν μην не 不要 别 勿",
    )
});
/// The writer.
static ME: Table = LazyLock::new(|| {
    table(
        "me myself mine my_address my_email my_e-mail mich mir meine_adresse moi mon_adresse mi mi_direccion mi_correo mim meu_e-mail meu_endereco \
         il_mio_indirizzo mij mijn_adres mig min_adress min_adresse meg minut osoitteeni mnie moj_adres mne engem cimemet pe_mine adresa_mea \
         εμενα μενα меня мои_адрес beni adresimi 私 我 本人 저를 저와 제_주소",
    )
});
/// Words that join two who are named together.
static JOINS: Table = LazyLock::new(|| {
    table(
        "and & + plus also as_well_as und sowie et ainsi_que y e tambien assim_como em en och og samt ja seka i oraz a es valamint si και и ve と 和 及 与 및 와 과 하고 , 、 ، :",
    )
});
/// Words for many.
static MANY: Table = LazyLock::new(|| {
    table(
        "us our we everyone everybody anyone anybody all any no_one nobody none whole entire company firm organisation organization both each every staff \
         team office colleagues domain department business \
         alle allen uns unser wir niemand keiner jeder firma unternehmen gesamt ganze betrieb kolleg haus \
         tous toute tout nous notre personne societe entreprise equipe collegues ensemble aucun \
         todos todas toda todo nos nosotros nuestr nadie empresa compania equipo ningun \
         tutti tutte tutta tutto noi nostr nessuno azienda ditta societa ci_ colleghi \
         ninguem nosso nossa \
         allemaal iedereen niemand ons onze wij bedrijf hele heel \
         alla oss vi var vart vara ingen foretag hela samtliga \
         alle os vores vi firma virksomhed ingen hele \
         vare bedrift selskap firmaet \
         kaikki kaikkia koko yritys yrityks meid meita kukaan ketaan \
         wszyst nas nasz firm cal nikt nikogo \
         vsech vsichni vsechny nas nasi firm cel nikdo nikomu \
         mind ceg egesz minket bennunk senki \
         toti toata tot noi noastr firm compan nimeni niciun \
         ολ εταιρε μας κανεν ολοκληρ \
         все всех всем нас наш компани фирм никт никому \
         herkes tum butun sirket biz hic kimse \
         全員 全社 弊社 当社 私ども 私たち 誰 一同 所有 全部 全体 公司 我们 我們 大家 任何人 전체 모두 전원 저희 회사 우리 누구",
    )
});

/// Reads words, `_` for a space, folded as the texts are; a word that ends in `_` ends there.
fn table(words: &str) -> Vec<String> {
    words
        .split_whitespace()
        .map(|word| fold(&word.replace('_', " ")))
        .collect()
}

/// An address that a sentence names, with its place in it.
struct Mention {
    from: usize,
    to: usize,
    address: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// To be taken off.
    Removed,
    /// To be written to instead.
    Offered,
    /// Neither is said.
    Open,
}

/// Returns the scope of a wish that a model took for `scope`, held against the words of `text`.
#[must_use]
pub fn held_against(scope: Scope, text: &str) -> Scope {
    let end = (0..=text.len().min(MAX_BYTES))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default();
    let folded = fold(&text.get(..end).unwrap_or_default().replace('。', "\n"));
    let found = read(&folded);
    let is_many = has(&folded, &MANY);
    // Where the writer speaks of themselves, an address that only comes up may be the one to write to.
    let has_me = has(&folded, &ME);
    let not_offered = |list: Vec<String>| -> Vec<String> {
        let mut list = list;
        list.retain(|address| {
            let address = address.to_lowercase();
            !found.offered.contains(&address) && (!has_me || !found.open.contains(&address))
        });
        list
    };
    match scope {
        Scope::Domain(domain) => {
            let is_named = found.signs.contains(&domain);
            if is_named || is_many && !found.offered.iter().any(|a| is_at(a, &domain)) {
                return Scope::Domain(domain);
            }
            named(found.removed.clone(), found.with_me)
        }
        Scope::Addresses(list) => named(not_offered(list), found.with_me),
        Scope::MeAnd(list) => named(not_offered(list), true),
        Scope::Firm if is_many => Scope::Firm,
        Scope::Me | Scope::Firm => {
            if let Some(domain) = found.wildcards.first().filter(|_| is_many) {
                return Scope::Domain(domain.clone());
            }
            if found.with_me {
                named(found.removed, true)
            } else {
                Scope::Me
            }
        }
    }
}

fn named(list: Vec<String>, with_me: bool) -> Scope {
    match (list.is_empty(), with_me) {
        (true, _) => Scope::Me,
        (false, true) => Scope::MeAnd(list),
        (false, false) => Scope::Addresses(list),
    }
}

fn is_at(address: &str, domain: &str) -> bool {
    address
        .rsplit_once('@')
        .is_some_and(|(_, host)| host == domain)
}

#[derive(Default)]
struct Found {
    removed: Vec<String>,
    offered: Vec<String>,
    /// Those of which nothing clear is said.
    open: Vec<String>,
    /// Domains that stand after a bare sign, such as `*@acme.example`, and are not offered.
    signs: Vec<String>,
    /// Those of them in a sentence that takes somebody off.
    wildcards: Vec<String>,
    /// True if the writer is named beside an address that is to be taken off.
    with_me: bool,
}

fn read(folded: &str) -> Found {
    let mut found = Found::default();
    let mut before = Role::Open;
    let mut me_alone = false;
    let mut is_taken = false;
    for sentence in sentences(folded) {
        let mentions = mentions(sentence);
        let removes = has(sentence, &REMOVES);
        if mentions.is_empty() {
            me_alone |= removes && has(sentence, &ME) && !has(sentence, &OFFERS);
        }
        for mention in &mentions {
            let role = match role(sentence, mention, &mentions) {
                // One of a list, a line each.
                Role::Open => before,
                role => role,
            };
            before = role;
            let Some((local, host)) = mention.address.rsplit_once('@') else {
                continue;
            };
            if local.chars().all(|c| matches!(c, '*' | '%' | '.' | '-')) {
                if !is_free_mail_domain(host) && role != Role::Offered {
                    found.signs.push(host.to_owned());
                    if removes {
                        found.wildcards.push(host.to_owned());
                    }
                }
                continue;
            }
            if role == Role::Open {
                found.open.push(mention.address.clone());
            }
            let list = match role {
                Role::Offered => &mut found.offered,
                Role::Removed | Role::Open => &mut found.removed,
            };
            if list.len() < MAX_ADDRESSES && !list.contains(&mention.address) {
                list.push(mention.address.clone());
            }
            is_taken |= role == Role::Removed && removes;
            found.with_me |= role == Role::Removed && is_joined(sentence, mention, &mentions);
        }
        if mentions.is_empty() {
            before = if removes { Role::Removed } else { Role::Open };
        }
    }
    let offered = &found.offered;
    found.removed.retain(|address| !offered.contains(address));
    found.with_me |= me_alone && is_taken && offered.is_empty();
    found
}

/// Returns the sentences of a folded text; a full stop within an address ends none.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '!', '?'])
        .flat_map(|line| line.split(". "))
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
}

fn mentions(sentence: &str) -> Vec<Mention> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '%' | '*');
    let mut out: Vec<Mention> = Vec::new();
    for (at, _) in sentence.match_indices('@').take(MAX_ADDRESSES) {
        let head = sentence.get(..at).unwrap_or_default();
        let tail = sentence.get(at + 1..).unwrap_or_default();
        let from = head
            .char_indices()
            .rev()
            .take_while(|(_, c)| is_part(*c) && c.is_ascii())
            .last()
            .map_or(at, |(from, _)| from);
        let host: String = tail
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
            .collect();
        let host = host.trim_end_matches(['.', '-']);
        if !host.contains('.') {
            continue;
        }
        let to = at + 1 + host.len();
        let address = sentence.get(from..to).unwrap_or_default();
        let is_sign = address
            .split('@')
            .next()
            .is_some_and(|local| local.chars().all(|c| matches!(c, '*' | '%' | '.' | '-')));
        let address = match EmailAddress::parse(address) {
            _ if is_sign => address.to_owned(),
            Ok(address) => address.as_str().to_owned(),
            Err(_) => continue,
        };
        out.push(Mention { from, to, address });
    }
    out
}

/// Returns what a sentence says of one of the addresses in it: by the last cue before it, else by the first one behind it.
fn role(sentence: &str, mention: &Mention, mentions: &[Mention]) -> Role {
    let next = mentions
        .iter()
        .map(|m| m.from)
        .filter(|from| *from >= mention.to)
        .min()
        .unwrap_or(sentence.len());
    let head = sentence.get(..mention.from).unwrap_or_default();
    let tail = sentence.get(mention.to..next).unwrap_or_default();
    let clause = tail.split([',', ';']).next().unwrap_or_default();
    if clause.starts_with(|c: char| !c.is_alphanumeric()) && has(clause, &INSTEAD) {
        return Role::Offered;
    }
    let last = |list: &[String]| list.iter().filter_map(|cue| rfind(head, cue)).max();
    match (last(&REMOVES), last(&OFFERS)) {
        (removes, Some(offers)) if removes.is_none_or(|at| at < offers) => {
            // "Do not write to bob@acme.example."
            let words = head.get(..offers).unwrap_or_default();
            let near: Vec<&str> = words.split_whitespace().rev().take(2).collect();
            let negates = near
                .iter()
                .any(|word| NEGATIONS.iter().any(|no| no.trim() == *word));
            if negates {
                Role::Removed
            } else {
                Role::Offered
            }
        }
        (Some(_), _) => Role::Removed,
        (None, _) => {
            let first = |list: &[String]| list.iter().filter_map(|cue| find(tail, cue)).min();
            match (first(&REMOVES), first(&OFFERS)) {
                (removes, Some(offers)) if removes.is_none_or(|at| offers < at) => Role::Offered,
                (Some(_), _) => Role::Removed,
                (None, _) => Role::Open,
            }
        }
    }
}

/// Words behind an address that make it the one to write to.
static INSTEAD: Table = LazyLock::new(|| {
    table(
        "instead is_the_right is_in_charge is_responsible is_my_new is_the_person takes_over ist_zustandig ist_verantwortlich est_responsable \
         es_responsable stattdessen plutot a_la_place en_su_lugar en_cambio invece em_vez em_alternativa in_plaats istallet i_stallet i_stedet istedet \
         sen_sijaan zamiast misto helyette in_schimb вместо yerine 代わりに 대신",
    )
});

/// Tells whether the writer is named beside an address: "me and bob@acme.example", "bob@acme.example and me".
fn is_joined(sentence: &str, mention: &Mention, mentions: &[Mention]) -> bool {
    let start = mentions
        .iter()
        .map(|m| m.to)
        .filter(|to| *to <= mention.from)
        .max()
        .unwrap_or_default();
    let end = mentions
        .iter()
        .map(|m| m.from)
        .filter(|from| *from >= mention.to)
        .min()
        .unwrap_or(sentence.len());
    let head = sentence.get(start..mention.from).unwrap_or_default();
    let tail = sentence.get(mention.to..end).unwrap_or_default();
    let joins = |between: &str| {
        between.chars().count() <= MAX_BETWEEN_CHARS
            && JOINS.iter().any(|join| {
                let join = join.trim();
                let is_sign = !join.starts_with(|c: char| c.is_ascii_alphabetic());
                is_sign && between.contains(join)
                    || between.split_whitespace().any(|word| word == join)
                    || join.contains(' ') && between.contains(join)
            })
            && !has(between, &REMOVES)
            && !has(between, &OFFERS)
    };
    ME.iter().any(|me| {
        let ahead =
            rfind(head, me).is_some_and(|at| joins(head.get(at + me.len()..).unwrap_or_default()));
        let behind = find(tail, me).is_some_and(|at| joins(tail.get(..at).unwrap_or_default()));
        (ahead || behind) && is_whole(if ahead { head } else { tail }, me)
    })
}

/// Tells whether a word stands in a text as a whole word, or is of a script without spaces.
fn is_whole(text: &str, word: &str) -> bool {
    !word.is_ascii()
        || text.match_indices(word).any(|(at, _)| {
            let ends = text
                .get(at + word.len()..)
                .and_then(|rest| rest.chars().next());
            is_start(text, at) && ends.is_none_or(|c| !c.is_alphanumeric())
        })
}

fn has(text: &str, list: &[String]) -> bool {
    list.iter().any(|cue| find(text, cue).is_some())
}

fn find(text: &str, cue: &str) -> Option<usize> {
    places(text, cue).next()
}

fn rfind(text: &str, cue: &str) -> Option<usize> {
    places(text, cue).last()
}

/// Returns where words that begin with a cue stand. Short cues are whole words.
fn places<'t>(text: &'t str, cue: &'t str) -> impl Iterator<Item = usize> + 't {
    text.match_indices(cue).map(|(at, _)| at).filter(move |at| {
        let ends = text
            .get(at + cue.len()..)
            .and_then(|rest| rest.chars().next());
        let is_short = cue.is_ascii() && cue.len() <= 4 && !cue.ends_with(' ');
        is_start(text, *at) && (!is_short || ends.is_none_or(|c| !c.is_alphanumeric()))
    })
}

/// Tells whether a word may begin at a place; scripts without spaces have no beginnings.
fn is_start(text: &str, at: usize) -> bool {
    let is_spaced = |c: char| c.is_alphanumeric() && u32::from(c) < 0x1100;
    let first = text.get(at..).and_then(|rest| rest.chars().next());
    let before = text.get(..at).and_then(|head| head.chars().next_back());
    !first.is_some_and(is_spaced) || before.is_none_or(|c| !is_spaced(c) && c != '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Scope {
        Scope::Addresses(list.iter().map(|a| (*a).to_owned()).collect())
    }

    fn me_and(list: &[&str]) -> Scope {
        Scope::MeAnd(list.iter().map(|a| (*a).to_owned()).collect())
    }

    const ANN: &str = "ann@acme.example";
    const BOB: &str = "bob@acme.example";

    #[test]
    fn the_writer_may_name_others_beside_themselves() {
        for text in [
            "Remove me and ann@acme.example and bob@acme.example.",
            "Please unsubscribe me, ann@acme.example and bob@acme.example.",
            "Take me off your list. Also remove ann@acme.example, bob@acme.example",
            "Please remove me as well as ann@acme.example, bob@acme.example from your list",
            "unsubscribe ann@acme.example, bob@acme.example and me",
            "Bitte löschen Sie mich und ann@acme.example sowie bob@acme.example.",
            "Merci de supprimer moi et ann@acme.example et bob@acme.example",
            "Por favor eliminen a mí y a ann@acme.example, bob@acme.example",
        ] {
            for scope in [Scope::Me, addresses(&[ANN, BOB])] {
                assert_eq!(held_against(scope, text), me_and(&[ANN, BOB]), "{text}");
            }
        }
    }

    #[test]
    fn addresses_alone_are_no_writer() {
        for text in [
            "Please remove ann@acme.example and bob@acme.example.",
            "Stop mailing ann@acme.example and bob@acme.example.",
            "Bitte löschen Sie ann@acme.example und bob@acme.example.",
            "Do not write to ann@acme.example or bob@acme.example any more.",
            "Please remove these from your records:\nann@acme.example\nbob@acme.example",
            "ann@acme.example と bob@acme.example を削除してください",
        ] {
            assert_eq!(
                held_against(addresses(&[ANN, BOB]), text),
                addresses(&[ANN, BOB]),
                "{text}"
            );
        }
    }

    #[test]
    fn an_address_that_is_offered_is_never_suppressed() {
        for text in [
            "Remove me and write to my colleague bob@acme.example instead.",
            "Please remove me. My new address is bob@acme.example.",
            "Take me off the list, use bob@acme.example instead.",
            "Please unsubscribe me and contact bob@acme.example.",
            "Stop writing to me, bob@acme.example is the right person.",
            "Nehmen Sie mich raus und wenden Sie sich an bob@acme.example.",
            "Löschen Sie mich bitte, schreiben Sie stattdessen an bob@acme.example.",
            "Retirez-moi de la liste et contactez bob@acme.example.",
            "Elimíneme de la lista y escriba a bob@acme.example.",
            "Mi cancelli e scriva a bob@acme.example invece.",
            "Haal mij eraf, neem contact op met bob@acme.example.",
            "Удалите меня, пишите на bob@acme.example.",
        ] {
            for scope in [Scope::Me, addresses(&[BOB])] {
                assert_eq!(held_against(scope, text), Scope::Me, "{text}");
            }
        }
        assert_eq!(
            held_against(
                addresses(&[ANN, BOB]),
                "Remove ann@acme.example and write to bob@acme.example instead."
            ),
            addresses(&[ANN])
        );
    }

    #[test]
    fn a_firm_and_a_domain_need_a_word_for_many() {
        let domain = || Scope::Domain("acme.example".to_owned());
        let check = |scope: Scope, text: &str, expect: Scope| {
            assert_eq!(held_against(scope, text), expect, "{text}");
        };
        for text in [
            "Please unsubscribe everyone at our company.",
            "All of us want off.",
            "Nobody at Acme wants these.",
            "Remove the whole firm.",
            "Bitte nehmen Sie unsere Firma aus dem Verteiler.",
            "Retirez toute la société de vos listes.",
        ] {
            check(Scope::Firm, text, Scope::Firm);
        }
        check(
            Scope::Firm,
            "Please remove me.\nAnn Acker\nAcme GmbH",
            Scope::Me,
        );
        for text in [
            "Please unsubscribe *@acme.example.",
            "Remove everybody at @acme.example.",
            "Remove everybody at acme.example.",
        ] {
            check(domain(), text, domain());
        }
        check(Scope::Me, "Remove everybody at @acme.example.", domain());
        check(domain(), "Remove me.\nAnn, acme.example", Scope::Me);
        check(
            domain(),
            "Please remove bob@acme.example.",
            addresses(&[BOB]),
        );
    }
}
