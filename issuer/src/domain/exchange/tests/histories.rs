//! Random histories of honest and stolen exchanges, with lost answers, restarts, and clocks that go forwards and backwards.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const GRACE_MS: u64 = 30_000;

/// What can happen to a session, as the issuer observes it.
#[derive(Debug, Clone)]
enum Step {
    /// Milliseconds pass.
    Wait(u64),
    /// The wall clock is set back by so many.
    SetBack(u64),
    /// The issuer is started again: what it remembers is gone.
    Restart,
    /// The owner exchanges the newest token it has received; the answer may be lost.
    Owner { answer_lost: bool },
    /// The owner shows its token to the issuer.
    Show,
    /// The owner proves the password again.
    Prove { answer_lost: bool },
    /// A thief copies the owner's token.
    Steal,
    /// The thief exchanges the newest token it has.
    Thief,
    /// The thief shows its token to the issuer.
    ThiefShows,
    /// The operator changes the groups of the user.
    Regroup,
}

fn steps(weights: [u32; 4]) -> impl Strategy<Value = Vec<Step>> {
    let [theft, set_back, step_up, regroup] = weights;
    let wait = prop_oneof![4 => 0..60_000_u64, 1 => 60_000..4_000_000_u64];
    let step = prop_oneof![
        5 => wait.prop_map(Step::Wait),
        6 => any::<bool>().prop_map(|answer_lost| Step::Owner { answer_lost }),
        2 => Just(Step::Show),
        1 => Just(Step::Restart),
        step_up => any::<bool>().prop_map(|answer_lost| Step::Prove { answer_lost }),
        set_back => (0..200_000_000_u64).prop_map(Step::SetBack),
        theft => Just(Step::Steal),
        2 * theft => Just(Step::Thief),
        theft => Just(Step::ThiefShows),
        regroup => Just(Step::Regroup),
    ];
    prop::collection::vec(step, 1..60)
}

/// Everything that a token says and that could differ between two of one generation.
fn full_token(record: &Session) -> Claims {
    Claims {
        groups: record.groups.clone(),
        cv: record.claims_version,
        auth_time: Some(record.auth_time),
        ..token(record, record.generation)
    }
}

/// A store of one record, an issuer with its memory, an owner, and perhaps a thief.
#[derive(Clone)]
struct World {
    record: Session,
    policy: Policy,
    user: User,
    now: u64,
    uptime: u64,
    /// What the issuer remembers of the current generation.
    seen: bool,
    rotated_at: Option<u64>,
    jitter: u16,
    owner: Claims,
    thief: Option<Claims>,
    /// Every token ever handed out, by generation.
    issued: BTreeMap<u64, Claims>,
}

type Rule = fn(Option<&Session>, Credentials<'_>, &Context<'_>) -> Decision;

impl World {
    fn new(policy: Policy, jitter: u16) -> World {
        let absolute_exp = START + policy.absolute_ttl;
        let record = Session { absolute_exp, exp: (START + 86_400).min(absolute_exp), ..session(1) };
        let owner = full_token(&record);
        let issued = [(1, owner.clone())].into();
        World {
            policy,
            user: user(),
            now: START * 1000,
            uptime: 0,
            seen: false,
            rotated_at: None,
            jitter,
            thief: None,
            issued,
            owner,
            record,
        }
    }

    fn wait(&mut self, millis: u64) {
        self.now += millis;
        self.uptime += millis;
    }

    fn decision(&self, rule: Rule, claims: &Claims) -> Decision {
        let since_rotation = self.rotated_at.map(|at| self.uptime - at);
        let context = Context {
            jitter: Fraction::from_bytes(self.jitter.to_le_bytes()),
            recent: Recent { seen: self.seen, since_rotation },
            ..context(&self.policy, Some(&self.user), Moment::at(self.now, self.uptime))
        };
        rule(Some(&self.record), Credentials { claims, binders: &[] }, &context)
    }

    fn ask(&mut self, rule: Rule, claims: &Claims) -> Result<Claims, Reason> {
        self.jitter = self.jitter.wrapping_mul(25_173).wrapping_add(13_849);
        let before = self.record.clone();
        match self.decision(rule, claims) {
            Decision::Refuse(reason) => return Err(reason),
            Decision::EndForReuse(next) => {
                assert_eq!(next.revision, before.revision + 1);
                self.record = *next;
                return Err(Reason::ReuseDetected);
            }
            Decision::Rotate { next, rotation } => {
                assert_eq!((next.generation, next.revision), (before.generation + 1, before.revision + 1));
                let parent = match rotation {
                    Rotation::Current => before.generation,
                    Rotation::Late => before.parent,
                    Rotation::StoreWasRolledBack => panic!("nothing was restored"),
                };
                assert_eq!(next.parent, parent);
                assert!(!self.issued.contains_key(&next.generation), "a generation came twice");
                self.record = *next;
                (self.seen, self.rotated_at) = (false, Some(self.uptime));
            }
            Decision::Repeat => {}
        }
        let answer = full_token(&self.record);
        let same = self.issued.entry(answer.r#gen).or_insert_with(|| answer.clone());
        assert_eq!(*same, answer, "one generation, one token");
        assert!(answer.exp <= self.record.absolute_exp, "a token outlives its session");
        assert!(answer.iat <= answer.bbf && answer.bbf <= answer.exp);
        Ok(answer)
    }

    fn exchange(&mut self, claims: &Claims) -> Result<Claims, Reason> {
        self.ask(decide, claims)
    }

    fn show(&mut self, claims: &Claims) {
        self.seen |= claims.r#gen == self.record.generation;
    }

    fn owner_asks(&mut self, rule: Rule, answer_lost: bool) -> Result<(), Reason> {
        let answer = self.ask(rule, &self.owner.clone())?;
        if !answer_lost {
            self.owner = answer;
        }
        Ok(())
    }

    /// One step; the owner's answer, if the owner asked.
    fn take(&mut self, step: Step) -> Result<(), Reason> {
        match step {
            Step::Wait(millis) => self.wait(millis),
            Step::SetBack(millis) => self.now -= millis.min(self.now),
            Step::Restart => (self.seen, self.rotated_at) = (false, None),
            Step::Owner { answer_lost } => return self.owner_asks(decide, answer_lost),
            Step::Show => self.show(&self.owner.clone()),
            Step::Prove { answer_lost } => return self.owner_asks(decide_step_up, answer_lost),
            Step::Steal => self.thief = Some(self.owner.clone()),
            Step::Thief => {
                if let Some(claims) = self.thief.clone()
                    && let Ok(answer) = self.exchange(&claims)
                {
                    self.thief = Some(answer);
                }
            }
            Step::ThiefShows => {
                if let Some(claims) = self.thief.clone() {
                    self.show(&claims);
                }
            }
            Step::Regroup => {
                self.user.claims_version += 1;
                self.user.groups = vec![format!("group {}", self.user.claims_version)];
            }
        }
        Ok(())
    }

    /// Takes the steps before the one that would end the session.
    fn take_while_alive(&mut self, steps: Vec<Step>) {
        for step in steps {
            let before = self.clone();
            let _ = self.take(step);
            if self.record.ended.is_some() {
                *self = before;
                break;
            }
        }
    }

    /// No token that was ever handed out gets another one.
    fn all_are_out(&mut self) -> bool {
        let all = self.issued.values().cloned().collect::<Vec<_>>();
        all.iter().all(|claims| self.exchange(claims).is_err())
    }
}

/// What an exchange by the holder of the newest token it ever received may be refused for: time alone.
fn only_time(outcome: Result<(), Reason>) -> bool {
    matches!(outcome, Ok(()) | Err(Reason::Expired | Reason::AbsoluteLimit))
}

proptest! {
    /// Answers get lost, the owner stays away for a minute or an hour, the issuer is started again, its clock is set back:
    /// a holder of the newest token it ever received is never taken for a thief.
    #[test]
    fn an_owner_alone_is_never_refused_whenever_it_comes_back(steps in steps([0, 1, 1, 1]), jitter: u16) {
        let mut world = World::new(policy(), jitter);
        for step in steps {
            let proves = matches!(step, Step::Prove { .. });
            let outcome = world.take(step.clone());
            // A device whose answer is still in its grace fetches it before it proves anything.
            let fetches_first = proves && outcome == Err(Reason::Superseded);
            prop_assert!(only_time(outcome) || fetches_first, "{step:?}: {outcome:?}");
        }
        prop_assert!(world.record.ended.is_none());
        let outcome = world.owner_asks(decide, false);
        prop_assert!(only_time(outcome), "{outcome:?}");
    }

    #[test]
    fn an_owner_who_tries_again_within_grace_gets_the_lost_answer_itself(
        steps in steps([0, 1, 0, 1]),
        jitter: u16,
    ) {
        let mut world = World::new(policy(), jitter);
        for step in steps {
            let _ = world.take(step);
            if world.record.exp * 1000 < world.now + 200_000 {
                break;
            }
            let first = world.exchange(&world.owner.clone());
            world.wait(GRACE_MS - 1);
            prop_assert_eq!(world.exchange(&world.owner.clone()), first.clone());
            prop_assert!(first.is_ok(), "{first:?}");
            world.owner = first.unwrap();
        }
        prop_assert!(world.record.ended.is_none());
    }

    /// Both hold one token, and both go on, one after the other, past grace: at the latest the second one's next exchange
    /// shows a token that is spent, displaced or older.
    #[test]
    fn two_who_both_go_on_are_both_out_at_the_next_exchange_of_the_second(
        steps in steps([1, 0, 0, 1]),
        jitter: u16,
        is_seen: bool,
    ) {
        let mut world = World::new(policy(), jitter);
        world.take_while_alive(steps);
        let copy = world.owner.clone();
        world.wait(GRACE_MS);
        let first = world.exchange(&world.owner.clone());
        if let (Ok(first), true) = (&first, is_seen) {
            world.show(&first.clone());
        }
        world.wait(GRACE_MS);
        let second = world.exchange(&copy);
        if is_seen && first.is_ok() {
            prop_assert_eq!(second, Err(Reason::ReuseDetected), "its successor was seen");
        } else if let (Ok(first), Ok(_)) = (&first, &second) {
            prop_assert_eq!(world.exchange(&first.clone()), Err(Reason::ReuseDetected), "it was displaced");
        } else {
            prop_assert!(first == Err(Reason::ReuseDetected) || second == Err(Reason::ReuseDetected));
        }
        prop_assert!(world.all_are_out());
    }

    /// The thief shows the parent of a token that the owner has received and not used yet.
    #[test]
    fn a_thief_who_shows_a_parent_late_is_out_at_the_next_exchange_of_the_owner(
        steps in steps([0, 0, 0, 1]),
        jitter: u16,
        late in GRACE_MS..40_000_000,
    ) {
        let mut world = World::new(policy(), jitter);
        world.take_while_alive(steps);
        let stolen = world.owner.clone();
        if world.owner_asks(decide, false).is_err() || world.record.generation != world.owner.r#gen {
            return Ok(());
        }
        world.wait(late);
        let thief = world.exchange(&stolen);
        if world.now / 1000 >= world.owner.exp.min(stolen.exp) {
            return Ok(());
        }
        match thief {
            Ok(_) => prop_assert_eq!(world.owner_asks(decide, false), Err(Reason::ReuseDetected)),
            // The owner held a parent itself: it, too, was older than what was handed out since.
            refused => prop_assert_eq!(refused, Err(Reason::ReuseDetected)),
        }
        prop_assert!(world.all_are_out());
    }

    /// Once both have parted, in any state: an exchange of a token older than the parent, past grace, ends it.
    #[test]
    fn two_holders_of_different_generations_do_not_both_stay_in(
        steps in steps([1, 0, 0, 0]),
        jitter: u16,
    ) {
        let mut world = World::new(policy(), jitter);
        world.take_while_alive(steps);
        let held = [Some(&world.owner), world.thief.as_ref()].into_iter().flatten();
        let is_spent = |claims: &&Claims| {
            claims.r#gen < world.record.generation && claims.r#gen != world.record.parent
        };
        let Some(older) = held.into_iter().find(is_spent).cloned() else { return Ok(()) };
        if world.now / 1000 + GRACE_MS / 1000 >= older.exp {
            return Ok(());
        }
        world.wait(GRACE_MS);
        prop_assert_eq!(world.exchange(&older), Err(Reason::ReuseDetected));
        prop_assert!(world.all_are_out());
    }

    /// Generations, dates and the one chain are judged in `World::ask`, whatever happens.
    #[test]
    fn there_is_one_live_chain_whatever_happens_and_whatever_the_clock_says(
        steps in steps([2, 2, 2, 1]),
        jitter: u16,
        lifetime in 60_u64..400_000,
    ) {
        let policy = Policy { absolute_ttl: lifetime, reauth_after: Some(lifetime / 2 + 1), ..policy() };
        let mut world = World::new(policy, jitter);
        for step in steps {
            let _ = world.take(step);
            // Of all tokens ever handed out, the current one and its parent alone can be the beginning of something new.
            for claims in world.issued.values() {
                if let Decision::Rotate { next, .. } = world.decision(decide, claims) {
                    prop_assert_eq!(next.generation, world.record.generation + 1);
                    prop_assert!([world.record.generation, world.record.parent].contains(&claims.r#gen));
                }
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_back_signs_no_owner_out_and_catches_the_thief_all_the_same(
        back in 0_u64..100_000_000,
        jitter: u16,
    ) {
        let mut world = World::new(policy(), jitter);
        world.wait(1_000_000);
        let stolen = world.owner.clone();
        prop_assert_eq!(world.owner_asks(decide, false), Ok(()));
        world.now -= back;
        for _ in 0..3 {
            prop_assert_eq!(world.owner_asks(decide, false), Ok(()));
        }
        // Three generations behind the current one, and past every grace that was ever granted.
        world.wait(back + 10 * GRACE_MS);
        prop_assert_eq!(world.exchange(&stolen), Err(Reason::ReuseDetected));
        prop_assert!(world.all_are_out());
    }
}
