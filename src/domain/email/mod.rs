//! Mail as a subject of thought: subjects, threads, machine mail, quoted text and what a reply means.
