//! Text -> nodes, under limits, without recursion.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::node::{Key, Node, Value};
use crate::finding::{Finding, Place};
use crate::source::File;

/// An entry's deepest condition is about ten levels down; readers of nodes recurse, so this also bounds their stack.
const DEPTH_MAX: usize = 40;
/// A file of the largest size, all of it `- a`, has fewer; aliases may not multiply beyond it.
const NODES_MAX: usize = 300_000;

/// The one document of a file; `None` when it has none (only comments) or is broken, with the findings. A text that the parser
/// gives up on yields that one finding: nothing after it can be trusted.
pub(crate) fn parse(file: &Arc<File>, findings: &mut Vec<Finding>) -> Option<Node> {
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let mut builder = Builder {
        file,
        findings,
        bom: file.text.len() - text.len(),
        open: Vec::new(),
        done: None,
        nodes: 0,
        anchors: BTreeMap::new(),
    };
    let mut options = granit_parser::options! { disallow_directives: true };
    options.set_emit_comments(false);
    let mut documents = 0;
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((Event::DocumentStart(..), span)) => {
                documents += 1;
                if documents > 1 {
                    builder.fail(
                        &span,
                        "yaml.documents",
                        "the file has a second document",
                        "one file is one mapping; split it",
                    );
                    return None;
                }
            }
            Ok((event, span)) => builder.take(event, &span)?,
            Err(error) => {
                let place = builder.place_of(error.marker(), error.marker());
                builder.findings.push(Finding::error(
                    file,
                    place,
                    "yaml.syntax",
                    format!("this is no YAML: {}", error.info()),
                    "mend the text here; often it is the indentation, a missing space after ':' or an unclosed quote",
                ));
                return None;
            }
        }
    }
    builder.done
}

struct Builder<'a> {
    file: &'a Arc<File>,
    findings: &'a mut Vec<Finding>,
    bom: usize,
    open: Vec<Open>,
    done: Option<Node>,
    nodes: usize,
    anchors: BTreeMap<usize, Node>,
}

struct Open {
    place: Place,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, keys: BTreeSet<String>, key: Option<Key> },
}

impl Builder<'_> {
    /// `None` stops the file.
    fn take(&mut self, event: Event<'_>, span: &Span) -> Option<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span)?;
                let quoted = style != ScalarStyle::Plain;
                let node = Node {
                    id: self.nodes,
                    place: self.place(span),
                    value: Value::Scalar { text: text.into_owned(), quoted },
                };
                self.close(node, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span)?;
                self.open(span, anchor, Content::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span)?;
                self.open(span, anchor, Content::Map { entries: Vec::new(), keys: BTreeSet::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => {
                // Invariant: the parser balances starts and ends.
                let open = self.open.pop()?;
                let value = match open.content {
                    Content::List(nodes) => Value::List(nodes),
                    Content::Map { entries, .. } => Value::Map(entries),
                };
                self.close(Node { id: self.nodes, place: open.place, value }, open.anchor)
            }
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::UnresolvedAlias(_) => Some(()),
            #[allow(
                unreachable_patterns,
                reason = "the parser's comment events exist when another crate turns them on"
            )]
            _ => Some(()),
        }
    }

    fn open(&mut self, span: &Span, anchor: usize, content: Content) -> Option<()> {
        if self.open.len() >= DEPTH_MAX {
            let message = format!("values are nested more than {DEPTH_MAX} deep");
            return self.fail(span, "yaml.deep", message, "write the condition flatter");
        }
        let place = self.place(span);
        self.open.push(Open { place, anchor, content });
        Some(())
    }

    /// A finished node goes into what is open around it.
    fn close(&mut self, node: Node, anchor: usize) -> Option<()> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            let place = node.place;
            return self.fail_at(place, "yaml.large", format!("the file has more than {NODES_MAX} values"), "split it");
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.done = Some(node);
            return Some(());
        };
        match &mut open.content {
            Content::List(nodes) => nodes.push(node),
            Content::Map { entries, keys, key } => match key.take() {
                Some(key) => {
                    if keys.insert(key.text.clone()) {
                        entries.push((key, node));
                    } else {
                        let (place, text) = (key.place, key.text);
                        self.findings.push(Finding::error(
                            self.file,
                            place,
                            "key.twice",
                            format!("the key `{text}` stands twice in one mapping"),
                            "keep one of the two; only the first was read",
                        ));
                    }
                }
                None => match node.value {
                    Value::Scalar { text, .. } => *key = Some(Key { text, place: node.place }),
                    Value::List(_) | Value::Map(_) | Value::StandIn(_) => {
                        let place = node.place;
                        return self.fail_at(place, "yaml.key", "a key must be a plain name", "write `name: value`");
                    }
                },
            },
        }
        Some(())
    }

    fn alias(&mut self, anchor: usize, span: &Span) -> Option<()> {
        let Some(mut node) = self.anchors.get(&anchor).cloned() else {
            // A collection that holds itself is not finished where it is named.
            return self.fail(span, "yaml.alias", "this alias names a value that contains it", "write the value out");
        };
        self.nodes += node.count();
        if self.nodes > NODES_MAX || depth(&node) + self.open.len() > DEPTH_MAX {
            return self.fail(
                span,
                "yaml.large",
                "aliases multiply the file beyond its limits",
                "write the values out",
            );
        }
        node.id = self.nodes;
        node.place = self.place(span);
        self.close(node, 0)
    }

    fn refuse_tag(&mut self, tagged: bool, span: &Span) -> Option<()> {
        if tagged {
            let start = span.tag_start().unwrap_or(span.start);
            let place = self.place_of(&start, &span.end);
            return self.fail_at(place, "yaml.tag", "tags (`!name`) have no meaning in a catalogue", "remove the tag");
        }
        Some(())
    }

    fn fail(&mut self, span: &Span, code: &'static str, message: impl Into<String>, help: &str) -> Option<()> {
        let place = self.place(span);
        self.fail_at(place, code, message, help)
    }

    fn fail_at(&mut self, place: Place, code: &'static str, message: impl Into<String>, help: &str) -> Option<()> {
        self.findings.push(Finding::error(self.file, place, code, message, help));
        None
    }

    fn place(&self, span: &Span) -> Place {
        self.place_of(&span.start, &span.end)
    }

    fn place_of(&self, start: &Marker, end: &Marker) -> Place {
        let offset = start.byte_offset().unwrap_or(0) + self.bom;
        let end = end.byte_offset().map_or(offset, |end| end + self.bom);
        Place { line: start.line().max(1), column: start.col() + 1, offset, length: end.saturating_sub(offset) }
    }
}

fn depth(node: &Node) -> usize {
    match &node.value {
        Value::Map(entries) => 1 + entries.iter().map(|(_, node)| depth(node)).max().unwrap_or(0),
        Value::List(nodes) => 1 + nodes.iter().map(depth).max().unwrap_or(0),
        Value::Scalar { .. } | Value::StandIn(_) => 0,
    }
}
