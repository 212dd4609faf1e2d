//! When each of many tasks starts, so that all are over soon: tasks with alternatives, on resources of which there is one or several,
//! under shortest and longest delays between any of their events.
//!
//! Owns the model as numbers ([`Problem`]), a first schedule (`first`), its improvement (`search`, which takes a schedule apart
//! and has `dive` put it together again over the arcs of `kernel`), and lower bounds (`bound`, `prove`). Knows nothing of plates,
//! instruments or clocks: work is counted in steps, so that the same problem, effort and seed always give the same schedule on
//! every machine. A crate of its own so that it is compiled with optimisation in tests too.

mod bound;
mod dive;
mod first;
mod kernel;
mod network;
mod pool;
mod problem;
mod profile;
mod prove;
mod random;
mod rebuild;
mod search;
mod solve;
mod table;

pub use problem::{Delay, Event, Mode, NEVER, Problem, Solution, Stay, Task, Time, Use};
pub use solve::{Effort, Solved, Unsolved, bound, bound_below, solve};
