//! Where randomness comes from. The domain is only ever handed the bytes.

use std::sync::{Mutex, PoisonError};

/// `N` bytes from the operating system.
///
/// # Errors
/// When the operating system has none to give.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// How many bytes [`spread`] fetches at a time.
const STOCK: usize = 512;

/// Two bytes for what has to be spread evenly and is no secret. They are fetched in stock: every exchange needs two, and a
/// system call for each would cost more than all that is done with them. No secret is made of these.
///
/// # Errors
/// When the operating system has none to give.
pub(crate) fn spread() -> Result<[u8; 2], getrandom::Error> {
    static LEFT: Mutex<Vec<[u8; 2]>> = Mutex::new(Vec::new());
    let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(drawn) = left.pop() {
            return Ok(drawn);
        }
        left.extend_from_slice(bytes::<STOCK>()?.as_chunks().0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_comes_from_the_stock_is_as_different_as_what_comes_from_the_system() {
        // More than a dozen stocks. The same one again and again would have 256 values.
        let drawn: HashSet<_> = (0..5680).map(|_| spread().unwrap()).collect();
        assert!(drawn.len() > 5000, "{}", drawn.len());
    }
}
