//! Values such as documents show: companies, people, places, goods, days and amounts, all invented.

use budget::{Date, Money};

use crate::documents::codes;
use crate::documents::random::Random;
use crate::documents::record::Party;

/// Regions: the name on titles, the four digits in codes, the six in tax ids.
const REGIONS: [(&str, &str, &str); 8] = [
    ("北京", "1100", "110108"),
    ("上海", "3100", "310115"),
    ("广东", "4400", "440305"),
    ("浙江", "3300", "330106"),
    ("四川", "5100", "510107"),
    ("江苏", "3200", "320106"),
    ("湖北", "4200", "420106"),
    ("陕西", "6100", "610113"),
];
const NAMES: [&str; 12] =
    ["云帆", "嘉禾", "瑞丰", "同创", "海纳", "博远", "金桥", "鼎盛", "华信", "星辰", "卓越", "安达"];
const TRADES: [&str; 8] = ["餐饮管理", "商贸", "酒店管理", "信息技术", "文化传媒", "机电设备", "物流", "广告"];
const FAMILIES: [&str; 10] = ["王", "李", "张", "刘", "陈", "杨", "赵", "周", "吴", "徐"];
const GIVEN: [&str; 10] = ["伟", "晓明", "丽华", "建国", "志强", "雪梅", "海燕", "文博", "子涵", "立新"];
const STATIONS: [&str; 12] = [
    "北京南",
    "上海虹桥",
    "杭州东",
    "南京南",
    "武汉",
    "广州南",
    "深圳北",
    "成都东",
    "西安北",
    "天津",
    "长沙南",
    "郑州东",
];
/// Goods with their tax category, unit and rate in percent.
const GOODS: [(&str, &str, u32); 10] = [
    ("*餐饮服务*餐费", "次", 6),
    ("*住宿服务*住宿费", "天", 6),
    ("*纸制品*打印纸", "包", 13),
    ("*计算机配套产品*硒鼓", "支", 13),
    ("*信息技术服务*软件服务费", "项", 6),
    ("*运输服务*货运服务", "次", 9),
    ("*办公用品*文件夹", "个", 13),
    ("*会议服务*会议费", "场", 6),
    ("*家具*办公椅", "把", 13),
    ("*印刷品*宣传册", "册", 9),
];

/// A source of values that a seed names.
pub(crate) struct Values(Random);

impl Values {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Random::new(seed ^ 0x0005_0A49))
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    pub(crate) fn digits(&mut self, count: usize) -> String {
        self.0.digits(count)
    }

    pub(crate) fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let length = u64::try_from(list.len()).unwrap_or(1);
        let index = usize::try_from(self.0.below(length)).unwrap_or(0);
        list.get(index).copied().unwrap_or_default()
    }

    /// A day on which rates were those of today.
    pub(crate) fn day(&mut self) -> Date {
        self.day_between(2020, 2026)
    }

    /// A day of the years from the first to the last one.
    pub(crate) fn day_between(&mut self, first: i64, last: i64) -> Date {
        // 1970-01-01 and a little less than a year for each year after it.
        let (from, to) = ((first - 1970) * 36_525 / 100 + 1, (last - 1969) * 36_525 / 100 - 1);
        let days = u64::try_from(to - from).unwrap_or(1);
        Date::from_days(from + i64::try_from(self.below(days)).unwrap_or(0))
    }

    /// An amount, of even length in the logarithm: small ones are as frequent as large ones.
    pub(crate) fn money(&mut self, least_yuan: i64, most_yuan: i64) -> Money {
        let mut top = most_yuan;
        while top > least_yuan * 10 && self.below(3) > 0 {
            top /= 10;
        }
        let span = u64::try_from((top - least_yuan).max(1) * 100).unwrap_or(1);
        let fen = least_yuan * 100 + i64::try_from(self.below(span)).unwrap_or(0);
        // A third of all prices are whole yuan.
        Money::from_fen(if self.below(3) == 0 { fen / 100 * 100 } else { fen })
    }

    pub(crate) fn region(&mut self) -> (&'static str, &'static str, &'static str) {
        self.pick(&REGIONS)
    }

    pub(crate) fn company(&mut self) -> Party {
        let (place, _, region) = self.region();
        let (name, trade) = (self.pick(&NAMES), self.pick(&TRADES));
        let other = self.pick(&NAMES);
        let tax_id = codes::unified_code(region, &mut self.0);
        Party { name: format!("{place}{name}{other}{trade}有限公司"), tax_id }
    }

    pub(crate) fn person(&mut self) -> String {
        let (family, given) = (self.pick(&FAMILIES), self.pick(&GIVEN));
        format!("{family}{given}")
    }

    /// Two stations that differ.
    pub(crate) fn stations(&mut self) -> (String, String) {
        let from = self.pick(&STATIONS);
        let mut to = self.pick(&STATIONS);
        while to == from {
            to = self.pick(&STATIONS);
        }
        (from.to_owned(), to.to_owned())
    }

    pub(crate) fn goods(&mut self) -> (&'static str, &'static str, u32) {
        self.pick(&GOODS)
    }

    /// A 20-digit number of the day's year.
    pub(crate) fn digital_number(&mut self, day: Date) -> String {
        let (_, region, _) = self.region();
        codes::digital_number(day, region.get(..2).unwrap_or("11"), &mut self.0)
    }

    pub(crate) fn phone(&mut self) -> String {
        format!("010-{}", self.digits(8))
    }

    /// The cipher area of an older invoice: four lines that nobody can read.
    pub(crate) fn cipher(&mut self) -> Vec<String> {
        const SIGNS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '-', '*', '/', '<', '>'];
        (0..4).map(|_| (0..27).map(|_| self.pick(&SIGNS)).collect()).collect()
    }

    pub(crate) fn time(&mut self) -> String {
        format!("{:02}:{:02}", 6 + self.below(16), self.below(60))
    }
}

/// `2026年06月04日`.
pub(crate) fn printed(day: Date) -> String {
    format!("{}年{:02}月{:02}日", day.year(), day.month(), day.day())
}

/// The amount in capital numerals as invoices print it.
pub(crate) fn words(amount: Money) -> String {
    let words = amount.chinese_uppercase().replace('元', "圆");
    if words.ends_with('角') { words + "整" } else { words }
}
