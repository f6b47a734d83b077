//! Opening sessions, as many as it takes.

use anyhow::Result;
use base64ct::{Base64, Encoding};
use tokio::task::JoinSet;

use super::connection::Connection;
use super::server::Server;

const CONNECTIONS: usize = 64;

/// Opens `count` sessions, each of a user of its own, and gives their tokens.
pub(super) async fn open(server: &Server, count: usize) -> Result<Vec<String>> {
    let (id, secret) = server.client();
    let credentials = Base64::encode_string(format!("{id}:{secret}").as_bytes());
    let mut tasks = JoinSet::new();
    for worker in 0..CONNECTIONS {
        let headers = format!("authorization: Basic {credentials}\r\n");
        let address = server.address().to_owned();
        tasks.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let mut tokens = Vec::new();
            for number in (worker..count).step_by(CONNECTIONS) {
                let json = format!(
                    r#"{{"sub":"user{number:018}","device":"Firefox on Linux","groups":["staff"],"remember_me":true}}"#
                );
                tokens.push(connection.open_session("/admin/sessions", &headers, &json).await?);
            }
            anyhow::Ok(tokens)
        });
    }
    let mut tokens = Vec::with_capacity(count);
    while let Some(done) = tasks.join_next().await {
        tokens.extend(done??);
    }
    Ok(tokens)
}
