//! Webhooks as they come in: checked, kept, and looked into by the next pass.

use crate::connectors::hubspot::webhook::{self, Event};
use crate::domain::service::Provider;
use crate::engine::error::{EngineError, Result};
use crate::engine::handle::Engine;
use crate::store::Durability;
use crate::store::hubspot::{EventRow, add_event};

/// A call as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The method.
    pub method: &'a str,
    /// The path and the query.
    pub target: &'a str,
    /// `X-HubSpot-Request-Timestamp`.
    pub timestamp: Option<&'a str>,
    /// `X-HubSpot-Signature-v3`.
    pub signature: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

impl Engine {
    /// Tells whether webhooks can be checked at all.
    ///
    /// # Errors
    /// If no client secret can be had; the message says what to do.
    pub fn ready_for_webhooks(&self) -> Result<()> {
        self.client_secret().map(drop)
    }

    fn client_secret(&self) -> Result<crate::secrets::Secret> {
        let client = self
            .outside()
            .oauth_client(Provider::Hubspot)
            .map_err(|e| {
                EngineError::Outside(format!(
                    "{} Without the app's client secret no call can be checked; CASEYOS_HUBSPOT_CLIENT_SECRET can supply it.",
                    e.message
                ))
            })?;
        if client.secret.is_empty() {
            return Err(EngineError::Input(
                "No client secret of the HubSpot app is kept, and without it no call can be checked. Put it into CASEYOS_HUBSPOT_CLIENT_SECRET, or keep it with `caseyos auth login hubspot`.".into(),
            ));
        }
        Ok(client.secret)
    }

    /// Takes in a call of HubSpot's webhooks. Returns how many of its events were new; none if its signature is not good, however it is not.
    ///
    /// # Errors
    /// If it is signed and no list of events, or the database cannot be written.
    pub fn receive_webhook(&self, call: Call<'_>) -> Result<Option<usize>> {
        let secret = self.client_secret()?;
        let uri = format!(
            "{}{}",
            self.config().serve.public_url.trim_end_matches('/'),
            call.target
        );
        let headers = (call.timestamp, call.signature);
        if let Err(refused) =
            webhook::verify(&secret, call.method, &uri, call.body, headers, self.now())
        {
            tracing::warn!(%refused, "a webhook was refused");
            return Ok(None);
        }
        let events = webhook::parse(call.body).map_err(EngineError::Input)?;
        let rows: Vec<EventRow> = events.iter().map(row).collect();
        let new = self.write(Durability::Full, move |tx, _, now| {
            let mut new = 0;
            for row in &rows {
                new += usize::from(add_event(tx, row, now)?);
            }
            if new > 0 {
                tx.emit(now, "hubspot.webhook", "hubspot")?;
            }
            Ok(new)
        })?;
        Ok(Some(new))
    }
}

fn row(event: &Event) -> EventRow {
    let noun = event.kind.split('.').next().unwrap_or("");
    let kind = match noun {
        "contact" => "contacts",
        "company" => "companies",
        "deal" => "deals",
        other => other,
    };
    let at = event.occurred_at.map_or(0, jiff::Timestamp::as_millisecond);
    EventRow {
        id: 0,
        // An event's own id is the same at each redelivery, and only within its subscription and record.
        key: format!(
            "{}:{}:{}:{}:{at}",
            event.id, event.kind, event.object_id, event.property
        ),
        kind: kind.to_owned(),
        object_id: event.object_id.clone(),
        what: event.kind.clone(),
        occurred_at: event.occurred_at,
    }
}
