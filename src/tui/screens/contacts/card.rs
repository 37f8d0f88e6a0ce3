//! The card of a person.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::engine::queries::contacts::ContactCard;
use crate::engine::queries::timeline::ContactLine;
use crate::tui::context::Context;
use crate::tui::text::{clean, fit};
use crate::tui::times;
use crate::tui::widgets::columns;

/// Returns the name of a person, else the address.
pub(super) fn name(line: &ContactLine) -> String {
    if line.name.is_empty() {
        clean(&line.email)
    } else {
        clean(&line.name)
    }
}

/// Returns the lines of the card of a person, with the particulars once they were read.
pub(super) fn lines(
    line: Option<&ContactLine>,
    person: Option<&ContactCard>,
    cells: usize,
    cx: &Context,
) -> Vec<Line<'static>> {
    let styles = cx.styles();
    let Some(line) = line else {
        return Vec::new();
    };
    let mut lines = vec![Line::from(Span::styled(
        fit(&name(line), cells, cx.glyphs().cut),
        styles.text.patch(Style::new().bold()),
    ))];
    let work = [clean(&line.title), clean(&line.company)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    if !work.is_empty() {
        lines.push(Line::from(Span::styled(
            fit(&work, cells, cx.glyphs().cut),
            styles.muted,
        )));
    }
    let Some(card) = person else {
        return lines;
    };
    if let Some(why) = &card.suppressed {
        lines.extend(columns(
            "never write ",
            13,
            styles.bad,
            &clean(why),
            styles.bad,
            cells,
        ));
    }
    let at = |at: jiff::Timestamp| times::both(at, cx.now, &cx.zone);
    let place = [&card.item.city, &card.state, &card.item.country]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| clean(part))
        .collect::<Vec<_>>()
        .join(", ");
    let phones = [&card.item.phone, &card.item.mobile_phone]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| clean(part))
        .collect::<Vec<_>>()
        .join(", ");
    for (label, value) in [
        ("mail", card.emails.join(", ")),
        ("phone", phones),
        (
            "stage",
            card.item.lifecycle_stage.as_str().replace('_', " "),
        ),
        ("in touch", card.last_contact_at.map(at).unwrap_or_default()),
        (
            "fit",
            card.icp_fit
                .map(|fit| format!("{:.0} %", fit * 100.0))
                .unwrap_or_default(),
        ),
        ("renewal", card.renewal_at.map(at).unwrap_or_default()),
        ("place", place),
        ("zone", card.time_zone.clone()),
        ("linkedin", card.linkedin.clone()),
        ("known as", card.external_ids.join(", ")),
        ("notes", card.notes.clone()),
    ] {
        if !value.is_empty() {
            lines.extend(columns(
                label,
                13,
                styles.muted,
                &clean(&value),
                styles.text,
                cells,
            ));
        }
    }
    lines
}
