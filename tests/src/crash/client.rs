//! A client that does what people do, remembers what it was told, and knows what it was doing when the answer did not
//! come.

use std::time::Duration;

use serde_json::json;
use shelflife_issuer::store::EndReason;

use super::Tally;
use super::judge::Records;
use crate::calls::agent;
use crate::{Chance, DEMO_PASSWORD, DEMO_USER, LOGIN, TOKEN};

/// Sessions a client has at most.
const SESSIONS: usize = 3;

/// A session as its client knows it.
#[derive(Debug, Clone)]
struct Held {
    sid: String,
    token: String,
    generation: u64,
    /// Its end was acknowledged.
    ended: bool,
}

/// What was asked and not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
enum UnderWay {
    Nothing,
    Login,
    Exchange(String),
    End(String),
}

pub(super) struct Client {
    chance: Chance,
    held: Vec<Held>,
    under_way: UnderWay,
    tally: Tally,
}

/// An answer, or nothing when the server is gone.
type Answered = Option<(u16, String)>;

impl Client {
    pub(super) fn new(chance: Chance) -> Client {
        Client { chance, held: Vec::new(), under_way: UnderWay::Nothing, tally: Tally::default() }
    }

    /// To begin with, while nobody kills the server.
    pub(super) fn signs_in(&mut self, address: &str) {
        let answered = self.login(address);
        assert!(answered.is_some(), "the server is there");
    }

    /// Goes on until an answer does not come.
    pub(super) fn work(&mut self, address: &str) {
        self.under_way = UnderWay::Nothing;
        while self.step(address).is_some() {
            self.under_way = UnderWay::Nothing;
        }
        self.tally.interrupted += u64::from(self.under_way != UnderWay::Nothing);
    }

    /// `None`: the server is gone.
    fn step(&mut self, address: &str) -> Option<()> {
        let alive: Vec<usize> = (0..self.held.len()).filter(|at| !self.held[*at].ended).collect();
        if alive.is_empty() || (alive.len() < SESSIONS && self.chance.below(10) == 0) {
            return self.login(address);
        }
        let (at, other) = (alive[self.pick(alive.len())], alive[self.pick(alive.len())]);
        match self.chance.below(20) {
            0 => self.end(address, at, at),
            1 => self.end(address, at, other),
            _ => self.exchange(address, at),
        }
    }

    fn pick(&mut self, count: usize) -> usize {
        usize::try_from(self.chance.below(count as u64)).expect("a small number")
    }

    fn login(&mut self, address: &str) -> Option<()> {
        self.under_way = UnderWay::Login;
        let body =
            json!({ "username": DEMO_USER, "password": DEMO_PASSWORD, "remember_me": true }).to_string();
        let (status, answer) = post(address, LOGIN, "application/json", &body)?;
        match status {
            200 => {
                let (token, sid) = (member(&answer, "refresh_token"), member(&answer, "session_id"));
                self.held.push(Held { sid, token, generation: 1, ended: false });
                self.tally.logins += 1;
            }
            // Many people sign in at once; that is an honest answer.
            429 | 503 => std::thread::sleep(Duration::from_millis(5)),
            _ => self.tally.failures.push(format!("a sign-in got {status}")),
        }
        Some(())
    }

    fn exchange(&mut self, address: &str, at: usize) -> Option<()> {
        self.under_way = UnderWay::Exchange(self.held[at].sid.clone());
        let (status, answer) = exchange(address, &self.held[at].token)?;
        if status == 200 {
            self.held[at].token = member(&answer, "refresh_token");
            self.held[at].generation += 1;
            self.tally.exchanges += 1;
        } else {
            self.tally.failures.push(format!("an exchange got {status}: {}", member(&answer, "reason")));
            self.held.remove(at);
        }
        Some(())
    }

    /// Ends the session at `target` with the token of the one at `by`, which may be the same.
    fn end(&mut self, address: &str, by: usize, target: usize) -> Option<()> {
        let (sid, token) = (self.held[target].sid.clone(), self.held[by].token.clone());
        self.under_way = UnderWay::End(sid.clone());
        let status = if by == target {
            post_as(address, "/logout", &token)?
        } else {
            delete_as(address, &format!("/sessions/{sid}"), &token)?
        };
        if (200..300).contains(&status) {
            self.held[target].ended = true;
            self.tally.ends += 1;
        } else {
            self.tally.failures.push(format!("the end of a session got {status}"));
        }
        Some(())
    }

    /// Compares with what is in the store; what was under way may have come through or not.
    pub(super) fn judge(&mut self, records: &Records) -> Vec<String> {
        let mut wrong = std::mem::take(&mut self.tally.failures);
        for held in &mut self.held {
            let sid = &held.sid;
            let Some(record) = records.of(sid) else {
                wrong.push(format!("session {sid} is lost"));
                continue;
            };
            let exchanging = self.under_way == UnderWay::Exchange(sid.clone());
            let most = held.generation + u64::from(exchanging);
            if !(held.generation..=most).contains(&record.generation) {
                wrong.push(format!(
                    "{sid} is at {} instead of {} to {most}",
                    record.generation, held.generation
                ));
            }
            let ending = self.under_way == UnderWay::End(sid.clone());
            match record.ended.map(|ended| ended.reason) {
                None if held.ended => wrong.push(format!("{sid} was ended and is alive")),
                Some(EndReason::LoggedOut) if held.ended || ending => held.ended = true,
                Some(reason) => {
                    wrong.push(format!("{sid} was ended without being asked: {}", reason.as_str()))
                }
                None => {}
            }
        }
        wrong
    }

    /// Everybody goes on after the restart: those who were signed in with their last token, even if its successor was
    /// on the way; those who were signed out, not.
    pub(super) fn goes_on(&mut self, address: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        for held in &mut self.held {
            let Some((status, answer)) = exchange(address, &held.token) else {
                wrong.push("the server is gone again".to_owned());
                continue;
            };
            let (sid, reason) = (&held.sid, member(&answer, "reason"));
            match (status, held.ended) {
                (200, false) => {
                    held.token = member(&answer, "refresh_token");
                    held.generation += 1;
                }
                (400, true) if reason == "logged_out" => {}
                (_, true) => {
                    wrong.push(format!("{sid} was signed out, and its exchange got {status} {reason}"))
                }
                (_, false) => {
                    wrong.push(format!("{sid} is signed in, and its exchange got {status} {reason}"))
                }
            }
        }
        // The ended ones have been looked at after one more restart; a list that only grows would slow the run down.
        self.held.retain(|held| !held.ended);
        wrong
    }

    pub(super) fn count(&self, tally: &mut Tally) {
        tally.logins += self.tally.logins;
        tally.exchanges += self.tally.exchanges;
        tally.ends += self.tally.ends;
        tally.interrupted += self.tally.interrupted;
        tally.failures.extend(self.tally.failures.iter().cloned());
    }
}

fn exchange(address: &str, token: &str) -> Answered {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    post(address, TOKEN, "application/x-www-form-urlencoded", &form)
}

pub(super) fn post(address: &str, path: &str, content_type: &str, body: &str) -> Answered {
    let call = agent().post(format!("{address}{path}")).header("content-type", content_type);
    let answer = call.send(body.as_bytes()).ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.into_body().read_to_string().ok()?))
}

fn post_as(address: &str, path: &str, token: &str) -> Option<u16> {
    let call = agent().post(format!("{address}{path}")).header("authorization", format!("Bearer {token}"));
    Some(call.send_empty().ok()?.status().as_u16())
}

pub(super) fn post_json_as(address: &str, path: &str, token: &str, body: &str) -> Option<u16> {
    let call = agent().post(format!("{address}{path}")).header("authorization", format!("Bearer {token}"));
    Some(call.header("content-type", "application/json").send(body.as_bytes()).ok()?.status().as_u16())
}

fn delete_as(address: &str, path: &str, token: &str) -> Option<u16> {
    let call = agent().delete(format!("{address}{path}")).header("authorization", format!("Bearer {token}"));
    Some(call.call().ok()?.status().as_u16())
}

pub(super) fn member(answer: &str, name: &str) -> String {
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap_or_default();
    answer[name].as_str().unwrap_or_default().to_owned()
}
