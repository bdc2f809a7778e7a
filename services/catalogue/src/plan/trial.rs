//! Runs an activation on a state without touching it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::{Bound, ControlFlow};

use domain::event::{Body, Content, Control};
use domain::flag::{Flag, FlagChange, FlagValue, Ground};
use domain::fold::{Catalogues, Position, Stop, apply, published};
use domain::ids::DepartmentId;
use domain::output::{NoticeStatus, Output};
use domain::rows::{Kind as RowKind, RowError, Rows, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::change::Change;

/// What a trial went through, flags apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Records of the log: the activation and what goes on from it.
    pub records: u64,
    /// Subjects that are evaluated under other rules.
    pub subjects: u64,
    pub notices: Notices,
}

/// Notices that an activation gives rise to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// To be served, for the first time or because they say something else.
    pub to_serve: u64,
    /// Need not be served any more.
    pub void: u64,
}

/// Why a trial cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum TrialError<E> {
    #[error(transparent)]
    Stop(#[from] Stop),
    /// Timers are due at the trial's time: what they change is not the activation's. Fold a `TimeAdvanced` first.
    #[error("timers are due in the state: it must be brought to the time of the plan first")]
    Unsettled,
    /// Whoever takes the changes failed.
    #[error("a change was not taken")]
    Taking(#[source] E),
}

impl<E> From<RowError> for TrialError<E> {
    fn from(error: RowError) -> Self {
        Self::Stop(Stop::Rows(error))
    }
}

/// Folds `control` and everything that goes on from it over `base`, as if appended at `at`, and hands over each change of a flag, in
/// the order of the log; those of one subject follow each other. `base` is only read.
///
/// Memory is bounded by what one record of the log changes: a sweep goes through the subjects in order and never comes back, so what
/// a record changed is forgotten once its changes are handed over, the partition's own row excepted.
pub fn trial<B: Store, E>(
    base: &B,
    catalogues: &dyn Catalogues,
    at: Position,
    control: Control,
    take: &mut dyn FnMut(Change) -> Result<(), E>,
) -> Result<Ran, TrialError<E>> {
    let mut overlay = Overlay::over(base);
    let row = Rows::new(&mut overlay).partition()?;
    let now = row.time.max(at.appended_at);
    let due = Rows::new(&mut overlay).next_due(&row)?;
    if row.timers_outstanding || due.is_some_and(|due| due <= now) {
        return Err(TrialError::Unsettled);
    }
    let mut ran = Ran::default();
    let mut controls = VecDeque::from([control]);
    let mut offset = at.offset;
    while let Some(control) = controls.pop_front() {
        let body = Body { written_at: at.appended_at, content: Content::Control(control) };
        let applied = apply(&mut overlay, catalogues, Position { offset, ..at }, &body)?;
        offset += 1;
        ran.records += 1;
        for output in applied.outputs {
            match output {
                Output::Flag(flag) => {
                    if let Some(change) = changed(base, &mut overlay, catalogues, flag)? {
                        take(change).map_err(TrialError::Taking)?;
                    }
                }
                Output::Continue(go_on) => controls.push_back(Control::Continue(go_on)),
                Output::Notice(notice) => match notice.notice.status {
                    NoticeStatus::ToServe => ran.notices.to_serve += 1,
                    NoticeStatus::Void => ran.notices.void += 1,
                    NoticeStatus::Served(_) => {}
                },
                Output::Profile(_) | Output::Reject(_) | Output::Fall(_) => {}
            }
        }
        ran.subjects += overlay.count(RowKind::Subject);
        overlay.forget()?;
    }
    Ok(ran)
}

/// What a value published means beside the one that stands; `None` for the removal of a key, which changes nobody's standing.
fn changed<B: Store>(
    base: &B,
    overlay: &mut Overlay<'_, B>,
    catalogues: &dyn Catalogues,
    flag: FlagChange,
) -> Result<Option<Change>, Stop> {
    let FlagChange { subject, measure, value, .. } = flag;
    let (after, reason) = match value {
        FlagValue::Set(flag) => (Some(flag), None),
        FlagValue::Lifted(lift) => (None, Some(lift.reason)),
        FlagValue::Tombstone => return Ok(None),
    };
    let mut standing = Overlay::over(base);
    let before = published(&mut standing, catalogues, &subject, &measure)?;
    let of = |store: &mut Overlay<'_, B>| Rows::new(store).grounds(&subject, &measure, usize::MAX);
    let mut departments = departments(&of(&mut standing)?, &of(overlay)?);
    departments.extend([&before, &after].into_iter().flatten().filter_map(|flag| rater(flag, catalogues)));
    Ok(Some(Change::new(subject.clone(), measure.clone(), departments, before, after, reason)))
}

/// Who published the records that the change comes from: those whose grounds differ, else all.
fn departments(before: &[Ground], after: &[Ground]) -> BTreeSet<DepartmentId> {
    let publishers =
        |grounds: &mut dyn Iterator<Item = &Ground>| grounds.map(|g| g.record().publisher.clone()).collect();
    let gone = before.iter().filter(|ground| !after.contains(ground));
    let come = after.iter().filter(|ground| !before.contains(ground));
    let differing: BTreeSet<DepartmentId> = publishers(&mut gone.chain(come));
    if differing.is_empty() { publishers(&mut before.iter().chain(after)) } else { differing }
}

/// Who rates, where the flag follows from a rating.
fn rater(flag: &Flag, catalogues: &dyn Catalogues) -> Option<DepartmentId> {
    let rating = &flag.rating.as_ref()?.parts().rating;
    Some(catalogues.catalogue(&flag.catalogue)?.ratings.get(rating)?.unit.clone())
}

/// A state with changes over it, which are never written to it.
pub struct Overlay<'b, B> {
    base: &'b B,
    /// `None`: the row is deleted.
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl<'b, B: Store> Overlay<'b, B> {
    pub fn over(base: &'b B) -> Self {
        Self { base, changes: BTreeMap::new() }
    }

    fn count(&self, kind: RowKind) -> u64 {
        let of_kind = self.changes.range(vec![kind as u8]..vec![kind as u8 + 1]);
        of_kind.filter(|(_, change)| change.is_some()).count() as u64
    }

    /// Forgets every change but the partition's own row.
    fn forget(&mut self) -> Result<(), RowError> {
        let row = Rows::new(self).partition()?;
        self.changes.clear();
        Rows::new(self).put_partition(&row)
    }
}

impl<B: Store> Store for Overlay<'_, B> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowError> {
        match self.changes.get(key) {
            Some(change) => Ok(change.clone()),
            None => self.base.get(key),
        }
    }

    fn walk(
        &self,
        from: &[u8],
        to: &[u8],
        row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), RowError> {
        if from >= to {
            return Ok(());
        }
        let mut changes = self.changes.range::<[u8], _>((Bound::Included(from), Bound::Excluded(to))).peekable();
        let mut broken = false;
        self.base.walk(from, to, &mut |key, value| {
            while let Some((changed, change)) = changes.next_if(|(changed, _)| changed.as_slice() < key) {
                if change.as_ref().is_some_and(|value| row(changed, value).is_break()) {
                    broken = true;
                    return ControlFlow::Break(());
                }
            }
            let flow = match changes.next_if(|(changed, _)| changed.as_slice() == key) {
                Some((changed, Some(value))) => row(changed, value),
                Some((_, None)) => ControlFlow::Continue(()),
                None => row(key, value),
            };
            broken = flow.is_break();
            flow
        })?;
        if !broken {
            let mut rest = changes.filter_map(|(key, change)| Some((key, change.as_ref()?)));
            let _ = rest.try_for_each(|(key, value)| row(key, value));
        }
        Ok(())
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.changes.insert(key, Some(value));
    }

    fn delete(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
    }

    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, RowError> {
        self.base.encode(value)
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, RowError> {
        self.base.decode(bytes)
    }
}
