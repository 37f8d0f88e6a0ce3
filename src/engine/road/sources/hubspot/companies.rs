//! Firms, brought in.

use jiff::Timestamp;

use crate::connectors::hubspot::objects::Object;
use crate::domain::company::{domain_of_website, registrable};
use crate::domain::text::clean_line;
use crate::engine::error::Result;
use crate::engine::road::sources::hubspot::bring::{Bringing, base_of, modified};
use crate::store::WriteTx;
use crate::store::hubspot::{self, SeenWriter};
use crate::store::people::RecordKind;
use crate::store::sources::SourceCounts;

impl Bringing {
    pub(super) fn bring_companies(
        &self,
        tx: &WriteTx<'_>,
        objects: &[&Object],
        counts: &mut SourceCounts,
        now: Timestamp,
    ) -> Result<()> {
        let mut seen = SeenWriter::new(tx, now)?;
        for object in objects {
            let name = clean_line(object.properties.text("name"), 240);
            let domain = object.properties.get("domain").and_then(domain_of_website);
            let domain = domain.as_deref().map(registrable);
            let industry = clean_line(object.properties.text("industry"), 120);
            if name.is_empty() && domain.is_none() {
                counts.drop_one("a firm without a name");
                continue;
            }
            let id = hubspot::save_company(tx, &object.id, (&name, domain, &industry), now)?;
            for old in object.merged().filter(|old| *old != object.id) {
                hubspot::merge_into(tx, RecordKind::Company, old, id.0)?;
            }
            seen.save(
                self.kind.as_str(),
                &object.id,
                modified(object, self.kind, now),
                object.archived,
                &base_of(self.kind, object),
            )?;
        }
        Ok(())
    }
}
