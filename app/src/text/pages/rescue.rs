//! Words of the rescue file and of the rows that make it.

use super::{plural, words};

words! {
    /// 救援文件
    Rescue {
        title = "救援文件", "Rescue file";
        save = "导出未提交的单据", "Save what was not sent";
        save_words = "长时间连不上服务器时，存成一个文件带走", "When the server stays out of reach, take it along as a file";
        take = "从救援文件恢复", "Take back a rescue file";
        take_words = "在换用的设备上恢复成新草稿", "Makes new drafts of it, on another device too";
        foot = "文件里有单据和发票原件，没有加密，请妥善保管。审批不在其中。", "It holds claims and originals and is not encrypted; keep it safe. Decisions are not in it.";
        nothing = "没有需要导出的单据", "There is nothing to save";
        saved(usize) = |count| format!("已导出 {count} 张单据"), |count| format!("Saved {}", plural(count, "request", "requests"));
        taken(usize) = |count| format!("已恢复 {count} 张草稿"), |count| format!("Took back {}", plural(count, "draft", "drafts"));
        taken_with_loss(usize, usize) = |drafts, lost| format!("已恢复 {drafts} 张草稿，有 {lost} 个原件不在文件里，请重新添加"), |drafts, lost| format!("Took back {}; {} not in the file, please add again", plural(drafts, "draft", "drafts"), plural(lost, "original is", "originals are"));
        here_already = "文件里的单据都已在本机", "Everything in the file is here already";
        hint = "长时间连不上服务器时，可以在“我的”里导出救援文件。", "If the server stays out of reach, save a rescue file under Me.";
        file_name(&str, &str) = |name, date| format!("算盘救援-{name}-{date}.html"), |name, date| format!("suanpan-rescue-{name}-{date}.html");
        page_title(&str) = |name| format!("{name} 尚未提交的单据"), |name| format!("Requests of {name} that were not handed in");
        page_words = "这些单据还没有提交，或提交后没有送达服务器。可交给财务处理，或在“我的 → 从救援文件恢复”中导入。", "None of this was handed in, or it did not reach the server. Give it to finance, or take it back under Me.";
        date = "日期", "Date";
        description = "摘要", "Description";
        account = "科目", "Account";
        amount = "金额", "Amount";
        refused = "被退回的修改", "Refused change";
        elsewhere = "原件在另一台设备上", "The original is on another device";
    }
}
