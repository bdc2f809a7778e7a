//! A notice as HTML: one file, nothing fetched from elsewhere. Every text is escaped.

use maud::{DOCTYPE, html};

use super::paper::{Line, Paper};

const STYLE: &str = "body{font-family:serif;max-width:42em;margin:2em auto;line-height:1.7}h1{font-size:1.4em;text-align:center}\
                     h2{font-size:1.05em;margin:1.2em 0 .2em}dl{display:grid;grid-template-columns:9em 1fr;margin:0}dt{color:#444}\
                     dd{margin:0;overflow-wrap:anywhere}p{margin:0}@media print{body{margin:0}}";

pub(crate) fn render(paper: &Paper) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                title { (paper.title) }
                style { (STYLE) }
            }
            body {
                h1 { (paper.title) }
                p { "编号：" (paper.number) }
                @for section in &paper.sections {
                    section {
                        h2 { (section.heading) }
                        @for line in &section.lines {
                            @match line {
                                Line::Text(text) => { p { (text) } }
                                Line::Pair(name, value) => { dl { dt { (name) } dd { (value) } } }
                            }
                        }
                    }
                }
            }
        }
    };
    page.into_string()
}
