//! The real server, killed at random moments under load, again and again on the same data.

mod client;
mod judge;
mod keeper;

use std::process::Command;
use std::time::Duration;

use client::Client;
use judge::Records;
use keeper::Keeper;

use crate::{Chance, Server, binary};

/// Clients that are at it at the same time.
const CLIENTS: usize = 4;
/// The longest time under load before a kill, in milliseconds.
const LONGEST_LOAD: u64 = 300;

/// What many kills did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Kills.
    pub kills: u32,
    /// Sign-ins that were acknowledged.
    pub logins: u64,
    /// Exchanges that were acknowledged.
    pub exchanges: u64,
    /// Sign-outs and ends of other sessions that were acknowledged.
    pub ends: u64,
    /// Changes of a password that were acknowledged.
    pub passwords: u64,
    /// Operations that were under way at a kill.
    pub interrupted: u64,
    /// One sentence for each thing that was not as it must be.
    pub failures: Vec<String>,
}

/// Kills the server so many times, and compares everything that was acknowledged after each.
pub fn kills(count: u32, store: &str, chance: &mut Chance) -> Tally {
    // A grace longer than any restart: a client that lost its answer asks again. No sign-in is turned away for being
    // one of many.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let mut keeper = Keeper::new(&data, store);
    let mut server =
        Server::at(&data, &["--demo", "--grace", "300s", "--access-ttl", "1h", "--store", store]);
    let mut clients: Vec<Client> =
        (0..CLIENTS).map(|_| Client::new(Chance::of(chance.below(u64::MAX)))).collect();
    // Who has a session can exchange it from the first moment on: a sign-in takes longer than many a server here lives.
    clients.iter_mut().for_each(|client| client.signs_in(server.address()));
    let mut tally = Tally::default();
    for _ in 0..count {
        let load = Duration::from_millis(1 + chance.below(LONGEST_LOAD));
        let address = server.address().to_owned();
        std::thread::scope(|scope| {
            for client in &mut clients {
                let address = &address;
                scope.spawn(move || client.work(address));
            }
            let changing = scope.spawn(|| keeper.work(&address));
            std::thread::sleep(load);
            server.kill9();
            tally.failures.extend(changing.join().expect("a keeper"));
        });
        tally.kills += 1;
        tally.failures.extend(checked(&server));
        let records = Records::read(&server.data());
        for client in &mut clients {
            tally.failures.extend(client.judge(&records));
        }
        server.restart();
        for client in &mut clients {
            tally.failures.extend(client.goes_on(server.address()));
        }
        tally.failures.extend(keeper.gets_in(server.address()));
        if server.log().contains("store_was_rolled_back") {
            tally.failures.push("the server found tokens newer than its store".to_owned());
        }
        if tally.failures.len() > 20 {
            break;
        }
    }
    tally.passwords = keeper.changes();
    for client in &clients {
        client.count(&mut tally);
    }
    tally
}

/// `shelflife store check` on the data of a server that is not running.
fn checked(server: &Server) -> Option<String> {
    let mut check = Command::new(binary());
    let output =
        check.args(["store", "check", "--data"]).arg(server.data()).output().expect("the binary starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let clean = output.status.success() && said.contains(" 0 problems");
    (!clean).then(|| format!("`store check`: {said} {}", String::from_utf8_lossy(&output.stderr)))
}
