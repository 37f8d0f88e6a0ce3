-- A name as it is compared, whichever way it is spelled; empty where it is too short to tell one person from another.
ALTER TABLE contact ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
CREATE INDEX contact_by_name ON contact (name_key) WHERE name_key <> '';

-- The identity of the mailbox that an effect goes to, where its address is not its own.
ALTER TABLE execution ADD COLUMN to_mailbox TEXT;
CREATE INDEX execution_to_mailbox ON execution (to_mailbox) WHERE to_mailbox IS NOT NULL;
