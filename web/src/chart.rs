//! Charts, drawn here as SVG: no script is needed to see them, and each says in words what it shows.
//!
//! Places are whole thousandths of the drawing, so that a figure is drawn where it is to the last digit that can be seen.

use gom_domain::Quantity;
use maud::{Markup, html};

/// The width that places are counted in.
const WIDE: i64 = 1_000;

/// Where an amount lies between zero and the most, within the drawing.
pub fn place(amount: &Quantity, most: &Quantity) -> i64 {
    if most <= &Quantity::zero() {
        return 0;
    }
    let share = (amount * &Quantity::from(WIDE)).checked_div(most);
    let whole = share.and_then(|share| share.rounded(0).parse::<i64>().ok()).unwrap_or(WIDE);
    whole.clamp(0, WIDE)
}

/// What a target's bullet shows.
#[derive(Clone, Copy, Debug)]
pub struct Bullet<'a> {
    /// What has been done.
    pub actual: Option<&'a Quantity>,
    /// What is expected by now.
    pub expected: Option<&'a Quantity>,
    /// What is aimed at.
    pub aim: Option<&'a Quantity>,
    /// How far the drawing reaches; none for as far as the amounts do. Bars under one another take the same.
    pub most: Option<&'a Quantity>,
    /// How it stands out.
    pub shade: &'a str,
    /// The same in words.
    pub text: &'a str,
}

/// A bullet chart: a bar for what has been done, a tick where it should be by now, an edge where the aim is.
pub fn bullet(bullet: Bullet<'_>) -> Markup {
    let all = [bullet.actual, bullet.expected, bullet.aim];
    let Some(most) = bullet.most.or_else(|| all.into_iter().flatten().max()) else { return html! {} };
    // A little room beyond the most, so that its edge is seen.
    let most = most * &Quantity::scaled(104, 2);
    let at = |amount: Option<&Quantity>| amount.map(|amount| place(amount, &most));
    html! {
        svg.bullet viewBox="0 0 1000 80" preserveAspectRatio="none" role="img" aria-label=(bullet.text) {
            @if let Some(aim) = at(bullet.aim) { rect.ground x="0" y="18" width=(aim) height="44" {} }
            @if let Some(actual) = at(bullet.actual) { rect class=(bullet.shade) x="0" y="28" width=(actual) height="24" {} }
            @if let Some(aim) = at(bullet.aim) { rect.aim x=(aim - 4) y="8" width="8" height="64" {} }
            @if let Some(expected) = at(bullet.expected) { rect.tick x=(expected - 3) y="18" width="6" height="44" {} }
        }
    }
}

/// A line of a curve: an amount for each month, or none.
#[derive(Clone, Copy, Debug)]
pub struct Curve<'a> {
    /// How it is drawn.
    pub class: &'a str,
    /// What it is.
    pub name: &'a str,
    /// Its amounts, from the first month on.
    pub amounts: &'a [Option<Quantity>],
}

const TOP: i64 = 30;
const BOTTOM: i64 = 330;
const LEFT: i64 = 40;
const STEP: i64 = 80;

/// Curves over the months of a year. `shown` writes an amount at the scale.
pub fn curves(curves: &[Curve<'_>], text: &str, shown: impl Fn(&Quantity) -> String) -> Markup {
    let all = curves.iter().flat_map(|curve| curve.amounts).flatten();
    let Some(most) = all.clone().max().filter(|most| **most > Quantity::zero()) else { return html! {} };
    let floor = floor(all.min().unwrap_or(most), most);
    let range = most - &floor;
    let height = |amount: &Quantity| BOTTOM - place(&(amount - &floor), &range) * (BOTTOM - TOP) / WIDE;
    let across = |month: usize| LEFT + i64::try_from(month).unwrap_or(0) * STEP;
    html! {
        svg.curves viewBox="0 0 1000 380" role="img" aria-label=(text) {
            line.axis x1=(LEFT) x2=(across(11)) y1=(BOTTOM) y2=(BOTTOM) {}
            line.grid x1=(LEFT) x2=(across(11)) y1=(TOP) y2=(TOP) {}
            text.small x=(LEFT) y=(TOP - 8) { (shown(most)) }
            @if !floor.is_zero() { text.small x=(LEFT) y=(BOTTOM - 8) { (shown(&floor)) } }
            @for month in 0..12 { text.small.middle x=(across(month)) y=(BOTTOM + 28) { (month + 1) } }
            @for curve in curves {
                (line(curve, across, height))
            }
        }
    }
}

/// Where the drawing begins: at zero, unless all lies so far above it that nothing could be told apart.
fn floor(least: &Quantity, most: &Quantity) -> Quantity {
    let range = most - least;
    if range.is_zero() || least < &(&range * &Quantity::from(2)) {
        return Quantity::zero();
    }
    least - &range
}

fn line(curve: &Curve<'_>, across: impl Fn(usize) -> i64, height: impl Fn(&Quantity) -> i64) -> Markup {
    let known =
        curve.amounts.iter().enumerate().filter_map(|(month, amount)| Some((month, amount.as_ref()?)));
    let points: Vec<(i64, i64)> = known.map(|(month, amount)| (across(month), height(amount))).collect();
    let path = points.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ");
    html! {
        polyline class={ "curve " (curve.class) } points=(path) { title { (curve.name) } }
        @if let Some((x, y)) = points.last() { circle class={ "curve " (curve.class) } cx=(x) cy=(y) r="5" {} }
    }
}

/// A place on a map: where it is, in millionths of a degree, how it stands out, and what it is.
#[derive(Clone, Debug)]
pub struct Spot {
    /// Its latitude.
    pub north: i64,
    /// Its longitude.
    pub east: i64,
    /// How it stands out.
    pub shade: &'static str,
    /// Its name.
    pub name: String,
    /// What is shown of it, in words.
    pub text: String,
    /// Where it leads.
    pub href: String,
}

/// A map of places: each where it lies to the others.
pub fn map(spots: &[Spot], text: &str) -> Markup {
    let range = |of: fn(&Spot) -> i64| Some((spots.iter().map(of).min()?, spots.iter().map(of).max()?));
    let (Some((south, north)), Some((west, east))) = (range(|spot| spot.north), range(|spot| spot.east))
    else {
        return html! {};
    };
    // One scale both ways: so near the equator a degree is as long in either.
    let span = (north - south).max(east - west).max(1);
    let x = |spot: &Spot| 120 + (spot.east - west) * 760 / span;
    let y = |spot: &Spot| 40 + (north - spot.north) * 760 / span;
    let tall = 100 + (north - south) * 760 / span;
    html! {
        svg.map viewBox={ "0 0 1000 " (tall) } role="group" aria-label=(text) {
            @for spot in spots {
                a href=(spot.href) aria-label={ (spot.name) ": " (spot.text) } {
                    path class=(spot.shade) d={ "M" (x(spot)) " " (y(spot)) (shape(spot.shade)) } {}
                    text.middle x=(x(spot)) y=(y(spot) + 38) aria-hidden="true" { (spot.name) }
                }
            }
        }
    }
}

/// A shape of its own for each way to stand out, for those who see no colours, from its middle on.
fn shape(shade: &str) -> &'static str {
    match shade {
        "bad" => "m0 -17l17 17l-17 17l-17 -17z",
        "warn" => "m0 -16l17 29h-34z",
        "dim" => "m-12 -12h24v24h-24z",
        _ => "m-14 0a14 14 0 1 0 28 0a14 14 0 1 0 -28 0z",
    }
}

/// The same as a sign, for a legend.
pub fn sign(shade: &str) -> &'static str {
    match shade {
        "bad" => "◆",
        "warn" => "▲",
        "dim" => "■",
        _ => "●",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_lies_where_it_is() {
        let q = |value: i64| Quantity::from(value);
        assert_eq!(place(&q(1), &q(3)), 333);
        assert_eq!(place(&q(4), &q(3)), WIDE, "not beyond the edge");
        assert_eq!(place(&q(-1), &q(3)), 0);
        assert_eq!(place(&q(1), &q(0)), 0);
    }

    #[test]
    fn a_bullet_says_what_it_shows_and_escapes_it() {
        let (actual, aim) = (Quantity::from(3), Quantity::from(4));
        let drawn = bullet(Bullet {
            actual: Some(&actual),
            expected: None,
            aim: Some(&aim),
            most: None,
            shade: "good",
            text: "<b>3 of 4",
        });
        let drawn = drawn.into_string();
        assert!(drawn.contains("&lt;b&gt;3 of 4") && drawn.contains("width=\"721\""), "{drawn}");
        let nothing = Bullet { actual: None, expected: None, aim: None, most: None, shade: "", text: "" };
        assert_eq!(bullet(nothing).into_string(), "");
    }
}
