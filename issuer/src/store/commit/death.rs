//! What happens when the thread of the store ends although it should not.

use std::sync::{Mutex, PoisonError};

type Hook = Box<dyn FnOnce() + Send>;

/// Knows whether the thread died, and who wants to be told. Without the thread every write is refused for ever.
#[derive(Default)]
pub(in crate::store) struct Death(Mutex<State>);

#[derive(Default)]
struct State {
    dead: bool,
    hook: Option<Hook>,
}

impl Death {
    /// Calls `hook` once when the thread dies, or at once when it is dead.
    pub(in crate::store) fn set_hook(&self, hook: Hook) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.dead {
            state.hook = Some(hook);
            return;
        }
        drop(state);
        hook();
    }

    /// Runs the thread's work. A panic out of it is the thread's death.
    pub(super) fn watch(&self, work: impl FnOnce()) {
        struct Watch<'a>(&'a Death);
        impl Drop for Watch<'_> {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    self.0.tell();
                }
            }
        }
        let _watch = Watch(self);
        work();
    }

    fn tell(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.dead = true;
        let hook = state.hook.take();
        drop(state);
        if let Some(hook) = hook {
            hook();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn the_hook_is_called_once_when_the_thread_dies_and_never_when_it_ends() {
        let (death, told) = (Arc::new(Death::default()), Arc::new(AtomicUsize::new(0)));
        let hook = || {
            let told = Arc::clone(&told);
            Box::new(move || {
                told.fetch_add(1, Ordering::SeqCst);
            }) as Hook
        };
        death.set_hook(hook());
        death.watch(|| {});
        assert_eq!(told.load(Ordering::SeqCst), 0);
        let dying = Arc::clone(&death);
        assert!(std::thread::spawn(move || dying.watch(|| panic!("a fault"))).join().is_err());
        assert_eq!(told.load(Ordering::SeqCst), 1);
        death.set_hook(hook());
        assert_eq!(told.load(Ordering::SeqCst), 2, "it is dead already");
    }
}
