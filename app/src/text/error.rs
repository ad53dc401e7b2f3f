//! What each error code means to a person, and what to do next.
//!
//! Codes are stable and shared with the server; each crate that makes errors documents its own.

use super::Language;

/// Code, Chinese, English.
const SENTENCES: &[(&str, &str, &str)] = &[
    // The network.
    ("offline", "现在连不上服务器，内容已存在本机", "The server cannot be reached; your work is saved on this device"),
    ("timeout", "服务器没有及时回答，稍后会自动重试", "The server did not answer in time; we will try again"),
    ("bad_answer", "服务器的回答无法识别", "The server's answer could not be understood"),
    ("unauthorized", "登录已过期，请重新登录", "Your session has ended; please sign in again"),
    ("forbidden", "您没有这项权限", "You may not do this"),
    ("not_found", "没有找到，可能已被删除", "Not found; it may have been deleted"),
    ("conflict", "内容已被更新，请查看最新版本", "This was changed meanwhile; look at the newest version"),
    ("too_large", "文件太大，上限 25 MB", "The file is too large; the limit is 25 MB"),
    ("too_many_requests", "操作太频繁，请稍后再试", "Too many attempts; please wait a moment"),
    ("server", "服务器出了问题，内容已存在本机", "The server has a problem; your work is saved on this device"),
    // The device.
    (
        "storage_full",
        "本机空间不足，请清理后重试；这次的修改还没有保存",
        "This device is out of space; make room and try again. This change is not saved yet",
    ),
    (
        "storage_unavailable",
        "浏览器不允许保存数据，请关闭无痕模式",
        "The browser refuses to keep data; leave private browsing",
    ),
    ("rescue_unreadable", "这不是救援文件，或者已损坏", "This is no rescue file, or it is damaged"),
    ("rescue_of_another", "这是另一个人的救援文件", "This rescue file is another person's"),
    ("rescue_too_large", "救援文件太大，上限 256 MB", "The rescue file is too large; the limit is 256 MB"),
    (
        "keeper",
        "这台设备暂时存不下刚才的改动，正在重试；改动已记下，不会丢",
        "This device cannot store your last change yet and keeps trying; it is noted and not lost",
    ),
    (
        "view_forged",
        "收到的数据没有服务器的有效签名，没有采用；屏幕上仍是上一次核实过的数据，请告知管理员",
        "Data came without a valid signature of the server and was not taken; what you see is what was last verified. Please tell your administrator",
    ),
    ("storage_outdated", "另一个窗口正在使用新版本，请刷新", "Another window runs a newer version; please refresh"),
    ("storage", "本机保存失败，请重试", "Saving on this device failed; please try again"),
    (
        "key_unsupported",
        "这个浏览器不支持安全签名，请使用新版浏览器",
        "This browser cannot sign safely; please use a newer one",
    ),
    ("key_missing", "本机没有签名密钥，请重新登录", "This device has no signing key; please sign in again"),
    ("key", "签名失败，请重试", "Signing failed; please try again"),
    ("file_empty", "文件是空的", "The file is empty"),
    ("file_unreadable", "文件读不出来，请重新选择", "The file could not be read; please choose it again"),
    ("picture_unreadable", "这张图片无法显示，原件已保存", "This picture cannot be shown; the original is kept"),
    (
        "reader_stopped",
        "读取票据时中断，原件已保存，可以手填",
        "Reading the document stopped; the original is kept and you can type the values",
    ),
    (
        "reader_timeout",
        "读取票据超时，原件已保存，可以手填",
        "Reading the document took too long; the original is kept and you can type the values",
    ),
    // Forms.
    ("amount_missing", "请填写金额", "Enter an amount"),
    ("amount_malformed", "金额格式不对，例如 1234.50", "Enter an amount such as 1234.50"),
    ("required", "请填写", "Please fill this in"),
    // Signing in.
    (
        "sign_in_offline",
        "现在连不上服务器，第一次登录需要联网",
        "The server cannot be reached; the first sign-in needs the network",
    ),
    ("wrong_password", "账号或密码不对", "Account or password is wrong"),
    (
        "account_locked",
        "密码连续输错五次，账号已锁定，请稍后再试",
        "Locked after five wrong passwords; try again later",
    ),
    (
        "device_revoked",
        "这台设备已被停用，本机内容已清除；如有疑问请联系管理员",
        "This device was taken out of use and its content was removed. Ask your administrator if that surprises you",
    ),
    (
        "session_ended",
        "登录已失效，请重新登录；本机内容都还在",
        "Your session has ended; please sign in again. Your work is still here",
    ),
    ("unauthenticated", "请先登录", "Please sign in"),
    ("proof_refused", "设备签名无效，请重新登录", "The device's signature is not valid; please sign in again"),
    ("clock_differs", "设备时间与服务器相差太大，请校准时间", "This device's clock is wrong; please set it"),
    ("busy", "服务器繁忙，请稍后再试", "The server is busy; try again shortly"),
    ("unavailable", "服务器暂时无法保存，请稍后再试", "The server cannot store it now; try again shortly"),
    // Files.
    ("same_file", "这个文件已经在报销单里了", "This file is already in the claim"),
    (
        "same_invoice",
        "与已有票据是同一张发票，已作为附件保留，不重复计算",
        "The same invoice is already here; kept beside it and counted once",
    ),
    ("seen_before", "这张票据可能已经报销过，请核对", "This document may have been claimed before; please check"),
    ("original_out_of_reach", "原件不在本机，联网后可以查看", "The original is not on this device; connect to see it"),
    ("empty_file", "文件是空的，请重新选择", "The file is empty; choose it again"),
    ("hash_mismatch", "文件在传输中损坏，会自动重传", "The file was damaged on its way and is sent again"),
    // A claim that is not complete.
    ("claim_no_line", "还没有明细，请添加一项", "It has no line yet; add one"),
    ("claim_no_title", "请填写事由", "Enter a title"),
    ("claim_no_department", "请选择费用部门", "Choose a department"),
    ("claim_no_payee", "请填写收款方", "Enter who gets the money"),
    ("claim_no_amount", "请填写金额", "Enter an amount"),
    ("claim_no_date", "请填写日期", "Enter a date"),
    ("claim_no_account", "请选择科目", "Choose an account"),
    ("claim_conflict", "有两个版本，请选择", "There are two versions; choose one"),
    ("claim_more_than_invoice", "金额超过票据的价税合计", "More than the document's total"),
    ("amount_too_large", "金额太大", "The amount is too large"),
    ("amount_not_positive", "金额要大于零", "The amount has to be above zero"),
    ("money_malformed", "金额格式不对，例如 1234.50", "Enter an amount such as 1234.50"),
    ("money_too_precise", "金额最多两位小数", "At most two decimals"),
    ("money_too_large", "金额太大", "The amount is too large"),
    ("money_empty", "请填写金额", "Enter an amount"),
    ("date_malformed", "日期格式不对，例如 2026-06-02", "Enter a date such as 2026-06-02"),
    ("too_long", "内容太长", "This is too long"),
    ("newer_app", "这张单据由新版本写成，请刷新后再修改", "A newer version wrote this; refresh before you change it"),
    // What the authority does not accept.
    ("malformed", "服务器不接受这项内容", "The server does not accept this"),
    ("unknown_device", "这台设备没有登记，请重新登录", "This device is not enrolled; please sign in again"),
    ("bad_signature", "签名无效，请重新登录后再试", "The signature is not valid; sign in and try again"),
    ("unknown_dependency", "前面的修改没有送达", "An earlier change did not arrive"),
    ("exists", "另一台设备已经加了这一项，请再试一次", "Another device added this already; please try again"),
    ("depends_on_refused", "前面的修改未被接受", "An earlier change was not accepted"),
    ("not_allowed", "您不能修改这张单据", "You may not change this request"),
    ("frozen", "单据已提交，正在审批，内容不能修改", "It is being approved and cannot be changed"),
    ("stale", "单据在您查看之后有变化，请重新查看", "It changed after you looked; please look again"),
    ("already_decided", "这一步已经有人处理", "Somebody decided this step already"),
    ("not_your_step", "这一步不由您处理", "This step is not yours"),
    ("own_request", "不能审批自己的单据", "Nobody decides on their own request"),
    ("wrong_state", "单据当前的状态不允许这项操作", "Its state does not allow this now"),
    ("missing_blob", "票据原件还没有送达服务器", "An original has not arrived at the server"),
    ("incomplete", "单据还不完整，请检查后重新提交", "It is not complete; check it and hand it in again"),
    ("no_reason", "请写明理由", "A reason is needed"),
    ("unknown_request", "服务器没有这张单据", "The server does not have this request"),
    ("no_approver", "没有人可以审批，请联系管理员", "Nobody can approve it; ask an administrator"),
    ("no_pre_approval", "事前申请未批准、已关闭或不是您的", "The pre-approval is not agreed to, closed, or not yours"),
    ("not_their_advance", "借款已结清或不是您的", "The advance is settled already, or not yours"),
    ("advance_twice", "同一笔借款选了两次", "An advance is chosen twice"),
    ("duties_not_separated", "不相容职务：同一张单据须由另一个人办理", "Two duties on one request need two people"),
    ("too_much", "操作太频繁，稍后会自动继续", "Too much at once; it goes on by itself"),
    ("unknown_member", "科目、项目或部门已停用，请重新选择", "An account, project or department is gone; choose again"),
    ("no_budget_line", "没有预算项覆盖这笔费用", "No budget covers this"),
    ("insufficient_budget", "预算不足", "The budget is short"),
    ("not_paid", "现在不能付款，请刷新后再看", "It cannot be paid now; look again"),
    // What an approver should look at.
    ("invoice_conflict", "票据上的金额互相矛盾", "Figures of the document contradict each other"),
    (
        "invoice_unproven",
        "金额由提交人确认，没有第二个来源",
        "The claimant confirmed the amount; no second source says so",
    ),
    ("line_without_invoice", "有明细没有票据", "A line has no document"),
    ("invoice_other_buyer", "票据抬头不是本公司", "The document is made out to somebody else"),
    ("consecutive_invoices", "票据号码相连（连号）", "Documents have consecutive numbers"),
    // Delegation and rules.
    ("would_orphan", "这样改会让一些单据没有人审批", "Some requests would find nobody to decide them"),
    ("not_eligible", "这个人不能接手", "They cannot take this over"),
    ("delegation_to_self", "不能委托给自己", "Nobody can stand in for themselves"),
    ("dates_reversed", "结束时间早于开始时间", "It ends before it begins"),
    ("delegation_over", "委托的时间已经过去", "That time is over already"),
    ("person_left", "这个人已经离职", "They have left the company"),
    ("delegate_away", "这个人在那段时间也不在，请换一个人", "They are away themselves then; choose somebody else"),
    (
        "delegation_to_claimant",
        "现在待您审批的都是这个人提交的，请换一个人",
        "All that waits for you was handed in by them; choose somebody else",
    ),
    // Chat.
    ("wrong_code", "绑定码不对", "The code is wrong"),
    ("no_code", "绑定码已失效，请重新获取", "The code is no longer good; ask for another"),
    ("code_not_sent", "绑定码没有发出，请核对账号", "The code could not be sent; check the account"),
    ("no_chat", "公司没有接入钉钉", "Your company has not connected DingTalk"),
];

/// The sentence of `code` in `language`; a general one when nobody has written it yet.
pub(super) fn sentence(language: Language, code: &str) -> &'static str {
    let found = SENTENCES.iter().find(|(known, _, _)| *known == code);
    match (found, language) {
        (Some((_, chinese, _)), Language::Chinese) => chinese,
        (Some((_, _, english)), Language::English) => english,
        (None, Language::Chinese) => "没有成功，请重试",
        (None, Language::English) => "That did not work; please try again",
    }
}

#[cfg(test)]
mod tests {
    use super::{Language, SENTENCES, sentence};

    #[test]
    fn every_code_is_written_once_and_in_both_languages() {
        for (index, (code, chinese, english)) in SENTENCES.iter().enumerate() {
            assert!(SENTENCES.iter().skip(index + 1).all(|(other, _, _)| other != code), "{code} is written twice");
            assert!(!chinese.is_ascii(), "{code} has no Chinese");
            assert!(english.is_ascii(), "{code} has no English");
        }
    }

    #[test]
    fn an_unknown_code_still_gets_a_sentence() {
        assert_eq!(sentence(Language::Chinese, "no-such-code"), "没有成功，请重试");
        assert_eq!(sentence(Language::English, "offline").chars().next(), Some('T'));
    }
}
