//! Reads 32 bytes, a number, and multiplies the base point by it: as whoever signs does, or, with the argument `public`, as
//! whoever verifies does. Prints nothing, and does nothing else that depends on the number. Before it multiplies it makes a
//! table, which takes some millions of steps, always the same: whoever compares two runs knows by them where to begin.

use std::hint::black_box;
use std::io::Read;

use shelflife_curve::{Native, Point, Scalar, SecretBase, double_multiple};

fn main() -> std::io::Result<()> {
    let mut number = [0; 32];
    std::io::stdin().lock().read_exact(&mut number)?;
    let secret = SecretBase::<Native>::new();
    if std::env::args().any(|argument| argument == "public") {
        let base = Point::<Native>::base();
        let number = Scalar::from_canonical_bytes(&number);
        black_box(number.map(|number| double_multiple(&number, &base, &number, &base)));
    } else {
        black_box(secret.multiple(&number));
    }
    Ok(())
}
