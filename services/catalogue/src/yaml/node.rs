//! A YAML value that knows where it stands.

use crate::finding::Place;

#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Unique in its file, but for the copies that aliases make.
    pub(crate) id: usize,
    pub(crate) place: Place,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Scalar {
        text: String,
        /// In quotes or a block: text whatever it looks like.
        quoted: bool,
    },
    List(Vec<Node>),
    /// In the order of the file, keys unique.
    Map(Vec<(Key, Node)>),
    /// Takes the place of a faulty or missing value while the rest of its entry is read; see `stand_in`.
    StandIn(usize),
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) place: Place,
}

/// One step into a node.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl Node {
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(k, _)| k.text == key).map(|(_, node)| node),
            Value::Scalar { .. } | Value::List(_) | Value::StandIn(_) => None,
        }
    }

    pub(crate) fn entries(&self) -> Option<&[(Key, Node)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            Value::Scalar { .. } | Value::List(_) | Value::StandIn(_) => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(nodes) => Some(nodes),
            Value::Scalar { .. } | Value::Map(_) | Value::StandIn(_) => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, quoted: false } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// The node of this id, in it.
    pub(super) fn find_mut(&mut self, id: usize) -> Option<&mut Node> {
        if self.id == id {
            return Some(self);
        }
        match &mut self.value {
            Value::Map(entries) => entries.iter_mut().find_map(|(_, node)| node.find_mut(id)),
            Value::List(nodes) => nodes.iter_mut().find_map(|node| node.find_mut(id)),
            Value::Scalar { .. } | Value::StandIn(_) => None,
        }
    }

    /// Takes the value of this id out of the mapping that holds it.
    pub(super) fn remove(&mut self, id: usize) {
        match &mut self.value {
            Value::Map(entries) => {
                entries.retain(|(_, node)| node.id != id);
                entries.iter_mut().for_each(|(_, node)| node.remove(id));
            }
            Value::List(nodes) => nodes.iter_mut().for_each(|node| node.remove(id)),
            Value::Scalar { .. } | Value::StandIn(_) => {}
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::List(_) | Value::Map(_) | Value::StandIn(_) => None,
        }
    }

    /// Where the end of a path stands, or the last part of it that is there.
    pub(crate) fn place_of(&self, path: &[Step<'_>]) -> Place {
        let mut node = self;
        for step in path {
            let next = match step {
                Step::Key(key) => node.get(key),
                Step::Index(index) => node.as_list().and_then(|nodes| nodes.get(*index)),
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node.place
    }

    /// Which element of the list at the end of a path is this text: sets lose the order of the file.
    pub(crate) fn element(&self, path: &[Step<'_>], text: &str) -> Option<usize> {
        let list = path.iter().try_fold(self, |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.as_list().and_then(|nodes| nodes.get(*index)),
        })?;
        list.as_list()?.iter().position(|node| node.text() == Some(text))
    }

    /// Every key of every mapping in it, with its value.
    pub(crate) fn walk_keys<'a>(&'a self, visit: &mut impl FnMut(&'a Key, &'a Node)) {
        match &self.value {
            Value::Map(entries) => {
                for (key, node) in entries {
                    visit(key, node);
                    node.walk_keys(visit);
                }
            }
            Value::List(nodes) => nodes.iter().for_each(|node| node.walk_keys(visit)),
            Value::Scalar { .. } | Value::StandIn(_) => {}
        }
    }

    /// How many nodes it is, itself included.
    pub(crate) fn count(&self) -> usize {
        match &self.value {
            Value::Map(entries) => 1 + entries.iter().map(|(_, node)| node.count()).sum::<usize>(),
            Value::List(nodes) => 1 + nodes.iter().map(Node::count).sum::<usize>(),
            Value::Scalar { .. } | Value::StandIn(_) => 1,
        }
    }

    /// What it is, in plain words.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar { .. } => "a value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::StandIn(_) => "nothing",
        }
    }
}
