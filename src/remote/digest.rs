//! Contents told apart as the hosts tell them apart.

use sha2::{Digest, Sha256};

/// A content's SHA-256, as `sha256sum` prints it.
pub fn sha256sum(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_what_sha256sum_prints() {
        let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(super::sha256sum(b""), of_nothing);
    }
}
