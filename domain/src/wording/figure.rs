//! Words for figures, numbers, formulas and sheets that cannot be read.

use super::Bilingual;
use crate::element::FigureFault;
use crate::formula::SyntaxProblem;
use crate::number::NumberFault;
use crate::say;
use crate::sheet::SheetProblem;

/// Why a text is not a number, and how to write it.
pub fn number_fault(fault: NumberFault) -> Bilingual {
    match fault {
        NumberFault::NotANumber => say!("không phải là số", "not a number"),
        NumberFault::MisplacedDot => say!(
            "dấu chấm đặt sai chỗ: phần nghìn viết 1.234, phần thập phân viết 12,34",
            "a dot in the wrong place: thousands are written 1.234, decimals 12,34 (in files: 12.34)"
        ),
        NumberFault::MisplacedComma => say!(
            "dấu phẩy đặt sai chỗ: viết 1.234,5 (chấm cho phần nghìn, phẩy cho phần thập phân)",
            "a comma in the wrong place: write 1.234,5 (dot for thousands, comma for decimals)"
        ),
        NumberFault::CommaInFile => say!(
            "tệp dùng dấu chấm cho phần thập phân và không ngăn cách phần nghìn: viết 8846.5",
            "files use a dot for decimals and nothing between thousands: write 8846.5"
        ),
        NumberFault::TooLong => say!("số dài quá 18 chữ số", "the number has more than 18 digits"),
    }
}

/// What is wrong with a figure by itself.
pub fn figure_fault(fault: &FigureFault) -> Bilingual {
    match fault {
        FigureFault::Number(fault) => number_fault(*fault),
        FigureFault::TooManyDecimals(0) => {
            say!("chỉ nhận số nguyên, bỏ phần thập phân", "a whole number is needed, without decimals")
        }
        FigureFault::TooManyDecimals(scale) => {
            say!("nhiều hơn {scale} chữ số thập phân", "more than {scale} decimals")
        }
        FigureFault::Negative => say!("không được âm", "it cannot be negative"),
        FigureFault::BelowMin(min) => {
            say!("nhỏ hơn mức thấp nhất {min}", "below the smallest allowed, {min}")
        }
        FigureFault::AboveMax(max) => say!("lớn hơn mức cao nhất {max}", "above the largest allowed, {max}"),
        FigureFault::TooLarge => {
            say!("số quá lớn; kiểm tra lại đơn vị tính", "too large; check its unit of measure")
        }
        FigureFault::NotAFlag => say!("viết có hoặc không (yes/no)", "write yes or no (có/không)"),
    }
}

/// What is wrong with a formula.
pub fn syntax_problem(problem: &SyntaxProblem) -> Bilingual {
    match problem {
        SyntaxProblem::UnknownSign(sign) => say!("ký hiệu lạ «{sign}»", "unknown sign “{sign}”"),
        SyntaxProblem::UnknownElement(name) => {
            say!(
                "không có chỉ tiêu báo cáo «{name}» trong bảng elements",
                "no element “{name}” in the elements table"
            )
        }
        SyntaxProblem::UnknownFunction(name) => {
            say!("không dùng được hàm «{name}» ở đây", "the function “{name}” cannot be used here")
        }
        SyntaxProblem::BadNumber(text) => {
            say!(
                "số «{text}» không đọc được; viết 1234.5",
                "the number “{text}” cannot be read; write 1234.5"
            )
        }
        SyntaxProblem::NumberExpected => {
            say!("cần một số hoặc một chỉ tiêu ở đây", "a number or an element should stand here")
        }
        SyntaxProblem::TruthExpected => {
            say!("cần một phép so sánh (=, <, >= …)", "a comparison is needed (=, <, >= …)")
        }
        SyntaxProblem::Unclosed => say!("thiếu dấu ngoặc", "a parenthesis is missing"),
        SyntaxProblem::TooMuch(text) => say!("thừa «{text}»", "“{text}” is too much"),
        SyntaxProblem::TooDeep => say!("quá nhiều dấu ngoặc lồng nhau", "parentheses are nested too deeply"),
        SyntaxProblem::TooLong => {
            say!("công thức quá dài; hãy rút gọn", "the formula is too long; shorten it")
        }
    }
}

/// What is wrong with a sheet of figures as a file.
pub fn sheet_fault(problem: &SheetProblem) -> Bilingual {
    match problem {
        SheetProblem::Empty => say!("tệp trống", "the file is empty"),
        SheetProblem::NotText => say!(
            "tệp không phải văn bản UTF-8; trong Excel hãy lưu dạng «CSV UTF-8»",
            "the file is not UTF-8 text; in Excel save it as “CSV UTF-8”"
        ),
        SheetProblem::TooBig(limit) => say!(
            "tệp lớn hơn {limit} MB; kiểm tra lại có đúng tệp không",
            "the file is larger than {limit} MB; check that it is the right one"
        ),
        SheetProblem::Semicolons => say!(
            "các cột ngăn cách bằng dấu chấm phẩy; hãy lưu lại dạng CSV ngăn cách bằng dấu phẩy",
            "the columns are separated by semicolons; save the file again separated by commas"
        ),
        SheetProblem::Columns(wanted) => say!(
            "tên cột không đúng; dòng đầu phải là {wanted}",
            "the columns are not the ones needed; the first line must be {wanted}"
        ),
        SheetProblem::Broken => say!(
            "dòng này không đủ hoặc thừa cột, hoặc dấu ngoặc kép chưa đóng",
            "the line has too few or too many columns, or an open quotation mark"
        ),
        SheetProblem::UnknownUnit(name) => {
            say!("không có đơn vị «{name}» trong kỳ này", "there is no unit “{name}” in this period")
        }
        SheetProblem::UnknownForm(name) => say!("không có biểu «{name}»", "there is no form “{name}”"),
        SheetProblem::UnknownElement(name) => {
            say!("không có chỉ tiêu «{name}»", "there is no element “{name}”")
        }
        SheetProblem::NotInForm(element, form) => {
            say!(
                "chỉ tiêu «{element}» không thuộc biểu «{form}»",
                "the element “{element}” is not in the form “{form}”"
            )
        }
        SheetProblem::NotAPeriod(text) => say!(
            "«{text}» không phải là kỳ báo cáo; viết 2024-05, 2024-Q2, 2024-H1 hoặc 2024",
            "“{text}” is no period; write 2024-05, 2024-Q2, 2024-H1 or 2024"
        ),
        SheetProblem::WrongFrequency(form, wanted) => say!(
            "biểu «{form}» báo cáo theo kỳ khác (ví dụ {wanted})",
            "the form “{form}” is due for other periods (such as {wanted})"
        ),
        SheetProblem::NoProgramme(year) => {
            say!("chưa có chương trình năm {year}", "no programme has been published for {year}")
        }
        SheetProblem::FormNotForUnit(form) => {
            say!("biểu «{form}» không dành cho đơn vị này", "the form “{form}” is not for this unit")
        }
        SheetProblem::ElementNotForUnit(element) => {
            say!(
                "chỉ tiêu «{element}» không dành cho đơn vị này",
                "the element “{element}” is not for this unit"
            )
        }
        SheetProblem::Figure(element, text, fault) => {
            let why = figure_fault(fault);
            Bilingual {
                vi: format!("{element} = «{text}»: {}", why.vi),
                en: format!("{element} = “{text}”: {}", why.en),
            }
        }
        SheetProblem::Twice(line) => say!("lặp lại dòng {line}", "the same cell as in line {line}"),
    }
}
