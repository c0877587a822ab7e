//! Values that are one of a few words.

/// A value that is written as one word of a fixed list.
pub trait Choice: Copy + PartialEq + Sized + 'static {
    /// All of them, with the word for each.
    const ALL: &'static [(&'static str, Self)];

    /// The value that `word` stands for.
    #[must_use]
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
    }

    /// How it is written: the first of its words.
    #[must_use]
    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

/// Defines an enum whose values are words of the configuration; `WORDS` is for the keyword table.
macro_rules! choices {
    ($(#[$meta:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$about])* $variant,)*
        }

        impl $name {
            /// How they are written.
            pub const WORDS: &'static [&'static str] = &[$($word),*];
        }

        impl crate::config::model::Choice for $name {
            const ALL: &'static [(&'static str, Self)] = &[$(($word, $name::$variant)),*];
        }
    };
}
pub(crate) use choices;
