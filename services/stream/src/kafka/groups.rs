//! What a group's coordinator tells of it: states by name, members with what they were given, in Kafka's consumer protocol.

use rdkafka::groups::GroupInfo;

use crate::log::{GroupDescription, GroupMember, LogError, Topic, TopicPartition};

/// Everybody in it was told its part.
const AT_REST: &str = "Stable";
/// A coordinator names a static member by its id, a hyphen and a UUID of its own.
const SUFFIX: usize = "-00000000-0000-0000-0000-000000000000".len();

pub(super) fn described(group: &GroupInfo) -> Result<GroupDescription, LogError> {
    let mut members = Vec::with_capacity(group.members().len());
    for member in group.members() {
        let id = member.id();
        let split = id.len().checked_sub(SUFFIX).and_then(|at| id.split_at_checked(at));
        let cut = split.filter(|(_, suffix)| suffix.starts_with('-')).map_or(id, |(cut, _)| cut);
        let partitions = assigned(member.assignment().unwrap_or_default()).ok_or_else(|| LogError::Fatal {
            what: "group",
            reason: format!(
                "what {id} was given is not in the consumer protocol: another kind of client is in the group"
            ),
        })?;
        members.push(GroupMember { member: cut.to_owned(), partitions });
    }
    members.sort_by(|one, other| one.member.cmp(&other.member));
    Ok(GroupDescription { at_rest: group.state() == AT_REST, members })
}

/// Reads a `ConsumerProtocolAssignment` (Kafka's message of that name, every version so far): a version, topics with their
/// partitions, and user data, which nobody here has. Whoever was given nothing yet has no bytes at all.
fn assigned(bytes: &[u8]) -> Option<Vec<TopicPartition>> {
    let mut partitions = Vec::new();
    if bytes.is_empty() {
        return Some(partitions);
    }
    let mut rest = bytes;
    let _version = i16::from_be_bytes(take(&mut rest)?);
    for _ in 0..i32::from_be_bytes(take(&mut rest)?) {
        let length = usize::try_from(i16::from_be_bytes(take(&mut rest)?)).ok()?;
        let (name, after) = rest.split_at_checked(length)?;
        rest = after;
        let topic = Topic::from(std::str::from_utf8(name).ok()?);
        for _ in 0..i32::from_be_bytes(take(&mut rest)?) {
            partitions.push(TopicPartition::new(topic.clone(), i32::from_be_bytes(take(&mut rest)?)));
        }
    }
    partitions.sort();
    Some(partitions)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version 0, topic `t` with the partitions 3 and 1, no user data.
    const BYTES: &[u8] = &[0, 0, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff];

    #[test]
    fn an_assignment_is_read_and_sorted() {
        let of = |partition| TopicPartition::new("t", partition);
        assert_eq!(assigned(BYTES), Some(vec![of(1), of(3)]));
        assert_eq!(assigned(&[]), Some(Vec::new()));
        assert_eq!(assigned(&[0, 1, 0, 0, 0, 0]), Some(Vec::new()), "a later version, and nothing given");
    }

    #[test]
    fn bytes_that_end_early_or_count_too_far_are_no_assignment() {
        let end_of_partitions = BYTES.len() - 4;
        for end in 1..end_of_partitions {
            assert_eq!(assigned(&BYTES[..end]), None, "cut at {end}");
        }
        assert_eq!(assigned(&[0, 0, 0x7f, 0xff, 0xff, 0xff]), None);
        assert_eq!(assigned(&[0, 0, 0, 0, 0, 1, 0xff, 0xff]), None, "a topic without a name");
    }
}
