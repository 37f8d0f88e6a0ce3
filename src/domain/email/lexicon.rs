//! The phrases by which a reply is labelled, each with its meaning and weight, and the matcher over words.
//!
//! Notation: words stand in order within one sentence; `a|b` is either word, `?word` may be missing or stand up to three times (`?a|?b` takes any of these words), `*` is up to three words, and a word
//! that ends in `~` matches every word that begins so. Everything is folded (lower case, no accents). The first element of a phrase is always a word.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::words::{Word, fold};

/// The meaning that a phrase speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sense {
    /// Wants no more mail.
    Unsubscribe,
    /// Is away.
    OutOfOffice,
    /// Is angry, threatens, or asks where the address came from.
    Complaint,
    /// Is not who should be asked.
    WrongPerson,
    /// Names who should be asked.
    Referral,
    /// A meeting is settled.
    MeetingConfirmed,
    /// A meeting is proposed or asked for.
    MeetingRequest,
    /// Later.
    NotNow,
    /// No.
    NotInterested,
    /// Too expensive, no budget.
    Price,
    /// The time is wrong.
    Timing,
    /// Uses or prefers another.
    Competitor,
    /// Has no need.
    Need,
    /// Cannot decide.
    Authority,
    /// Doubts us.
    Trust,
    /// Wants to know more, or to go on.
    Interested,
    /// Asks something.
    Question,
    /// Is thankful, no more.
    Thanks,
}

/// One phrase found in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its meaning.
    pub sense: Sense,
    /// Its weight, 0..1.
    pub weight: f64,
    /// The words as they stand in the text.
    pub phrase: String,
    /// Position of its first word.
    pub at: usize,
    /// Number of words that it covers.
    pub len: usize,
}

/// The weight of phrases that stand in every absence notice, and in many other mails: they only bear out a stronger one, or each other.
pub const COURTESY: f64 = 0.4;
/// The weight of a bare word of approval.
pub const APPROVAL: f64 = 0.55;

const PHRASES: &[(Sense, f64, &[&str])] = &[
    (
        Sense::Unsubscribe,
        0.95,
        &[
            "unsubscribe me|us|my|our|from|this|please|immediately|now|asap",
            "please|pls|kindly ?immediately|?just unsubscribe",
            "want|wish|like|prefer|trying|tried|asked to unsubscribe",
            "to be unsubscribed",
            "can't|cannot|couldn't|unable ?to|?not unsubscribe",
            "could not unsubscribe",
            "how can|do|could|would|should i|we unsubscribe",
            "how|where to unsubscribe",
            "i|we want|wish to unsubscribe|off",
            "not|never|still unsubscribed me|us",
            "let me|us unsubscribe",
            "opt me|us out",
            "opting out",
            "want|wish|like|prefer to opt out",
            "want|wish|like|prefer to opt-out",
            "please|pls opt-out|optout ?me|?us",
            "please|pls opt ?me|?us out",
            "i|we opt out",
            "remove|delete|take|strike|erase|drop me|us|my|our * list|lists|mailing|mailings|database|crm|system|records|distribution|sequence|campaign|sequences|contacts",
            "remove|delete this|the|that email|e-mail|address * list|lists|mailing|database|records|system",
            "please|pls|kindly|just|immediately remove|delete me|us",
            "remove me|us please|now|immediately|from|asap|thanks",
            "remove my|our ?personal|?contact|?email|?company|?work|?old email|e-mail|address|name|details|data|contact|information|info|company|domain|organisation|organization|names",
            "delete|erase my|our ?personal|?contact|?email|?company|?work email|e-mail|address|name|details|data|contact|information|info|record|records|company|domain",
            "erasure|deletion|removal of ?all|?any ?of ?my|?our ?personal data|information|details|email|address|name|records",
            "erase|delete|remove ?all|?any ?of ?my|?our|?the personal data|information|details|info",
            "erase|delete|remove everything|anything|all ?data|?information|?the|?info|?details ?that you have|hold|store|keep",
            "right to be ?forgotten|erasure ?forgotten",
            "right to erasure",
            "withdraw|revoke ?my|?our|?any|?all consent",
            "object to ?the|?any|?further|?your processing|use|using|marketing",
            "asked|told|tell|begged|ask you|u * to stop",
            "already unsubscribed",
            "not to ever|contact|email|e-mail|mail|write|message|bother ?contact|?email|?to me|us",
            "can|could|may|how i|we ?please be removed|unsubscribed|deleted|taken|excluded",
            "like|want|wish|prefer|ask|asked|appreciate to be|being taken off",
            "i'm|am|hereby unsubscribing",
            "get ?me|?us off your|this|the ?mailing list",
            "mind removing|taking|deleting|unsubscribing me|us|my|our",
            "like|want|wish|prefer|ask|asked|asking|appreciate|request|need ?to being|be removed|deleted|excluded|unsubscribed",
            "don't|dont|never follow up",
            "don't|dont|never|not call|email|phone|write|text|contact or|and|nor email|call|contact|mail|write|text ?to me|us|again",
            "discontinue|halt|end ?all|?these|?your|?this|?any|?further|?sending emails|e-mails|mails|messages|mailings|contact|communication|communications|correspondence",
            "exclude|spare|omit me|us|my|our from|your|these|all|this|the",
            "don't|dont|never|not send ?me|?us ?any further|more|additional emails|e-mails|messages|mails|mail",
            "unsub me|us|please|pls|now|from|my",
            "please|pls|kindly|just unsub",
            "take me|us|my|our off ?of your|this|the|that|any|all",
            "take me|us off please|now|thanks",
            "take my|our name|email|address|e-mail off",
            "get me|us off your|this|the",
            "stop emailing|mailing|e-mailing|contacting|messaging|spamming|writing|bothering|harassing|pestering|bugging|sending|bombarding|soliciting",
            "stop with the|these|your|this|all emails|mails|messages|spam",
            "stop the|these|your|all|this emails|mails|messages|spam|mail|email|follow-ups|followups|outreach",
            "do not ?ever contact|email|e-mail|mail|write|message|reach|bother|follow|send me|us|this|any|again|anything|to|out|up|more",
            "do not ?ever contact|email|e-mail|mail|message again",
            "don't|dont|never ?ever contact|email|e-mail|mail|message|bother me|us|this|again|any",
            "don't|dont|never ?ever write ?to me|us|again",
            "don't|dont|never|not send me|us any|anything|more|further|another|emails|mails|messages|this",
            "don't|dont|not reach|follow ?out|?up ?to ?me again|anymore",
            "don't|not|no|never want|need|wish|longer ?want|?wish to receive|hear ?any|?anything ?from|?more",
            "don't|not|no want|need|wish|longer ?want|?wish to get ?any|?more|?these|?your|?further|?of|?sales emails|e-mails|mails|messages|mail|spam|newsletters|these",
            "don't|not|no want|need|wish|longer ?want|?wish to be contacted|emailed|mailed|on|part|bothered|disturbed|spammed|added|subscribed|approached|solicited|called",
            "rather|prefer not ?to receive|hear|contacted",
            "rather|prefer not ?to be contacted|emailed|mailed|on",
            "don't want your|any|these|more|further ?more|?of|?your emails|mails|messages|e-mails|email|mail|spam",
            "do not want your|any|these|more|further ?more|?of|?your emails|mails|messages|e-mails|email|mail|spam",
            "stop receiving|getting ?any|?these|?your|?all emails|mails|messages|mail|these|this|newsletters",
            "not wish|want to receive|be contacted|emailed|any|further|more|these|your|emails",
            "no more|further|additional ?of|?these|?your|?such|?sales|?from emails|e-mails|mails|messages|contact|mail|email|communication|communications|correspondence|follow-ups|followups|outreach|spam",
            "leave me|us alone",
            "lose my|this number|email|address|contact",
            "quit emailing|mailing|contacting|messaging|spamming|bothering|sending",
            "cease|refrain ?and|?all|?any|?from * contact|contacting|emailing|communication|communications|emails|sending",
            "cease and desist",
            "cancel my|our|this|the subscription",
            "end|terminate my|our subscription",
            "if you don't stop",
            "contact|email|mail|message me|us again and|or * report|sue|block|lawyer|legal",
            "if you contact|email|mail|message me|us again",
            "blacklist me|us",
            "suppress my|our|this address|email",
            "put|add me|us|my on|to * do-not-contact|suppression",
            "do-not-contact list",
        ],
    ),
    // German
    (
        Sense::Unsubscribe,
        0.95,
        &[
            "melden sie mich|uns * ab",
            "meldet mich|uns * ab",
            "bitte ?um abmeld~",
            "bitte ?sofort|?umgehend abmelden|austragen|abbestellen",
            "mich|uns ?bitte ?von|?aus * abmelden|austragen|abbestellen|loschen|entfernen|streichen",
            "tragen sie mich|uns * aus",
            "trag|tragt mich|uns * aus",
            "nehmen sie mich|uns|meine * verteiler|liste|mailingliste|datenbank|mailverteiler",
            "nimm|nehmt mich|uns * verteiler|liste",
            "streichen sie mich|uns|meine * liste|verteiler",
            "entfernen sie ?bitte mich|uns",
            "entfernen sie ?bitte meine|unsere * daten|adresse|e-mail-adresse|mailadresse|e-mail|email|kontaktdaten|mail",
            "loschen sie ?bitte|?umgehend mich",
            "loschen sie ?bitte|?umgehend|?alle|?sofort meine|unsere|alle|meiner * daten|adresse|e-mail-adresse|mailadresse|e-mail|email|kontaktdaten|mail",
            "loschung ?all|?aller meiner|unserer * daten|adresse",
            "aus ?dem|?ihrem|?eurem|?diesem verteiler|newsletter|mailverteiler ?bitte nehmen|loschen|entfernen|streichen|austragen|abmelden",
            "keine weiteren|mehr ?weiteren e-mails|emails|mails|nachrichten|werbung|anfragen|kontaktaufnahme|newsletter",
            "keine e-mails|emails|mails|nachrichten|werbung ?von|?ihnen mehr",
            "keine|keinerlei weitere|weiteren|weiterer kontaktaufnahme|kontakt|werbung|mail|nachricht|e-mail|email|zusendung|zusendungen",
            "schreiben sie mir|uns ?bitte nicht|nie ?mehr|?wieder|?nochmal",
            "schreib mir ?bitte nicht|nie mehr|wieder",
            "kontaktieren sie mich|uns ?bitte nicht|nie",
            "nicht|nie ?mehr|?wieder|?weiter kontaktieren|anschreiben|kontaktiert|angeschrieben",
            "horen sie auf * schreiben|mailen|senden|schicken|spammen|kontaktieren",
            "hort auf * schreiben|mailen|spammen|senden",
            "lassen sie mich|uns ?bitte in ruhe",
            "unterlassen sie",
            "widerspreche * werbung|nutzung|verwendung|verarbeitung|zusendung|kontaktaufnahme",
            "newsletter abbestellen|abmelden|kundigen",
        ],
    ),
    // French
    (
        Sense::Unsubscribe,
        0.95,
        &[
            "desabonnez|desinscrivez|retirez|supprimez|enlevez|rayez moi|nous|mon|mes|notre",
            "desabonnez-moi|desinscrivez-moi|retirez-moi|enlevez-moi|supprimez-moi|rayez-moi|desabonnez-nous|retirez-nous",
            "me|nous desabonner|desinscrire|retirer|supprimer|enlever|desabonne|desinscris",
            "souhaite|veux|voudrais|desire|souhaitons ?plus etre|recevoir * contacte|contactee|contactes|vos|mails|emails|messages|sollicite|sollicitations|courriels",
            "ne ?me|?nous plus ?me|?nous recevoir|contacter|ecrire|solliciter|envoyer|contactez|ecrivez|sollicitez|envoyez",
            "ne me|nous contactez|ecrivez|envoyez|sollicitez|relancez plus",
            "ne m'ecrivez|m'envoyez|m'contactez|nous plus",
            "ne plus|jamais m'envoyer|m'ecrire|m'importuner|m'adresser|m'appeler",
            "arretez|cessez|cesser|arreter de|d' me|nous|m'ecrire|m'envoyer|contacter|envoyer",
            "suppression|effacement de mes|nos|toutes ?mes ?mes|?nos donnees",
            "arretez|cessez de m'ecrire|m'envoyer|m'importuner|m'appeler",
            "plus de|aucun mails|emails|mail|messages|courriels|e-mail|e-mails",
            "plus aucun mail|email|message|courriel|e-mail",
            "retirer|supprimer|enlever mon|mes|notre adresse|email|coordonnees|nom|donnees|mail",
            "laissez-moi|laissez tranquille",
            "laissez-moi|laissez-nous tranquille|tranquilles",
            "plus jamais ?me contacter|m'ecrire|contactez",
        ],
    ),
    // Spanish
    (
        Sense::Unsubscribe,
        0.95,
        &[
            "darme|darnos|dame|deme|denme|dadme|quiero|solicito ?de ?la ?darme baja",
            "darme|darnos|dame|deme|denme|dar|darse de baja",
            "me|nos doy|damos de baja",
            "dar de baja",
            "eliminenme|eliminadme|eliminame|quitenme|quitame|borrenme|borrame|saquenme|sacame|retirenme",
            "elimine|eliminen|borre|borren|quite|quiten|retire|retiren mi|mis|nuestro|nuestros correo|email|datos|direccion|contacto|mail",
            "no me|nos escriba|escriban|escribas|contacte|contacten|contactes|envie|envien|envies|mande|manden|mandes|molesten|molestes|vuelvan|vuelva|vuelvas",
            "no quiero|deseo|queremos|deseamos recibir|mas ?mas",
            "no ?me ?vuelva|?vuelvan|?vuelvas ?a contactarme|escribirme|enviarme|contactar|molestarme",
            "deje|dejen|deja|dejad de enviar~|escribir~|mandar~|contactar~|molestar~",
            "parar|paren|pare|para de enviar~|escribir~|mandar~",
            "no mas|envien correos|emails|mensajes|mails|correo",
            "cancelar ?la|?mi suscripcion",
            "anular ?la|?mi suscripcion",
            "supresion|eliminacion|cancelacion|borrado de ?todos ?mis|?nuestros ?los datos|correo",
        ],
    ),
    // Italian
    (
        Sense::Unsubscribe,
        0.95,
        &[
            "cancellatemi|cancellami|rimuovetemi|rimuovimi|toglietemi|toglimi|disiscrivetemi|disiscrivimi|eliminatemi",
            "mi cancelli|rimuova|tolga|disiscriva",
            "cancellare|rimuovere|eliminare ?il|?la|?i mio|mia|miei|nostro indirizzo|email|contatto|dati|mail|iscrizione",
            "non voglio|desidero|vogliamo|desideriamo ?piu ricevere|essere|email|piu",
            "non mi|ci scriva|scrivete|scrivere|contatti|contattate|contattare|contattatemi|mandate|inviate|mandi ?piu",
            "non scrivetemi|contattatemi|scrivermi|contattarmi|inviatemi|mandatemi ?piu",
            "smettetela|smettete|smetta|smettila|basta ?di|?con scrivermi|mandarmi|inviarmi|contattarmi|email|mail|scrivere|mandare|inviare|messaggi|spam|le",
            "vorrei|voglio|desidero disiscrivermi|cancellarmi",
            "disiscrivermi",
            "cancellazione|rimozione|eliminazione dei|di|del ?tutti ?i miei|mio|nostri * dati|indirizzo",
        ],
    ),
    // Portuguese
    (
        Sense::Unsubscribe,
        0.95,
        &[
            "remova|remover|remova-me|retire|retire-me|exclua|exclua-me|descadastre|descadastrar|cancele|tire|tire-me ?me|?o|?a|?os meu|minha|meus|nosso|email|e-mail|da|desta|dessa",
            "remova-me|retire-me|exclua-me|descadastre-me|tire-me",
            "me remova|remover|retire|tire|exclua|descadastre|remove",
            "nao quero|desejo|queremos ?mais receber|ser|mais",
            "nao me|nos contate|contacte|escreva|envie|mande|contactem|escrevam|enviem|mandem|perturbe",
            "nao ?entre|?entrem|?volte ?em|?a contato|contactar|escrever|enviar ?comigo|?mais",
            "pare|parem|deixe|deixem de|com enviar|mandar|escrever|contactar|me|spam|emails",
            "cancelar ?a|?minha|?meu inscricao|subscricao|assinatura|cadastro",
            "sem mais emails|e-mails|mensagens",
            "exclusao|remocao|eliminacao dos|de|do ?todos ?os meus|meu|nossos * dados|email|e-mail",
            "retirar|remover|excluir meu|meus|minha|nosso email|e-mail|nome|contato|endereco|dados|cadastro",
        ],
    ),
    // Dutch
    (
        Sense::Unsubscribe,
        0.95,
        &[
            "schrijf|schrijft mij|me|ons ?aub|?alstublieft * uit",
            "meld mij|me|ons ?aub * af",
            "haal|verwijder|schrap|gooi mij|me|ons|mijn|onze",
            "mij|me|ons afmelden|uitschrijven|verwijderen",
            "graag|gelieve|wil ?mij|?me|?ik afmelden|uitschrijven|verwijderen",
            "stuur|mail|stuurt mij|me|ons ?aub geen|niet ?meer|?verdere|?mails",
            "geen mails|e-mails|emails|berichten|mail|e-mail ?van|?meer|?jullie meer|ontvangen",
            "geen verdere|mails mails|e-mails|emails|berichten|meer",
            "niet meer|langer ?te contacteren|benaderen|mailen|benaderd|gemaild|gecontacteerd|ontvangen",
            "stop met mailen|mij|me|sturen|het|spammen|deze",
            "neem|neemt geen|niet contact|meer ?contact ?meer|?op",
            "contacteer|benader|mail mij|me|ons niet ?meer",
            "laat mij|me|ons met rust",
        ],
    ),
    // Swedish, Danish, Norwegian
    (
        Sense::Unsubscribe,
        0.95,
        &[
            "avregistrera|avprenumerera|avanmal mig|oss|min",
            "ta|tag bort mig|oss|min",
            "ta|tag mig|oss|min * bort|listan|lista",
            "vill inte|ej ha|fa|langre|bli|ta|mottaga ?fler|?mer|?langre|?emot",
            "skicka|maila|mejla|kontakta ?mig|?oss inte|ej|aldrig ?mig|?fler|?mer",
            "inga|inte fler mail|mejl|meddelanden|utskick|e-post",
            "sluta maila|mejla|skicka|kontakta|spamma|hora",
            "slet|fjern|frameld|afmeld|meld mig|meg|os|oss|min|mit",
            "meld meg|mig|oss|os av|af",
            "vil ikke ha|have|motta|modtage|kontaktes|fa ?flere",
            "stop|stopp|slutt med a|at sende|sende|maile|kontakte|skrive",
            "ikke kontakt|send|skriv meg|mig|flere|til",
            "kontakt|send|skriv meg|mig ikke|aldri|aldrig",
            "ingen flere mails|mail|e-poster|beskeder|eposter|e-mails",
        ],
    ),
    // Polish
    (
        Sense::Unsubscribe,
        0.95,
        &[
            "wypisz|wypiszcie|wypisac|usun|usuncie|usunac|wykresl|wykreslcie|skreslcie ?prosze mnie|nas|moj|moje|nasz",
            "prosze ?o ?mnie wypis~|usun~|wykresl~",
            "prosze ?wiecej ?juz ?do ?mnie nie ?wiecej|?juz|?do|?mnie pisac|wysylac|kontaktowac|przysylac",
            "nie pisz|piszcie|wysylaj|wysylajcie|przysylaj|przysylajcie|kontaktuj|kontaktujcie",
            "nie chce|zycze|chcemy|zyczymy ?sobie|?juz|?wiecej|?dalej|?od otrzymywac|dostawac|maili|wiadomosci|kontaktu|wiecej|panstwa",
            "przestan|przestancie|prosze ?przestac pisac|wysylac|mi|spamowac|do",
            "rezygnuje z",
            "usuniecie moich|mojego|naszych * danych|adresu",
            "chce|chcialbym|chcialabym sie wypisac",
            "wiecej nie pisac|wysylac|kontaktowac",
        ],
    ),
    // Finnish, Czech, Russian, Turkish, Chinese and Japanese are told by single words; see `SINGLE_OPT_OUTS`.
    (
        Sense::OutOfOffice,
        0.8,
        &[
            "i am|will ?currently|?now|?be out of ?the office|town",
            "i'm|i'll ?currently|?be|?now out of ?the office|town",
            "out of ?the office until|till|from|through|and|with|on|this|starting|between|for|returning",
            "out-of-office",
            "currently|am|i'm|be ?currently on annual|maternity|parental|paternity|sick|vacation|holiday|leave|pto|sabbatical",
            "currently|am|i'm|be ?currently away|ooo|traveling|travelling until|from|with|and|for",
            "with limited|no|restricted|intermittent access to",
            "limited|no access to ?my email|e-mail|mail|emails|messages",
            "will return ?back ?to ?the office|on|in|work",
            "will be ?back ?in|?at ?the office|work",
            "will be back on|in|at|by",
            "be back ?in|?at ?the|?my ?office|?work on|monday|tuesday|wednesday|thursday|friday|in|office",
            "nicht im buro",
            "bin ?ich|?derzeit|?momentan|?aktuell|?zurzeit|?bis * abwesend|urlaub|ausser",
            "abwesend bis|vom|und|von",
            "im urlaub",
            "nicht erreichbar",
            "wieder erreichbar|im|fur|zuruck|da",
            "suis ?actuellement|?en absent|absente|conges|vacances|deplacement",
            "absent|absente jusqu'au|du|jusqu'a|de",
            "absent|absente ?du|?de bureau",
            "de retour le|lundi|mardi|mercredi|jeudi|vendredi|au",
            "estoy ?actualmente|?de|?fuera fuera|vacaciones|oficina|ausente",
            "estare ?de fuera|ausente|vacaciones",
            "fuera de ?la oficina",
            "sono|saro ?attualmente|?in|?fuori assente|ferie|ufficio|sede",
            "fuori ufficio|sede",
            "estou|estarei ?de|?fora|?em ausente|ferias|escritorio|fora",
            "fora do escritorio",
            "ben|afwezig ?ik|?momenteel|?op|?tot|?niet * afwezig|vakantie|kantoor|aanwezig",
            "niet op kantoor|aanwezig",
            "ar ?for|?just|?pa|?inte * semester|franvarande|kontoret|ledig|bortrest",
            "inte pa kontoret",
            "er ?pa|?ikke|?for * ferie|kontoret|fravaerende",
            "jestem|nieobecny|przebywam ?na|?poza * urlopie|biurem|nieobecny|nieobecna",
            "poza biurem",
        ],
    ),
    (
        Sense::OutOfOffice,
        COURTESY,
        &[
            "thank|thanks ?you for your email|e-mail|message|mail",
            "urgent|immediate matters|matter|issues|assistance|inquiries|enquiries|requests|cases|please|contact",
            "dringenden fallen|angelegenheiten",
            "vielen|danke dank|fur ?fur ihre|deine|nachricht|e-mail",
            "en cas d'urgence",
            "caso de|di urgencia|urgenza|urgente",
            "bij|in spoed|dringende",
            "reply|respond|answer to your|you|emails|messages ?email|?message upon|when|on|as my|i|return|soon",
            "when|upon|on i|my return",
        ],
    ),
    (
        Sense::Complaint,
        0.8,
        &[
            "report|reporting|reported ?you|?this|?it|?your|?email|?message as|to|for spam|the|your|spamming|phishing|abuse",
            "report|reporting you",
            "this|it|that|your|you're|are is|email|looks ?is|?like|?just|?pure|?total spam|spamming",
            "is|considered spam",
            "mark|marking|marked|flag|flagging|flagged ?this|?it|?you|?your ?email as spam|junk",
            "harass~ ?me|?us",
            "this|it is harassment",
            "hear|heard from my|our|a lawyer|lawyers|attorney|attorneys|solicitor|solicitors|legal",
            "my|our lawyer|lawyers|attorney|attorneys|solicitor|solicitors|legal ?team|?department|?counsel will|shall be|get|contact|hear|write|act|sue",
            "forwarding|forwarded|forward|passing|pass|passed|handing|handed|sending ?this|?it|?your|?you|?email|?message|?on|?over to my|our lawyer|lawyers|attorney|attorneys|solicitor|solicitors",
            "spam|spamming|spammed me|us",
            "shame on",
            "legal action|steps|proceedings",
            "take|taking you to court",
            "sue you",
            "gdpr violation|complaint|breach|request",
            "violat~ ?of|?the|?my gdpr|can-spam|privacy|law|rights|casl|pecr",
            "can-spam",
            "how|where did|do|have you get|got|obtain|obtained|find|found|have my|our|this email|e-mail|address|contact|details|name|data|number|info|information",
            "where do|did you have|get|got my",
            "never signed|subscribed|opted|asked|agreed|gave|consented|requested",
            "did not|didn't sign|subscribe|opt|ask|consent|agree ?up|?in|?to|?for",
            "unsolicited",
            "data protection authority|officer|agency|commissioner",
            "stop spamming|harassing",
            "sick|tired|fed of|up ?with|?of|?your|?these|?all|?this emails|mails|messages|spam|you|your|with",
            "unacceptable|outrageous|disgusting|disgraceful|unprofessional|shameful",
            "waste|wasting ?of my|our time",
            "fuck|piss off|you",
            "file|filing|filed|lodge a complaint",
            "complaint with|to|against",
            "last warning",
            "scam|scammer|scammers|fraud",
            "abmahnung|rechtsanwalt|anwalt|belastigung|dsgvo|datenschutzbehorde|unverschamt",
            "woher haben sie meine",
            "avocat|harcelement|cnil|rgpd|plainte|inadmissible",
            "abogado|denuncia|denunciar|denunciare|acoso|rgpd|lopd|inaceptable",
            "avvocato|denuncia|molestie|garante|inaccettabile|segnalo",
            "advogado|lgpd|denuncia|inaceitavel",
            "advocaat|avg|klacht|schande",
        ],
    ),
    (
        Sense::WrongPerson,
        0.8,
        &[
            "wrong person|contact|guy|department|address|email|ann|team|company|number",
            "not the right|correct|best|appropriate|proper person|contact|one|guy|fit|department|team|address",
            "isn't|aren't the right|correct|best person|contact",
            "no longer work|working|works|with|at|employed|part|involved|responsible|handle|in",
            "don't|doesn't|not|longer handle|manage|deal|oversee|own that|this|these|with|it|any|such|purchasing|procurement|buying|marketing|sales|software|tools|vendors|suppliers",
            "left the company|firm|organisation|organization|business|team|role",
            "has|have|he|she left ?the|?our company|us|in|firm",
            "not my|our area|department|responsibility|role|job|remit|field",
            "not|longer responsible|in ?in charge|for ?of",
            "someone|somebody else ?who|?handles|?in ?our|?the|?my team|department|handles|company|is",
            "you|must|have|may ?must|?have|?got|?reached|?may the wrong",
            "mistaken|confused|mixed me|identity",
            "nicht ?mehr|?der|?die|?fur zustandig|ansprechpartner|ansprechpartnerin|verantwortlich|richtige",
            "falsche|falscher person|ansprechpartner|adresse|ansprechpartnerin",
            "arbeite|arbeitet nicht mehr",
            "pas ?la|?le bonne|bon personne|interlocuteur|contact|interlocutrice",
            "ne travaille|travaillent plus",
            "plus|pas en charge|responsable",
            "no soy la|el persona|indicada|indicado|responsable|contacto|adecuada",
            "persona equivocada|sbagliata",
            "ya no trabajo|trabaja",
            "non sono la|il persona|referente|responsabile|giusta",
            "non lavoro|lavora piu",
            "nao sou a|o pessoa|responsavel|certa",
            "ja nao|trabalho trabalho|mais",
            "pessoa errada",
            "niet de juiste",
            "verkeerde persoon",
            "niet verantwoordelijk",
            "werk|werkt ?hier|?daar niet meer",
            "fel person",
            "inte ratt|ansvarig person|for",
            "forkert|feil person",
            "nie jestem ?wlasciwa|?odpowiednia|?odpowiedzialny osoba|odpowiedzialny|odpowiedzialna|za",
            "niewlasciwa|zla osoba",
        ],
    ),
    (
        Sense::Referral,
        0.8,
        &[
            "talk|speak|reach|write|refer to|with|out * instead",
            "talk|speak|reach|write to|out|with ?to ?my|?our colleague|boss|manager|cto|ceo|cfo|coo|cmo|ciso|procurement|assistant|partner|counterpart|head|vp|director",
            "contact|ask|email|try|ping|call|message * instead",
            "contact|ask|email|try|ping|talk|speak|reach ?to|?with|?out|?to my|our colleague|boss|manager|cto|ceo|cfo|coo|cmo|procurement|assistant|partner|counterpart|head|team|vp|director",
            "should|could|better|best|please ?better|?best|?to|?please|?just|?rather|?directly talk|speak|contact|reach|email ?out|?to|?with|?directly * who|he|she|they|handles|runs|leads|instead|at|in|our|from",
            "is the right|best|correct person|contact|one|guy",
            "is|are ?now the|our right|best|new person|contact|head|owner",
            "handles|manages|oversees|leads|owns|runs this|that|these|it|our|such",
            "is in charge",
            "better|best off|by talking|speaking|asking|contacting",
            "better|best talking|speaking|asking|contacting ?to|?with",
            "is|are responsible for",
            "cc'ing|cc'd|ccing|copying|copied|looping|loop|adding|added|cced ?in ?my|?our|?here",
            "in copy|cc|cc'd",
            "forwarded|forwarding|forward|passed|passing|pass|sent ?your|?this|?it|?the|?that|?email|?message|?info|?details|?note|?along|?on to|along|on",
            "put|putting you in touch|contact",
            "introduce|introducing you to",
            "connect|connecting you with|to",
            "point|direct|refer|referring|pointing you to|towards|in",
            "wenden sie sich ?bitte an|direkt",
            "wenden sie sich bitte an",
            "ansprechpartner|ansprechpartnerin|zustandig ?fur|?dafur|?hierfur|?ist|?dazu ist|kollege|kollegin|herr|frau",
            "mein|meine|meinem|meiner|unser|unserem|unserer kollege|kollegin|kollegen|chef|chefin",
            "weitergeleitet|weiterleiten ?an",
            "adressez-vous|contactez ?a|?plutot|?mon|?ma|?notre collegue|mon|ma|directement|plutot|a",
            "mon|ma|notre collegue|responsable|chef",
            "transmis|transfere|transmets|transfere ?votre|?le ?message a",
            "contacte|hable|escriba|dirijase|contacta|habla ?con|?a|?al mi|con|a|nuestro",
            "mi companero|companera|colega|jefe|jefa",
            "reenviado|reenvio ?su|?tu|?el a",
            "contatti|contattate|contatta|parli|parlate|scriva|rivolgersi|rivolgiti ?con|?a|?il|?al mio|collega|a|al",
            "inoltrato|inoltro ?la|?a a|al|alla",
            "fale|contacte|contate ?com|?o|?a meu|com|minha|colega",
            "encaminhei|encaminhado",
            "neem contact op met",
            "mijn collega",
            "doorgestuurd",
            "min kollega",
            "vidarebefordrat|videresendt",
            "moj|moja|mojego|moim kolega|kolezanka|kolegi|wspolpracownik",
            "przekazalem|przekazalam|przekazuje",
        ],
    ),
    (
        Sense::MeetingConfirmed,
        0.85,
        &[
            "see|speak|talk ?to|?with you|then ?then|?on|?next monday|tuesday|wednesday|thursday|friday|tomorrow|then|at|there",
            "see you ?then|?on|?there",
            "talk|speak then",
            "monday|tuesday|wednesday|thursday|friday|tomorrow|then * works|work|suits|suit|fits|confirmed",
            "monday|tuesday|wednesday|thursday|friday|tomorrow|today * is|would|will|sounds|looks ?be|?just|?absolutely|?all good|fine|great|perfect|ok|okay|suitable|ideal|doable|excellent|confirmed",
            "monday|tuesday|wednesday|thursday|friday|tomorrow at * then",
            "confirmed ?for|?see",
            "i|we|is|meeting|time|slot|that|appointment|consider|happy|to confirm|confirmed",
            "that|time|slot|day|date|works|which works|work ?well|?great|?fine|?perfectly",
            "works ?well|?great|?fine|?perfectly ?very|?just ?for|?with me|us",
            "works well|great|fine|perfectly",
            "work|suits|suit ?well|?great|?fine for me|us",
            "suits|suit|fits me|us",
            "i've|i|just|have ?just|?have booked|accepted|scheduled|confirmed",
            "booked ?a|?the|?it|?you|?us|?some slot|meeting|call|time|in|demo",
            "calendar invite|invitation accepted|received",
            "yes|ok|okay|sure|great|perfect monday|tuesday|wednesday|thursday|friday|tomorrow",
            "hablamos|vemos el lunes|martes|miercoles|jueves|viernes",
            "i'll|i've|will|just send|sent|sending ?you|?over|?out ?a|?an|?the|?you ?calendar|?meeting invite|invitation",
            "time|slot|date * is|was|looks fine|good|great|perfect|ok|okay|confirmed",
            "accepted ?your|?the invite|invitation|meeting",
            "invite|invitation accepted|confirmed",
            "looking forward to ?our|?the|?speaking|?meeting|?talking|?seeing meeting|call|chat|demo|conversation|you|speaking|it",
            "passt ?mir|?uns|?gut|?sehr|?perfekt ?gut|?fur|?mich",
            "termin bestatigt|steht|passt",
            "bis dann|montag|dienstag|mittwoch|donnerstag|freitag|morgen",
            "me|nous convient",
            "c'est|rendez-vous confirme|note",
            "a lundi|mardi|mercredi|jeudi|vendredi|demain",
            "me va|viene|parece bien",
            "nos vemos|hablamos el|lunes|martes|miercoles|jueves|viernes|manana",
            "confirmado|confermato|confirme|bevestigd|bekraftat|potwierdzam|bestatigt|bekreftet|bekraeftet",
            "mi|ci va bene",
            "ci vediamo|sentiamo",
            "a lunedi|martedi|mercoledi|giovedi|venerdi|domani",
            "funciona|combinado|serve ?para|?bem|?mim",
            "ate segunda|terca|quarta|quinta|sexta|amanha",
            "schikt|past ?mij|?me|?goed|?prima goed|mij|me|prima",
            "tot maandag|dinsdag|woensdag|donderdag|vrijdag|morgen|dan",
            "passar|passer|fungerar ?bra|?fint|?mig|?meg|?for",
            "ses|vi|snakkes ?ses pa|mandag|tirsdag|onsdag|torsdag|fredag",
            "pasuje|odpowiada ?mi|?nam",
            "do zobaczenia",
        ],
    ),
    (
        Sense::MeetingRequest,
        0.8,
        &[
            "let's|lets ?please|?do|?have|?set|?schedule|?find|?book|?get|?jump|?hop|?plan|?grab|?setup|?arrange * talk|meet|chat|call|meeting|demo|speak|connect|zoom|coffee|lunch|time|discuss|catch",
            "happy|glad|love|like|open|want|willing|keen|good to ?hop|?jump|?set|?have|?schedule|?get|?arrange|?book * talk|meet|chat|call|meeting|demo|speak|connect|zoom|discuss|coffee",
            "can|could|shall|should|may|might we|you|i * talk|meet|chat|call|meeting|demo|speak|connect|zoom|schedule|book|discuss",
            "schedule|book|arrange|set|setup|plan|organise|organize|fix ?up ?a|?an|?some|?another|?the|?short|?quick call|meeting|demo|time|chat|appointment|conversation|intro|zoom|slot|session|walkthrough",
            "set up|something up",
            "are|r you free|available|around",
            "when|what are|time|times|day|slot|slots|works|would|is ?time|?you|?would|?is * free|available|works|suits|you|work|good|suit|best",
            "i'm|i|we're|am ?am|?is|?are free|available ?on|?next|?this|?at|?tomorrow|?from|?any|?after|?between",
            "free|available on|next|this|at|tomorrow|monday|tuesday|wednesday|thursday|friday|between|after",
            "how about|does ?next|?this|?on|?tomorrow|?at * monday|tuesday|wednesday|thursday|friday|tomorrow|week|am|pm|morning|afternoon",
            "how|what about monday|tuesday|wednesday|thursday|friday|tomorrow|next|this",
            "give me|us a call|ring|shout",
            "call me ?on|?at|?tomorrow|?today",
            "send ?me|?us|?over ?me|?a|?an|?the|?your|?some|?over calendar|invite|calendly|availability|times|slots|invitation",
            "your|you calendar|availability|calendly",
            "book|grab|pick ?a|?some time|slot ?on|?in",
            "hop|jump on ?a call|zoom",
            "quick|short|brief|15|20|30|15-minute|30-minute|15-min|30-min ?min|?minute|?minutes|?mins call|chat|meeting|demo|intro",
            "let's talk|chat|meet|speak|connect|discuss",
            "let's|lets do|try|say|aim|make ?it|?for monday|tuesday|wednesday|thursday|friday|tomorrow",
            "monday|tuesday|wednesday|thursday|friday|tomorrow * not|isn't possible|available|convenient",
            "ruckruf",
            "do|would you have ?some|?any|?got|?a|?for time|minutes|minute|15|20|30|half|moment|few",
            "walk|talk me|us|my ?whole|?team|?colleague|?colleagues through",
            "reschedule|re-schedule ?it|?this|?our|?to|?for|?the",
            "haben|hatten|hast|hattest|habt ?sie|?du|?ihr * zeit",
            "disponible|disponibles|disponibile|disponibili|disponivel|disponibilidad|disponibilidade|disponibilita|beschikbaar",
            "call|talk|speak|meet|chat|meeting|zoom|demo ?me|?us|?again|?back ?early|?late|?later|?sometime|?on this|next|coming week|monday|tuesday|wednesday|thursday|friday",
            "can|could|shall|might we|you|i do|make|try|move|push ?it|?this|?for|?to|?on monday|tuesday|wednesday|thursday|friday|tomorrow|next|later|earlier",
            "termin vereinbaren|ausmachen|machen|finden|vorschlagen",
            "konnen|konnten|wollen|lassen|wann wir|sie|uns|konnen * telefonieren|sprechen|treffen|reden|austauschen|termin|call|zeit",
            "telefonieren|treffen wir|uns",
            "rufen sie mich * an",
            "wann|haben ?haben|?hatten sie|du zeit",
            "prendre|fixer|convenir|caler|organiser|planifier ?un|?d'un|?une rendez-vous|rdv|reunion|appel|call|creneau",
            "pouvons-nous|peut-on|pourrions-nous|pouvez-vous|on peut * parler|rencontrer|appeler|echanger|voir|discuter",
            "appelez-moi|rappelez-moi|appelle-moi",
            "agendar|programar|concertar|agendamos|coordinar|fijar|organizar|marcar ?una|?un|?uma reunion|llamada|cita|reuniao|chamada|conversa|demo|call",
            "podemos|podriamos|puede|hablamos ?nos|?hablar * hablar|reunirnos|vernos|llamada|conversar|falar|reunir",
            "llameme|llamame|ligue-me",
            "fissare|organizzare|fissiamo|pianificare|programmare ?un|?una appuntamento|chiamata|call|riunione|incontro|videochiamata",
            "possiamo|potremmo * sentirci|parlare|vederci|sentire|incontrarci",
            "mi chiami|chiamami",
            "afspraak maken|plannen|inplannen",
            "kunnen we * bellen|spreken|afspreken|praten",
            "bel me|mij",
            "boka|booka|ta|satta ?ett|?in|?en|?upp mote|tid|samtal|avstemning",
            "kan vi * prata|traffas|ses|tala|snakke|modes|motes|snakkes",
            "ring mig|meg",
            "umowic|umowmy|umowimy ?sie|?na|?spotkanie|?rozmowe",
            "spotkac|porozmawiac|zadzwonic|zdzwonic",
            "prosze o telefon|kontakt|spotkanie",
        ],
    ),
    (
        Sense::NotNow,
        0.85,
        &[
            "not right|just now|yet",
            "non|nicht|pas|nao|niet|inte|ikke|nie ora|jetzt|maintenant|adesso|agora|nu|teraz",
            "not|isn't|don't ?really|?interested|?looking|?ready|?need|?a|?in|?something * right now",
            "not ?interested|?really|?ready|?looking at ?the|?this moment|time|present|point|stage",
            "not|isn't ?a|?our|?the|?currently|?top priority",
            "not this|for quarter|year|month|week|now|time",
            "not|isn't|no currently looking|interested|evaluating|considering|buying|hiring",
            "maybe|perhaps|possibly ?later|?next|?in|?some|?at|?another|?try later|next|q1|q2|q3|q4|future|year|month|quarter|time|spring|summer|autumn|fall|january|february|march|april|may|june|july|august|september|october|november|december",
            "try|ping|contact|email|ask|remind|reach|check|circle|follow|touch|get|write|come|revisit|reconnect|approach|hit ?me|?us|?again|?back|?out|?in|?up|?base|?to|?touch|?this ?me|?us|?again|?back|?to|?in|?with|?on|?after|?around ?me|?us|?again|?in|?after|?around|?early|?late|?next|?at|?the|?this q1|q2|q3|q4|quarter|year|month|months|weeks|week|january|february|march|april|june|july|august|september|october|november|december|spring|summer|autumn|fall|later|h1|h2|2026|2027|2028|end|beginning|start",
            "call|talk|speak|meet ?me|?us|?again|?back|?to|?with ?in|?after|?around|?early|?late|?next|?at ?the|?this q1|q2|q3|q4|quarter|year|month|months|january|february|march|april|june|july|august|september|october|november|december|spring|summer|autumn|fall|h1|h2|2026|2027|2028",
            "in|early|after ?in the new year",
            "try|ask ?me|?us again ?then|?later",
            "swamped|slammed|snowed|buried|overwhelmed|busy until|till|through|right|this|at|with|under",
            "circle|check|come|get|reach|touch|loop back|in|out|base ?in|?with|?to|?me|?us * months|month|quarter|year|weeks|week|later|q1|q2|q3|q4",
            "reach|check|follow|circle|ping|contact|write ?back|?out|?up|?in|?to|?me|?us again|back|later",
            "next quarter|year|fiscal|month ?would|?is|?maybe|?might|?could|?budget",
            "in a few|couple|some|six|three|two ?of months|weeks|quarters",
            "no time right|now|at|this|for|until",
            "in 2|3|4|5|6|9|12|six|three|two|several months|weeks|quarters|month",
            "later this|in ?the year|quarter|month|spring|summer",
            "revisit|reconsider|reassess ?this|?it|?that|?in|?next|?later",
            "too|very|really|super|extremely|quite|swamped|pretty busy|swamped|slammed|hectic",
            "on|put hold|ice|pause",
            "budget|budgets ?is|?are|?cycle frozen|locked|allocated|set|freeze",
            "freeze on",
            "some|another other time",
            "down the road|line",
            "bad|wrong|poor|not|isn't ?the|?a|?great|?good time|moment",
            "don't|do not|before|until ?contact|?email|?call|?me until|before",
            "momentan|derzeit|aktuell|zurzeit|gerade ?leider|?noch|?haben|?wir nicht|kein|keine|keinen",
            "zur zeit|jetzt ?leider nicht|kein|keine|keinen",
            "noch nicht",
            "spater|nachstes|nachsten|kommendes|kommenden ?im|?wieder|?noch jahr|quartal|monat|melden|wieder|einmal",
            "pas ?encore pour|en le|ce moment|l'instant",
            "pour|en l'instant|moment",
            "plus tard|revenez|recontactez|recontactez-moi|revenez-vers",
            "recontactez-moi|recontactez-nous|rappelez-moi",
            "melden|melde|meldet ?sie|?dich|?euch|?sich ?gerne|?bitte|?doch|?im * wieder|nochmal|noch|erneut|spater|herbst|fruhjahr|sommer|winter|quartal|januar|februar|april|mai|juni|juli|august|september|oktober|november|dezember",
            "contacteme|contactame|contactenme|escribame|escribanos|escribeme|hablemos|hablamos * nuevo|enero|febrero|marzo|abril|mayo|junio|julio|septiembre|octubre|noviembre|diciembre|adelante",
            "risentiamoci|ricontattatemi|ricontattami|ricontattateci|ricontattarmi|ricontatti",
            "non ?e ?il momento|periodo",
            "l'annee|trimestre|mois prochaine|prochain",
            "ahora|actualmente|momento mismo|no|momento",
            "de|en|por|este momento|ahora ?no",
            "mas adelante|tarde",
            "proximo|proxima|prossimo|siguiente ano|trimestre|mes|anno|semestre",
            "al|in|per momento|questo|il",
            "adesso|ora no|non",
            "piu avanti|tardi",
            "neste|de|no|por momento|agora|enquanto",
            "agora nao",
            "mais tarde|para|adiante",
            "op dit moment",
            "nu|momenteel|voorlopig niet|geen",
            "volgend|volgende jaar|kwartaal|maand",
            "just|for nu|tillfallet|narvarande",
            "inte|ikke just|akkurat|lige nu|na",
            "nasta|neste|naeste ar|kvartal|manad",
            "senare|senere",
            "obecnie|teraz|aktualnie nie",
            "w tej|tym chwili|momencie|roku",
            "przyszlym|nastepnym|kolejnym roku|kwartale|miesiacu",
        ],
    ),
    (
        Sense::NotInterested,
        0.85,
        &[
            "not|aren't|isn't|ain't|amn't ?really|?at|?currently|?particularly|?very|?all|?be|?much interested|intrested",
            "no|zero|little|without interest ?in|?from|?at|?whatsoever",
            "not|isn't ?really|?quite|?something|?a|?the|?going|?be|?right|?good|?great ?fit|?for fit|us|match|me|relevant",
            "not relevant|useful|applicable|needed|required|necessary",
            "no thanks|thank|thx|way",
            "no thank you",
            "i'll|we'll|i|we|will|going|gonna ?will|?to|?have|?gonna pass ?on|?for|?this",
            "hard pass",
            "hell no",
            "we're|i'm|am|are all|good|fine|covered ?set|?good ?for|?now thanks|thank",
            "all set",
            "get lost",
            "thanks|thank|but ?you ?but no thanks|thank",
            "please don't|do ?not waste",
            "decided|chosen|opted ?to|?against|?not against|not",
            "going|gone|moving|moved ?in ?a ?another|?different direction",
            "go|going|went|gone ?a|?in ?a different|another way|route|direction",
            "we're|i'm|am|are good|fine|ok ?right here|there|as",
            "decline|declining ?your|?the|?this|?politely|?respectfully",
            "not|won't|will be|go|move|moving|going|proceed|proceeding|pursue|pursuing ?not|?be|?with|?forward|?ahead|?it",
            "nope|nah",
            "don't|not think * for us|me|interested|fit|relevant",
            "isn't|not ?really|?something for us|me",
            "not|aren't|isn't looking|planning|going ?to ?for buy|change|switch|add|purchase|invest|anything",
            "doesn't|don't|not|won't interest me|us",
            "don't|do see|think ?not|?see|?a * fit|value|useful|need|match|interested",
            "unfortunately|regrettably|sadly ?we|?this|?it|?i|?have|?not * no|not|decline|pass|can't|cannot|won't",
            "kein|keine ?weiteres|?grosses interesse|bedarf",
            "nicht interessiert",
            "nein danke",
            "interessiert ?mich|?uns nicht",
            "pas ?du|?tres|?vraiment|?tout ?interesse|?interesses interesse|interessee|interesses",
            "non merci",
            "aucun interet|besoin",
            "ca|cela ne m'interesse|nous ?interesse pas",
            "no ?nos|?me|?estoy|?estamos ?muy interesa|interesado|interesada|interesados",
            "no gracias",
            "no tenemos|tengo interes",
            "non ?siamo|?sono|?mi|?ci interessa|interessato|interessata|interessati",
            "no grazie",
            "nessun interesse",
            "nao ?tenho|?temos|?estou|?estamos|?me interesse|interessado|interessada|interessa|interessados",
            "nao obrigado|obrigada",
            "sem interesse",
            "geen interesse|behoefte|belangstelling",
            "niet geinteresseerd",
            "nee bedankt|dank",
            "inte ?ar intresserad|intresserade|intresse",
            "nej tack|tak",
            "nei takk",
            "ikke interesseret|interessert|interesserede",
            "ingen|inget interesse|intresse",
            "nie ?jestem|?jestesmy zainteresowany|zainteresowana|zainteresowani|interesuje",
            "nie dziekuje|dziekujemy",
            "brak zainteresowania",
        ],
    ),
    (
        Sense::Price,
        0.8,
        &[
            "too|very|quite|bit|so|really|little expensive|pricey|costly|steep|high",
            "expensive",
            "no|not|don't|without|isn't|lack ?have|?no|?the|?any|?in|?a|?enough|?our budget|funds|money",
            "have|has|had no|little|zero ?more|?free|?spare budget|funds|money",
            "budget is|has|was|doesn't|won't|cuts|constraints ?been|?is tight|limited|spent|gone|cut|exhausted|allow|small",
            "over|above|beyond|outside|exceeds|exceed ?of|?our|?my budget",
            "out|outside|beyond|above ?of our|my|the price|budget|range",
            "can't|cannot|couldn't|not afford",
            "cheaper|discount ?option|?alternative|?elsewhere",
            "price|pricing|cost|costs|fee|fees is|are|seems|seem|was ?too|?very|?a|?bit high|steep|much|problem|issue|expensive|concern",
            "costs too|more much|than",
            "zu|sehr teuer",
            "kein|keine budget|mittel",
            "trop cher|chere|eleve",
            "pas de|le budget",
            "pas les moyens",
            "demasiado|muy|es caro|cara",
            "no|sin tenemos|hay|tengo|presupuesto presupuesto",
            "sin presupuesto",
            "troppo|molto caro|costoso|cara",
            "non|senza abbiamo|budget|c'e ?il budget",
            "muito caro|cara",
            "nao|sem temos|orcamento|tenho orcamento",
            "sem orcamento",
            "te duur",
            "geen budget",
            "for dyrt|dyr",
            "inget|ingen|ikke budget|budsjett",
            "za drogo|drogie|droga",
            "brak|nie budzetu|mamy budzetu",
        ],
    ),
    (
        Sense::Timing,
        0.75,
        &[
            "timing ?is|?isn't|?just ?not|?isn't|?just|?is right|wrong|bad|off|great|good|ideal|terrible",
            "bad|wrong|poor|terrible timing",
            "not|isn't ?the|?a|?good|?great|?right timing",
            "just|recently|already signed|renewed ?a ?new ?our|?two-year contract|agreement",
            "just|recently|already renewed|extended with|our|the|for",
            "locked into|in|until",
            "contract ends|runs|expires|until|through",
            "mid|middle|during ?of ?a|?the migration|reorg|implementation|rollout|acquisition|merger|restructuring",
            "under|in|until contract until|with|through|next",
            "schlechter|falscher|ungunstiger zeitpunkt",
            "mauvais|mal moment|timing|momento",
            "momento sbagliato|equivocado|errado",
            "verkeerd|slecht moment",
            "fel|darlig tidpunkt|timing|tidspunkt",
            "zly moment|czas",
        ],
    ),
    (
        Sense::Competitor,
        0.8,
        &[
            "already|currently|we|i|happily ?already|?currently|?do|?we|?are|?happily use|using|work|working|have|partnered|with|on|went|go|run|chose|signed|switched|picked|selected ?with|?a|?another|?an|?our|?up|?for|?to|?existing * vendor|provider|solution|tool|supplier|competitor|system|partner|platform|agency|software|vendors|service|salesforce|hubspot|outreach|salesloft|pipedrive|zoho",
            "already use|using|have|work|working|covered|sorted|set|got ?with|?a|?an|?one|?someone",
            "happy|satisfied|content|fine|good|pleased|stick|sticking|staying|stay ?with ?our|?the|?what|?with * current|existing|provider|vendor|have|setup|solution|tool|supplier|using|it",
            "went|going|go|gone|chose|chosen|picked|selected|signed ?to|?with|?for ?go ?with ?a|?another|?different with|competitor|another|else|vendor|provider",
            "another|different|existing|current|other vendor|provider|solution|supplier|tool|partner|agency",
            "in-house|inhouse|in house|solution|tool|team",
            "built|build|building|developed our|it|one|this own|in-house|internally|ourselves",
            "competitor|competitors",
            "bereits|schon|haben ?einen|?eine|?mit|?bereits anbieter|losung|partner|dienstleister|tool|versorgt|lieferanten",
            "arbeiten ?bereits|?schon|?mit mit|bereits",
            "deja|avons|travaillons ?deja|?un|?une|?avec|?equipe fournisseur|solution|prestataire|outil|partenaire|equipes|avec",
            "ya|tenemos|trabajamos|usamos ?ya|?un|?una|?tenemos|?con|?otro proveedor|solucion|herramienta|con|usamos",
            "gia|abbiamo|usiamo ?gia|?un|?una|?abbiamo fornitore|soluzione|partner|strumento|usiamo",
            "ja|temos|usamos ?ja|?um|?uma|?temos fornecedor|solucao|ferramenta|parceiro|usamos",
            "hebben|gebruiken|al ?al|?een leverancier|oplossing|partner|aanbieder|tool",
            "redan|allerede|har ?redan|?en|?har leverantor|losning|leverandor|partner|verktyg",
            "mamy|juz|korzystamy ?juz|?z|?mamy|?innego dostawce|rozwiazanie|partnera|dostawcy|narzedzie",
        ],
    ),
    (
        Sense::Need,
        0.75,
        &[
            "don't|do|doesn't|no|not ?not|?really|?currently|?see|?have|?see|?any|?a|?the need ?for|?it|?this|?that",
            "no need ?for",
            "not ?a|?something|?really|?an problem|issue|pain|something|challenge for|we|that|here",
            "don't|doesn't apply|have ?to|?that|?this us|problem|issue",
            "too small|early|niche ?for|?of",
            "brauchen|benotigen ?wir|?das|?dies ?derzeit nicht|keine|kein|keinen",
            "pas besoin|n'avons",
            "no necesitamos|necesito|nos|hace falta|hace",
            "non ne|abbiamo abbiamo|ho|bisogno ?bisogno",
            "nao precisamos|preciso",
            "hebben|niet ?dit|?het|?geen niet|behoefte|nodig ?nodig",
            "behover|trenger|behoever inte|ikke|ej",
            "nie potrzebujemy|potrzebuje",
        ],
    ),
    (
        Sense::Authority,
        0.75,
        &[
            "not my|mine decision|call|to ?decide|?make",
            "isn't|not up to me",
            "don't|can't|cannot|do ?not|?have|?make ?the|?any|?that|?such|?these decisions|decision|authority|power|decide",
            "don't|no|not ?have ?a|?any|?much|?the say",
            "have|need|must|has|got to ?first|?get|?ask|?check|?run|?discuss|?talk|?speak|?clear * boss|board|manager|cfo|ceo|cto|approval|procurement|partner|team|management|headquarters|hq|leadership|sign-off|husband|wife|director",
            "need|requires|require|get|needs ?approval|?the|?my|?sign-off approval|sign-off|buy-in|signoff|permission",
            "legal|procurement|security|compliance|finance|lawyers ?team|?department needs|need|has|have|must|wants|want|will ?to review|approve|check|sign|look|see|vet",
            "decision|decisions is|are|made|lies|rests ?made|?taken by|at|with|in|above|centrally",
            "above my pay",
            "let me|us check|discuss|talk|run|ask * team|boss|manager|board|ceo|cfo|cto|partner|management|colleagues",
            "only the|our board|ceo|cfo|cto|owner|headquarters can|decides",
            "entscheidet|entscheiden ?mein|?nicht|?das chef|ich|vorstand|geschaftsfuhrung|zentrale",
            "ce|n'est n'est|pas pas|moi moi ?qui|?decide decide|decider",
            "no soy|depende ?de|?yo quien|mi ?decide",
            "non decido|dipende io|da",
            "nao sou|depende eu|de quem|mim",
            "niet aan|mij mij|om",
            "nie ja|moge decyduje|zdecydowac",
        ],
    ),
    (
        Sense::Trust,
        0.75,
        &[
            "never|not|haven't heard of|about you|your|this|acme",
            "don't|do know|trust ?not|?know who|you|your|this",
            "do you have|any ?any|?some references|reference|case|customers|testimonials|certifications|soc|iso|proof",
            "references|testimonials|case-studies",
            "case studies|study",
            "security|privacy|data concerns|concern|review|questionnaire|residency|audit",
            "soc2|soc-2|iso27001|iso-27001|hipaa",
            "sceptical|skeptical|suspicious|legit|legitimate",
            "sounds|seems|looks|too like|good ?a|?to scam|be|suspicious|fishy|phishing ?true",
            "bad|negative|terrible reviews|experience|experiences|things",
            "burned|burnt before|by",
            "is this|it real|legit|automated|bot|ai|genuine",
            "are you ?a|?real|?even real|bot|human|robot|ai|person|legit",
            "vertrauen|seriose|seriositat|referenzen",
            "confiance|references|arnaque",
            "confianza|referencias|estafa",
            "fiducia|referenze|truffa",
            "confianca|golpe",
            "vertrouwen|referenties|oplichting",
            "zaufania|referencje|oszustwo",
        ],
    ),
    (
        Sense::Interested,
        0.8,
        &[
            "interested",
            "i'm|am|we're|are|very|definitely|be ?very|?definitely|?quite|?really|?be interested|keen|intrigued|curious",
            "sounds ?really|?very|?quite|?pretty|?absolutely|?like|?a good|great|interesting|perfect|excellent|awesome|amazing|fantastic|fun|promising|relevant|useful|helpful|plan|fair|lovely|brilliant|nice|super|wonderful|right|cool|exciting",
            "looks ?really|?very|?quite good|great|interesting|promising|useful|perfect|awesome|amazing",
            "tell|send|share|show ?me|?us|?over|?along ?an|?a|?some|?bit|?me|?us|?the|?your more|info|information|details|deck|proposal|brochure|pricing|quote|offer|materials|overview|demo|contract|link|presentation|case",
            "more info|information|details",
            "would|i'd|we'd|love|like ?like|?love ?to to|a learn|hear|see|know|try|demo|explore|understand|trial|find|get|discuss ?more|?about|?it|?how",
            "learn|know|hear more",
            "show|demo me|us how|what",
            "don't|not|wouldn't mind hearing|seeing|learning|trying|taking|having",
            "love ?this|?it|?your|?the|?what|?that",
            "yes|yeah|yep|sure|absolutely|definitely|certainly ?please",
            "let's do|go|try|start|proceed|move ?it|?ahead|?for|?forward|?with",
            "count me|us in",
            "i'm|we're|i|we in",
            "sign me|us up",
            "go|move|moving|proceed|going ahead|forward|with",
            "send ?me|?us|?over ?me|?the|?a|?it|?along contract|proposal|quote|over|pricing|agreement|order",
            "ready to|for start|sign|buy|move|go|proceed|purchase|order",
            "great|perfect|excellent|awesome|fantastic|brilliant|wonderful|good timing|idea|fit",
            "looking forward",
            "we|i need|want this|exactly|something|it|one",
            "we|i need|want to try|start|buy|order|proceed|learn",
            "exactly what we|i|we're",
            "free trial",
            "start ?a|?the|?with trial|pilot|poc",
            "how do|can|would we|i get|start|sign|proceed|begin ?started",
            "good idea|point|stuff|question",
            "i like|enjoyed ?the|?your|?this|?what|?it",
            "interessiert|interessant|interesse",
            "klingt|hort|gerne|gern ?sich|?sehr gut|interessant|spannend|super",
            "gerne|gern|klingt",
            "mehr informationen|infos|details|erfahren",
            "schicken|senden sie mir|uns",
            "ja ?bitte|?gerne",
            "interesse|interessee|interessant|interesses|interessante",
            "avec plaisir|interet",
            "volontiers",
            "m'interesse",
            "nous interesse",
            "wouldn't|won't ?ever|?want|?to unsubscribe",
            "would|will not ?ever|?want|?to unsubscribe",
            "plus d'informations|d'infos|details|d'information",
            "envoyez-moi|envoyez-nous",
            "oui ?merci|?bien",
            "interesado|interesada|interesados|interesante|interesa|encantaria|encantado",
            "suena|me parece|suena|interesa|gusta|gustaria ?muy|?bien|?interesante|?saber",
            "mas informacion|detalles",
            "si ?por|?claro",
            "interessato|interessata|interessati|interessante|volentieri",
            "maggiori|piu informazioni|dettagli|info",
            "mi piacerebbe|interessa|piace",
            "tenho|temos interesse",
            "interessado|interessada|interessados|gostaria",
            "mais informacoes|detalhes",
            "geinteresseerd|interessant|klinkt",
            "meer informatie|info|weten",
            "graag ?meer",
            "intresserad|intresserade|intressant|interesseret|interessert|spannende|spannande",
            "later|hores|lyder ?det|?som ?mycket|?veldig bra|intressant|interessant|spennende|godt|spaendende",
            "garna|gjerne|gerne",
            "mer information|informasjon|info",
            "zainteresowany|zainteresowana|zainteresowani|interesujace|ciekawe|chetnie|brzmi",
            "wiecej informacji|szczegolow",
            "tak ?prosze",
        ],
    ),
    // A bare word of approval: an answer by itself, but mere politeness beside thanks.
    (
        Sense::Interested,
        APPROVAL,
        &[
            "great|perfect|excellent|awesome|fantastic|brilliant|wonderful|super|genial",
            "parfait|d'accord|perfecto|claro|perfetto|ottimo|otimo|perfeito",
        ],
    ),
    (
        Sense::Question,
        0.7,
        &[
            "how much|many|does|do|long|is|can|would|secure|often",
            "what is|are|does|do|would|about|kind|happens|makes|integrations",
            "what's|whats|how's",
            "can|could|would|will|do|does|is|are you|it|your|this|the|there|we",
            "which|why|who|where is|are|does|do|of|would",
            "could you|someone explain|tell|clarify|send",
            "question|questions about|for|regarding|on|is",
            "i|we|quick|have|one|another ?have|?a|?few|?some|?couple|?of|?quick question|questions",
            "wondering if|how|what|whether",
            "asks|asked|asking|wonders|know where|what|how|whether|if|which|who|when|about",
            "clarify|explain ?how|?what|?the",
            "wie|was|wann|welche|wieviel viel|kostet|kosten|ist|sind|funktioniert|lange",
            "combien|comment|quel|quelle|quels coute|ca|est|sont|fonctionne|cela",
            "cuanto|como|cual|que cuesta|funciona|es|incluye|precio",
            "quanto|come|qual|quale costa|funziona|e|custa|funciona",
            "hoeveel|hoe|wat kost|werkt|is|zijn|kosten",
            "hur|vad|hvor|hva|hvad mycket|kostar|fungerar|koster|mye|meget|fungerer",
            "ile|jak|czy|jaka|jakie kosztuje|dziala|jest|macie|mozna",
        ],
    ),
    (
        Sense::Thanks,
        0.65,
        &[
            "thanks ?so|?a|?very|?much|?again|?for|?lot|?casey",
            "thank you|u",
            "thx|ty|cheers",
            "many thanks",
            "much|really appreciated|appreciate",
            "appreciate it|that|this|your|the|you",
            "grateful",
            "danke ?dir|?ihnen|?schon|?sehr",
            "vielen dank",
            "besten|herzlichen dank",
            "merci ?beaucoup|?bien",
            "gracias",
            "muchas gracias",
            "grazie ?mille",
            "obrigado|obrigada",
            "dank ?je|?u|?wel",
            "bedankt",
            "tack|takk|tak",
            "tusen tack|takk",
            "mange tak|takk",
            "dziekuje|dziekujemy|dzieki",
            "kiitos|dekuji|koszonom|спасибо|谢谢|감사합니다",
        ],
    ),
];

/// Words and short lines that ask to be left alone when they are all that a line says.
pub const SINGLE_OPT_OUTS: &[&str] = &[
    "stop",
    "stop please",
    "please stop",
    "stop it",
    "please stop it",
    "stop this",
    "stop now",
    "stop all",
    "stopall",
    "just stop",
    "unsubscribe",
    "unsubscribe please",
    "please unsubscribe",
    "unsub",
    "un-subscribe",
    "unsubscribing",
    "please refrain",
    "delete",
    "unsubscribe now",
    "unsubscribe all",
    "unsubscribed",
    "remove",
    "remove me",
    "please remove",
    "please remove me",
    "remove please",
    "remove me please",
    "remove us",
    "delete me",
    "opt out",
    "opt-out",
    "optout",
    "opt me out",
    "opting out",
    "take me off",
    "please take me off",
    "no more",
    "no more emails",
    "no more mails",
    "no more mail",
    "quit",
    "cancel subscription",
    "leave me alone",
    "go away",
    "desubscribe",
    "unsuscribe",
    "unsubcribe",
    "unsubsribe",
    "do not contact",
    "do not email",
    "do not mail",
    "dnc",
    "stopp",
    "abmelden",
    "abmeldung",
    "abbestellen",
    "bitte abmelden",
    "austragen",
    "bitte austragen",
    "loschen",
    "bitte loschen",
    "abbestellung",
    "bitte stoppen",
    "keine werbung",
    "keine mails mehr",
    "bitte keine mails mehr",
    "desabonner",
    "desabonnement",
    "desinscription",
    "desinscrire",
    "me desinscrire",
    "me desabonner",
    "desabonnez-moi",
    "desinscrivez-moi",
    "arret",
    "arretez",
    "arreter",
    "stop merci",
    "stop svp",
    "baja",
    "dar de baja",
    "darme de baja",
    "darse de baja",
    "solicito baja",
    "cancelar suscripcion",
    "desuscribir",
    "desuscribirme",
    "desuscribirse",
    "eliminar",
    "parar",
    "basta",
    "disiscrivi",
    "disiscrivimi",
    "disiscrizione",
    "cancellami",
    "cancellatemi",
    "cancellazione",
    "rimuovi",
    "rimuovimi",
    "rimuovetemi",
    "annulla iscrizione",
    "remover",
    "cancelar",
    "cancelar inscricao",
    "cancelar subscricao",
    "descadastrar",
    "descadastre-me",
    "descadastro",
    "pare",
    "pare por favor",
    "parem",
    "afmelden",
    "uitschrijven",
    "graag afmelden",
    "graag uitschrijven",
    "afmelden aub",
    "afmelden graag",
    "avregistrera",
    "avregistrera mig",
    "avprenumerera",
    "avanmal",
    "avsluta",
    "afmeld",
    "afmeld mig",
    "frameld",
    "avmeld",
    "meld meg av",
    "avmelding",
    "wypisz",
    "wypisz mnie",
    "wypisac",
    "prosze wypisac",
    "rezygnuje",
    "rezygnacja",
    "usun mnie",
    "prosze usunac",
    "usunac",
    "peruuta tilaus",
    "poista",
    "lopeta",
    "odhlasit",
    "leiratkozas",
    "leiratkozom",
    "dezabonare",
    "отписаться",
    "отпишите меня",
    "отписка",
    "відписатися",
    "abonelikten cik",
    "退订",
    "取消订阅",
    "取消訂閱",
    "退訂",
    "配信停止",
    "配信停止希望",
    "구독 취소",
    "수신거부",
    "수신 거부",
];

static SINGLES: LazyLock<HashSet<String>> =
    LazyLock::new(|| SINGLE_OPT_OUTS.iter().map(|line| fold(line)).collect());

/// Tells whether a folded line without punctuation is one of [`SINGLE_OPT_OUTS`].
#[must_use]
pub fn is_single_opt_out(line: &str) -> bool {
    SINGLES.contains(line)
}

#[derive(Debug)]
enum Element {
    Word(Vec<String>),
    Optional(Vec<String>),
    Gap,
}

#[derive(Debug)]
struct Pattern {
    sense: Sense,
    weight: f64,
    elements: Vec<Element>,
}

struct Index {
    patterns: Vec<Pattern>,
    by_first: HashMap<String, Vec<usize>>,
    /// Patterns whose first word is a stem.
    stems: Vec<(String, usize)>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index {
        patterns: Vec::new(),
        by_first: HashMap::new(),
        stems: Vec::new(),
    };
    for (sense, weight, phrases) in PHRASES {
        for phrase in *phrases {
            let folded = fold(phrase);
            let elements: Vec<Element> = folded
                .split_whitespace()
                .map(|element| {
                    let options = |text: &str| {
                        text.split('|')
                            .map(|w| w.trim_start_matches('?').to_owned())
                            .collect()
                    };
                    match element.strip_prefix('?') {
                        Some(optional) => Element::Optional(options(optional)),
                        None if element == "*" => Element::Gap,
                        None => Element::Word(options(element)),
                    }
                })
                .collect();
            let number = index.patterns.len();
            if let Some(Element::Word(firsts)) = elements.first() {
                for first in firsts {
                    match first.strip_suffix('~') {
                        Some(stem) => index.stems.push((stem.to_owned(), number)),
                        None => index
                            .by_first
                            .entry(first.clone())
                            .or_default()
                            .push(number),
                    }
                }
            }
            index.patterns.push(Pattern {
                sense: *sense,
                weight: *weight,
                elements,
            });
        }
    }
    index
});

fn matches_word(options: &[String], word: &str) -> bool {
    options.iter().any(|option| match option.strip_suffix('~') {
        Some(stem) => word.starts_with(stem),
        None => option == word,
    })
}

/// Steps of one attempt to match; bounds what nested gaps can cost.
const MAX_STEPS: usize = 400;
const MAX_GAP: usize = 3;

/// Returns how many words of `list` the elements cover, from its start.
fn match_at(
    elements: &[Element],
    list: &[Word<'_>],
    sentence: u32,
    steps: &mut usize,
) -> Option<usize> {
    *steps += 1;
    if *steps > MAX_STEPS {
        return None;
    }
    let Some((element, rest)) = elements.split_first() else {
        return Some(0);
    };
    let word = list.first().filter(|w| w.sentence == sentence);
    let behind = list.get(1..).unwrap_or_default();
    match element {
        Element::Word(options) => {
            let word = word?;
            matches_word(options, word.text)
                .then(|| match_at(rest, behind, sentence, steps))?
                .map(|n| n + 1)
        }
        Element::Optional(options) => {
            let fitting = list
                .iter()
                .take(MAX_GAP)
                .take_while(|w| w.sentence == sentence && matches_word(options, w.text))
                .count();
            (0..=fitting).rev().find_map(|skip| {
                match_at(rest, list.get(skip..)?, sentence, steps).map(|n| n + skip)
            })
        }
        Element::Gap => (0..=MAX_GAP)
            .find_map(|skip| match_at(rest, list.get(skip..)?, sentence, steps).map(|n| n + skip)),
    }
}

/// Returns every phrase of the lexicon in `list`, in the order of the text; of one sense the longest at each place.
#[must_use]
pub fn find(list: &[Word<'_>]) -> Vec<Found> {
    let index = &*INDEX;
    let mut found: Vec<Found> = Vec::new();
    for (at, word) in list.iter().enumerate() {
        let tail = list.get(at..).unwrap_or_default();
        let direct = index
            .by_first
            .get(word.text)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let stems = index
            .stems
            .iter()
            .filter(|(stem, _)| word.text.starts_with(stem.as_str()))
            .map(|(_, n)| n);
        for pattern in direct
            .iter()
            .chain(stems)
            .filter_map(|n| index.patterns.get(*n))
        {
            let mut steps = 0;
            let Some(len) = match_at(&pattern.elements, tail, word.sentence, &mut steps) else {
                continue;
            };
            if let Some(known) = found
                .iter_mut()
                .rev()
                .take(40)
                .find(|f| f.at == at && f.sense == pattern.sense)
            {
                if len > known.len {
                    known.len = len;
                    known.weight = known.weight.max(pattern.weight);
                    known.phrase = phrase(tail, len);
                }
                continue;
            }
            found.push(Found {
                sense: pattern.sense,
                weight: pattern.weight,
                phrase: phrase(tail, len),
                at,
                len,
            });
        }
    }
    found
}

fn phrase(tail: &[Word<'_>], len: usize) -> String {
    let words: Vec<&str> = tail.iter().take(len).map(|w| w.text).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    #[test]
    fn every_phrase_begins_with_a_word_and_is_folded() {
        assert!(INDEX.patterns.len() > 400);
        for pattern in &INDEX.patterns {
            assert!(
                matches!(pattern.elements.first(), Some(Element::Word(_))),
                "{pattern:?}"
            );
            assert!(pattern.weight > 0.0 && pattern.weight < 1.0);
        }
    }

    #[test]
    fn gaps_options_and_sentences_bind() {
        let has = |text: &str, sense: Sense| {
            find(&words(&fold(text), 100))
                .iter()
                .any(|f| f.sense == sense)
        };
        assert!(has("Please take me off your list", Sense::Unsubscribe));
        assert!(has("we do not have any budget", Sense::Price));
        assert!(has(
            "remove my address from that mailing list",
            Sense::Unsubscribe
        ));
        assert!(!has("Please. Remove. Me", Sense::Unsubscribe));
        assert!(!has("happy to stop by your booth", Sense::Unsubscribe));
    }
}
