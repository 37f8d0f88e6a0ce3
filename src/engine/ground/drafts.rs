//! Drafts as templates write them: rendered once for what they are made of, and never while the database is locked.
//!
//! A write transaction that needs a draft takes the one that was rendered before for exactly the same values. Where there is none, it is given up
//! with [`EngineError::Unrendered`], the draft is rendered with no lock held, and the transaction is run again (`Engine::write_drafts`). A
//! template that works for long can thus keep nobody from stopping or suppressing.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::domain::template::{Context, Rendered, TemplateError, Templates};
use crate::engine::error::{EngineError, Result};
use crate::store::{ReadTx, StoreError};

/// Drafts that are kept; a transaction needs a few.
const KEPT: usize = 64;

/// A draft, or what is wrong with its template.
type Drawn = std::result::Result<Rendered, TemplateError>;

/// The drafts that were rendered last.
#[derive(Debug, Default)]
pub(in crate::engine) struct Drafts {
    kept: Mutex<VecDeque<([u8; 32], Drawn)>>,
}

impl Drafts {
    /// Returns the draft that a template makes of `context`.
    ///
    /// # Errors
    /// In a write transaction, [`EngineError::Unrendered`] if it was not rendered before.
    pub fn get(
        &self,
        tx: &ReadTx<'_>,
        templates: &Templates,
        template: &str,
        context: Context,
    ) -> Result<Drawn> {
        let key = key_of(template, &context)?;
        if let Some(drawn) = self.find(&key) {
            return Ok(drawn);
        }
        if tx.is_in_write() {
            return Err(EngineError::Unrendered {
                template: template.to_owned(),
                context: Box::new(context),
            });
        }
        self.render(templates, template, &context)
    }

    /// Renders a draft and keeps it. Must not be called while a write transaction is open.
    pub fn render(
        &self,
        templates: &Templates,
        template: &str,
        context: &Context,
    ) -> Result<Drawn> {
        let key = key_of(template, context)?;
        let drawn = templates.render(template, context);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((key, drawn.clone()));
        Ok(drawn)
    }

    fn find(&self, key: &[u8; 32]) -> Option<Drawn> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .find(|(known, _)| known == key)
            .map(|(_, drawn)| drawn.clone())
    }
}

fn key_of(template: &str, context: &Context) -> Result<[u8; 32]> {
    let values =
        serde_json::to_vec(context).map_err(|e| StoreError::Invalid(format!("a draft: {e}")))?;
    let mut hasher = Sha256::new();
    hasher.update((template.len() as u64).to_be_bytes());
    hasher.update(template);
    hasher.update(values);
    Ok(hasher.finalize().into())
}
