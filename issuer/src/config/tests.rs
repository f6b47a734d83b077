use super::*;

fn with(change: impl FnOnce(&mut Settings)) -> Result<Config, ConfigError> {
    let mut settings = Settings::default();
    change(&mut settings);
    Config::from(&Place::default(), settings)
}

fn file(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shelflife.toml");
    std::fs::write(&path, text).unwrap();
    let settings = Settings { access_ttl: Some("2m".into()), ..Settings::default() };
    Config::from(&Place { config: Some(path), ..Place::default() }, settings)
}

#[test]
fn nothing_given_is_a_working_configuration() {
    let config = with(|_| {}).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!((config.rules.policy.access_ttl, config.rules.policy.refresh_ttl), (900, 30 * DAY));
    assert_eq!((config.rules.policy.grace_ms, config.rules.policy.jitter_percent), (30_000, 5));
    assert_eq!((config.audience.as_str(), config.rules.policy.absolute_ttl), ("api", 365 * DAY));
}

#[test]
fn every_mistake_names_the_setting_its_value_and_what_is_allowed() {
    let mistakes = [
        (with(|s| s.grace = Some("301s".into())), ["--grace", "301s", "300s"]),
        (with(|s| s.access_ttl = Some("0s".into())), ["--access-ttl", "0s", "30d"]),
        (with(|s| s.access_ttl = Some("soon".into())), ["--access-ttl", "soon", "1s"]),
        (with(|s| s.access_ttl = Some("1500ms".into())), ["--access-ttl", "1500ms", "whole seconds"]),
        (with(|s| s.refresh_ttl = Some("401d".into())), ["--refresh-ttl", "401d", "400d"]),
        (with(|s| s.refresh_ttl = Some("1m".into())), ["--refresh-ttl", "60s", "--access-ttl"]),
        (with(|s| s.jitter = Some("-1".into())), ["--jitter", "-1", "50"]),
        (with(|s| s.listen = Some("localhost".into())), ["--listen", "localhost", "127.0.0.1:8080"]),
        (with(|s| s.issuer = Some("https://id.example/".into())), ["--issuer", "id.example/", "final slash"]),
        (
            with(|s| s.former_issuer = Some(vec!["https://old.example".into(), "id.example".into()])),
            ["--former-issuer", "`id.example`", "http or https URL"],
        ),
        (
            with(|s| {
                s.issuer = Some("https://id.example".into());
                s.former_issuer = Some(vec!["https://id.example".into()]);
            }),
            ["--former-issuer", "https://id.example", "present one"],
        ),
        (
            with(|s| s.former_issuer = Some(vec!["http://a".into(), "http://a".into()])),
            ["--former-issuer", "http://a", "twice"],
        ),
        (with(|s| s.audience = Some(String::new())), ["--audience", "``", "1 to 256"]),
        (with(|s| s.cors_origin = Some(vec!["*".into()])), ["--cors-origin", "*", "one origin"]),
        (with(|s| s.require_client = Some(true)), ["--require-client", "[client.NAME]", "--config"]),
        (with(|s| s.reauth_after = Some("5s".into())), ["--reauth-after", "5s", "60s"]),
        (with(|s| s.session_limit = Some("some".into())), ["--session-limit", "some", "evict-oldest"]),
        (with(|s| s.session_limit = Some("deny".into())), ["--session-limit", "--max-sessions", "how many"]),
        (with(|s| s.max_sessions = Some("3".into())), ["--max-sessions", "3", "--session-limit"]),
        (with(|s| s.max_sessions = Some("0".into())), ["--max-sessions", "`0`", "1 to"]),
        (with(|s| s.free_failures = Some("many".into())), ["--free-failures", "many", "0 to 100"]),
        (with(|s| s.longest_pause = Some("2d".into())), ["--longest-pause", "2d", "1d"]),
        (with(|s| s.forget_failures = Some("1m".into())), ["--forget-failures", "60s", "--longest-pause"]),
        (with(|s| s.failures_per_address = Some("50".into())), ["--failures-per-address", "`50`", "50/10s"]),
        (with(|s| s.failures_per_account = Some("0/1s".into())), ["--failures-per-account", "`0`", "1 to"]),
        (with(|s| s.drain = Some("301s".into())), ["--drain", "301s", "300s"]),
        (with(|s| s.ops_listen = Some("8081".into())), ["--ops-listen", "8081", "127.0.0.1:8080"]),
        (
            with(|s| s.max_connections_per_address = Some("0".into())),
            ["--max-connections-per-address", "`0`", "1 to"],
        ),
        (
            with(|s| s.trusted_proxy = Some(vec!["10.0.0.1/8".into()])),
            ["--trusted-proxy", "10.0.0.1/8", "10.0.0.0/8"],
        ),
    ];
    for (result, expected) in mistakes {
        let text = result.unwrap_err().to_string();
        for word in expected {
            assert!(text.contains(word), "{word} in {text}");
        }
    }
}

#[test]
fn how_much_guessing_is_put_up_with_can_be_said() {
    assert_eq!(with(|_| {}).unwrap().login_limits, LOGIN_LIMITS);
    let text = "free-failures = 3\nlongest-pause = \"1h\"\nforget-failures = \"2h\"\n\
                failures-per-address = \"20/30s\"\nfailures_per_account = \"40/1m\"";
    let limits = file(text).unwrap().login_limits;
    assert_eq!(
        (limits.free_failures, limits.longest_pause_ms, limits.forget_after_ms),
        (3, 3_600_000, 7_200_000)
    );
    assert_eq!((limits.per_address.burst, limits.per_address.refill_ms), (20, 30_000));
    assert_eq!((limits.per_account.burst, limits.per_account.refill_ms), (40, 60_000));
}

#[test]
fn one_address_leaves_places_for_others_unless_told() {
    let bounds = |all: Option<&str>, one: Option<&str>| {
        let [all, one] = [all, one].map(|text| text.map(str::to_owned));
        let config = with(|s| (s.max_connections, s.max_connections_per_address) = (all, one)).unwrap();
        (config.max_connections, config.max_connections_per_address)
    };
    assert_eq!(bounds(None, None), (1024, 1008));
    assert_eq!(bounds(Some("8"), None), (8, 7));
    assert_eq!(bounds(Some("1"), None), (1, 1));
    assert_eq!(bounds(Some("100"), Some("7")), (100, 7));
}

#[test]
fn the_demo_user_exists_on_loopback_only() {
    let demo = |listen: &str| with(|s| (s.demo, s.listen) = (Some(true), Some(listen.into())));
    assert!(demo("127.0.0.1:0").unwrap().demo);
    assert!(demo("[::1]:0").unwrap().demo);
    assert!(demo("0.0.0.0:0").unwrap_err().to_string().contains("--demo"));
}

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let config =
        file("access-ttl = \"5m\"\ngrace = \"1s\"\njitter = 0\ncors_origin = [\"http://a.example\"]")
            .unwrap();
    assert_eq!(
        (config.rules.policy.access_ttl, config.rules.policy.grace_ms, config.rules.policy.jitter_percent),
        (120, 1000, 0)
    );
    assert_eq!(config.cors_origins, ["http://a.example"]);
}

#[test]
fn origins_are_those_that_browsers_and_native_shells_send() {
    let origins =
        |list: &[&str]| with(|s| s.cors_origin = Some(list.iter().map(ToString::to_string).collect()));
    let given = ["capacitor://localhost", "app://.", "app://-", "HTTPS://App.Example:443", "http://[::1]:80"];
    let expected = ["capacitor://localhost", "app://.", "app://-", "https://app.example", "http://[::1]"];
    assert_eq!(origins(&given).unwrap().cors_origins, expected);
    for wrong in
        ["null", "*", "https://app.example/", "https://app.example/a", "app.example", "https://*.example"]
    {
        let text = origins(&[wrong]).unwrap_err().to_string();
        assert!(text.contains("--cors-origin") && text.contains(wrong), "{text}");
    }
}

#[test]
fn a_file_with_a_word_that_is_no_setting_is_refused_with_that_word() {
    let text = file("acess-ttl = \"5m\"").unwrap_err().to_string();
    assert!(text.contains("acess-ttl") && text.contains("shelflife.toml"), "{text}");
}

#[test]
fn a_limit_of_sessions_is_a_number_and_what_happens_then() {
    let config =
        with(|s| (s.max_sessions, s.session_limit) = (Some("3".into()), Some("evict-oldest".into())));
    let cap = config.unwrap().rules.sessions_per_user;
    assert_eq!(cap, Some(Cap { most: 3, when_full: WhenFull::EvictOldest }));
    assert_eq!(with(|s| s.session_limit = Some("unlimited".into())).unwrap().rules.sessions_per_user, None);
}

#[test]
fn tables_of_the_file_make_lifetimes_stricter_for_clients_and_groups() {
    let config = file(
        "idle-ttl = \"12h\"\n[client.kiosk]\naccess-ttl = \"1m\"\nabsolute-ttl = \"8h\"\n\
         [group.staff]\nidle-ttl = \"1h\"\nreauth-after = \"4h\"",
    );
    let rules = config.unwrap().rules;
    let (kiosk, staff) = (rules.clients["kiosk"], rules.groups["staff"]);
    assert_eq!((kiosk.access_ttl, kiosk.absolute_ttl, kiosk.idle_ttl), (Some(60), Some(8 * 3600), None));
    assert_eq!((staff.idle_ttl, staff.reauth_after), (Some(3600), Some(4 * 3600)));
}

#[test]
fn a_mistake_in_a_table_names_the_table_and_the_key() {
    for (text, words) in [
        ("[client.kiosk]\naccess-ttl = \"soon\"", ["access-ttl of [client.kiosk]", "soon"]),
        ("[group.staff]\naccess-ttl = \"3m\"", ["access-ttl of [group.staff]", "strictest"]),
        ("[group.staff]\nidle-ttl = \"0s\"", ["idle-ttl of [group.staff]", "0s"]),
        ("[group.staff]\nreauth-after = \"1s\"", ["reauth-after of [group.staff]", "60s"]),
        ("[client.kiosk]\ngrace = \"1s\"", ["grace", "shelflife.toml"]),
    ] {
        let error = file(text).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
}

#[test]
fn a_client_is_required_when_the_file_says_so_and_not_otherwise() {
    let tables = "[client.kiosk]\naccess-ttl = \"1m\"\n";
    assert!(!file(tables).unwrap().rules.require_client);
    for word in ["require-client", "require_client"] {
        assert!(file(&format!("{word} = true\n{tables}")).unwrap().rules.require_client);
    }
}
