//! The programmes' tables: both are sound, and one with faults leaves nothing behind.

use std::path::Path;

use tempfile::TempDir;
use tests::district::copy_of;
use tests::program::has;
use tests::{Program, repository};

fn check(folder: &Path) -> [tests::Said; 2] {
    let program = Program::gom_server(Path::new("."));
    let args = ["programme", "check", folder.to_str().unwrap()];
    [program.vi(&args), program.en(&args)]
}

#[test]
fn both_programmes_are_sound_and_summed_up_in_both_languages() {
    let [vi, en] = check(&repository("programmes/phung-hiep-2024")).map(tests::Said::done);
    has(
        &vi,
        &[
            "Chương trình công tác năm 2024, huyện Phụng Hiệp (2024)",
            "15 đơn vị",
            "8 biểu",
            "42 chỉ tiêu báo cáo",
        ],
    );
    has(&vi, &["17 nhóm với 46 chỉ tiêu kế hoạch, 60 dòng giao chỉ tiêu, 1091 số liệu năm trước"]);
    has(&vi, &["chỉ tiêu 12b có cách hiểu khác", "giả lập", "Chương trình dùng được."]);
    has(
        &en,
        &[
            "Programme of work for 2024",
            "15 units",
            "8 forms",
            "42 elements",
            "46 targets",
            "The programme is sound.",
        ],
    );
    let [vi, en] = check(&repository("programmes/seven-communes-2025")).map(tests::Said::done);
    has(&vi, &["Bảy xã sau sắp xếp năm 2025 (ví dụ) (2025)", "4 biểu", "5 nhóm với 12 chỉ tiêu kế hoạch"]);
    has(
        &en,
        &["Seven communes after the mergers of 2025", "4 forms", "13 elements", "5 groups with 12 targets"],
    );
}

#[test]
fn a_programme_with_faults_says_them_all_and_founds_nothing() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("programme");
    copy_of("phung-hiep-2024", &folder);
    let edit = |table: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(folder.join(table)).unwrap();
        assert!(text.contains(from), "{from} is not in {table}");
        std::fs::write(folder.join(table), text.replacen(from, to, 1)).unwrap();
    };
    edit("targets.csv", ",trained_workers,linear", ",trained_worker,linear");
    edit("targets.csv", "all,jobs_created,linear", "all,jobs_created + ,linear");
    edit("units.csv", "cay-duong,31396", "kinh-cung,31396");
    edit("quotas.csv", "31393,jobs_created,175", "31393,jobs_created,105");
    edit("elements.csv", "births,society,Số trẻ sinh sống", "births,society,So\u{302}\u{301} trẻ sinh sống");
    let [vi, en] = check(&folder).map(tests::Said::failed);
    has(
        &vi,
        &[
            "lỗi: targets.csv:",
            "không có chỉ tiêu báo cáo «trained_worker»",
            "lỗi: units.csv:3",
            "lỗi: elements.csv:8",
        ],
    );
    has(&en, &["error: targets.csv:", "no element “trained_worker”"]);
    assert_eq!(vi.lines().count(), en.lines().count());
    assert!(vi.lines().count() >= 4, "all at once:\n{vi}");

    let books = home.path().join("books");
    let init = ["init", "--programme", folder.to_str().unwrap()];
    assert_eq!(Program::gom_server(&books).vi(&init).failed(), vi);
    assert!(!books.exists(), "nothing is left behind");
    has(&check(&home.path().join("nowhere"))[0].clone().failed(), &["nowhere: "]);
    has(&check(home.path())[1].clone().failed(), &["programme.toml"]);
}

#[test]
fn a_folder_with_books_is_not_founded_again() {
    let home = TempDir::new().unwrap();
    let programme = repository("programmes/phung-hiep-2024");
    let init = ["init", "--programme", programme.to_str().unwrap()];
    let district = Program::gom_server(home.path());
    district.vi(&init).done();
    let before = std::fs::read(home.path().join("books.db")).unwrap();
    has(&district.vi(&init).failed(), &["thư mục đã có sổ của huyện; chọn thư mục khác hoặc dùng lệnh load"]);
    assert_eq!(std::fs::read(home.path().join("books.db")).unwrap(), before);
    has(&district.en(&["progress", "--as-of", "2024-09"]).done(), &["0/15", "as of the end of 2024-09"]);
}
