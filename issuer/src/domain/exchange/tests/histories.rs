//! Random histories of honest and stolen exchanges, with the clock going forwards and backwards.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const GRACE_MS: u64 = 30_000;

/// What can happen to a session, in the eyes of the server.
#[derive(Debug, Clone)]
enum Step {
    /// Milliseconds pass.
    Wait(u64),
    /// The clock is set back by so many.
    SetBack(u64),
    /// The owner exchanges the newest token they have; the answer may be lost.
    Owner { answer_lost: bool },
    /// The owner proves the password again.
    Prove { answer_lost: bool },
    /// A thief copies the owner's token.
    Steal,
    /// The thief exchanges the newest token they have.
    Thief,
    /// The operator changes the groups of the user.
    Regroup,
}

fn steps(weights: [u32; 4]) -> impl Strategy<Value = Vec<Step>> {
    let [theft, set_back, step_up, regroup] = weights;
    let step = prop_oneof![
        4 => (0..60_000_u64).prop_map(Step::Wait),
        4 => any::<bool>().prop_map(|answer_lost| Step::Owner { answer_lost }),
        step_up => any::<bool>().prop_map(|answer_lost| Step::Prove { answer_lost }),
        set_back => (0..200_000_000_u64).prop_map(Step::SetBack),
        theft => Just(Step::Steal),
        2 * theft => Just(Step::Thief),
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

/// A store of one record, an owner, and perhaps a thief.
#[derive(Clone)]
struct World {
    record: Session,
    policy: Policy,
    user: User,
    now: u64,
    jitter: u16,
    owner: Claims,
    thief: Option<Claims>,
    /// Every token ever handed out, by generation.
    issued: BTreeMap<u64, Claims>,
}

type Rule = fn(Option<&Session>, Presented<'_>, &Today<'_>) -> Decision;

impl World {
    fn new(policy: Policy, jitter: u16) -> World {
        let absolute_exp = START + policy.absolute_ttl;
        let record = Session { absolute_exp, exp: (START + 86_400).min(absolute_exp), ..session(1) };
        let owner = full_token(&record);
        let issued = [(1, owner.clone())].into();
        World { policy, user: user(), now: START * 1000, jitter, thief: None, issued, owner, record }
    }

    fn ask(&mut self, rule: Rule, claims: &Claims) -> Result<Claims, Reason> {
        self.jitter = self.jitter.wrapping_mul(25_173).wrapping_add(13_849);
        let today = Today {
            now: Moment::from_millis(self.now),
            user: Some(&self.user),
            policy: &self.policy,
            kid: "key",
            jitter: Fraction::from_bytes(self.jitter.to_le_bytes()),
        };
        let before = self.record.clone();
        match rule(Some(&self.record), Presented { claims, binder: None }, &today) {
            Decision::Refuse(reason) => return Err(reason),
            Decision::EndForReuse(next) => {
                assert_eq!(next.revision, before.revision + 1);
                self.record = *next;
                return Err(Reason::ReuseDetected);
            }
            Decision::Rotate { next, store_was_rolled_back } => {
                assert!(!store_was_rolled_back);
                assert_eq!((next.generation, next.revision), (before.generation + 1, before.revision + 1));
                assert!(!self.issued.contains_key(&next.generation), "a generation came twice");
                self.record = *next;
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
            Step::Wait(millis) => self.now += millis,
            Step::SetBack(millis) => self.now -= millis.min(self.now),
            Step::Owner { answer_lost } => return self.owner_asks(decide, answer_lost),
            Step::Prove { answer_lost } => return self.owner_asks(decide_step_up, answer_lost),
            Step::Steal => self.thief = Some(self.owner.clone()),
            Step::Thief => {
                if let Some(claims) = self.thief.clone()
                    && let Ok(answer) = self.exchange(&claims)
                {
                    self.thief = Some(answer);
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

    fn nobody_is_in(&mut self) -> bool {
        let all = self.issued.values().cloned().collect::<Vec<_>>();
        all.iter().all(|claims| self.exchange(claims).is_err())
    }
}

proptest! {
    #[test]
    fn an_owner_who_tries_again_within_grace_is_never_signed_out(
        steps in steps([0, 1, 1, 1]),
        jitter: u16,
    ) {
        let mut world = World::new(policy(), jitter);
        for step in steps {
            let asked = matches!(step, Step::Owner { .. } | Step::Prove { .. });
            let lasts = world.record.exp * 1000 > world.now + 200_000;
            if !lasts {
                break;
            }
            prop_assert_eq!(world.take(step), Ok(()));
            if asked {
                // An answer that was lost is asked for again before grace is over.
                world.now += GRACE_MS - 1;
                let answer = world.exchange(&world.owner.clone());
                prop_assert!(answer.is_ok(), "{answer:?}");
                world.owner = answer.unwrap();
            }
        }
        prop_assert!(world.record.ended.is_none());
    }

    #[test]
    fn a_thief_and_an_owner_who_both_go_on_are_both_out_after_one_more_exchange_past_grace(
        steps in steps([1, 0, 0, 1]),
        jitter: u16,
    ) {
        let mut world = World::new(policy(), jitter);
        world.take_while_alive(steps);
        // Both hold the same token now, and both go on, one after the other, past grace.
        let thief = world.owner.clone();
        world.now += GRACE_MS;
        let first = world.exchange(&world.owner.clone());
        world.now += GRACE_MS;
        let second = world.exchange(&thief);
        prop_assert!(first == Err(Reason::ReuseDetected) || second == Err(Reason::ReuseDetected));
        prop_assert!(world.nobody_is_in());
    }

    /// The thief need not have the owner's newest token: whatever both hold, once they have parted, the first
    /// exchange of the older of the two past grace ends it.
    #[test]
    fn two_holders_of_different_generations_do_not_both_stay_in(
        steps in steps([1, 0, 0, 0]),
        jitter: u16,
    ) {
        let mut world = World::new(policy(), jitter);
        world.take_while_alive(steps);
        let newest = world.record.generation;
        let older = [Some(&world.owner), world.thief.as_ref()];
        let older = older.into_iter().flatten().find(|claims| claims.r#gen < newest).cloned();
        let Some(older) = older else { return Ok(()) };
        world.now += GRACE_MS;
        prop_assert_eq!(world.exchange(&older), Err(Reason::ReuseDetected));
        prop_assert!(world.nobody_is_in());
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
            // Of all tokens ever handed out, one can be the beginning of something new.
            let successors = world.issued.values().filter(|claims| {
                let today = Today {
                    now: Moment::from_millis(world.now),
                    user: Some(&world.user),
                    policy: &world.policy,
                    kid: "key",
                    jitter: Fraction::ZERO,
                };
                let presented = Presented { claims, binder: None };
                matches!(decide(Some(&world.record), presented, &today), Decision::Rotate { .. })
            });
            prop_assert!(successors.count() <= 1);
        }
    }

    #[test]
    fn a_clock_that_is_set_back_signs_nobody_out_and_catches_the_thief_all_the_same(
        back in 0_u64..100_000_000,
        jitter: u16,
    ) {
        let mut world = World::new(policy(), jitter);
        world.now += 1_000_000;
        let stolen = world.owner.clone();
        prop_assert_eq!(world.owner_asks(decide, false), Ok(()));
        world.now -= back;
        for _ in 0..3 {
            prop_assert_eq!(world.owner_asks(decide, false), Ok(()));
        }
        // Four generations behind, and past every grace that was ever granted.
        world.now += back + 10 * GRACE_MS;
        prop_assert_eq!(world.exchange(&stolen), Err(Reason::ReuseDetected));
        prop_assert!(world.nobody_is_in());
    }
}
