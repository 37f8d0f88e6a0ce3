//! A domain's mail servers in Mozilla's format (`config-v1.1.xml`), read from addresses of its own.
//!
//! Hosts, ports and kinds of protection are taken from it and nothing else: a user name or password that stands there is not read.
//! <https://www.bucksch.org/1/projects/thunderbird/autoconfiguration/config-file-format.html>

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::Event;

use super::service_records::is_plausible_host;
use super::wire::Protection;
use crate::connectors::transport::Request;
use crate::domain::service::Service;

/// A longer file is none of this kind.
pub const MAX_BYTES: usize = 64 * 1024;
/// Servers that are read of one file.
const MAX_SERVERS: usize = 20;

/// The servers that a file names, the preferred one of each kind; those without TLS are skipped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// The IMAP server.
    pub imap: Option<(String, u16, Protection)>,
    /// The SMTP server.
    pub smtp: Option<(String, u16, Protection)>,
    /// True if the IMAP server knows people by the part before the @ alone.
    pub by_local_part: bool,
}

/// A reason that a file is useless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AutoconfigError {
    /// Not XML of this kind.
    #[error("it is no file of mail settings")]
    Broken,
}

/// Asks for the file; the address is the request's base.
#[must_use]
pub fn fetch() -> Request {
    Request {
        max_bytes: MAX_BYTES,
        ..Request::get(Service::MailSettings, "mail.autoconfig", "")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Incoming,
    Outgoing,
}

#[derive(Default)]
struct Server {
    kind: String,
    host: String,
    port: String,
    socket: String,
    user: String,
}

impl Server {
    /// Returns where it is, if it speaks `kind` under TLS and can be one at all.
    fn place(&self, kind: &str, domain: &str) -> Option<(String, u16, Protection)> {
        if !self.kind.eq_ignore_ascii_case(kind) {
            return None;
        }
        let protection = match self.socket.to_ascii_lowercase().as_str() {
            "ssl" | "tls" => Protection::Tls,
            "starttls" => Protection::StartTls,
            _ => return None,
        };
        let host = self.host.replace("%EMAILDOMAIN%", domain).to_lowercase();
        let port = self.port.parse().ok().filter(|port| *port > 0)?;
        is_plausible_host(&host).then_some((host, port, protection))
    }
}

/// Reads a file. Of each kind the first server counts that can be used.
///
/// # Errors
/// Fails if it is not XML, or is XML of another kind.
pub fn parse(bytes: &[u8], domain: &str) -> Result<Named, AutoconfigError> {
    let text = std::str::from_utf8(bytes).map_err(|_| AutoconfigError::Broken)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{FEFF}'));
    let mut named = Named::default();
    let mut path: Vec<String> = Vec::new();
    let mut open: Option<(Side, Server)> = None;
    let (mut is_ours, mut servers) = (false, 0);
    loop {
        match reader.read_event().map_err(|_| AutoconfigError::Broken)? {
            Event::Eof => break,
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                is_ours |= path.is_empty() && name == "clientConfig";
                let side = match name.as_str() {
                    "incomingServer" => Some(Side::Incoming),
                    "outgoingServer" => Some(Side::Outgoing),
                    _ => None,
                };
                if let Some(side) = side.filter(|_| servers < MAX_SERVERS) {
                    servers += 1;
                    let kind = start
                        .try_get_attribute("type")
                        .ok()
                        .flatten()
                        .and_then(|kind| kind.normalized_value(XmlVersion::Implicit1_0).ok())
                        .unwrap_or_default()
                        .into_owned();
                    let server = Server {
                        kind,
                        ..Server::default()
                    };
                    open = Some((side, server));
                }
                path.push(name);
            }
            Event::End(_) => {
                let name = path.pop().unwrap_or_default();
                let is_server = matches!(name.as_str(), "incomingServer" | "outgoingServer");
                if let Some((side, server)) = open.take_if(|_| is_server) {
                    take(&mut named, side, &server, domain);
                }
            }
            Event::Text(part) => put(&mut open, &path, &part.xml10_content()),
            Event::CData(part) => put(&mut open, &path, &part.xml10_content()),
            // A host with an entity in it is invalid; entities are not resolved.
            Event::GeneralRef(_) => put(&mut open, &path, "&"),
            Event::Empty(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
    if is_ours && path.is_empty() {
        Ok(named)
    } else {
        Err(AutoconfigError::Broken)
    }
}

fn put(open: &mut Option<(Side, Server)>, path: &[String], part: &str) {
    let Some((_, server)) = open else {
        return;
    };
    let slot = match path.last().map(String::as_str) {
        Some("hostname") => &mut server.host,
        Some("port") => &mut server.port,
        Some("socketType") => &mut server.socket,
        Some("username") => &mut server.user,
        _ => return,
    };
    slot.push_str(part.trim());
}

fn take(named: &mut Named, side: Side, server: &Server, domain: &str) {
    match side {
        Side::Incoming if named.imap.is_none() => {
            named.imap = server.place("imap", domain);
            // Only whether it is this placeholder: a name that stands here in full is somebody's.
            named.by_local_part = named.imap.is_some() && server.user == "%EMAILLOCALPART%";
        }
        Side::Outgoing if named.smtp.is_none() => named.smtp = server.place("smtp", domain),
        Side::Incoming | Side::Outgoing => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As hosts publish it: POP3 first, IMAP without TLS before IMAP with it.
    const FILE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- settings -->
<clientConfig version="1.1">
  <emailProvider id="firm.example">
    <domain>firm.example</domain>
    <incomingServer type="pop3"><hostname>pop.firm.example</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
    <incomingServer type="imap"><hostname>plain.firm.example</hostname><port>143</port><socketType>plain</socketType></incomingServer>
    <incomingServer type="imap">
      <hostname> imap.%EMAILDOMAIN% </hostname>
      <port>993</port>
      <socketType>SSL</socketType>
      <username>%EMAILLOCALPART%</username>
      <password>theirs</password>
      <authentication>password-cleartext</authentication>
    </incomingServer>
    <incomingServer type="imap"><hostname>second.firm.example</hostname><port>993</port><socketType>SSL</socketType></incomingServer>
    <outgoingServer type="smtp">
      <hostname>Smtp.Hoster.Example</hostname><port>587</port><socketType>STARTTLS</socketType><username>casey</username>
    </outgoingServer>
  </emailProvider>
  <webMail><loginPage url="https://firm.example/mail"/></webMail>
</clientConfig>"#;

    #[test]
    fn the_first_servers_with_tls_are_taken_and_nothing_else() {
        let named = parse(FILE.as_bytes(), "firm.example").unwrap();
        assert_eq!(
            named,
            Named {
                imap: Some(("imap.firm.example".into(), 993, Protection::Tls)),
                smtp: Some(("smtp.hoster.example".into(), 587, Protection::StartTls)),
                by_local_part: true,
            }
        );
        assert!(!format!("{named:?}").contains("theirs"));
    }

    #[test]
    fn what_cannot_be_a_server_is_passed_over() {
        let with = |host: &str, port: &str, socket: &str| {
            let file = format!(
                "<clientConfig><emailProvider><incomingServer type='imap'><hostname>{host}</hostname><port>{port}</port>\
                 <socketType>{socket}</socketType></incomingServer></emailProvider></clientConfig>"
            );
            parse(file.as_bytes(), "firm.example").unwrap().imap
        };
        assert!(with("a.example", "993", "SSL").is_some());
        for (host, port, socket) in [
            ("a.example", "0", "SSL"),
            ("a.example", "70000", "SSL"),
            ("a.example", "", "SSL"),
            ("a.example", "993", ""),
            ("127.0.0.1", "993", "SSL"),
            ("localhost", "993", "SSL"),
            ("a b.example", "993", "SSL"),
            ("a&amp;.example", "993", "SSL"),
            ("a.example/x", "993", "SSL"),
            ("%EMAILLOCALPART%.example", "993", "SSL"),
            ("", "993", "SSL"),
        ] {
            assert_eq!(with(host, port, socket), None, "{host} {port} {socket}");
        }
    }

    #[test]
    fn whatever_is_no_such_file_is_refused() {
        let html = "<!doctype html><html><body><p>Not found<br></body></html>";
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><clientConfig>&b;";
        for bad in ["", "nothing", html, bomb, "<other/>", "<clientConfig>"] {
            assert!(parse(bad.as_bytes(), "firm.example").is_err(), "{bad}");
        }
        assert!(parse(&[0xFF, 0xFE, 0], "firm.example").is_err());
        let deep = "<a>".repeat(20_000);
        assert!(parse(deep.as_bytes(), "firm.example").is_err());
        for end in 0..FILE.len() {
            drop(parse(&FILE.as_bytes()[..end], "firm.example"));
        }
    }
}
