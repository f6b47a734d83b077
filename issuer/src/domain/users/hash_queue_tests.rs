use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::*;

type Attempt = Pin<Box<dyn Future<Output = Result<Core, Overloaded>>>>;

fn stranger(last: usize) -> Share {
    Share::of(IpAddr::from([10, 0, (last / 256) as u8, (last % 256) as u8]), false)
}

fn known(last: usize) -> Share {
    Share { known: true, ..stranger(last) }
}

/// Polled once: it waits, unless it is refused.
fn enter(queue: &HashQueue, share: Share) -> (Attempt, Option<Overloaded>) {
    let queue = queue.clone();
    let mut attempt: Attempt = Box::pin(async move { queue.core(share).await });
    match poll(&mut attempt) {
        Poll::Ready(Err(overloaded)) => (attempt, Some(overloaded)),
        Poll::Ready(Ok(_)) => panic!("the only core was taken"),
        Poll::Pending => (attempt, None),
    }
}

fn poll(attempt: &mut Attempt) -> Poll<Result<Core, Overloaded>> {
    attempt.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn busy() -> (HashQueue, Core) {
    let queue = HashQueue::new(1);
    let Entered::AtOnce(core) = queue.enter(stranger(0)).unwrap() else { panic!("a new queue waits") };
    (queue, core)
}

fn waits(queue: &HashQueue, share: Share) -> Attempt {
    let (attempt, refused) = enter(queue, share);
    assert_eq!(refused, None);
    attempt
}

/// Frees `core` until all attempts are served; their places in the order in which that happens.
fn order(mut core: Core, attempts: &mut [Attempt]) -> Vec<usize> {
    let mut served = Vec::new();
    loop {
        drop(core);
        let next = attempts.iter_mut().enumerate().filter(|(place, _)| !served.contains(place));
        let next = next.filter_map(|(place, attempt)| match poll(attempt) {
            Poll::Ready(Ok(core)) => Some((place, core)),
            _ => None,
        });
        let Some((place, next)) = { next }.next() else { return served };
        served.push(place);
        core = next;
    }
}

#[test]
fn each_address_has_its_turn_however_many_attempts_of_another_one_wait() {
    let (queue, core) = busy();
    let mut attempts: Vec<_> = (0..20).map(|_| waits(&queue, stranger(1))).collect();
    attempts.push(waits(&queue, stranger(2)));
    attempts.push(waits(&queue, stranger(2)));
    attempts.push(waits(&queue, stranger(3)));
    let served = order(core, &mut attempts);
    assert_eq!(served[..6], [0, 20, 22, 1, 21, 2]);
    assert_eq!(served.len(), 23);
}

#[test]
fn known_sources_get_every_second_turn_however_many_strangers_wait() {
    let (queue, core) = busy();
    let mut attempts: Vec<_> = (0..90).flat_map(|n| [n, n, n]).map(|n| waits(&queue, stranger(n))).collect();
    attempts.extend([1, 1, 2].map(|n| waits(&queue, known(n))));
    let served = order(core, &mut attempts);
    let turns: Vec<_> = served.iter().map(|place| *place >= 270).collect();
    assert_eq!(turns[..7], [true, false, true, false, true, false, false]);
    assert_eq!(served.len(), 273);
}

#[test]
fn one_address_takes_no_more_places_than_it_may_and_a_full_queue_makes_room_for_those_with_fewer() {
    let (queue, core) = busy();
    let mut greedy: Vec<_> = (0..PLACES_PER_SOURCE).map(|_| waits(&queue, stranger(1))).collect();
    assert_eq!(enter(&queue, stranger(1)).1, Some(Overloaded), "its own bound");
    let others = PLACES_PER_SOURCE..PLACES;
    let others: Vec<_> = others.map(|n| waits(&queue, stranger(n + 2))).collect();
    // Full. An address that has fewer takes the place of the newest of the greedy one.
    let newcomer = waits(&queue, stranger(2));
    assert!(matches!(poll(&mut greedy[PLACES_PER_SOURCE - 1]), Poll::Ready(Err(Overloaded))));
    assert!(greedy[..PLACES_PER_SOURCE - 1].iter_mut().all(|attempt| poll(attempt).is_pending()));
    // Strangers take nothing from those who are known, who have places of their own.
    let mut friend = waits(&queue, known(3));
    drop(core);
    let Poll::Ready(Ok(core)) = poll(&mut friend) else { panic!("a known source waits longest") };
    drop(greedy.remove(PLACES_PER_SOURCE - 1));
    let mut all: Vec<_> = greedy.into_iter().chain(others).chain([newcomer]).collect();
    assert_eq!(order(core, &mut all).len(), PLACES);
}

#[test]
fn where_all_have_the_same_a_newcomer_is_refused_and_none_is_sent_away() {
    let (queue, _core) = busy();
    let mut all: Vec<_> = (0..PLACES).map(|n| waits(&queue, stranger(n))).collect();
    assert_eq!(enter(&queue, stranger(PLACES)).1, Some(Overloaded));
    assert_eq!(enter(&queue, stranger(7)).1, Some(Overloaded));
    assert!(all.iter_mut().all(|attempt| poll(attempt).is_pending()));
}

#[test]
fn an_attempt_whose_client_hung_up_takes_neither_a_core_nor_a_place() {
    let (queue, core) = busy();
    let gone: Vec<_> = (0..PLACES_PER_SOURCE).map(|_| waits(&queue, stranger(1))).collect();
    drop(gone);
    let mut patient = waits(&queue, stranger(1));
    drop(core);
    assert!(matches!(poll(&mut patient), Poll::Ready(Ok(_))));
    // Also when it hangs up between being given the core and taking it.
    let (queue, core) = busy();
    let (late, mut patient) = (waits(&queue, stranger(1)), waits(&queue, stranger(2)));
    drop(core);
    drop(late);
    assert!(matches!(poll(&mut patient), Poll::Ready(Ok(_))));
    drop(patient);
    assert_eq!(queue.state().free, 1, "and every core comes back");
}
