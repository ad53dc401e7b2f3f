//! People ask the authority by hand, and write what it said into a file.
//!
//! `waiting.csv` is written anew in each round: what to type into the platform's form. `results.csv` is people's: one answer
//! a row, `identity, outcome, on, by, detail`, where the outcome is 一致, 不一致, 红冲, 作废 or 查无此票. Rows are only ever added;
//! the newest day of an invoice counts. A row that cannot be understood is said so in the log and is no answer.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use budget::Date;

use super::{Finding, Outcome, Provider, ProviderFault, Question, Reply};

/// The most that the file of answers may be, in bytes.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// How many of its digits the platform wants of a check code.
const CHECK_DIGITS: usize = 6;

/// Answers that people bring.
#[derive(Debug)]
pub struct FileProvider {
    folder: PathBuf,
    /// Identity → its answers, in the order of the file.
    results: HashMap<String, Vec<Finding>>,
}

impl FileProvider {
    /// Answers from a folder, which is made when it is not there.
    pub fn new(folder: &Path) -> Result<Self, ProviderFault> {
        fs::create_dir_all(folder).map_err(|error| fault(folder, &error))?;
        Ok(Self { folder: folder.to_owned(), results: HashMap::new() })
    }

    fn read(&self) -> Result<HashMap<String, Vec<Finding>>, ProviderFault> {
        let path = self.folder.join("results.csv");
        let bytes = match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(HashMap::new()),
            Err(error) => return Err(fault(&path, &error)),
            Ok(about) if about.len() > MOST_BYTES => return Err(fault(&path, &"larger than 16 MB")),
            Ok(_) => fs::read(&path).map_err(|error| fault(&path, &error))?,
        };
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        let mut rows = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
        let mut results: HashMap<String, Vec<Finding>> = HashMap::new();
        for (number, row) in (2..).zip(rows.records()) {
            match row.ok().as_ref().and_then(finding) {
                Some((identity, finding)) => results.entry(identity).or_default().push(finding),
                None => tracing::warn!(file = %path.display(), row = number, "this answer cannot be understood"),
            }
        }
        Ok(results)
    }

    fn write(&self, questions: &[Question]) -> Result<(), csv::Error> {
        let fresh = self.folder.join("waiting.csv.new");
        let mut rows = csv::Writer::from_path(&fresh)?;
        rows.write_record(["identity", "发票代码", "发票号码", "开票日期", "不含税金额", "价税合计", "校验码后六位"])?;
        for question in questions {
            let amount = |amount: Option<budget::Money>| amount.map(|amount| amount.to_string()).unwrap_or_default();
            let check = question.check_code.as_deref().unwrap_or_default();
            let last = check.get(check.len().saturating_sub(CHECK_DIGITS)..).unwrap_or_default();
            rows.write_record([
                question.identity.as_str(),
                question.code.as_deref().unwrap_or_default(),
                question.number.as_str(),
                &question.issued_on.map(|date| date.to_string()).unwrap_or_default(),
                &amount(question.net),
                &amount(question.total),
                last,
            ])?;
        }
        rows.flush()?;
        drop(rows);
        // Whoever has the old one open keeps it; nobody sees half of the new one.
        Ok(fs::rename(fresh, self.folder.join("waiting.csv"))?)
    }
}

impl Provider for FileProvider {
    fn name(&self) -> &'static str {
        "file"
    }

    fn waiting(&mut self, questions: &[Question]) -> Result<(), ProviderFault> {
        self.results = self.read()?;
        self.write(questions).map_err(|error| fault(&self.folder, &error))
    }

    fn ask(&mut self, question: &Question, since: Date) -> Result<Reply, ProviderFault> {
        let answers = self.results.get(&question.identity).into_iter().flatten();
        // Of one day the last row counts.
        let newest = answers.filter(|finding| finding.on >= since).max_by_key(|finding| finding.on);
        Ok(newest.map_or(Reply::NotYet, |finding| Reply::Found(finding.clone())))
    }
}

/// One row.
fn finding(row: &csv::StringRecord) -> Option<(String, Finding)> {
    let cell = |index: usize| row.get(index).unwrap_or_default();
    // Spreadsheets turn long numbers into others; only what is an identity is one.
    let identity = ocr::Identity::try_from(cell(0).trim_start_matches('\'').to_owned()).ok()?;
    let who = if cell(3).is_empty() { "file".to_owned() } else { format!("file: {}", cell(3)) };
    Some((
        identity.as_str().to_owned(),
        Finding {
            outcome: Outcome::named(cell(1))?,
            on: cell(2).replace('/', "-").parse().ok()?,
            by: who,
            detail: cell(4).chars().take(200).collect(),
        },
    ))
}

fn fault(path: &Path, error: &dyn std::fmt::Display) -> ProviderFault {
    ProviderFault(format!("{}: {error}", path.display()))
}
