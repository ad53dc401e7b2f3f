//! What a person does with a page: find, read, click, type, choose a file.

use super::Browser;
use crate::fault::{Fault, Result};
use std::path::Path;
use thirtyfour::{By, Key, WebElement};

/// Inputs whose keys depend on the browser's language: their value is set, and the page told so.
const SET_BY_VALUE: [&str; 6] = ["date", "month", "time", "color", "range", "select-one"];

const SET_VALUE: &str = "
    const [field, wanted] = arguments;
    const value = field.options
        ? ([...field.options].find(o => o.value === wanted || o.text.trim() === wanted) || {}).value
        : wanted;
    if (value === undefined) return false;
    field.focus();
    const owner = field.options ? HTMLSelectElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(owner.prototype, 'value').set.call(field, value);
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.dispatchEvent(new Event('change', { bubbles: true }));
    return true;";

fn named(test: &str) -> By {
    By::Css(format!("[data-test=\"{test}\"]"))
}

impl Browser {
    /// Waits until an element of this name is shown.
    pub async fn wait_for(&self, test: &str) -> Result<()> {
        self.shown(test).await.map(drop)
    }

    /// Waits until no element of this name is shown.
    pub async fn wait_gone(&self, test: &str) -> Result<()> {
        self.until(&format!("“{test}” is gone"), async || Ok((self.all_shown(test).await?.is_empty()).then_some(())))
            .await
    }

    /// Waits until the text of the first element of this name contains `part`.
    pub async fn wait_for_text(&self, test: &str, part: &str) -> Result<()> {
        let what = format!("“{test}” says “{part}”");
        self.until(&what, async || {
            let text = self.text(test).await?;
            if squeezed(&text).contains(&squeezed(part)) {
                return Ok(Some(()));
            }
            Err(Fault::new(format!("it says “{text}”")))
        })
        .await
    }

    /// Waits until as many elements of this name are shown.
    pub async fn wait_for_count(&self, test: &str, count: usize) -> Result<()> {
        self.until(&format!("{count} × “{test}”"), async || {
            let shown = self.all_shown(test).await?.len();
            if shown == count {
                return Ok(Some(()));
            }
            Err(Fault::new(format!("there are {shown}")))
        })
        .await
    }

    /// Chooses an option of the open picker, by its code.
    pub async fn choose(&self, option: &str) -> Result<()> {
        self.press(&format!("dialog[open] [data-option=\"{option}\"]")).await
    }

    /// Chooses a segment, by its id.
    pub async fn choose_segment(&self, segment: &str) -> Result<()> {
        self.press(&format!("[data-segment=\"{segment}\"]")).await
    }

    async fn press(&self, selector: &str) -> Result<()> {
        self.until(&format!("{selector} can be clicked"), async || {
            for element in self.session()?.find_all(By::Css(selector)).await? {
                if element.is_displayed().await? {
                    return click(&element).await;
                }
            }
            Ok(None)
        })
        .await
    }

    /// How many elements of this name are shown now.
    pub async fn count(&self, test: &str) -> Result<usize> {
        Ok(self.all_shown(test).await?.len())
    }

    /// The text of the first element of this name.
    pub async fn text(&self, test: &str) -> Result<String> {
        Ok(self.shown(test).await?.text().await?)
    }

    /// The texts of all elements of this name that are shown now.
    pub async fn texts(&self, test: &str) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for element in self.all_shown(test).await? {
            texts.push(element.text().await?);
        }
        Ok(texts)
    }

    /// What is typed in the field of this name.
    pub async fn value(&self, test: &str) -> Result<String> {
        Ok(self.shown(test).await?.value().await?.unwrap_or_default())
    }

    /// Waits until the field of this name, counted from 0, holds `wanted`: it was filled in by the app.
    pub async fn wait_for_value(&self, test: &str, index: usize, wanted: &str) -> Result<()> {
        self.until(&format!("“{test}” {index} holds “{wanted}”"), async || {
            let Some(field) = self.all_shown(test).await?.into_iter().nth(index) else {
                return Ok(None);
            };
            let value = field.value().await?.unwrap_or_default();
            if value == wanted {
                return Ok(Some(()));
            }
            Err(Fault::new(format!("it holds “{value}”")))
        })
        .await
    }

    /// Clicks the first element of this name, as soon as it can be clicked.
    pub async fn click(&self, test: &str) -> Result<()> {
        self.click_at(test, 0).await
    }

    /// Clicks one of several elements of this name, counted from 0.
    pub async fn click_at(&self, test: &str, index: usize) -> Result<()> {
        self.until(&format!("“{test}” {index} can be clicked"), async || {
            match self.all_shown(test).await?.get(index) {
                Some(element) => click(element).await,
                None => Ok(None),
            }
        })
        .await
    }

    /// Clicks the first element of this name whose text contains `part`: a row of a list, one of several choices.
    pub async fn click_with_text(&self, test: &str, part: &str) -> Result<()> {
        let what = format!("“{test}” with “{part}” can be clicked");
        self.until(&what, async || {
            for element in self.all_shown(test).await? {
                if squeezed(&element.text().await?).contains(&squeezed(part)) {
                    return click(&element).await;
                }
            }
            Ok(None)
        })
        .await
    }

    /// Replaces what is typed in the field of this name; chooses the option of a select by value or text.
    pub async fn fill(&self, test: &str, text: &str) -> Result<()> {
        self.fill_at(test, 0, text).await
    }

    /// The same for one of several fields of this name, counted from 0.
    pub async fn fill_at(&self, test: &str, index: usize, text: &str) -> Result<()> {
        self.until(&format!("“{test}” {index} takes “{text}”"), async || {
            let Some(field) = self.all_shown(test).await?.into_iter().nth(index) else {
                return Ok(None);
            };
            let kind = field.prop("type").await?.unwrap_or_default();
            if SET_BY_VALUE.contains(&kind.as_str()) {
                let arguments = vec![field.to_json()?, text.into()];
                let set = self.session()?.execute(SET_VALUE, arguments).await?;
                return Ok(set.json().as_bool().filter(|set| *set).map(drop));
            }
            click(&field).await?;
            field.send_keys(Key::Control + "a").await?;
            if text.is_empty() {
                field.send_keys(Key::Backspace + "").await?;
            } else {
                field.send_keys(text).await?;
            }
            Ok(Some(()))
        })
        .await
    }

    /// Chooses a file in the file input of this name, which need not be shown: pages hide the browser's own.
    pub async fn upload(&self, test: &str, path: &Path) -> Result<()> {
        let path = path.canonicalize().map_err(|error| Fault::during(&path.display().to_string(), error))?;
        self.until(&format!("“{test}” takes a file"), async || {
            let inputs = self.session()?.find_all(named(test)).await?;
            let Some(input) = inputs.first() else {
                return Ok(None);
            };
            input.send_keys(path.to_string_lossy().as_ref()).await?;
            Ok(Some(()))
        })
        .await
    }

    async fn shown(&self, test: &str) -> Result<WebElement> {
        self.until(&format!("“{test}” is shown"), async || Ok(self.all_shown(test).await?.into_iter().next())).await
    }

    async fn all_shown(&self, test: &str) -> Result<Vec<WebElement>> {
        let mut shown = Vec::new();
        for element in self.session()?.find_all(named(test)).await? {
            if element.is_displayed().await? {
                shown.push(element);
            }
        }
        Ok(shown)
    }
}

/// The words alone: the browser breaks the text of an amount into its pieces.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

async fn click(element: &WebElement) -> Result<Option<()>> {
    if !element.is_enabled().await? {
        return Ok(None);
    }
    element.scroll_into_view().await?;
    element.click().await?;
    Ok(Some(()))
}
