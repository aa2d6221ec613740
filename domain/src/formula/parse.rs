//! Reading formulas and conditions: operator precedence climbing over a list of words.
//!
//! Numbers and truths are told apart while reading, so that `a + (b < c)` is refused with its place.
//! Nesting and length are limited, so that a hostile formula cannot exhaust the stack.

use super::{Aspect, Comparison, Condition, Expr, Operator, Term};
use crate::element::ElementIx;
use crate::number::{Decimal, Notation};

/// Finds the element that a name stands for.
pub type Names<'a> = dyn Fn(&str) -> Option<ElementIx> + 'a;

/// How deep parentheses may nest.
const MOST_NESTED: u8 = 32;
/// How many words a formula may have. Each sign between two of them makes what is computed one step deeper.
const MOST_WORDS: usize = 1_000;

/// Which functions may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Targets: `prev`, `quota`, `kept`.
    Target,
    /// Rules: `prev`, `quota`, `last`, `total`, `present`.
    Rule,
}

/// What is wrong with a formula, and at which character (from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxFault {
    /// The character's place, from 1.
    pub at: usize,
    /// What is wrong there.
    pub problem: SyntaxProblem,
}

/// The ways in which a formula can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxProblem {
    /// A sign that no formula has.
    UnknownSign(char),
    /// No element bears the name.
    UnknownElement(String),
    /// No function bears the name, or not here.
    UnknownFunction(String),
    /// A number that cannot be read.
    BadNumber(String),
    /// A number or an element should stand here.
    NumberExpected,
    /// A comparison should stand here.
    TruthExpected,
    /// A closing parenthesis is missing.
    Unclosed,
    /// Nothing more should stand here.
    TooMuch(String),
    /// More than 32 parentheses deep.
    TooDeep,
    /// More than 1,000 numbers, names and signs.
    TooLong,
}

/// Reads a formula that comes out as a number.
pub fn parse_formula(text: &str, dialect: Dialect, names: &Names<'_>) -> Result<Expr, SyntaxFault> {
    let mut reader = Reader::new(text, dialect, names)?;
    let at = reader.at();
    let node = reader.node(0)?;
    reader.end()?;
    node.number(at)
}

/// Reads a rule's condition.
pub fn parse_condition(text: &str, names: &Names<'_>) -> Result<Condition, SyntaxFault> {
    let mut reader = Reader::new(text, Dialect::Rule, names)?;
    let at = reader.at();
    let node = reader.node(0)?;
    reader.end()?;
    node.truth(at)
}

enum Node {
    Number(Expr),
    Truth(Condition),
}

impl Node {
    fn number(self, at: usize) -> Result<Expr, SyntaxFault> {
        match self {
            Self::Number(expr) => Ok(expr),
            Self::Truth(_) => Err(SyntaxFault { at, problem: SyntaxProblem::NumberExpected }),
        }
    }

    fn truth(self, at: usize) -> Result<Condition, SyntaxFault> {
        match self {
            Self::Truth(condition) => Ok(condition),
            Self::Number(_) => Err(SyntaxFault { at, problem: SyntaxProblem::TruthExpected }),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Word {
    Number(Decimal),
    Name(String),
    Sign(&'static str),
}

struct Reader<'a> {
    words: Vec<(usize, Word)>,
    next: usize,
    end: usize,
    depth: u8,
    dialect: Dialect,
    names: &'a Names<'a>,
}

const SIGNS: [&str; 12] = ["!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "(", ")"];

/// How strongly the words between two operands bind, weakest first.
fn strength(word: &Word) -> Option<u8> {
    match word {
        Word::Name(name) if name == "or" => Some(1),
        Word::Name(name) if name == "and" => Some(2),
        Word::Sign("=" | "!=" | "<" | "<=" | ">" | ">=") => Some(4),
        Word::Sign("+" | "-") => Some(5),
        Word::Sign("*" | "/") => Some(6),
        Word::Sign(_) | Word::Name(_) | Word::Number(_) => None,
    }
}

/// Where `not` binds: weaker than comparisons, stronger than `and`.
const NOT: u8 = 3;
/// Where a leading minus binds: stronger than any sign between.
const MINUS: u8 = 7;

impl<'a> Reader<'a> {
    fn new(text: &str, dialect: Dialect, names: &'a Names<'a>) -> Result<Self, SyntaxFault> {
        let words = words(text)?;
        if let Some((at, _)) = words.get(MOST_WORDS) {
            return Self::fault(*at, SyntaxProblem::TooLong);
        }
        Ok(Self { words, next: 0, end: text.chars().count() + 1, depth: 0, dialect, names })
    }

    fn at(&self) -> usize {
        self.words.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn peek(&self) -> Option<&Word> {
        self.words.get(self.next).map(|(_, word)| word)
    }

    fn take(&mut self) -> Option<Word> {
        let word = self.peek().cloned();
        self.next += usize::from(word.is_some());
        word
    }

    fn fault<T>(at: usize, problem: SyntaxProblem) -> Result<T, SyntaxFault> {
        Err(SyntaxFault { at, problem })
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), SyntaxFault> {
        let at = self.at();
        match self.take() {
            Some(Word::Sign(found)) if found == sign => Ok(()),
            _ => Self::fault(at, SyntaxProblem::Unclosed),
        }
    }

    fn end(&mut self) -> Result<(), SyntaxFault> {
        let at = self.at();
        match self.take() {
            None => Ok(()),
            Some(word) => Self::fault(at, SyntaxProblem::TooMuch(shown(&word))),
        }
    }

    /// Reads operands as long as what joins them binds at least as strongly as `weakest`.
    fn node(&mut self, weakest: u8) -> Result<Node, SyntaxFault> {
        self.depth += 1;
        if self.depth > MOST_NESTED {
            return Self::fault(self.at(), SyntaxProblem::TooDeep);
        }
        let start = self.at();
        let mut left = self.operand()?;
        while let Some(bound) = self.peek().and_then(strength).filter(|bound| *bound >= weakest) {
            let Some(word) = self.take() else { break };
            let at = self.at();
            let right = self.node(bound + 1)?;
            left = join(&word, (start, left), (at, right))?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Node, SyntaxFault> {
        let at = self.at();
        match self.take() {
            Some(Word::Number(number)) => Ok(Node::Number(Expr::Number(number))),
            Some(Word::Sign("-")) => {
                let inner_at = self.at();
                let inner = self.node(MINUS)?.number(inner_at)?;
                Ok(Node::Number(Expr::Negative(Box::new(inner))))
            }
            Some(Word::Sign("(")) => {
                let inner = self.node(0)?;
                self.expect(")")?;
                Ok(inner)
            }
            Some(Word::Name(name)) => self.named(at, &name),
            Some(Word::Sign(_)) | None => Self::fault(at, SyntaxProblem::NumberExpected),
        }
    }

    fn named(&mut self, at: usize, name: &str) -> Result<Node, SyntaxFault> {
        match name {
            "yes" | "no" => return Ok(Node::Number(Expr::Flag(name == "yes"))),
            "not" => {
                let inner_at = self.at();
                let inner = self.node(NOT)?.truth(inner_at)?;
                return Ok(Node::Truth(Condition::Not(Box::new(inner))));
            }
            _ => {}
        }
        if self.peek() != Some(&Word::Sign("(")) {
            return Ok(Node::Number(Expr::Term(self.term(at, name, Aspect::Now)?)));
        }
        self.expect("(")?;
        let element_at = self.at();
        let Some(Word::Name(element)) = self.take() else {
            return Self::fault(element_at, SyntaxProblem::UnknownElement(String::new()));
        };
        let node = match (name, self.aspect(name)) {
            ("present", _) if self.dialect == Dialect::Rule => {
                Node::Truth(Condition::Present(self.term(element_at, &element, Aspect::Now)?))
            }
            (_, Some(aspect)) => Node::Number(Expr::Term(self.term(element_at, &element, aspect)?)),
            (_, None) => return Self::fault(at, SyntaxProblem::UnknownFunction(name.to_owned())),
        };
        self.expect(")")?;
        Ok(node)
    }

    fn aspect(&self, word: &str) -> Option<Aspect> {
        let allowed: &[Aspect] = match self.dialect {
            Dialect::Target => &[Aspect::Prev, Aspect::Quota, Aspect::Kept],
            Dialect::Rule => &[Aspect::Prev, Aspect::Quota, Aspect::Last, Aspect::Total],
        };
        allowed.iter().copied().find(|aspect| aspect.word() == word)
    }

    fn term(&self, at: usize, name: &str, aspect: Aspect) -> Result<Term, SyntaxFault> {
        match (self.names)(name) {
            Some(element) => Ok(Term { element, aspect }),
            None => Self::fault(at, SyntaxProblem::UnknownElement(name.to_owned())),
        }
    }
}

fn join(word: &Word, left: (usize, Node), right: (usize, Node)) -> Result<Node, SyntaxFault> {
    let ((left_at, left), (right_at, right)) = (left, right);
    if let Word::Name(name) = word {
        let (left, right) = (Box::new(left.truth(left_at)?), Box::new(right.truth(right_at)?));
        let or = name == "or";
        return Ok(Node::Truth(if or { Condition::Or(left, right) } else { Condition::And(left, right) }));
    }
    let (left, right) = (left.number(left_at)?, right.number(right_at)?);
    let comparison = match word {
        Word::Sign("=") => Comparison::Equal,
        Word::Sign("!=") => Comparison::Unequal,
        Word::Sign("<") => Comparison::Less,
        Word::Sign("<=") => Comparison::AtMost,
        Word::Sign(">") => Comparison::Greater,
        Word::Sign(">=") => Comparison::AtLeast,
        _ => return Ok(Node::Number(Expr::Binary(operator(word), Box::new(left), Box::new(right)))),
    };
    Ok(Node::Truth(Condition::Compare(comparison, left, right)))
}

fn operator(word: &Word) -> Operator {
    match word {
        Word::Sign("-") => Operator::Subtract,
        Word::Sign("*") => Operator::Multiply,
        Word::Sign("/") => Operator::Divide,
        _ => Operator::Add,
    }
}

fn shown(word: &Word) -> String {
    match word {
        Word::Number(number) => crate::number::plain(number.digits, number.scale),
        Word::Name(name) => name.clone(),
        Word::Sign(sign) => (*sign).to_owned(),
    }
}

/// Splits a text into words, each with the place of its first character.
fn words(text: &str) -> Result<Vec<(usize, Word)>, SyntaxFault> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        if c.is_whitespace() {
            at += 1;
            continue;
        }
        let (length, word) = word(&chars[at..], at + 1)?;
        found.push((at + 1, word));
        at += length;
    }
    Ok(found)
}

fn word(rest: &[char], at: usize) -> Result<(usize, Word), SyntaxFault> {
    let run = |test: fn(char) -> bool| rest.iter().copied().take_while(|c| test(*c)).collect::<String>();
    let first = rest.first().copied().unwrap_or_default();
    if first.is_ascii_digit() {
        let text = run(|c| c.is_ascii_digit() || c == '.' || c == ',');
        let number = Decimal::parse(&text, Notation::Plain)
            .map_err(|_| SyntaxFault { at, problem: SyntaxProblem::BadNumber(text.clone()) })?;
        return Ok((text.chars().count(), Word::Number(number)));
    }
    if first.is_alphabetic() || first == '_' {
        let text = run(|c| c.is_alphanumeric() || c == '_');
        return Ok((text.chars().count(), Word::Name(text)));
    }
    let sign = SIGNS.iter().find(|sign| sign.chars().eq(rest.iter().copied().take(sign.len())));
    match sign {
        Some(sign) => Ok((sign.len(), Word::Sign(sign))),
        None => Err(SyntaxFault { at, problem: SyntaxProblem::UnknownSign(first) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> (usize, SyntaxProblem) {
        let fault = parse_condition(text, &|name| (name == "a").then_some(ElementIx(0))).unwrap_err();
        (fault.at, fault.problem)
    }

    #[test]
    fn faults_name_their_place() {
        assert_eq!(problem("a < zz"), (5, SyntaxProblem::UnknownElement("zz".into())));
        assert_eq!(problem("a < 1,5"), (5, SyntaxProblem::BadNumber("1,5".into())));
        assert_eq!(problem("a ? 1"), (3, SyntaxProblem::UnknownSign('?')));
        assert_eq!(problem("a +"), (4, SyntaxProblem::NumberExpected));
        assert_eq!(problem("a"), (1, SyntaxProblem::TruthExpected));
        assert_eq!(problem("a < (1 < a)"), (5, SyntaxProblem::NumberExpected));
        assert_eq!(problem("(a < 1"), (7, SyntaxProblem::Unclosed));
        assert_eq!(problem("a < 1 a"), (7, SyntaxProblem::TooMuch("a".into())));
        assert_eq!(problem("kept(a) < 1"), (1, SyntaxProblem::UnknownFunction("kept".into())));
        assert_eq!(problem(""), (1, SyntaxProblem::NumberExpected));
    }

    #[test]
    fn deep_nesting_is_refused_not_followed() {
        let deep = format!("{}a{} < 1", "(".repeat(400), ")".repeat(400));
        assert_eq!(problem(&deep).1, SyntaxProblem::TooDeep);
        assert_eq!(problem(&"-".repeat(900)).1, SyntaxProblem::TooDeep);
    }

    #[test]
    fn what_nobody_writes_by_hand_is_refused_for_its_length() {
        let sum = |terms: usize| "a + ".repeat(terms) + "a < 1";
        assert_eq!(problem(&sum(500)), (2_001, SyntaxProblem::TooLong));
        assert_eq!(problem(&sum(200_000)).1, SyntaxProblem::TooLong);
        parse_condition(&sum(498), &|name| (name == "a").then_some(ElementIx(0))).unwrap();
    }
}
