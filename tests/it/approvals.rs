//! Rules of approval as the operator has them: in a file, off, in shadow and on, tested and replayed.
