//! Compares the topics that should be with those that are: pure, on plain structs, so that `topics plan`, the check at
//! start and `doctor` say the same.

use std::fmt;
use std::sync::Arc;

use super::TopicSpec;

/// What a topic is, as the log reports it; `config` holds the settings in force, defaults of the broker included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDescription {
    pub name: Arc<str>,
    pub partitions: i32,
    pub replication: i32,
    pub config: Vec<(String, String)>,
}

/// What `topics apply` does about a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Alter,
    /// Nothing: a person has to.
    Refused,
}

impl Action {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Alter => "alter",
            Self::Refused => "refused",
        }
    }
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub topic: Arc<str>,
    /// `topic`, `partitions`, `replication`, or the name of a setting of Kafka.
    pub setting: String,
    pub want: String,
    pub have: Option<String>,
    pub action: Action,
}

impl Difference {
    /// What to do where [`Action::Refused`].
    pub fn remedy(&self) -> Option<&'static str> {
        match (self.action, self.setting.as_str()) {
            (Action::Create | Action::Alter, _) => None,
            (Action::Refused, "replication") => {
                Some("move the replicas with Kafka's own kafka-reassign-partitions, then plan again")
            }
            (Action::Refused, _) => Some(
                "every subject would move to another partition; set the number of partitions the register began with, or \
                 begin a new register under another prefix",
            ),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, setting, want, have, action } = self;
        write!(f, "{} {topic} {setting}: want {want}, have {}", action.as_str(), have.as_deref().unwrap_or("none"))
    }
}

/// Every difference, in the order of `desired`. Topics that nobody desires are left alone.
pub fn plan(desired: &[TopicSpec], actual: &[TopicDescription]) -> Vec<Difference> {
    let mut differences = Vec::new();
    for spec in desired {
        match actual.iter().find(|a| a.name == spec.name) {
            Some(description) => compare(spec, description, &mut differences),
            None => differences.push(Difference {
                topic: spec.name.clone(),
                setting: "topic".to_owned(),
                want: format!("{} partitions, replication {}", spec.partitions, spec.replication),
                have: None,
                action: Action::Create,
            }),
        }
    }
    differences
}

fn compare(spec: &TopicSpec, actual: &TopicDescription, differences: &mut Vec<Difference>) {
    let mut differs = |setting: &str, want: String, have: Option<String>, action| {
        if have.as_ref() != Some(&want) {
            differences.push(Difference { topic: spec.name.clone(), setting: setting.to_owned(), want, have, action });
        }
    };
    differs("partitions", spec.partitions.to_string(), Some(actual.partitions.to_string()), Action::Refused);
    differs("replication", spec.replication.to_string(), Some(actual.replication.to_string()), Action::Refused);
    for (setting, want) in &spec.config {
        let have = actual.config.iter().find(|(name, _)| name == setting).map(|(_, value)| value.clone());
        differs(setting, want.clone(), have, Action::Alter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> TopicSpec {
        TopicSpec {
            name: Arc::from("standing.events"),
            partitions: 8,
            replication: 3,
            config: vec![
                ("cleanup.policy".to_owned(), "delete".to_owned()),
                ("retention.ms".to_owned(), "-1".to_owned()),
            ],
        }
    }

    fn as_it_should_be() -> TopicDescription {
        let TopicSpec { name, partitions, replication, mut config } = spec();
        config.push(("flush.ms".to_owned(), "9223372036854775807".to_owned()));
        TopicDescription { name, partitions, replication, config }
    }

    fn planned(actual: &[TopicDescription]) -> Vec<(String, Option<String>, Action)> {
        plan(&[spec()], actual).into_iter().map(|d| (d.setting, d.have, d.action)).collect()
    }

    #[test]
    fn a_missing_topic_is_created() {
        assert_eq!(planned(&[]), [("topic".to_owned(), None, Action::Create)]);
    }

    #[test]
    fn a_topic_as_it_should_be_needs_nothing() {
        assert_eq!(planned(&[as_it_should_be()]), []);
    }

    #[test]
    fn a_setting_that_differs_or_is_missing_is_altered() {
        let mut actual = as_it_should_be();
        actual.config[0].1 = "compact".to_owned();
        actual.config.remove(1);
        assert_eq!(
            planned(&[actual]),
            [
                ("cleanup.policy".to_owned(), Some("compact".to_owned()), Action::Alter),
                ("retention.ms".to_owned(), None, Action::Alter),
            ]
        );
    }

    #[test]
    fn another_number_of_partitions_is_never_applied() {
        let mut actual = as_it_should_be();
        actual.partitions = 9;
        let differences = plan(&[spec()], &[actual]);
        assert_eq!(differences.len(), 1);
        assert_eq!(differences[0].action, Action::Refused);
        assert!(differences[0].remedy().expect("a remedy").contains("partition"));
        assert_eq!(differences[0].to_string(), "refused standing.events partitions: want 8, have 9");
    }

    #[test]
    fn another_replication_is_left_to_a_person() {
        let mut actual = as_it_should_be();
        actual.replication = 1;
        let differences = plan(&[spec()], &[actual]);
        assert_eq!(differences[0].action, Action::Refused);
        assert!(differences[0].remedy().expect("a remedy").contains("kafka-reassign-partitions"));
    }
}
