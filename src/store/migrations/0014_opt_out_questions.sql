-- Whom nothing is sent to until the operator has said whether they opted out, and the move that asks. Answered, the rows go.
CREATE TABLE opt_out_question (
    -- The identity of a mailbox or of a domain, as in suppression.
    key     TEXT NOT NULL,
    move_id INTEGER NOT NULL REFERENCES move (id),
    PRIMARY KEY (key, move_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX opt_out_question_by_move ON opt_out_question (move_id);
