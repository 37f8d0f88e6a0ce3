//! The words themselves: names of columns and keys, values, and what turns them round.
//!
//! Entries are folded: lower case, letters and digits alone, without accents. A list of *stems* is looked for anywhere within a
//! name or value, a list of *words* must be the whole of it. Lists are parted by blanks.

/// Stems of names that say "no mail to them" wherever they stand.
pub(super) const STOPPED: &str = "unsub optout optedout optsout donotemail donotmail donotsend donotwrite donotmarket donotbulk donotallowemail donotallowbulk \
     donotallowmail donotsolicit optedoutsolicit dontcontact dontemail dontmail dontsend dontwrite dontmarket nevercontact neveremail nevermail nomoreemail \
     nomoremail noemailmarketing nomarketing nonewsletter stopemail stopmail stopcontact stopsending removeme removefromlist removefromourlist \
     removefrommailing takemeoff leavemealone blacklist blocklist markedspam spamcomplain spamreport reportedspam reportspam markedasspam markedemailasspam \
     markedemailsasspam reportedasspam consentwithdr withdrawnconsent withdrewconsent withdrawconsent withdrawalofconsent consentrevoked revokedconsent \
     revokeconsent objecttomarketing objectedtomarketing marketingobjection";
/// Stems of the same kind in other languages, and those that mean it in a list of contacts only.
pub(super) const STOPPED_IN_LISTS: &str = "blockedfrom doesnotwantmail doesnotwantemail nomail noemail exclu complain complaint isspam abuse withdrawn withdrew revoked \
     objected abgemeldet abmeldung abbestell austragung ausgetragen werbesperre werbeverbot mailsperre newslettersperre versandsperre widerruf widerspr \
     keinewerbung keineemail keinemail keinnewsletter keinekontakt desinscri desabonn desabonado desuscri dezabon fechadebaja datadebaixa dadodebaja dadadebaja \
     noenviar nomolestar norecibir noquiererecibir disiscri nonscrivere noninviare cancellazioneiscrizione nepasenvoyer nepasecrire neplusenvoyer \
     refusemail refusdemail refusemailing refuselesmail refusprospection oppositionprospection stoppub nosolicit uitgeschreven afgemeld uitschrijf nietmailen geenmail \
     geenemail geenreclame geennieuwsbrief ingetrokken avregistr avmeld frameld avprenumer ingenreklam ingautskick markkinointikielto kieltanyt wypisan \
     wypisal rezygnacj sprzeciw wycofan niewysylac bezmarketingu descadastr cancelouinscricao cancelouainscricao cancelamentodeinscricao naoenviar naoreceber odhlas odhlasen odvolan \
     neposilat peruutettu peruttu leiratkoz отписал отписан отказотрассыл відписа aboneliktencik απεγγραφ διαγραφηαπο 配信停止 オフトアウト 退订 退訂 取消订阅 拒收 \
     إلغاءالاشتراك";
/// Whole names of the same kind.
pub(super) const STOPPED_NAMES: &str = "unsubbed noemail noemails nomail nomails baja bajas esbaja enbaja dadodebaja suppress suppressed suppressedat \
     suppressedon issuppressed suppressme suppression suppressions suppressiondate suppressionlist suppressionreason suppressionstatus suppressiontype \
     unsubscribestatus unsubscribedstatus portalspamreport spam isspam abuse isabuse";
/// What a name with "suppress" must hold to be about mail.
pub(super) const SUPPRESSES: &str = "mail send contact marketing outreach";
/// Stems of names that say "do not contact at all".
pub(super) const NO_CONTACT: &str = "donotcontact donotdisturb donotprocess dontprocess optedoutprocessing donotautocontact kontaktsperre kontaktverbot nichtkontaktieren \
     nichtmehrkontaktieren nichtanschreiben nepascontacter nepluscontacter nocontactar noncontattare naocontatar naocontactar nietcontacteren niecontacteren \
     niekontaktowac nekontaktovat kontaktaej kontaktainte";
/// Whole names of the same kind.
pub(super) const NO_CONTACT_NAMES: &str =
    "dnc isdnc dnd isdnd nocontact nocontacts dncflag dncstatus";
/// Stems of names about data that were, or are to be, deleted.
pub(super) const ERASURES: &str = "erasure erased eraseme erasemydata forgetme shouldforget forgetthisindividual righttobeforgotten gdprdelet gdprerase gdprforget \
     deleteme deletemydata datadeletion deletionrequest anonymised anonymized anonymisiert anonymise datenloschung loschantrag dsgvogeloscht rgpdefface \
     rgpdsupprime suppressiondesdonnees borradodedatos derechoalolvido cancellazionedati verwijderverzoek eliminacaodedados usunieciedanych usunieciadanych";
/// Stems of names about people who died.
pub(super) const DECEASED: &str = "deceased deathdate dateofdeath verstorben todesdatum decede fallecid deceduto overleden falecid obito zmarly zmarla";
/// Stems of names about people who left their firm.
pub(super) const LEFT: &str = "leftcompany leftthecompany leftfirm leftthefirm leftorgani leftorg leftemployer leftjob hasleftcompany nolongerwith nolongerat nolongerwork nolongeremploy \
     nolongerthere exemployee formeremployee unternehmenverlassen firmaverlassen ausgeschieden quittelentreprise quittelasociete partidelasociete dejolaempresa \
     yanotrabaja lasciatolazienda lasciatoazienda nonlavorapiu nietmeerwerkzaam uitdienst deixouaempresa saiudaempresa odszedlzfirmy niepracuje";
/// Stems of names that say "mail to them comes back".
pub(super) const RETURNED: &str = "bounce undeliver unreachable nondeliver hardfail invalidemail emailinvalid isinvalid unzustellbar zustellfehler \
     rebot nondelivr nonremis respint cleantime cleancampaign cleandate cleanedat cleanedon iscleaned teruggestuurd studs";
/// Stems of names about mail or a list.
pub(super) const MAIL: &str = "mail marketing subscri newsletter campaign permission consent optin optedin abonn abo inscri suscri iscri nieuwsbrief \
     nyhetsbrev deliver list contactability audience werbung einwilligung zustimmung correo courriel consens consenti toestemming samtyck \
     samtykke suostumus zgoda souhlas согласи рассыл izin boletin boletim infolettre";
/// Stems of names that hold a state.
pub(super) const STATE: &str = "status state statut estado stato zustand stand preference permission consent deliverab verification validation result \
     health standing einwilligung zustimmung consens consenti toestemming samtyck samtykke suostumus zgoda souhlas согласи izin";
/// Whole names of a state of anything.
pub(super) const STATUS_NAMES: &str = "status state statut stato estatus situacao contactstatus personstatus leadstatus leadsstatus clientstatus recordstatus \
     kontaktstatus statutcontact estadodelcontacto statocontatto";
/// Whole names of a state of mail.
pub(super) const MAIL_STATUS_NAMES: &str =
    "subscriberstate recipientstatus memberstatus emailmarketing marketingemails";
/// Stems of names that say "mail is welcome", beside a stem about mail.
pub(super) const WELCOME: &str = "subscribed optin optedin acceptsmarketing acceptsemail acceptemail acceptsmail acceptmarketing accepts consent permission allowemail \
     allowsemail allowmail mayemail canemail canmail mailable emailable receive wantsemail wantsmail newsletter abonniert angemeldet abonne inscrit suscrito \
     iscritto aangemeld ingeschreven oktoemail oktomail okaytoemail oktosend mailok emailok emailallowed mailallowed allowmarketing erlaubt \
     einwilligung zustimmung accepte acepta aceita accetta einverstanden consens consenti toestemming samtyck samtykke suostumus zgoda souhlas darfmail darfemail \
     marketingallowed cansend maysend autorise autorizza autoriza zugestimmt wunschtemail wunschtnewsletter emailverified";
/// Stems of names that say it by themselves.
pub(super) const MAY_CONTACT: &str = "maycontact mayicontact maywecontact maybecontacted cancontact canwecontact canbecontacted oktocontact okaytocontact contactok contactallowed contactable \
     contactpermitted allowcontact allowscontact permissiontocontact agreestocontact agreedtocontact willingtobecontacted wantstobecontacted kontaktaufnahmeerlaubt kontakterlaubt \
     darfkontaktiert kontaktierbar contactautorise peutetrecontacte accepteetrecontacte puedecontactar sepuedecontactar contactopermitido contattabile puoesserecontattato \
     magcontacteren magbenaderd magworden podecontatar podesercontatado moznakontaktowac zgodanakontakt";
/// Whole names that say it by themselves.
pub(super) const SUBSCRIBED_NAMES: &str = "subscribed issubscribed emailsubscribed subscriber issubscriber subscription newsletter newsletters optin optedin isoptedin emailoptin emailoptedin \
     boletin boletim infolettre nieuwsbrief nyhetsbrev";
/// Stems of names that ask for leave to write, where "none" means that it was not given.
pub(super) const LEAVE: &str = "permission erlaubnis permiso autorisation permesso";
/// Stems of names about leave that was given or taken back.
pub(super) const CONSENT: &str = "permission consent einwilligung zustimmung consens consenti toestemming samtyck samtykke suostumus zgoda souhlas согласи izin";
/// Stems of names about how, or how often, people want to be written to.
pub(super) const PREFERENCE: &str = "preferredchannel preferredcontact preferredmethod preferredcommunication contactpreference contactmethod methodofcontact communicationpreference \
     communicationchannel mailpreference marketingpreference mailfrequency contactfrequency newsletterfrequency sendfrequency bevorzugterkanal bevorzugterkontakt \
     kontaktpraferenz kontakthaufigkeit canalprefere preferencedecontact frequencedesmail canalpreferido preferenciadecontacto frecuenciadecorreo canalepreferito \
     preferenzadicontatto frequenzaemail voorkeurskanaal contactvoorkeur preferenciadecontato frequenciadeemail preferowanykanal czestotliwoscemail";
/// Stems of names that only look like a wish: parts of our own facts, counters of soft bounces, times of a sign-up.
pub(super) const BESIDE: &str = "softbounc bouncesoft bouncedsoft softfail transientbounc temporarybounc doubleoptin optintime optindate optinip optinsource \
     confirmtime subscribedat subscribedon subscribeddate subscriptiondate subscribedate consentdate consenttime consentat permissiondate optoutscope optoutsentence \
     optoutdomain optoutaddresses optoutlanguage listunsubscribe complainedabout emailhash";
/// Stems by which one of these is a wish all the same.
pub(super) const BESIDE_BUT: &str =
    "unsubscribedat unsubscribedon unsubscribeddate unsubscribedate withdr revok";
/// Words in names of links, counters and settings, alone or at the end.
pub(super) const BESIDE_WORDS: &str = "url urls link links header headers token count counts counter total rate page deadline expires policy period window clause notice instructions \
     template footer html hash anzahl nombre numero number";
/// Words in names that say that people could, not that they did.
pub(super) const COULD: &str = "can may could allow allowed show available enabled";
/// Stems of names that deny what follows.
pub(super) const NAME_DENIES: &str = "notoptedout notoptout notunsub notsuppress notblack notblock neveroptedout neverunsub nevercomplain";
/// Words in names of an end: whoever is left alone until a day is not left alone for good.
pub(super) const UNTIL_WORDS: &str = "until till til bis jusqua jusque hasta fino tot ate";
/// Stems of names of a pause, beside such a word.
pub(super) const PAUSED: &str = "snooze pause onhold contact mail sperre";
/// Words in names of what says why.
pub(super) const REASON_WORDS: &str = "reason reasons grund grunde motif raison motivo reden powod comment comments note notes detail details feedback other remark remarks";
/// Stems of other channels than mail.
pub(super) const CHANNELS: &str = "sms phone whatsapp cookie push telefon appel llamad viber telegram linkedin mobile postal telemarket voicemail";
/// Whole words of them.
pub(super) const CHANNEL_WORDS: &str = "mms call calls calling fax text texts texting post letter letters chat ip dns voice anruf anrufe telefonate mms telefoon brief";
/// Stems of uses of data that are no mail.
pub(super) const USES: &str =
    "tracking profiling analytics donottrack donttrack donotprofile dontprofile donotsell";
/// Whole words of them.
pub(super) const USE_WORDS: &str = "ads sale sell selling sharing track profile";
/// Stems of names that forbid something, of which nobody can say whether it is mail.
pub(super) const FORBIDS: &str = "nofurther donot doesnot dont never stop sperre verbot gesperrt blocked suppress refus oppos opposiz objection widersp nopub remove declin bloccat \
     geblokkeerd bloquea zablokowan zastrzez prohibi interdi niechce rechaz neznechci";
/// Stems of names about leave, mail or data, whose "no" may be a wish.
pub(super) const CONCERNS: &str = "marketing newsletter mailing mailinglist gdpr dsgvo rgpd lopd lgpd rodo avgtoestemming privacy datenschutz consent contactable kontaktier reachable erreichbar joignable \
     accetta acepta aceita accepte promo advert werbung publicidad pubblicita reclame reklam communication comunicacion comunicazion comunicac korrespond emailing prospection \
     outreach optin erlaub autoris autoriz solicit";

/// Keys of payloads that hold the word of an event or a state.
pub(super) const EVENTS: &str = "class label event eventname eventtype type subtype reason action recordtype notificationtype feedbacktype category disposition \
     intent replytype replystatus liststatus subscription subscriptionstatus subscriptionstate emailstatus marketingstatus hsleadstatus consentstatus preference lifecycle \
     lifecyclestage tag tags form formname";
/// Keys whose word "cleaned" says that the address was taken off a list because mail to it comes back.
pub(super) const CLEANED: &str = "status emailstatus liststatus subscriptionstatus marketingstatus contactstatus memberstatus event eventtype type";

/// Values that say that somebody wants no mail, by their stems.
pub(super) const SAYS_STOPPED: &str = "unsub optedout optout optsout optingout blocklist blacklist suppressed complained markedasspam markedspam reportedspam reportedasspam spamreport \
     spamcomplain reportspam donotmail donotemail donotsend donotcontact donotdisturb donotallow dontcontact dontemail dontmail nevercontact neveremail nomoremail nomoreemail \
     removedbyrecipient nolongersubscribed abgemeldet ausgetragen abbestellt werbesperre kontaktsperre widerrufen widersprochen desinscri desabonn desuscri dezabon dadodebaja \
     dadadebaja debaja disiscri uitgeschreven afgemeld avregistrerad avmeldt frameldt avprenumererad wypisany wypisana descadastrad odhlasen leiratkoz keinewerbung keineemail \
     keinemail consentwithdrawn consentrevoked withdrawalofconsent permissionrevoked withdrewconsent gdprerased gdprdelet deceased verstorben nepascontacter nocontactar \
     noncontattare naocontatar nietcontacteren niekontaktowac отписан відписан 配信停止 退订 退訂 取消订阅 拒收";
/// Whole values of the same kind.
pub(super) const SAYS_STOPPED_WORDS: &str =
    "dnc dnd erased listunsubscribe globalunsubscribe groupunsubscribe";
/// Whole values that are a complaint; of an answer, one may be about something else.
pub(super) const COMPLAINTS: &str = "complaint spam abuse emailcomplaint";
/// Values that say that mail comes back, by their stems.
pub(super) const SAYS_RETURNED: &str = "bounced hardbounce bounce undeliverable undelivered unreachable mailboxnotfound doesnotexist nonexistent invalidemail \
     emailinvalid unzustellbar zuruckgekommen rebotado rebote nondelivre unknownuser userunknown";
/// Values that say that they left the firm, by their stems.
pub(super) const SAYS_LEFT: &str = "leftcompany leftthecompany leftfirm leftthefirm nolongerwith nolongerat nolongerwork nolongeremploy unternehmenverlassen firmaverlassen ausgeschieden";
/// Whole values of payloads by which a bounce is for good.
pub(super) const HARD: &str = "hard hardbounce hardbounced permanent permanentfailure bouncehard invalid invalidemail bademailaddress unknownuser userunknown nosuchuser cleaned";
/// Those of them that mean it in any event.
pub(super) const HARD_ANYWHERE: &str = "hardbounce hardbounced bouncehard emailhardbounced";
/// Keys of payloads whose true value is a bounce for good.
pub(super) const HARD_FLAGS: &str =
    "hard ishard hardbounce hardbounced ishardbounce permanent ispermanent";
/// Those of them that mean it in any event.
pub(super) const HARD_FLAGS_ANYWHERE: &str = "hardbounce hardbounced ishardbounce hashardbounced";
/// Keys of payloads that say of which kind a bounce is.
pub(super) const BOUNCE_KINDS: &str =
    "type subtype severity category classification event status reason diagnostic error code kind";
/// Those of them that mean it in any event.
pub(super) const BOUNCE_KINDS_ANYWHERE: &str = "bouncetype bounceclass bouncecategory";
/// Further whole values of what speaks of mail for certain: leave that ended.
pub(super) const ENDED: &str = "withdrawn revoked withdrew ended";
/// Leave that was refused.
pub(super) const REFUSED: &str =
    "denied deny refused declined rejected disallowed noconsent objected";
/// Leave that is over or was never given, which may or may not be a refusal.
pub(super) const LAPSED: &str = "expired lapsed notgiven notgranted";
/// Other values of leave that nobody can read for certain.
pub(super) const UNCLEAR: &str = "none missing required requested inactive unclear";
/// Further whole values of columns that speak of mail for certain.
pub(super) const STOPPED_IN_MAIL: &str = "cancelled canceled deleted removed disabled blocked junk spam abuse excluded dnc dnd out nocontact noemail noemails nomail nomails gesperrt \
     gekundigt verweigert abgelehnt annule refuse retire revoque oppose cancelado anulado bloqueado revocado retirado rechazado denegado baja bloque bloccato revocato ritirato negato \
     rifiutato revogado recusado negado geblokkeerd ingetrokken geweigerd aterkallat nekat trukket avslatt peruttu kielletty wycofana odmowa odmowiona odvolan odmitnut отозвано отказ \
     retras refuzat reddedildi disallowedemail nopermission";
pub(super) const RETURNED_IN_MAIL: &str =
    "cleaned invalid rejected dead failed unavailable nonvalid inexistent";
/// Further whole values of a column that is only called status.
pub(super) const STOPPED_IN_STATUS: &str =
    "blocklisted blacklisted unsubscribed dnc dnd abuse spam";
pub(super) const RETURNED_IN_STATUS: &str = "cleaned bounced";
/// Whole values of a preference that refuse all mail.
pub(super) const PREFERS_NO_MAIL: &str = "never nothing nocontact nocommunication nocommunications notatall stop niemals garnicht jamais nunca mai nooit nigdy keine aucun ninguno ninguna nessuno \
     nessuna geen nenhum nenhuma zaden";
/// Stems of a preference that refuse mail.
pub(super) const PREFERS_BUT_MAIL: &str = "noemail nomail noemails keinemail keineemail pasdemail pasdemails nocorreo sincorreo niente geenmail geenemail bezemail semmail sememail nicht nichtper";
/// Stems by which a value denies what it names, or speaks of what passes.
pub(super) const VALUE_DENIES: &str = "notunsub notopted nounsub neverunsub neveropted nobounce notbounce nonbounce notblock noblock notblack nocomplain \
     notsuppressed softbounce softfail resubscri nonsubscri neversubscri neversubscribed canunsub mayunsub didnotopt didntopt hasnotopt hasntopt didnotunsub didntunsub hasnotunsub notexcluded pendingunsub neverbounced";
/// Stems of mail that comes back for a while.
pub(super) const PASSES: &str = "soft temporary transient mailboxfull overquota quotaexceeded greylist deferred tryagain throttl";
/// Whole values by which mail is welcome, or nothing is known of it.
pub(super) const WELCOMES: &str = "subscribed optedin optin notoptedout active enabled allow allowed allows granted given accepted confirmed unconfirmed pending \
     valid deliverable ok good delivered verified never nosubscription nonsubscribed abonniert angemeldet abonne inscrit suscrito iscritto \
     inscrito aangemeld ingeschreven resubscribed clean safe mailable nil na";
/// Whole values that say yes.
pub(super) const YESES: &str =
    "yes y true t on x checked ticked ja oui si sim tak ano kylla igen da да так evet ναι 是 はい";
/// Whole values that say no.
pub(super) const NOES: &str = "no n false f off nein non nej nee nie falsch faux falso nao unchecked ei ne het нет ні hayir nem nu όχι οχι いいえ 否 아니요";
/// Stems behind a "no" that refuse: "no more mail", "no contact".
pub(super) const NO_OF: &str = "nomore nomail noemail nocontact nolonger nothank nomarketing nonewsletter nosend nomessag nocommunic nooutreach nopromo";
/// Words that end a value at a day.
pub(super) const VALUE_UNTIL: &str =
    "until till til bis jusqua jusquau jusquen jusque hasta fino tot ate";
/// Stems of values that name an end which is none.
pub(super) const FOR_GOOD: &str = "untilfurthernotice tillfurthernotice bisaufweiteres jusquanouvelordre hastanuevoaviso finoanuovoavviso totnaderbericht atenovoaviso";
/// Words beside a date.
pub(super) const BESIDE_DATES: &str = "on at since by am pm le el il op den dne jan feb mar apr may mai jun jul aug sep oct okt nov dec dez january february march april \
     june july august september october november december januar februar marz juni juli oktober dezember utc gmt";

/// Objects of a payload whose entries are mail, or all channels.
pub(super) const MAIL_PARTS: &str =
    "email emails mail mails all global everything marketing emailmarketing";
