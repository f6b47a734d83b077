//! A backend that judges tokens itself and hears of revocations as they happen.
//!
//! ```sh
//! shelflife serve --demo
//! cargo run -p shelflife-token --example backend 127.0.0.1:8080     # then a token a line
//! ```
//!
//! Keys are fetched once; the stream of revocations is listened to on a thread of its own, and taken up again where it
//! was left. Requests never wait for it: they judge with what is known. Plain HTTP, because it is an example; a real one
//! brings its own client and TLS, and the rest stays.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, RwLock};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shelflife_token::{
    KeySet, Limits, Requirements, RevocationCode, RevocationOptions, Verdict, Verifier, WhenOutdated,
};

type Shared = Arc<RwLock<Verifier>>;

/// The issuer says something at least every 15 seconds; a silence twice as long is a broken line.
const SILENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: backend ADDRESS:PORT")?;
    let mut jwks = String::new();
    get(&address, "/.well-known/jwks.json")?.read_to_string(&mut jwks)?;
    // Without news for five minutes nothing is opened any more: what that is worth depends on what is behind the door.
    let options = RevocationOptions {
        max_age: Some(300),
        when_outdated: WhenOutdated::Shut,
        ..RevocationOptions::default()
    };
    let keys = KeySet::from_json(jwks.as_bytes())?;
    let verifier = Verifier::new(&format!("http://{address}"), "api", keys, Limits::default())?;
    let verifier: Shared = Arc::new(RwLock::new(verifier.with_revocations(options)));

    let listening = Arc::clone(&verifier);
    thread::spawn(move || {
        loop {
            if let Err(error) = listen(&address, &listening) {
                eprintln!("the stream of revocations: {error}; trying again");
            }
            thread::sleep(PAUSE);
        }
    });

    for token in std::io::stdin().lines() {
        let token = token?;
        let verifier = verifier.read().map_err(|_| "a thread panicked")?;
        match verifier.verify(&token, now()?, &Requirements::default()) {
            Verdict::Invalid(refusal) => println!("{}: {}", refusal.code.as_str(), refusal.detail),
            verdict => println!("{}", verdict.state()),
        }
    }
    Ok(())
}

/// Takes over what the stream says until it ends.
fn listen(address: &str, verifier: &Shared) -> Result<(), Box<dyn Error>> {
    let known = verifier.read().map_err(|_| "a thread panicked")?.revocations();
    let since = known.map_or(String::new(), |known| format!("?since={}", known.seq));
    for line in get(address, &format!("/revocations/stream{since}"))?.lines() {
        let line = line?;
        let Some(list) = line.strip_prefix("data: ").filter(|data| data.contains('.')) else { continue };
        let now = now()?;
        let taken = verifier.write().map_err(|_| "a thread panicked")?.update_revocations(list, now);
        match taken {
            Ok(applied) => eprintln!("revocations: seq {}, {} entries", applied.seq, applied.entries),
            // Something was missed: the whole list, on another connection.
            Err(error) if matches!(error.code, RevocationCode::Gap | RevocationCode::GoingBack) => {
                let mut list = String::new();
                get(address, "/revocations")?.read_to_string(&mut list)?;
                verifier.write().map_err(|_| "a thread panicked")?.update_revocations(&list, now)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The body of an answer. HTTP/1.0, so that it comes in one piece and ends with the connection.
fn get(address: &str, path: &str) -> Result<BufReader<TcpStream>, Box<dyn Error>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(SILENCE))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = BufReader::new(stream);
    let mut status = String::new();
    answer.read_line(&mut status)?;
    if status.split(' ').nth(1) != Some("200") {
        return Err(format!("{path} answered {}", status.trim_end()).into());
    }
    let mut header = String::new();
    while header != "\r\n" {
        header.clear();
        if answer.read_line(&mut header)? == 0 {
            return Err(format!("{path}: the answer was cut short").into());
        }
    }
    Ok(answer)
}

fn now() -> Result<u64, Box<dyn Error>> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}
