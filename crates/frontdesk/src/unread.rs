//! What cannot even be read as a request: an address that is too long, a head that is too large or no HTTP. The HTTP library
//! refuses it with an empty body before anything of ours sees it; here the refusal gets words. Owns nothing that reaches a
//! handler.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::serve::Listener;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// So much of what came last is remembered, to tell where it went.
const START: usize = 256;

/// A listener whose connections say why a request could not be read.
#[derive(Debug)]
pub struct Explaining(pub TcpListener);

impl Listener for Explaining {
    type Io = Explained<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (Explained::new(stream), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// One connection.
#[derive(Debug)]
pub struct Explained<S> {
    inner: S,
    /// How the request line that came last begins; it goes on until an answer is written.
    start: Vec<u8>,
    answered: bool,
    /// What stands in the place of an empty refusal, and how much of it was written.
    instead: Option<(Vec<u8>, usize)>,
}

impl<S> Explained<S> {
    const fn new(inner: S) -> Self {
        Self { inner, start: Vec::new(), answered: false, instead: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = Pin::new(&mut this.inner).poll_read(cx, buf);
        let came = &buf.filled()[before..];
        if !came.is_empty() {
            if std::mem::take(&mut this.answered) {
                this.start.clear();
            }
            let room = START.saturating_sub(this.start.len());
            this.start.extend(came.iter().take(room));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.answered = true;
        if this.instead.is_none() {
            this.instead = explained(&this.start, bytes).map(|answer| (answer, 0));
        }
        let Some((answer, done)) = &mut this.instead else {
            return Pin::new(&mut this.inner).poll_write(cx, bytes);
        };
        while *done < answer.len() {
            match Pin::new(&mut this.inner).poll_write(cx, &answer[*done..]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => *done += written,
                other => return other,
            }
        }
        this.instead = None;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let first = pieces.first().map_or(&[][..], |first| &first[..]);
        if this.instead.is_some() || explained(&this.start, first).is_some() {
            return Pin::new(this).poll_write(cx, first);
        }
        this.answered = true;
        Pin::new(&mut this.inner).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

/// The answer that stands in the place of an empty refusal of the library; `None` for every other answer.
fn explained(start: &[u8], answer: &[u8]) -> Option<Vec<u8>> {
    if !answer.starts_with(b"HTTP/1.1 4") || !answer.ends_with(b"\r\n\r\n") || answer.len() > START {
        return None;
    }
    let head = std::str::from_utf8(answer).ok()?.to_ascii_lowercase();
    let ours = |line: &str| {
        !["content-length: 0", "connection: close", ""].contains(&line) && !line.starts_with("date: ")
    };
    let mut lines = head.split("\r\n");
    let status: u16 = lines.next()?.get(9..12)?.parse().ok()?;
    let refusal = ["connection: close\r\n", "content-length: 0\r\n"].iter().all(|line| head.contains(line));
    if !refusal || lines.any(ours) {
        return None;
    }
    let (reason, detail) = match status {
        400 => (
            "Bad Request",
            "The request is no HTTP that we can read. In an address spaces, quotes and letters outside ASCII must be \
             percent-encoded, such as %20 and %22.",
        ),
        414 => (
            "URI Too Long",
            "The address is longer than 65,534 bytes. Ask with a shorter one; SCIM filters may also be sent as the body of \
             a POST to .search, up to 8,192 bytes.",
        ),
        431 => (
            "Request Header Fields Too Large",
            "Address and headers of the request are too large. Send shorter ones.",
        ),
        _ => return None,
    };
    let line = String::from_utf8_lossy(start);
    let scim = line.split(' ').nth(1).is_some_and(|path| path.starts_with("/scim/"));
    let (kind, mut body) = if scim {
        (
            "application/scim+json",
            json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status.to_string() }),
        )
    } else {
        ("application/problem+json", json!({ "title": reason, "status": status }))
    };
    body["detail"] = detail.into();
    if scim && status != 431 {
        body["scimType"] = if status == 414 { "invalidFilter" } else { "invalidSyntax" }.into();
    }
    let body = body.to_string();
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    Some(answer.into_bytes())
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use axum::serve::ListenerExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn request_that_cannot_be_read_gets_an_answer_with_words() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/empty", get(|| async { axum::http::StatusCode::BAD_REQUEST }))
            .route("/scim/x", get(|| async { "y".repeat(1_000_000) }));
        let server =
            tokio::spawn(async move { axum::serve(Explaining(listener).tap_io(|_| {}), router).await });
        let end = "HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        let long = "userName%20eq%20%22x%22%20or%20".repeat(10_000);
        for (request, status, kind) in [
            (format!("GET /scim/v2/d/Users?filter={long} {end}"), "414", "application/scim+json"),
            (format!("GET /scim/v2/d/Users?filter={long}{long} {end}"), "431", "application/scim+json"),
            (format!("GET /scim/v2/d/Users?filter=userName+eq+\"x\" {end}"), "400", "application/scim+json"),
            (format!("GET /login?{long} {end}"), "414", "application/problem+json"),
        ] {
            let answer = ask(address, &request).await;
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")) && head.contains(kind), "{answer}");
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(body["status"].to_string().trim_matches('"'), status, "{body}");
            assert!(body["detail"].is_string(), "{body}");
        }
        let whole = ask(address, &format!("GET /scim/x {end}")).await;
        assert!(whole.starts_with("HTTP/1.1 200 OK") && whole.ends_with(&"y".repeat(1_000_000)));
        let both = ask(address, &format!("GET /empty HTTP/1.1\r\nhost: a\r\n\r\nGET /scim/x {end}")).await;
        assert!(both.starts_with("HTTP/1.1 400 Bad Request\r\ncontent-length: 0"), "{}", &both[..200]);
        assert!(both.ends_with(&"y".repeat(1_000_000)));
        server.abort();
    }
}
