//! Blocks prepared by several threads, handed on in order, a bounded number ahead of who takes them.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard};

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
    ready: BTreeMap<usize, T>,
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

    /// Works until all is begun or it is closed. Called by each worker thread.
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
            let made = make(number);
            state = self.lock();
            state.ready.insert(number, made);
            self.done.notify_one();
        }
    }

    /// The next result in order; none when all are taken. Called by one thread.
    pub fn take(&self) -> Option<T> {
        let mut state = self.lock();
        if state.taken == self.count {
            return None;
        }
        loop {
            let next = state.taken;
            if let Some(made) = state.ready.remove(&next) {
                state.taken += 1;
                self.room.notify_all();
                return Some(made);
            }
            state = self.wait(&self.done, state);
        }
    }

    /// Ends the work early: workers stop at their next step.
    pub fn close(&self) {
        self.lock().closed = true;
        self.room.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().expect("no worker panics with the lock")
    }

    fn wait<'a>(&self, on: &Condvar, state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
        on.wait(state).expect("no worker panics with the lock")
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
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        queue.work(|number| {
                            let ahead = made.fetch_add(1, Ordering::SeqCst) + 1;
                            assert!(ahead <= taken.load(Ordering::SeqCst) + window + 1);
                            number
                        });
                    });
                }
                for expected in 0..500 {
                    assert_eq!(queue.take(), Some(expected));
                    taken.fetch_add(1, Ordering::SeqCst);
                }
                assert_eq!(queue.take(), None);
            });
        }
    }

    #[test]
    fn closing_lets_the_workers_go() {
        let queue = Ordered::new(usize::MAX, 2);
        std::thread::scope(|scope| {
            scope.spawn(|| queue.work(|n| n));
            assert_eq!(queue.take(), Some(0));
            queue.close();
        });
    }
}
