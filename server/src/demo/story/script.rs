//! The scenes, oldest first. Amounts in fen.

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Never handed in.
    Draft,
    /// Waits at its first step.
    Waits,
    /// Waits after so many approvals.
    WaitsAfter(u8),
    /// Agreed, not yet paid.
    Approved,
    /// Paid.
    Paid,
    /// Refused.
    Rejected,
    /// Given back.
    Returned,
    /// Kept without money.
    OverBudget,
}

/// How far back a scene may be moved from what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// It stays in the year of today.
    Year,
    /// It stays in the quarter of today.
    Quarter,
}

/// Money spent.
pub(super) struct Spent {
    pub(super) what: &'static str,
    pub(super) fen: i64,
    pub(super) account: &'static str,
    /// What the invoice says was sold.
    pub(super) item: &'static str,
    /// Who issued the invoice; none when there is none.
    pub(super) seller: Option<&'static str>,
}

/// A claim.
pub(super) struct Scene {
    pub(super) days_ago: i64,
    pub(super) within: Within,
    pub(super) claimant: &'static str,
    pub(super) department: &'static str,
    pub(super) project: Option<&'static str>,
    pub(super) title: &'static str,
    pub(super) purpose: &'static str,
    pub(super) lines: &'static [Spent],
    pub(super) fate: Fate,
    /// Why it was refused or given back; for a claim that waits, a word to the approver.
    pub(super) reason: &'static str,
}

const fn with(what: &'static str, fen: i64, account: &'static str, item: &'static str, seller: &'static str) -> Spent {
    Spent { what, fen, account, item, seller: Some(seller) }
}

const fn bare(what: &'static str, fen: i64, account: &'static str) -> Spent {
    Spent { what, fen, account, item: "", seller: None }
}

const BASE: Scene = Scene {
    days_ago: 0,
    within: Within::Year,
    claimant: "",
    department: "MKT",
    project: None,
    title: "",
    purpose: "",
    lines: &[],
    fate: Fate::Paid,
    reason: "",
};

/// The whole year.
pub(super) const SCENES: &[Scene] = &[
    Scene {
        days_ago: 120,
        claimant: "zhangwei",
        title: "上海客户拜访差旅",
        purpose: "拜访三家渠道客户，落实下半年合作",
        lines: &[
            with("上海住宿一晚", 62_000, "TRAVEL-HOTEL", "*住宿服务*住宿费", "上海示例酒店有限公司"),
            with("市内交通", 8_600, "TRAVEL-TRANSPORT", "*运输服务*客运服务费", "示例出行科技有限公司"),
            bare("餐补三天", 30_000, "TRAVEL-MEALS"),
        ],
        ..BASE
    },
    Scene {
        days_ago: 92,
        claimant: "sunli",
        department: "ADM",
        title: "三季度办公用品",
        lines: &[with("打印纸与硒鼓", 48_600, "OFFICE-SUPPLIES", "*文具*办公用品", "示例办公用品有限公司")],
        ..BASE
    },
    Scene {
        days_ago: 78,
        claimant: "liuyang",
        department: "RND",
        project: Some("P-APOLLO-EQ"),
        title: "阿波罗测试服务器内存扩容",
        lines: &[with("服务器内存 8 条", 860_000, "EQUIPMENT", "*信息技术服务*内存扩容", "示例电子有限公司")],
        ..BASE
    },
    Scene {
        days_ago: 61,
        claimant: "lina",
        title: "重点客户接待",
        purpose: "来访六人，工作餐一次",
        lines: &[with("工作餐", 128_000, "ENTERTAINMENT", "*餐饮服务*餐费", "示例餐饮管理有限公司")],
        ..BASE
    },
    Scene {
        days_ago: 47,
        claimant: "chenjing",
        department: "RND",
        project: Some("P-LIANG-OS"),
        title: "两江数据标注外包（首期）",
        lines: &[with("数据标注 20 万条", 2_400_000, "OUTSOURCING", "*信息技术服务*数据标注", "示例数据服务有限公司")],
        ..BASE
    },
    Scene {
        days_ago: 36,
        claimant: "zhoumin",
        department: "ADM",
        title: "年会场地考察",
        lines: &[
            with("高铁往返", 110_600, "TRAVEL-TRANSPORT", "*运输服务*旅客运输", "示例票务有限公司"),
            with("住宿两晚", 119_400, "TRAVEL-HOTEL", "*住宿服务*住宿费", "苏州示例酒店有限公司"),
        ],
        ..BASE
    },
    Scene {
        days_ago: 20,
        within: Within::Quarter,
        claimant: "lina",
        title: "行业展会搭建与投放",
        purpose: "展位搭建、物料与线上投放",
        lines: &[with("展会搭建与投放", 15_000_000, "PROMOTION", "*会展服务*展览服务费", "示例会展有限公司")],
        ..BASE
    },
    Scene {
        days_ago: 15,
        within: Within::Quarter,
        claimant: "sunli",
        department: "ADM",
        title: "会议室投影更换",
        lines: &[with("投影设备一套", 980_000, "OFFICE-SUPPLIES", "*信息技术服务*投影设备", "示例影音有限公司")],
        ..BASE
    },
    Scene {
        days_ago: 12,
        within: Within::Quarter,
        claimant: "zhangwei",
        title: "客户答谢晚餐",
        lines: &[with("晚餐", 90_000, "ENTERTAINMENT", "*餐饮服务*餐费", "示例餐饮管理有限公司")],
        fate: Fate::Rejected,
        reason: "招待未事先申请，请按制度先申请后发生",
        ..BASE
    },
    Scene {
        days_ago: 6,
        within: Within::Quarter,
        claimant: "chenjing",
        department: "RND",
        title: "成都技术交流差旅",
        lines: &[
            with("成都住宿两晚", 96_000, "TRAVEL-HOTEL", "*住宿服务*住宿费", "成都示例酒店有限公司"),
            bare("机场往返", 26_000, "TRAVEL-TRANSPORT"),
        ],
        fate: Fate::Returned,
        reason: "请补充住宿水单，机场往返附行程单",
        ..BASE
    },
    Scene {
        days_ago: 4,
        within: Within::Quarter,
        claimant: "sunli",
        department: "ADM",
        title: "新员工办公椅",
        purpose: "四把，下周入职",
        lines: &[with("办公椅四把", 320_000, "OFFICE-SUPPLIES", "*家具*办公椅", "示例家具有限公司")],
        fate: Fate::OverBudget,
        ..BASE
    },
    Scene {
        days_ago: 3,
        within: Within::Quarter,
        claimant: "zhangwei",
        title: "上月通讯费",
        lines: &[with("手机通讯费", 28_000, "OFFICE-PHONE", "*电信服务*通讯服务费", "示例通信有限公司")],
        fate: Fate::Approved,
        ..BASE
    },
    Scene {
        days_ago: 2,
        within: Within::Quarter,
        claimant: "lina",
        title: "广州渠道大会差旅",
        lines: &[
            with("高铁往返", 172_000, "TRAVEL-TRANSPORT", "*运输服务*旅客运输", "示例票务有限公司"),
            with("住宿一晚", 52_000, "TRAVEL-HOTEL", "*住宿服务*住宿费", "广州示例酒店有限公司"),
            bare("餐补两天", 24_000, "TRAVEL-MEALS"),
        ],
        fate: Fate::WaitsAfter(1),
        ..BASE
    },
    Scene {
        days_ago: 1,
        within: Within::Quarter,
        claimant: "chenjing",
        department: "RND",
        title: "数据治理培训",
        lines: &[with("线上课程", 98_000, "TRAINING", "*培训服务*培训费", "示例教育科技有限公司")],
        fate: Fate::Approved,
        ..BASE
    },
    Scene {
        days_ago: 1,
        within: Within::Quarter,
        claimant: "liuyang",
        department: "RND",
        title: "杭州联调差旅",
        lines: &[
            with("高铁往返", 44_000, "TRAVEL-TRANSPORT", "*运输服务*旅客运输", "示例票务有限公司"),
            with("住宿一晚", 42_000, "TRAVEL-HOTEL", "*住宿服务*住宿费", "杭州示例酒店有限公司"),
        ],
        fate: Fate::Waits,
        reason: "联调提前一天结束，少住一晚",
        ..BASE
    },
    Scene {
        days_ago: 0,
        within: Within::Quarter,
        claimant: "zhangwei",
        title: "天津客户回访",
        lines: &[
            with("城际往返", 10_900, "TRAVEL-TRANSPORT", "*运输服务*旅客运输", "示例票务有限公司"),
            with("样品快递", 4_750, "OFFICE-COURIER", "*物流辅助服务*收派服务费", "示例速运有限公司"),
        ],
        fate: Fate::Waits,
        ..BASE
    },
    Scene {
        days_ago: 0,
        within: Within::Quarter,
        claimant: "zhangwei",
        title: "深圳展会（草稿）",
        lines: &[bare("展位定金", 500_000, "PROMOTION")],
        fate: Fate::Draft,
        ..BASE
    },
];
