//! What a picture looks like in each form, and that nothing in it can break out of it.

use proptest::prelude::{any, proptest};

use super::layout::layout;
use super::{Frame, dot, mermaid, svg};
use crate::network::picture::{Kind, Node, Picture};

fn node(kind: Kind, name: &str, lines: &[&str], column: usize) -> Node {
    Node {
        kind,
        name: name.to_owned(),
        lines: lines.iter().map(|&l| l.to_owned()).collect(),
        column,
    }
}

fn hv1() -> Picture {
    Picture {
        host: "hv1".to_owned(),
        nodes: vec![
            node(Kind::Gateway, "outside", &["203.0.113.254"], 0),
            node(Kind::Bridge, "br1", &["10.42.0.1/24"], 1),
            node(Kind::Link, "eth0", &["203.0.113.10/24", "answers for 2001:db8::11"], 1),
            node(Kind::Guest, "web", &["10.42.0.11"], 2),
        ],
        wires: vec![(0, 2), (1, 3)],
        notes: vec!["rule 1000: from 10.9.0.0/24 lookup 100".to_owned()],
    }
}

#[test]
fn each_form_has_every_box_and_wire() {
    let (drawn, dot, mermaid) = (svg(&[hv1()], Frame::File), dot(&[hv1()]), mermaid(&[hv1()]));
    for text in ["hv1", "eth0", "203.0.113.10/24", "answers for 2001:db8::11", "web", "10.42.0.11"]
    {
        for form in [&drawn, &dot, &mermaid] {
            assert!(form.contains(text), "{text} is not in\n{form}");
        }
    }
    assert!(drawn.contains("rule 1000") && drawn.contains("prefers-color-scheme: dark"));
    assert_eq!(drawn.matches("class=\"wire\"").count(), 2);
    assert!(dot.contains("h0n0 -- h0n2;\n    h0n1 -- h0n3;"), "{dot}");
    assert!(mermaid.contains("    h0n0([\"outside<br/>203.0.113.254\"])\n"), "{mermaid}");
    assert!(mermaid.contains("    h0n1 --- h0n3\n"), "{mermaid}");
}

#[test]
fn boxes_do_not_overlap_and_stand_within_the_picture() {
    let mut picture = hv1();
    picture
        .nodes
        .extend((0..40).map(|n| node(Kind::Guest, &format!("guest{n}"), &["10.42.0.9"], 2)));
    picture.wires.extend((4..44).map(|at| (1, at)));
    let placed = layout(&picture);
    for (at, one) in placed.places.iter().enumerate() {
        assert!(one.x >= 0.0 && one.y >= 0.0, "{one:?}");
        assert!(
            one.x + one.width <= placed.width && one.y + one.height <= placed.height,
            "{one:?}"
        );
        for other in &placed.places[at + 1..] {
            let apart = one.x + one.width <= other.x
                || other.x + other.width <= one.x
                || one.y + one.height <= other.y
                || other.y + other.height <= one.y;
            assert!(apart, "{one:?} {other:?}");
        }
    }
}

#[test]
fn an_empty_picture_is_one_too() {
    let empty = Picture { host: "x".to_owned(), ..Picture::default() };
    assert!(svg(std::slice::from_ref(&empty), Frame::Part).contains("</svg>"));
    assert!(svg(&[], Frame::File).contains("</svg>"));
    assert!(mermaid(&[empty]).ends_with("end\n"));
}

#[test]
fn words_of_a_host_stay_words() {
    let evil = "</text><script>alert(1)</script>\"];x[\"`\\\n\u{1b}";
    let mut picture = hv1();
    picture.host = evil.to_owned();
    picture.nodes[1].name = evil.to_owned();
    picture.nodes[1].lines = vec![evil.to_owned()];
    picture.notes = vec![evil.to_owned()];
    let drawn = svg(std::slice::from_ref(&picture), Frame::File);
    assert!(!drawn.contains("<script") && !drawn.contains('\u{1b}'), "{drawn}");
    let mermaid = mermaid(std::slice::from_ref(&picture));
    assert!(!mermaid.contains("<script") && !mermaid.contains("\"];x"), "{mermaid}");
    assert!(dot(&[picture]).contains("\\\"];x[\\\""));
}

proptest! {
    #[test]
    fn no_words_break_the_xml(name in any::<String>(), line in any::<String>()) {
        let mut picture = hv1();
        picture.nodes[0].name = name;
        picture.nodes[0].lines = vec![line];
        let drawn = svg(&[picture], Frame::Part);
        // Every bracket is one of ours: the letters of a host have none.
        assert_eq!(drawn.matches('<').count(), drawn.matches('>').count());
        assert_eq!(drawn.matches('"').count() % 2, 0);
        assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'));
    }
}
