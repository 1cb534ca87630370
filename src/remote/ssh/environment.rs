//! The settings of the user who runs the program: home directory and agent.

use std::env;
use std::path::PathBuf;

use super::settings::Settings;

impl Settings {
    /// The settings that OpenSSH's client would have without any configuration file:
    /// `~/.ssh/known_hosts` and `known_hosts2`, those of `/etc/ssh`, the keys
    /// `id_ed25519`, `id_ecdsa` and `id_rsa`, and the agent of `SSH_AUTH_SOCK`.
    pub fn from_env() -> Self {
        let mut settings = Self {
            global_known_hosts: vec![
                PathBuf::from("/etc/ssh/ssh_known_hosts"),
                PathBuf::from("/etc/ssh/ssh_known_hosts2"),
            ],
            agent: env::var_os("SSH_AUTH_SOCK")
                .filter(|socket| !socket.is_empty())
                .map(PathBuf::from),
            ..Self::default()
        };
        if let Some(home) = env::home_dir().filter(|home| !home.as_os_str().is_empty()) {
            let ssh = home.join(".ssh");
            settings.known_hosts = vec![ssh.join("known_hosts"), ssh.join("known_hosts2")];
            settings.default_identities =
                ["id_ed25519", "id_ecdsa", "id_rsa"].map(|name| ssh.join(name)).to_vec();
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn the_first_known_hosts_file_is_the_users() {
        let settings = Settings::from_env();
        if let Some(first) = settings.known_hosts.first() {
            assert!(first.ends_with(".ssh/known_hosts"), "{first:?}");
        }
        assert!(!settings.accept_new);
        assert!(settings.global_known_hosts[0].starts_with("/etc/ssh"));
    }
}
