//! Random surgery: parts of a signed message are copied, moved, deleted, renamed and given the attacker's name
//! and other ids, by the thousand. Whatever is accepted must say exactly what the provider signed.
//!
//! This stands for all the wrapping attacks that nobody has thought of.

use crate::kit::*;
use saml::idp::Signed;

/// A small deterministic generator (xorshift), so that a failure can be repeated by its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(n.max(1)).unwrap()).unwrap()
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// The spans of all elements of a document without comments, by a plain stack over its tags.
fn elements(xml: &str) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(start) = xml[at..].find('<').map(|i| at + i) {
        let end = start + xml[start..].find('>').unwrap_or(xml.len() - start - 1) + 1;
        let tag = &xml[start..end];
        if tag.starts_with("</") {
            if let Some(begin) = open.pop() {
                out.push((begin, end));
            }
        } else if tag.ends_with("/>") {
            out.push((start, end));
        } else {
            open.push(start);
        }
        at = end;
    }
    out
}

/// One random change.
fn mutate(xml: &str, dice: &mut Dice) -> String {
    let spans = elements(xml);
    if spans.is_empty() {
        return xml.to_owned();
    }
    let (start, end) = *dice.pick(&spans);
    let part = xml[start..end].to_owned();
    // Positions between elements: the starts and ends of all of them.
    let (a, b) = *dice.pick(&spans);
    let place = if dice.below(2) == 0 { a } else { b };
    let inserted = |what: &str| format!("{}{what}{}", &xml[..place], &xml[place..]);
    let forged = part
        .replace(VICTIM, ATTACKER)
        .replace(ASSERTION_ID, ["_evil", ASSERTION_ID, RESPONSE_ID][dice.below(3)])
        .replace(RESPONSE_ID, ["_evilresp", RESPONSE_ID, ASSERTION_ID][dice.below(3)]);
    match dice.below(12) {
        0 => inserted(&part),
        1 | 2 => inserted(&forged),
        3 => format!("{}{}", &xml[..start], &xml[end..]),
        4 | 5 => format!("{}{forged}{}", &xml[..start], &xml[end..]),
        6 => {
            // Move.
            let without = format!("{}{}", &xml[..start], &xml[end..]);
            let place = if place >= end { place - (end - start) } else { place.min(start) };
            format!("{}{part}{}", &without[..place], &without[place..])
        }
        7 => {
            let wrapper = dice.pick(&[
                "samlp:Extensions",
                "ds:Object",
                "saml:Advice",
                "saml:Assertion",
                "samlp:Response",
                "x",
                "saml:AttributeValue",
            ]);
            let names = "xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
                         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
                         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
            format!("{}<{wrapper} {names}>{part}</{wrapper}>{}", &xml[..start], &xml[end..])
        }
        8 => xml.replacen(VICTIM, ATTACKER, 1 + dice.below(2)),
        9 => xml.replacen(ASSERTION_ID, "_evil", 1 + dice.below(3)),
        10 => xml.replacen(RESPONSE_ID, "_evilresp", 1 + dice.below(3)),
        _ => {
            let from = dice.pick(&["ID=", "URI=", "saml:", "ds:", "Destination", "InResponseTo", "Value="]);
            let to = dice.pick(&["Id=", "id=", "xml:id=", "ID=", "samlp:", "saml:", "ds:", "Recipient"]);
            xml.replacen(from, to, 1)
        }
    }
}

fn operate(parts: Signed, seed: u64, rounds: usize) {
    let original = message(parts);
    let sound = accepted(&original);
    let mut dice = Dice(seed);
    let (mut refused, mut taken) = (0, 0);
    for round in 0..rounds {
        let mut xml = original.clone();
        for _ in 0..=dice.below(4) {
            xml = mutate(&xml, &mut dice);
        }
        match judge(&xml) {
            Err(_) => refused += 1,
            Ok(mut assertion) => {
                taken += 1;
                // Outside a signed response the request may be left out of the comparison: it was compared.
                assertion.in_response_to.clone_from(&sound.in_response_to);
                assert_eq!(assertion, sound, "round {round} of seed {seed}:\n{xml}");
            }
        }
    }
    assert!(refused > rounds / 2, "{refused} refused, {taken} taken");
}

#[test]
fn surgery_on_a_signed_response() {
    operate(Signed::Response, 0x9e37_79b9_7f4a_7c15, 1500);
}

#[test]
fn surgery_on_a_signed_assertion() {
    operate(Signed::Assertion, 0xd1b5_4a32_d192_ed03, 1500);
}

#[test]
fn surgery_on_both() {
    operate(Signed::Both, 0x94d0_49bb_1331_11eb, 1500);
}
