//! Words around every page, of signing in, of the list of claims and of capturing.

use super::{plural, words};

words! {
    /// The badge and what is behind it.
    Frame {
        sync_title = "同步情况", "Sync";
        live = "已连接服务器", "Connected to the server";
        offline_words = "现在连不上服务器，内容都在本机，恢复后自动同步", "The server is out of reach; all work is on this device and is sent when it is back";
        never = "还没有同步过", "Never synchronised yet";
        refused = "未被接受", "Not accepted";
        refused_words = "打开查看原因和处理办法", "Open it to see why and what to do";
        waiting = "等待同步", "Waiting";
        waits_record = "提交或审批结果，等待服务器确认", "A submission or decision, waiting for the server";
        waits_edits = "修改内容，等待服务器确认", "Changes, waiting for the server";
        files(u32) = |count| format!("{count} 个票据原件"), |count| plural(count as usize, "original file", "original files");
        nothing_waits = "没有等待同步的内容", "Nothing is waiting";
        untitled = "未命名", "Untitled";
        submitting = "已提交 · 待同步", "Submitted · to be sent";
        withdrawing = "已撤回 · 待同步", "Withdrawn · to be sent";
    }
}

words! {
    /// 登录
    SignIn {
        both = "请输入账号和密码", "Enter your account and password";
        busy = "正在登录", "Signing in";
        show = "显示密码", "Show password";
        device = "登录后，本机可以离线使用；退出登录会清除本机数据。", "After this the app works offline on this device; signing out removes its data.";
        wrong(i64) = |left| format!("账号或密码不对，还可以再试 {left} 次"), |left| format!("Account or password is wrong; attempts left: {left}");
        locked(i64) = |minutes| format!("密码连续输错五次，账号已锁定，请 {minutes} 分钟后再试"), |minutes| format!("Locked after five wrong passwords; try again in {}", plural(usize::try_from(minutes).unwrap_or_default(), "minute", "minutes"));
    }
}

words! {
    /// 报销
    Claims {
        choose = "选择一张报销单", "Choose a claim";
        choose_words = "从左边的列表打开，或新建一张。", "Open one from the list, or begin a new one.";
        needs_me = "需要您处理", "Needs you";
        drafts = "草稿", "Drafts";
        open = "进行中", "In progress";
        done = "已完成", "Done";
        invoices(usize) = |count| format!("{count} 张票据"), |count| plural(count, "document", "documents");
        reserve_again = "可重新占用", "Budget is free again";
        duplicate = "重复票据", "Claimed before";
        refused = "未被接受", "Not accepted";
    }
}

words! {
    /// 拍票
    Capture {
        camera = "发票、火车票、小票", "Invoices, tickets, receipts";
        gallery = "可一次选择多张", "Several at once";
        files = "PDF、OFD、XML 电子发票", "PDF, OFD or XML e-invoices";
        into = "放入哪张报销单", "Which claim it goes into";
        into_words = "先选报销单，再拍票；不选就新建一张。", "Choose first, then capture; a new claim is made otherwise.";
    }
}
