//! No secret in anything that may be shown.

use super::Files;

const SECRET: &str = "hunter2";

#[test]
fn errors_do_not_show_secrets() {
    let hosts = "all:\n  hosts:\n    h:\n      ansible_become: true\n      ansible_user: admin\n      ansible_become_password: hunter2\n      vpn_secret: hunter2\n      ref: \"{{ vpn_secret }}\"\n";
    for template in [
        "{{ vpn_secret.x.y }}",
        "{{ vpn_secret + 1 }}",
        "{{ ref | int }}{{ nope }}",
        "{{ ref | ipaddr('nonsense') }}{{ nope }}",
        "{{ vpn_secret | from_json }}",
        "{{ vpn_secret | b64decode }}",
        "{{ vpn_secret | nthhost(1) }}",
        "{{ vpn_secret | combine({}) }}",
        "{{ vpn_secret() }}",
        "{{ vpn_secret.nothing() }}",
        "{{ [1, 2] | join(vpn_secret) | dict2items }}",
        "{% for a, b in [vpn_secret] %}{% endfor %}",
        "{{ hostvars[vpn_secret].x }}",
        "{{ ref | float }}{{ nope }}",
        "{{ range(ref) }}",
    ] {
        let play = format!(
            "- hosts: all\n  artifacts:\n    - {{kind: nft, template: x.j2}}\n    - {{kind: sysctl, content: \"{}\"}}\n",
            template.replace('"', "'")
        );
        let files =
            Files::new(&[("hosts.yml", hosts), ("play.yml", &play), ("templates/x.j2", template)]);
        let project = files.load().unwrap();
        let (_, desired) = project.render(None).unwrap().remove(0);
        let mistakes = desired.unwrap_err();
        let everything = format!("{mistakes:?} {:?}", files.mistakes());
        assert!(!everything.contains(SECRET), "{template}: {:?}", files.mistakes());
    }
}

#[test]
fn broken_files_do_not_show_secrets() {
    for hosts in [
        "all:\n  vars: {ansible_become_password: hunter2\n",
        "all:\n  vars:\n    ansible_become_password: hunter2: x\n",
        "all:\n  vars:\n    ansible_become_password: \"hunter2\n",
        "all:\n  hosts:\n    h:\n      api_token: hunter2\n      ansible_port: x\n",
        "all:\n  hosts:\n    h:\n      ansible_become: true\n      ansible_become_pass: [hunter2]\n",
    ] {
        let mistakes = Files::new(&[("hosts.yml", hosts)]).load().unwrap_err();
        let shown = format!("{mistakes:?}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[test]
fn debug_output_has_no_secrets() {
    let files = Files::new(&[
        (
            "hosts.yml",
            "all:\n  hosts:\n    h: {ansible_user: admin, ansible_become: true, ansible_become_password: hunter2, psk: hunter2}\n",
        ),
        ("play.yml", "- hosts: all\n  artifacts:\n    - {kind: nft, content: '{{ psk }}'}\n"),
    ]);
    let project = files.load().unwrap();
    let rendered = project.render(None).unwrap();
    let desired = rendered[0].1.as_ref().unwrap();
    assert_eq!(desired.artifacts[0].content, SECRET, "but it is there");
    assert!(!format!("{rendered:?}").contains(SECRET));
}
