//! Why a directory could not be read, and what to do about it.

use crate::outbound::FetchError;
use crate::problem::Problem;

/// Why a reading ended before its end. Nobody leaves by such a reading.
#[derive(Debug)]
pub enum Fault {
    /// It stays like that until somebody does something.
    Refused {
        /// A name for programs.
        code: &'static str,
        /// What happened.
        text: String,
        /// What to do, in the words of the source's console.
        fix: String,
    },
    /// It passes by itself.
    Later(String),
    /// Another reading has begun, or the directory is gone.
    Overtaken,
    /// Our own fault.
    Ours(Box<Problem>),
}

impl Fault {
    /// A fault that somebody has to put right.
    pub fn refused(code: &'static str, text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::Refused { code, text: text.into(), fix: fix.into() }
    }

    /// The sentence about what happened, and what to do; the second is empty where it passes by itself.
    pub fn words(&self) -> (String, String) {
        match self {
            Self::Refused { text, fix, .. } => (text.clone(), fix.clone()),
            Self::Later(text) => (text.clone(), String::new()),
            Self::Overtaken => ("Another reading began meanwhile.".to_owned(), String::new()),
            Self::Ours(_) => ("Something failed on our side. We try again.".to_owned(), String::new()),
        }
    }

    /// A name for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused { code, .. } => code,
            Self::Later(_) => "unavailable",
            Self::Overtaken => "overtaken",
            Self::Ours(_) => "internal",
        }
    }

    /// As the answer to somebody who entered settings.
    pub fn to_problem(&self) -> Problem {
        let (text, fix) = self.words();
        Problem::field("source", format!("{text} {fix}").trim().to_owned())
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Ours(Box::new(problem))
    }
}

impl From<store::StoreError> for Fault {
    fn from(error: store::StoreError) -> Self {
        Problem::from(error).into()
    }
}

impl From<FetchError> for Fault {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Unreachable(_) | FetchError::TooSlow { .. } => Self::Later(format!("{error}.")),
            other => Self::refused("address", format!("{other}."), "Check the address."),
        }
    }
}
