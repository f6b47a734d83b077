//! The `shelflife` command as a process.

mod clients;
mod former_issuer;
mod serve;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::{Answer, parse};

pub(crate) fn shelflife(arguments: &[&str], data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shelflife"));
    command.args(arguments).env_clear().env("SHELFLIFE_DATA", data);
    command
}

pub(crate) fn run(arguments: &[&str], data: &Path) -> Output {
    shelflife(arguments, data).stdin(Stdio::null()).output().unwrap()
}

pub(crate) fn run_with_input(arguments: &[&str], data: &Path, input: &str) -> Output {
    let mut command = shelflife(arguments, data);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not read its input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

pub(crate) fn said(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// A server process; killed when the test ends.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(arguments: &[&str], data: &Path) -> Server {
        let all =
            [&["serve", "--listen", "127.0.0.1:0", "--issuer", "http://id.example"], arguments].concat();
        let mut command = shelflife(&all, data);
        Server::spawn(command.stderr(Stdio::null()))
    }

    pub(crate) fn spawn(command: &mut Command) -> Server {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("it said {line:?}"));
        Server { address: address.to_owned(), child }
    }

    pub(crate) fn signal(&mut self, name: &str) -> Option<i32> {
        let kill = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        self.child.wait().unwrap().code()
    }

    pub(crate) async fn post(&self, path: &str, kind: &str, body: &str) -> Answer {
        self.post_with(path, &format!("content-type: {kind}\r\n"), body).await
    }

    /// A call with a JSON body by the holder of a token.
    pub(crate) async fn post_as(&self, path: &str, token: &str, body: &str) -> Answer {
        let headers = format!("content-type: application/json\r\nauthorization: Bearer {token}\r\n");
        self.post_with(path, &headers, body).await
    }

    pub(crate) async fn post_with(&self, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        parse(&answer)
    }

    pub(crate) async fn login(&self, name: &str, password: &str) -> Answer {
        let body = format!(r#"{{"username":"{name}","password":"{password}","remember_me":true}}"#);
        self.post("/login", "application/json", &body).await
    }

    pub(crate) async fn exchange(&self, token: &str) -> Answer {
        let body = format!("grant_type=refresh_token&refresh_token={token}");
        self.post("/oauth/token", "application/x-www-form-urlencoded", &body).await
    }

    /// The holder says that this token has arrived.
    pub(crate) async fn seen(&self, token: &str) -> Answer {
        self.post_as("/sessions/seen", token, "").await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
