//! Quantities with units: what is read is what is meant, and what is printed can be read again.
#![allow(clippy::unwrap_used)]

use kit::settings::{ByteSize, HumanDuration, UnitError};
use proptest::prelude::*;

#[test]
fn durations_are_read_with_their_units() {
    for (text, millis) in [
        ("0s", 0),
        ("250ms", 250),
        ("30s", 30_000),
        ("1h30m", 5_400_000),
        ("2m 5ms", 120_005),
        ("400d", 400 * 86_400_000),
    ] {
        assert_eq!(text.parse::<HumanDuration>().unwrap().as_millis(), millis, "{text}");
    }
}

#[test]
fn a_duration_without_a_unit_or_with_a_strange_one_is_refused() {
    for text in ["", " ", "30", "s", "3w", "1.5s", "-1s", "30m1h", "1s1s", "１s", "1 s s", "1S"] {
        assert_eq!(text.parse::<HumanDuration>(), Err(UnitError::Duration), "{text}");
    }
    assert_eq!("99999999999999999999s".parse::<HumanDuration>(), Err(UnitError::TooLarge));
    assert_eq!("18446744073709551615d".parse::<HumanDuration>(), Err(UnitError::TooLarge));
}

#[test]
fn sizes_are_read_with_their_units() {
    for (text, bytes) in
        [("0B", 0), ("512B", 512), ("64KiB", 65_536), ("16 MiB", 16 << 20), ("2GiB", 2 << 30), ("1kB", 1_000)]
    {
        assert_eq!(text.parse::<ByteSize>().unwrap().as_u64(), bytes, "{text}");
    }
    for text in ["", "64", "64mib", "64MiB1B", "1.5GiB", "-1B"] {
        assert_eq!(text.parse::<ByteSize>(), Err(UnitError::Size), "{text}");
    }
    assert_eq!("99999999TiB".parse::<ByteSize>(), Err(UnitError::TooLarge));
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_the_same(value: u64) {
        let duration = HumanDuration::from_millis(value);
        prop_assert_eq!(duration.to_string().parse::<HumanDuration>(), Ok(duration));
        let size = ByteSize::from_bytes(value);
        prop_assert_eq!(size.to_string().parse::<ByteSize>(), Ok(size));
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text: String) {
        let _ = text.parse::<HumanDuration>();
        let _ = text.parse::<ByteSize>();
    }
}
