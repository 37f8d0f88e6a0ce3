//! The providers as the engine uses them: a request goes out with the account's token, within its budget, and is tried again where that is safe.

use crate::connectors::transport::{
    CallError, CallErrorKind, Fate, HttpTransport, Request, Response, Transport,
};
use crate::domain::service::Provider;
use crate::engine::core::Core;
use crate::secrets::Secret;

/// What carries requests for this process.
#[derive(Debug)]
pub(in crate::engine) struct Providers {
    transport: Box<dyn Transport>,
}

impl Default for Providers {
    fn default() -> Self {
        Self {
            transport: Box::new(HttpTransport::default()),
        }
    }
}

impl Core {
    /// Sends a request with the account's token and returns the answer.
    pub fn call(&self, request: &Request) -> Result<Response, CallError> {
        let provider = request.service.provider();
        let token = self.access_token(provider)?;
        let base = self.config.base_url(request.service);
        self.providers.transport.send(base, Some(&token), request)
    }

    fn access_token(&self, provider: Provider) -> Result<Secret, CallError> {
        let variable = match provider {
            Provider::Google => "CASEYOS_GOOGLE_TOKEN",
            Provider::Hubspot => "CASEYOS_HUBSPOT_TOKEN",
        };
        crate::env::variable(variable)
            .filter(|token| !token.is_empty())
            .map(Secret::new)
            .ok_or_else(|| CallError {
                kind: CallErrorKind::SignedOut,
                fate: Fate::NotSent,
                status: None,
                message: format!(
                    "nobody is signed in to {provider}; `caseyos auth login {provider}` does that"
                ),
                retry_after: None,
                body: serde_json::Value::Null,
            })
    }
}
