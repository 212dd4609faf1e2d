//! Operations that must be placed together, since longest delays or a series bind them.

use super::model::Model;

/// Groups of operations, each in plan order, and which group an operation is in.
pub(super) struct Groups {
    pub members: Vec<Vec<usize>>,
    pub of: Vec<usize>,
}

/// Binds series and longest delays; whatever lies on a way between two members of a group joins it, so that the
/// groups can be placed one after the other.
pub(super) fn groups(model: &Model) -> Groups {
    let mut parent: Vec<usize> = (0..model.ops.len()).collect();
    for (index, op) in model.ops.iter().enumerate() {
        if let Some(m) = op.member {
            join(&mut parent, index, m.leader);
        }
        for f in op.follows.iter().filter(|f| f.max.is_some()) {
            join(&mut parent, index, f.earlier);
        }
    }
    let bound: Vec<usize> = (0..parent.len()).map(|i| root(&mut parent, i)).collect();
    let of = components(model, &bound);
    let count = of.iter().copied().max().map_or(0, |m| m + 1);
    let mut members = vec![Vec::new(); count];
    for (index, group) in of.iter().enumerate() {
        if let Some(list) = members.get_mut(*group) {
            list.push(index);
        }
    }
    Groups { members, of }
}

fn root(parent: &mut [usize], mut at: usize) -> usize {
    while let Some(&up) = parent.get(at).filter(|up| **up != at) {
        let above = parent.get(up).copied().unwrap_or(up);
        if let Some(slot) = parent.get_mut(at) {
            *slot = above;
        }
        at = up;
    }
    at
}

fn join(parent: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parent, a), root(parent, b));
    if let Some(slot) = parent.get_mut(a.max(b)) {
        *slot = a.min(b);
    }
}

/// Strongly connected components of the graph of bound groups (Kosaraju), numbered from 0.
fn components(model: &Model, bound: &[usize]) -> Vec<usize> {
    let n = bound.len();
    let mut forward = vec![Vec::new(); n];
    let mut backward = vec![Vec::new(); n];
    for (index, op) in model.ops.iter().enumerate() {
        let Some(&to) = bound.get(index) else { continue };
        for f in &op.follows {
            let Some(&from) = bound.get(f.earlier) else {
                continue;
            };
            if from != to {
                if let Some(list) = forward.get_mut(from) {
                    list.push(to);
                }
                if let Some(list) = backward.get_mut(to) {
                    list.push(from);
                }
            }
        }
    }
    let mut order = Vec::with_capacity(n);
    let mut seen = vec![false; n];
    for start in 0..n {
        visit(&forward, start, &mut seen, |node| order.push(node));
    }
    let mut component = vec![0; n];
    let mut seen = vec![false; n];
    let mut next = 0;
    for start in order.into_iter().rev() {
        let is_group = bound.get(start) == Some(&start);
        if !is_group || seen.get(start).copied().unwrap_or(true) {
            continue;
        }
        visit(&backward, start, &mut seen, |node| {
            if let Some(slot) = component.get_mut(node) {
                *slot = next;
            }
        });
        next += 1;
    }
    bound
        .iter()
        .map(|b| component.get(*b).copied().unwrap_or(0))
        .collect()
}

/// Depth-first from `start`; `leave` is called for each node once all that follows it is done.
fn visit(edges: &[Vec<usize>], start: usize, seen: &mut [bool], mut leave: impl FnMut(usize)) {
    let mut stack = vec![(start, 0_usize)];
    match seen.get_mut(start) {
        Some(mark) if !*mark => *mark = true,
        _ => return,
    }
    while let Some((node, next)) = stack.last_mut() {
        let Some(&to) = edges.get(*node).and_then(|list| list.get(*next)) else {
            leave(*node);
            stack.pop();
            continue;
        };
        *next += 1;
        if let Some(mark) = seen.get_mut(to).filter(|mark| !**mark) {
            *mark = true;
            stack.push((to, 0));
        }
    }
}
