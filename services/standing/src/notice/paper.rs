//! What a notice says, in order, whatever it is printed on: the notice and the repair notice in one (两书同达).
//!
//! Whom it is addressed to it does not know. The register has no names, and of a natural person no identifier: the line is left
//! blank for the department, which has both.

use domain::catalogue::{Article, Catalogue, Effect, Route};
use domain::flag::End;
use domain::ids::DepartmentId;
use domain::output::{Fact, Letter, NoticeChange, NoticeMeasure, NoticeRecourse, NoticeStatus};
use domain::subject::SubjectKind;
use domain::time::Term;
use jiff::civil::Date;

/// A notice in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paper {
    pub(crate) title: String,
    pub(crate) number: String,
    pub(crate) sections: Vec<Section>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) heading: String,
    pub(crate) lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Text(String),
    /// A name and its value.
    Pair(String, String),
}

const BLANK: &str = "＿＿＿＿＿＿＿＿";

fn pair(name: impl AsRef<str>, value: impl AsRef<str>) -> Line {
    Line::Pair(plain(name.as_ref()), plain(value.as_ref()))
}

/// Without what would steer a reader or a printer: line ends and other controls, marks of direction, what has no width.
fn plain(text: &str) -> String {
    let unseen =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    text.chars().filter(|c| !unseen(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `None` where nothing is to be served any more, and of a notice from before notices were letters.
pub(crate) fn paper(change: &NoticeChange, notice_id: &str, catalogue: &Catalogue) -> Option<Paper> {
    let letter = change.notice.letter.as_ref()?;
    let names = Names { catalogue, on: change.notice.document.issued_on };
    let mut sections = vec![
        Section { heading: "当事人".to_owned(), lines: addressee(change) },
        Section { heading: "一、决定文书".to_owned(), lines: document(change, letter, &names) },
        Section { heading: "二、事实".to_owned(), lines: facts(change, letter, &names) },
        Section { heading: "三、依据".to_owned(), lines: articles(&letter.basis, &names) },
    ];
    let mut measures: Vec<_> = change.notice.measures.iter().flat_map(|measure| lines_of(measure, &names)).collect();
    if measures.is_empty() {
        measures.push(Line::Text("依现行目录，本决定不附带其他措施。".to_owned()));
    }
    sections.push(Section { heading: "四、措施".to_owned(), lines: measures });
    sections.push(Section {
        heading: "五、移出条件与信用修复告知".to_owned(), lines: repair(change, letter, &names)
    });
    sections
        .push(Section { heading: "六、救济途径与期限".to_owned(), lines: remedies(change, letter, &names) });
    sections.push(Section { heading: "送达回证".to_owned(), lines: served(change) });
    Some(Paper {
        title: "信用措施告知书（附信用修复告知书）".to_owned(), number: notice_id.to_owned(), sections
    })
}

/// What departments and laws are called.
struct Names<'a> {
    catalogue: &'a Catalogue,
    on: Date,
}

impl Names<'_> {
    fn unit(&self, id: &DepartmentId) -> String {
        let department = self.catalogue.departments.get(id);
        department.map_or_else(|| id.as_str().to_owned(), |d| format!("{}（{}）", d.title.zh, d.contact))
    }

    fn article(&self, article: &Article) -> String {
        let instrument = self.catalogue.instruments.get(&article.instrument);
        let law = instrument.map_or_else(|| article.instrument.as_str().to_owned(), |law| law.title.zh.clone());
        match article.article.strip_prefix("ch.") {
            Some(chapter) => format!("《{law}》第{chapter}章"),
            None => format!("《{law}》第{}条", article.article),
        }
    }

    fn matter(&self, pattern: &domain::ids::MatterPattern) -> String {
        let titled = self.catalogue.matters.iter().find(|(id, _)| id.as_str() == pattern.as_str());
        let titled = titled.and_then(|(id, _)| self.catalogue.matter(id, self.on));
        let domain = self.catalogue.domains.get(&pattern.domain());
        match (titled, domain) {
            (Some(matter), _) => matter.title.zh.clone(),
            (None, Some(domain)) => domain.title.zh.clone(),
            (None, None) => pattern.as_str().to_owned(),
        }
    }
}

fn articles(basis: &[Article], names: &Names<'_>) -> Vec<Line> {
    basis.iter().map(|article| Line::Text(plain(&names.article(article)))).collect()
}

fn addressee(change: &NoticeChange) -> Vec<Line> {
    let subject = &change.subject;
    let identity = match subject.kind() {
        // The register has no identifier of a person; its own pseudonym would tell the person nothing.
        SubjectKind::Person => pair("证件号码", format!("{BLANK}（由送达单位填写）")),
        SubjectKind::Organisation | SubjectKind::Building => {
            pair("登记代码", subject.as_str().split_once(':').map_or(subject.as_str(), |(_, id)| id))
        }
    };
    vec![pair("姓名或者名称", format!("{BLANK}（由送达单位填写）")), identity]
}

fn document(change: &NoticeChange, letter: &Letter, names: &Names<'_>) -> Vec<Line> {
    let document = &change.notice.document;
    let issuer = DepartmentId::new(document.issuer.as_str()).map(|id| names.unit(&id));
    vec![
        pair("记录事项", &letter.title.zh),
        pair("文书编号", &document.number),
        pair("作出单位", issuer.unwrap_or_else(|_| document.issuer.clone())),
        pair("作出日期", date(document.issued_on)),
        pair("生效日期", date(document.effective_on)),
    ]
}

/// Each in the catalogue's words, where it has some, with the code that stands in the record.
fn facts(change: &NoticeChange, letter: &Letter, names: &Names<'_>) -> Vec<Line> {
    if letter.facts.is_empty() {
        return vec![Line::Text("见决定文书。".to_owned())];
    }
    let item = names.catalogue.item(&change.record.item, names.on);
    let named = |fact: &Fact| {
        let words = item.and_then(|item| item.field(&fact.name)?.words.get(&fact.value));
        let value = words.map_or_else(|| fact.value.clone(), |words| format!("{}（{}）", words.zh, fact.value));
        pair(fact.title.as_ref().map_or(fact.name.as_str(), |title| title.zh.as_str()), value)
    };
    letter.facts.iter().map(named).collect()
}

fn lines_of(measure: &NoticeMeasure, names: &Names<'_>) -> Vec<Line> {
    let effect = match measure.effect {
        Some(Effect::Restrict) => "限制",
        Some(Effect::Supervise) => "重点监管",
        Some(Effect::Facilitate) => "便利",
        None => "措施",
    };
    let entry = names.catalogue.measure(&measure.measure, names.on);
    let matters: Vec<String> =
        entry.map(|entry| entry.matters.iter().map(|matter| names.matter(matter)).collect()).unwrap_or_default();
    let mut lines = vec![pair(effect, &measure.title.zh)];
    if !matters.is_empty() {
        lines.push(pair("涉及事项", matters.join("、")));
    }
    if let Some(entry) = entry {
        lines.push(pair("实施单位", names.unit(&entry.implementing_unit)));
    }
    let basis: Vec<String> = measure.basis.iter().map(|article| names.article(article)).collect();
    lines.push(pair("措施依据", basis.join("、")));
    if let Some(review) = &measure.human_review {
        lines.push(pair("人工复核", format!("{}：{}", names.unit(&review.unit), review.route)));
    }
    lines
}

fn repair(change: &NoticeChange, letter: &Letter, names: &Names<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    match &letter.end {
        Some(End::On(day)) => lines.push(pair("期限届满", format!("{}届满，公示、共享和措施自行终止", date(*day)))),
        Some(End::Condition { text, law }) => lines.push(pair("移出条件", format!("{text}（{}）", names.article(law)))),
        None => {}
    }
    if let Some(day) = letter.repairable_from {
        let text = format!("自{}起，履行义务、纠正失信行为并作出信用承诺后", date(day));
        lines.push(pair("可以申请修复", text));
    }
    let receives: Vec<String> = letter.receives.iter().map(|unit| names.unit(unit)).collect();
    if !receives.is_empty() {
        lines.push(pair("受理单位", receives.join("、")));
    }
    lines.push(pair("决定单位", names.unit(&letter.decides)));
    let mut ways: Vec<&str> = change.notice.measures.iter().map(|m| m.remedies.repair.as_str()).collect();
    ways.dedup();
    lines.extend(ways.into_iter().map(|way| pair("修复办法", way)));
    lines
}

fn remedies(change: &NoticeChange, letter: &Letter, names: &Names<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = letter.recourses.iter().map(|recourse| recourse_line(recourse, names)).collect();
    let mut ways: Vec<&str> = change.notice.measures.iter().map(|m| m.remedies.object.as_str()).collect();
    ways.dedup();
    lines.extend(ways.into_iter().map(|way| pair("异议办法", way)));
    lines
}

fn recourse_line(recourse: &NoticeRecourse, names: &Names<'_>) -> Line {
    let (name, deed) = match recourse.route {
        Route::Objection => ("异议", "提出异议"),
        Route::Review => ("行政复议", "申请行政复议"),
        Route::Litigation => ("行政诉讼", "提起行政诉讼"),
    };
    let when = recourse.within.map_or_else(String::new, |term| format!("自收到本告知书之日起{}内，", words(term)));
    let basis: Vec<String> = recourse.basis.iter().map(|article| names.article(article)).collect();
    pair(name, format!("{when}可以向{}{deed}（{}）", recourse.to.zh, basis.join("、")))
}

/// `P60D` as 60日, `P6M` as 6个月.
fn words(term: Term) -> String {
    let mut number = String::new();
    let mut words = String::new();
    for c in term.to_string().chars().skip(1) {
        match c {
            'Y' => words.push_str(&format!("{}年", std::mem::take(&mut number))),
            'M' => words.push_str(&format!("{}个月", std::mem::take(&mut number))),
            'D' => words.push_str(&format!("{}日", std::mem::take(&mut number))),
            digit => number.push(digit),
        }
    }
    words
}

fn served(change: &NoticeChange) -> Vec<Line> {
    match &change.notice.status {
        NoticeStatus::Served(served) => {
            vec![pair("送达日期", date(served.served_on)), pair("送达编号", served.notice_id.as_str())]
        }
        NoticeStatus::ToServe | NoticeStatus::Void => vec![
            Line::Text("本告知书送达之前，任何措施均不实施。".to_owned()),
            pair("送达日期", BLANK),
            pair("当事人签收", BLANK),
            pair("送达人", BLANK),
        ],
    }
}

fn date(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}
