-- 0003_providers: see the file of the family of tables.

-- Accounts: what is known of each sign-in and is no secret. The secrets themselves lie in the vault, never here.
CREATE TABLE account (
  -- google, hubspot, or mail: and a mailbox's name.
  name TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('oauth', 'token', 'password')),
  address TEXT NOT NULL,
  -- The rights that were given, separated by spaces.
  scopes TEXT NOT NULL,
  place TEXT NOT NULL CHECK (place IN ('environment', 'keyring', 'file')),
  granted_at INTEGER NOT NULL,
  refreshed_at INTEGER,
  expires_at INTEGER,
  refresh_expires_at INTEGER,
  -- Why it no longer works; empty as long as it does.
  problem TEXT NOT NULL DEFAULT '',
  problem_at INTEGER
) STRICT;
