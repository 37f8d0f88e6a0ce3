-- The providers: their circuits and budgets, and how the sources' runs went.

-- How a service has answered of late. A row, not memory: all processes keep away from a service that fails.
CREATE TABLE service_state (
    service     TEXT PRIMARY KEY,
    circuit     TEXT NOT NULL DEFAULT 'closed' CHECK (circuit IN ('closed', 'open', 'trial')),
    -- Failures in a row while closed, trials that went well while open.
    failures    INTEGER NOT NULL DEFAULT 0,
    successes   INTEGER NOT NULL DEFAULT 0,
    opened_at   INTEGER,
    next_try_at INTEGER,
    reason      TEXT NOT NULL DEFAULT '',
    -- The service asked to be left alone until then: a Retry-After, or a budget of the day that is used up.
    held_until  INTEGER,
    held_reason TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- What the service says is left of its own budgets.
CREATE TABLE service_quota (
    service TEXT NOT NULL,
    name    TEXT NOT NULL,
    most    INTEGER NOT NULL,
    left    INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (service, name)
) STRICT, WITHOUT ROWID;

-- What was asked of it, by day in UTC.
CREATE TABLE service_usage (
    service TEXT NOT NULL,
    day     TEXT NOT NULL,
    calls   INTEGER NOT NULL DEFAULT 0,
    failed  INTEGER NOT NULL DEFAULT 0,
    retried INTEGER NOT NULL DEFAULT 0,
    units   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (service, day)
) STRICT, WITHOUT ROWID;

-- A source that failed several times is left alone until then.
ALTER TABLE source_state ADD COLUMN next_try_at INTEGER;

-- The newest runs of each source.
CREATE TABLE source_run (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    seen       INTEGER NOT NULL,
    new        INTEGER NOT NULL,
    matched    INTEGER NOT NULL,
    dropped    INTEGER NOT NULL,
    error      TEXT NOT NULL
) STRICT;
CREATE INDEX source_run_newest ON source_run (name, id DESC);

-- Sign-in.

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
