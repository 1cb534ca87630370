//! A host's reply, whatever it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rappel::remote::wire::{Record, Reply};

fuzz_target!(|text: &str| {
    if let Ok(reply) = Reply::parse(text) {
        assert_eq!(reply.first("rappel"), Some("1"));
        assert!(reply.end().is_some() && reply.first("error").is_none());
    }
    for line in text.lines() {
        if let Ok(record) = Record::parse(line) {
            assert_eq!(format!("{}|{}", record.key, record.value), line);
        }
    }
});
