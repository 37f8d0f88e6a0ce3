-- A firm can be suppressed by its name: `firm:` with the key of the name.
CREATE TABLE suppression_with_firms (
    key        TEXT NOT NULL,
    cause      TEXT NOT NULL,
    value      TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('address', 'domain', 'firm')),
    reason     TEXT NOT NULL,
    source     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (key, cause)
) STRICT, WITHOUT ROWID;
INSERT INTO suppression_with_firms (key, cause, value, kind, reason, source, created_at)
    SELECT key, cause, value, kind, reason, source, created_at FROM suppression;
DROP TABLE suppression;
ALTER TABLE suppression_with_firms RENAME TO suppression;
