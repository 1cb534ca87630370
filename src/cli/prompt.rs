//! Asking for passwords, without showing what is typed.

use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read, Write};

use super::exit::Exit;
use super::failure::Failure;
use crate::diagnostic::Diagnostic;
use crate::remote::ssh::Secret;

/// Longer than any password.
const MAX_LENGTH: usize = 1024;

/// Asks on the terminal; where there is none, takes a line of standard input.
///
/// # Errors
/// Nobody can be asked, or they would not say.
pub fn ask(question: &str) -> io::Result<Secret> {
    match terminal() {
        Some(mut terminal) => {
            let typed = quietly(&mut terminal, &clean(question));
            terminal.write_all(b"\n")?;
            typed
        }
        None if io::stdin().is_terminal() => Err(io::ErrorKind::NotFound.into()),
        None => {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line)?;
            if line.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let secret = Secret::new(line.trim_end_matches(['\r', '\n']));
            zeroize::Zeroize::zeroize(&mut line);
            Ok(secret)
        }
    }
}

/// Asks for what the command cannot do without.
///
/// # Errors
/// There is no answer: `lack`, why, and the remedy; or the key that interrupts was pressed.
pub fn need(question: &str, lack: &str, remedy: &str) -> Result<Secret, Failure> {
    ask(question).map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => Failure { diagnostics: Vec::new(), exit: Exit::Interrupted },
        _ => Diagnostic::error(format!("{lack}: {error}")).remedy(remedy).into(),
    })
}

/// Whether somebody sits at a terminal.
pub fn anybody() -> bool {
    terminal().is_some()
}

/// What names of files are in it must not move the cursor.
fn clean(question: &str) -> String {
    question.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(unix)]
fn terminal() -> Option<File> {
    File::options().read(true).write(true).open("/dev/tty").ok()
}

#[cfg(not(unix))]
fn terminal() -> Option<File> {
    None
}

/// Asks once nothing that is typed is shown any more, and reads a line. Keys that interrupt
/// are read as well: a signal could not end the reading, and would leave the terminal
/// without echo.
#[cfg(unix)]
fn quietly(terminal: &mut File, question: &str) -> io::Result<Secret> {
    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};

    let before = tcgetattr(&*terminal)?;
    let mut quiet = before.clone();
    quiet.local_modes -=
        LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
    quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
    quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(&*terminal, OptionalActions::Flush, &quiet)?;
    let typed = terminal.write_all(question.as_bytes()).and_then(|()| line(terminal));
    tcsetattr(&*terminal, OptionalActions::Flush, &before)?;
    if typed.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {
        // As if the key had been pressed at any other time.
        let ourselves = rustix::process::getpid();
        let _told = rustix::process::kill_process(ourselves, rustix::process::Signal::INT);
    }
    typed
}

#[cfg(not(unix))]
fn quietly(terminal: &mut File, question: &str) -> io::Result<Secret> {
    terminal.write_all(question.as_bytes())?;
    line(terminal)
}

fn line(from: &mut impl Read) -> io::Result<Secret> {
    let mut typed = Vec::with_capacity(MAX_LENGTH);
    let mut byte = [0];
    loop {
        let end = from.read(&mut byte)? == 0;
        match byte[0] {
            _ if end => return Err(io::ErrorKind::UnexpectedEof.into()),
            b'\r' | b'\n' => break,
            0x03 | 0x1c => return Err(io::ErrorKind::Interrupted.into()),
            0x04 if typed.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            0x08 | 0x7f => while typed.pop().is_some_and(|byte: u8| byte & 0xc0 == 0x80) {},
            0x15 => typed.clear(),
            byte if typed.len() < MAX_LENGTH => typed.push(byte),
            _ => {}
        }
    }
    let text = String::from_utf8(typed).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok(Secret::new(text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::line;

    #[test]
    fn typing_is_corrected_and_ended() {
        let typed = |bytes: &[u8]| line(&mut &*bytes).map(|secret| secret.reveal().to_owned());
        assert_eq!(typed(b"secret\r").unwrap(), "secret");
        assert_eq!(typed("h\u{fc}\x7fx\n".as_bytes()).unwrap(), "hx");
        assert_eq!(typed(b"wrong\x15right\n").unwrap(), "right");
        assert!(typed(b"se\x03cret\n").is_err());
        assert!(typed(b"\x04").is_err());
        assert!(typed(b"secret").is_err());
    }
}
