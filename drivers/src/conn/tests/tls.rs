use super::*;
use keepalived_core::config::model::{Secret, Ssl};
use pkcs8::LineEnding;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use tempfile::TempDir;

struct Cert {
    der: CertificateDer<'static>,
    pem: String,
    key: KeyPair,
}

fn params(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

fn self_signed(params: CertificateParams) -> Cert {
    let key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&key).unwrap();
    Cert { der: cert.der().clone(), pem: cert.pem(), key }
}

fn authority() -> (Cert, CertificateParams) {
    let mut params = params("authority.test");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    (self_signed(params.clone()), params)
}

fn signed(params: CertificateParams, by: &(Cert, CertificateParams)) -> Cert {
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::from_params(&by.1, &by.0.key);
    let cert = params.signed_by(&key, &issuer).unwrap();
    Cert { der: cert.der().clone(), pem: cert.pem(), key }
}

fn expired(mut params: CertificateParams) -> CertificateParams {
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    params.not_after = rcgen::date_time_ymd(2002, 1, 1);
    params
}

fn config(cert: &Cert, clients: Option<&Cert>, versions: &[&'static SupportedProtocolVersion]) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions).unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der.clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let key = PrivateKeyDer::Pkcs8(cert.key.serialize_der().into());
    Arc::new(builder.with_single_cert(vec![cert.der.clone()], key).unwrap())
}

fn server_of(cert: &Cert) -> Arc<ServerConfig> {
    config(cert, None, rustls::ALL_VERSIONS)
}

/// How a server ends.
#[derive(Clone, Copy)]
enum End {
    Announced,
    Abrupt,
}

/// Answers each request with `pong`; tells the server names it was given.
fn serve(config: Arc<ServerConfig>, end: End) -> (SocketAddr, Receiver<Option<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (names, named) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut session = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = rustls::Stream::new(&mut session, &mut stream);
            let mut request = [0; 4];
            if tls.read_exact(&mut request).is_err() {
                continue;
            }
            tls.write_all(b"pong").unwrap();
            let name = session.server_name().map(str::to_owned);
            if matches!(end, End::Announced) {
                session.send_close_notify();
                session.write_tls(&mut stream).unwrap();
            }
            let _ = names.send(name);
        }
    });
    (address, named)
}

fn to(address: SocketAddr, name: Option<&str>) -> Dial {
    dial(Transport::Tls { server_name: name.map(Into::into) }, address)
}

/// One check: the answer, or why there is none.
fn check(trust: &Trust, dial: &Dial) -> Result<(Vec<u8>, ConnNews<'static>), ConnNews<'static>> {
    let mut bed = Bed::new();
    bed.conns.set_trust(Ok(trust.clone()));
    bed.open(1, dial);
    match bed.of(1) {
        ConnNews::Connected => {}
        other => return Err(other),
    }
    bed.send(1, b"ping");
    Ok(bed.all(1))
}

fn works(trust: &Trust, dial: &Dial) {
    assert_eq!(check(trust, dial), Ok((b"pong".to_vec(), ConnNews::Closed { clean: true })));
}

fn is_refused(trust: &Trust, dial: &Dial, why: &str) {
    match check(trust, dial) {
        Err(ConnNews::Failed(ConnFailure::Tls(text))) => assert!(text.contains(why), "{text}"),
        other => panic!("{other:?}"),
    }
}

fn trust_in(pem: &str) -> Trust {
    let dir = tempfile::tempdir().unwrap();
    Trust::load(Some(&Ssl { ca: Some(file(&dir, "ca.pem", pem).into()), ..Ssl::default() })).unwrap()
}

fn file(dir: &TempDir, name: &str, text: &str) -> String {
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn without_an_authority_every_certificate_will_do() {
    let authority = authority();
    for cert in [
        self_signed(params("www.example.org")),
        self_signed(expired(params("www.example.org"))),
        signed(expired(params("other.example.org")), &authority),
    ] {
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            let (address, _) = serve(config(&cert, None, &[version]), End::Announced);
            works(&Trust::anything(), &to(address, None));
            works(&Trust::anything(), &to(address, Some("www.example.org")));
        }
    }
}

#[test]
fn with_an_authority_a_certificate_must_come_from_it() {
    let authority = authority();
    let trust = trust_in(&authority.0.pem);
    let good = signed(params("www.example.org"), &authority);
    let (address, _) = serve(server_of(&good), End::Announced);
    works(&trust, &to(address, None));
    works(&trust, &to(address, Some("www.example.org")));
    is_refused(&trust, &to(address, Some("other.example.org")), "not valid for name");
    let stale = signed(expired(params("www.example.org")), &authority);
    is_refused(&trust, &to(serve(server_of(&stale), End::Announced).0, None), "expired");
    let own = self_signed(params("www.example.org"));
    let (address, _) = serve(server_of(&own), End::Announced);
    is_refused(&trust, &to(address, None), "certificate");
    works(&trust_in(&own.pem), &to(address, None));
}

#[test]
fn a_name_is_sent_where_there_is_one() {
    let (address, named) = serve(server_of(&self_signed(params("a"))), End::Announced);
    let names = ["www.example.org", "www.example.org:443"].map(|name| (Some(name), Some("www.example.org")));
    let addresses = ["192.0.2.1", "192.0.2.1:443", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443"];
    let addresses = addresses.map(|address| (Some(address), None));
    for (name, seen) in [(None, None)].into_iter().chain(names).chain(addresses) {
        works(&Trust::anything(), &to(address, name));
        assert_eq!(named.recv().unwrap().as_deref(), seen);
    }
    is_refused(&Trust::anything(), &to(address, Some("no name at all")), "cannot be sent");
}

#[test]
fn an_end_that_is_not_announced_is_not_clean() {
    let (address, _) = serve(server_of(&self_signed(params("a"))), End::Abrupt);
    let told = check(&Trust::anything(), &to(address, None));
    assert_eq!(told, Ok((b"pong".to_vec(), ConnNews::Closed { clean: false })));
}

#[test]
fn our_end_is_announced() {
    let cert = self_signed(params("a"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut session = ServerConnection::new(server_of(&cert)).unwrap();
        let mut tls = rustls::Stream::new(&mut session, &mut stream);
        tls.write_all(b"hello").unwrap();
        tls.read(&mut [0])
    });
    let mut bed = Bed::new();
    bed.open(1, &to(address, None));
    assert_eq!(bed.of(1), ConnNews::Connected);
    assert_eq!(bed.of(1), ConnNews::Data(b"hello".to_vec().into()));
    bed.close(1);
    assert_eq!(server.join().unwrap().map_err(|error| error.kind()), Ok(0));
}

/// A server that does `what` with each connection, and then holds it.
fn liar(what: impl Fn(&mut TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            what(&mut stream);
            held.push(stream);
        }
    });
    address
}

#[test]
fn servers_that_lie() {
    let trust = Trust::anything();
    let mut bed = Bed::new();
    // It never answers; it answers the beginning of a record, and no more.
    for (id, silent) in [(1, liar(|_| {})), (2, liar(|stream| stream.write_all(&[22, 3, 3, 0, 100, 2]).unwrap()))] {
        bed.open(id, &to(silent, None));
        assert!(bed.is_silent());
        bed.close(id);
    }
    let plain = liar(|stream| stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n").unwrap());
    is_refused(&trust, &to(plain, None), "not TLS");
    let garbage = liar(|stream| stream.write_all(&[22, 3, 3, 0, 4, 255, 255, 255, 255]).unwrap());
    is_refused(&trust, &to(garbage, None), "");
    let gone = liar(|stream| stream.shutdown(std::net::Shutdown::Both).unwrap());
    assert!(check(&trust, &to(gone, None)).is_err());
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(check(&trust, &to(nobody, None)), Err(failed(libc::ECONNREFUSED)));
}

#[test]
fn our_certificate_is_shown_with_a_key_that_may_be_encrypted() {
    let authority = authority();
    let (server, own) = (signed(params("server"), &authority), signed(params("client"), &authority));
    let dir = tempfile::tempdir().unwrap();
    let (address, _) = serve(config(&server, Some(&authority.0), rustls::ALL_VERSIONS), End::Announced);
    assert!(check(&Trust::anything(), &to(address, None)).is_ok_and(|(data, _)| data.is_empty()), "refused");
    let ssl = |key: &str, password: Option<&str>| Ssl {
        certificate: Some(file(&dir, "cert.pem", &own.pem).into()),
        key: Some(key.to_owned().into()),
        password: password.map(|password| Secret(password.to_owned())),
        ca: None,
    };
    let plain = file(&dir, "key.pem", &own.key.serialize_pem());
    works(&Trust::load(Some(&ssl(&plain, None))).unwrap(), &to(address, None));
    let der = own.key.serialize_der();
    let info = pkcs8::PrivateKeyInfo::try_from(&*der).unwrap();
    let parameters = pkcs8::pkcs5::pbes2::Parameters::pbkdf2_sha256_aes256cbc(2048, b"saltsalt", &[7; 16]).unwrap();
    let secret = info.encrypt_with_params(parameters, "secret").unwrap();
    let pem = secret.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).unwrap();
    let encrypted = file(&dir, "encrypted.pem", &pem);
    works(&Trust::load(Some(&ssl(&encrypted, Some("secret")))).unwrap(), &to(address, None));
    let why = |ssl: &Ssl| Trust::load(Some(ssl)).unwrap_err().to_string();
    assert!(why(&ssl(&encrypted, None)).contains("there is no `password`"));
    assert!(why(&ssl(&encrypted, Some("wrong"))).contains("cannot be decrypted"));
    let old = file(&dir, "old.pem", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n");
    assert!(why(&ssl(&old, Some("secret"))).contains("openssl pkcs8"));
    let other = file(&dir, "other.pem", &server.key.serialize_pem());
    assert!(Trust::load(Some(&ssl(&other, None))).is_err(), "a key of another certificate");
    let found =
        |key: &str| Trust::examine(Some(&ssl(key, None))).1.into_iter().map(|(what, _)| what).collect::<Vec<_>>();
    assert_eq!(found(&plain), [""; 0]);
    for key in [&encrypted, &other, "/no/such/key.pem"] {
        assert_eq!(found(key), ["key"], "{key}");
    }
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let ssl = Ssl { ca: Some("/no/such/ca.pem".to_owned().into()), ..Ssl::default() };
    let why = Trust::load(Some(&ssl)).unwrap_err().to_string();
    assert!(why.contains("ca /no/such/ca.pem"), "{why}");
    let dir = tempfile::tempdir().unwrap();
    let ssl = Ssl { ca: Some(file(&dir, "empty", "").into()), ..Ssl::default() };
    assert!(Trust::load(Some(&ssl)).unwrap_err().to_string().contains("no certificate"));
}
