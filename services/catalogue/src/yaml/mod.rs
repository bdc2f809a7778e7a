//! YAML with positions: text -> a tree of nodes that know where they stand -> any type that serde can read.
//!
//! The parser gives events; [`parse`] builds nodes from them under limits, and refuses what a reviewed text does not need
//! (tags, directives, several documents). Scalars keep their text, so that `24` read as text is `24`, and
//! `20000.00` never becomes a float. [`read`] turns a node into a value and reports every fault of it, not the first.

mod de;
mod fault;
mod node;
mod parse;
mod read;
mod stand_in;

pub(crate) use fault::{Fault, FaultKind};
pub(crate) use node::{Node, Step};
pub(crate) use parse::parse;
pub(crate) use read::read;
