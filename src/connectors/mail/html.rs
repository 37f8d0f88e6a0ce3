//! HTML bodies as text that quote stripping can work on.
//!
//! The mail library makes the text; before that, marks are put where its text would lose what matters: a `blockquote` becomes
//! lines of `>`, a mail program's divider a ruler, a block element a line's end, and style and script are dropped.

/// Stands for the start and the end of a quote in the text between the two steps.
const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';
/// Nesting beyond this is written as this deep.
const MAX_DEPTH: usize = 8;

/// Returns the text of an HTML body, quotes marked by `>` lines. Linear in the input's length.
#[must_use]
pub fn to_text(html: &str) -> String {
    let marked = mark(html);
    let text = mail_parser::decoders::html::html_to_text(&marked);
    let mut out = String::with_capacity(text.len());
    let mut depth = 0_usize;
    for line in text.split('\n') {
        let mut piece = String::new();
        let mut flush = |piece: &mut String, depth: usize, force: bool| {
            let shown = piece.trim();
            if !shown.is_empty() || force {
                for _ in 0..depth.min(MAX_DEPTH) {
                    out.push_str("> ");
                }
                out.push_str(shown);
                out.push('\n');
            }
            piece.clear();
        };
        let mut marks = false;
        for c in line.chars() {
            match c {
                OPEN => {
                    flush(&mut piece, depth, false);
                    depth += 1;
                    marks = true;
                }
                CLOSE => {
                    flush(&mut piece, depth, false);
                    depth = depth.saturating_sub(1);
                    marks = true;
                }
                '\u{A0}' => piece.push(' '),
                c => piece.push(c),
            }
        }
        flush(&mut piece, depth, !marks);
    }
    let mut collapsed = String::with_capacity(out.len());
    let mut blank = 0;
    for line in out.lines() {
        blank = if line.trim().is_empty() { blank + 1 } else { 0 };
        if blank < 2 && !(collapsed.is_empty() && blank == 1) {
            collapsed.push_str(line);
            collapsed.push('\n');
        }
    }
    collapsed.truncate(collapsed.trim_end().len());
    collapsed
}

fn mark(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 8);
    let mut rest = html;
    // Once a closing tag is known to be missing it is not looked for again, or many openings would cost a scan each.
    let mut unclosed: Vec<&str> = Vec::new();
    // The element that is not shown, and how deep elements of its name nest in it.
    let mut hidden: Option<(String, usize)> = None;
    while let Some(at) = rest.find('<') {
        if hidden.is_none() {
            push_text(&mut out, rest.get(..at).unwrap_or_default());
        }
        rest = rest.get(at..).unwrap_or_default();
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = match comment.find("-->") {
                Some(end) => comment.get(end + 3..).unwrap_or_default(),
                None => "",
            };
            continue;
        }
        let Some(end) = tag_end(rest) else { break };
        let tag = rest.get(..end).unwrap_or_default();
        rest = rest.get(end..).unwrap_or_default();
        let inner = tag.trim_start_matches('<').trim_end_matches('>');
        let closing = inner.starts_with('/');
        let inner = inner.trim_start_matches('/');
        let name_end = inner
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(inner.len());
        let name = inner
            .get(..name_end)
            .unwrap_or_default()
            .to_ascii_lowercase();
        if let Some((of, depth)) = &mut hidden {
            if *of == name {
                *depth = if closing {
                    depth.saturating_sub(1)
                } else {
                    *depth + 1
                };
            }
            if *depth == 0 {
                hidden = None;
            }
            continue;
        }
        if !closing && !inner.ends_with('/') && !VOID.contains(&name.as_str()) && is_hidden(inner) {
            hidden = Some((name, 1));
            continue;
        }
        match name.as_str() {
            "style" | "script" | "head" | "title" | "template" | "noscript" if !closing => {
                let close = match name.as_str() {
                    "style" => "</style",
                    "script" => "</script",
                    "head" => "</head",
                    "title" => "</title",
                    "template" => "</template",
                    _ => "</noscript",
                };
                if unclosed.contains(&close) {
                    continue;
                }
                match find_ignore_case(rest, close) {
                    Some(found) => {
                        let behind = rest.get(found..).unwrap_or_default();
                        let skip = tag_end(behind).unwrap_or(behind.len());
                        rest = behind.get(skip..).unwrap_or_default();
                    }
                    None => unclosed.push(close),
                }
            }
            "blockquote" => {
                out.push_str("<br>");
                out.push(if closing { CLOSE } else { OPEN });
                out.push_str("<br>");
            }
            "br" => out.push_str("<br>"),
            "hr" => out.push_str("<br>________________________________<br>"),
            "p" | "table" | "ul" | "ol" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                out.push_str(if closing { "<br><br>" } else { "<br>" });
            }
            "div" | "tr" | "li" | "section" | "article" | "header" | "footer" | "pre" => {
                let lower = inner.to_ascii_lowercase();
                if !closing
                    && (lower.contains("divrplyfwdmsg")
                        || lower.contains("border-top:solid #e1e1e1")
                        || lower.contains("border-top:solid #b5c4df"))
                {
                    out.push_str("<br>________________________________<br>");
                } else if !out.ends_with("<br>") {
                    out.push_str("<br>");
                }
            }
            "td" | "th" if closing => out.push(' '),
            _ => {}
        }
    }
    if hidden.is_none() {
        push_text(&mut out, rest.strip_prefix('<').map_or(rest, |_| ""));
    }
    out
}

/// Elements without an end.
const VOID: &[&str] = &[
    "img", "br", "hr", "input", "meta", "link", "area", "base", "col", "embed", "source", "track",
    "wbr",
];
/// Bytes of a tag in which its style is looked for.
const MAX_TAG_BYTES: usize = 4000;

/// Tells whether a tag says that its content is not shown: nobody wrote it to be read.
fn is_hidden(tag: &str) -> bool {
    let mut end = tag.len().min(MAX_TAG_BYTES);
    while !tag.is_char_boundary(end) {
        end -= 1;
    }
    let tag = tag.get(..end).unwrap_or_default();
    if !tag.contains(' ') && !tag.contains('\n') {
        return false;
    }
    let plain: String = tag
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    let styled = plain.contains("style=")
        && ["display:none", "visibility:hidden", "mso-hide:all"]
            .iter()
            .any(|style| plain.contains(style));
    let named = tag
        .split_ascii_whitespace()
        .skip(1)
        .any(|word| word.eq_ignore_ascii_case("hidden"));
    styled || named
}

fn push_text(out: &mut String, text: &str) {
    out.extend(
        text.chars()
            .filter(|c| !matches!(*c, OPEN | CLOSE | '<' | '>')),
    );
}

/// Returns where the tag at the start of `text` ends, quoted attributes respected within reason.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate().take(20_000) {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') if at > 0 && text.as_bytes().get(at - 1) == Some(&b'=') => {
                quote = Some(byte)
            }
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    text.find('>').map(|at| at + 1)
}

fn find_ignore_case(text: &str, needle: &str) -> Option<usize> {
    text.as_bytes()
        .windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_text_with_marked_quotes() {
        let check = |html: &str, expect: &str| assert_eq!(to_text(html), expect, "{html:?}");
        check(
            "<p>Hello &amp; welcome</p><p>Bye</p>",
            "Hello & welcome\n\nBye",
        );
        check(
            "<html><head><style>p{color:red}</style></head><body>Hi<br>Ann</body></html>",
            "Hi\nAnn",
        );
        check("<script>alert('x')</script>Hi", "Hi");
        check("a<!-- > hidden -->b", "ab");
        check(
            "<div dir=\"ltr\">Yes.</div><br><div class=\"gmail_quote\"><div>On Mon, 2 Mar 2026 Casey &lt;c@d.example&gt; wrote:<br></div><blockquote>our<br>text</blockquote></div>",
            "Yes.\n\nOn Mon, 2 Mar 2026 Casey <c@d.example> wrote:\n\n> our\n> text",
        );
        check(
            "<blockquote>a<blockquote>b</blockquote></blockquote>c",
            "> a\n> > b\n> \nc",
        );
        check(
            "<div>a</div><div id=\"divRplyFwdMsg\"><b>From:</b> x</div>",
            "a\n\n________________________________\nFrom: x",
        );
        check(
            "<div style=\"display:none\">Preview <div>more</div> text</div>Yes.",
            "Yes.",
        );
        check(
            "<span style='font-size:0; DISPLAY : none !important'>unsubscribe me</span>Yes.",
            "Yes.",
        );
        check(
            "<p hidden>stop</p><img style=\"display:none\" src=x>Yes.",
            "Yes.",
        );
        check("no tags", "no tags");
        check("a < b", "a");
        check("", "");
    }

    #[test]
    fn hostile_html_is_read_in_linear_time() {
        for unit in [
            "<style>",
            "<blockquote>",
            "<",
            "<!--",
            "<a href='",
            "&",
            "</div>",
            "<div style=display:none>",
            "<div ",
        ] {
            let html = unit.repeat(40_000);
            assert!(to_text(&html).len() <= html.len() * 40);
        }
    }
}
