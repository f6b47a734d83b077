//! Connections from other addresses of this machine.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::Server;

const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to the server, kept open.
pub struct Peer(TcpStream);

impl Peer {
    /// Connects from `address`, which must be one of the loopback network.
    pub fn from(address: &str, server: &Server) -> Peer {
        let to: SocketAddr = server.address().trim_start_matches("http://").parse().unwrap();
        let from = SocketAddr::new(address.parse::<IpAddr>().unwrap(), 0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(from).unwrap();
            socket.connect(to).await.expect("a connection").into_std().unwrap()
        });
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Peer(stream)
    }

    /// Sends bytes; whether they could be sent.
    pub fn send(&mut self, bytes: &str) -> bool {
        self.0.write_all(bytes.as_bytes()).is_ok()
    }

    /// Sends a `GET` with these headers, and gives back the answer up to the end of its head; empty when there is none.
    pub fn get(&mut self, path: &str, headers: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: here.example\r\n{headers}\r\n"));
        self.head()
    }

    /// What comes up to the end of a head; empty when the server closes the connection before that.
    pub fn head(&mut self) -> String {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match self.0.read(&mut byte) {
                Ok(1) => head.extend_from_slice(&byte),
                Ok(_) => return String::new(),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return String::new(),
                Err(error) => panic!("the server neither answers nor closes the connection: {error}"),
            }
        }
        // The rest of a short body comes with it.
        String::from_utf8_lossy(&head).into_owned()
    }

    /// Asks for `/healthz` and reads all of the answer; whether there was one.
    pub fn is_served(&mut self) -> bool {
        let head = self.get("/healthz", "");
        let mut body = [0; r#"{"status":"ok"}"#.len()];
        head.starts_with("HTTP/1.1 200 ") && self.0.read_exact(&mut body).is_ok()
    }
}

/// Asks again and again until `is_so`.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
