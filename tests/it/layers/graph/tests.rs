use super::*;

fn graph(files: &[(&str, &str)]) -> Graph {
    let sources: Vec<Source> = files
        .iter()
        .map(|(name, text)| Source {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
        })
        .collect();
    Graph::of(&sources)
}

/// Returns the arrows as `a.rs > b.rs: Name`.
fn arrows(files: &[(&str, &str)]) -> Vec<String> {
    let graph = graph(files);
    let mut out = Vec::new();
    for (from, targets) in &graph.arrows {
        for (to, names) in targets {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let (from, to) = (&graph.files[*from], &graph.files[*to]);
            out.push(format!("{from} > {to}: {}", names.join(" ")));
        }
    }
    out
}

#[test]
fn a_seeded_circle_is_found_with_its_names() {
    let files = [
        ("lib.rs", "pub mod a; pub mod b; pub mod c; pub mod d;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "pub struct B; fn f(c: super::c::C) {}"),
        ("c.rs", "use crate::{a::{self, A}, d::D}; pub struct C;"),
        ("d.rs", "pub struct D;"),
    ];
    let graph = graph(&files);
    let circles = graph.circles();
    assert_eq!(circles, [[1, 2, 3]]);
    let text = graph.describe(&circles[0]);
    assert!(text.contains("src/c.rs\n    -> src/a.rs: A"), "{text}");
    assert!(!text.contains("d.rs"), "{text}");
}

#[test]
fn code_behind_a_test_only_item_counts_and_the_item_does_not() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; #[cfg(test)] mod t;"),
        (
            "a.rs",
            "#[cfg(test)] mod tests { use crate::c::C; } use crate::b::B;",
        ),
        ("b.rs", "pub struct B;"),
        ("c.rs", "pub struct C;"),
        ("t/mod.rs", "use crate::c::C;"),
    ];
    assert_eq!(arrows(&files), ["a.rs > b.rs: B"]);
}

#[test]
fn a_reexport_is_followed_to_the_file_that_defines_the_name() {
    let files = [
        (
            "a/mod.rs",
            "mod one; mod two; pub use one::One; pub(crate) use two::*; use crate::b::B as Hidden;",
        ),
        ("a/one.rs", "pub struct One; use super::Hidden;"),
        ("a/two.rs", "pub fn second() {}"),
        ("b.rs", "pub struct B;"),
        (
            "user.rs",
            "use crate::a::{One as First, second}; fn f() { First::new(); }",
        ),
        ("face.rs", "pub use crate::a::One;"),
        ("late.rs", "use crate::face::One;"),
    ];
    assert_eq!(
        arrows(&files),
        [
            "a/mod.rs > b.rs: B",
            "a/one.rs > b.rs: B",
            "user.rs > a/one.rs: One",
            "user.rs > a/two.rs: second",
            "face.rs > a/one.rs: One",
            "late.rs > a/one.rs: One",
        ]
    );
}

#[test]
fn paths_in_code_are_read_through_imported_modules_and_inner_ones() {
    let files = [
        (
            "a.rs",
            "use crate::b; fn f() -> Vec::<u8> { b::inner::g(); <T as crate::c::C>::D; std::mem::take() }",
        ),
        (
            "b.rs",
            "pub mod inner { pub use super::super::c::g; fn h() { super::i() } } pub fn i() {}",
        ),
        (
            "c.rs",
            "pub fn g() {} pub trait C {} pub(in crate::a) struct E;",
        ),
    ];
    assert_eq!(arrows(&files), ["a.rs > c.rs: C g", "b.rs > c.rs: g"]);
}

#[test]
fn a_name_that_is_handed_on_or_declared_is_no_arrow() {
    let files = [
        ("a/mod.rs", "pub mod one; pub use one::One; pub struct Own;"),
        ("a/one.rs", "use super::Own; pub struct One;"),
    ];
    assert_eq!(arrows(&files), ["a/one.rs > a/mod.rs: Own"]);
    assert_eq!(graph(&files).circles(), Vec::<Vec<usize>>::new());
}
