//! A SAML message as an operator may read it: its shape, addresses and times, and nothing about the person.
//!
//! Owns which texts are shown. Does not judge the message: it may be anything, so nothing here relies on its form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Elements whose text names machines, rules and times, not people.
const SHOWN: &[&str] =
    &["Issuer", "Audience", "AuthnContextClassRef", "AuthenticatingAuthority", "StatusMessage"];
/// The longest message shown.
const LONGEST: usize = 24 * 1024;

/// The message, one element a line, every other text masked. Empty where it is no XML.
pub fn saml(base64: &str) -> String {
    let compact: String = base64.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let Ok(bytes) = STANDARD.decode(compact) else { return String::new() };
    let text = String::from_utf8_lossy(&bytes);
    if !text.trim_start().starts_with('<') {
        return String::new();
    }
    let mut out = String::new();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text.as_ref();
    while let Some(at) = rest.find('<') {
        shown_text(&mut out, &rest[..at], open.last().copied());
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
    out.trim_start().to_owned()
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth.min(40)));
}

fn shown_text(out: &mut String, text: &str, inside: Option<&str>) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    if inside.is_some_and(|name| SHOWN.contains(&name)) {
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
        saml(&STANDARD.encode(xml))
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
        assert_eq!(saml("%%%"), "");
        assert_eq!(saml(""), "");
        assert_eq!(masked("just text"), "");
        assert_eq!(masked("<open"), "");
        assert_eq!(masked("<a><b"), "<a>");
        assert!(masked(&"<a>".repeat(20_000)).len() < LONGEST * 2);
    }
}
