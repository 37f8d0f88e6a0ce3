//! Typed row numbers, so that a contact's id cannot be handed over where a move's is meant.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A person.
    ContactId,
    /// A firm.
    CompanyId,
    /// A deal in a pipeline.
    DealId,
    /// One observed event.
    SignalId,
    /// One recommended action; the number that the operator types.
    MoveId,
    /// One carrying-out of a move's action.
    ExecutionId,
    /// One stored mail message.
    MessageRowId,
    /// One outcome.
    OutcomeId,
    /// One entry of the undo list.
    UndoId,
}
