//! Random histories: what departments may send of two firms, in words, and in what order it arrives.

use domain::value::Raw;
use proptest::prelude::*;

use super::story::{event, words};

/// One event of a history: which source sends it, and its words.
#[derive(Clone, Debug)]
pub struct Step {
    pub source: usize,
    pub line: String,
}

pub const SOURCES: [&str; 4] = ["district.court", "district.fire", "district.market", "district.credit-centre"];

fn record_of(source: usize, n: u8) -> (&'static str, String) {
    match source {
        0 => ("court.judgment-defaulter", format!("C{n}")),
        1 => ("fire.penalty", format!("F{n}")),
        _ => ("honour.award", format!("H{n}")),
    }
}

fn fields_of(source: usize, pick: u8) -> &'static str {
    match (source, pick % 3) {
        (0, 0) => "{ground: 1}",
        (0, 1) => "{ground: 2}",
        (0, _) => "{ground: 4, aggravated: true}",
        (1, 0) => "{severity: minor}",
        (1, 1) => "{severity: general}",
        (1, _) => "{severity: serious}",
        (_, 0) => "{title: 甲}",
        (_, _) => "{title: 乙}",
    }
}

fn day(pick: u8) -> String {
    format!("2026-{:02}-{:02}", 1 + pick % 5, 1 + pick % 27)
}

pub fn arbitrary_step() -> impl Strategy<Value = Step> {
    (0..23_u8, 0..3_usize, 0..3_u8, 0..2_u8, any::<u8>(), 1..4_u32).prop_map(|(kind, publisher, record, subject, pick, revision)| {
        let (item, id) = record_of(publisher, record);
        let target = format!("item={item} record={id} subject=uscc:{subject}");
        let from = SOURCES[publisher];
        let (source, rest) = match kind {
            0..=2 => (publisher, format!(
                "record.upserted {target} revision={revision} issued={} fields={}",
                day(pick.wrapping_add(revision as u8)), fields_of(publisher, pick.wrapping_mul(revision as u8)))),
            3 => (publisher, format!("record.withdrawn {target} revision={}", revision + 1)),
            4 | 5 => (publisher, format!("notice.served {target} notice_id=N{} served_on={}", pick % 2, day(pick))),
            6 => (3, format!("objection.filed publisher={from} {target} objection_id=O{} grounds=g filed_on={}", pick % 2, day(pick))),
            7 => (publisher, format!("objection.resolved {target} objection_id=O{} outcome={} resolved_on={}", pick % 2,
                ["rejected", "partly", "upheld"][usize::from(pick % 3)], day(pick))),
            8 => (publisher, format!("review.opened {target} review_id=R1 kind=review opened_on={}", day(pick))),
            9 => (publisher, format!("review.closed {target} review_id=R1 outcome={} closed_on={}",
                ["upheld", "revoked"][usize::from(pick % 2)], day(pick))),
            12 => (3, format!("objection.forwarded publisher={from} {target} objection_id=O{} forwarded_on={}", pick % 2, day(pick))),
            13 => (publisher, format!("objection.extended {target} objection_id=O{} extended_on={} approved_by=x", pick % 2, day(pick))),
            14 => (3, format!("repair.incomplete publisher={from} {target} repair_id=X1 requested_on={} papers=p{}", day(pick), pick % 2)),
            15 => (publisher, format!("repair.completed {target} repair_id=X1 completed_on={}", day(pick))),
            16 => (3, format!("subject.opted-{} subject=uscc:{subject} on={}", ["out", "in"][usize::from(pick % 2)], day(pick))),
            17 => (publisher, format!("record.corrected {target} revision={} issued={} fields={}", revision + 1,
                day(pick.wrapping_add(revision as u8)), fields_of(publisher, pick))),
            18 => (publisher, format!("repair.refused {target} repair_id=X1 decided_on={} reason=r", day(pick))),
            19 => (publisher, format!("repair.extended {target} repair_id=X1 extended_on={} approved_by=x", day(pick))),
            20 => (publisher, format!("permission.ended {target} permission_id=V{}", pick % 2)),
            21 => (publisher, format!("review.opened {target} review_id=R2 kind=litigation opened_on={}", day(pick))),
            // Rarely: whoever is erased takes all that follows out of the history.
            22 if pick % 8 == 0 => (2, format!("subject.erased subject=uscc:{subject}")),
            22 => (publisher, format!("record.withdrawn {target} revision={revision}")),
            10 => (3, format!("repair.applied publisher={from} {target} repair_id=X1 applied_on={}", day(pick))),
            _ if pick % 2 == 0 => (publisher, format!("repair.granted {target} repair_id=X1 decided_on={}", day(pick))),
            _ => (publisher, format!(
                "permission.granted {target} permission_id=V{} matter={} from=2026-05-01 until=2026-0{}-20 by=x",
                pick % 2, ["procurement.bid", "licence.reorganisation"][usize::from(pick / 2 % 2)], 6 + pick % 3)),
        };
        Step { source, line: rest.replacen(' ', &format!(" source={} ", SOURCES[source]), 1) }
    })
}

pub fn raw(step: &Step) -> Raw {
    event(&words(&step.line))
}

/// Interleaves the sources' own histories by a list of picks; each source's order is kept.
pub fn interleave(steps: &[Step], picks: &[usize]) -> Vec<Step> {
    let mut queues: Vec<Vec<Step>> =
        (0..SOURCES.len()).map(|source| steps.iter().filter(|s| s.source == source).rev().cloned().collect()).collect();
    let mut order = Vec::new();
    for pick in picks.iter().cycle() {
        if queues.iter().all(Vec::is_empty) {
            return order;
        }
        order.extend(queues[pick % SOURCES.len()].pop());
        if order.len() + 1 >= steps.len() || picks.iter().all(|p| queues[p % SOURCES.len()].is_empty()) {
            order.extend(queues.iter_mut().flat_map(|queue| queue.drain(..).rev()));
        }
    }
    order
}
