//! Kinds of values in an expression: what is compared with another kind is never equal to it, and was meant otherwise.

use super::{Data, Datum};
use cel::common::ast::{Expr, IdedExpr, LiteralValue, operators};

/// A kind of value, in words.
type Kind = &'static str;

const NUMBER: Kind = "a number";
const TEXT: Kind = "a text";
const TRUTH: Kind = "true or false";

/// The first comparison of two kinds that are known and differ, in words.
pub(super) fn unlike(expr: &IdedExpr, known: &Data) -> Option<String> {
    match &expr.expr {
        Expr::Call(call) => {
            let inner = call.target.iter().map(AsRef::as_ref).chain(&call.args);
            let found = inner.into_iter().find_map(|e| unlike(e, known));
            if found.is_some() || !compares(&call.func_name) {
                return found;
            }
            let [left, right] = call.args.as_slice() else {
                return None;
            };
            let (a, b) = (kind(left, known)?, kind(right, known)?);
            if a == b {
                return None;
            }
            // What has a name comes first.
            Some(match (name(left), name(right)) {
                (None, Some(named)) => format!("{named} is {b} and is compared with {a}"),
                (named, _) => format!(
                    "{} is {a} and is compared with {b}",
                    named.unwrap_or_else(|| "it".into())
                ),
            })
        }
        Expr::List(list) => list.elements.iter().find_map(|e| unlike(e, known)),
        Expr::Select(select) => unlike(&select.operand, known),
        _ => None,
    }
}

fn compares(function: &str) -> bool {
    matches!(
        function,
        operators::EQUALS
            | operators::NOT_EQUALS
            | operators::LESS
            | operators::LESS_EQUALS
            | operators::GREATER
            | operators::GREATER_EQUALS
    )
}

/// The kind of a part, where it is known.
fn kind(expr: &IdedExpr, known: &Data) -> Option<Kind> {
    match &expr.expr {
        Expr::Literal(literal) => match literal {
            LiteralValue::Boolean(_) => Some(TRUTH),
            LiteralValue::Double(_) | LiteralValue::Int(_) | LiteralValue::UInt(_) => Some(NUMBER),
            LiteralValue::String(_) => Some(TEXT),
            LiteralValue::Bytes(_) | LiteralValue::Null => None,
        },
        Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR | operators::LOGICAL_NOT, _) => Some(TRUTH),
            (function, _) if compares(function) => Some(TRUTH),
            (
                operators::ADD
                | operators::SUBSTRACT
                | operators::MULTIPLY
                | operators::DIVIDE
                | operators::MODULO
                | operators::NEGATE,
                [first, ..],
            ) => kind(first, known),
            (operators::CONDITIONAL, [_, first, _]) => kind(first, known),
            _ => datum(expr, known).and_then(of),
        },
        _ => datum(expr, known).and_then(of),
    }
}

const fn of(datum: &Datum) -> Option<Kind> {
    match datum {
        Datum::Number(_) => Some(NUMBER),
        Datum::Text(_) => Some(TEXT),
        Datum::Truth(_) => Some(TRUTH),
        Datum::Map(_) | Datum::List(_) => None,
    }
}

/// What a name, a field or an index with a fixed key stands for.
fn datum<'d>(expr: &IdedExpr, known: &'d Data) -> Option<&'d Datum> {
    let field = |of: &IdedExpr, key: &str| match datum(of, known)? {
        Datum::Map(map) => map.get(key),
        _ => None,
    };
    match &expr.expr {
        Expr::Ident(name) => known.get(name),
        Expr::Select(select) => field(&select.operand, &select.field),
        Expr::Call(call) if call.func_name == operators::INDEX => match call.args.as_slice() {
            [of, key] => field(of, &text(key)?),
            _ => None,
        },
        _ => None,
    }
}

/// A literal text.
fn text(expr: &IdedExpr) -> Option<String> {
    match &expr.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
        _ => None,
    }
}

/// A part as it is written, where it is a name, a field or an index.
fn name(expr: &IdedExpr) -> Option<String> {
    match &expr.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) => Some(format!("{}.{}", name(&select.operand)?, select.field)),
        Expr::Call(call) if call.func_name == operators::INDEX => match call.args.as_slice() {
            [of, key] => Some(format!("{}[\"{}\"]", name(of)?, text(key)?)),
            _ => None,
        },
        _ => None,
    }
}
