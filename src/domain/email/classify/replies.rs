//! A table of replies as people write them, each with its label: the measure of the lexicon and of the rules around it.

use super::ObjectionKind as O;
use super::ReplyLabel::{self as L, *};
use super::classify;

/// Reports every row whose label, or objection, is not the expected one.
pub(super) fn check(rows: &[(&[L], &str)]) {
    let mut wrong = Vec::new();
    for (labels, text) in rows {
        let got = classify(text);
        if !labels.contains(&got.label) {
            wrong.push(format!("{text:?} should be {labels:?}: {got:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} wrong\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}

#[test]
fn weeks_and_months_tell_a_meeting_from_a_delay() {
    check(&[
        (&[MeetingRequest], "call this week"),
        (&[MeetingRequest], "call next week"),
        (&[MeetingRequest], "Can you call me next week?"),
        (&[MeetingRequest], "Let's talk next week."),
        (&[MeetingRequest], "Happy to chat later this week."),
        (&[MeetingRequest], "Can we speak this week or next week?"),
        (&[MeetingRequest], "Could we set up a quick call next week?"),
        (&[MeetingRequest], "I could do a short call early next week"),
        (&[MeetingRequest], "Meeting next week?"),
        (&[NotNow], "Call me next quarter"),
        (&[NotNow], "Check back in a few weeks."),
        (&[NotNow], "Please contact us again in April"),
        (&[NotNow], "Please contact us in Q3."),
        (&[NotNow], "Reach out to me again in the new year."),
        (&[NotNow], "Ping me in September, we will have budget then."),
        (&[NotNow], "Ask me again next year"),
        (&[NotNow], "Get in touch with us again after the summer."),
        (&[NotNow], "Too busy this week, sorry. Try me next month."),
        (&[NotNow], "Could you follow up in two months?"),
        (&[Referral], "Please contact our sales director instead."),
        (&[Referral], "Contact our office in Berlin, bob@acme.io"),
        (&[Referral], "Please contact us at procurement@acme.io"),
    ]);
}

#[test]
fn thanks_open_many_answers_and_are_one_only_alone() {
    check(&[
        (
            &[Question],
            "Thank you for your message. Does it work without a connection?",
        ),
        (
            &[Question],
            "Thanks for your email. How many users does the plan include?",
        ),
        (
            &[Question],
            "Vielen Dank für Ihre Nachricht. Was kostet das pro Monat?",
        ),
        (&[Thanks], "Thank you for your message."),
        (&[Thanks], "Perfect, thank you for the clear answer"),
        (&[Thanks], "Great, thanks!"),
        (&[Thanks], "Got it, thank you."),
        (&[Thanks], "Excellent, many thanks for the quick reply"),
        (&[Thanks], "Thanks for clarifying, that helps a lot."),
        (&[Thanks], "Super, danke!"),
        (&[Thanks], "Parfait, merci beaucoup"),
        (&[Thanks], "Perfecto, gracias"),
        (&[Thanks], "Perfetto, grazie mille"),
        (&[Thanks], "Perfeito, obrigado"),
        (&[Interested], "I am very interested."),
        (&[Interested], "I am interested, please send pricing."),
        (&[NotInterested], "I am not really interested."),
        (&[Interested], "Perfect, send me the contract. Thank you!"),
        (&[Interested], "Great, thanks, I'd love to learn more."),
        (&[Interested], "Thanks, this looks great"),
        (&[NotInterested], "Thanks, but we'll pass."),
        (
            &[OutOfOffice],
            "Thank you for your email. I am on annual leave until 3 March.",
        ),
        (
            &[OutOfOffice],
            "Thank you for your message. I will reply to your email when I return.",
        ),
        (
            &[OutOfOffice],
            "I'm on parental leave with no access to email. For urgent matters contact Bob.",
        ),
        (
            &[Interested],
            "Perfect timing, we were just looking for something like this.",
        ),
    ]);
}

#[test]
fn a_legal_team_or_an_apology_is_no_quarrel() {
    check(&[
        (
            &[Question, Objection],
            "Our legal team asks where the data is stored.",
        ),
        (
            &[Question],
            "Our legal team asks: where is the data stored?",
        ),
        (
            &[Question],
            "My lawyers want to know whether you sign a DPA. Do you?",
        ),
        (
            &[Interested, Objection],
            "Our legal department needs to review the contract first, please send it over.",
        ),
        (
            &[Question],
            "Our legal team has a question about the GDPR. Where are the servers?",
        ),
        (&[Question], "Is your product GDPR compliant?"),
        (&[Complaint], "You will hear from my lawyer."),
        (&[Complaint], "I am forwarding this to our lawyers."),
        (
            &[Complaint],
            "Our legal team will be in touch about this harassment.",
        ),
        (
            &[Complaint],
            "This is a violation of the GDPR and I will file a complaint.",
        ),
        (&[Complaint], "I never signed up for this."),
        (
            &[MeetingConfirmed],
            "My apologies again. Tomorrow at three is good",
        ),
        (
            &[MeetingConfirmed],
            "Sorry for the delay. Wednesday at 10 is fine.",
        ),
        (
            &[MeetingConfirmed],
            "Apologies, Thursday at 2pm is perfect.",
        ),
        (&[MeetingConfirmed], "Friday 11:00 is good for me"),
        (&[MeetingConfirmed], "Ok, Monday at noon then."),
        (&[MeetingConfirmed], "Yes, Thursday 3pm is great. See you!"),
    ]);
}

#[test]
fn one_time_confirms_and_two_times_offer() {
    check(&[
        (
            &[MeetingRequest],
            "Thursday or Friday afternoon our time works",
        ),
        (
            &[MeetingRequest],
            "Good question. Thursday or Friday afternoon our time works",
        ),
        (
            &[MeetingRequest],
            "Either Tuesday or Wednesday works for us.",
        ),
        (
            &[MeetingRequest],
            "Monday or Tuesday next week would suit me.",
        ),
        (
            &[MeetingRequest],
            "I'm free on Thursday and Friday after 2pm.",
        ),
        (
            &[MeetingRequest],
            "Any time between 2 and 4 on Tuesday works",
        ),
        (&[MeetingRequest], "Does Thursday at 3pm work?"),
        (
            &[MeetingRequest],
            "Tuesday doesn't work for me, how about Wednesday?",
        ),
        (
            &[MeetingRequest],
            "That time does not work, could we do Friday at 10?",
        ),
        (&[MeetingConfirmed], "Thursday works."),
        (&[MeetingConfirmed], "Tuesday at 3 works for me"),
        (
            &[MeetingConfirmed],
            "Thursday 4pm works, I sent you an invite.",
        ),
        (
            &[MeetingConfirmed],
            "I accepted the invite, talk on Monday.",
        ),
        (&[MeetingConfirmed], "Booked a slot for Tuesday."),
        (&[MeetingConfirmed], "That works, see you on Friday"),
        (&[MeetingConfirmed], "Dienstag um 10 Uhr passt mir gut."),
        (&[MeetingConfirmed], "Jeudi à 14h me convient."),
        (&[MeetingConfirmed], "El martes a las 10 me viene bien"),
        (&[MeetingConfirmed], "Dinsdag om 10 uur past prima."),
        (&[MeetingRequest], "Passt Ihnen Dienstag oder Mittwoch?"),
        (&[MeetingRequest], "Können wir nächste Woche telefonieren?"),
        (
            &[MeetingRequest],
            "Pouvons-nous fixer un rendez-vous la semaine prochaine ?",
        ),
        (&[MeetingRequest], "¿Podemos hablar el jueves?"),
        (&[MeetingRequest], "Possiamo sentirci domani?"),
        (
            &[MeetingRequest],
            "Podemos marcar uma reunião na próxima semana?",
        ),
        (&[MeetingRequest], "Kunnen we volgende week bellen?"),
    ]);
}

#[test]
fn opt_outs_are_heard_however_they_are_said() {
    let texts = [
        "take me off",
        "Take me off please",
        "Please take us off this.",
        "no more emails please",
        "No more of these emails, please.",
        "stop emailing me",
        "Please stop e-mailing us.",
        "Stop contacting my team.",
        "lose my number",
        "lose my address",
        "Lose my email address.",
        "cease contact",
        "Cease all contact immediately.",
        "not interested, remove me",
        "Not interested. Remove me.",
        "opt out",
        "OPT-OUT",
        "Opt me out",
        "opt-out please",
        "I'm opting out.",
        "unsub",
        "Unsub please",
        "pls unsub me",
        "UNSUBSCRIBE.",
        "Unsubscribe!!!",
        "\"unsubscribe\"",
        "remove",
        "REMOVE",
        "please delete my data and stop",
        "Under Article 17 GDPR I request the erasure of my personal data.",
        "Please erase all personal data you hold about me under GDPR.",
        "I hereby request deletion of my personal data.",
        "I withdraw my consent to the processing of my personal data.",
        "I object to the processing of my data for direct marketing.",
        "Exercise of my right to be forgotten: delete everything you have on me.",
        "Please stop. I have asked before.",
        "I asked you to stop emailing me.",
        "How many times must I tell you to stop?",
        "I have already unsubscribed twice.",
        "Can you please remove me?",
        "Could you take my name off your list?",
        "Would you mind removing me from this list?",
        "I would appreciate being removed from your list.",
        "I'd rather not receive any more of these.",
        "I don't want to hear from you again.",
        "Please never write to me again",
        "We do not accept unsolicited mail, remove us from your database.",
        "Thanks for the offer but please do not follow up.",
        "Not interested, please don't follow up.",
        "No need to follow up again, take me off your list.",
        "Please discontinue these emails.",
        "Kindly exclude me from future mailings.",
        "Do not send further messages.",
        "Don't bother me again.",
        "Do not reply to this, just unsubscribe me.",
        "Not for us. Please unsubscribe ann@acme.io.",
        "Please unsubscribe all addresses at acme.io",
        "Please stop sending these to my team",
        "We are a competitor of yours, so remove us please.",
        "Great product, but I don't want these emails any more. Remove me.",
        "Wrong person. Take me off your list.",
        "I left the company, please delete my address.",
        "Bitte löschen Sie alle meine personenbezogenen Daten gemäß Art. 17 DSGVO.",
        "Kein Interesse, bitte keine weiteren Mails.",
        "Bitte nehmen Sie mich von der Liste",
        "Bitte unterlassen Sie weitere Kontaktaufnahmen.",
        "Ich möchte nicht mehr kontaktiert werden.",
        "Pas intéressé, merci de me retirer de votre liste.",
        "Merci de supprimer mes données personnelles.",
        "Veuillez cesser de me contacter.",
        "No me interesa, por favor no me escriban más.",
        "Solicito la supresión de mis datos personales.",
        "Por favor elimínenme de su lista.",
        "Chiedo la cancellazione dei miei dati.",
        "Non sono interessato, cancellatemi.",
        "Por favor remova-me da sua lista.",
        "Não tenho interesse, favor retirar meu email.",
        "Solicito a exclusão dos meus dados.",
        "Geen interesse, graag uitschrijven.",
        "Verwijder mijn gegevens alstublieft.",
        "Stop met mailen.",
        "Don't stop reading: remove me from your list.",
    ];
    let rows: Vec<(&[L], &str)> = texts.iter().map(|t| (&[Unsubscribe] as &[L], *t)).collect();
    check(&rows);
}

#[test]
fn words_of_leaving_about_other_things_are_no_opt_out() {
    let any: &[L] = &[
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
        (&[Interested], "I wouldn't unsubscribe"),
        (&[Interested], "I won't unsubscribe, keep them coming"),
        (any, "don't stop"),
        (any, "Don't stop!"),
        (any, "Please don't stop emailing me"),
        (any, "No need to stop"),
        (any, "no need to stop emailing me, I was just busy"),
        (any, "There's no reason to remove me from the list."),
        (any, "We stopped using HubSpot last year."),
        (any, "We are going to stop using Salesforce in May."),
        (any, "please remove the second invoice"),
        (any, "Please delete the old draft and send a new one."),
        (
            any,
            "Please remove me from cc but keep talking to my colleague",
        ),
        (
            any,
            "Please drop me from the cc line, Bob will take it from here.",
        ),
        (any, "You can take me off cc and carry on with Anna."),
        (any, "unsubscribe us from the trial plan"),
        (
            any,
            "Please cancel the trial subscription, we want the annual plan.",
        ),
        (any, "Can customers unsubscribe themselves?"),
        (any, "How do recipients opt out?"),
        (any, "How does your tool handle opt-outs?"),
        (any, "Do you support one-click unsubscribe?"),
        (any, "Does it stop emailing people once they reply?"),
        (any, "Can we remove my colleague from the account later?"),
        (
            any,
            "Could you remove my name from the contract? The company should sign.",
        ),
        (
            any,
            "Please remove my old address from the quote, we moved.",
        ),
        (any, "I can't wait to stop doing this by hand."),
        (any, "We want to stop sending manual emails."),
        (any, "We need to stop sending so many emails ourselves."),
        (any, "Our customers don't want to receive more emails."),
        (any, "People tell us to stop emailing them, can you help?"),
        (any, "What happens when someone says stop?"),
        (any, "Do not hesitate to contact me again."),
        (any, "Don't email me, call me instead."),
        (
            any,
            "Please don't send me the contract yet, I need approval.",
        ),
        (any, "Never got the attachment, can you resend?"),
        (
            any,
            "Please don't send any more discounts, the price is fine.",
        ),
        (any, "We opted out of the annual plan and pay monthly."),
        (any, "Let's take this offline"),
        (any, "Did you remove the fee as discussed?"),
        (any, "I did not ask to be removed, I asked for a quote."),
        (any, "I'm not asking you to stop."),
        (any, "I accidentally unsubscribed, please add me again."),
        (
            any,
            "Sorry, I unsubscribed by mistake. Please put me back on the list.",
        ),
        (any, "I get no more than ten emails a day."),
        (any, "No more questions from my side."),
        (any, "We have no more budget this year"),
        (any, "Can I cancel the subscription at any time?"),
        (any, "Wir stoppen den alten Vertrag im Mai."),
        (any, "Bitte entfernen Sie die zweite Rechnung."),
        (any, "Ich möchte mich nicht abmelden."),
        (any, "Je ne veux pas me désabonner."),
        (any, "No quiero darme de baja."),
        (any, "Non voglio disiscrivermi."),
        (any, "Ik wil me niet afmelden."),
        (any, "Don't take me off the list, I like these."),
        (any, "If I wanted to unsubscribe I would have done so."),
        (any, "Stop by whenever you like!"),
        (any, "We don't want to be left behind."),
        (
            any,
            "I don't want to be a bother, but could you resend the deck?",
        ),
        (
            any,
            "Do not send the contract to me, send it to legal@acme.io.",
        ),
        (any, "I don't want to get locked into a contract."),
        (
            any,
            "Please delete my previous email, I sent it by mistake. The numbers are below.",
        ),
        (
            any,
            "Happy to be removed from your competitor's list, yours is better.",
        ),
    ]);
}

#[test]
fn each_label_is_heard_in_plain_replies() {
    check(&[
        (&[Interested], "Yes please, send me the deck."),
        (
            &[Interested],
            "We'd like to try it. What are the next steps?",
        ),
        (&[Interested], "Why not, send over some details."),
        (&[Interested], "I'm not opposed, tell me more."),
        (&[Interested], "Not bad at all! Send me pricing."),
        (&[Interested], "I can't say no to that. Count me in."),
        (&[Interested], "This is exactly what we need."),
        (
            &[Interested],
            "Klingt spannend, schicken Sie mir bitte mehr Infos.",
        ),
        (
            &[Interested],
            "Cela m'intéresse, envoyez-moi plus d'informations.",
        ),
        (&[Interested], "Me interesa, envíeme más información."),
        (
            &[Interested],
            "Sono interessato, mi mandi maggiori informazioni.",
        ),
        (
            &[Interested],
            "Tenho interesse, pode enviar mais informações.",
        ),
        (&[Interested], "Klinkt goed, stuur maar meer informatie."),
        (&[Question], "Is there a limit on contacts?"),
        (&[Question], "Where is the data hosted?"),
        (&[Question], "Do you integrate with Pipedrive?"),
        (&[Question], "What does it cost per seat?"),
        (&[Question], "One question: how does billing work?"),
        (&[Question], "Is it cheaper if we pay yearly?"),
        (&[Question], "Combien ça coûte ?"),
        (&[Question], "¿Cuánto cuesta?"),
        (&[Question], "Quanto costa?"),
        (&[Question], "Hoeveel kost het per maand?"),
        (&[Question], "Wie funktioniert die Integration?"),
        (&[NotNow], "Not a priority this quarter."),
        (
            &[NotNow],
            "We're swamped until March, please try again then.",
        ),
        (&[NotNow], "Interesting, but not right now."),
        (&[NotNow], "Sounds great but let's revisit in Q4."),
        (&[NotNow], "Momentan nicht, melden Sie sich nächstes Jahr."),
        (
            &[NotNow],
            "Pas pour le moment, recontactez-moi en septembre.",
        ),
        (&[NotNow], "Ahora no, quizás el próximo año."),
        (&[NotNow], "Agora não, talvez no próximo ano."),
        (&[NotNow], "Nu niet, misschien volgend jaar."),
        (&[NotInterested], "I don't think this is for us."),
        (&[NotInterested], "I'm afraid it's not a fit."),
        (&[NotInterested], "We have decided not to proceed."),
        (&[NotInterested], "I'm good, thanks."),
        (&[NotInterested], "No."),
        (&[NotInterested], "No, thank you."),
        (
            &[NotInterested],
            "We are not looking to buy anything, good luck.",
        ),
        (&[NotInterested], "This doesn't interest me."),
        (&[NotInterested], "I wouldn't be interested in that."),
        (&[NotInterested], "Nein danke, kein Bedarf."),
        (&[NotInterested], "Non merci, cela ne nous intéresse pas."),
        (&[NotInterested], "No, gracias."),
        (&[NotInterested], "No grazie, non ci interessa."),
        (&[NotInterested], "Não, obrigado."),
        (&[NotInterested], "Nee, bedankt."),
        (&[WrongPerson], "You have the wrong person."),
        (&[WrongPerson], "I don't handle purchasing."),
        (&[WrongPerson], "I'm not in charge of that."),
        (&[WrongPerson], "Ich bin dafür nicht zuständig."),
        (&[WrongPerson], "Je ne suis pas la bonne personne."),
        (&[WrongPerson], "No soy la persona indicada."),
        (
            &[Referral],
            "You should speak with Maria, she runs marketing.",
        ),
        (
            &[Referral],
            "I've copied my colleague Tom, who looks after this.",
        ),
        (&[Referral], "Not my area. Try john.doe@acme.io"),
        (&[Referral], "I'm forwarding this to our CTO."),
        (
            &[Referral],
            "Bitte wenden Sie sich an meine Kollegin Frau Meier.",
        ),
        (&[Referral], "Contactez plutôt mon collègue Paul."),
        (&[Referral], "Contacte a mi compañera Laura, laura@acme.es"),
        (
            &[Complaint],
            "This is the third time you spam me. Shame on you.",
        ),
        (&[Complaint], "Where did you get my address?"),
        (&[Complaint], "I'm reporting you for spam."),
        (&[Complaint], "Woher haben Sie meine Adresse?"),
        (&[Thanks], "Thanks a lot"),
        (&[Thanks], "Much appreciated!"),
        (&[Unclear], "ok"),
        (&[Unclear], "👍"),
        (&[Unclear], "See below."),
        (&[Unclear, Interested], "Noted."),
        (&[OutOfOffice], "I'm on vacation until Monday."),
        (&[OutOfOffice], "Ich bin bis 3. März im Urlaub."),
        (&[OutOfOffice], "Je suis en congés jusqu'au 3 mars."),
    ]);
}

#[test]
fn objections_say_what_they_are_about() {
    let rows = [
        (O::Price, "It's out of our price range."),
        (O::Price, "Way too pricey for a company of our size."),
        (O::Price, "There is no budget for this."),
        (O::Price, "Das ist uns zu teuer."),
        (O::Price, "C'est trop cher pour nous."),
        (O::Price, "Es demasiado caro."),
        (
            O::Timing,
            "Bad timing, we are in the middle of a migration.",
        ),
        (O::Timing, "We just signed a two-year contract."),
        (O::Competitor, "We're happy with our current vendor."),
        (O::Competitor, "We went with Outreach."),
        (O::Competitor, "We already have a tool for that."),
        (O::Competitor, "Wir haben bereits einen Anbieter."),
        (O::Competitor, "Nous avons déjà une solution."),
        (O::Competitor, "We stopped using X and built our own."),
        (O::Need, "We have no need for this."),
        (
            O::Need,
            "We don't do outbound, so this doesn't apply to us.",
        ),
        (O::Need, "Wir brauchen das nicht."),
        (O::Authority, "I'd have to get approval from my manager."),
        (O::Authority, "That's not my decision to make."),
        (O::Trust, "Never heard of you. Is this legit?"),
        (O::Trust, "We had a bad experience with tools like this."),
        (O::Trust, "I'm sceptical about AI writing my mails."),
    ];
    let mut wrong = Vec::new();
    for (kind, text) in rows {
        let got = classify(text);
        if (got.label, got.objection) != (Objection, Some(kind)) {
            wrong.push(format!("{text:?} should be {kind:?}: {got:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} wrong\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}
