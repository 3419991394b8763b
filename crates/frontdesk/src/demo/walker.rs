//! A browser without a window, over real HTTP: keeps cookies, follows redirects, fills in forms.

use std::collections::BTreeMap;

use reqwest::{Client, Method, Response, StatusCode, header};
use url::Url;

/// What went wrong on the way, in a sentence.
pub type Failure = String;

/// A page, read.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where we are.
    pub url: Url,
    /// HTTP status.
    pub status: StatusCode,
    /// The page.
    pub text: String,
}

/// A form on a page.
#[derive(Debug, Clone)]
pub struct Form {
    /// Where it goes.
    pub action: Url,
    multipart: bool,
    /// What a browser would send when nothing is touched.
    pub fields: Vec<(String, String)>,
}

/// A browser without a window.
pub struct Walker {
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl Walker {
    /// A browser without cookies.
    pub fn new() -> Result<Self, Failure> {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
        Ok(Self { client: client.map_err(|e| e.to_string())?, cookies: BTreeMap::new() })
    }

    /// Opens an address and follows where it leads.
    pub async fn open(&mut self, url: &str) -> Result<Page, Failure> {
        let url = Url::parse(url).map_err(|e| format!("{url}: {e}"))?;
        self.go(Method::GET, url, None).await
    }

    /// Sends a form with these fields changed or added.
    pub async fn submit(&mut self, mut form: Form, changes: &[(&str, &str)]) -> Result<Page, Failure> {
        for (name, value) in changes {
            form.fields.retain(|(n, _)| n != name);
            form.fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let body = if form.multipart { multipart(&form.fields, None) } else { urlencoded(&form.fields) };
        self.go(Method::POST, form.action, Some(body)).await
    }

    /// Sends a form with a file in it.
    pub async fn upload(&mut self, form: Form, name: &str, content: &str) -> Result<Page, Failure> {
        let body = multipart(&form.fields, Some((name, content)));
        self.go(Method::POST, form.action, Some(body)).await
    }

    async fn go(
        &mut self,
        method: Method,
        url: Url,
        body: Option<(String, Vec<u8>)>,
    ) -> Result<Page, Failure> {
        let (mut method, mut url, mut body) = (method, url, body);
        for _ in 0..12 {
            let answer = self.send(&method, &url, body.as_ref()).await?;
            let next =
                answer.headers().get(header::LOCATION).and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
            match next {
                Some(next) if answer.status().is_redirection() => {
                    url = url.join(&next).map_err(|e| format!("{next}: {e}"))?;
                    method = Method::GET;
                    body = None;
                }
                _ => {
                    let status = answer.status();
                    let text = answer.text().await.map_err(|e| e.to_string())?;
                    return Ok(Page { url, status, text });
                }
            }
        }
        Err(format!("{url} redirects without end"))
    }

    async fn send(
        &mut self,
        method: &Method,
        url: &Url,
        body: Option<&(String, Vec<u8>)>,
    ) -> Result<Response, Failure> {
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut request =
            self.client.request(method.clone(), url.clone()).header(header::COOKIE, cookies.join("; "));
        if let Some((kind, bytes)) = body {
            request = request.header(header::CONTENT_TYPE, kind).body(bytes.clone());
        }
        let answer = request.send().await.map_err(|e| format!("{url} does not answer: {e}"))?;
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }
}

fn urlencoded(fields: &[(String, String)]) -> (String, Vec<u8>) {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    ("application/x-www-form-urlencoded".to_owned(), body.into_bytes())
}

fn multipart(fields: &[(String, String)], file: Option<(&str, &str)>) -> (String, Vec<u8>) {
    const BOUNDARY: &str = "----frontdesk-tour-7c1f";
    let mut body = String::new();
    for (name, value) in fields {
        if file.is_some() && name == "file" {
            continue;
        }
        body.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    if let Some((name, content)) = file {
        body.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: \
             text/csv\r\n\r\n{content}\r\n"
        ));
    }
    body.push_str(&format!("--{BOUNDARY}--\r\n"));
    (format!("multipart/form-data; boundary={BOUNDARY}"), body.into_bytes())
}

impl Page {
    /// The page, if it was answered with success and says `words`.
    pub fn says(self, words: &str) -> Result<Self, Failure> {
        if self.status.is_success() && self.plain().contains(words) {
            return Ok(self);
        }
        Err(format!("{} ({}) should say “{words}”, but says: {}", self.url, self.status, self.summary()))
    }

    /// The form whose action ends with `end`.
    pub fn form(&self, end: &str) -> Result<Form, Failure> {
        let found = self.forms().into_iter().find(|form| {
            let action = form.action.as_str();
            action.ends_with(end) || action.split(['?', '#']).next().is_some_and(|a| a.ends_with(end))
        });
        found.ok_or_else(|| {
            format!("{} ({}) has no form that goes to …{end}: {}", self.url, self.status, self.summary())
        })
    }

    fn forms(&self) -> Vec<Form> {
        self.text
            .split("<form")
            .skip(1)
            .filter_map(|rest| {
                let whole = rest.split("</form>").next()?;
                let (head, body) = whole.split_once('>')?;
                let action = attribute(head, "action").unwrap_or_default();
                let action =
                    if action.is_empty() { self.url.clone() } else { self.url.join(&action).ok()? };
                let multipart = attribute(head, "enctype").is_some_and(|e| e.contains("multipart"));
                Some(Form { action, multipart, fields: fields(body) })
            })
            .collect()
    }

    /// Text without markup, entities read.
    pub fn plain(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut inside = false;
        for c in self.text.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => out.push(c),
                _ => {}
            }
        }
        unescape(&out)
    }

    /// The first word of the page that begins with `start`, markup or not.
    pub fn word(&self, start: &str) -> Result<String, Failure> {
        let end = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\'' | '&');
        self.text
            .find(start)
            .map(|at| self.text[at..].split(end).next().unwrap_or_default().to_owned())
            .ok_or_else(|| format!("{} holds nothing that begins with {start}: {}", self.url, self.summary()))
    }

    fn summary(&self) -> String {
        let plain = self.plain();
        let words: Vec<&str> = plain.split_whitespace().collect();
        words.join(" ").chars().take(400).collect()
    }
}

/// What a browser sends of a form that nobody touched.
fn fields(body: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for tag in body.split('<').skip(1) {
        let (head, rest) = tag.split_once('>').unwrap_or((tag, ""));
        let name = attribute(head, "name").unwrap_or_default();
        if head.starts_with("input") && !name.is_empty() {
            let kind = attribute(head, "type").unwrap_or_default();
            let ticked = head.contains(" checked");
            if !matches!(kind.as_str(), "submit" | "file")
                && (ticked || !matches!(kind.as_str(), "checkbox" | "radio"))
            {
                let value = attribute(head, "value")
                    .unwrap_or_else(|| if ticked { "on".to_owned() } else { String::new() });
                out.push((name, value));
            }
        } else if head.starts_with("textarea") && !name.is_empty() {
            out.push((name, unescape(rest)));
        } else if head.starts_with("select") && !name.is_empty() {
            out.push((name, String::new()));
        } else if head.starts_with("option")
            && head.contains(" selected")
            && let Some(last) = out.last_mut()
        {
            last.1 = attribute(head, "value").unwrap_or_default();
        }
    }
    out
}

fn attribute(head: &str, name: &str) -> Option<String> {
    let at = head.find(&format!(" {name}=\""))? + name.len() + 3;
    head[at..].split('"').next().map(unescape)
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&nbsp;", " ")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_a_browser_reads_it() {
        let page = Page {
            url: "http://localhost/s/x".parse().unwrap(),
            status: StatusCode::OK,
            text: r#"<form method="post" action="/a?b=1&amp;c=2"><input type="hidden" name="csrf" value="t&amp;t"><input type="checkbox" name="no" value="1"><input type="radio" name="p" value="x" checked><textarea name="t">a &lt; b</textarea><select name="s"><option value="1">One</option><option value="2" selected>Two</option></select></form>"#
                .to_owned(),
        };
        let form = page.form("/a").unwrap();
        assert_eq!(form.action.as_str(), "http://localhost/a?b=1&c=2");
        let pairs: Vec<String> = form.fields.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(pairs.join("|"), "csrf=t&t|p=x|t=a < b|s=2");
    }
}
