//! Where settings come from: one TOML file, and over it the variables `STANDING__SECTION__KEY`.
//!
//! A variable that names a key not known to the service is a fault like an unknown key of the file: a misspelt
//! variable that is silently ignored is the worst setting of all.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::Table;
use toml::de::DeTable;

use super::fault::{Fault, Place, Step};
use super::tree::{PREFIX, Tree, line_at};

/// A file and variables, not read yet.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    file: Option<PathBuf>,
    variables: Vec<(OsString, OsString)>,
}

impl Sources {
    /// The file, if there is one, and this process's environment.
    pub fn of_process(file: Option<&Path>) -> Self {
        Self::default().file(file).variables(std::env::vars_os())
    }

    pub fn file(mut self, file: Option<&Path>) -> Self {
        self.file = file.map(Path::to_owned);
        self
    }

    /// Adds variables; those without the prefix are passed over.
    pub fn variables<K: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.variables.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    pub(crate) fn read(self) -> Result<Tree, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut tree = match &self.file {
            Some(file) => read_file(file).unwrap_or_else(|mut found| {
                faults.append(&mut found);
                Tree::default()
            }),
            None => Tree::default(),
        };
        for (name, value) in self.variables {
            let Some(keys) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
            let name = format!("{PREFIX}{keys}");
            let keys: Vec<String> = keys.split("__").map(str::to_ascii_lowercase).collect();
            let place = Place(keys.iter().cloned().map(Step::Key).collect());
            let fault = |what: &str, remedy: &str| Fault {
                code: "settings.invalid",
                origin: name.clone(),
                key: place.to_string(),
                what: what.to_owned(),
                remedy: remedy.to_owned(),
            };
            if keys.iter().any(String::is_empty) {
                faults.push(fault("the variable's name has an empty part", "name it STANDING__SECTION__KEY"));
                continue;
            }
            match value.into_string() {
                Ok(text) => tree.overlay(place, name, text),
                Err(_) => faults.push(fault("the variable's value is no UTF-8", "set it to a UTF-8 text")),
            }
        }
        if faults.is_empty() { Ok(tree) } else { Err(faults) }
    }
}

fn read_file(file: &Path) -> Result<Tree, Vec<Fault>> {
    let name = file.display().to_string();
    let fault =
        |code, origin, what, remedy: &str| Fault { code, origin, key: String::new(), what, remedy: remedy.to_owned() };
    let bytes = std::fs::read(file).map_err(|cause| {
        let remedy = "give the path of a TOML file that this process may read";
        vec![fault("settings.unreadable", name.clone(), format!("cannot be read: {cause}"), remedy)]
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| vec![fault("settings.syntax", name.clone(), "is no UTF-8 text".to_owned(), "save it as UTF-8")])?;
    let (_, errors) = DeTable::parse_recoverable(&text);
    let syntax = |errors: Vec<toml::de::Error>| {
        let place = |error: &toml::de::Error| match error.span() {
            Some(span) => format!("{name}:{}", line_at(&text, span.start)),
            None => name.clone(),
        };
        let one = |error| fault("settings.syntax", place(&error), error.message().to_owned(), "write it as TOML");
        errors.into_iter().map(one).collect::<Vec<_>>()
    };
    if !errors.is_empty() {
        return Err(syntax(errors));
    }
    let root = text.parse::<Table>().map_err(|error| syntax(vec![error]))?;
    Ok(Tree::of_file(root, name, text))
}
