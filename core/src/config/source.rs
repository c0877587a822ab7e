//! The text of a configuration, as the driver read it.

/// All files of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The main file first.
    pub files: Vec<SourceFile>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path, as a person would name it.
    pub name: String,
    /// Its text; bytes that are not UTF-8 have been replaced.
    pub text: String,
}

impl Source {
    /// A configuration of one file.
    #[must_use]
    pub fn single(name: impl Into<String>, text: impl Into<String>) -> Source {
        Source { files: vec![SourceFile { name: name.into(), text: text.into() }] }
    }
}
