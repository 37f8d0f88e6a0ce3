//! Files that people bring: contact exports in their many dialects.
