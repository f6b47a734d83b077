//! One kept-alive connection, spoken to in plain HTTP/1.1: as little work as can be, because it shares the cores with
//! the server that is measured.

use anyhow::{Context, Result, bail, ensure};
use memchr::{memchr, memmem};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(super) struct Connection {
    stream: TcpStream,
    host: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    /// Connects to `http://HOST:PORT`.
    pub(super) async fn open(address: &str) -> Result<Connection> {
        let host = address.strip_prefix("http://").context("not an address")?.to_owned();
        let stream = TcpStream::connect(&host).await.context("cannot connect to the server")?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, host, request: Vec::new(), answer: Vec::new() })
    }

    pub(super) async fn healthz(&mut self) -> Result<()> {
        self.request.clear();
        self.request.extend_from_slice(b"GET /healthz HTTP/1.1\r\nhost: ");
        self.request.extend_from_slice(self.host.as_bytes());
        self.request.extend_from_slice(b"\r\n\r\n");
        self.call().await.map(drop)
    }

    /// Exchanges a token for its successor, which takes its place.
    pub(super) async fn exchange(&mut self, token: &mut String) -> Result<()> {
        let successor = self.successor(token).await?;
        token.clear();
        token.push_str(successor);
        Ok(())
    }

    /// What a token is exchanged for.
    pub(super) async fn successor(&mut self, token: &str) -> Result<&str> {
        const FORM: &str = "grant_type=refresh_token&refresh_token=";
        self.post("/oauth/token", "application/x-www-form-urlencoded", "", &[FORM, token]);
        token_in(self.call().await?)
    }

    /// Opens a session; `headers` are whole lines.
    pub(super) async fn open_session(&mut self, path: &str, headers: &str, json: &str) -> Result<String> {
        self.post(path, "application/json", headers, &[json]);
        token_in(self.call().await?).map(str::to_owned)
    }

    fn post(&mut self, path: &str, content_type: &str, headers: &str, body: &[&str]) {
        let length: usize = body.iter().map(|part| part.len()).sum();
        let length = length.to_string();
        self.request.clear();
        let head = ["POST ", path, " HTTP/1.1\r\nhost: ", &self.host, "\r\ncontent-type: ", content_type];
        let more = ["\r\ncontent-length: ", &length, "\r\n", headers, "\r\n"];
        for part in head.iter().chain(&more).chain(body) {
            self.request.extend_from_slice(part.as_bytes());
        }
    }

    /// Sends the request and gives the body of the answer, which must be 200.
    async fn call(&mut self) -> Result<&[u8]> {
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        let (head, length) = loop {
            ensure!(self.stream.read_buf(&mut self.answer).await? > 0, "the server closed the connection");
            if let Some(end) = memmem::find(&self.answer, b"\r\n\r\n") {
                break (end + 4, content_length(self.answer.get(..end).unwrap_or_default())?);
            }
        };
        while self.answer.len() < head + length {
            ensure!(self.stream.read_buf(&mut self.answer).await? > 0, "the server closed the connection");
        }
        let body = self.answer.get(head..).unwrap_or_default();
        if !self.answer.starts_with(b"HTTP/1.1 200 ") {
            let status = self.answer.get(9..12).unwrap_or_default();
            bail!(
                "the server answered {}: {}",
                String::from_utf8_lossy(status),
                String::from_utf8_lossy(body)
            );
        }
        Ok(body)
    }
}

fn content_length(head: &[u8]) -> Result<usize> {
    const NAME: &[u8] = b"\r\ncontent-length: ";
    let start = memmem::find(head, NAME).context("an answer without a length")? + NAME.len();
    let digits = head.get(start..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit());
    Ok(digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0')))
}

/// Tokens need no escape in JSON, so the text between the quotation marks is the token.
fn token_in(body: &[u8]) -> Result<&str> {
    const NAME: &[u8] = b"\"access_token\":\"";
    let start = memmem::find(body, NAME).context("an answer without a token")? + NAME.len();
    let rest = body.get(start..).unwrap_or_default();
    let end = memchr(b'"', rest).context("a token without an end")?;
    Ok(std::str::from_utf8(rest.get(..end).unwrap_or_default())?)
}
