//! Blocks prepared by several threads, handed on in order, a bounded number ahead of who takes them.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread;

/// Results of numbered work, taken in order. Workers stay within `window` of the taker.
pub struct Ordered<T> {
    state: Mutex<State<T>>,
    done: Condvar,
    room: Condvar,
    count: usize,
    window: usize,
}

struct State<T> {
    begun: usize,
    taken: usize,
    ready: BTreeMap<usize, thread::Result<T>>,
    closed: bool,
}

impl<T> Ordered<T> {
    pub fn new(count: usize, window: usize) -> Self {
        Self {
            state: Mutex::new(State {
                begun: 0,
                taken: 0,
                ready: BTreeMap::new(),
                closed: false,
            }),
            done: Condvar::new(),
            room: Condvar::new(),
            count,
            window,
        }
    }

    /// Works until all is begun or the taker is gone. Called by each worker thread.
    pub fn work(&self, mut make: impl FnMut(usize) -> T) {
        let mut state = self.lock();
        loop {
            while !state.closed
                && state.begun < self.count
                && state.begun >= state.taken + self.window
            {
                state = self.wait(&self.room, state);
            }
            if state.closed || state.begun == self.count {
                return;
            }
            let number = state.begun;
            state.begun += 1;
            drop(state);
            // the taker waits for each number, so a panic must come to it as a result does
            let made = catch_unwind(AssertUnwindSafe(|| make(number)));
            state = self.lock();
            state.ready.insert(number, made);
            self.done.notify_one();
        }
    }

    /// The one that takes the results. Workers stop at their next step once it is gone.
    pub fn taker(&self) -> Taker<'_, T> {
        Taker { queue: self }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().expect("no worker panics with the lock")
    }

    fn wait<'a>(&self, on: &Condvar, state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
        on.wait(state).expect("no worker panics with the lock")
    }
}

/// Takes results in order. Whatever ends it, an error or a panic too, lets the workers go.
pub struct Taker<'a, T> {
    queue: &'a Ordered<T>,
}

impl<T> Taker<'_, T> {
    /// The next result; none when all are taken. Panics as the worker did that panicked on it.
    pub fn take(&mut self) -> Option<T> {
        let queue = self.queue;
        let mut state = queue.lock();
        if state.taken == queue.count {
            return None;
        }
        let made = loop {
            let next = state.taken;
            if let Some(made) = state.ready.remove(&next) {
                break made;
            }
            state = queue.wait(&queue.done, state);
        };
        state.taken += 1;
        drop(state);
        queue.room.notify_all();
        Some(made.unwrap_or_else(|panic| resume_unwind(panic)))
    }
}

impl<T> Drop for Taker<'_, T> {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.room.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_come_in_order_and_no_worker_runs_away() {
        for (threads, window) in [(1, 1), (2, 2), (4, 3), (3, 16)] {
            let queue = Ordered::new(500, window);
            let (made, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
            thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        queue.work(|number| {
                            let ahead = made.fetch_add(1, Ordering::SeqCst) + 1;
                            assert!(ahead <= taken.load(Ordering::SeqCst) + window + 1);
                            number
                        });
                    });
                }
                let mut taker = queue.taker();
                for expected in 0..500 {
                    assert_eq!(taker.take(), Some(expected));
                    taken.fetch_add(1, Ordering::SeqCst);
                }
                assert_eq!(taker.take(), None);
            });
        }
    }

    #[test]
    fn a_taker_that_goes_lets_the_workers_go() {
        let queue = Ordered::new(usize::MAX, 2);
        thread::scope(|scope| {
            scope.spawn(|| queue.work(|n| n));
            assert_eq!(queue.taker().take(), Some(0));
        });
    }

    #[test]
    fn a_panic_of_a_worker_reaches_the_taker_in_order() {
        for threads in [1, 3] {
            let queue = Ordered::new(usize::MAX, 4);
            let mut taken = Vec::new();
            let panic = catch_unwind(AssertUnwindSafe(|| {
                thread::scope(|scope| {
                    for _ in 0..threads {
                        scope.spawn(|| queue.work(|n| if n == 5 { panic!("block 5") } else { n }));
                    }
                    let mut taker = queue.taker();
                    while let Some(number) = taker.take() {
                        taken.push(number);
                    }
                });
            }));
            let words = panic.unwrap_err();
            assert_eq!(words.downcast_ref::<&str>(), Some(&"block 5"));
            assert_eq!(taken, [0, 1, 2, 3, 4]);
        }
    }
}
