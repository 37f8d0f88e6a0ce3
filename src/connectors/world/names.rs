//! A name server in memory, for those who ask about a domain's mail.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::connectors::dns::Kind;

/// A name, a kind of record, and its content: a text, a host, or a service as in a zone's file ("0 1 993 imap.firm.example").
pub type Record = (String, Kind, String);

/// A name server on a port of 127.0.0.1, until it is dropped.
#[derive(Debug)]
pub struct Names {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Names {
    /// Starts it.
    ///
    /// # Errors
    /// Fails if no port can be opened.
    pub fn start(records: Vec<Record>) -> std::io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(20)))?;
        let address = socket.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let is_stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("names".into())
            .spawn(move || {
                let mut buffer = [0; 600];
                while !is_stopped.load(Ordering::SeqCst) {
                    if let Ok((n, from)) = socket.recv_from(&mut buffer) {
                        let question = buffer.get(..n).unwrap_or_default();
                        // The client may have gone.
                        drop(socket.send_to(&answer(question, &records), from));
                    }
                }
            })?;
        Ok(Self {
            address,
            stop,
            thread: Some(thread),
        })
    }

    /// Returns where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Builds the answer to a question out of the records of that name and kind.
#[must_use]
pub fn answer(question: &[u8], records: &[Record]) -> Vec<u8> {
    let mut labels = Vec::new();
    let mut at = 12;
    while let Some(length) = question.get(at).map(|&n| usize::from(n)).filter(|n| *n > 0) {
        let label = question.get(at + 1..at + 1 + length).unwrap_or_default();
        labels.push(String::from_utf8_lossy(label).into_owned());
        at += 1 + length;
    }
    let end = at + 5;
    let kind = question.get(at + 1..at + 3).unwrap_or_default();
    let name = labels.join(".");
    let found: Vec<_> = records
        .iter()
        .filter(|(n, k, _)| n.eq_ignore_ascii_case(&name) && k.number().to_be_bytes() == *kind)
        .collect();
    let mut out = question.get(..2).unwrap_or_default().to_vec();
    let count = u16::try_from(found.len()).unwrap_or(0);
    for n in [0x8180, 1, count, 0, 0] {
        out.extend(n.to_be_bytes());
    }
    out.extend(question.get(12..end).unwrap_or_default());
    for (_, kind, value) in found {
        let mut data = Vec::new();
        let mut put = |part: &[u8]| {
            data.push(u8::try_from(part.len()).unwrap_or(0));
            data.extend_from_slice(part);
        };
        let (numbers, host): (Vec<u16>, &str) = match kind {
            Kind::Txt => {
                value.as_bytes().chunks(255).for_each(&mut put);
                (Vec::new(), "")
            }
            Kind::Mx => (vec![10], value),
            Kind::Srv => {
                let (numbers, host) = value.rsplit_once(' ').unwrap_or(("", value));
                (numbers.split(' ').flat_map(str::parse).collect(), host)
            }
        };
        if *kind != Kind::Txt {
            host.split('.')
                .filter(|l| !l.is_empty())
                .for_each(|l| put(l.as_bytes()));
            data.push(0);
            data.splice(0..0, numbers.iter().flat_map(|n| n.to_be_bytes()));
        }
        // The name stands in the question.
        out.extend([0xC0, 12]);
        out.extend(kind.number().to_be_bytes());
        out.extend([0, 1, 0, 0, 0, 60]);
        out.extend(u16::try_from(data.len()).unwrap_or(0).to_be_bytes());
        out.extend(data);
    }
    out
}
