//! What TLS checks show and trust: the `SSL` block.
//!
//! A check asks whether a server works, not who it is: without `ca` every certificate will do, be it self-signed, expired, of another name or of X.509
//! version 1. With `ca` it must be valid, and come from one of those authorities or be one of those certificates; where a name was sent, it must be of
//! that name.

use crate::files::words;
use keepalived_core::config::model::Ssl;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

/// What TLS checks show and trust. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Trust(Arc<ClientConfig>);

/// Why the `SSL` block cannot be done.
#[derive(Debug, thiserror::Error)]
#[error("SSL: {0} {1}: {2}")]
pub struct TrustError(&'static str, String, String);

impl TrustError {
    /// The keyword that names the file, and why it cannot be used.
    fn named(&self) -> (&'static str, String) {
        (self.0, self.2.clone())
    }
}

impl Trust {
    /// Nothing is shown, and everything trusted.
    #[must_use]
    pub fn anything() -> Trust {
        Trust(Arc::new(finish(builder(Arc::new(Anything(ring::default_provider()))).with_no_client_auth())))
    }

    /// Reads the files of an `SSL` block.
    ///
    /// # Errors
    /// When one of them cannot be read or used; which, and why.
    pub fn load(ssl: Option<&Ssl>) -> Result<Trust, TrustError> {
        Trust::examine(ssl).0
    }

    /// Reads the files of an `SSL` block, each once. Besides it tells what is wrong with each: the keyword that names it, and why it cannot be used.
    pub fn examine(ssl: Option<&Ssl>) -> (Result<Trust, TrustError>, Vec<(&'static str, String)>) {
        let Some(ssl) = ssl else { return (Ok(Trust::anything()), Vec::new()) };
        let password = ssl.password.as_ref().map(|password| password.0.as_str());
        let ca = ssl.ca.as_ref().map(|file| Authorities::load(&file.path)).transpose();
        let certificate = ssl.certificate.as_ref().map(|file| certificates("certificate", &file.path)).transpose();
        let key = ssl.key.as_ref().map(|file| private_key(&file.path, password)).transpose();
        let broken = [ca.as_ref().err(), certificate.as_ref().err(), key.as_ref().err()];
        let mut wrong: Vec<_> = broken.into_iter().flatten().map(TrustError::named).collect();
        let trust = Trust::of(ssl, ca, certificate, key);
        if let (true, Err(error)) = (wrong.is_empty(), &trust) {
            // Each for itself is as it should be, but they do not belong together.
            wrong.push(error.named());
        }
        (trust, wrong)
    }

    /// Of what is in the files. A certificate without its key is not shown, nor is a key without its certificate.
    fn of(
        ssl: &Ssl,
        ca: Result<Option<Authorities>, TrustError>,
        certificate: Result<Option<Vec<CertificateDer<'static>>>, TrustError>,
        key: Result<Option<PrivateKeyDer<'static>>, TrustError>,
    ) -> Result<Trust, TrustError> {
        let verifier: Arc<dyn ServerCertVerifier> = match ca? {
            None => Arc::new(Anything(ring::default_provider())),
            Some(authorities) => Arc::new(authorities),
        };
        let builder = builder(verifier);
        let (Some(_), Some(file)) = (&ssl.certificate, &ssl.key) else {
            return Ok(Trust(Arc::new(finish(builder.with_no_client_auth()))));
        };
        let config = match certificate?.zip(key?) {
            None => builder.with_no_client_auth(),
            Some((chain, private)) => builder
                .with_client_auth_cert(chain, private)
                .map_err(|error| TrustError("key", file.path.clone(), error.to_string()))?,
        };
        Ok(Trust(Arc::new(finish(config))))
    }

    /// A session with a server. `name` is sent to it (SNI) without the port that it may have, unless it is an address.
    pub(crate) fn session(&self, ip: IpAddr, name: Option<&str>) -> Result<ClientConnection, String> {
        let name = match name {
            // Sent as it is nowhere: RFC 6066 section 3 has names only.
            None => ServerName::IpAddress(ip.into()),
            Some(name) => ServerName::try_from(host(name).to_owned())
                .map_err(|_| format!("{name:?} cannot be sent as the name of a server"))?,
        };
        ClientConnection::new(Arc::clone(&self.0), name).map_err(|error| error.to_string())
    }
}

/// The host of a `Host` header: a name or an address, with a port or without, an IPv6 address in brackets (RFC 3986 section 3.2).
fn host(name: &str) -> &str {
    if let Some((ip, _)) = name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return ip;
    }
    match name.split_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => name,
    }
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>;

fn builder(verifier: Arc<dyn ServerCertVerifier>) -> Builder {
    let versions = rustls::ALL_VERSIONS;
    #[allow(clippy::expect_used, reason = "the provider has suites for both versions: nothing outside decides it")]
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("ring does TLS 1.2 and 1.3");
    builder.dangerous().with_custom_certificate_verifier(verifier)
}

fn finish(mut config: ClientConfig) -> ClientConfig {
    // A check is to find out whether a server can do a whole handshake.
    config.resumption = Resumption::disabled();
    config
}

/// Every certificate will do. A signature by an unknown key proves nothing either, so none is looked at.
#[derive(Debug)]
struct Anything(CryptoProvider);

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Certificates that come from these authorities, or are one of these.
#[derive(Debug)]
struct Authorities {
    provider: CryptoProvider,
    roots: RootCertStore,
    certificates: Vec<CertificateDer<'static>>,
}

impl Authorities {
    fn load(path: &str) -> Result<Authorities, TrustError> {
        let certificates = certificates("ca", path)?;
        let mut roots = RootCertStore::empty();
        let (usable, _) = roots.add_parsable_certificates(certificates.iter().cloned());
        if usable == 0 {
            return Err(TrustError("ca", path.to_owned(), "there is no usable certificate in it".to_owned()));
        }
        Ok(Authorities { provider: ring::default_provider(), roots, certificates })
    }
}

impl ServerCertVerifier for Authorities {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        let signed = verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, intermediates, now, algorithms);
        match signed {
            // A certificate that signs itself can be its own authority, as with OpenSSL.
            Err(Error::InvalidCertificate(CertificateError::Other(_))) if self.certificates.contains(end_entity) => {}
            other => other?,
        }
        if matches!(name, ServerName::DnsName(_)) {
            verify_server_name(&parsed, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn certificates(what: &'static str, path: &str) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let failed = |why: String| TrustError(what, path.to_owned(), why);
    let text = std::fs::read(Path::new(path)).map_err(|error| failed(words(&error)))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|error| failed(error.to_string()))?;
    if found.is_empty() { Err(failed("there is no certificate in it".to_owned())) } else { Ok(found) }
}

fn private_key(path: &str, password: Option<&str>) -> Result<PrivateKeyDer<'static>, TrustError> {
    let failed = |why: String| TrustError("key", path.to_owned(), why);
    let text = std::fs::read_to_string(path).map_err(|error| failed(words(&error)))?;
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        let why = "it is encrypted in the way of before PKCS#8; `openssl pkcs8 -topk8` makes one that can be read";
        return Err(failed(why.to_owned()));
    }
    if let Some(start) = text.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        let Some(password) = password else {
            return Err(failed("it is encrypted, and there is no `password`".to_owned()));
        };
        return decrypt(&text[start..], password).map(PrivateKeyDer::Pkcs8).map_err(failed);
    }
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| failed(error.to_string()))
}

fn decrypt(pem: &str, password: &str) -> Result<PrivatePkcs8KeyDer<'static>, String> {
    let (_, document) = pkcs8::SecretDocument::from_pem(pem).map_err(|error| error.to_string())?;
    let encrypted = pkcs8::EncryptedPrivateKeyInfo::try_from(document.as_bytes())
        .map_err(|error| format!("it is encrypted in a way that is not known here ({error})"))?;
    let plain = encrypted.decrypt(password).map_err(|error| format!("it cannot be decrypted ({error})"))?;
    Ok(PrivatePkcs8KeyDer::from(plain.as_bytes().to_vec()))
}
