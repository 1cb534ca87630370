//! The board on a terminal: a line for each host at work, and one for the whole.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::board::Board;

/// More lines than these push what was said off a small screen.
const MOST: usize = 10;

const ROW: &str = "{spinner} {wide_msg}";
const WHOLE: &str = "{prefix} [{bar:24}] {pos}/{len}  {elapsed}  {wide_msg}";

/// Lines that are drawn again and again at the lower end of a terminal.
#[derive(Debug)]
pub struct Live {
    screen: MultiProgress,
    rows: Vec<ProgressBar>,
    whole: Option<ProgressBar>,
}

impl Live {
    /// On standard error.
    pub fn new() -> Self {
        Self { screen: MultiProgress::new(), rows: Vec::new(), whole: None }
    }

    /// Draws how things are.
    pub fn draw(&mut self, board: &Board, now: Duration) {
        let rows = board.rows(now, MOST);
        while self.rows.len() > rows.len() {
            if let Some(bar) = self.rows.pop() {
                bar.finish_and_clear();
                self.screen.remove(&bar);
            }
        }
        while self.rows.len() < rows.len() {
            let bar = styled(ProgressBar::new_spinner(), ROW);
            self.rows.push(self.screen.insert(self.rows.len(), bar));
        }
        for (bar, row) in self.rows.iter().zip(rows) {
            bar.set_message(row);
            bar.tick();
        }
        if board.total() > 1 {
            let screen = &self.screen;
            let whole =
                self.whole.get_or_insert_with(|| screen.add(styled(ProgressBar::new(0), WHOLE)));
            let (position, length) = board.progress();
            whole.set_length(u64::try_from(length).unwrap_or(0));
            whole.set_position(u64::try_from(position).unwrap_or(0));
            whole.set_prefix(format!("{:11}", board.phase()));
            whole.set_message(board.counts());
            whole.tick();
        }
    }

    /// Runs `write` while nothing is on the screen.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.screen.suspend(write)
    }

    /// Takes all lines away.
    pub fn clear(&mut self) {
        // What cannot be drawn need not be taken away either.
        let _ = self.screen.clear();
        // A bar that goes draws the others once more: let it do so where nobody looks.
        self.screen.set_draw_target(ProgressDrawTarget::hidden());
        self.rows.clear();
        self.whole = None;
        self.screen = MultiProgress::new();
    }
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    // Constants that a test renders: they cannot fail at run time.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::{ROW, WHOLE};

    #[test]
    fn the_templates_are_valid() {
        for template in [ROW, WHOLE] {
            assert!(indicatif::ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
