//! The small HTTP server under TLS, with a certificate that an authority of the tests' own has
//! signed for 127.0.0.1.

use std::fs::File;
use std::io::{BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::http::{Request, Response, answer};

/// The server's certificate, as `openssl x509 -fingerprint -sha256` has it.
pub const THUMBPRINT: &str = "2A:6B:54:C6:42:F1:57:B2:71:3F:F0:DC:CC:22:A0:C0:23:D8:87:F7:04:C3:7D:71:33:70:7C:99:74:03:A0:17";

/// The authority's certificate.
pub fn authority() -> PathBuf {
    file("ca.pem")
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/ports/tls").join(name)
}

/// Serves until the process ends; no answer at all where the function gives none.
pub fn serve(
    listener: TcpListener,
    handle: impl Fn(Request) -> Option<Response> + Send + Sync + 'static,
) {
    let read = |name| BufReader::new(File::open(file(name)).unwrap());
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_reader_iter(read("server.pem")).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_reader(read("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let (config, handle) = (Arc::new(config), Arc::new(handle));
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (config, handle) = (Arc::clone(&config), Arc::clone(&handle));
            thread::spawn(move || {
                let connection = ServerConnection::new(config).unwrap();
                let mut stream = StreamOwned::new(connection, stream);
                // A client that goes away again is what some tests are about.
                let _ = answer(&mut stream, handle.as_ref());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            });
        }
    });
}
