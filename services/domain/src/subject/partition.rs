//! Which partition a subject lives in: the same on every topic, whatever the topic's own key.
//!
//! The rule is the one of Kafka's Java client for keyed records, so that a consumer written with it finds the same
//! partition from the subject key alone. It must never change: state and topics are laid out by it.

use std::num::NonZeroU16;

use super::SubjectKey;

/// murmur2 of the key's UTF-8 bytes, without its sign bit, modulo the number of partitions.
pub fn partition_of(subject: &SubjectKey, partitions: NonZeroU16) -> i32 {
    let positive = murmur2(subject.as_str().as_bytes()) & i32::MAX;
    positive % i32::from(partitions.get())
}

/// `org.apache.kafka.common.utils.Utils.murmur2`.
pub fn murmur2(data: &[u8]) -> i32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;

    // Java's lengths are 32 bits wide.
    let mut hash = SEED ^ (data.len() as u32);
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        k = k.wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    if !rest.is_empty() {
        for (place, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * place);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^= hash >> 15;
    hash.cast_signed()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::pseudonym::PseudonymKey;
    use crate::subject::{Identifier, fictitious};

    /// The vectors of Kafka's own `UtilsTest`.
    #[test]
    fn murmur2_is_the_one_of_kafka() {
        for (text, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()), hash, "{text}");
        }
    }

    #[test]
    fn a_subject_keeps_its_partition() {
        for (subject, of_8, of_48) in [
            ("uscc:919900000000000192", 5, 21),
            ("building:990000-000000001", 6, 6),
            ("foreign:iadb:37", 0, 32),
            ("person:k1:rkm3ubyc6dstx47amqiiwiqb5kmbjrqi", 7, 31),
        ] {
            let key = SubjectKey::parse(subject).unwrap();
            let partition = |n| partition_of(&key, NonZeroU16::new(n).unwrap());
            assert_eq!((partition(1), partition(8), partition(48)), (0, of_8, of_48), "{subject}");
        }
    }

    #[test]
    fn people_spread_over_the_partitions() {
        let key = PseudonymKey::new("k1", &[7; 32]).unwrap();
        let mut counts = [0; 48];
        for n in 0..4_800 {
            let subject = key.pseudonymise(&Identifier::parse("cn-id", &fictitious::adult(n), &|_| false).unwrap());
            let partition = partition_of(&subject, NonZeroU16::new(48).unwrap());
            counts[usize::try_from(partition).unwrap()] += 1;
        }
        // 100 each on average; 5 standard deviations either way.
        assert!(counts.iter().all(|count| (50..=150).contains(count)), "{counts:?}");
    }
}
