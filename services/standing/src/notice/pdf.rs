//! A notice as PDF: A4, one typeface, embedded as far as it is used, so that it prints the same anywhere and its text can be
//! searched and read aloud.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use krilla::geom::Point;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use super::paper::{Line, Paper};

/// A4 in points.
const PAGE: (f32, f32) = (595.0, 842.0);
const MARGIN: f32 = 64.0;
const BODY: f32 = 10.5;
const HEADING: f32 = 12.0;
const TITLE: f32 = 16.0;
const LEADING: f32 = 1.6;
/// Where values stand beside their names.
const INDENT: f32 = 96.0;

/// The typeface.
pub(super) struct Face {
    data: Arc<Vec<u8>>,
    font: Font,
}

impl Face {
    /// Reads a TrueType or OpenType file, or the first face of a collection.
    pub(super) fn load(path: &Path) -> anyhow::Result<Self> {
        let advice = || {
            format!(
                "notice.typeface: {} cannot be used: install a Chinese one (Debian: fonts-wqy-microhei) and name its file in \
                 notices.font, or print HTML",
                path.display()
            )
        };
        let data = Arc::new(std::fs::read(path).with_context(advice)?);
        let font = Font::new(Arc::clone(&data).into(), 0).with_context(advice)?;
        FontRef::from_index(&data, 0).map_err(|error| anyhow!("{error}")).with_context(advice)?;
        Ok(Self { data, font })
    }

    /// How wide each character is at a size.
    fn widths(&self, size: f32) -> anyhow::Result<impl Fn(char) -> f32 + '_> {
        let font = FontRef::from_index(&self.data, 0).map_err(|error| anyhow!("{error}"))?;
        let (charmap, metrics) = (font.charmap(), font.glyph_metrics(Size::new(size), LocationRef::default()));
        Ok(move |c| charmap.map(c).and_then(|glyph| metrics.advance_width(glyph)).unwrap_or(size))
    }
}

pub(super) fn render(paper: &Paper, face: &Face) -> anyhow::Result<Vec<u8>> {
    let mut lines = Vec::new();
    let width = PAGE.0 - 2.0 * MARGIN;
    let mut push = |x: f32, size: f32, text: &str, gap: f32| -> anyhow::Result<()> {
        for (n, part) in broken(text, width - x, face.widths(size)?).into_iter().enumerate() {
            lines.push(Placed { x, size, text: part, gap: if n == 0 { gap } else { 0.0 }, beside: false });
        }
        Ok(())
    };
    push(0.0, TITLE, &paper.title, 0.0)?;
    push(0.0, BODY, &format!("编号：{}", paper.number), 4.0)?;
    for section in &paper.sections {
        push(0.0, HEADING, &section.heading, 8.0)?;
        for line in &section.lines {
            match line {
                Line::Text(text) => push(0.0, BODY, text, 0.0)?,
                Line::Pair(name, value) => {
                    push(0.0, BODY, name, 0.0)?;
                    push(INDENT, BODY, value, 0.0)?;
                }
            }
        }
    }
    // A value begins beside its name.
    for at in 1..lines.len() {
        lines[at].beside = lines[at].x > 0.0 && lines[at - 1].x == 0.0;
    }
    draw(paper, face, &lines)
}

struct Placed {
    x: f32,
    size: f32,
    text: String,
    gap: f32,
    beside: bool,
}

fn draw(paper: &Paper, face: &Face, lines: &[Placed]) -> anyhow::Result<Vec<u8>> {
    // A notice has a page or two: uncompressed, its text can be looked for without a viewer.
    let plain = SerializeSettings { compress_content_streams: false, ..SerializeSettings::default() };
    let mut document = Document::new_with(plain);
    document.set_metadata(Metadata::new().title(paper.title.clone()).language("zh-CN".to_owned()));
    let settings = PageSettings::from_wh(PAGE.0, PAGE.1).context("a page has a size")?;
    let mut rest = lines;
    while !rest.is_empty() {
        let mut page = document.start_page_with(settings.clone());
        let mut surface = page.surface();
        let mut y = MARGIN;
        let mut taken = 0;
        for line in rest {
            let below = if line.beside { y } else { y + line.gap + line.size * LEADING };
            if below > PAGE.1 - MARGIN && taken > 0 {
                break;
            }
            y = below;
            let at = Point::from_xy(MARGIN + line.x, y);
            surface.draw_text(at, face.font.clone(), line.size, &line.text, false, TextDirection::LeftToRight);
            taken += 1;
        }
        surface.finish();
        page.finish();
        rest = &rest[taken..];
    }
    document.finish().map_err(|error| anyhow!("the PDF cannot be made: {error:?}"))
}

/// Breaks a text into lines that fit. Chinese is broken between any two characters.
fn broken(text: &str, width: f32, width_of: impl Fn(char) -> f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0.0;
    for c in text.chars() {
        let wide = width_of(c);
        if used + wide > width && used > 0.0 {
            lines.push(String::new());
            used = 0.0;
        }
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
        used += wide;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::broken;

    #[test]
    fn a_text_is_broken_where_the_line_is_full_and_nothing_is_lost() {
        let lines = broken("虚构的违法事实 甲乙", 30.0, |_| 10.0);
        assert_eq!(lines, ["虚构的", "违法事", "实 甲", "乙"]);
        assert_eq!(broken("", 30.0, |_| 10.0), [""]);
        assert_eq!(broken("宽", 5.0, |_| 10.0), ["宽"], "one that fits nowhere stands alone");
    }
}
