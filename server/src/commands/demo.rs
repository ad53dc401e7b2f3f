//! `suanpan demo`.

use std::fmt::Write;

use super::{CommandError, DONE, print};
use crate::clock::Clock;
use crate::config::Config;
use crate::demo;

/// Makes the demo company in the data folder and says who can sign in.
pub(super) fn run(config: &Config) -> Result<u8, CommandError> {
    let made = demo::create(&config.data, &config.database(), &Clock::of_machine()).map_err(CommandError::other)?;
    let news = if made.made_now {
        "已创建演示公司 · the demo company was made"
    } else {
        "演示公司已存在 · the demo company is there already"
    };
    let mut text = format!("{news}: {}\n", config.data.display());
    // Writing to a String cannot fail.
    let _ =
        writeln!(text, "可用以下账号登录，密码均为 {} · sign in as any of these with that password:", made.password);
    for person in &made.people {
        let _ = writeln!(text, "  {:<12} {}  {}", person.login, person.name, person.title);
    }
    print(&text)?;
    Ok(DONE)
}
