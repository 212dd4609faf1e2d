//! Looks at the clocks of the host, once a second: somebody may set one, and the host may sleep.
//!
//! What is found is recorded and shown. Nothing else hangs on it: the run's time is boot time.

use crate::clock::Clock;
use crate::run::{Event, compare_clocks};
use crate::units::Duration;
use tokio::sync::mpsc;

/// How often, in real time.
const LOOK: Duration = Duration::s(1);

/// What is found, in order; it ends with its receiver. Never anything in virtual time, which has no host.
pub(super) fn watch(clock: Clock) -> mpsc::UnboundedReceiver<Event> {
    let (sender, found) = mpsc::unbounded_channel();
    if let Some(first) = clock.host_time() {
        tokio::task::spawn_local(async move {
            let (mut then, mut ran) = (first, clock.running());
            while !sender.is_closed() {
                clock.sleep_real(LOOK.to_std()).await;
                let (Some(now), running) = (clock.host_time(), clock.running()) else {
                    return;
                };
                for found in compare_clocks(&then, &now, LOOK, running.minus(ran)) {
                    let event = Event::ClocksRead {
                        host: now.clone(),
                        found: Some(found),
                    };
                    // Nobody listens any more when the run has ended.
                    let _ = sender.send(event);
                }
                (then, ran) = (now, running);
            }
        });
    }
    found
}
