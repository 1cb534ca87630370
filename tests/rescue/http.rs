//! A small HTTP server: one request a connection, each handled by a function.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Response {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// None within any time that somebody would wait.
    pub fn late() -> Self {
        Self::new(0, "")
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// A fault: calls of this method whose path contains this are answered so, so many times; not
/// at all where there is no answer.
pub type Fault = (&'static str, &'static str, usize, Option<Response>);

/// What is done when the machine is restarted: whether it boots the rescue system, and the
/// key that opens that.
pub type OnReset = Box<dyn Fn(bool, &str) + Send>;

/// A provider's API for one machine.
pub trait StandIn: Send {
    /// Answers a call; `base` is where the API is.
    fn handle(&mut self, base: &str, request: &Request) -> Option<Response>;
    fn faults(&mut self) -> &mut Vec<Fault>;
    /// Every call, in its order.
    fn log(&self) -> Vec<String>;
    /// Whether the rescue system is what the machine boots.
    fn in_rescue(&self) -> bool;
}

/// Takes a fault's answer, if one is due.
pub fn faulty(faults: &mut [Fault], request: &Request) -> Option<Option<Response>> {
    let due = faults.iter_mut().find(|(method, path, times, _)| {
        *times > 0 && *method == request.method && request.path.contains(*path)
    })?;
    due.2 -= 1;
    Some(due.3.clone())
}

/// Serves an API on this machine's loopback, and gives its address.
pub fn start<T: StandIn + 'static + ?Sized>(api: &Arc<Mutex<T>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (shared, at) = (Arc::clone(api), base.clone());
    serve(listener, move |request| shared.lock().unwrap().handle(&at, &request));
    base
}

/// Serves until the process ends; no answer at all where the function gives none.
pub fn serve(
    listener: TcpListener,
    handle: impl Fn(Request) -> Option<Response> + Send + Sync + 'static,
) {
    let handle = std::sync::Arc::new(handle);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let handle = std::sync::Arc::clone(&handle);
            thread::spawn(move || answer(&mut { stream }, handle.as_ref()));
        }
    });
}

/// Answers the one request of a connection.
pub fn answer(
    stream: &mut (impl Read + Write),
    handle: &dyn Fn(Request) -> Option<Response>,
) -> Option<()> {
    let mut reader = BufReader::new(&mut *stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    let response = handle(Request { method, path, headers, body })?;
    if response.status == 0 {
        thread::sleep(Duration::from_secs(5));
        return None;
    }
    let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", response.status);
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", response.body.len()));
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(response.body.as_bytes()).ok()
}
