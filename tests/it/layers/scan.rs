//! The tokens of a source file, without comments and without the items that only tests compile.
//!
//! This is no parser: it knows enough of Rust's lexical grammar to tell code from text and to find the end of an item.

/// A token's kind, as far as the layers care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A keyword or a name; a lifetime is none.
    Word(String),
    /// A string literal, with its escapes as written.
    Text(String),
    /// The `::` between the parts of a path.
    Colons,
    /// Any other character.
    Mark(char),
}

/// A token and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The kind.
    pub kind: Kind,
    /// The line, from 1.
    pub line: usize,
}

impl Token {
    /// Returns the token's word; none for other kinds.
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Tells whether the token is this character.
    pub fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

/// A file's own code: the tokens that are compiled without tests.
#[derive(Debug, Default)]
pub struct Code {
    /// The tokens.
    pub tokens: Vec<Token>,
    /// Modules that only tests declare (`#[cfg(test)] mod x;`); their files are passed over.
    pub test_modules: Vec<String>,
}

/// Reads a source file.
pub fn read(text: &str) -> Code {
    own(&tokens(text))
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn next(&mut self) -> char {
        let c = self.peek(0);
        self.at += 1;
        self.line += usize::from(c == '\n');
        c
    }

    fn ended(&self) -> bool {
        self.at >= self.chars.len()
    }

    /// Passes over the rest of a block comment; they nest.
    fn block_comment(&mut self) {
        let mut depth = 1;
        while depth > 0 && !self.ended() {
            match (self.next(), self.peek(0)) {
                ('*', '/') => {
                    self.next();
                    depth -= 1;
                }
                ('/', '*') => {
                    self.next();
                    depth += 1;
                }
                _ => {}
            }
        }
    }

    /// Returns the rest of a string literal, after its quote.
    fn string(&mut self) -> String {
        let mut text = String::new();
        while !self.ended() {
            match self.next() {
                '"' => break,
                '\\' => {
                    text.push('\\');
                    text.push(self.next());
                }
                c => text.push(c),
            }
        }
        text
    }

    /// Returns the rest of a raw string literal, after its quote; `hashes` end it.
    fn raw_string(&mut self, hashes: usize) -> String {
        let mut text = String::new();
        while !self.ended() {
            let c = self.next();
            if c == '"' && (0..hashes).all(|i| self.peek(i) == '#') {
                self.at += hashes;
                break;
            }
            text.push(c);
        }
        text
    }

    /// Passes over a character literal or a lifetime, after its quote.
    fn quote(&mut self) {
        if self.peek(0) == '\\' {
            self.next();
            self.next();
            while !self.ended() && self.next() != '\'' {}
        } else if self.peek(1) == '\'' {
            self.next();
            self.next();
        } else {
            while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
                self.next();
            }
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            word.push(self.next());
        }
        word
    }
}

/// Returns every token of a text.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader {
        chars: text.chars().collect(),
        at: 0,
        line: 1,
    };
    let mut out = Vec::new();
    while !reader.ended() {
        let line = reader.line;
        let c = reader.peek(0);
        let kind = match c {
            '/' if reader.peek(1) == '/' => {
                while !reader.ended() && reader.peek(0) != '\n' {
                    reader.next();
                }
                continue;
            }
            '/' if reader.peek(1) == '*' => {
                reader.at += 2;
                reader.block_comment();
                continue;
            }
            '"' => {
                reader.next();
                Kind::Text(reader.string())
            }
            '\'' => {
                reader.next();
                reader.quote();
                continue;
            }
            ':' if reader.peek(1) == ':' => {
                reader.at += 2;
                Kind::Colons
            }
            c if c.is_alphanumeric() || c == '_' => {
                let word = reader.word();
                let hashes = (0..).take_while(|i| reader.peek(*i) == '#').count();
                match (word.as_str(), hashes, reader.peek(hashes)) {
                    ("r" | "br" | "cr", _, '"') => {
                        reader.at += hashes + 1;
                        Kind::Text(reader.raw_string(hashes))
                    }
                    ("b" | "c", 0, '"') => {
                        reader.next();
                        Kind::Text(reader.string())
                    }
                    ("b", 0, '\'') => {
                        reader.next();
                        reader.quote();
                        continue;
                    }
                    // A raw name: `r#type`.
                    ("r", 1, next) if next.is_alphabetic() => {
                        reader.next();
                        Kind::Word(reader.word())
                    }
                    _ => Kind::Word(word),
                }
            }
            c => {
                reader.next();
                if c.is_whitespace() {
                    continue;
                }
                Kind::Mark(c)
            }
        };
        out.push(Token { kind, line });
    }
    out
}

/// Returns the index after the bracket that closes the one at `at`.
pub fn after_bracket(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(at) {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => depth += 1,
            Kind::Mark(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return i + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Tells whether the condition of a `cfg` holds in tests only.
fn tests_only(condition: &[Token]) -> bool {
    match condition.first().and_then(Token::word) {
        Some("test") => condition.len() == 1,
        Some(all @ ("all" | "any")) if condition.len() > 3 => {
            let mut inner = &condition[2..condition.len() - 1];
            let mut parts = Vec::new();
            while !inner.is_empty() {
                let mut end = 0;
                while end < inner.len() && !inner[end].is(',') {
                    end = match inner[end].is('(') {
                        true => after_bracket(inner, end),
                        false => end + 1,
                    };
                }
                parts.push(tests_only(&inner[..end]));
                inner = &inner[(end + 1).min(inner.len())..];
            }
            match all {
                "all" => parts.contains(&true),
                _ => parts.iter().all(|part| *part),
            }
        }
        _ => false,
    }
}

/// Tells whether an attribute (the tokens inside its brackets) makes what it stands before a matter of tests.
fn is_of_tests(attribute: &[Token]) -> bool {
    match attribute {
        [name] => name.word() == Some("test"),
        [name, open, condition @ .., _] if open.is('(') => {
            name.word() == Some("cfg") && tests_only(condition)
        }
        _ => false,
    }
}

/// Returns the index after the item (or field, arm, statement) that begins at `at`, behind its attributes.
fn after_item(tokens: &[Token], mut at: usize) -> usize {
    let begin = at;
    let word = |i: usize| tokens.get(i).and_then(Token::word);
    if word(at) == Some("pub") {
        at += 1;
        if tokens.get(at).is_some_and(|t| t.is('(')) {
            at = after_bracket(tokens, at);
        }
    }
    let function = matches!(word(at + 1), Some("fn" | "unsafe" | "async" | "extern"));
    // An item of the first kind ends at its semicolon, one of the second also at its block, and the rest is a part of a list.
    let (block_ends, comma_ends) = match word(at) {
        Some("use" | "static" | "type" | "let") => (false, false),
        Some("const") => (function, false),
        Some(
            "fn" | "unsafe" | "async" | "extern" | "mod" | "impl" | "struct" | "enum" | "union"
            | "trait" | "macro_rules",
        ) => (true, false),
        Some(_) if tokens.get(at + 1).is_some_and(|t| t.is('!')) => (true, false),
        _ => (at == begin, true),
    };
    while let Some(token) = tokens.get(at) {
        match token.kind {
            Kind::Mark(';') => return at + 1,
            Kind::Mark(',') if comma_ends => return at + 1,
            Kind::Mark(')' | ']' | '}') => return at,
            Kind::Mark('{') if block_ends => {
                at = after_bracket(tokens, at);
                // The braces of a pattern end no arm.
                if !tokens.get(at).is_some_and(|t| t.is('=')) {
                    return at;
                }
            }
            Kind::Mark('(' | '[' | '{') => at = after_bracket(tokens, at),
            _ => at += 1,
        }
    }
    at
}

/// Leaves out what only tests compile.
fn own(tokens: &[Token]) -> Code {
    let mut code = Code::default();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if !token.is('#') {
            code.tokens.push(token.clone());
            at += 1;
            continue;
        }
        // All attributes of one item count together.
        let mut after = at;
        let mut of_tests = false;
        while tokens.get(after).is_some_and(|t| t.is('#')) {
            let inner = tokens.get(after + 1).is_some_and(|t| t.is('!'));
            let open = after + 1 + usize::from(inner);
            if !tokens.get(open).is_some_and(|t| t.is('[')) {
                break;
            }
            let end = after_bracket(tokens, open);
            let is_test = is_of_tests(&tokens[open + 1..(end - 1).max(open + 1)]);
            if inner && is_test {
                return code;
            }
            of_tests |= is_test;
            after = end;
        }
        if of_tests {
            let end = after_item(tokens, after);
            let item = &tokens[after..end];
            if let [.., module, name, end] = item
                && module.word() == Some("mod")
                && end.is(';')
            {
                code.test_modules.extend(name.word().map(str::to_owned));
            }
            at = end;
        } else {
            // The attribute itself says nothing about layers, but a derive's path does.
            let after = after.max(at + 1);
            code.tokens.extend_from_slice(&tokens[at..after]);
            at = after;
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        let code = read(text);
        let words: Vec<&str> = code.tokens.iter().filter_map(Token::word).collect();
        words.join(" ")
    }

    #[test]
    fn text_and_comments_are_no_code() {
        let check = |text: &str, expect: &str| assert_eq!(words(text), expect, "{text}");
        check("a // b\nc", "a c");
        check("a /* b /* c */ d */ e", "a e");
        check(r#"a "b \" c" d"#, "a d");
        check(r###"a r#"b " c"# d"###, "a d");
        check(r#"a br"b" b"c" c"d" e"#, "a e");
        check(r"a '{' '\'' '\u{1F600}' 'static b", "a b");
        check("r#type", "type");
        assert_eq!(
            tokens("\n\"SELECT\n1\"")[0],
            Token {
                kind: Kind::Text("SELECT\n1".into()),
                line: 2
            }
        );
    }

    #[test]
    fn a_test_only_item_is_passed_over_and_the_code_after_it_is_read() {
        let check = |text: &str, expect: &str| assert_eq!(words(text), expect, "{text}");
        check("a; #[cfg(test)] mod t { fn x() { y(); } } b", "a b");
        check("#[cfg(test)] use x::{y, z}; b", "b");
        check("#[cfg(test)] fn f<A, B>() -> [u8; 2] { \"}\" } b", "b");
        check("#[cfg(test)] const A: S = S { a: 1 }; b", "b");
        check("#[cfg(test)] pub(crate) const fn f() { a } b", "b");
        check("#[cfg(test)] #[derive(Debug)] struct S(u8); b", "b");
        check("#[doc(hidden)] #[cfg(test)] struct S { a: u8 } b", "b");
        check(
            "struct S { #[cfg(test)] pub a: Vec<u8>, b: u8 }",
            "struct S b u8",
        );
        check("match x { #[cfg(test)] A => { y } B => z }", "match x B z");
        check(
            "match x { #[cfg(test)] A { y } => y, B => z }",
            "match x B z",
        );
        check("#[cfg(test)] proptest! { a } b", "b");
        check("#[test] fn t() { a } b", "b");
        check("#[cfg(all(test, unix))] fn t() {} b", "b");
        check(
            "#[cfg(any(test, unix))] fn t() {}",
            "cfg any test unix fn t",
        );
        check("#[cfg(not(test))] fn t() {}", "cfg not test fn t");
        check("#![cfg(test)] a", "");
        assert_eq!(read("#[cfg(test)] pub mod t; a").test_modules, ["t"]);
    }
}
