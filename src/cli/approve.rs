//! `caseyos approve`: consent to a move, and carry it out.

use clap::Args;

use super::Run;
use super::output::Ending;
use super::show::print_verdicts;
use crate::domain::id::MoveId;
use crate::engine::EngineError;
use crate::engine::command::{Command, Done};

/// Approve a move: its mail is sent (mode live) or put into Drafts (mode draft), if the guards let it.
///
/// The approval is bound to the content as it is now and holds for 24 hours. If a guard holds the message that time will satisfy, the approval
/// is kept and a later `caseyos sync` sends it; exit code 4 says so. A move that is done by hand is ticked off.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  caseyos approve 12 --dry-run\n  caseyos approve 12\n  caseyos approve 12 --hash $(caseyos show 12 --json | jq -r .draft.content_hash)"
)]
pub(super) struct ApproveArgs {
    /// The move's number.
    id: i64,
    /// Shows the exact message that would go and what the guards say; nothing is sent or written.
    #[arg(long)]
    dry_run: bool,
    /// Approves only if the draft still has this content hash, as `show --json` gives it.
    #[arg(long, value_name = "HEX")]
    hash: Option<String>,
}

pub(super) fn run(run: &mut Run<'_>, args: &ApproveArgs) -> Result<Ending, EngineError> {
    let engine = run.engine()?;
    let id = MoveId(args.id);
    let done = if args.dry_run {
        engine.preview(id)?
    } else {
        let content_hash = args.hash.as_deref().map(parse_hash).transpose()?;
        engine.run(Command::Approve {
            id,
            content_hash,
            by: "operator".into(),
        })?
    };
    if let (
        false,
        Done::Shown {
            message, verdicts, ..
        },
    ) = (run.out.is_json(), &done)
    {
        run.out.block(&message.replace("\r\n", "\n"))?;
        print_verdicts(run.out, verdicts, engine.now(), &engine.zone())?;
        run.out.talk(done.summary())?;
        return Ok(Ending::Done);
    }
    finish(run, &done)
}

fn parse_hash(text: &str) -> Result<[u8; 32], EngineError> {
    let wrong = || {
        EngineError::Input("--hash takes the 64 hexadecimal digits that `show --json` gives as draft.content_hash.".into())
    };
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return Err(wrong());
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = text
            .get(2 * i..2 * i + 2)
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
            .ok_or_else(wrong)?;
    }
    Ok(bytes)
}

/// Prints how a change ended and returns what it means for the exit code.
pub(super) fn finish(run: &mut Run<'_>, done: &Done) -> Result<Ending, EngineError> {
    if run.out.is_json() {
        run.out.json(done)?;
    } else {
        run.out.line(done.summary())?;
    }
    Ok(match done {
        Done::Changed { .. }
        | Done::Sent { .. }
        | Done::Queued { .. }
        | Done::Shown { .. }
        | Done::Recorded { .. } => Ending::Done,
        Done::Held { .. } | Done::Blocked { .. } => Ending::Blocked,
        Done::Nothing { .. } => Ending::Nothing,
    })
}
