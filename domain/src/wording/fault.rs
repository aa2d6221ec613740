//! Words for faults of a programme's tables: what is wrong and what to do.

use super::{Bilingual, Lang, figure_fault, number_fault, syntax_problem};
use crate::programme::Problem;
use crate::say;

/// What is wrong with a programme's table, and what to do.
#[allow(clippy::too_many_lines, reason = "one arm a problem, each a sentence")]
pub fn fault(problem: &Problem) -> Bilingual {
    match problem {
        Problem::MissingFile => say!("thiếu tệp này trong thư mục", "the file is missing from the folder"),
        Problem::Empty => say!("tệp trống", "the file is empty"),
        Problem::NotText => say!(
            "tệp không phải văn bản UTF-8; hãy lưu lại dạng «CSV UTF-8»",
            "the file is not UTF-8 text; save it as “CSV UTF-8”"
        ),
        Problem::NotComposed => say!(
            "chữ có dấu chưa ở dạng dựng sẵn (NFC); hãy gõ lại hoặc chuyển mã",
            "the text is not in composed form (NFC); type it again or convert it"
        ),
        Problem::Semicolons => say!(
            "các cột ngăn cách bằng dấu chấm phẩy; hãy lưu lại ngăn cách bằng dấu phẩy",
            "the columns are separated by semicolons; save the file again separated by commas"
        ),
        Problem::MissingColumn => say!("thiếu cột này", "the column is missing"),
        Problem::UnknownColumn => {
            say!("cột lạ; hãy xóa hoặc sửa tên", "unknown column; remove it or mend its name")
        }
        Problem::Broken => say!(
            "dòng không đủ hoặc thừa ô, hoặc dấu ngoặc kép chưa đóng",
            "the line has too few or too many cells, or an open quotation mark"
        ),
        Problem::Toml(why) => say!("không đọc được: {why}", "cannot be read: {why}"),
        Problem::Missing => say!("chưa điền", "must be filled in"),
        Problem::NotOneOf(text, allowed) => {
            say!(
                "«{text}» không dùng được; chọn một trong: {allowed}",
                "“{text}” cannot be used; choose one of: {allowed}"
            )
        }
        Problem::BadKey(text) => say!(
            "«{text}»: chỉ dùng chữ thường không dấu, chữ số, - và _",
            "“{text}”: use lower-case letters, digits, - and _ only"
        ),
        Problem::Twice(text, line) => {
            say!(
                "«{text}» đã có ở dòng {line}; mỗi tên chỉ dùng một lần",
                "“{text}” stands in line {line} already; use each name once"
            )
        }
        Problem::Number(text, why) => joined(text, &number_fault(*why)),
        Problem::Figure(text, why) => joined(text, &figure_fault(why)),
        Problem::NotBetween(text, low, high) => {
            say!(
                "«{text}»: cần số nguyên từ {low} đến {high}",
                "“{text}”: a whole number from {low} to {high} is needed"
            )
        }
        Problem::NotADate(text) => {
            say!("«{text}» không phải là ngày; viết 2025-06-30", "“{text}” is no date; write 2025-06-30")
        }
        Problem::NotAPeriod(text) => say!(
            "«{text}» không phải là kỳ; viết 2024-05, 2024-Q2, 2024-H1, 2024 hoặc lũy kế 2023-01..2023-06",
            "“{text}” is no period; write 2024-05, 2024-Q2, 2024-H1, 2024, or cumulative 2023-01..2023-06"
        ),
        Problem::WrongFrequency(period, form) => {
            say!(
                "kỳ {period} khác với kỳ báo cáo của biểu «{form}»",
                "the period {period} is not of the form “{form}”'s frequency"
            )
        }
        Problem::WrongYear(period, year) => {
            say!("{period} không thuộc năm {year}", "{period} is not in {year}")
        }
        Problem::NotFromJanuary(period) => say!(
            "{period}: số lũy kế phải tính từ tháng 01",
            "{period}: a cumulative figure must start in January"
        ),
        Problem::Unknown(what, name) => {
            say!("không có «{name}» trong bảng {what}", "there is no “{name}” in the table {what}")
        }
        Problem::UnknownUnit(name) => say!(
            "không có đơn vị nào mang mã hoặc tên khóa «{name}» vào thời điểm này",
            "no unit has the code or id “{name}” at that time"
        ),
        Problem::AmbiguousUnit(name, ids) => {
            let ids = ids.join(", ");
            say!(
                "mã «{name}» thuộc nhiều đơn vị trong thời gian này; hãy ghi tên khóa: {ids}",
                "the code “{name}” belongs to several units in that time; write the id: {ids}"
            )
        }
        Problem::CodeShared(code, other) => {
            say!(
                "mã {code} cùng lúc thuộc đơn vị «{other}»",
                "the code {code} belongs to “{other}” at the same time"
            )
        }
        Problem::EndsBeforeItStarts => say!("ngày cuối trước ngày đầu", "the last day is before the first"),
        Problem::SuccessorNotThere(id) => say!(
            "đơn vị kế thừa «{id}» phải tồn tại ngay sau ngày cuối của đơn vị này",
            "the successor “{id}” must exist on the day after this unit's last day"
        ),
        Problem::SuccessorCircle => {
            say!("các đơn vị kế thừa lẫn nhau thành vòng", "the successors lead back to the unit")
        }
        Problem::EndsWithoutSuccessor(id) => say!(
            "đơn vị «{id}» kết thúc trong năm mà không có đơn vị kế thừa; từ đó số liệu của đơn vị không vào tổng nào",
            "the unit “{id}” ends within the year without a successor; from then on its figures are in no total"
        ),
        Problem::NotForUnit(element, unit) => {
            say!("«{element}» không dành cho đơn vị «{unit}»", "“{element}” is not for the unit “{unit}”")
        }
        Problem::WholeElsewhere(whole) => say!(
            "«{whole}» phải cùng biểu, cùng loại và cùng số chữ số thập phân",
            "“{whole}” must be in the same form, of the same kind and scale"
        ),
        Problem::FlagWithLimits => say!(
            "chỉ tiêu có/không không có giới hạn, số thập phân hay tổng",
            "a flag has no limits, decimals or whole; leave max and part_of blank and scale 0"
        ),
        Problem::LimitsCrossed => say!("min lớn hơn max", "min is above max"),
        Problem::Formula(at, why) => {
            let why = syntax_problem(why);
            Bilingual {
                vi: format!("ký tự thứ {at}: {}", why.vi), en: format!("character {at}: {}", why.en)
            }
        }
        Problem::NotAFlag(name) => say!("«{name}» không phải là chỉ tiêu có/không", "“{name}” is not a flag"),
        Problem::AchievedNotOneFlag => say!(
            "achieved cần công thức là đúng một chỉ tiêu có/không",
            "achieved needs exactly one flag as its formula"
        ),
        Problem::DividesByZero => say!("công thức chia cho 0", "the formula divides by zero"),
        Problem::Scope(text) => say!(
            "phạm vi «{text}» không đọc được; viết all, kind = …, unit = …, unit != …, prev(…) = yes, nối bằng and",
            "the scope “{text}” cannot be read; write all, kind = …, unit = …, unit != …, prev(…) = yes, joined by and"
        ),
        Problem::FormulaMissing => {
            say!("cần có công thức cho loại so sánh này", "the comparator needs a formula")
        }
        Problem::FormulaUnused => say!(
            "chỉ tiêu theo hướng dẫn không có công thức; hãy xóa",
            "a guideline has no formula; remove it"
        ),
        Problem::ValueOpen => say!(
            "văn bản không ghi số; huyện đặt sau bằng lệnh target set",
            "the document gives no figure; the district sets it later with target set"
        ),
        Problem::ValueUnused => {
            say!("loại so sánh này không dùng giá trị; hãy xóa", "the comparator takes no value; remove it")
        }
        Problem::BadRange(text) => {
            say!("«{text}» không phải là khoảng; viết 15..30", "“{text}” is no range; write 15..30")
        }
        Problem::NobodyReports => say!(
            "không đơn vị nào trong phạm vi báo cáo các chỉ tiêu của công thức",
            "no unit of the scope reports the formula's elements"
        ),
        Problem::QuotasDoNotAddUp(sum, value, reference) => say!(
            "tổng giao cho các đơn vị là {sum}, chỉ tiêu {reference} là {value}",
            "the units' quotas add up to {sum}, the target {reference} is {value}"
        ),
        Problem::PartsDoNotAddUp(sum, whole) => {
            say!(
                "các phần cộng lại {sum}, tổng ghi {whole}",
                "the parts add up to {sum}, the whole is {whole}"
            )
        }
        Problem::Doubt(reference, note) => {
            let (vi, en) = (note.get(Lang::Vi), note.get(Lang::En));
            say!(
                "chỉ tiêu {reference} có cách hiểu khác: {vi}",
                "target {reference} can be read otherwise: {en}"
            )
        }
        Problem::Redefined(key) => say!(
            "«{key}» có loại, số thập phân hoặc kỳ khác với chương trình trước; hãy dùng tên mới",
            "“{key}” has another kind, scale or frequency than in the programme before; use a new key"
        ),
        Problem::UnitDropped(id) => say!(
            "đơn vị «{id}» đã có số liệu nhưng không có trong bảng; giữ lại và ghi valid_to",
            "the unit “{id}” has figures but is not in the table; keep it and fill in valid_to"
        ),
    }
}

fn joined(text: &str, why: &Bilingual) -> Bilingual {
    Bilingual { vi: format!("«{text}»: {}", why.vi), en: format!("“{text}”: {}", why.en) }
}
