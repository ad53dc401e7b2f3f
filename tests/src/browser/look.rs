//! How a page looks: screen sizes, themes, screenshots, and what axe-core says about them.

use super::Browser;
use crate::fault::Result;
use crate::place;
use serde_json::json;

/// The two sizes every page is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// 390 × 844, two device pixels to one, with touch.
    Phone,
    /// 1280 × 860.
    Desktop,
}

/// The two themes every page is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Screen {
    const ALL: [Self; 2] = [Self::Phone, Self::Desktop];

    fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Desktop => "desktop",
        }
    }
}

impl Theme {
    const ALL: [Self; 2] = [Self::Light, Self::Dark];

    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The rules that a page must hold: WCAG 2.2, levels A and AA.
const RULES: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']";

impl Browser {
    /// Changes size and theme; the page stays as it is.
    pub async fn look(&mut self, screen: Screen, theme: Theme) -> Result<()> {
        self.screen = screen;
        self.theme = theme;
        self.apply_look().await
    }

    pub(super) async fn apply_look(&self) -> Result<()> {
        let (width, height, scale, mobile) = match self.screen {
            Screen::Phone => (390, 844, 2, true),
            Screen::Desktop => (1280, 860, 1, false),
        };
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await?;
        let theme = json!({ "features": [
            { "name": "prefers-color-scheme", "value": self.theme.name() },
            // A picture is taken of the end of a movement, never of its middle.
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.devtools("Emulation.setEmulatedMedia", theme).await?;
        let zone = json!({ "timezoneId": "Asia/Shanghai" });
        self.devtools("Emulation.setTimezoneOverride", zone).await?;
        Ok(())
    }

    /// Takes a picture as the page stands: `tests/output/screens/NAME-phone-light.png`.
    pub async fn screenshot(&self, name: &str) -> Result<()> {
        let name = format!("{name}-{}-{}.png", self.screen.name(), self.theme.name());
        let path = place::output("screens")?.join(name);
        Ok(self.session()?.screenshot(&path).await?)
    }

    /// Takes the four pictures of a page and returns what axe-core finds on any of them.
    pub async fn inspect(&mut self, name: &str) -> Result<Vec<String>> {
        let (screen, theme) = (self.screen, self.theme);
        let mut violations = Vec::new();
        for each_screen in Screen::ALL {
            for each_theme in Theme::ALL {
                self.look(each_screen, each_theme).await?;
                // Two frames: the page has been laid out anew.
                self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))").await?;
                self.screenshot(name).await?;
                for violation in self.accessibility_violations().await? {
                    let at = format!("{name} {} {}", each_screen.name(), each_theme.name());
                    violations.push(format!("{at}: {violation}"));
                }
            }
        }
        self.look(screen, theme).await?;
        Ok(violations)
    }

    /// What axe-core finds on the page as it stands, of the kinds it calls serious or critical.
    pub async fn accessibility_violations(&self) -> Result<Vec<String>> {
        if self.evaluate("typeof axe").await? != "object" {
            let path = place::npm_file("axe-core/axe.min.js")?;
            self.evaluate(&std::fs::read_to_string(path)?).await?;
        }
        let found = self
            .evaluate(&format!(
                "axe.run(document, {{ runOnly: {{ type: 'tag', values: {RULES} }} }}).then(report =>
                    report.violations
                        .filter(found => ['serious', 'critical'].includes(found.impact))
                        .flatMap(found => found.nodes.map(node =>
                            `${{found.id}} (${{found.impact}}) at ${{node.target.join(' ')}}: ${{node.failureSummary}}`)))"
            ))
            .await?;
        Ok(serde_json::from_value(found)?)
    }
}
