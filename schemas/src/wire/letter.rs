//! What a notice says beside its measures.

use std::borrow::Cow;

use domain::catalogue::{self, Route};
use domain::flag::End;
use domain::ids::{DepartmentId, FieldName};
use domain::output;
use domain::time::Term;
use serde::{Deserialize, Serialize};

use super::ground::Condition;
use super::parts::{Article, Day, Title, choice, each, name};
use crate::error::{AtField, Invalid};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Letter<'a> {
    catalogue: Cow<'a, str>,
    title: Title<'a>,
    #[serde(default)]
    facts: Vec<Fact<'a>>,
    #[serde(default)]
    basis: Vec<Article<'a>>,
    #[serde(default)]
    repairable_from: Option<Day>,
    #[serde(default)]
    until: Option<Day>,
    #[serde(default)]
    until_condition: Option<Condition<'a>>,
    decides: Cow<'a, str>,
    #[serde(default)]
    receives: Vec<Cow<'a, str>>,
    #[serde(default)]
    recourses: Vec<Recourse<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Fact<'a> {
    name: Cow<'a, str>,
    #[serde(default)]
    title: Option<Title<'a>>,
    value: Cow<'a, str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Recourse<'a> {
    route: Cow<'a, str>,
    #[serde(default)]
    within: Option<Cow<'a, str>>,
    to: Title<'a>,
    #[serde(default)]
    basis: Vec<Article<'a>>,
}

impl<'a> From<&'a output::Letter> for Letter<'a> {
    fn from(letter: &'a output::Letter) -> Self {
        let fact = |fact: &'a output::Fact| Fact {
            name: fact.name.as_str().into(),
            title: fact.title.as_ref().map(Title::from),
            value: fact.value.as_str().into(),
        };
        let recourse = |recourse: &'a output::NoticeRecourse| Recourse {
            route: recourse.route.as_str().into(),
            within: recourse.within.map(|term| term.to_string().into()),
            to: (&recourse.to).into(),
            basis: recourse.basis.iter().map(Article::from).collect(),
        };
        let (until, until_condition) = match &letter.end {
            Some(End::On(day)) => (Some((*day).into()), None),
            Some(End::Condition { text, law }) => {
                (None, Some(Condition { text: text.as_str().into(), law: law.into() }))
            }
            None => (None, None),
        };
        Self {
            catalogue: letter.catalogue.as_str().into(),
            title: (&letter.title).into(),
            facts: letter.facts.iter().map(fact).collect(),
            basis: letter.basis.iter().map(Article::from).collect(),
            repairable_from: letter.repairable_from.map(Day::from),
            until,
            until_condition,
            decides: letter.decides.as_str().into(),
            receives: letter.receives.iter().map(|unit| unit.as_str().into()).collect(),
            recourses: letter.recourses.iter().map(recourse).collect(),
        }
    }
}

impl TryFrom<Letter<'_>> for output::Letter {
    type Error = Invalid;

    fn try_from(wire: Letter<'_>) -> Result<Self, Invalid> {
        let facts = each(wire.facts, |wire| {
            Ok(output::Fact {
                name: name(wire.name, FieldName::new).at("name")?,
                title: wire.title.map(Into::into),
                value: wire.value.into_owned(),
            })
        });
        let recourses = each(wire.recourses, |wire| {
            let term = |text: Cow<'_, str>| Term::parse(&text).ok_or_else(|| Invalid::new("is no term, such as P60D"));
            Ok(output::NoticeRecourse {
                route: choice(&wire.route, &Route::ALL, Route::as_str).at("route")?,
                within: wire.within.map(term).transpose().at("within")?,
                to: wire.to.into(),
                basis: each(wire.basis, catalogue::Article::try_from).at("basis")?,
            })
        });
        let end = match (wire.until, wire.until_condition) {
            (Some(day), None) => Some(End::On(day.try_into().at("until")?)),
            (None, Some(Condition { text, law })) => {
                Some(End::Condition { text: text.into_owned(), law: law.try_into().at("law").at("until_condition")? })
            }
            (None, None) => None,
            (Some(_), Some(_)) => return Err(Invalid::new("either this or until_condition is given").at("until")),
        };
        Ok(Self {
            catalogue: wire.catalogue.into_owned(),
            title: wire.title.into(),
            facts: facts.at("facts")?,
            basis: each(wire.basis, catalogue::Article::try_from).at("basis")?,
            repairable_from: wire.repairable_from.map(TryInto::try_into).transpose().at("repairable_from")?,
            end,
            decides: name(wire.decides, DepartmentId::new).at("decides")?,
            receives: each(wire.receives, |text| name(text, DepartmentId::new)).at("receives")?,
            recourses: recourses.at("recourses")?,
        })
    }
}
