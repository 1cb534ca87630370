//! Encryption to a database's server: always with a certificate that is verified.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::run::journal::database::Trouble;

/// The authorities that are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// Those that browsers trust.
    Public,
    /// Those in this file, in PEM.
    File(PathBuf),
}

/// What makes connections encrypted.
pub fn connector(roots: Roots) -> Result<MakeRustlsConnect, Trouble> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::Public => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Roots::File(file) => {
            let wrong =
                |why: String| Trouble::new(format!("sslrootcert {}: {why}", file.display()));
            let found = CertificateDer::pem_file_iter(&file).map_err(|e| wrong(e.to_string()))?;
            for certificate in found {
                let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
                store.add(certificate).map_err(|error| wrong(error.to_string()))?;
            }
            if store.is_empty() {
                return Err(wrong("holds no certificate".to_owned()));
            }
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Trouble::new(error.to_string()))?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(store).with_no_client_auth()))
}
