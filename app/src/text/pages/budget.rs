//! Words of the budget pages.

use super::words;

words! {
    /// 预算
    Budget {
        choose = "选择一个预算项", "Choose a budget line";
        choose_words = "打开后可以看到占用明细。", "Open one to see who holds it.";
        search = "搜索部门、项目或预算项", "Search departments, projects or lines";
        used(u32) = |percent| format!("已用 {percent}%"), |percent| format!("{percent}% used");
        holders = "占用明细", "Who holds it";
        nobody_holds = "还没有单据占用", "Nothing holds it yet";
        sum_only = "占用明细仅部门负责人和财务可见。", "Only heads and finance see who holds it.";
    }
}
