//! Panics that must not end a thread of the store.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; `None` when it panics. Every caller has to know what it can rely on then. What the panic carried is leaked:
/// it could panic again while it is dropped.
pub(in crate::store) fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(value) => Some(value),
        Err(payload) => {
            std::mem::forget(payload);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_whose_payload_panics_again_is_caught_too() {
        struct Again;
        impl Drop for Again {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        assert_eq!(caught(|| std::panic::panic_any(Again)), None::<()>);
        assert_eq!(caught(|| 1), Some(1));
    }
}
