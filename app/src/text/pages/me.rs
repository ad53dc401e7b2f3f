//! Words of the person's own page.

use super::{plural, words};

words! {
    /// 我的
    Me {
        looks = "显示", "Display";
        device = "这台设备", "This device";
        key = "签名密钥", "Signing key";
        enrolled = "已登记", "Enrolled";
        rotate = "更换密钥", "Change the key";
        rotate_words = "怀疑密钥被他人使用，或按规定需要定期更换时使用。旧密钥立即失效，已经签过的单据和审批仍然有效。", "For when somebody else may have used it, or your rules ask for it. The old key ends at once; what it has signed stays valid.";
        rotate_wait = "请联网，并等全部内容同步后再更换", "Wait for the network and until everything is sent";
        storage = "本机数据", "Data on this device";
        kept = "浏览器会一直保留", "The browser keeps it";
        not_kept = "浏览器空间不足时可能清理，建议安装到桌面", "The browser may clear it when space runs out; installing helps";
        installed = "已安装到桌面", "Installed";
        sign_out_words = "退出后会清除本机上的数据和签名密钥。", "This removes the data and the signing key from this device.";
        unsent_title = "还有内容没有同步", "Some work has not been sent";
        unsent(usize) = |count| format!("{count} 项内容只在这台设备上"), |count| format!("{} only on this device", plural(count, "thing is", "things are"));
        unsent_words = "现在退出会丢失这些内容。建议联网同步后再退出。", "Signing out now loses it. Wait for the network first.";
        leave_anyway = "放弃并退出", "Lose it and sign out";
        delegate_title = "离开时", "While you are away";
        delegate = "委托审批", "Let somebody decide for you";
        delegate_words = "您不在时，请别人代您审批", "Somebody else decides in your place";
        delegated(&str, &str) = |name, until| format!("{name} 代您审批，至 {until}"), |name, until| format!("{name} decides for you until {until}");
        delegate_replaces = "选择另一个人会替换现在的委托。", "Choosing somebody else replaces this.";
        delegate_end = "结束委托", "Decide yourself again";
        delegate_ended = "委托已结束", "You decide yourself again";
        delegate_done(&str) = |name| format!("已委托 {name}，待办已转交"), |name| format!("{name} decides for you from now on");
        delegate_online = "委托需要联网", "This needs the network";
        delegate_span = "委托多久", "For how long";
        delegate_today = "今天", "Today";
        delegate_three = "3 天", "3 days";
        delegate_week = "1 周", "1 week";
        delegate_fortnight = "2 周", "2 weeks";
        delegate_search = "搜索姓名、部门", "Search names and departments";
        chat = "绑定钉钉", "Bind DingTalk";
        chat_words = "在钉钉卡片上直接审批", "Decide on cards in DingTalk";
        chat_account = "钉钉用户 ID", "DingTalk user id";
        chat_code = "绑定码", "Code";
        chat_code_hint = "绑定码已发送到您的钉钉", "The code was sent to your DingTalk";
        chat_send = "获取绑定码", "Send me a code";
        chat_bind = "绑定", "Bind";
        chat_bound = "已绑定钉钉", "DingTalk is bound";
        chat_online = "绑定需要联网", "Binding needs the network";
        employee = "员工", "Employee";
        project_manager = "项目经理", "Project manager";
        department_head = "部门负责人", "Department head";
        finance = "财务", "Finance";
        cashier = "出纳", "Cashier";
        executive = "高管", "Executive";
        auditor = "审计", "Auditor";
        administrator = "管理员", "Administrator";
    }
}
