//! Words of the inbox and of deciding.

use super::{plural, words};

/// A list of short texts.
pub(crate) type List = &'static [&'static str];

/// 审批
pub(crate) struct Approvals {
    pub(crate) words: Words,
    /// Reasons to tap when a request is refused.
    pub(crate) reject_reasons: List,
    /// Reasons to tap when a request is given back.
    pub(crate) return_reasons: List,
}

impl Approvals {
    pub(super) const CHINESE: Self = Self {
        words: Words::CHINESE,
        reject_reasons: &["不符合报销规定", "与业务无关", "超出标准", "预算安排不支持"],
        return_reasons: &["票据不清楚", "科目不对", "缺少说明", "项目不对"],
    };
    pub(super) const ENGLISH: Self = Self {
        words: Words::ENGLISH,
        reject_reasons: &["Against policy", "Not business related", "Above the standard", "Not in the budget plan"],
        return_reasons: &["Document unclear", "Wrong account", "Explanation missing", "Wrong project"],
    };
}

impl core::ops::Deref for Approvals {
    type Target = Words;

    fn deref(&self) -> &Words {
        &self.words
    }
}

words! {
    /// The words of 审批.
    Words {
        choose = "选择一张单据", "Choose a request";
        choose_words = "从左边的列表打开。", "Open one from the list.";
        scope = "范围", "Scope";
        mine = "待我处理", "For me";
        to_pay = "待付款", "To pay";
        done = "已处理", "Decided";
        search = "搜索事由、提交人", "Search titles and people";
        batch(usize) = |count| format!("批量同意 · {count} 张无异常"), |count| format!("Approve together · {count} without remarks");
        batch_title = "批量同意", "Approve together";
        batch_words = "有提醒、超预算或被退回的单据不在其中，请逐张查看。点一下可以排除。", "Requests with warnings, without budget or that came back are not among these: look at each. Tap one to leave it out.";
        batch_approve(usize, &str) = |count, amount| format!("同意 {count} 张，共 {amount}"), |count, amount| format!("Approve {count}, {amount} in all");
        batch_none = "没有选中单据", "Nothing is chosen";
        batch_done(usize) = |count| format!("已同意 {count} 张"), |count| format!("{} approved", plural(count, "request", "requests"));
        for_person(&str) = |name| format!("代 {name}"), |name| format!("for {name}");
        you_for(&str) = |name| format!("您正在代 {name} 审批"), |name| format!("You decide for {name}");
        warnings(usize) = |count| format!("{count} 项提醒"), |count| plural(count, "warning", "warnings");
        not_here = "本机没有这张单据，联网后再试。", "This request is not on this device; try again online.";
        refused = "审批未被接受", "Your decision was not accepted";
        seen = "知道了", "Understood";
        why_reject = "为什么驳回", "Why do you reject it";
        why_return = "为什么退回", "Why do you send it back";
        pay = "登记付款", "Record payment";
        pay_online = "付款需要联网，以服务器确认为准", "Paying needs the network: the server has to confirm it";
        paying = "正在登记", "Recording";
        in_reserved(&str) = |amount| format!("其中本单已占用 {amount}"), |amount| format!("of which this holds {amount}");
        in_consumed(&str) = |amount| format!("其中本单已执行 {amount}"), |amount| format!("of which this spent {amount}");
        not_held(&str) = |amount| format!("本单需要 {amount}，未占用"), |amount| format!("this needs {amount}, not held");
    }
}
