//! What was acknowledged, against what is there after the power came back.

use std::collections::HashMap;

/// What is known about one session.
#[derive(Debug, Default, Clone, Copy)]
struct Known {
    tried: u64,
    did: u64,
    end_tried: bool,
    ended: bool,
}

/// Everything the drivers said so far, over all cuts of one disk.
#[derive(Debug, Default)]
pub(super) struct Expected {
    sessions: HashMap<String, Known>,
    users: Vec<String>,
    /// Operations that were acknowledged.
    pub(super) acknowledged: u64,
}

impl Expected {
    /// Takes in one line of a driver.
    pub(super) fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        self.acknowledged += u64::from(words[0] == "did");
        match words.as_slice() {
            ["did", "user", name] => self.users.push((*name).to_owned()),
            ["try", "write", sid, revision] => self.session(sid).tried = number(revision),
            ["did", "write", sid, revision] => self.session(sid).did = number(revision),
            ["try", "end", sid] => self.session(sid).end_tried = true,
            ["did", "end", sid] => self.session(sid).ended = true,
            _ => {}
        }
    }

    fn session(&mut self, sid: &str) -> &mut Known {
        self.sessions.entry(sid.to_owned()).or_default()
    }

    /// Compares with what a store says of itself; one sentence for each thing that is not as it must be. From here on
    /// what was found is what is expected: an operation under way at the cut may have come through or not.
    pub(super) fn compare(&mut self, shown: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut found: HashMap<&str, (u64, bool)> = HashMap::new();
        let mut users = Vec::new();
        for line in shown.lines() {
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["session", sid, revision, ended, whole] => {
                    found.insert(sid, (number(revision), *ended == "ended"));
                    if *whole == "torn" {
                        wrong.push(format!("{sid} is torn"));
                    }
                }
                ["user", name] => users.push(*name),
                ["problem", ..] => wrong.push(line.to_owned()),
                _ => {}
            }
        }
        if !shown.ends_with("end\n") {
            wrong.push("the store could not be read to its end".to_owned());
        }
        wrong.extend(
            self.users
                .iter()
                .filter(|name| !users.contains(&name.as_str()))
                .map(|name| format!("user {name} is lost")),
        );
        for (sid, known) in &mut self.sessions {
            match found.get(sid.as_str()) {
                None if known.did > 0 => wrong.push(format!("{sid} is lost")),
                None => *known = Known::default(),
                Some((revision, ended)) => {
                    // Ending a session is one more write of its record.
                    let (least, most) =
                        (known.did + u64::from(known.ended), known.tried + u64::from(known.end_tried));
                    if !(least..=most).contains(revision) {
                        wrong.push(format!("{sid} is at {revision} instead of {least} to {most}"));
                    }
                    if known.ended && !ended {
                        wrong.push(format!("{sid} is alive again"));
                    }
                    if *ended && !known.end_tried {
                        wrong.push(format!("{sid} has ended by itself"));
                    }
                    let writes = revision - u64::from(*ended).min(*revision);
                    *known = Known { tried: writes, did: writes, end_tried: *ended, ended: *ended };
                }
            }
        }
        let unheard = found.keys().filter(|sid| !self.sessions.contains_key(**sid));
        wrong.extend(unheard.map(|sid| format!("{sid} came from nowhere")));
        wrong
    }
}

fn number(word: &str) -> u64 {
    word.parse().expect("a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(said: &[&str]) -> Expected {
        let mut expected = Expected::default();
        said.iter().for_each(|line| expected.hear(line));
        expected
    }

    #[test]
    fn what_was_under_way_may_be_there_or_not() {
        let said = ["try write a 1", "did write a 1", "try write a 2", "try write b 1"];
        for shown in
            ["session a 1 alive whole\nend\n", "session a 2 alive whole\nsession b 1 alive whole\nend\n"]
        {
            assert_eq!(after(&said).compare(shown), Vec::<String>::new(), "{shown}");
        }
    }

    #[test]
    fn whatever_was_acknowledged_and_is_not_there_is_named() {
        let said = [
            "did user u",
            "try write a 1",
            "did write a 1",
            "try write a 2",
            "did write a 2",
            "try end a",
            "did end a",
        ];
        let good = "user u\nsession a 3 ended whole\nend\n";
        assert_eq!(after(&said).compare(good), Vec::<String>::new());
        for bad in [
            "user u\nend\n",
            "session a 3 ended whole\nend\n",
            "user u\nsession a 2 alive whole\nend\n",
            "user u\nsession a 1 alive whole\nend\n",
            "user u\nsession a 3 ended torn\nend\n",
            "user u\nsession a 3 ended whole\n",
            "user u\nproblem x\nsession a 3 ended whole\nend\n",
            "user u\nsession a 3 ended whole\nsession z 1 alive whole\nend\n",
        ] {
            assert_ne!(after(&said).compare(bad), Vec::<String>::new(), "{bad}");
        }
    }
}
