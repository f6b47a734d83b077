//! Standard error and standard output are taken away from the server: what it does goes on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use serde_json::json;
use shelflife_tests::{DEMO_USER, Server, binary};

const PATIENCE: Duration = Duration::from_secs(30);

/// What a person notices of a server: signing in, a wrong password, an exchange, signing out, the end.
fn works_and_ends(mut server: Server) {
    let wrong = json!({ "username": DEMO_USER, "password": "not the password" });
    assert_eq!(server.login_with(&wrong).status, 400);
    let token = server.exchange(&server.login().token()).token();
    assert_eq!(server.exchange("no token").status, 400);
    assert_eq!(server.post_as("/logout", &token).status, 204);
    assert_eq!(server.get("/readyz").status, 200);
    let status = server.terminate();
    assert_eq!(status.code(), Some(0), "{status}");
}

#[test]
fn a_log_on_a_full_disk_stops_nothing() {
    works_and_ends(Server::logging_to(
        OpenOptions::new().write(true).open("/dev/full").unwrap(),
        "debug",
        &[],
    ));
}

#[test]
fn a_log_whose_reader_is_gone_stops_nothing() {
    let (reader, writer) = std::io::pipe().unwrap();
    let server = Server::logging_to(writer, "debug", &[]);
    drop(reader);
    works_and_ends(server);
}

#[test]
fn a_log_whose_reader_stops_reading_stops_nothing() {
    let (reader, writer) = std::io::pipe().unwrap();
    rustix::pipe::fcntl_setpipe_size(&writer, 4096).unwrap();
    let server = Server::logging_to(writer, "debug", &[]);
    let mut token = server.login().token();
    // Each is a line of a hundred bytes.
    for _ in 0..100 {
        token = server.exchange(&token).token();
    }
    works_and_ends(server);
    drop(reader);
}

#[test]
fn a_failing_disk_under_the_log_and_the_store_is_not_the_end_of_the_store() {
    let server = Server::logging_to(OpenOptions::new().write(true).open("/dev/full").unwrap(), "info", &[]);
    let token = server.login().token();
    // The thread of the store reports that it has failed.
    server.limit_file_sizes(Some(0));
    assert_eq!(server.exchange(&token).status, 503);
    assert_eq!(server.get("/readyz").status, 503);
    server.limit_file_sizes(None);
    let since = std::time::Instant::now();
    while server.get("/readyz").status != 200 {
        assert!(since.elapsed() < PATIENCE, "the store does not come back");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.exchange(&token).status, 200);
}

/// Lines of the log behind a named pipe, as they come.
fn lines_of(pipe: File) -> std::sync::mpsc::Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

#[test]
fn lost_lines_are_counted_and_told_when_the_log_can_be_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, Mode::RUSR | Mode::WUSR).unwrap();
    let open = |flags| File::from(rustix::fs::open(&path, flags | OFlags::CLOEXEC, Mode::empty()).unwrap());
    let reader = open(OFlags::RDONLY | OFlags::NONBLOCK);
    let server = Server::logging_to(open(OFlags::WRONLY), "info", &[]);
    drop(reader);
    let token = server.login().token();
    assert_eq!(server.post_as("/logout", &token).status, 204);
    // The log has a reader again.
    let lines = lines_of(open(OFlags::RDONLY));
    let told = loop {
        let line = lines.recv_timeout(PATIENCE).expect("nothing tells that lines were lost");
        if line.contains("log_lost") {
            break line;
        }
    };
    let count: u64 = told.split("count=").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(count >= 2, "signing in and signing out: {told}");
    server.login();
    let line = lines.recv_timeout(PATIENCE).unwrap();
    assert!(line.contains("login_ok"), "it is written as ever: {line}");
}

#[test]
fn a_standard_output_that_cannot_be_written_is_a_warning() {
    let full = || Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap());
    let closed = || Stdio::from(std::io::pipe().unwrap().1);
    for stdout in [full(), closed()] {
        let data = tempfile::tempdir().unwrap();
        let mut serve = Command::new(binary());
        serve.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
        let mut child = serve.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let warning = lines.find(|line| line.contains("not_announced")).expect("it says why nothing is said");
        let address =
            warning.split("listening on http://").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        let answer = shelflife_tests::raw(
            &address,
            b"GET /healthz HTTP/1.1\r\nHost: here.example\r\nConnection: close\r\n\r\n",
            PATIENCE,
        );
        assert!(answer.unwrap_or_default().starts_with("HTTP/1.1 200 "));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn other_commands_say_that_standard_output_cannot_be_written() {
    let data = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(binary());
        command.args(args).arg("--data").arg(data.path());
        command.stdout(OpenOptions::new().write(true).open("/dev/full").unwrap()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (child.wait().unwrap().code(), said)
    };
    drop(Server::at(data.path(), &[]));
    let (code, said) = run(&["keys", "list"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("standard output"), "{said}");
}
