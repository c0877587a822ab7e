//! `track_file`.

use super::declared;
use crate::config::build::setting::{self, Form, fields, forms, no_rest, words};
use crate::config::build::values::integer;
use crate::config::build::{Context, Item, Section, Seen};
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::FILE;
use crate::config::model::{FileConfig, InitFile};

fields!(FileConfig, FILE, {
    "file" => path,
    "weight" => weight,
    "init_file" => init,
});

forms! {
    InitFile => InitFile::default(),
}

impl Form for InitFile {
    fn parse(cx: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Self> {
        let mut out = InitFile::default();
        for word in words(item)? {
            if word.text == "overwrite" {
                out.overwrite = true;
                continue;
            }
            let value = integer(cx, "init_file", word, i64::from(i32::MIN), i64::from(i32::MAX))?;
            if value.abs() > 254 {
                cx.report(
                    Diagnostic::warning("large", word.span, format!("{value} is more than any priority"))
                        .label("expected a number from -254 to 254"),
                );
            }
            out.value = i32::try_from(value).ok()?;
        }
        Some(out)
    }

    fn words(&self) -> String {
        format!("{}{}", self.value, if self.overwrite { " overwrite" } else { "" })
    }
}

/// Reads all files.
pub(in crate::config::build) fn read(cx: &mut Context<'_, '_>, sections: &[Section<'_>]) -> Vec<FileConfig> {
    declared(cx, sections, "track_file", |cx, name, block| {
        let mut config = FileConfig::new(name.value.clone(), String::new());
        let mut seen = Seen::new();
        setting::read(cx, &mut config, block, &mut seen, no_rest);
        super::require(cx, name, &seen, "file", "the path of the file, like `file /run/weight`")?;
        Some(config).filter(|config| !config.path.is_empty())
    })
}
