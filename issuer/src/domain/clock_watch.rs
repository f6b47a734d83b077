//! Compares the wall clock with the monotonic clock, because what is irreversible needs two clocks.
//!
//! A wall clock can be set, by an operator, by a time server or by a virtual machine that was asleep; one reading of it is no
//! ground for deleting anything. The monotonic clock cannot be set, but says nothing about dates. Where both have advanced by
//! the same amount for an hour, the wall clock is believed.

use std::sync::{Mutex, PoisonError};

use super::words::moment::Moment;
use crate::events;

/// So long (milliseconds) must both clocks agree before the wall clock is believed.
const HOUR: u64 = 60 * 60 * 1000;
/// Differences up to this many milliseconds an hour are what time servers correct by slewing, leap seconds included.
const TOLERANCE: i64 = 10_000;

/// Watches the clocks of one process.
#[derive(Debug, Default)]
pub(crate) struct ClockWatch {
    state: Mutex<Option<State>>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// Later readings are compared with this one.
    base: Moment,
    /// Monotonic reading from which on both clocks agree.
    agree_since: u64,
    /// The last leap; `None` once both clocks have agreed for long enough.
    leap: Option<Leap>,
}

/// The wall clock was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leap {
    /// By how many milliseconds in all since both clocks last agreed for an hour.
    pub by: i64,
    /// Monotonic reading when it was noticed, in milliseconds.
    pub noticed_at: u64,
}

impl ClockWatch {
    /// Compares a reading with the ones before. Answers the leap that this reading shows, if it shows one.
    pub(crate) fn observe(&self, now: Moment) -> Option<Leap> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let uptime = now.uptime_millis();
        let Some(known) = state.as_mut() else {
            *state = Some(State { base: now, agree_since: uptime, leap: None });
            return None;
        };
        let elapsed = signed(uptime) - signed(known.base.uptime_millis());
        let difference = signed(now.millis()) - signed(known.base.millis()) - elapsed;
        if difference.abs() > TOLERANCE {
            let before = known.leap.map_or(0, |leap| leap.by);
            let leap = Leap { by: before.saturating_add(difference), noticed_at: uptime };
            *known = State { base: now, agree_since: uptime, leap: Some(leap) };
            events::clock_leapt(difference);
            return Some(leap);
        }
        if uptime.saturating_sub(known.agree_since) >= HOUR {
            known.leap = None;
        }
        if elapsed >= signed(HOUR) {
            known.base = now;
        }
        None
    }

    /// Before which second something that is dated may be deleted: now, if the clocks have agreed for an hour.
    pub(crate) fn may_forget_before(&self, now: Moment) -> Option<u64> {
        self.observe(now);
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let agreed = state.is_some_and(|state| now.uptime_millis().saturating_sub(state.agree_since) >= HOUR);
        agreed.then(|| now.secs())
    }

    /// The last leap, for an hour.
    pub(crate) fn leap(&self, now: Moment) -> Option<Leap> {
        self.observe(now);
        self.state.lock().unwrap_or_else(PoisonError::into_inner).and_then(|state| state.leap)
    }

    /// The moment as it would be if the wall clock had not leapt: until it is settled which of the two is right, neither of
    /// them signs a user out.
    pub(crate) fn without_leap(&self, now: Moment) -> Option<Moment> {
        let by = self.leap(now)?.by;
        (by.abs() > TOLERANCE)
            .then(|| Moment::at(now.millis().saturating_add_signed(by.saturating_neg()), now.uptime_millis()))
    }
}

fn signed(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_800_000_000_000;
    const MINUTE: u64 = 60_000;

    /// Both clocks, minute by minute.
    fn pass(watch: &ClockWatch, from: Moment, minutes: u64) -> Moment {
        let later =
            |minute: u64| Moment::at(from.millis() + minute * MINUTE, from.uptime_millis() + minute * MINUTE);
        (1..=minutes).for_each(|minute| assert_eq!(watch.observe(later(minute)), None));
        later(minutes)
    }

    fn leapt(now: Moment, by: i64) -> Moment {
        Moment::at(now.millis().saturating_add_signed(by), now.uptime_millis())
    }

    #[test]
    fn nothing_may_be_forgotten_in_the_first_hour_of_a_process() {
        let watch = ClockWatch::default();
        let start = Moment::at(START, 0);
        assert_eq!(watch.may_forget_before(start), None);
        let almost = pass(&watch, start, 59);
        assert_eq!(watch.may_forget_before(almost), None);
        let hour = pass(&watch, almost, 1);
        assert_eq!(watch.may_forget_before(hour), Some(hour.secs()));
    }

    #[test]
    fn a_leap_in_either_direction_starts_the_hour_again_also_when_it_is_taken_back() {
        for by in [7_200_000, -3_600_000, 11_000, 40 * 86_400_000] {
            let watch = ClockWatch::default();
            let settled = pass(&watch, Moment::at(START, 0), 90);
            let wrong = leapt(settled, by);
            assert_eq!(watch.observe(wrong).map(|leap| leap.by), Some(by));
            assert_eq!(watch.may_forget_before(wrong), None);
            assert_eq!(watch.without_leap(wrong), Some(settled));
            let wrong = pass(&watch, wrong, 2);
            let right = leapt(wrong, -by);
            assert_eq!(watch.observe(right).map(|leap| leap.by), Some(0), "taken back");
            assert_eq!(watch.without_leap(right), None);
            assert_eq!(watch.may_forget_before(right), None);
            let settled = pass(&watch, right, 60);
            assert_eq!(watch.may_forget_before(settled), Some(settled.secs()));
            assert_eq!(watch.leap(settled), None);
        }
    }

    #[test]
    fn a_leap_within_one_look_and_the_next_is_noticed_by_the_look_that_would_delete() {
        let watch = ClockWatch::default();
        let settled = pass(&watch, Moment::at(START, 0), 90);
        assert_eq!(watch.may_forget_before(leapt(settled, 40 * 86_400_000)), None);
    }

    #[test]
    fn a_clock_that_is_slewed_is_believed_and_one_that_creeps_further_is_not() {
        let watch = ClockWatch::default();
        let mut now = Moment::at(START, 0);
        // 500 parts per million, as fast as time servers slew: 1.8 s an hour.
        for _ in 0..600 {
            now = leapt(pass(&watch, now, 1), 30);
        }
        assert_eq!(watch.may_forget_before(now), Some(now.secs()));
        for _ in 0..12 {
            now = leapt(Moment::at(now.millis() + MINUTE, now.uptime_millis() + MINUTE), 1_000);
            watch.observe(now);
        }
        assert_eq!(watch.may_forget_before(now), None);
    }
}
