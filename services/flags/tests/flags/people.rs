//! Of natural persons a domain learns its own pseudonym and nothing else.

use domain::pseudonym::DomainPseudonym;
use domain::subject::fictitious;

use crate::bench::{Bench, PATIENCE, domain, lift, set};

const BAN: &str = "procurement-ban";

#[tokio::test]
async fn a_person_has_another_name_in_every_domain_and_the_registers_in_none() {
    let bench = Bench::new(&[]);
    let flags = bench.started().await;
    let id = fictitious::adult(1);
    let person = bench.subject("cn-id", &id);
    bench.publish(&person, BAN, set(&bench, &person, &["subsidy.*", "honours.*"]));
    let version = bench.publish(&person, BAN, lift(&bench, &["subsidy.*", "honours.*"]));
    bench.wait_until_routed(&flags);
    let tag = person.as_str().rsplit(':').next().unwrap();
    for name in ["subsidy", "honours"] {
        let expected: DomainPseudonym = bench.key.domain_pseudonym(&person, &domain(name));
        for told in bench.told(name) {
            assert_eq!(told.subject, expected.as_str());
        }
        for record in bench.read(name) {
            assert_eq!(record.partition, version.partition, "a subscriber finds it where the subject is");
            let value = record.value.unwrap();
            for secret in [tag.as_bytes(), id.as_bytes()] {
                let leaks = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
                assert!(!leaks(&value) && !leaks(record.key.as_deref().unwrap()));
            }
        }
    }
    assert_ne!(bench.told("subsidy")[0].subject, bench.told("honours")[0].subject);
    flags.stop(PATIENCE);
}
