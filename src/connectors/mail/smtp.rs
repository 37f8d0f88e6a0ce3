//! SMTP submission (RFC 6409): handing a message in, step by step, so that a failure says whether the message may have left.
//!
//! Until the last byte of the message is on its way nothing has left; from there until the server answers nobody knows.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt};
use lettre::transport::smtp::extension::{
    ClientId, Extension, MailBodyParameter, MailParameter, RcptParameter,
};
use lettre::transport::smtp::response::{Response, Severity};

use super::wire::{Endpoint, Login, Protection, xoauth2};
use crate::domain::email::address::EmailAddress;
use crate::domain::email::bounce::is_dead_address;
use crate::domain::text::clean_line;
use crate::secrets::Secret;

const STEP: Duration = Duration::from_secs(60);

/// A reason that a message was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmtpError {
    /// Nothing left; another try may go better.
    #[error("{0}")]
    NotYet(String),
    /// Nothing left, and another try would end the same way: the server refuses the message or the address.
    #[error("{0}")]
    Refused(String),
    /// Nothing left: there is no such mailbox, says the server.
    #[error("{0}")]
    NoSuchAddress(String),
    /// Nothing left: the server refuses the sign-in.
    #[error("{0}")]
    SignIn(String),
    /// Sent or not: the message was handed over and the answer did not come.
    #[error("{0}")]
    Unknown(String),
    /// Nothing left: the caller stopped it at the last moment.
    #[error("{0}")]
    Stopped(String),
}

/// A server that is connected and signed in to.
pub struct SmtpSession {
    connection: SmtpConnection,
    server: String,
    /// True if it reports on delivery when asked (RFC 3461).
    offers_dsn: bool,
    /// The longest message that it takes (RFC 1870); 0 if it does not say.
    max_bytes: usize,
}

impl std::fmt::Debug for SmtpSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpSession({})", self.server)
    }
}

impl SmtpSession {
    /// Connects, protects the connection and signs in. A server on this machine that offers no sign-in is asked for none.
    ///
    /// # Errors
    /// Fails if the server cannot be reached safely or refuses the sign-in.
    pub fn connect(endpoint: &Endpoint, login: &Login, hello: &str) -> Result<Self, SmtpError> {
        let server = endpoint.shown();
        let not_yet = |e: lettre::transport::smtp::Error| {
            SmtpError::NotYet(format!("{server} cannot be used: {}", said(&e)))
        };
        let hello = ClientId::Domain(hello.to_owned());
        let tls = match endpoint.protection {
            Protection::None => None,
            Protection::Tls | Protection::StartTls => Some(parameters(endpoint)?),
        };
        let address = (endpoint.host.as_str(), endpoint.port);
        let at_once = tls
            .as_ref()
            .filter(|_| endpoint.protection == Protection::Tls);
        let mut connection =
            SmtpConnection::connect(address, Some(STEP), &hello, at_once, None).map_err(not_yet)?;
        if let (Protection::StartTls, Some(tls)) = (endpoint.protection, &tls) {
            connection.starttls(tls, &hello).map_err(not_yet)?;
        }
        let offered = [Mechanism::Plain, Mechanism::Login, Mechanism::Xoauth2];
        let asks = connection
            .server_info()
            .get_auth_mechanism(&offered)
            .is_some();
        if asks || endpoint.protection != Protection::None {
            let answer = match login {
                Login::Password { user, password } => connection.auth(
                    &[Mechanism::Plain, Mechanism::Login],
                    &Credentials::new(user.clone(), password.expose().to_owned()),
                ),
                Login::Token { user, token } => {
                    if !connection
                        .server_info()
                        .supports_auth_mechanism(Mechanism::Xoauth2)
                    {
                        return Err(SmtpError::SignIn(format!(
                            "{server} takes no tokens (XOAUTH2)"
                        )));
                    }
                    show_token(&mut connection, user, token)
                }
            };
            match answer {
                Ok(response) if response.is_positive() => {}
                Ok(response) => {
                    return Err(SmtpError::SignIn(format!(
                        "{server} refuses the sign-in: {}",
                        words(&response)
                    )));
                }
                Err(error) if error.is_permanent() || error.is_client() => {
                    return Err(SmtpError::SignIn(format!(
                        "{server} refuses the sign-in: {}",
                        said(&error)
                    )));
                }
                Err(error) => return Err(not_yet(error)),
            }
        }
        // The library keeps only the extensions that it knows, so the list is asked for again (RFC 5321 allows it at any time).
        let listed = connection.command(Ehlo::new(hello)).map_err(not_yet)?;
        let mut session = Self {
            connection,
            server: server.clone(),
            offers_dsn: false,
            max_bytes: 0,
        };
        for line in listed.message() {
            let mut parts = line.split_ascii_whitespace();
            match parts.next().map(str::to_ascii_uppercase).as_deref() {
                Some("DSN") => session.offers_dsn = true,
                Some("SIZE") => {
                    session.max_bytes = parts.next().and_then(|n| n.parse().ok()).unwrap_or(0)
                }
                _ => {}
            }
        }
        Ok(session)
    }

    /// Sets how long the server may take for an answer from here on.
    pub fn give_up_after(&mut self, limit: Duration) {
        if let Err(error) = self.connection.set_timeout(Some(limit)) {
            tracing::warn!(%error, "the time limit of a mail server could not be set");
        }
    }

    /// Tells whether it is asked to report what it could not deliver.
    #[must_use]
    pub const fn offers_reports(&self) -> bool {
        self.offers_dsn
    }

    /// Hands a message in. `last_word` is asked when everything is ready and before the first byte of the message leaves; its refusal
    /// stops it. Returns the server's words, which often have the queue's id for it.
    ///
    /// # Errors
    /// Gives the reason of a refusal, and tells whether the message may have left.
    pub fn send(
        &mut self,
        from: &EmailAddress,
        to: &[EmailAddress],
        id: &str,
        message: &[u8],
        last_word: &mut dyn FnMut() -> Result<(), String>,
    ) -> Result<String, SmtpError> {
        if self.max_bytes > 0 && message.len() > self.max_bytes {
            return Err(SmtpError::Refused(format!(
                "{} takes messages of at most {} bytes, and this one has {}",
                self.server,
                self.max_bytes,
                message.len()
            )));
        }
        let address = |a: &EmailAddress| {
            a.as_str()
                .parse::<Address>()
                .map_err(|e| SmtpError::Refused(format!("{}: {e}", a.as_str())))
        };
        let mut parameters = Vec::new();
        let all_ascii = from.as_str().is_ascii() && to.iter().all(|a| a.as_str().is_ascii());
        if !all_ascii {
            if !self
                .connection
                .server_info()
                .supports_feature(Extension::SmtpUtfEight)
            {
                return Err(SmtpError::Refused(format!(
                    "{} takes no addresses beyond ASCII",
                    self.server
                )));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !message.is_ascii() {
            if !self
                .connection
                .server_info()
                .supports_feature(Extension::EightBitMime)
            {
                return Err(SmtpError::Refused(format!(
                    "{} takes no 8-bit messages",
                    self.server
                )));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        if self.offers_dsn {
            let other = |keyword: &str, value: &str| MailParameter::Other {
                keyword: keyword.into(),
                value: Some(value.into()),
            };
            // Headers are enough to recognise it by; the envelope id comes back in the report (RFC 3461, 4.3 and 4.4).
            parameters.push(other("RET", "HDRS"));
            parameters.push(other("ENVID", id.trim_matches(['<', '>'])));
        }
        let mail = Mail::new(Some(address(from)?), parameters);
        self.expect(|c| c.command(mail))?;
        for recipient in to {
            let parameters = if self.offers_dsn {
                vec![RcptParameter::Other {
                    keyword: "NOTIFY".into(),
                    value: Some("FAILURE,DELAY".into()),
                }]
            } else {
                Vec::new()
            };
            let rcpt = Rcpt::new(address(recipient)?, parameters);
            self.expect(|c| c.command(rcpt)).map_err(|e| match e {
                SmtpError::Refused(reason) if is_dead_address(&reason) => {
                    SmtpError::NoSuchAddress(reason)
                }
                other => other,
            })?;
        }
        self.expect(|c| c.command(Data))?;
        if let Err(reason) = last_word() {
            // Whoever drops the session hangs up, which leaves nothing behind: no message has ended (RFC 5321, 4.1.1.4). The library's own
            // `abort` would say QUIT first, which is text here, and wait for an answer to it.
            return Err(SmtpError::Stopped(reason));
        }
        match self.connection.message(message) {
            Ok(response) => self.judge(response),
            Err(error) if error.status().is_some() => Err(self.refusal(&error)),
            Err(error) => Err(SmtpError::Unknown(format!(
                "{} had the whole message and did not answer: {}",
                self.server,
                said(&error)
            ))),
        }
    }

    /// Says goodbye.
    pub fn close(mut self) {
        drop(self.connection.quit());
    }

    fn expect(
        &mut self,
        step: impl FnOnce(&mut SmtpConnection) -> Result<Response, lettre::transport::smtp::Error>,
    ) -> Result<String, SmtpError> {
        match step(&mut self.connection) {
            Ok(response) => self.judge(response),
            Err(error) => Err(self.refusal(&error)),
        }
    }

    fn judge(&self, response: Response) -> Result<String, SmtpError> {
        let text = words(&response);
        match response.code().severity {
            Severity::PositiveCompletion | Severity::PositiveIntermediate => Ok(text),
            Severity::TransientNegativeCompletion => Err(SmtpError::NotYet(format!(
                "{} answers: {text}",
                self.server
            ))),
            Severity::PermanentNegativeCompletion => Err(SmtpError::Refused(format!(
                "{} refuses it: {text}",
                self.server
            ))),
        }
    }

    fn refusal(&self, error: &lettre::transport::smtp::Error) -> SmtpError {
        let text = format!("{} answers: {}", self.server, said(error));
        if error.is_permanent() {
            SmtpError::Refused(text)
        } else {
            SmtpError::NotYet(text)
        }
    }
}

/// Signs in by XOAUTH2. A server that refuses the token says why in a challenge, which wants an empty answer before the refusal itself comes; the
/// library gives up at the challenge, and its words would hide the server's.
fn show_token(
    connection: &mut SmtpConnection,
    user: &str,
    token: &Secret,
) -> Result<Response, lettre::transport::smtp::Error> {
    let first = STANDARD.encode(xoauth2(user, token));
    let response = connection.command(format!("AUTH XOAUTH2 {first}\r\n"))?;
    if response.has_code(334) {
        return connection.command("\r\n");
    }
    Ok(response)
}

fn parameters(endpoint: &Endpoint) -> Result<TlsParameters, SmtpError> {
    let wrong = |e: lettre::transport::smtp::Error| {
        SmtpError::NotYet(format!("TLS cannot be set up: {}", said(&e)))
    };
    let mut builder = TlsParameters::builder(endpoint.host.clone());
    if !endpoint.extra_roots.is_empty() {
        builder = builder
            .add_root_certificate(Certificate::from_pem(&endpoint.extra_roots).map_err(wrong)?);
    }
    builder.build_rustls().map_err(wrong)
}

/// A server's words, cleaned.
fn words(response: &Response) -> String {
    let code = response.code();
    let text = response.message().collect::<Vec<_>>().join(" ");
    clean_line(&format!("{code} {text}"), 300)
}

fn said(error: &lettre::transport::smtp::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    clean_line(&text, 300)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use super::*;

    /// A server that knows one token, and says what it was told.
    fn serve(listener: &TcpListener, good: &str) -> Vec<String> {
        let (stream, _) = listener.accept().unwrap();
        let mut out = stream.try_clone().unwrap();
        let mut heard = Vec::new();
        out.write_all(b"220 mail.firm.example ready\r\n").unwrap();
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let answer = match line.split(' ').next().unwrap_or_default() {
                "EHLO" => "250-mail.firm.example\r\n250-SIZE 1000\r\n250 AUTH PLAIN XOAUTH2\r\n",
                "AUTH" if line.ends_with(good) => "235 2.7.0 Accepted\r\n",
                // {"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}
                "AUTH" => {
                    "334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==\r\n"
                }
                "" => "535 5.7.8 Username and Password not accepted\r\n",
                _ => "221 2.0.0 Bye\r\n",
            };
            heard.push(line);
            out.write_all(answer.as_bytes()).unwrap();
        }
        heard
    }

    fn sign_in(token: &str) -> (Result<(), SmtpError>, Vec<String>) {
        // The bytes that Google's own documentation shows for this user and token.
        let good = "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==";
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = Endpoint {
            host: "127.0.0.1".into(),
            port: listener.local_addr().unwrap().port(),
            protection: Protection::None,
            extra_roots: Vec::new(),
        };
        let login = Login::Token {
            user: "someuser@example.com".into(),
            token: Secret::new(token),
        };
        std::thread::scope(|threads| {
            let server = threads.spawn(|| serve(&listener, good));
            let result = SmtpSession::connect(&endpoint, &login, "firm.example");
            let result = result.map(SmtpSession::close);
            (result, server.join().unwrap())
        })
    }

    #[test]
    fn a_token_is_shown_in_the_bytes_of_the_documentation() {
        let (result, heard) = sign_in("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
        assert_eq!(result, Ok(()), "{heard:?}");
    }

    #[test]
    fn a_token_that_is_refused_is_answered_with_nothing_and_the_servers_words_are_told() {
        let (result, heard) = sign_in("ya29.old");
        let Err(SmtpError::SignIn(reason)) = result else {
            panic!("{result:?}")
        };
        assert!(
            reason.contains("Username and Password not accepted"),
            "{reason}"
        );
        assert!(!reason.contains("ya29"), "{reason}");
        assert_eq!(heard.get(2).map(String::as_str), Some(""), "{heard:?}");
    }
}
