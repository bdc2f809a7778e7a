//! The event by which a department says that it has served a notice.

use domain::output::NoticeChange;
use domain::subject::SubjectKind;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::subject::Subject;

/// `notice.served` as intake takes it. What only the department knows is empty, and intake refuses it so: the day where it is not
/// given, and of a natural person the identifier.
pub(super) fn served(
    notice: &NoticeChange,
    notice_id: &str,
    served_on: Option<Date>,
    named: Option<&Subject>,
) -> Value {
    let record = &notice.record;
    let subject = match (named, notice.subject.kind()) {
        (Some(subject), _) => subject.json(),
        (None, SubjectKind::Person) => json!({ "scheme": "cn-id", "id": "" }),
        (None, SubjectKind::Organisation | SubjectKind::Building) => {
            let (scheme, id) = notice.subject.as_str().split_once(':').unwrap_or((notice.subject.as_str(), ""));
            json!({ "scheme": scheme, "id": id })
        }
    };
    json!({
        "source": record.publisher,
        "event_id": notice_id,
        "type": "notice.served",
        "item": record.item,
        "record_id": record.record_id,
        "publisher": record.publisher,
        "subject": subject,
        "fields": { "notice_id": notice_id, "served_on": served_on.map(|day| day.to_string()).unwrap_or_default() },
    })
}
