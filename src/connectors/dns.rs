//! Mail records of a domain: MX, TXT and SRV, asked over UDP, or TCP where an answer is too long.
//!
//! A resolver for one question at a time. Answers come from strangers: every length is checked, names are followed for a bounded number of
//! steps, and what is read is cleaned before it is shown.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use crate::domain::text::clean_line;
use crate::env;

/// The kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A mail exchanger.
    Mx,
    /// A text.
    Txt,
    /// A service (RFC 2782).
    Srv,
}

impl Kind {
    /// Returns its number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Mx => 15,
            Self::Txt => 16,
            Self::Srv => 33,
        }
    }
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A mail exchanger.
    Exchanger {
        /// The lowest is asked first.
        preference: u16,
        /// The host; empty if the domain takes no mail (RFC 7505).
        host: String,
    },
    /// A text.
    Text(String),
    /// A service.
    Service(ServiceRecord),
}

/// A service's place (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRecord {
    /// The lowest is asked first.
    pub priority: u16,
    /// Its share among those of the same priority.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host; empty if the domain does not offer the service.
    pub host: String,
}

impl Record {
    /// Returns the text or the host.
    #[must_use]
    pub fn into_text(self) -> String {
        match self {
            Self::Exchanger { host, .. } => host,
            Self::Text(text) => text,
            Self::Service(service) => service.host,
        }
    }
}

/// A reason that there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// No name server is known.
    #[error("no name server is known")]
    NoServer,
    /// The name cannot be one.
    #[error("\"{0}\" is no domain name")]
    BadName(String),
    /// Nobody answered in time.
    #[error("{0} did not answer")]
    NoAnswer(SocketAddr),
    /// The server failed or refused.
    #[error("the name server refused (code {0})")]
    Refused(u8),
    /// The answer is malformed.
    #[error("the name server's answer is broken")]
    Broken,
}

/// The longest answer that is read.
const MAX_BYTES: usize = 65_535;
/// Answer size that we accept over UDP, in bytes.
const UDP_BYTES: u16 = 1232;
/// Records that are read of one answer.
const MAX_RECORDS: usize = 200;

/// Returns the name servers of a `resolv.conf`.
#[must_use]
pub fn servers(resolv_conf: &str) -> Vec<SocketAddr> {
    resolv_conf
        .lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"))
        .filter_map(|rest| rest.split_whitespace().next()?.parse::<IpAddr>().ok())
        .map(|ip| SocketAddr::new(ip, 53))
        .take(3)
        .collect()
}

/// Returns the name servers of this machine.
#[must_use]
pub fn system_servers() -> Vec<SocketAddr> {
    servers(&std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default())
}

/// Asks the servers in turn, all of them within `limit`. A name that does not exist has no records.
///
/// # Errors
/// Fails if nobody answers properly.
pub fn ask(
    servers: &[SocketAddr],
    name: &str,
    kind: Kind,
    limit: Duration,
) -> Result<Vec<Record>, DnsError> {
    let id = env::unguessable::<2>().map_err(|_| DnsError::Broken)?;
    let question = query(u16::from_be_bytes(id), name, kind)?;
    let begin = env::monotonic();
    let mut last = DnsError::NoServer;
    let count = u32::try_from(servers.len()).unwrap_or(u32::MAX).max(1);
    for server in servers {
        let left = limit.saturating_sub(env::monotonic().saturating_sub(begin));
        if left.is_zero() {
            break;
        }
        match ask_one(*server, &question, kind, left.min(limit / count)) {
            Ok(records) => return Ok(records),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn ask_one(
    server: SocketAddr,
    question: &[u8],
    kind: Kind,
    limit: Duration,
) -> Result<Vec<Record>, DnsError> {
    let silent = |_| DnsError::NoAnswer(server);
    let begin = env::monotonic();
    let left = || {
        let left = limit.saturating_sub(env::monotonic().saturating_sub(begin));
        if left.is_zero() {
            Err(DnsError::NoAnswer(server))
        } else {
            Ok(left)
        }
    };
    let any = match server {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any).map_err(silent)?;
    // A connected socket takes answers from that server alone.
    socket.connect(server).map_err(silent)?;
    socket.send(question).map_err(silent)?;
    let mut buffer = [0; UDP_BYTES as usize];
    loop {
        socket.set_read_timeout(Some(left()?)).map_err(silent)?;
        let n = socket.recv(&mut buffer).map_err(silent)?;
        match read(buffer.get(..n).unwrap_or_default(), question, kind) {
            // An answer to another question: somebody guesses.
            Ok(Answer::Foreign) => {}
            Ok(Answer::Records(records)) => return Ok(records),
            Ok(Answer::Truncated) => break,
            Err(error) => return Err(error),
        }
    }
    let mut stream = TcpStream::connect_timeout(&server, left()?).map_err(silent)?;
    stream.set_read_timeout(Some(left()?)).map_err(silent)?;
    stream.set_write_timeout(Some(left()?)).map_err(silent)?;
    let length = u16::try_from(question.len()).map_err(|_| DnsError::Broken)?;
    stream
        .write_all(&[&length.to_be_bytes()[..], question].concat())
        .map_err(silent)?;
    let mut length = [0; 2];
    stream.read_exact(&mut length).map_err(silent)?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length)).min(MAX_BYTES)];
    stream.read_exact(&mut answer).map_err(silent)?;
    match read(&answer, question, kind)? {
        Answer::Records(records) => Ok(records),
        Answer::Truncated | Answer::Foreign => Err(DnsError::Broken),
    }
}

/// Builds a question: recursion desired, with room for a longer answer (RFC 6891).
fn query(id: u16, name: &str, kind: Kind) -> Result<Vec<u8>, DnsError> {
    let bad = || DnsError::BadName(clean_line(name, 80));
    let mut out = Vec::with_capacity(64);
    for n in [id, 0x0100, 1, 0, 0, 1] {
        out.extend(n.to_be_bytes());
    }
    let name = name.trim_end_matches('.');
    if name.is_empty() || name.len() > 253 {
        return Err(bad());
    }
    for label in name.split('.') {
        let is_plain = label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        let length = u8::try_from(label.len())
            .ok()
            .filter(|n| (1..=63).contains(n) && is_plain)
            .ok_or_else(bad)?;
        out.push(length);
        out.extend(label.bytes());
    }
    out.push(0);
    for n in [kind.number(), 1] {
        out.extend(n.to_be_bytes());
    }
    // The root's name, type OPT, our size, no flags, no data.
    out.extend([0, 0, 41]);
    out.extend(UDP_BYTES.to_be_bytes());
    out.extend([0; 6]);
    Ok(out)
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Records(Vec<Record>),
    Truncated,
    Foreign,
}

/// A place in an answer.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], DnsError> {
        let end = self.at.checked_add(n).ok_or(DnsError::Broken)?;
        let part = self.bytes.get(self.at..end).ok_or(DnsError::Broken)?;
        self.at = end;
        Ok(part)
    }

    fn number(&mut self) -> Result<u16, DnsError> {
        let pair: [u8; 2] = self.take(2)?.try_into().map_err(|_| DnsError::Broken)?;
        Ok(u16::from_be_bytes(pair))
    }

    /// Reads a name, following its pointers backwards for a bounded number of steps.
    fn name(&mut self) -> Result<String, DnsError> {
        let mut out = String::new();
        let mut at = self.at;
        let mut end = None;
        for _ in 0..128 {
            let length = *self.bytes.get(at).ok_or(DnsError::Broken)?;
            match length {
                0 => {
                    self.at = end.unwrap_or(at + 1);
                    return Ok(out);
                }
                1..=63 => {
                    let from = at + 1;
                    let to = from + usize::from(length);
                    let label = self.bytes.get(from..to).ok_or(DnsError::Broken)?;
                    if !out.is_empty() {
                        out.push('.');
                    }
                    out.push_str(&String::from_utf8_lossy(label));
                    at = to;
                }
                0xC0.. => {
                    let low = *self.bytes.get(at + 1).ok_or(DnsError::Broken)?;
                    end.get_or_insert(at + 2);
                    at = usize::from(u16::from_be_bytes([length & 0x3F, low]));
                }
                _ => return Err(DnsError::Broken),
            }
        }
        Err(DnsError::Broken)
    }
}

fn read(bytes: &[u8], question: &[u8], kind: Kind) -> Result<Answer, DnsError> {
    let mut reader = Reader { bytes, at: 0 };
    let id = reader.take(2)?;
    if question.get(..2) != Some(id) {
        return Ok(Answer::Foreign);
    }
    let flags = reader.number()?;
    if flags & 0x8000 == 0 {
        return Err(DnsError::Broken);
    }
    if flags & 0x0200 != 0 {
        return Ok(Answer::Truncated);
    }
    match flags & 0xF {
        0 => {}
        // The name does not exist.
        3 => return Ok(Answer::Records(Vec::new())),
        code => return Err(DnsError::Refused(u8::try_from(code).unwrap_or(u8::MAX))),
    }
    let (questions, answers) = (reader.number()?, reader.number()?);
    reader.take(4)?;
    for _ in 0..questions {
        reader.name()?;
        reader.take(4)?;
    }
    let mut records = Vec::new();
    for _ in 0..usize::from(answers).min(MAX_RECORDS) {
        reader.name()?;
        let its_kind = reader.number()?;
        reader.take(6)?;
        let length = usize::from(reader.number()?);
        let next = reader.at.checked_add(length).ok_or(DnsError::Broken)?;
        if its_kind == kind.number() {
            records.push(match kind {
                Kind::Txt => Record::Text(text(reader.take(length)?)?),
                Kind::Mx => Record::Exchanger {
                    preference: reader.number()?,
                    host: clean_line(&reader.name()?, 260),
                },
                Kind::Srv => Record::Service(ServiceRecord {
                    priority: reader.number()?,
                    weight: reader.number()?,
                    port: reader.number()?,
                    host: clean_line(&reader.name()?, 260),
                }),
            });
        }
        // Aliases stand before their targets, and are skipped.
        reader.at = next;
    }
    Ok(Answer::Records(records))
}

/// Joins the strings of a text record.
fn text(mut data: &[u8]) -> Result<String, DnsError> {
    let mut out = Vec::new();
    while let Some((&length, rest)) = data.split_first() {
        let (part, after) = rest
            .split_at_checked(usize::from(length))
            .ok_or(DnsError::Broken)?;
        out.extend_from_slice(part);
        data = after;
    }
    Ok(clean_line(&String::from_utf8_lossy(&out), 4000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::world::names::answer;

    fn answered(kind: Kind, records: &[(Kind, &str)]) -> Result<Answer, DnsError> {
        let question = query(7, "ruiz.example", kind).unwrap();
        read(&answer(&question, &in_zone(records)), &question, kind)
    }

    fn in_zone(records: &[(Kind, &str)]) -> Vec<(String, Kind, String)> {
        records
            .iter()
            .map(|(kind, value)| ("ruiz.example".to_owned(), *kind, (*value).to_owned()))
            .collect()
    }

    fn exchanger(host: &str) -> Record {
        Record::Exchanger {
            preference: 10,
            host: host.into(),
        }
    }

    #[test]
    fn records_are_read_as_they_were_written() {
        let long = "v=spf1 ".to_owned() + &"include:x.example ".repeat(30) + "-all";
        assert_eq!(
            answered(Kind::Txt, &[(Kind::Txt, &long), (Kind::Mx, "a.b")]),
            Ok(Answer::Records(vec![Record::Text(long)]))
        );
        assert_eq!(
            answered(Kind::Mx, &[(Kind::Mx, "mx1.ruiz.example"), (Kind::Mx, "")]),
            Ok(Answer::Records(vec![
                exchanger("mx1.ruiz.example"),
                exchanger("")
            ]))
        );
        let service = |host: &str| {
            Record::Service(ServiceRecord {
                priority: 1,
                weight: 20,
                port: 993,
                host: host.into(),
            })
        };
        assert_eq!(
            answered(
                Kind::Srv,
                &[(Kind::Srv, "1 20 993 imap.a.b"), (Kind::Srv, "1 20 993 .")]
            ),
            Ok(Answer::Records(vec![service("imap.a.b"), service("")]))
        );
    }

    #[test]
    fn no_answer_however_broken_is_read_beyond_its_end() {
        for (kind, first, second) in [
            (Kind::Srv, "0 1 993 imap.a.b", "0 0 0 ."),
            (Kind::Mx, "mx.a.b", ""),
            (Kind::Txt, "v=spf1 -all", "x"),
        ] {
            let question = query(7, "ruiz.example", kind).unwrap();
            let records = in_zone(&[(kind, first), (kind, second)]);
            let good = answer(&question, &records);
            for length in 0..good.len() {
                assert!(read(&good[..length], &question, kind).is_err(), "{length}");
            }
            for at in 2..good.len() {
                for byte in [0, 1, 0x3F, 0xC0, 0xFF] {
                    let mut bad = good.clone();
                    bad[at] = byte;
                    drop(read(&bad, &question, kind));
                }
            }
        }
        let question = query(7, "ruiz.example", Kind::Txt).unwrap();
        let records = in_zone(&[(Kind::Txt, "v=spf1 -all"), (Kind::Txt, "x")]);
        let good = answer(&question, &records);
        // A name that points at itself.
        let mut loops = good.clone();
        loops[12..14].copy_from_slice(&[0xC0, 12]);
        assert_eq!(read(&loops, &question, Kind::Txt), Err(DnsError::Broken));
    }

    #[test]
    fn a_foreign_answer_is_none() {
        let question = query(7, "ruiz.example", Kind::Txt).unwrap();
        let mut foreign = answer(&question, &[]);
        foreign[1] = 8;
        assert_eq!(read(&foreign, &question, Kind::Txt), Ok(Answer::Foreign));
    }

    #[test]
    fn names_that_cannot_be_are_not_asked_for() {
        for bad in [
            "",
            ".",
            "a..b",
            "a b.example",
            &"x".repeat(64),
            &"x.".repeat(200),
        ] {
            assert!(query(1, bad, Kind::Mx).is_err(), "{bad}");
        }
        query(1, "_dmarc.ruiz.example.", Kind::Txt).unwrap();
    }

    #[test]
    fn the_systems_servers_are_read() {
        assert_eq!(
            servers("# x\nnameserver 10.0.0.1\nsearch a\nnameserver ::1 # y\nnameserver bad\n"),
            ["10.0.0.1:53".parse().unwrap(), "[::1]:53".parse().unwrap()]
        );
    }
}
