//! An observation with hostile fields and a hostile archive.
#![no_main]

use base64::Engine;
use libfuzzer_sys::fuzz_target;
use rappel::observed::Observation;
use rappel::remote::wire::Reply;

fuzz_target!(|input: (&str, Vec<u8>, bool)| {
    let (text, bytes, encode) = input;
    let mut reply = String::from(
        "rappel|1\nhostname|h\nmachine-id|a\nboot-id|b\ninit|none\nifupdown|none\n\
         transaction|none\ngeneration|1\nlinks|[]\naddresses|[]\nfingerprint|f\n",
    );
    if encode {
        let archive = base64::engine::general_purpose::STANDARD.encode(&bytes);
        reply.push_str(&format!("gen|1\nfiles|{archive}\ngen-files 1|{archive}\n"));
    }
    reply.push_str(text);
    reply.push_str("\nend|ok\n");
    if let Ok(reply) = Reply::parse(&reply) {
        let _ = Observation::parse(&reply, &["/etc/x".to_owned()]);
    }
});
