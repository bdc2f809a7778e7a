//! What stands under a flag's key, made again from the state it was made from.

use super::work::Work;
use super::{Catalogues, Fold, Position, Rules, Stop};
use crate::flag::Flag;
use crate::ids::MeasureId;
use crate::rows::{Rows, Store};
use crate::state::Published;
use crate::subject::SubjectKey;

/// The flag that was published last under `subject|measure`; `None` where none stands, or a lift. Of a partition whose due
/// timers have fired: a flag changes at each start and end of a ground. Writes nothing.
pub fn published<S: Store>(
    store: &mut S,
    catalogues: &dyn Catalogues,
    subject: &SubjectKey,
    measure: &MeasureId,
) -> Result<Option<Flag>, Stop> {
    let mut rows = Rows::new(store);
    let Some(head) = rows.subject(subject)? else { return Ok(None) };
    let Some(row) = head.measures.get(measure).cloned() else { return Ok(None) };
    if !matches!(row.published, Published::Set { .. }) {
        return Ok(None);
    }
    let partition = rows.partition()?;
    let at = Position { partition: 0, offset: 0, appended_at: partition.time };
    // The rules that the subject was last evaluated under, not those in force: a sweep may not have come to it yet.
    let rules = Rules::of(catalogues, head.fold, &head.catalogue)?;
    let work = Work::read(subject.clone(), head);
    let mut fold = Fold::new(&mut rows, catalogues, at, partition);
    fold.rules = Some(rules);
    fold.flag(&work, measure, &row)
}
