//! Cuts an nft script into statements.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

/// One word, string or mark of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its text; a quoted string without its quotes.
    pub text: String,
    /// Whether it was quoted.
    pub quoted: bool,
    /// Where it stands, quotes included.
    pub span: Range<usize>,
}

/// A command, or a line of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The headers of the blocks around it, outermost first: `table inet x`, `chain y`.
    pub blocks: Vec<Vec<String>>,
    /// Its words. Braces of sets are words, too.
    pub tokens: Vec<Token>,
    /// Whether it opens a block, so that it is the header of the statements after it.
    pub opens: bool,
}

impl Statement {
    /// The words' texts.
    pub fn words(&self) -> Vec<&str> {
        self.tokens.iter().map(|token| token.text.as_str()).collect()
    }

    /// From the first word to the last.
    pub fn span(&self) -> Range<usize> {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => first.span.start..last.span.end,
            _ => 0..0,
        }
    }
}

/// The statements of a script in order, headers of blocks included. Takes any text: what
/// is no nft gives statements that mean nothing.
pub fn statements(text: &str) -> Vec<Statement> {
    let mut cutter =
        Cutter { found: Vec::new(), blocks: Vec::new(), tokens: Vec::new(), inline: 0 };
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '#' => while chars.next_if(|(_, c)| *c != '\n').is_some() {},
            '\\' if chars.next_if(|(_, c)| *c == '\n').is_some() => {}
            '\n' | ';' => cutter.end(),
            '{' => cutter.open(at),
            '}' => cutter.close(at),
            '"' => {
                let token = quoted(text, at, &mut chars);
                cutter.tokens.push(token);
            }
            ',' | '=' | '(' | ')' | '!' | '<' | '>' => cutter.mark(text, at..at + 1),
            c if c.is_whitespace() => {}
            _ => {
                let end = word_end(text, &mut chars);
                cutter.mark(text, at..end);
            }
        }
    }
    cutter.end_all();
    cutter.found
}

fn quoted(text: &str, start: usize, chars: &mut Peekable<CharIndices<'_>>) -> Token {
    let mut end = text.len();
    for (at, c) in chars.by_ref() {
        if c == '"' {
            end = at + 1;
            break;
        }
    }
    let body = &text[start + 1..end];
    Token {
        text: body.strip_suffix('"').unwrap_or(body).to_owned(),
        quoted: true,
        span: start..end,
    }
}

fn word_end(text: &str, chars: &mut Peekable<CharIndices<'_>>) -> usize {
    let ends = |c: char| {
        c.is_whitespace()
            || matches!(c, ';' | '{' | '}' | '"' | ',' | '=' | '(' | ')' | '!' | '<' | '>')
    };
    while chars.next_if(|(_, c)| !ends(*c)).is_some() {}
    chars.peek().map_or(text.len(), |(at, _)| *at)
}

struct Cutter {
    found: Vec<Statement>,
    blocks: Vec<Vec<String>>,
    tokens: Vec<Token>,
    /// How many braces of sets are open.
    inline: usize,
}

impl Cutter {
    fn mark(&mut self, text: &str, span: Range<usize>) {
        self.tokens.push(Token { text: text[span.clone()].to_owned(), quoted: false, span });
    }

    fn push(&mut self, opens: bool) {
        let tokens = std::mem::take(&mut self.tokens);
        self.found.push(Statement { blocks: self.blocks.clone(), tokens, opens });
    }

    fn end(&mut self) {
        if self.inline == 0 && !self.tokens.is_empty() {
            self.push(false);
        }
    }

    fn end_all(&mut self) {
        self.inline = 0;
        self.end();
    }

    fn brace(&mut self, text: &str, at: usize) {
        self.tokens.push(Token { text: text.to_owned(), quoted: false, span: at..at + 1 });
    }

    fn open(&mut self, at: usize) {
        if self.inline > 0 || !opens_block(&self.blocks, &self.tokens) {
            self.inline += 1;
            self.brace("{", at);
            return;
        }
        let header = self.tokens.iter().map(|token| token.text.clone()).collect();
        self.push(true);
        self.blocks.push(header);
    }

    fn close(&mut self, at: usize) {
        if self.inline > 0 {
            self.inline -= 1;
            self.brace("}", at);
        } else {
            self.end();
            self.blocks.pop();
        }
    }
}

/// Whether a brace after these words opens a block, and not a set of values.
fn opens_block(blocks: &[Vec<String>], tokens: &[Token]) -> bool {
    let mut words = tokens
        .iter()
        .map(|token| token.text.as_str())
        .skip_while(|word| matches!(*word, "add" | "create"));
    let in_chain = blocks.last().is_some_and(|header| header.iter().any(|word| word == "chain"));
    if in_chain || tokens.iter().any(|token| token.text == "=") {
        return false;
    }
    matches!(
        words.next(),
        Some(
            "table"
                | "chain"
                | "set"
                | "map"
                | "flowtable"
                | "counter"
                | "quota"
                | "limit"
                | "ct"
                | "secmark"
                | "synproxy"
                | "tunnel"
        )
    )
}

#[cfg(test)]
mod tests {
    use super::statements;
    use proptest::prelude::proptest;

    fn cut(text: &str) -> Vec<(Vec<String>, String)> {
        statements(text)
            .into_iter()
            .map(|found| {
                let blocks = found.blocks.iter().map(|block| block.join(" ")).collect();
                (blocks, found.words().join(" "))
            })
            .collect()
    }

    #[test]
    fn knows_blocks_from_sets() {
        let found = cut(
            "table inet x { chain in { type filter hook input priority 0; policy drop;\n tcp dport { 22,\n 80 } accept } }",
        );
        let blocks =
            |names: &[&str]| -> Vec<String> { names.iter().map(|&n| n.to_owned()).collect() };
        assert_eq!(found[0], (blocks(&[]), "table inet x".to_owned()));
        assert_eq!(found[3], (blocks(&["table inet x", "chain in"]), "policy drop".to_owned()));
        assert_eq!(found[4].1, "tcp dport { 22 , 80 } accept");
        assert_eq!(found.len(), 5);
    }

    #[test]
    fn strings_comments_and_continuations() {
        let text = "add rule ip t c comment \"a; b # {\" \\\n accept # no; more {\nflush ruleset";
        let found = cut(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].1, "add rule ip t c comment a; b # { accept");
        assert_eq!(found[1].1, "flush ruleset");
    }

    #[test]
    fn elements_are_no_block() {
        let found = cut(
            "table ip t { set s { type ipv4_addr; elements = { 1.2.3.4,\n 5.6.7.8 } }\n }\ntable ip u",
        );
        assert_eq!(
            found.last().map(|(blocks, words)| (blocks.len(), words.as_str())),
            Some((0, "table ip u"))
        );
    }

    proptest! {
        #[test]
        fn takes_any_text(text in "(?s).{0,60}|[a-z{};\"#\\\\\n ]{0,60}") {
            for found in statements(&text) {
                assert!(text.get(found.span()).is_some());
            }
        }
    }
}
