//! The one loop: an engine, the world it lives in, and somebody who watches.

use keepalived_core::check::{self, Checkers};
use keepalived_core::vrrp::{self, Vrrp};
use keepalived_core::{Engine, Time};
use std::io;
use std::time::Duration;

/// A timeout that is later than this means that the process was held up (a paused machine, a starved processor).
/// What arrived meanwhile is then heard before the timers run, for it came before them.
const HELD_UP: Duration = Duration::from_millis(5);

/// An engine that the loop can drive.
pub trait Driven: Engine {
    /// A deadline may have passed.
    fn timeout<'a>() -> Self::Input<'a>;

    /// Whether the engine has ended.
    fn is_end(output: &Self::Output) -> bool;
}

impl Driven for Vrrp {
    fn timeout<'a>() -> vrrp::Input<'a> {
        vrrp::Input::Timeout
    }
    fn is_end(output: &vrrp::Output) -> bool {
        matches!(output, vrrp::Output::Stopped)
    }
}

impl Driven for Checkers {
    fn timeout<'a>() -> check::Input<'a> {
        check::Input::Timeout
    }
    fn is_end(output: &check::Output) -> bool {
        matches!(output, check::Output::Stopped)
    }
}

/// What an engine lives in: the real machine, or a simulated one.
///
/// One turn of the loop is [`wait`](World::wait), [`now`](World::now), [`take`](World::take) until `None`, with
/// [`perform`](World::perform) for every output in between, [`flush`](World::flush), and the same once more for what
/// [`answer`](World::answer) gives. A world keeps these promises:
///
/// - `now` never goes backwards.
/// - `take` never blocks and ends every turn after a bounded number of inputs, however many are waiting: timers are not
///   starved by a flood. Sources are drained in turn, packets before the kernel's news, and what one source tells
///   keeps its order.
/// - `wait` returns at once when `take` ended a turn with something left. It may return early or for nothing.
/// - `perform` never blocks and never fails: what goes wrong comes back as an input of a later `take`. It may put an
///   output off until `flush`, but keeps these orders within a turn: adverts among themselves, kernel commands among
///   themselves, announcements among themselves; adverts before kernel commands before announcements.
/// - Every queue in it has a bound.
///
/// A world is used from one thread; nothing here needs `Send`.
#[allow(async_fn_in_trait, reason = "one thread: no Send bound is wanted")]
pub trait World {
    /// The engine that lives in it.
    type Engine: Driven;

    /// The time, in nanoseconds of a clock that never goes backwards and counts suspension.
    fn now(&self) -> Time;

    /// Sleeps until `deadline`, or until [`take`](World::take) may have something. Without a deadline only the latter.
    ///
    /// # Errors
    /// When the world is beyond repair; the loop ends.
    async fn wait(&mut self, deadline: Option<Time>) -> io::Result<()>;

    /// The next input that is ready; `None` ends the turn. `now` is the turn's time.
    fn take(&mut self, now: Time) -> Option<<Self::Engine as Engine>::Input<'_>>;

    /// Carries out one output, at the latest in the next [`flush`](World::flush).
    fn perform(&mut self, now: Time, output: <Self::Engine as Engine>::Output);

    /// Carries out all that [`perform`](World::perform) has put off.
    fn flush(&mut self, now: Time);

    /// The next result that [`flush`](World::flush) itself has brought about, a bounded number a turn: the kernel has carried out
    /// a command when it has taken it, and the announcement of a new address need not wait for the next turn.
    fn answer(&mut self, now: Time) -> Option<<Self::Engine as Engine>::Input<'_>> {
        let _ = now;
        None
    }
}

/// Watches the loop: the recorder, the log, the metrics.
///
/// `input` and `output` are called between a deadline and its adverts: they note and return. What takes long (writing,
/// above all) belongs into `turn_over`, when everything has been sent.
pub trait Observer<E: Engine> {
    /// `input` is about to be handled, at `now`.
    fn input(&mut self, now: Time, input: &E::Input<'_>) {
        let _ = (now, input);
    }

    /// The engine has answered with `output`, which is about to be performed.
    fn output(&mut self, now: Time, output: &E::Output) {
        let _ = (now, output);
    }

    /// A turn is over and everything is sent. `engine` is as the last input left it: the place for a snapshot.
    fn turn_over(&mut self, now: Time, engine: &E) {
        let _ = (now, engine);
    }
}

/// Nobody watches.
impl<E: Engine> Observer<E> for () {}

/// Runs `engine` in `world` until its last output, which a wish to stop from the world brings about.
///
/// Dropping the future between two turns loses nothing: [`World::wait`] is the only place where it waits.
///
/// # Errors
/// Those of [`World::wait`].
pub async fn run<W, O>(engine: &mut W::Engine, world: &mut W, observer: &mut O) -> io::Result<()>
where
    W: World,
    O: Observer<W::Engine>,
{
    loop {
        world.wait(engine.deadline()).await?;
        let now = world.now();
        let mut stopped = false;
        let lateness = lateness(engine, now);
        if lateness.is_some_and(|late| late <= HELD_UP) {
            observer.input(now, &W::Engine::timeout());
            engine.handle(now, W::Engine::timeout());
            stopped |= drain(engine, world, observer, now);
        }
        loop {
            let Some(input) = world.take(now) else { break };
            observer.input(now, &input);
            engine.handle(now, input);
            stopped |= drain(engine, world, observer, now);
        }
        if lateness.is_some_and(|late| late > HELD_UP) {
            observer.input(now, &W::Engine::timeout());
            engine.handle(now, W::Engine::timeout());
            stopped |= drain(engine, world, observer, now);
        }
        world.flush(now);
        let mut answered = false;
        loop {
            let Some(input) = world.answer(now) else { break };
            observer.input(now, &input);
            engine.handle(now, input);
            stopped |= drain(engine, world, observer, now);
            answered = true;
        }
        if answered {
            world.flush(now);
        }
        observer.turn_over(now, engine);
        if stopped {
            return Ok(());
        }
    }
}

/// How long the engine has been waiting for a timeout; `None` while none is due.
fn lateness(engine: &impl Engine, now: Time) -> Option<Duration> {
    engine.deadline().filter(|&at| at <= now).map(|at| now.since(at))
}

/// Performs all that the engine asks; true when that includes the end.
fn drain<W, O>(engine: &mut W::Engine, world: &mut W, observer: &mut O, now: Time) -> bool
where
    W: World,
    O: Observer<W::Engine>,
{
    let mut stopped = false;
    while let Some(output) = engine.poll() {
        observer.output(now, &output);
        stopped |= W::Engine::is_end(&output);
        world.perform(now, output);
    }
    stopped
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepalived_core::kernel::Errno;
    use keepalived_core::net::IfIndex;
    use keepalived_core::vrrp::{Input, Output};
    use std::cell::Cell;
    use std::collections::VecDeque;

    /// Answers the failure to send on interface `n` with a deadline at `n` seconds, and the one on interface 0 with the end.
    #[derive(Default)]
    struct Tiny {
        deadline: Option<Time>,
        out: VecDeque<Output>,
    }

    impl Engine for Tiny {
        type Input<'a> = Input<'a>;
        type Output = Output;

        fn handle(&mut self, _: Time, input: Input<'_>) {
            match input {
                Input::Timeout => self.deadline = None,
                Input::SendFailed { index: IfIndex(0), .. } => self.out.push_back(Output::Stopped),
                Input::SendFailed { index, .. } => self.deadline = Some(Time::from_secs(index.0.into())),
                _ => {}
            }
        }
        fn poll(&mut self) -> Option<Output> {
            self.out.pop_front()
        }
        fn deadline(&self) -> Option<Time> {
            self.deadline
        }
    }

    impl Driven for Tiny {
        fn timeout<'a>() -> Input<'a> {
            Input::Timeout
        }
        fn is_end(output: &Output) -> bool {
            *output == Output::Stopped
        }
    }

    /// Each turn has a time and its inputs.
    struct Script {
        turns: VecDeque<(Time, Vec<u32>)>,
        now: Cell<Time>,
        inputs: VecDeque<u32>,
        flushed: u32,
    }

    impl World for Script {
        type Engine = Tiny;

        fn now(&self) -> Time {
            self.now.get()
        }
        async fn wait(&mut self, _: Option<Time>) -> io::Result<()> {
            let (now, inputs) = self.turns.pop_front().ok_or(io::ErrorKind::UnexpectedEof)?;
            self.now.set(now);
            self.inputs = inputs.into();
            Ok(())
        }
        fn take(&mut self, _: Time) -> Option<Input<'_>> {
            self.inputs.pop_front().map(|n| Input::SendFailed { index: IfIndex(n), errno: Errno::ENODEV })
        }
        fn perform(&mut self, _: Time, _: Output) {}
        fn flush(&mut self, _: Time) {
            self.flushed += 1;
        }
    }

    /// Inputs as the engine saw them, timeouts as `None`.
    #[derive(Default)]
    struct Seen(Vec<(Time, Option<u32>)>);

    impl Observer<Tiny> for Seen {
        fn input(&mut self, now: Time, input: &Input<'_>) {
            self.0.push(match input {
                Input::SendFailed { index, .. } => (now, Some(index.0)),
                _ => (now, None),
            });
        }
    }

    /// Milliseconds, and an interface number or a timeout.
    type Story = Vec<(u64, Option<u32>)>;

    fn tell(turns: &[(u64, &[u32])]) -> (io::Result<()>, Story, u32) {
        let turns = turns.iter().map(|(millis, inputs)| (Time::from_millis(*millis), inputs.to_vec())).collect();
        let mut world = Script { turns, now: Cell::new(Time::ZERO), inputs: VecDeque::new(), flushed: 0 };
        let mut seen = Seen::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let result = runtime.block_on(run(&mut Tiny::default(), &mut world, &mut seen));
        let seen = seen.0.into_iter().map(|(at, input)| (at.as_nanos() / 1_000_000, input)).collect();
        (result, seen, world.flushed)
    }

    #[test]
    fn a_timeout_goes_before_the_packets_of_its_turn() {
        let (result, seen, flushed) = tell(&[(0, &[1]), (500, &[]), (1001, &[7, 0])]);
        assert!(result.is_ok());
        assert_eq!(seen, [(0, Some(1)), (1001, None), (1001, Some(7)), (1001, Some(0))]);
        assert_eq!(flushed, 3);
    }

    #[test]
    fn after_a_pause_what_had_arrived_is_heard_first() {
        let (_, seen, _) = tell(&[(0, &[1]), (2000, &[9, 0])]);
        assert_eq!(seen, [(0, Some(1)), (2000, Some(9)), (2000, Some(0)), (2000, None)]);
    }

    #[test]
    fn the_loop_ends_with_its_world() {
        let (result, seen, _) = tell(&[(0, &[1])]);
        assert!(result.is_err());
        assert_eq!(seen, [(0, Some(1))]);
    }
}
