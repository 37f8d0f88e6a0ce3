-- A further place for secrets: the Linux kernel's keyring. A condition of a column cannot be changed, so the table is made anew.

CREATE TABLE account_new (
  -- google, hubspot, or mail: and a mailbox's name.
  name TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('oauth', 'token', 'password')),
  address TEXT NOT NULL,
  -- The rights that were given, separated by spaces.
  scopes TEXT NOT NULL,
  place TEXT NOT NULL CHECK (place IN ('environment', 'keyring', 'keyutils', 'file')),
  granted_at INTEGER NOT NULL,
  refreshed_at INTEGER,
  expires_at INTEGER,
  refresh_expires_at INTEGER,
  -- Why it no longer works; empty as long as it does.
  problem TEXT NOT NULL DEFAULT '',
  problem_at INTEGER
) STRICT;
INSERT INTO account_new (name, kind, address, scopes, place, granted_at, refreshed_at, expires_at, refresh_expires_at, problem, problem_at)
SELECT name, kind, address, scopes, place, granted_at, refreshed_at, expires_at, refresh_expires_at, problem, problem_at FROM account;
DROP TABLE account;
ALTER TABLE account_new RENAME TO account;
