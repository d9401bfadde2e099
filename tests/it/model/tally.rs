//! How often the host said what: whoever changes what programs are made of sees what they still reach.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::state::Call;

static TALLY: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// Counts a message; `call` is what it answers.
pub fn count(message: &Value, call: Option<&Call>) {
    let name = match (&message["event"], call) {
        (Value::String(event), _) => event.clone(),
        (_, None) => return,
        (_, Some(call)) => {
            let what = format!("{:?}", call.what);
            let what = what.split('(').next().unwrap_or_default();
            let code = &message["error"]["code"];
            let text = &message["error"]["message"];
            format!("{what} {}", if code.is_null() { text } else { code })
        }
    };
    *TALLY
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(name)
        .or_default() += 1;
}

pub fn print() {
    for (what, count) in &*TALLY.lock().unwrap_or_else(PoisonError::into_inner) {
        println!("{count:8} {what}");
    }
}
