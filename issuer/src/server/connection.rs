//! One connection, from its first byte to its end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Server;
use super::activity::{Order, RequestBody, ResponseBody};
use super::patient::Patient;
use super::places::Place;
use crate::http::Peer;

/// Request line and headers together, in bytes.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// How long the end of an answer may take to leave a connection that has to make room.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// Serves requests until the client or `place` ends the connection.
pub(super) async fn serve(server: &Server, stream: TcpStream, peer: Peer, app: Router, place: Place) {
    let app = TowerToHyperService::new(app);
    let activity = Arc::clone(&place.activity);
    let service = service_fn(move |request: Request<Incoming>| {
        activity.begin(!request.body().is_end_stream());
        let of_request = Arc::clone(&activity);
        let mut request = request.map(|body| RequestBody { body, activity: of_request });
        request.extensions_mut().insert(peer);
        let (answer, activity) = (app.call(request), Arc::clone(&activity));
        async move {
            let response = answer.await?;
            activity.answering();
            Ok::<_, std::convert::Infallible>(response.map(|body| ResponseBody { body, activity }))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(server.header_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(Patient::new(stream, server.write_timeout)), service);
    let mut connection = std::pin::pin!(connection);
    loop {
        let order = tokio::select! {
            biased;
            // An error here is a client that went away or did not speak HTTP.
            _ = connection.as_mut() => return,
            order = place.activity.told() => order,
        };
        let activity = &place.activity;
        match order {
            Order::GoOn => {}
            Order::MakeRoom if activity.silent_since().is_some() => {
                if activity.has_just_answered(LAST_BYTES) {
                    connection.as_mut().graceful_shutdown();
                    let _ = timeout(LAST_BYTES, connection).await;
                }
                return;
            }
            Order::MakeRoom | Order::Finish => connection.as_mut().graceful_shutdown(),
            Order::EndUnlessAnswering if activity.is_answering() => {}
            Order::EndUnlessAnswering | Order::End => return,
        }
    }
}
