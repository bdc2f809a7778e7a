//! Topics: created, described, altered, told apart.

use stream::log::{Isolation, LogError, Watermarks};

use crate::bench::{Bench, of, outgoing};

pub(crate) fn a_created_topic_is_described(bench: &Bench) {
    let topic = bench.topic_with("t", 3, &[("retention.ms", "-1"), ("cleanup.policy", "compact")]);
    let description = bench.log.describe(&topic).unwrap().unwrap();
    assert_eq!((&description.name, description.partitions, description.replication), (&topic, 3, 1));
    let expected = [("cleanup.policy".into(), "compact".into()), ("retention.ms".into(), "-1".into())];
    assert_eq!(description.config, expected);
    assert!(bench.log.topics().unwrap().contains(&topic));
}

pub(crate) fn an_existing_topic_is_left_as_it_is(bench: &Bench) {
    let topic = bench.topic_with("t", 2, &[("retention.ms", "1000000")]);
    let before = bench.log.describe(&topic).unwrap();
    let specs = [bench.spec("t", 5, &[("retention.ms", "5")]), bench.spec("other", 1, &[])];
    bench.log.create_topics(&specs).unwrap();
    assert_eq!(bench.log.describe(&topic).unwrap(), before);
    assert!(bench.log.describe(&specs[1].name).unwrap().is_some());
}

pub(crate) fn altering_changes_what_is_named_and_keeps_the_rest(bench: &Bench) {
    let topic = bench.topic_with("t", 1, &[("retention.ms", "1000000"), ("segment.bytes", "2000000")]);
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    bench.log.alter_topic(&topic, &[set("retention.ms", "-1"), set("max.message.bytes", "5000")]).unwrap();
    crate::bench::until("the change is visible", || {
        let config = bench.log.describe(&topic).unwrap().unwrap().config;
        config == [set("max.message.bytes", "5000"), set("retention.ms", "-1"), set("segment.bytes", "2000000")]
    });
    let missing = bench.log.alter_topic(&bench.name("missing"), &[set("retention.ms", "-1")]);
    assert!(matches!(missing, Err(LogError::Refused { .. })), "{missing:?}");
}

pub(crate) fn a_missing_topic_is_described_as_none(bench: &Bench) {
    assert_eq!(bench.log.describe(&bench.name("missing")).unwrap(), None);
}

pub(crate) fn a_setting_unknown_to_kafka_is_refused(bench: &Bench) {
    for config in [("retention.days", "3"), ("retention.ms", "soon"), ("cleanup.policy", "shred")] {
        let refused = bench.log.create_topics(&[bench.spec("t", 1, &[config])]);
        assert!(matches!(refused, Err(LogError::Refused { .. })), "{config:?}: {refused:?}");
    }
    let refused = bench.log.create_topics(&[bench.spec("no/slash", 1, &[])]);
    assert!(matches!(refused, Err(LogError::Refused { .. })), "{refused:?}");
    let refused = bench.log.create_topics(&[bench.spec("none", 0, &[])]);
    assert!(matches!(refused, Err(LogError::Refused { .. })), "{refused:?}");
}

pub(crate) fn a_topic_kept_for_ever_has_an_identity_of_its_own(bench: &Bench) {
    let kept = [("retention.ms", "-1")];
    let topics = [bench.topic_with("a", 1, &kept), bench.topic_with("b", 1, &kept)];
    for topic in &topics {
        bench.produce(vec![outgoing(topic, 0, "first")]);
    }
    let id = |topic: &str| bench.log.describe(topic).unwrap().unwrap().id;
    let ids = [id(&topics[0]), id(&topics[1])];
    assert_ne!(ids[0], ids[1]);
    assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())), "{ids:?}");

    bench.produce(vec![outgoing(&topics[0], 0, "second")]);
    bench.log.alter_topic(&topics[0], &[("max.message.bytes".into(), "5000".into())]).unwrap();
    assert_eq!(id(&topics[0]), ids[0]);
}

pub(crate) fn watermarks_tell_both_ends(bench: &Bench) {
    let topic = bench.topic("t", 2);
    bench.produce(vec![outgoing(&topic, 1, "a"), outgoing(&topic, 1, "b")]);
    let watermarks = |partition| bench.log.watermarks(&of(&topic, partition), Isolation::ReadCommitted).unwrap();
    assert_eq!(watermarks(0), Watermarks { low: 0, high: 0 });
    assert_eq!(watermarks(1), Watermarks { low: 0, high: 2 });
}
