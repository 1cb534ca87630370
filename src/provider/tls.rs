//! Whose certificate a server has to have: one of a known authority, one of an authority of
//! the user's own, or this very one.

use std::fmt;
use std::io::{Read, Write};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned,
};
use sha2::{Digest, Sha256};
use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::typestate::AgentScope;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout,
    TcpConnector, Transport, TransportAdapter,
};

/// Whom to trust.
pub(super) enum Trust {
    /// The authorities that everybody trusts.
    Usual,
    /// These authorities alone.
    Authorities(Vec<Certificate<'static>>),
    /// The server whose certificate has this SHA-256, whoever signed it.
    Thumbprint([u8; 32]),
}

impl Trust {
    /// The certificates in a file of an authority's.
    pub fn in_file(pem: &[u8]) -> Option<Self> {
        let found: Vec<Certificate<'static>> = parse_pem(pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        (!found.is_empty()).then_some(Self::Authorities(found))
    }

    /// A SHA-256 as it is written: 32 bytes in hexadecimal, with colons or without.
    pub fn thumbprint(text: &str) -> Option<Self> {
        let digits: Vec<u32> = text
            .chars()
            .filter(|c| *c != ':')
            .map(|c| c.to_digit(16))
            .collect::<Option<Vec<_>>>()?;
        let bytes: Vec<u8> = digits
            .chunks(2)
            .map(|pair| u8::try_from(pair.iter().fold(0, |all, digit| all * 16 + digit)))
            .collect::<Result<_, _>>()
            .ok()?;
        bytes.try_into().ok().filter(|_| digits.len() == 64).map(Self::Thumbprint)
    }
}

/// An agent with these settings that trusts as told.
pub(super) fn agent(settings: ConfigBuilder<AgentScope>, trust: Trust) -> Agent {
    match trust {
        Trust::Usual => settings.build().into(),
        Trust::Authorities(all) => {
            let roots = RootCerts::new_with_certs(&all);
            let tls = TlsConfig::builder().root_certs(roots).build();
            settings.tls_config(tls).build().into()
        }
        Trust::Thumbprint(digest) => {
            let chain =
                ().chain(ConnectProxyConnector::default())
                    .chain(TcpConnector::default())
                    .chain(Pinned::new(digest));
            Agent::with_parts(settings.build(), chain, DefaultResolver::default())
        }
    }
}

/// TLS to the one server that has a certificate with this SHA-256.
#[derive(Debug)]
struct Pinned {
    digest: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    fn new(digest: [u8; 32]) -> Self {
        Self { digest, provider: Arc::new(ring::default_provider()) }
    }

    fn config(&self) -> Result<ClientConfig, Error> {
        let verifier = OneCertificate { digest: self.digest, provider: Arc::clone(&self.provider) };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?;
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        Ok(builder.with_no_client_auth())
    }
}

impl<In: Transport> Connector<In> for Pinned {
    type Out = Either<In, Secured>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() || transport.is_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|_| ureq::Error::Tls("no server name"))?;
        let config = self.config().map_err(ureq::Error::Rustls)?;
        let mut conn =
            ClientConnection::new(Arc::new(config), name).map_err(ureq::Error::Rustls)?;
        let now = Arc::clone(&details.current_time);
        let mut sock = TransportAdapter::new(transport.boxed(), now);
        sock.set_timeout(details.timeout);
        conn.complete_io(&mut sock).map_err(ureq::Error::Io)?;
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Some(Either::B(Secured { buffers, stream: StreamOwned { conn, sock } })))
    }
}

/// A connection under TLS.
struct Secured {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secured")
    }
}

impl Transport for Secured {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let output = &self.buffers.output()[..amount];
        self.stream.write_all(output).map_err(ureq::Error::Io)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf()).map_err(ureq::Error::Io)?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

/// Accepts one certificate, and proof that the server has its key.
#[derive(Debug)]
struct OneCertificate {
    digest: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for OneCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let digest: [u8; 32] = Sha256::digest(end_entity.as_ref()).into();
        match digest == self.digest {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(Error::General(format!(
                "the server's certificate has another thumbprint, {}",
                digest.map(|byte| format!("{byte:02X}")).join(":")
            ))),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::Trust;

    #[test]
    fn a_thumbprint_is_a_sha_256() {
        let colons = "AB:".repeat(31) + "CD";
        for good in [colons.as_str(), &colons.replace(':', "").to_lowercase()] {
            assert!(matches!(Trust::thumbprint(good), Some(Trust::Thumbprint(d)) if d[31] == 0xcd));
        }
        // A SHA-1, as vCenter shows it too, is no proof any more.
        for bad in ["", "AB:CD", &"AB:".repeat(19), &("AB".repeat(31) + "C"), &"ü".repeat(64)] {
            assert!(Trust::thumbprint(bad).is_none(), "{bad}");
        }
    }
}
