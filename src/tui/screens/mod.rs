//! The screens, with the line that makes each.

mod contacts;
mod log;
mod metrics;
mod pipeline;
mod rules;
mod signals;
mod sync;
pub mod today;

use crate::tui::ids::ScreenId;
use crate::tui::parts::ListScreen;
use crate::tui::screen::Screen;

/// Makes a screen, before anything is read.
#[must_use]
pub fn make(screen: ScreenId) -> Box<dyn Screen> {
    match screen {
        ScreenId::Today => Box::new(today::Today::new()),
        ScreenId::Signals => Box::new(ListScreen::<signals::Signals>::default()),
        ScreenId::Contacts => Box::new(contacts::Contacts::new()),
        ScreenId::Pipeline => Box::new(pipeline::Pipeline::new()),
        ScreenId::Metrics => Box::new(metrics::Metrics::new()),
        ScreenId::Sync => Box::new(ListScreen::<sync::Sync>::default()),
        ScreenId::Log => Box::new(ListScreen::<log::Log>::default()),
        ScreenId::Rules => Box::new(ListScreen::<rules::Rules>::default()),
    }
}
