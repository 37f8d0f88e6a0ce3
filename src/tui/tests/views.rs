//! What is drawn, at three sizes.

use super::*;

fn bench(width: u16, height: u16) -> Bench {
    Bench::new(width, height, fixtures::list(14))
}

#[test]
fn dump() {
    let mut b = bench(120, 40);
    println!("{}", b.screen());
    b.press("j a");
    println!("{}", b.screen());
    b.press("esc ?");
    println!("{}", b.screen());
    b.press("esc s");
    println!("{}", b.screen());
    b.press("esc d");
    println!("{}", b.screen());
    b.press("esc e");
    println!("{}", b.screen());
    b.press("esc U");
    println!("{}", b.screen());
    b.press("esc :");
    println!("{}", b.screen());
    let mut b = bench(80, 24);
    println!("{}", b.screen());
    b.press("enter");
    println!("{}", b.screen());
}
