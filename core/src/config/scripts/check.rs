//! The scripts of a configuration against what the machine says: diagnostics, and who cannot run is taken out.

use super::facts::{Broken, Facts, Identity, Kind, NoUser, PathFacts, Runner, USUAL_USER};
use super::rules::{Flaw, Power, Weakness, flaw};
use super::visit::{Use, retain};
use crate::config::model::{Config, Global, Script};
use crate::config::{Diagnostic, Parsed, Source, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Codes of diagnostics about security. `-t` ends with another status for them.
pub const SECURITY: [&str; 2] = ["script-insecure", "script-security"];

/// What the driver has to find out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// Who are these?
    pub runners: BTreeSet<Runner>,
    /// How are the ways to these absolute paths?
    pub paths: BTreeSet<String>,
}

/// What there is to find out about the scripts of `config`. `search`: the directories of `PATH`.
#[must_use]
pub fn questions(config: &mut Config, search: &[String]) -> Questions {
    let global = config.global.clone();
    let mut questions = Questions::default();
    retain(config, &mut |script, usage| {
        if !usage.is_file(script) {
            questions.runners.insert(global.runner(script.user.as_ref()));
            questions.paths.extend(candidates(program(script), search));
        }
        true
    });
    questions
}

/// The paths at which a program may be, in order. A relative path begins at `/`, where the daemon works.
#[must_use]
pub fn candidates(program: &str, search: &[String]) -> Vec<String> {
    if program.starts_with('/') {
        vec![program.to_owned()]
    } else if program.contains('/') {
        vec![format!("/{program}")]
    } else {
        search.iter().map(|directory| format!("{}/{program}", directory.trim_end_matches('/'))).collect()
    }
}

/// Judges every script of `parsed`, which is what `source` says. What cannot be run, and with `enable_script_security` what others than root can change, is taken out of the
/// configuration, as the C version does. Programs become absolute paths: they are run as they were found.
pub fn check(parsed: &mut Parsed, source: &Source, facts: &Facts) {
    let global = parsed.config.global.clone();
    let mut cases: BTreeMap<(String, Runner), Case> = BTreeMap::new();
    let mut running: (usize, Option<Span>) = (0, None);
    retain(&mut parsed.config, &mut |script, usage| {
        if usage.is_file(script) {
            return true;
        }
        let runner = global.runner(script.user.as_ref());
        let known = matches!(facts.runners.get(&runner), Some(Ok(_)));
        let of = if known { program(script).to_owned() } else { String::new() };
        let user = runner.named.as_ref().and_then(|named| named.at.span()).filter(|_| !known);
        let place = user.or(script.at.span());
        let case = cases.entry((of, runner.clone())).or_insert_with(|| judge(script, &runner, facts, &global));
        case.count += 1;
        if case.places.last() != place.as_ref() {
            case.places.extend(place);
        }
        case.usage.get_or_insert(usage);
        let kept = case.path.is_some();
        if kept && case.exists {
            running.0 += 1;
            running.1 = running.1.into_iter().chain(script.at.span()).min_by_key(order);
        }
        if let (Some(path), Some(first)) = (&case.path, script.argv.first_mut()) {
            first.clone_from(path);
        }
        kept
    });
    let mut found: Vec<Diagnostic> = cases.into_values().filter_map(Case::diagnostic).collect();
    if let (count @ 1.., Some(first)) = running
        && !global.script_security
    {
        found.push(unguarded(count, first));
    }
    parsed.add(found, source);
}

fn order(span: &Span) -> (usize, usize) {
    (span.file(), span.start())
}

fn program(script: &Script) -> &str {
    script.argv.first().map_or("", String::as_str)
}

/// The C version says this of every configuration that runs scripts, and `-t` ends with 6.
fn unguarded(count: usize, first: Span) -> Diagnostic {
    let label = if count == 1 { "this one".to_owned() } else { format!("the first of {count}") };
    Diagnostic::warning("script-security", first, "scripts are run, and `enable_script_security` is not set")
        .label(label)
        .note("a script that others than root can change is run all the same")
        .help("write `enable_script_security` into `global_defs`, and who runs scripts as `script_user`")
}

/// What is to be said of a program and who runs it, wherever they are named.
struct Case {
    /// Where it is run; `None`: it is not.
    path: Option<String>,
    /// There is such a program.
    exists: bool,
    problem: Option<Problem>,
    places: Vec<Span>,
    count: usize,
    usage: Option<Use>,
}

#[derive(Default)]
struct Problem {
    code: &'static str,
    message: String,
    label: String,
    note: Option<String>,
    help: Option<String>,
}

impl Case {
    fn diagnostic(mut self) -> Option<Diagnostic> {
        const SHOWN: usize = 3;
        self.places.sort_unstable_by_key(order);
        let problem = self.problem?;
        let (first, others) = self.places.split_first()?;
        let mut diagnostic = Diagnostic::warning(problem.code, *first, problem.message).label(problem.label);
        diagnostic.others = self.count.saturating_sub(1);
        for other in others.iter().take(SHOWN) {
            diagnostic = diagnostic.also(*other, "and here");
        }
        if let Some(more) = others.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            diagnostic = diagnostic.note(format!("and in {more} more places"));
        }
        if self.path.is_none() {
            diagnostic = diagnostic.note(self.usage.map_or("", Use::effect));
        }
        if let Some(note) = problem.note {
            diagnostic = diagnostic.note(note);
        }
        match problem.help {
            Some(help) => Some(diagnostic.help(help)),
            None => Some(diagnostic),
        }
    }
}

fn judge(script: &Script, runner: &Runner, facts: &Facts, global: &Global) -> Case {
    let program = program(script);
    let mut case = Case {
        path: Some(program.to_owned()),
        exists: false,
        problem: None,
        places: Vec::new(),
        count: 0,
        usage: None,
    };
    let who = match facts.runners.get(runner) {
        // Nobody has looked.
        None => return case,
        Some(Err(error)) => {
            case.path = None;
            case.problem = Some(nobody(runner, error, script.user.is_some()));
            return case;
        }
        Some(Ok(who)) => who,
    };
    let ways: Vec<&PathFacts> =
        candidates(program, &facts.search).iter().filter_map(|path| facts.paths.get(path)).collect();
    let runs = |way: &&&PathFacts| matches!(flaw(way, who), None | Some(Flaw::Weak(..)));
    let is_there = |way: &&&PathFacts| way.broken.is_none();
    let Some(way) = ways.iter().find(runs).or_else(|| ways.iter().find(is_there)).or(ways.first()) else {
        if !program.contains('/') {
            case.path = None;
            case.problem = Some(nowhere(program, facts));
        }
        return case;
    };
    case.exists = is_there(&way);
    case.path = Some(way.path.clone());
    if !case.exists && !program.contains('/') {
        case.path = None;
        case.problem = Some(nowhere(program, facts));
        return case;
    }
    match flaw(way, who) {
        None if program.starts_with('/') => {}
        None => case.problem = Some(searched(program, &way.path)),
        Some(weak @ Flaw::Weak(..)) => {
            case.problem = Some(describe(&weak, &way.path, who, facts));
            if global.script_security {
                case.path = None;
            } else if let Some(problem) = &mut case.problem {
                problem.note = Some("it is run all the same; `enable_script_security` would forbid it".to_owned());
            }
        }
        Some(flaw) => {
            case.path = None;
            case.problem = Some(describe(&flaw, &way.path, who, facts));
            if let Some(problem) = case.problem.as_mut().filter(|_| !program.starts_with('/')) {
                problem.help =
                    Some("write the full path: a relative one begins at `/`, where the daemon works".to_owned());
            }
        }
    }
    case
}

fn nobody(runner: &Runner, error: &NoUser, own: bool) -> Problem {
    let mut problem = Problem { code: "unknown-user", message: error.to_string(), ..Problem::default() };
    if runner.named.is_none() {
        problem.message = "nobody is named to run this script".to_owned();
        problem.label = format!("{USUAL_USER} would, but {error}");
        problem.note = Some("with `enable_script_security` it is not run by root instead".to_owned());
        problem.help = Some("name somebody by `script_user` in `global_defs`".to_owned());
    } else {
        problem.label = if own { "who runs the script" } else { "who runs all scripts that name nobody" }.to_owned();
        problem.help = own.then(|| {
            "put the command and its arguments in quotes together, if this is an argument and not a user".to_owned()
        });
    }
    problem
}

fn nowhere(program: &str, facts: &Facts) -> Problem {
    Problem {
        code: "script-missing",
        message: format!("there is no `{program}` in PATH"),
        label: format!("looked for in {}", facts.search.join(", ")),
        help: Some("write the full path".to_owned()),
        ..Problem::default()
    }
}

fn searched(program: &str, path: &str) -> Problem {
    let (message, label) = if program.contains('/') {
        (format!("`{program}` is not a full path"), format!("`{path}` is run: the daemon works in `/`"))
    } else {
        (format!("`{program}` is looked for in PATH"), format!("`{path}` is run"))
    };
    Problem {
        code: "script-search",
        message,
        label,
        help: Some(format!("write `{path}`")),
        note: Some("in another environment it may be another one, or none".to_owned()),
    }
}

/// A flaw as a sentence, with the part of the path that it is about.
fn describe(flaw: &Flaw<'_>, path: &str, who: &Identity, facts: &Facts) -> Problem {
    let names = &facts.names;
    let user = names.user(who.uid);
    let problem = |code, message: String, label: String| Problem { code, message, label, ..Problem::default() };
    match flaw {
        Flaw::Broken(at, broken) => {
            let label = match broken {
                Broken::Missing if *at == path => "no such file".to_owned(),
                Broken::Missing => format!("`{at}` does not exist"),
                Broken::NotADirectory => format!("`{at}` is not a directory"),
                Broken::Loop => format!("the links at `{at}` lead to each other"),
                Broken::Denied => format!("`{at}` cannot be looked at: permission denied"),
                Broken::Failed(reason) => format!("`{at}` cannot be looked at: {reason}"),
            };
            match broken {
                Broken::Denied | Broken::Failed(_) => Problem {
                    help: Some("root may be able to tell more".to_owned()),
                    ..problem("script-missing", format!("`{path}` cannot be found"), label)
                },
                _ => problem("script-missing", format!("`{path}` does not exist"), label),
            }
        }
        Flaw::Closed(part) => problem(
            "script-unusable",
            format!("user {user} cannot reach `{path}`"),
            format!("`{}` is closed to {user}: {}", part.path, permissions(part, facts)),
        ),
        Flaw::NotAFile(part) => {
            let kind = match part.kind {
                Kind::Directory => "a directory",
                Kind::Other(kind) => kind,
                Kind::File | Kind::Link => "a link",
            };
            problem("script-unusable", format!("`{path}` is not a program"), format!("it is {kind}"))
        }
        Flaw::NotExecutable(part) => problem(
            "script-unusable",
            format!("`{path}` is not executable for user {user}"),
            format!("{} is {}", if part.path == path { "it" } else { &part.path }, permissions(part, facts)),
        ),
        Flaw::Weak(part, weakness, power) => {
            let (owner, group) = (names.user(part.uid), names.group(part.gid));
            let (message, help) = match weakness {
                Weakness::Owner => (format!("belongs to user {owner}"), "chown root"),
                Weakness::Group => (format!("is writable by group {group}"), "chmod g-w"),
                Weakness::Everybody => ("is writable by everybody".to_owned(), "chmod o-w"),
            };
            let how = match power {
                Power::Runner => "root runs it",
                Power::SetUser => "it takes root's rights (set-user-ID)",
                Power::SetGroup => "it takes the rights of root's group (set-group-ID)",
            };
            let what = if part.path == path { String::new() } else { format!(", the way to `{path}`") };
            Problem {
                help: Some(format!("`{help} {}`, or name another user to run it", part.path)),
                ..problem(
                    "script-insecure",
                    format!("`{}` {message}{what}", part.path),
                    format!("{how}, so others could become root"),
                )
            }
        }
    }
}

fn permissions(part: &super::facts::Part, facts: &Facts) -> String {
    let (user, group) = (facts.names.user(part.uid), facts.names.group(part.gid));
    format!("mode {:04o}, user {user}, group {group}", part.mode)
}
