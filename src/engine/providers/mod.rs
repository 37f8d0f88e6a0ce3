//! The providers as the engine uses them: a request goes out with the account's token, within its budget, and is tried again where that is safe.

mod auth;
pub mod sign_in;

use crate::connectors::transport::{CallError, HttpTransport, Request, Response, Transport};
use crate::engine::core::Core;

pub(in crate::engine) use auth::SignIns;

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
}
