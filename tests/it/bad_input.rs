//! Bad input: everything that is wrong is said at once, with its place, in the officer's language, and nothing is done.

use gom_proto::wire::sync_client::SyncClient;
use gom_proto::wire::{self, push_reply, push_request};
use tests::commune::Counts;
use tests::program::has;
use tests::sheet::{self, HEAD};
use tests::{Commune, District, soon};
use tonic::Code;

use crate::enrolment::pass_of;

/// What is typed after `gom set FORM PERIOD`, and what is said of it in Vietnamese and in English.
type Typed = (&'static [&'static str], &'static str, &'static str);

const TYPED: &[Typed] = &[
    (&["weather", "2024-05", "births=1"], "không có biểu «weather»", "there is no form “weather”"),
    (&["society", "2024-13", "births=1"], "«2024-13» không phải là kỳ báo cáo", "“2024-13” is no period"),
    (
        &["society", "2023-05", "births=1"],
        "chưa có chương trình năm 2023",
        "no programme has been published for 2023",
    ),
    (
        &["society", "2024-Q2", "births=1"],
        "báo cáo theo kỳ khác (ví dụ 2024-12)",
        "due for other periods (such as 2024-12)",
    ),
    (&["society", "2024-05", "storks=1"], "không có chỉ tiêu «storks»", "there is no element “storks”"),
    (
        &["society", "2024-05", "pupils=1"],
        "«pupils» không thuộc biểu «society»",
        "“pupils” is not in the form “society”",
    ),
    (
        &["society", "2024-05", "births=abc"],
        "births = «abc»: không phải là số",
        "births = “abc”: not a number",
    ),
    (&["society", "2024-05", "births=1,5"], "chỉ nhận số nguyên", "a whole number is needed"),
    (&["society", "2024-05", "births=-1"], "không được âm", "it cannot be negative"),
    (&["society", "2024-05", "births=99999999999999"], "số quá lớn", "too large"),
    (&["society", "2024-05", "births=1234567890123456789"], "số dài quá 18 chữ số", "more than 18 digits"),
    (&["society", "2024-05", "births"], "viết CHỈ_TIÊU=GIÁ_TRỊ", "write ELEMENT=VALUE"),
    (&["society", "2024-05", "births=1", "births=2"], "«births» ghi hai lần", "“births” is given twice"),
    (&["budget", "2024-05", "tax_revenue=12.34"], "dấu chấm đặt sai chỗ", "a dot in the wrong place"),
    (&["budget", "2024-05", "tax_revenue=1,2345"], "nhiều hơn 3 chữ số thập phân", "more than 3 decimals"),
    (&["budget", "2024-05", "tax_revenue=1,234.5"], "dấu phẩy đặt sai chỗ", "a comma in the wrong place"),
    (
        &["living-standards", "2024-H1", "ntm_criteria=20"],
        "lớn hơn mức cao nhất 19",
        "above the largest allowed, 19",
    ),
    (&["living-standards", "2024-H1", "ntm=maybe"], "viết có hoặc không", "write yes or no"),
    (
        &["living-standards", "2024-H1", "civilised_urban=có"],
        "không dành cho đơn vị này",
        "not for this unit",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_figure_is_said_in_both_languages_and_nothing_is_saved() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    for (typed, vi, en) in TYPED {
        let args = [&["set"], *typed].concat();
        has(&commune.office().vi(&args).failed(), &["lỗi: ", vi]);
        has(&commune.office().en(&args).failed(), &["error: ", en]);
    }
    let mistakes =
        ["set", "society", "2024-05", "births=x", "deaths=-1", "storks=1", "insured=13.1", "jobs_created=3"];
    let said = commune.office().vi(&mistakes).failed();
    assert_eq!(said.lines().filter(|line| line.starts_with("lỗi: ")).count(), 4, "all at once:\n{said}");
    assert_eq!(commune.counts(), Counts::default());
    assert_eq!(commune.gom().drafts().unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_kind_of_unit_is_refused() {
    let district = District::of("seven-communes-2025", "2025-08-20").await;
    let commune = Commune::enrolled(&district, "hoa-an-2025").await;
    let args = ["set", "desk-statistics", "2025-Q3", "retail_sales=1"];
    has(&commune.office().vi(&args).failed(), &["biểu «desk-statistics» không dành cho đơn vị này"]);
    has(&commune.office().en(&args).failed(), &["the form “desk-statistics” is not for this unit"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_block_their_report_alone_and_a_note_answers_warnings() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.set("budget", "2024-04", &[("domestic_revenue", "1"), ("tax_revenue", "2")]);
    commune.set("budget", "2024-05", &[("domestic_revenue", "2"), ("tax_revenue", "1")]);
    let long = "a".repeat(2001);
    has(
        &commune.office().vi(&["submit", "--all", "--note", &long]).failed(),
        &["giải trình dài quá 2000 ký tự"],
    );
    let said = commune.office().vi(&["submit", "--all"]);
    has(&said.out, &["budget 2024-05: đã xếp hàng, số 1, dấu ", "Đã xếp hàng 1 báo cáo"]);
    has(&said.failed(), &["budget 2024-04:", "lỗi: ", "lớn hơn tổng", "1 bản nháp có lỗi và chưa được nộp"]);
    assert_eq!(commune.counts(), Counts { drafts: 1, queued: 1, ..Counts::default() });
    has(
        &commune.office().en(&["submit", "society", "2024-05"]).failed(),
        &["there is no draft of the form “society”"],
    );
}

/// What is in a file, and what is said of it; an empty text where it is imported.
fn files() -> Vec<(Vec<u8>, Vec<&'static str>)> {
    let cell = "31423,society,2024-05,births,24\n";
    let with = |line: &str| format!("{HEAD}{line}").into_bytes();
    vec![
        (b"".to_vec(), vec!["tệp trống"]),
        (
            b"code,form,period,element,value\n".to_vec(),
            vec!["dòng 1: tên cột không đúng; dòng đầu phải là unit,form,period,element,value"],
        ),
        (HEAD.replace(',', ";").into_bytes(), vec!["dòng 1: các cột ngăn cách bằng dấu chấm phẩy"]),
        (b"\xd0\xcf\x11\xe0 a workbook".to_vec(), vec!["tệp không phải văn bản UTF-8"]),
        (vec![0; 4096], vec!["dòng 1: tên cột không đúng"]),
        (with("31423,society,2024-05,births\n"), vec!["dòng 2: dòng này không đủ hoặc thừa cột"]),
        (with("31423,society,2024-05,births,24,\n"), vec!["dòng 2: dòng này không đủ hoặc thừa cột"]),
        (
            with(&format!("31423,society,2024-05,births,\"24\n{cell}{cell}")),
            vec!["dòng 2: ", "dấu ngoặc kép chưa đóng"],
        ),
        (with(&format!("{cell}{cell}")), vec!["dòng 3: lặp lại dòng 2"]),
        (
            with("31423,budget,2024-05,tax_revenue,\"8,5\"\n"),
            vec!["dòng 2: ", "tệp dùng dấu chấm cho phần thập phân"],
        ),
        (with("31424,society,2024-05,births,24\n"), vec!["dòng 2: không có đơn vị «31424» trong kỳ này"]),
        (
            with(&format!(
                "{cell}31423,weather,2024-05,births,1\n31423,society,May,births,1\n31423,society,2024-06,births,x\n"
            )),
            vec!["dòng 3: không có biểu «weather»", "dòng 4: «May» không phải là kỳ", "dòng 5: births = «x»"],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_is_refused_whole_with_every_line_that_is_wrong() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let file = district.desk().join("figures.csv");
    let path = file.to_str().unwrap();
    for (bytes, said) in files() {
        std::fs::write(&file, &bytes).unwrap();
        let failed = commune.office().vi(&["import", path]).failed();
        has(&failed, &said);
        assert_eq!(
            failed.lines().count(),
            said.iter().filter(|text| text.starts_with("dòng")).count().max(1),
            "{failed}"
        );
        assert_eq!(commune.counts(), Counts::default(), "{failed}");
    }
    std::fs::File::create(&file).unwrap().set_len(100 * 1024 * 1024).unwrap();
    has(&commune.office().vi(&["import", path]).failed(), &["tệp lớn hơn 32 MB"]);
    has(
        &district.office().vi(&["enter", "--for", "31423", path, "--reason", "x"]).failed(),
        &["tệp lớn hơn 32 MB"],
    );
    has(
        &commune.office().vi(&["import", "/nowhere/x.csv"]).failed(),
        &["lỗi: không đọc được tệp /nowhere/x.csv"],
    );
    assert_eq!(commune.counts(), Counts::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_spreadsheets_do_to_a_file_is_fine() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let plain = sheet::of("31423", "society", "2024-05", &[("births", "24")]);
    // A byte order mark, lines that end as on Windows, quotes, spaces, a decomposed "có", lines of other units.
    let bent = "\u{feff}\"unit\",form,period,element,value\r\n\"31423\",society, 2024-05 ,births,\"24\"\r\n\
                31423,education-health,2024-Q1,health_standard,co\u{301}\r\n31420,society,2024-05,births,9\r\n";
    let said = commune.office().fed(&["import", "-"], bent.as_bytes()).done();
    has(&said, &["Figures imported: 2; drafts: 2.", "Lines of other units that were left out: 1."]);
    assert_eq!(commune.figures("education-health", "2024-Q1").last().unwrap(), "có");
    let again = commune.office().fed(&["import", "-"], plain.as_bytes()).done();
    has(&again, &["Figures that were the same already: 1."]);
    assert_eq!(commune.figures("society", "2024-05")[0], "24");
    assert_eq!(commune.counts().drafts, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_folder_address_or_period_is_said() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    let nowhere = district.desk().join("nowhere");
    let (pc, office) = (tests::Program::gom(&nowhere), tests::Program::gom_server(&nowhere));
    has(&pc.vi(&["status"]).failed(), &["chưa ghi danh; hãy chạy gom enroll với mã do huyện cấp"]);
    has(&office.vi(&["verify"]).failed(), &["nowhere: chưa có sổ của huyện; dùng lệnh init trước"]);
    has(&office.en(&["serve"]).failed(), &["there are no books here; use init first"]);
    assert!(!nowhere.exists(), "nothing is left behind");
    for address in ["0.0.0.0:7443", "huyen.vn", "https://huyen.vn:7443"] {
        let said = district.office().en(&["enroll", "31423", "--address", address]).failed();
        has(&said, &["communes cannot call “", "--address 10.0.0.5:7443"]);
    }
    has(
        &district.office().vi(&["progress", "--as-of", "May"]).failed(),
        &["«May» không phải là kỳ; viết 2024-05"],
    );
    has(
        &district.office().vi(&["progress", "--as-of", "2031-05"]).failed(),
        &["chưa có chương trình của năm 2031; sổ có chương trình của năm: 2024"],
    );
    has(&district.office().vi(&["explain", "storks", "--as-of", "2024-05"]).failed(), &["«storks»"]);
    for server in ["huyen/xa", "ftp://127.0.0.1", "http://127.0.0.1:7000/x"] {
        has(&commune.office().vi(&["sync", "--server", server]).failed(), &["không phải là địa chỉ máy chủ"]);
    }
    assert_eq!(commune.office().vi(&["set"]).code, Some(2), "wrong usage");
    assert_eq!(district.office().vi(&["dance"]).code, Some(2));
}

/// A message of a few kilobytes that comes to fifty megabytes, each of its operations within its own limit.
#[tokio::test(flavor = "multi_thread")]
async fn what_would_grow_beyond_a_messages_limit_is_refused_and_harms_nobody() {
    let district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    // As protobuf has it: the field, its length of 60,000, its bytes.
    let body = [vec![0x0a, 0xe0, 0xd4, 0x03], vec![0; 60_000]].concat();
    let squeezed = zstd::bulk::compress(&body.repeat(900), 1).unwrap();
    assert!(squeezed.len() < 100_000, "{}", squeezed.len());
    let hello = wire::Hello {
        device: commune.status().device.0.to_vec(),
        epoch: 1,
        chain: vec![0; 32],
        history: vec![0; 16],
        protocol: 1,
        ..wire::Hello::default()
    };
    let bomb = wire::Operations { first_sequence: 1, squeezed, ..wire::Operations::default() };
    let kinds = [push_request::Kind::Hello(hello), push_request::Kind::Operations(bomb)];
    let messages = kinds.map(|kind| wire::PushRequest { kind: Some(kind) });
    let mut client = SyncClient::connect(district.url()).await.unwrap();
    let call = client.push(pass_of(&commune, tokio_stream::iter(messages)));
    let mut replies = soon(call).await.unwrap().into_inner();
    let welcome = soon(replies.message()).await.unwrap().unwrap();
    assert!(matches!(welcome.kind, Some(push_reply::Kind::Welcome(_))));
    let refused = soon(replies.message()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    assert_eq!(district.submissions().len(), 0);
    commune.queue("society", "2024-05", &[("births", "24")]);
    assert!(commune.sync().await.is_settled());
}
