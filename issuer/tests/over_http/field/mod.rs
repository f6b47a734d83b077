//! What the issuer depends on, taken away: the answer, the clock, the newest record, the time between two looks, one session
//! for each browser, few sessions for each user, users that are kept here.

mod browsers;
mod clocks;
mod elsewhere;
mod lost_answers;
mod many_sessions;
mod restored;
mod under_way;
