//! More replies, longer and less tidy, with the traps that negations, questions and courtesies set.

use super::ReplyLabel::{self as L, *};
use super::replies::check;

#[test]
fn longer_replies_keep_their_label() {
    check(&[
        (
            &[Interested],
            "Hi Casey,\n\nThanks for reaching out. We're actively looking at tools like yours, please send pricing and a short overview.\n\nAnn",
        ),
        (
            &[Interested, MeetingRequest],
            "Good timing! We have budget for this in Q1 and would like to see a demo.",
        ),
        (
            &[Interested, MeetingRequest],
            "This could be useful for my team. Could you show us how it works?",
        ),
        (
            &[Interested],
            "I don't mind hearing more. Send me something I can forward.",
        ),
        (
            &[Interested],
            "Never seen anything like it, really impressive. Tell me more.",
        ),
        (&[Interested], "I have no objections, let's go ahead."),
        (
            &[Interested],
            "We have no other provider and would love to try this.",
        ),
        (
            &[MeetingRequest],
            "Thanks Casey. Do you have 20 minutes on Tuesday?",
        ),
        (
            &[MeetingRequest],
            "Here's my calendar: calendly.com/ann. Grab a slot.",
        ),
        (
            &[MeetingRequest],
            "Not by email please, give me a call on 020 7946 0000.",
        ),
        (
            &[MeetingRequest],
            "Could you walk my team through it next Wednesday?",
        ),
        (
            &[MeetingRequest],
            "I'd rather discuss this on the phone. When are you free?",
        ),
        (
            &[MeetingRequest],
            "Sorry I missed our call. Can we reschedule to Thursday?",
        ),
        (
            &[MeetingRequest],
            "I can't make Tuesday. Would Wednesday at 4pm be possible?",
        ),
        (
            &[MeetingRequest],
            "Haben Sie am Donnerstag Zeit für ein kurzes Gespräch?",
        ),
        (&[MeetingRequest], "Êtes-vous disponible jeudi à 15h ?"),
        (
            &[MeetingRequest],
            "¿Tiene disponibilidad el martes por la tarde?",
        ),
        (&[MeetingRequest], "È disponibile per una chiamata giovedì?"),
        (&[MeetingConfirmed], "Sure, 3pm works for me."),
        (
            &[MeetingConfirmed],
            "Yes that time is fine. I'll send the invite.",
        ),
        (
            &[MeetingConfirmed],
            "Just booked 30 minutes with you for Friday.",
        ),
        (&[MeetingConfirmed], "Wednesday 10:30 it is. Speak then!"),
        (&[MeetingConfirmed], "Der Termin am Montag passt, bis dann."),
        (&[MeetingConfirmed], "C'est noté, à jeudi !"),
        (&[MeetingConfirmed], "Perfecto, nos vemos el jueves."),
        (&[MeetingConfirmed], "Va bene giovedì alle 10, a giovedì!"),
        (&[MeetingConfirmed], "Combinado, até terça!"),
        (
            &[Question],
            "Before we go further: which countries do you cover?",
        ),
        (&[Question], "Does it work offline? We often travel."),
        (&[Question], "Can we export our data if we leave?"),
        (&[Question], "Who are your other customers in Germany?"),
        (
            &[Question],
            "I have a few questions about the API and rate limits.",
        ),
        (
            &[Question],
            "What happens to our data after the contract ends?",
        ),
        (&[Question], "How is this different from HubSpot?"),
        (&[Question], "Gibt es eine deutsche Version?"),
        (
            &[Question],
            "Est-ce que vous proposez une version française ?",
        ),
        (&[Question], "¿Funciona con Outlook?"),
        (&[Question], "Funziona anche con Outlook?"),
        (&[Question], "Vocês têm suporte em português?"),
        (&[Question], "Werkt het ook met Outlook?"),
        (
            &[NotNow],
            "We're in a hiring freeze, please reconnect after the summer.",
        ),
        (&[NotNow], "Can you come back to me in the autumn?"),
        (&[NotNow], "Not this year, but keep in touch."),
        (&[NotNow], "This isn't a priority for us at the moment."),
        (&[NotNow], "I'd be interested but not before next year."),
        (&[NotNow], "Budget is frozen until January."),
        (&[NotNow], "Bitte melden Sie sich im Herbst noch einmal."),
        (&[NotNow], "Revenez vers moi l'année prochaine."),
        (&[NotNow], "Contácteme de nuevo en septiembre."),
        (&[NotNow], "Non è il momento, risentiamoci a settembre."),
        (
            &[NotInterested],
            "Thanks for thinking of us but we are not interested.",
        ),
        (&[NotInterested], "Appreciate the note, but I'll pass."),
        (
            &[NotInterested],
            "We've decided to go a different way. Good luck!",
        ),
        (&[NotInterested], "Sorry, not for me."),
        (&[NotInterested], "We're good here, thanks."),
        (&[NotInterested], "Leider kein Interesse."),
        (&[NotInterested], "Wir haben kein Interesse, vielen Dank."),
        (&[NotInterested], "Ça ne m'intéresse pas."),
        (&[NotInterested], "No estamos interesados, gracias."),
        (&[NotInterested], "Geen interesse, bedankt."),
        (
            &[WrongPerson],
            "I think you have the wrong Ann, I'm a dentist.",
        ),
        (
            &[WrongPerson],
            "I retired last year and no longer work there.",
        ),
        (&[WrongPerson], "I'm no longer responsible for IT."),
        (
            &[Referral],
            "Sarah Jones handles this now, her email is sarah@acme.io.",
        ),
        (
            &[Referral],
            "You'd be better off talking to our head of IT.",
        ),
        (&[Referral], "+Bob, who owns this on our side."),
        (
            &[Referral],
            "I no longer work here, please contact Jane Miller at jane@acme.io.",
        ),
        (&[Referral], "Looping in Peter from procurement."),
        (
            &[Referral],
            "Zuständig ist bei uns Frau Schmidt, schmidt@acme.de",
        ),
        (&[Complaint], "I find this very unprofessional."),
        (
            &[Complaint],
            "Who gave you my email? I never agreed to this.",
        ),
        (
            &[Complaint],
            "You keep spamming my whole team. This is unacceptable.",
        ),
        (&[Thanks], "Thank you for your help, Casey."),
        (&[Thanks], "Thanks, that answers it."),
        (&[Thanks], "Vielen Dank für die schnelle Antwort!"),
        (&[Thanks], "Merci pour votre réponse."),
        (
            &[OutOfOffice],
            "I'm out of the office this week and will respond when I'm back.",
        ),
        (&[OutOfOffice], "Estoy de vacaciones hasta el 3 de marzo."),
        (&[OutOfOffice], "Sono in ferie fino al 3 marzo."),
        (&[OutOfOffice], "Ik ben met vakantie tot 3 maart."),
        (&[Unclear], "Received."),
        (&[Unclear], "asdf"),
    ]);
}

#[test]
fn opt_outs_among_other_things_are_heard_and_others_are_not() {
    let none: &[L] = &[
        Interested,
        MeetingRequest,
        MeetingConfirmed,
        Question,
        Objection,
        NotNow,
        NotInterested,
        WrongPerson,
        Referral,
        Complaint,
        Thanks,
        Unclear,
        OutOfOffice,
    ];
    check(&[
        (&[Unsubscribe], "No I asked you to stop emailing me"),
        (&[Unsubscribe], "no i want to unsubscribe"),
        (&[Unsubscribe], "Non, je veux me désabonner."),
        (
            &[Unsubscribe],
            "I can't find the unsubscribe link, remove me.",
        ),
        (
            &[Unsubscribe],
            "Your unsubscribe link does not work. Take me off your list.",
        ),
        (
            &[Unsubscribe],
            "Nothing personal, but please take me off your mailing list.",
        ),
        (
            &[Unsubscribe],
            "Nice product. Still, please don't email me again.",
        ),
        (&[Unsubscribe], "Can you stop sending these?"),
        (&[Unsubscribe], "Will you please stop emailing me?"),
        (&[Unsubscribe], "Why do you keep writing? Remove me."),
        (&[Unsubscribe], "I don't want your emails."),
        (&[Unsubscribe], "I do not want to be contacted again."),
        (&[Unsubscribe], "We don't want any more emails from you"),
        (&[Unsubscribe], "I don't want to be on this list."),
        (
            &[Unsubscribe],
            "Please remove this address from your records.",
        ),
        (
            &[Unsubscribe],
            "Please remove our company from your mailings.",
        ),
        (&[Unsubscribe], "Delete me from your CRM"),
        (&[Unsubscribe], "Get me off this list"),
        (&[Unsubscribe], "No. Stop."),
        (&[Unsubscribe], "Not interested - unsubscribe"),
        (&[Unsubscribe], "Not interested, stop"),
        (&[Unsubscribe], "Thanks, unsubscribe please"),
        (&[Unsubscribe], "Stop!!"),
        (&[Unsubscribe], "unsubscribe\n\nAnn Lee\nAcme Ltd"),
        (&[Unsubscribe], "Remove\n\nSent from my iPhone"),
        (&[Unsubscribe], "Do not email me, do not call me."),
        (&[Unsubscribe], "Don't call or email me again."),
        (
            &[Unsubscribe],
            "Please remove me from cc and from your list.",
        ),
        (&[Unsubscribe], "Remove me from all future communications."),
        (&[Unsubscribe], "We want you to stop emailing our staff."),
        (
            &[Unsubscribe],
            "I would like my data erased, please delete my details.",
        ),
        (&[Unsubscribe], "Please add me to your do-not-contact list"),
        (&[Unsubscribe], "Hören Sie auf, mir zu schreiben."),
        (&[Unsubscribe], "Ich wünsche keine weitere Kontaktaufnahme."),
        (&[Unsubscribe], "Bitte aus dem Verteiler nehmen"),
        (&[Unsubscribe], "Veuillez ne plus m'envoyer de mails"),
        (&[Unsubscribe], "Dejen de escribirme."),
        (&[Unsubscribe], "Basta email, per favore."),
        (&[Unsubscribe], "Por favor, parem de enviar emails."),
        (&[Unsubscribe], "Stuur me geen e-mails meer."),
        (none, "I would never ask you to stop"),
        (none, "Please keep sending these, don't take me off."),
        (none, "I hope you won't remove me."),
        (
            none,
            "Not sure why I was removed from the list, add me again please",
        ),
        (none, "Please do not remove us from the beta."),
        (none, "We plan to opt out of our Salesforce contract."),
        (
            none,
            "The last vendor would not stop emailing me, so I appreciate your tone.",
        ),
        (none, "Stop worrying, the contract is coming."),
        (none, "Our non-stop support team loved it."),
        (none, "Could you remove the logo from the deck?"),
        (none, "Please take the training off the quote."),
        (none, "Take your time, no rush."),
        (none, "Let me take this off your hands"),
        (none, "Can I opt out of the annual renewal?"),
        (none, "Is there an opt-out clause in the contract?"),
        (none, "What is your unsubscribe rate?"),
        (
            none,
            "Our clients unsubscribe too often, can you help with that?",
        ),
        (none, "Please stop the trial on Friday, we will buy."),
        (none, "Do you delete our data when the contract ends?"),
        (
            none,
            "How long until you delete my data after cancellation?",
        ),
        (none, "Do you remove my contacts if they bounce?"),
        (none, "Can you delete my test account data after the demo?"),
        (
            none,
            "Please don't contact my colleagues, I'm the right person.",
        ),
        (
            none,
            "Please don't send me a calendar invite, I already have one.",
        ),
        (none, "Don't send anything before Monday, I'm away."),
        (none, "We will not unsubscribe, we like it."),
        (none, "I'm not unsubscribing!"),
        (none, "Wir haben aufgehört, HubSpot zu nutzen."),
        (none, "Bitte löschen Sie die alte Version des Angebots."),
        (none, "On a arrêté d'utiliser Salesforce."),
        (none, "Dejamos de usar HubSpot el año pasado."),
        (none, "Abbiamo smesso di usare Salesforce."),
    ]);
}
