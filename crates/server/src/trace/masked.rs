//! A message as people may read it: its shape, addresses and times, and nothing about the person unless asked for.
//!
//! Owns which texts are shown. Does not judge the message: it may be anything, so nothing here relies on its form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Elements whose text names machines, rules and times, not people.
const SHOWN: &[&str] =
    &["Issuer", "Audience", "AuthnContextClassRef", "AuthenticatingAuthority", "StatusMessage"];
/// The longest message shown.
const LONGEST: usize = 24 * 1024;

/// Members of an OpenID answer that name machines and rules, not people.
const SHOWN_MEMBERS: &[&str] = &["error", "error_description", "error_uri", "iss", "state", "scope"];

/// Members of an ID token, and of its header, that name machines, rules and times.
const SHOWN_CLAIMS: &[&str] = &[
    "alg",
    "kid",
    "typ",
    "iss",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "at_hash",
    "c_hash",
    "email_verified",
    "tid",
    "ver",
    "hd",
    "session_expiry",
];

/// What of a message is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Nothing about the person.
    Masked,
    /// All of it.
    All,
}

impl Show {
    /// A text of ours or of the provider, with addresses of people masked where that is asked for.
    pub fn text(self, text: &str) -> String {
        match self {
            Self::All => text.to_owned(),
            Self::Masked => addresses(text),
        }
    }
}

/// A text in which of every email address only the first letter and the domain are left: `a•••@acme.com`.
pub fn addresses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, sign)) = next_at(rest) {
        let local: usize = rest[..at]
            .chars()
            .rev()
            .take_while(|c| c.is_alphanumeric() || "._+-•".contains(*c))
            .map(char::len_utf8)
            .sum();
        let begins = at - local;
        out.push_str(&rest[..begins]);
        if let Some(first) = rest[begins..at].chars().next() {
            out.push(first);
            out.push_str("•••");
        }
        out.push_str(sign);
        rest = &rest[at + sign.len()..];
    }
    out.push_str(rest);
    out
}

/// The next `@`, also as it stands in an address of the web.
fn next_at(text: &str) -> Option<(usize, &'static str)> {
    let (plain, encoded) = (text.find('@'), text.find("%40"));
    match (plain, encoded) {
        (Some(plain), Some(encoded)) if encoded < plain => Some((encoded, "%40")),
        (Some(plain), _) => Some((plain, "@")),
        (None, Some(encoded)) => Some((encoded, "%40")),
        (None, None) => None,
    }
}

/// The message of a record: a SAML message as it came or in plain, or the parameters of an OpenID answer as JSON.
pub fn message(text: &str, show: Show) -> String {
    if text.starts_with('{') {
        return parameters(text, show);
    }
    if text.trim_start().starts_with('<') {
        return saml(text, show);
    }
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(compact).map_or_else(|_| String::new(), |xml| saml(&String::from_utf8_lossy(&xml), show))
}

fn parameters(text: &str, show: Show) -> String {
    let Ok(Value::Object(mut all)) = serde_json::from_str(text) else { return String::new() };
    if show == Show::Masked {
        for (name, value) in &mut all {
            match (name.as_str(), &mut *value) {
                ("id_token", Value::Object(token)) => token.values_mut().for_each(mask_claims),
                (name, value) => mask_unless(SHOWN_MEMBERS.contains(&name), value),
            }
        }
    }
    let mut out = serde_json::to_string_pretty(&all).unwrap_or_default();
    if out.len() > LONGEST {
        out.truncate(out.floor_char_boundary(LONGEST));
        out.push_str("\n…");
    }
    out
}

/// Header or claims of an ID token: the names of all, and the values of those that say nothing of the person.
fn mask_claims(part: &mut Value) {
    match part {
        Value::Object(all) => {
            for (name, value) in all {
                mask_unless(SHOWN_CLAIMS.contains(&name.as_str()), value);
            }
        }
        other => mask_unless(true, other),
    }
}

/// Leaves texts, numbers and lists of them as they are where they may be shown, without addresses of people.
fn mask_unless(shown: bool, value: &mut Value) {
    match value {
        Value::String(text) if shown => *text = addresses(text),
        Value::Array(all) if shown => all.iter_mut().for_each(|one| mask_unless(true, one)),
        Value::Number(_) | Value::Bool(_) | Value::Null if shown => {}
        other => *other = Value::String("••••".to_owned()),
    }
}

/// The message, one element a line, every other text masked unless asked for. Empty where it is no XML.
fn saml(text: &str, show: Show) -> String {
    if !text.trim_start().starts_with('<') {
        return String::new();
    }
    let mut out = String::new();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        shown_text(&mut out, &rest[..at], open.last().copied(), show);
        rest = &rest[at..];
        if rest.starts_with("<!") || rest.starts_with("<?") {
            // Comments, declarations and the like may hold anything: left out whole.
            let end = if rest.starts_with("<!--") {
                "-->"
            } else if rest.starts_with("<![CDATA[") {
                "]]>"
            } else {
                ">"
            };
            let Some(after) = rest.find(end) else { break };
            rest = &rest[after + end.len()..];
            continue;
        }
        let Some(end) = tag_end(rest) else { break };
        let tag = &rest[..=end];
        rest = &rest[end + 1..];
        let name = tag.trim_start_matches(['<', '/']);
        let name = name.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next().unwrap_or_default();
        let local = name.rsplit(':').next().unwrap_or_default();
        if tag.starts_with("</") {
            open.pop();
            if out.ends_with('>') {
                line(&mut out, open.len());
            }
            out.push_str(tag);
        } else {
            line(&mut out, open.len());
            out.push_str(tag);
            if !tag.ends_with("/>") {
                open.push(local);
            }
        }
        if out.len() > LONGEST {
            out.push_str("\n…");
            break;
        }
    }
    show.text(out.trim_start())
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth.min(40)));
}

fn shown_text(out: &mut String, text: &str, inside: Option<&str>, show: Show) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    if show == Show::All || inside.is_some_and(|name| SHOWN.contains(&name)) {
        out.push_str(text);
    } else {
        out.push_str("••••");
    }
}

/// Where a tag ends; a `>` inside of quotes does not end it.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    text.char_indices().find_map(|(at, c)| {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(xml: &str) -> String {
        message(&STANDARD.encode(xml), Show::Masked)
    }

    #[test]
    fn of_an_id_token_the_names_are_shown_and_what_is_nobodys() {
        let text = serde_json::json!({"code": "left out", "state": "s", "id_token": {
            "header": {"alg": "RS256", "kid": "k1", "x": {"y": "ada"}},
            "claims": {"iss": "https://idp.example", "aud": ["us", "ada@acme.test"], "exp": 1_800_000_000, "sub": "ada",
                "email": "ada@acme.test", "email_verified": false, "groups": ["Ada's"], "nonce": ["n"]}}})
        .to_string();
        let shown = message(&text, Show::Masked);
        let expected = serde_json::json!({"code": "••••", "state": "s", "id_token": {
            "header": {"alg": "RS256", "kid": "k1", "x": "••••"},
            "claims": {"iss": "https://idp.example", "aud": ["us", "a•••@acme.test"], "exp": 1_800_000_000,
                "sub": "••••", "email": "••••", "email_verified": false, "groups": "••••", "nonce": ["n"]}}});
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), expected);
        assert!(message(&text, Show::All).contains("Ada's"));
    }

    #[test]
    fn nothing_about_the_person_is_shown() {
        let shown = masked(
            "<?xml version=\"1.0\"?><p:Response ID=\"_1\"><Issuer>https://idp.example</Issuer><!-- ada@acme.test -->\
             <Subject><NameID>ada@acme.test</NameID></Subject><Attribute Name=\"a>b\"><AttributeValue>Ada</AttributeValue>\
             <AttributeValue><![CDATA[Lovelace]]></AttributeValue></Attribute><SignatureValue>Zm9v</SignatureValue>\
             <Audience>https://us.example</Audience></p:Response>",
        );
        for hidden in ["ada@acme.test", "Ada", "Lovelace", "Zm9v", "<?xml"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
        for there in
            ["<p:Response ID=\"_1\">", "https://idp.example", "https://us.example", "<NameID>••••</NameID>"]
        {
            assert!(shown.contains(there), "{there} not in {shown}");
        }
    }

    #[test]
    fn what_is_no_message_shows_nothing() {
        assert_eq!(message("%%%", Show::All), "");
        assert_eq!(message("", Show::All), "");
        assert_eq!(masked("just text"), "");
        assert_eq!(masked("<open"), "");
        assert_eq!(masked("<a><b"), "<a>");
        assert!(masked(&"<a>".repeat(20_000)).len() < LONGEST * 2);
    }

    #[test]
    fn a_message_in_plain_is_shown_as_one_in_base64() {
        let xml = "\n<a><NameID>ada@acme.test</NameID></a>";
        assert_eq!(message(xml, Show::Masked), masked(xml));
        assert_eq!(masked(xml), "<a>\n  <NameID>••••</NameID>\n</a>");
    }

    #[test]
    fn what_is_asked_for_is_shown_whole() {
        let xml = "<a><NameID>ada@acme.test</NameID></a>";
        assert!(message(&STANDARD.encode(xml), Show::All).contains("<NameID>ada@acme.test</NameID>"));
        let shown = masked("<a><StatusMessage>ada@acme.test is not assigned</StatusMessage></a>");
        assert!(shown.contains("a•••@acme.test is not assigned"), "{shown}");
    }

    #[test]
    fn of_an_address_the_first_letter_and_the_domain_are_left() {
        for (text, shown) in [
            ("ada@acme.test signed in", "a•••@acme.test signed in"),
            ("(ada.love+x@acme.test)", "(a•••@acme.test)"),
            ("https://x/?u=ada%40acme.test&v=1", "https://x/?u=a•••%40acme.test&v=1"),
            ("ÄDA@acme.test, bob@b.test", "Ä•••@acme.test, b•••@b.test"),
            ("@acme.test and @", "@acme.test and @"),
            ("a•••@acme.test", "a•••@acme.test"),
            ("", ""),
        ] {
            assert_eq!(addresses(text), shown);
        }
    }

    #[test]
    fn of_an_openid_answer_the_error_is_shown_and_nothing_about_the_person() {
        let kept =
            r#"{"error":"access_denied","error_description":"ada@acme.test is not assigned","login":"ada"}"#;
        let shown = message(kept, Show::Masked);
        assert!(
            shown.contains("access_denied") && shown.contains("a•••@acme.test is not assigned"),
            "{shown}"
        );
        assert!(!shown.contains("\"ada\"") && message(kept, Show::All).contains("\"ada\""), "{shown}");
        assert_eq!(message("{broken", Show::All), "");
    }
}
