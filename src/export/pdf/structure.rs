//! The structure tree of a tagged PDF (ISO 32000-1, 14.7), grown while the pages are drawn.

use krilla::tagging::{Identifier, TagGroup, TagKind, TagTree};

/// A node of a [`Structure`]. In the order in which they are read, as long as nodes are added so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(usize);

#[derive(Clone, Debug)]
struct Node {
    tag: TagKind,
    children: Vec<Child>,
}

#[derive(Clone, Copy, Debug)]
enum Child {
    Node(NodeId),
    Content(Identifier),
}

/// Nodes in the order of reading.
#[derive(Clone, Debug, Default)]
pub struct Structure {
    nodes: Vec<Node>,
    roots: Vec<NodeId>,
}

impl Structure {
    /// A node at the end of the document, or of what its parent has so far.
    pub fn add(&mut self, parent: Option<NodeId>, tag: impl Into<TagKind>) -> NodeId {
        let id = NodeId(self.nodes.len());
        self.nodes.push(Node { tag: tag.into(), children: Vec::new() });
        match parent.and_then(|parent| self.nodes.get_mut(parent.0)) {
            Some(parent) => parent.children.push(Child::Node(id)),
            None => self.roots.push(id),
        }
        id
    }

    /// What was drawn belongs to the node.
    pub fn put(&mut self, node: NodeId, content: Identifier) {
        if let Some(node) = self.nodes.get_mut(node.0) {
            node.children.push(Child::Content(content));
        }
    }

    pub fn tree(&self) -> TagTree {
        let mut tree = TagTree::new();
        self.roots.iter().filter_map(|root| self.group(*root)).for_each(|group| tree.push(group));
        tree
    }

    fn group(&self, id: NodeId) -> Option<TagGroup> {
        let node = self.nodes.get(id.0)?;
        let mut group = TagGroup::new(node.tag.clone());
        for child in &node.children {
            match child {
                Child::Content(content) => group.push(*content),
                Child::Node(id) => {
                    if let Some(child) = self.group(*id) {
                        group.push(child);
                    }
                }
            }
        }
        Some(group)
    }
}
