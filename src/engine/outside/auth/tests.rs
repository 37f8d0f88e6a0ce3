use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use jiff::SignedDuration;

use super::*;
use crate::config::Paths;
use crate::connectors::world::oauth::{Grants, OauthDouble};
use crate::connectors::world::{Fault, FaultRule, When, World, WorldOptions};
use crate::domain::service::Service;
use crate::engine::handle::Engine;
use crate::engine::queries::accounts::AccountStanding;
use crate::engine::{Asking, Said};
use crate::env::{Clock, Env};

const GOOGLE: Provider = Provider::Google;

#[derive(Debug, Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct Place {
    folder: tempfile::TempDir,
    clock: Arc<Hands>,
    grants: Grants,
    world: World,
}

impl Place {
    fn new() -> Self {
        Self::with("")
    }

    /// One that is configured further.
    fn with(more: &str) -> Self {
        let clock = Arc::new(Hands::default());
        let grants = Grants::new(GOOGLE);
        let options = WorldOptions {
            clock: clock.clone(),
            ..WorldOptions::default()
        };
        let double = OauthDouble::new(grants.clone());
        let world = World::start(options, vec![Arc::new(Mutex::new(double))]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "{}\ngmail_url = {:?}\nbackoff_millis = 1\n[secrets]\nbackend = \"file\"\n{more}",
            world.config_lines(),
            world.base()
        );
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        Self {
            folder,
            clock,
            grants,
            world,
        }
    }

    /// Another process, as far as the tokens are concerned.
    fn engine(&self) -> Engine {
        let env = Env::new(self.clock.clone(), 7);
        let engine = Engine::create(env, Paths::in_folder(self.folder.path())).unwrap();
        engine
            .ask_passphrase_with(|_| Some(Secret::new("open sesame")))
            .unwrap();
        engine
    }

    fn sign_in(&self) -> Engine {
        let engine = self.engine();
        self.try_to_sign_in(&engine).unwrap();
        self.world.forget();
        engine
    }

    fn try_to_sign_in(&self, engine: &Engine) -> crate::engine::error::Result<()> {
        engine
            .keep_client_secret(GOOGLE, &Secret::new("world-client-secret"))
            .unwrap();
        let asking = Asking {
            wait: Duration::from_secs(20),
            mail_server: false,
            port: None,
            pasted: None,
            interrupt: &Arc::new(AtomicBool::new(false)),
        };
        engine
            .sign_in(GOOGLE, &asking, &mut |said| {
                if let Said::Open(url) = said {
                    std::thread::spawn(move || reqwest::blocking::get(url));
                }
            })
            .map(drop)
    }

    fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn token(&self, engine: &Engine) -> Result<Secret, CallError> {
        engine.outside().access_token(GOOGLE)
    }

    fn is_good(&self, token: &Secret) -> bool {
        self.grants
            .scopes_of(token.expose(), self.clock.now())
            .is_some()
    }

    fn asked(&self) -> usize {
        self.world
            .requests()
            .iter()
            .filter(|r| r.path == "/token")
            .count()
    }
}

#[test]
fn a_token_is_refreshed_at_four_fifths_of_its_life_and_not_before() {
    let place = Place::new();
    let engine = place.sign_in();
    let first = place.token(&engine).unwrap();
    place.pass(2800);
    assert_eq!(place.token(&engine).unwrap(), first);
    assert_eq!(place.asked(), 0);
    place.pass(100);
    let second = place.token(&engine).unwrap();
    assert_ne!(second, first);
    assert!(place.is_good(&second));
    assert_eq!(place.asked(), 1);
    let account = engine.outside().account(GOOGLE).unwrap();
    assert_eq!(account.refreshed_at, Some(engine.now()));
}

#[test]
fn two_processes_refresh_one_token_once() {
    let place = Place::new();
    let engines = [place.sign_in(), place.engine(), place.engine()];
    place.grants.rotate(true);
    place.pass(3000);
    let tokens: Vec<Secret> = std::thread::scope(|threads| {
        let handles: Vec<_> = engines
            .iter()
            .map(|engine| threads.spawn(|| place.token(engine).unwrap()))
            .collect();
        handles.into_iter().map(|h| h.join().unwrap()).collect()
    });
    assert!(tokens.iter().all(|t| *t == tokens[0] && place.is_good(t)));
    assert_eq!(place.grants.refreshes(), 1);
}

#[test]
fn a_refresh_token_that_rotates_is_kept_before_it_is_needed() {
    let place = Place::new();
    let engine = place.sign_in();
    place.grants.rotate(true);
    for _ in 0..3 {
        place.pass(3500);
        // Each time a process that has nothing in memory.
        assert!(place.is_good(&place.token(&place.engine()).unwrap()));
    }
    assert_eq!(place.grants.refreshes(), 3);
    place.pass(60);
    assert!(place.is_good(&place.token(&engine).unwrap()));
}

#[test]
fn a_refused_token_is_refreshed_once_and_anothers_refresh_is_taken() {
    let place = Place::new();
    let (one, other) = (place.sign_in(), place.engine());
    let stale = place.token(&one).unwrap();
    assert_eq!(place.token(&other).unwrap(), stale);
    place.grants.expire_all();
    let fresh = one.outside().refresh_token(GOOGLE, &stale).unwrap();
    assert!(place.is_good(&fresh));
    assert_eq!(
        other.outside().refresh_token(GOOGLE, &stale).unwrap(),
        fresh
    );
    assert_eq!(place.grants.refreshes(), 1);
}

#[test]
fn a_lost_sign_in_is_explained_and_never_asked_for_again() {
    let place = Place::new();
    let engine = place.sign_in();
    place.grants.withdraw_all();
    place.pass(7 * 24 * 3600);
    for engine in [&engine, &engine, &place.engine()] {
        let error = place.token(engine).unwrap_err();
        assert_eq!(error.kind, CallErrorKind::SignedOut);
        for word in [
            "invalid_grant",
            "Testing status",
            "7 days",
            "caseyos auth login google",
        ] {
            assert!(error.message.contains(word), "{}", error.message);
        }
    }
    assert_eq!(place.asked(), 1);
    let states = engine.accounts().unwrap();
    assert_eq!(states[0].standing, AccountStanding::Broken);
    assert!(states[0].problem.contains("Testing"));
    // Signing in again mends it, for those that saw it break too.
    let again = place.sign_in();
    assert!(place.is_good(&place.token(&again).unwrap()));
    assert!(place.is_good(&place.token(&engine).unwrap()));
    assert_eq!(
        engine.accounts().unwrap()[0].standing,
        AccountStanding::Fine
    );
}

#[test]
fn a_token_that_still_holds_is_used_while_refreshing_fails() {
    let place = Place::new();
    let engine = place.sign_in();
    let first = place.token(&engine).unwrap();
    place
        .world
        .harm(FaultRule::on("/token", Fault::status(503)).times(0));
    place.pass(3000);
    assert_eq!(place.token(&engine).unwrap(), first);
    place.pass(700);
    // While the old one is good nobody waits for a new one; then it is worth some tries.
    assert_eq!(place.asked(), 1);
    let error = place.token(&engine).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Server);
    assert_eq!(error.fate, Fate::NotSent);
    assert_eq!(place.asked(), 5);
    // Five failures in a row are enough: it is left alone for a minute, by other processes too.
    for engine in [&engine, &place.engine()] {
        let error = place.token(engine).unwrap_err();
        assert_eq!(error.kind, CallErrorKind::CircuitOpen);
        assert!(error.message.contains("Google's sign-in"), "{error}");
    }
    assert_eq!(place.asked(), 5);
    place.world.heal();
    place.pass(61);
    assert!(place.is_good(&place.token(&engine).unwrap()));
}

#[test]
fn a_refresh_whose_answer_does_not_come_is_asked_for_again_and_costs_no_sign_in() {
    for (fault, is_done) in [
        (Fault::Hang, true),
        (Fault::Cut { when: When::Before }, false),
        (Fault::Cut { when: When::After }, true),
        (Fault::Cut { when: When::Body }, true),
        (Fault::DoneBut { status: 500 }, true),
        (Fault::Malformed, true),
        (Fault::status(429), false),
    ] {
        let place = Place::with("[network]\nread_seconds = 1\nretries = 1\n");
        let engine = place.sign_in();
        // Once: it is asked for again at once, where another answer may be better. For ever: nothing was sent, and the sign-in stands.
        for times in [1, 0] {
            place.pass(4000);
            let before = place.grants.refreshes();
            let rule = FaultRule::on("/token", fault.clone()).times(times);
            place.world.harm(rule);
            let got = place.token(&engine);
            if times == 0 {
                let error = got.unwrap_err();
                assert_eq!(error.fate, Fate::NotSent, "{fault:?}: {error}");
                assert!(!error.message.is_empty(), "{fault:?}");
            }
            if is_done {
                assert!(place.grants.refreshes() > before, "{fault:?}");
            }
            place.world.heal();
            assert!(place.is_good(&place.token(&engine).unwrap()), "{fault:?}");
            let state = engine.accounts().unwrap().remove(0);
            assert_eq!(state.standing, AccountStanding::Fine, "{fault:?}");
        }
    }
}

#[test]
fn a_refresh_that_fails_for_now_is_tried_again_and_counted() {
    let place = Place::new();
    let engine = place.sign_in();
    place
        .world
        .harm(FaultRule::on("/token", Fault::status(503)));
    place.pass(3700);
    assert!(place.is_good(&place.token(&engine).unwrap()));
    assert_eq!(place.asked(), 2);
    let health = engine.health().unwrap();
    let sign_in = health
        .services
        .iter()
        .find(|s| s.service == Service::GoogleAuth)
        .unwrap();
    // The redeemed code, the refresh, and its repetition.
    assert_eq!(
        (
            sign_in.today.calls,
            sign_in.today.failed,
            sign_in.today.retried
        ),
        (3, 1, 1)
    );
}

#[test]
fn a_code_whose_answer_was_lost_is_not_sent_again_and_a_refusal_to_hear_it_is() {
    let place = Place::new();
    place
        .world
        .harm(FaultRule::on("/token", Fault::status(503)));
    let engine = place.engine();
    let said = place.try_to_sign_in(&engine).unwrap_err().to_string();
    assert!(said.contains("gave no token"), "{said}");
    assert_eq!(place.asked(), 1);
    place.world.forget();
    place
        .world
        .harm(FaultRule::on("/token", Fault::status(429)));
    place.try_to_sign_in(&engine).unwrap();
    assert_eq!(place.asked(), 2);
}

#[test]
fn nobody_is_asked_to_consent_while_the_answer_could_not_be_redeemed() {
    let place = Place::new();
    let engine = place.sign_in();
    place
        .world
        .harm(FaultRule::on("/token", Fault::status(503)).times(0));
    place.pass(3700);
    place.token(&engine).unwrap_err();
    place.token(&engine).unwrap_err();
    place.world.forget();
    let said = place.try_to_sign_in(&engine).unwrap_err().to_string();
    assert!(said.contains("cannot be asked now"), "{said}");
    assert!(place.world.requests().is_empty());
}

#[test]
fn a_clock_that_was_set_back_refreshes_rather_than_trusts() {
    let place = Place::new();
    let engine = place.sign_in();
    let first = place.token(&engine).unwrap();
    place.pass(-600);
    assert_ne!(place.token(&engine).unwrap(), first);
}

#[test]
fn the_end_of_a_testing_sign_in_is_warned_of() {
    let place = Place::new();
    place.grants.name_end(Some(7 * 24 * 3600));
    let engine = place.sign_in();
    assert_eq!(
        engine.accounts().unwrap()[0].standing,
        AccountStanding::Fine
    );
    place.pass(6 * 24 * 3600);
    let state = engine.accounts().unwrap().remove(0);
    // The rights are all there, so the end alone makes it a warning.
    assert_eq!(state.standing, AccountStanding::Warning);
    assert!(state.problem.contains("Google ends this sign-in"));
    let granted = state.granted_at.unwrap();
    assert_eq!(
        state.ends_at,
        Some(granted + SignedDuration::from_hours(7 * 24))
    );
}
