use super::check::{candidates, check, questions};
use super::facts::{Broken, Facts, Identity, Kind, Names, NoUser, Part, PathFacts};
use super::rules::{Flaw, Power, Weakness, flaw, may_execute, weakness};
use super::visit::retain;
use crate::config::keywords::{self, Arg};
use crate::config::{Parsed, Secrets, Source, parse, print};
use quickcheck::{Arbitrary, Gen, quickcheck};

impl Arbitrary for Part {
    fn arbitrary(g: &mut Gen) -> Self {
        let kind =
            *g.choose(&[Kind::Directory, Kind::File, Kind::Link, Kind::Other("a socket")]).unwrap_or(&Kind::File);
        let id = |g: &mut Gen| g.choose(&[0, 0, 7]).copied().unwrap_or(0);
        // Most permissions are usual ones.
        let mode = g.choose(&[0o755, 0o755, 0o700, 0o777, 0o775, 0o1777, 0o4755]).copied().unwrap_or(0);
        let odd = u32::from(u16::arbitrary(g)) & 0o7777;
        let mode = if bool::arbitrary(g) && bool::arbitrary(g) { odd } else { mode };
        Part { path: format!("/{}", u8::arbitrary(g)), kind, uid: id(g), gid: id(g), mode, acl: false }
    }
}

impl Arbitrary for Identity {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut id = || g.choose(&[0, 7, 8]).copied().unwrap_or(0);
        Identity { uid: id(), gid: id(), groups: vec![id()] }
    }
}

/// A way that ends at an executable file.
fn way(mut parts: Vec<Part>) -> PathFacts {
    for (at, part) in parts.iter_mut().enumerate() {
        part.path = format!("/{at}");
        part.mode |= 0o111;
    }
    let end = Part { kind: Kind::File, ..directory("/end", 0o755) };
    let path = "/end".to_owned();
    PathFacts { path, parts: parts.into_iter().chain([end]).collect(), broken: None }
}

fn directory(path: &str, mode: u32) -> Part {
    Part { path: path.to_owned(), kind: Kind::Directory, uid: 0, gid: 0, mode, acl: false }
}

const ROOT: Identity = Identity { uid: 0, gid: 0, groups: Vec::new() };
const NOBODY: Identity = Identity { uid: 7, gid: 7, groups: Vec::new() };

quickcheck! {
    /// A way is as weak as its weakest part, and the first such part is named.
    fn a_way_is_weak_where_a_part_is(parts: Vec<Part>) -> bool {
        let way = way(parts);
        let first = way.parts.iter().find(|part| weakness(part).is_some());
        match (flaw(&way, &ROOT), first) {
            (None, None) => true,
            (Some(Flaw::Weak(part, _, Power::Runner)), Some(first)) => part == first,
            _ => false,
        }
    }

    /// To take permissions away, or to give a part to root, never makes it weak.
    fn less_is_never_weaker(part: Part, kept: u16) -> bool {
        let less = Part { mode: part.mode & (u32::from(kept) | 0o1000), ..part.clone() };
        let owned = Part { uid: 0, gid: 0, ..part.clone() };
        let order = |part: &Part| weakness(part).map_or(0, |weakness| match weakness {
            Weakness::Group => 1,
            Weakness::Everybody => 2,
            Weakness::Owner => 3,
        });
        order(&less) <= order(&part) && order(&owned) <= order(&part)
    }

    /// What everybody may write to is weak, unless it is a link or a sticky directory of root's.
    fn what_is_open_is_weak(part: Part) -> bool {
        let open = Part { mode: part.mode | 0o002, ..part.clone() };
        let excused = part.kind == Kind::Link || part.kind == Kind::Directory && part.mode & 0o1000 != 0;
        weakness(&open).is_some() || excused && part.uid == 0
    }

    /// Who has none of root's rights cannot give them away.
    fn who_is_not_root_is_never_weak(parts: Vec<Part>, who: Identity) -> bool {
        let weak = matches!(flaw(&way(parts), &who), Some(Flaw::Weak(..)));
        !weak || who.is_root()
    }

    /// A flaw names a part of the way, and none is found where everything is open to everybody and belongs to root.
    fn flaws_are_on_the_way(parts: Vec<Part>, who: Identity) -> bool {
        let facts = PathFacts { path: "/x".into(), parts, broken: None };
        match flaw(&facts, &who) {
            Some(Flaw::Closed(p) | Flaw::NotAFile(p) | Flaw::NotExecutable(p) | Flaw::Weak(p, ..)) => facts.parts.contains(p),
            Some(Flaw::Broken(..)) => false,
            None => facts.parts.last().is_none_or(|end| end.kind == Kind::File && may_execute(end, &who)),
        }
    }
}

#[test]
fn programs_that_take_roots_rights_themselves_count() {
    let mut facts = way(vec![directory("/", 0o777)]);
    assert_eq!(flaw(&facts, &NOBODY), None);
    facts.parts[1].mode = 0o4755;
    assert!(matches!(flaw(&facts, &NOBODY), Some(Flaw::Weak(_, Weakness::Everybody, Power::SetUser))));
    facts.parts[1].mode = 0o2755;
    assert!(matches!(flaw(&facts, &NOBODY), Some(Flaw::Weak(_, Weakness::Everybody, Power::SetGroup))));
    facts.parts[1].uid = 7;
    facts.parts[1].mode = 0o4755;
    assert_eq!(flaw(&facts, &NOBODY), None, "it takes the rights of user 7");
}

#[test]
fn an_access_list_lets_in_who_the_mode_does_not_name() {
    let facts = way(vec![Part { acl: true, ..directory("/", 0o710) }]);
    assert!(matches!(
        flaw(&PathFacts { parts: vec![directory("/", 0o710), facts.parts[1].clone()], ..facts.clone() }, &NOBODY),
        Some(Flaw::Closed(_))
    ));
    assert!(
        flaw(
            &PathFacts { parts: vec![Part { acl: true, ..directory("/", 0o710) }, facts.parts[1].clone()], ..facts },
            &NOBODY
        )
        .is_none()
    );
}

#[test]
fn programs_are_looked_for_in_the_same_places() {
    let search = ["/bin".to_owned(), "/usr/bin/".to_owned()];
    assert_eq!(candidates("/a/b", &search), ["/a/b"]);
    assert_eq!(candidates("a/b", &search), ["/a/b"]);
    assert_eq!(candidates("b", &search), ["/bin/b", "/usr/bin/b"]);
    assert!(candidates("b", &[]).is_empty());
}

const USERS: &str = "\
global_defs {
 script_user root
}
";

fn judged(text: &str, facts: impl FnOnce(&mut Facts)) -> Parsed {
    let source = Source::single("test", format!("{USERS}{text}"));
    let mut parsed = parse(&source);
    let asked = questions(&mut parsed.config, &[]);
    let mut known = Facts { names: Names::default(), ..Facts::default() };
    for runner in asked.runners {
        known.runners.insert(runner, Ok(ROOT));
    }
    for path in asked.paths {
        known.paths.insert(path.clone(), PathFacts { path, ..way(Vec::new()) });
    }
    facts(&mut known);
    check(&mut parsed, &source, &known);
    parsed
}

fn instances(count: u8, script: &str) -> String {
    let instance = |n| {
        format!(
            "vrrp_instance VI_{n} {{\n interface eth0\n virtual_router_id {n}\n virtual_ipaddress {{\n 10.0.0.{n}\n }}\n \
             notify \"{script}\"\n}}\n"
        )
    };
    (1..=count).map(instance).collect()
}

#[test]
fn one_cause_is_one_diagnostic_with_its_places() {
    let parsed = judged(&instances(10, "/etc/notify.sh x"), |facts| {
        let way = facts.paths.get_mut("/etc/notify.sh").unwrap();
        way.parts[0].mode = 0o644;
    });
    let [only] = &parsed.diagnostics[..] else { panic!("{:?}", parsed.diagnostics) };
    assert_eq!((only.code, only.also.len()), ("script-unusable", 3));
    assert!(only.notes.iter().any(|note| note.contains("in 6 more places")), "{only:?}");
    assert!(parsed.config.instances.iter().all(|instance| instance.notify.any.is_none()));
    let parsed = judged(&instances(10, "/etc/notify.sh x"), |_| {});
    let [only] = &parsed.diagnostics[..] else { panic!("{:?}", parsed.diagnostics) };
    assert_eq!((only.code, only.label.as_str()), ("script-security", "the first of 10"));
}

#[test]
fn nobody_to_run_them_is_told_where_somebody_was_named() {
    let parsed = judged(&instances(3, "/etc/notify.sh"), |facts| {
        for who in facts.runners.values_mut() {
            *who = Err(NoUser::User("root".into()));
        }
    });
    let [only] = &parsed.diagnostics[..] else { panic!("{:?}", parsed.diagnostics) };
    assert_eq!((only.code, only.span.start()), ("unknown-user", USERS.find("root").unwrap()));
    assert!(parsed.config.instances.iter().all(|instance| instance.notify.any.is_none()));
}

#[test]
fn expansions_are_told_of() {
    let text = "$CHECK=\"/etc/none x\"\nvrrp_script chk {\n script $CHECK\n}\n";
    let parsed = judged(text, |facts| {
        for way in facts.paths.values_mut() {
            way.broken = Some((way.path.clone(), Broken::Missing));
        }
    });
    let missing: Vec<_> = parsed.diagnostics.iter().filter(|diagnostic| diagnostic.code == "script-missing").collect();
    let notes: Vec<&str> = missing.iter().flat_map(|diagnostic| &diagnostic.notes).map(String::as_str).collect();
    assert!(notes.iter().any(|note| note.contains("expansion of `$CHECK`")), "{missing:?}");
}

#[test]
fn ten_thousand_scripts() {
    let source = Source::single("test", instances(1, "/etc/notify.sh"));
    let mut parsed = parse(&source);
    let [one] = &parsed.config.instances[..] else { panic!("{:?}", parsed.diagnostics) };
    let of = |n: usize| {
        let mut instance = one.clone();
        let script = instance.notify.any.as_mut().unwrap();
        script.argv = vec![format!("/etc/notify/{n}")];
        instance
    };
    parsed.config.instances = (0..10_000).map(of).collect();
    let asked = questions(&mut parsed.config, &[]);
    let mut facts = Facts::default();
    facts.runners.extend(asked.runners.into_iter().map(|runner| (runner, Ok(ROOT))));
    let odd = |path: &str| path.ends_with(['1', '3', '5', '7', '9']);
    facts.paths.extend(asked.paths.into_iter().map(|path| {
        let broken = odd(&path).then(|| (path.clone(), Broken::Missing));
        (path.clone(), PathFacts { path, broken, ..way(Vec::new()) })
    }));
    check(&mut parsed, &source, &facts);
    let missing = parsed.diagnostics.iter().filter(|diagnostic| diagnostic.code == "script-missing").count();
    let left = parsed.config.instances.iter().filter(|instance| instance.notify.any.is_some()).count();
    assert_eq!((missing, left, parsed.diagnostics.len()), (5000, 5000, 5001));
}

/// No keyword that takes a command may be forgotten: neither is its script looked at nor taken out then.
#[test]
fn every_script_of_the_table_is_visited() {
    let takes_one = |arg| matches!(arg, Arg::Script | Arg::Command | Arg::Optional(Arg::Script));
    let server = |inside: &str| format!("virtual_server 10.1.0.100 80 {{\n{inside}}}\n");
    for keyword in keywords::all().filter(|keyword| takes_one(keyword.arg)) {
        let line = format!(" {} \"/there/is/none\"\n", keyword.name);
        let text = match keyword.block {
            keywords::GLOBAL => format!("global_defs {{\n{line}}}\n"),
            keywords::INSTANCE => instances(1, "/x").replace(" notify \"/x\"\n", &line),
            keywords::SYNC_GROUP => {
                format!("{}vrrp_sync_group G {{\n group {{\n VI_1\n }}\n{line}}}\n", instances(1, "/x"))
            }
            keywords::SCRIPT => {
                let tracked = instances(1, "/x").replace(" notify \"/x\"\n", " track_script {\n chk\n }\n");
                format!("vrrp_script chk {{\n{line}}}\n{tracked}")
            }
            keywords::VIRTUAL_SERVER => server(&format!("{line} real_server 10.1.0.1 80 {{\n }}\n")),
            keywords::REAL_SERVER => server(&format!(" real_server 10.1.0.1 80 {{\n{line} }}\n")),
            keywords::MISC_CHECK => server(&format!(" real_server 10.1.0.1 80 {{\n MISC_CHECK {{\n{line} }}\n }}\n")),
            other => panic!("a text with `{}` in `{other}` is wanted", keyword.name),
        };
        let mut parsed = parse(&Source::single("test", text));
        let asked = questions(&mut parsed.config, &[]);
        assert!(asked.paths.contains("/there/is/none"), "{}/{}: {:?}", keyword.block, keyword.name, parsed.diagnostics);
        retain(&mut parsed.config, &mut |_, _| false);
        let left = print(&parsed.config, Secrets::Hide);
        assert!(!left.contains("/there/is/none") && !left.contains("chk"), "{left}");
        assert!(parse(&Source::single("left", left)).is_usable());
    }
}
