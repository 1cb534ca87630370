//! An observation with hostile fields, and one with a hostile archive (what does not begin as
//! a reply does).
#![no_main]

use base64::Engine;
use libfuzzer_sys::fuzz_target;
use rappel::observed::{Observation, Survey};
use rappel::remote::wire::Reply;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let text = if text.starts_with("rappel|") {
        text.into_owned()
    } else {
        let archive = base64::engine::general_purpose::STANDARD.encode(bytes);
        format!(
            "rappel|1\nhostname|h\nmachine-id|a\nboot-id|b\ninit|none\nifupdown|none\n\
             transaction|none\ngeneration|1\nlinks|[]\nfingerprint|f\n\
             gen|1\nfiles|{archive}\ngen-files 1|{archive}\nend|ok\n",
        )
    };
    if let Ok(reply) = Reply::parse(&text) {
        let _ = Observation::parse(&reply, &["/etc/x".to_owned()]);
        let _ = Survey::parse(&reply);
    }
});
