//! Which band holds when, and which is published.
//!
//! While a subject is in bad bands without a break, that is one run. A notice names a band and the day on which it began to hold;
//! it belongs to the run that day lies in. From the day it is served on, its band may be published for the rest of the run, and so may
//! every band that is not as bad: a subject that was told the worse has been told. In a band worse than any it was told of, the worst it was
//! told of stays published. A new run needs a new notice (深圳条例 39).

use super::RatingRow;
use crate::catalogue::{Band, Rating};
use crate::flag::Served;
use crate::time::{Instant, Interval};

/// A time through which nothing changes. Bands are places in [`Rating::scale`], the worst first. The sums behind it are
/// [`RatingRow::tally_at`] its start: a subject with many points has as many stretches, and they are asked of one or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub interval: Interval,
    pub band: usize,
    /// When this band began to hold.
    pub since: Instant,
    /// What may be published: the band, a bad one only as far as its subject was told.
    pub published: Option<usize>,
    /// The notice that what is published rests on, if it is bad.
    pub served: Option<Served>,
}

impl Stretch {
    pub fn is_held_back(&self) -> bool {
        self.published != Some(self.band)
    }
}

/// A rating's sums, and how they run.
pub struct Course {
    pub row: RatingRow,
    pub stretches: Vec<Stretch>,
}

/// The stretches in which the subject is rated, from the row's horizon on, in order.
pub fn course(rating: &Rating, row: &RatingRow) -> Vec<Stretch> {
    let scale = rating.scale();
    let sums = sums(&scale, row);
    let mut stretches = Vec::with_capacity(sums.len());
    let mut rest = sums.as_slice();
    while let Some(first) = rest.first() {
        if scale[first.band].bad {
            let links = rest.windows(2).take_while(|pair| scale[pair[1].band].bad && pair[0].meets(&pair[1])).count();
            let (run, after) = rest.split_at(links + 1);
            told(run, &tellings(run, &scale, row), &mut stretches);
            rest = after;
        } else {
            stretches.push(first.stretch(first.interval(), Some(first.band), None));
            rest = &rest[1..];
        }
    }
    stretches
}

/// A sum that stays the same for a time.
struct Sum {
    from: Instant,
    until: Option<Instant>,
    band: usize,
    since: Instant,
}

impl Sum {
    fn meets(&self, next: &Self) -> bool {
        self.until == Some(next.from)
    }

    fn interval(&self) -> Interval {
        Interval { start: self.from, end: self.until }
    }

    fn stretch(&self, interval: Interval, published: Option<usize>, served: Option<Served>) -> Stretch {
        Stretch { interval, band: self.band, since: self.since, published, served }
    }
}

fn sums(scale: &[&Band], row: &RatingRow) -> Vec<Sum> {
    let mut sums: Vec<Sum> = Vec::with_capacity(row.steps.len() + 1);
    let (mut points, mut total, mut from) = (row.base.points, row.base.total(), row.horizon);
    let ends = row.steps.iter().map(|(at, step)| (Some(at), Some(step))).chain([(None, None)]);
    for (until, step) in ends {
        if points > 0 && !scale.is_empty() {
            let reached = scale.iter().rposition(|band| i64::from(band.from_points) <= total);
            let band = reached.unwrap_or(0);
            let before = sums.last().filter(|before| before.until == Some(from) && before.band == band);
            let since = before.map_or(from, |before| before.since);
            sums.push(Sum { from, until, band, since });
        }
        if let (Some(until), Some(step)) = (until, step) {
            points += step.points;
            total += step.total();
            from = until;
        }
    }
    sums
}

/// A notice within a run: from when it counts, and up to which band.
struct Telling<'a> {
    from: Instant,
    band: usize,
    served: &'a Served,
}

fn tellings<'a>(run: &[Sum], scale: &[&Band], row: &'a RatingRow) -> Vec<Telling<'a>> {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return Vec::new() };
    // Where a run reaches back to the horizon, its beginning is not known.
    let begun = |day: Instant| first.from <= row.horizon || first.from <= day;
    let mut tellings: Vec<Telling<'_>> = row
        .notices
        .iter()
        .filter_map(|((began_on, band), served)| {
            let day = Instant::day_start(*began_on);
            let within = begun(day) && last.until.is_none_or(|end| day < end);
            let band = scale.iter().position(|entry| entry.bad && &entry.id == band).filter(|_| within)?;
            Some(Telling { from: Instant::day_start(served.served_on), band, served })
        })
        .collect();
    tellings.sort_by(|a, b| (a.from, a.band, a.served).cmp(&(b.from, b.band, b.served)));
    tellings
}

/// Cuts a run where a notice begins to count.
fn told(run: &[Sum], tellings: &[Telling<'_>], stretches: &mut Vec<Stretch>) {
    for sum in run {
        let mut from = sum.from;
        loop {
            let next = tellings.iter().map(|telling| telling.from).filter(|at| *at > from).min();
            let until = match (sum.until, next) {
                (Some(end), Some(next)) => Some(end.min(next)),
                (end, next) => end.or(next),
            };
            let worst = tellings.iter().filter(|t| t.from <= from).min_by_key(|t| (t.band, t.from));
            let published = worst.map(|telling| telling.band.max(sum.band));
            let served = worst.map(|telling| telling.served.clone());
            stretches.push(sum.stretch(Interval { start: from, end: until }, published, served));
            match until {
                Some(until) if sum.until != Some(until) => from = until,
                Some(_) | None => break,
            }
        }
    }
}
