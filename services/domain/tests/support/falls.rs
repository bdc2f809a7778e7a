//! What a district tells of corrections, event by event.

use domain::flag::Version;
use domain::ids::MeasureId;
use domain::output::{Fall, Output};

use super::story::{District, event, words};

/// Sends one event; what it told of corrections.
pub fn send(district: &mut District<'_>, line: &str) -> Vec<Fall> {
    let Ok(applied) = district.send(&event(&words(line))) else { return Vec::new() };
    let falls = applied.outputs.into_iter().filter_map(|output| match output {
        Output::Fall(fall) => Some(fall),
        _ => None,
    });
    falls.collect()
}

/// As `happened record measure=left ...`.
pub fn told(falls: &[Fall]) -> Vec<String> {
    let one = |fall: &Fall| {
        let measures: Vec<String> =
            fall.measures.iter().map(|fallen| format!("{}={}", fallen.measure, fallen.left.as_str())).collect();
        format!("{} {} {}", fall.happened.as_str(), fall.record.record_id, measures.join(" "))
    };
    falls.iter().map(one).collect()
}

/// The version of a flag's newest value.
pub fn version(district: &District<'_>, measure: &str) -> Version {
    let newest = district.flags.iter().find(|((_, of), _)| of.as_str() == measure);
    newest.map(|(_, (version, _))| *version).unwrap()
}

pub fn measure(id: &str) -> MeasureId {
    MeasureId::new(id).unwrap()
}
