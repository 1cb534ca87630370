//! The keywords that OpenSSH knows, and what becomes of each here.

/// What the arguments of a keyword have to look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `yes` or `no`.
    Flag,
    /// One word.
    Word,
    /// One word or more.
    Words,
    /// A number.
    Number,
    /// A number from 1 to 65535.
    Port,
    /// Seconds, or a time as in `1m30s`.
    Time,
    /// One of these.
    Choice(&'static [&'static str]),
    /// The rest of the line, as it stands.
    Rest,
    /// Jump hosts.
    Jump,
}

/// What a keyword is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    /// Its first value counts.
    Once(Form),
    /// Each value is added.
    Each,
    /// It says nothing about how a host is reached, or only how comfortably.
    Ignored,
    /// It would change how a host is reached or checked, and has no effect: why.
    NoEffect(&'static str),
}

const FLAG: Keyword = Keyword::Once(Form::Flag);
const WORD: Keyword = Keyword::Once(Form::Word);
const WORDS: Keyword = Keyword::Once(Form::Words);
const NUMBER: Keyword = Keyword::Once(Form::Number);
const TIME: Keyword = Keyword::Once(Form::Time);
const FAMILIES: &[&str] = &["any", "inet", "inet6"];
const STRICT: &[&str] = &["yes", "true", "ask", "accept-new", "no", "false", "off"];
const CANONICAL: &[&str] = &["yes", "true", "no", "false", "always", "none"];

const USED: [(&str, Keyword); 36] = [
    ("addressfamily", Keyword::Once(Form::Choice(FAMILIES))),
    ("bindaddress", WORD),
    ("canonicalizehostname", Keyword::Once(Form::Choice(CANONICAL))),
    ("canonicalizemaxdots", NUMBER),
    ("certificatefile", Keyword::Each),
    ("challengeresponseauthentication", FLAG),
    ("ciphers", WORD),
    ("connecttimeout", TIME),
    ("globalknownhostsfile", WORDS),
    ("hashknownhosts", FLAG),
    ("hostkeyalgorithms", WORD),
    ("hostkeyalias", WORD),
    ("hostname", WORD),
    ("identitiesonly", FLAG),
    ("identityagent", WORD),
    ("identityfile", Keyword::Each),
    ("ignoreunknown", WORD),
    ("kbdinteractiveauthentication", FLAG),
    ("kexalgorithms", WORD),
    ("keyboardinteractiveauthentication", FLAG),
    ("macs", WORD),
    ("passwordauthentication", FLAG),
    ("port", Keyword::Once(Form::Port)),
    ("preferredauthentications", WORD),
    ("proxycommand", Keyword::Once(Form::Rest)),
    ("proxyjump", Keyword::Once(Form::Jump)),
    ("proxyusefdpass", FLAG),
    ("pubkeyacceptedalgorithms", WORD),
    ("pubkeyacceptedkeytypes", WORD),
    ("pubkeyauthentication", WORD),
    ("revokedhostkeys", WORD),
    ("serveralivecountmax", NUMBER),
    ("serveraliveinterval", TIME),
    ("stricthostkeychecking", Keyword::Once(Form::Choice(STRICT))),
    ("user", WORD),
    ("userknownhostsfile", WORDS),
];

const NO_EFFECT: [(&str, &str); 7] = [
    ("bindinterface", "connections leave by the interface that the routes name"),
    ("knownhostscommand", "host keys are looked up in files only"),
    ("pkcs11provider", "load the key into an agent with `ssh-add -s`"),
    ("securitykeyprovider", "load the key into an agent with `ssh-add`"),
    ("identityprovider", "load the key into an agent"),
    ("requiredrsasize", "RSA keys of any size that the library takes are taken"),
    ("verifyhostkeydns", "host keys are looked up in files only"),
];

/// Keywords about terminals, forwarding, sharing and other things that rappel does not do,
/// and those that OpenSSH itself knows only to ignore them.
const IGNORED: [&str; 110] = [
    "addkeystoagent",
    "afstokenpassing",
    "batchmode",
    "canonicaldomains",
    "canonicalizefallbacklocal",
    "canonicalizepermittedcnames",
    "casignaturealgorithms",
    "channeltimeout",
    "checkhostip",
    "cipher",
    "clearallforwardings",
    "compression",
    "compressionlevel",
    "connectionattempts",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "dsaauthentication",
    "dynamicforward",
    "enableescapecommandline",
    "enablesshkeysign",
    "escapechar",
    "exitonforwardfailure",
    "fallbacktorsh",
    "fingerprinthash",
    "forkafterauthentication",
    "forwardagent",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "globalknownhostsfile2",
    "gssapiauthentication",
    "gssapiclientidentity",
    "gssapidelegatecredentials",
    "gssapikexalgorithms",
    "gssapikeyexchange",
    "gssapirenewalforcesrekey",
    "gssapiserveridentity",
    "gssapitrustdns",
    "hostbasedacceptedalgorithms",
    "hostbasedauthentication",
    "hostbasedkeytypes",
    "ipqos",
    "kbdinteractivedevices",
    "keepalive",
    "kerberosauthentication",
    "kerberostgtpassing",
    "localcommand",
    "localforward",
    "loglevel",
    "logverbose",
    "nohostauthenticationforlocalhost",
    "numberofpasswordprompts",
    "obscurekeystroketiming",
    "permitlocalcommand",
    "permitremoteopen",
    "protocol",
    "protocolkeepalives",
    "rekeylimit",
    "remotecommand",
    "remoteforward",
    "requesttty",
    "rhostsauthentication",
    "rhostsrsaauthentication",
    "rsaauthentication",
    "sendenv",
    "sessiontype",
    "setenv",
    "setuptimeout",
    "skeyauthentication",
    "smartcarddevice",
    "stdinnull",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "syslogfacility",
    "tag",
    "tcpkeepalive",
    "tisauthentication",
    "tunnel",
    "tunneldevice",
    "updatehostkeys",
    "usekeychain",
    "useprivilegedport",
    "userknownhostsfile2",
    "useroaming",
    "usersh",
    "versionaddendum",
    "visualhostkey",
    "warnweakcrypto",
    "xauthlocation",
    "refuseconnection",
    "addressfamilyorder",
    "gssapistrictacceptorcheck",
    "enablehpnmode",
    "noneenabled",
    "noneswitch",
    "hpndisabled",
    "hpnbuffersize",
    "tcprcvbufpoll",
    "tcprcvbuf",
    "disablemtaes",
    "metricspath",
    "metricsinterval",
    "hostbasedkeyalgorithms",
    "fipsmode",
    "crmode",
    "ncontrolpath",
    "askpassgui",
    "slotpath",
];

/// What a keyword, in lower case, is; nothing for one that nobody knows.
pub(super) fn find(keyword: &str) -> Option<Keyword> {
    if let Some((_, found)) = USED.iter().find(|(name, _)| *name == keyword) {
        return Some(*found);
    }
    if let Some((_, why)) = NO_EFFECT.iter().find(|(name, _)| *name == keyword) {
        return Some(Keyword::NoEffect(why));
    }
    IGNORED.contains(&keyword).then_some(Keyword::Ignored)
}

/// The name under which a value is kept: some keywords have two.
pub(super) fn name(keyword: &str) -> &str {
    match keyword {
        "challengeresponseauthentication" | "keyboardinteractiveauthentication" => {
            "kbdinteractiveauthentication"
        }
        "pubkeyacceptedkeytypes" => "pubkeyacceptedalgorithms",
        other => other,
    }
}

impl Form {
    /// Whether arguments have this form.
    ///
    /// # Errors
    /// What they should look like.
    pub fn check(self, arguments: &[String]) -> Result<(), String> {
        let [first, more @ ..] = arguments else {
            return Err("the value is missing".to_owned());
        };
        if !more.is_empty() && self != Self::Words {
            return Err("there is more than one value".to_owned());
        }
        let lower = first.to_lowercase();
        let fine = match self {
            Self::Flag => flag(first).is_some(),
            Self::Word | Self::Rest => !first.is_empty(),
            Self::Words => arguments.iter().all(|one| !one.is_empty()),
            Self::Number => first.parse::<u32>().is_ok(),
            Self::Port => first.parse::<u16>().is_ok_and(|port| port > 0),
            Self::Time => seconds(first).is_some(),
            Self::Choice(choices) => choices.contains(&lower.as_str()),
            Self::Jump => return super::jump::parse(first).map(drop),
        };
        if fine { Ok(()) } else { Err(format!("`{first}` is not {}", self.words())) }
    }

    fn words(self) -> String {
        match self {
            Self::Flag => "`yes` or `no`".to_owned(),
            Self::Word | Self::Words | Self::Rest | Self::Jump => "a value".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Port => "a port from 1 to 65535".to_owned(),
            Self::Time => "a time as in `10` or `1m30s`".to_owned(),
            Self::Choice(choices) => format!("one of {}", choices.join(", ")),
        }
    }
}

/// `yes` and `no`, and their other spellings.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

/// A time in seconds, as in `90`, `1m30s` or `1h`; 0 for `none`.
pub(super) fn seconds(text: &str) -> Option<u64> {
    if text == "none" {
        return Some(0);
    }
    let mut total: u64 = 0;
    let mut number = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        number.clear();
    }
    if !number.is_empty() {
        total = total.checked_add(number.parse().ok()?)?;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::{Form, Keyword, find, seconds};

    #[test]
    fn every_keyword_of_the_manual_is_known() {
        for name in [
            "Ciphers",
            "ControlMaster",
            "UserKnownHostsFile",
            "VisualHostKey",
            "PKCS11Provider",
            "XAuthLocation",
            "GSSAPITrustDns",
            "KbdInteractiveDevices",
            "RequiredRSASize",
        ] {
            assert!(find(&name.to_lowercase()).is_some(), "{name}");
        }
        assert_eq!(find("hostnam"), None);
        assert_eq!(find("port"), Some(Keyword::Once(Form::Port)));
    }

    #[test]
    fn times() {
        assert_eq!(seconds("90"), Some(90));
        assert_eq!(seconds("1m30s"), Some(90));
        assert_eq!(seconds("1H"), Some(3600));
        assert_eq!(seconds("none"), Some(0));
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds(""), None);
    }
}
