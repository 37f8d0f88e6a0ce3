//! A kind that exists in tests alone: it shows that one can be added without the machine, the gate or a face knowing of it.

use std::sync::Mutex;

use jiff::Timestamp;

use crate::domain::action::Means;
use crate::domain::effect::EffectKind;
use crate::domain::guard::{Asks, InDraft, Mode};
use crate::domain::id::ExecutionId;
use crate::domain::outbox::Answer;
use crate::engine::effects::kind::{
    Delivered, Effect, Inverse, Made, Readiness, Shown, Stopped, Undelivered, Way, Words,
};
use crate::engine::error::Result;
use crate::engine::ground::core::Core;
use crate::engine::outside::Outside;
use crate::store::executions::ExecutionRow;
use crate::store::moves::MoveRow;
use crate::store::{ReadTx, WriteTx};

/// A lamp that is switched on or off.
pub(super) struct Toy;

/// The lamps of all tests that are on, by their content.
static LIT: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn made(content: &str) -> Made {
    Made {
        kind: EffectKind::Toy,
        content: content.to_owned(),
        to: String::new(),
        subject: content.to_owned(),
        in_reply_to: String::new(),
        edited: false,
    }
}

impl Effect for Toy {
    fn kind(&self) -> EffectKind {
        EffectKind::Toy
    }

    fn means(&self) -> Means {
        Means::ByHand
    }

    fn asks(&self) -> Asks {
        Asks {
            suppression: false,
            limits: false,
            window: false,
            in_draft: InDraft::Refuses("a lamp has no draft"),
        }
    }

    fn words(&self) -> Words {
        Words {
            heading: "Lamp",
            missing: "No lamp",
            ready: "lamp ready",
            closing: "lit",
            after: "The lamp is lit; u puts it out.",
            not_edited: "is a lamp",
        }
    }

    fn claims(&self, _: &ReadTx<'_>, _: &MoveRow) -> Result<bool> {
        Ok(false)
    }

    fn make(&self, _: &ReadTx<'_>, _: &Core, _: &MoveRow, _: Timestamp) -> Result<Way> {
        Ok(Way::ByHand("no move lights a lamp".into()))
    }

    fn shown(&self, _: &Core, content: &str) -> Result<Shown> {
        Ok(Shown {
            to: "the lamp".into(),
            subject: content.to_owned(),
            parts: vec![("lamp".into(), content.to_owned())],
            letter: None,
            promise: "The lamp goes out.".into(),
        })
    }

    fn waits(&self, _: &str) -> bool {
        false
    }

    fn once(&self, _: &ReadTx<'_>, row: &ExecutionRow) -> Result<String> {
        Ok(format!("toy:{}", row.content))
    }

    fn mark(&self, _: &ReadTx<'_>, id: ExecutionId, _: &str, _: &str) -> Result<String> {
        Ok(format!("toy-{id}"))
    }

    fn carrier(&self, _: &Core) -> Result<String, String> {
        Ok("toy:box".into())
    }

    fn readiness(
        &self,
        _: &ReadTx<'_>,
        _: &Core,
        carrier: &str,
        _: Timestamp,
    ) -> Result<Readiness> {
        Ok(Ok(carrier.to_owned()))
    }

    fn request(&self, _: &Core, row: &ExecutionRow, _: Timestamp) -> Result<Vec<u8>> {
        Ok(format!("SWITCH {}", row.content).into_bytes())
    }

    fn deliver(
        &self,
        _: &Outside,
        row: &ExecutionRow,
        _: &[u8],
        stopped: Stopped<'_>,
    ) -> Result<Delivered, Undelivered> {
        if let Some(reason) = stopped() {
            return Err(Undelivered::Stopped { reason });
        }
        let mut lit = LIT.lock().unwrap();
        match row.content.strip_prefix("not ") {
            Some(lamp) => lit.retain(|on| on != lamp),
            None => lit.push(row.content.clone()),
        }
        Ok(Delivered::at(format!("toy:{}", row.content)))
    }

    fn find(
        &self,
        _: &Outside,
        _: &ExecutionRow,
        _: Timestamp,
    ) -> Result<(Answer, Option<Delivered>)> {
        Ok((Answer::NeverHad, None))
    }

    fn settled(
        &self,
        _: &WriteTx<'_>,
        _: &Core,
        _: &ExecutionRow,
        _: &Delivered,
        _: Timestamp,
    ) -> Result<()> {
        Ok(())
    }

    fn inverse(&self, _: &ReadTx<'_>, _: &Core, row: &ExecutionRow) -> Result<Inverse> {
        Ok(Inverse::By(made(&format!("not {}", row.content))))
    }

    fn named(&self, row: &ExecutionRow) -> String {
        format!("the lamp {}", row.content)
    }

    fn said(&self, _: &Core, row: &ExecutionRow) -> String {
        format!("Lit: {}.", row.content)
    }

    fn would(&self, _: Mode, shown: &Shown) -> String {
        format!("Would light {}. Nothing was lit.", shown.subject)
    }

    fn said_before(&self, _: &ReadTx<'_>, _: &Core, row: &ExecutionRow) -> Result<String> {
        Ok(format!("{} is lit already.", row.content))
    }
}

mod tests {
    use super::*;
    use crate::config::Paths;
    use crate::domain::action::ActionKind;
    use crate::engine::command::{Command, Done};
    use crate::engine::effects::ask::{Ask, Wish};
    use crate::engine::handle::Engine;
    use crate::env::{Env, FixedClock};
    use std::sync::Arc;

    fn home(mode: &str) -> (tempfile::TempDir, Engine) {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        std::fs::write(&paths.config, format!("mode = \"{mode}\"\n")).unwrap();
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        let engine = Engine::create(Env::new(Arc::new(FixedClock(now)), 1), paths).unwrap();
        (folder, engine)
    }

    fn light(engine: &Engine, lamp: &'static str) -> Done {
        engine
            .ask_for(false, move |_, _, _| {
                let ask = Ask::wish(made(lamp), ActionKind::CreateTask);
                Ok(Wish::Ask(Box::new(ask)))
            })
            .unwrap()
    }

    fn is_lit(lamp: &str) -> usize {
        LIT.lock().unwrap().iter().filter(|on| *on == lamp).count()
    }

    #[test]
    fn a_kind_that_nothing_knows_passes_the_door_and_is_undone() {
        let (_folder, engine) = home("live");
        let done = light(&engine, "red");
        assert!(matches!(done, Done::Changed { .. }), "{done:?}");
        assert_eq!(is_lit("red"), 1);
        let again = light(&engine, "red");
        assert_eq!(again.summary(), "red is lit already.");
        assert_eq!(is_lit("red"), 1);
        assert!(engine.undo_list(5).unwrap()[0].possible);
        engine.run(Command::Undo { id: None }).unwrap();
        assert_eq!(is_lit("red"), 0);
        light(&engine, "red");
        assert_eq!(is_lit("red"), 1);
    }

    #[test]
    fn a_kind_that_nothing_knows_is_held_by_the_guards() {
        let (_folder, engine) = home("draft");
        let refused = light(&engine, "blue");
        assert!(matches!(refused, Done::Blocked { .. }), "{refused:?}");
        let (_folder, engine) = home("live");
        let reason = String::new();
        engine.run(Command::Stop { reason }).unwrap();
        let refused = light(&engine, "blue");
        assert!(matches!(refused, Done::Blocked { .. }), "{refused:?}");
        assert_eq!(is_lit("blue"), 0);
    }
}
