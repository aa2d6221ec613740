//! Asking: what must not stand on a command line, where others see it and the shell keeps it.

use std::io::{self, BufRead, IsTerminal, Read};

/// The longest answer that is read.
const LONGEST: u64 = 4 * 1024;

/// Asks for a secret. At a terminal it is typed unseen, and `twice` where a slip would be found out only later; otherwise it
/// is the next line of what comes in. None where both times differ.
pub fn ask_secret(question: &str, again: Option<&str>) -> io::Result<Option<String>> {
    if !io::stdin().is_terminal() {
        return next_line(&mut io::stdin().lock()).map(Some);
    }
    let first = rpassword::prompt_password(format!("{question}: "))?;
    match again {
        Some(again) if rpassword::prompt_password(format!("{again}: "))? != first => Ok(None),
        _ => Ok(Some(first)),
    }
}

/// Asks for a line that may be seen.
pub fn ask(question: &str) -> io::Result<String> {
    if io::stdin().is_terminal() {
        super::tell(&format!("{question}:"));
    }
    next_line(&mut io::stdin().lock())
}

fn next_line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.take(LONGEST).read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_where_it_ends_on_any_system() {
        let mut typed = "mưa nắng \r\nnext".as_bytes();
        assert_eq!(next_line(&mut typed).unwrap(), "mưa nắng ");
        assert_eq!(next_line(&mut typed).unwrap(), "next");
        assert_eq!(next_line(&mut typed).unwrap(), "");
    }

    #[test]
    fn nobody_fills_the_memory_by_not_ending() {
        let endless = "a".repeat(10_000);
        assert_eq!(next_line(&mut endless.as_bytes()).unwrap().len(), 4 * 1024);
    }
}
