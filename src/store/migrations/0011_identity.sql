-- The identity of a mailbox, where an address is not its own; almost every address is, so the index stays small.
ALTER TABLE contact_email ADD COLUMN mailbox TEXT;
CREATE INDEX contact_email_by_mailbox ON contact_email (mailbox) WHERE mailbox IS NOT NULL;

-- A suppression is found by identity. One mailbox may be suppressed for several causes, and lifting one leaves the others.
CREATE TABLE suppression_of_identity (
    key        TEXT NOT NULL,
    cause      TEXT NOT NULL,
    value      TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('address', 'domain')),
    reason     TEXT NOT NULL,
    source     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (key, cause)
) STRICT, WITHOUT ROWID;
