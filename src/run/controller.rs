//! Checks that are made from here: echo and TCP, as the host's users would see it.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::Stdio;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::desired::{CheckSpec, Family};
use crate::rollout::verdict::{Check, CheckResult};

/// One attempt: a lost packet and its repetition fit in.
const ATTEMPT: Duration = Duration::from_secs(1);
/// Echo requests before there is no answer.
const ECHOES: u8 = 3;
/// A TCP connection, with a lost SYN (repeated after 1 s).
const CONNECT: Duration = Duration::from_secs(3);
/// Finding a name's addresses.
const RESOLVE: Duration = Duration::from_secs(3);
/// The type of an echo request and the type of its reply, per family.
const ECHO: [(u8, u8); 2] = [(8, 0), (128, 129)];

/// Before proxied addresses are asked for: the host has begun to listen by then.
const HEAD_START: Duration = Duration::from_millis(500);

/// Makes all of them at once. Checks of other kinds are left out.
pub async fn probe(specs: &[CheckSpec]) -> Vec<Check> {
    let found = at_once(specs.to_vec(), |spec| async move { one(&spec).await }).await;
    found.into_iter().flatten().collect()
}

/// Those of the addresses that answer an echo request. Asking makes whoever is upstream
/// ask for them on the wire, too.
pub async fn answering(addresses: &[Ipv6Addr]) -> Vec<String> {
    let asked = at_once(addresses.to_vec(), |address| async move {
        sleep(HEAD_START).await;
        let (result, _) = answers(IpAddr::V6(address)).await;
        (result == CheckResult::Pass).then(|| address.to_string())
    });
    asked.await.into_iter().flatten().collect()
}

/// Whether there is a route to an address from here. Nothing is sent.
pub fn has_way(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    // Any port will do: a datagram socket only looks the route up.
    let socket = std::net::UdpSocket::bind((any, 0));
    socket.is_ok_and(|socket| socket.connect((address, 9)).is_ok())
}

/// All of the work at once; results in its order.
async fn at_once<W, T, F>(work: Vec<W>, each: impl Fn(W) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for (at, item) in work.into_iter().enumerate() {
        let doing = each(item);
        tasks.spawn(async move { (at, doing.await) });
    }
    let mut found = Vec::new();
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok(result) => found.push(result),
            // A bug in a check must not pass for one that had nothing to say.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, result)| result).collect()
}

async fn one(spec: &CheckSpec) -> Option<Check> {
    let began = Instant::now();
    let (kind, target, family, subject) = match spec {
        CheckSpec::Ping { target, family, .. } => ("ping", target, *family, target.clone()),
        CheckSpec::Tcp { target, port } if target.contains(':') => {
            ("tcp", target, None, format!("[{target}]:{port}"))
        }
        CheckSpec::Tcp { target, port } => ("tcp", target, None, format!("{target}:{port}")),
        _ => return None,
    };
    let addresses = addresses(target, family).await;
    let (result, how) = match (addresses.first(), spec) {
        (None, _) => (CheckResult::Unknown, "its name has no such address here".to_owned()),
        (Some(_), CheckSpec::Tcp { port, .. }) => connects(&addresses, *port).await,
        (Some(address), _) => answers(*address).await,
    };
    let own = family.or_else(|| target.parse::<IpAddr>().ok().map(|a| Family::of(&a)));
    Some(Check {
        kind: kind.to_owned(),
        family: own.map_or("-", Family::word).to_owned(),
        subject,
        dev: Check::FROM_CONTROLLER.to_owned(),
        result,
        how,
        took: u32::try_from(began.elapsed().as_millis() / 10).ok(),
    })
}

async fn addresses(target: &str, family: Option<Family>) -> Vec<IpAddr> {
    if let Ok(address) = target.parse() {
        return vec![address];
    }
    let found = match timeout(RESOLVE, lookup_host((target, 0))).await {
        Ok(Ok(found)) => found.map(|socket| socket.ip()).collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    found.into_iter().filter(|a| family.is_none_or(|family| family == Family::of(a))).collect()
}

async fn connects(addresses: &[IpAddr], port: u16) -> (CheckResult, String) {
    let mut how = String::from("no answer");
    for address in addresses.iter().take(2) {
        match timeout(CONNECT, TcpStream::connect(SocketAddr::new(*address, port))).await {
            Ok(Ok(_)) => return (CheckResult::Pass, "connected".to_owned()),
            Ok(Err(error)) if no_way(&error) => {
                return (CheckResult::Unknown, "there is no route to it from here".to_owned());
            }
            Ok(Err(error)) => how = error.kind().to_string(),
            Err(_) => {}
        }
    }
    (CheckResult::Fail, how)
}

/// By a socket that needs no rights if the kernel allows it, else by the ping command.
async fn answers(address: IpAddr) -> (CheckResult, String) {
    match echo(address).await {
        Ok(true) => (CheckResult::Pass, "echo".to_owned()),
        Ok(false) => (CheckResult::Fail, "no answer".to_owned()),
        Err(error) if no_way(&error) => {
            (CheckResult::Unknown, "there is no route to it from here".to_owned())
        }
        Err(error) => by_command(address, &error).await,
    }
}

/// Whether an echo request is answered.
///
/// # Errors
/// The kernel lets this user send none, or has no route.
async fn echo(address: IpAddr) -> io::Result<bool> {
    let (domain, protocol, [v4, v6]) = match address {
        IpAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4, ECHO),
        IpAddr::V6(_) => (Domain::IPV6, Protocol::ICMPV6, ECHO),
    };
    let (request, reply) = if address.is_ipv4() { v4 } else { v6 };
    let socket = Socket::new(domain, Type::DGRAM, Some(protocol))?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::from(SocketAddr::new(address, 0)))?;
    let socket = UdpSocket::from_std(socket.into())?;
    for sequence in 1..=ECHOES {
        // Identifier and checksum are the kernel's to fill in.
        socket.send(&[request, 0, 0, 0, 0, 0, 0, sequence]).await?;
        let mut answer = [0u8; 64];
        match timeout(ATTEMPT, socket.recv(&mut answer)).await {
            Ok(Ok(length)) if length >= 8 && answer.first() == Some(&reply) => return Ok(true),
            // An error that came back: nobody there, this time.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(false)
}

/// By the ping command, which may have rights that we have not.
async fn by_command(address: IpAddr, why: &io::Error) -> (CheckResult, String) {
    let refused = match why.kind() {
        io::ErrorKind::PermissionDenied => {
            "the kernel lets this user send no ICMP (net.ipv4.ping_group_range)".to_owned()
        }
        _ => format!("no ICMP from here: {why}"),
    };
    for _ in 0..ECHOES {
        let mut run = Command::new("ping");
        run.args(["-n", "-q", "-c", "1", "-W", "1", &address.to_string()])
            .stdin(Stdio::null())
            .kill_on_drop(true);
        // Ctrl-C is meant for us: a ping that it ended would pass for a silent host.
        #[cfg(unix)]
        run.process_group(0);
        let run = run.output();
        match timeout(ATTEMPT * 2, run).await {
            Ok(Ok(ran)) if ran.status.success() => return (CheckResult::Pass, "ping".to_owned()),
            // 1 is silence; anything else is ping's own trouble and says nothing of the host.
            Ok(Ok(ran)) if ran.status.code() == Some(1) => {}
            Ok(Ok(ran)) => {
                let said = String::from_utf8_lossy(&ran.stderr);
                let said = said.lines().last().unwrap_or("ping: it does not work").trim();
                return (CheckResult::Unknown, format!("not probed: {refused}, and {said}"));
            }
            Ok(Err(error)) => {
                let ping = match error.kind() {
                    io::ErrorKind::NotFound => "there is no ping command".to_owned(),
                    _ => format!("ping cannot be run: {error}"),
                };
                return (CheckResult::Unknown, format!("not probed: {refused}, and {ping}"));
            }
            Err(_) => {}
        }
    }
    (CheckResult::Fail, "no answer to ping".to_owned())
}

fn no_way(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::probe;
    use crate::desired::CheckSpec;
    use crate::rollout::verdict::CheckResult;

    fn tcp(port: u16) -> CheckSpec {
        CheckSpec::Tcp { target: "127.0.0.1".to_owned(), port }
    }

    #[tokio::test]
    async fn a_port_passes_while_somebody_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let found = probe(&[CheckSpec::Gateway, tcp(port)]).await;
        assert_eq!(found.iter().map(|c| c.result).collect::<Vec<_>>(), [CheckResult::Pass]);
        drop(listener);
        let found = probe(&[tcp(port)]).await;
        assert_eq!(found.iter().map(|c| c.result).collect::<Vec<_>>(), [CheckResult::Fail]);
        assert_eq!(
            found.first().map(super::Check::title),
            Some(format!("tcp 127.0.0.1:{port} from here"))
        );
    }
}
