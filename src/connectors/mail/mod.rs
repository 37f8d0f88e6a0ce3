//! Mail on the wire and on disk: building and parsing messages, and Maildir folders.
