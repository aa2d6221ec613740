//! `authority`: the district's authorities, and how one replaces another.

use clap::Subcommand;
use gom_domain::Lang;
use gom_domain::calendar::vietnam_time;
use gom_domain::world::World;
use gom_terminal::{Align, Format, Shade, Table, put, tell};
use serde_json::json;

use super::{Data, Done, block_on, recalled};
use crate::authority::{self, NewAuthority, RetireAuthority};
use crate::books::Job;
use crate::folder::Folder;
use crate::memory::Memory;
use crate::office;
use crate::store::AuthorityRow;
use crate::wording::Trouble;

#[derive(Debug, Subcommand)]
pub(super) enum AuthorityCommand {
    /// Các khóa chứng thực, và bao nhiêu máy còn cần từng khóa / The authorities, and how many computers still need each
    List {
        #[command(flatten)]
        data: Data,
        /// Cho người đọc hay cho máy đọc / For people or for programs
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// In chứng thư của khóa đang dùng (PEM), để trình duyệt ở huyện nhận ra trang của huyện / Print the certificate of the one in use (PEM), by which browsers know the district's pages
    Certificate {
        #[command(flatten)]
        data: Data,
    },
    /// Lập khóa mới bên cạnh khóa cũ; các xã tự nhận khi đồng bộ / Make another one beside the old; communes come to know it as they sync
    Rotate {
        #[command(flatten)]
        data: Data,
    },
    /// Bỏ khóa cũ, khi không máy nào còn cần / Retire an old one, once no computer needs it
    Retire {
        #[command(flatten)]
        data: Data,
        /// Số của khóa / Its number
        number: u32,
        /// Cả khi có máy vì thế không vào được nữa, như khi khóa bị lộ / Also where computers are shut out by it, as when the key was stolen
        #[arg(long)]
        force: bool,
    },
}

impl AuthorityCommand {
    pub(super) fn data(&self) -> &Data {
        match self {
            Self::List { data, .. }
            | Self::Certificate { data }
            | Self::Rotate { data }
            | Self::Retire { data, .. } => data,
        }
    }
}

/// Does what was typed.
pub(super) fn authority(folder: &Folder, command: &AuthorityCommand, world: &World, lang: Lang) -> Done {
    match command {
        AuthorityCommand::List { format, .. } => list(folder, *format, lang),
        AuthorityCommand::Certificate { .. } => certificate(folder),
        AuthorityCommand::Rotate { .. } => rotate(folder, world, lang),
        AuthorityCommand::Retire { number, force, .. } => {
            retire(folder, RetireAuthority { number: *number, force: *force }, world, lang)
        }
    }
}

/// The certificate that the server's pages are signed by.
fn certificate(folder: &Folder) -> Done {
    let (_, memory) = recalled(folder, None)?;
    let speaks = authority::active(&memory).next();
    let speaks = speaks.ok_or_else(|| vec![Trouble::Authority("no authority counts".to_owned())])?;
    put(gom_trust::pem(&speaks.certificate).trim_end());
    Ok(())
}

fn rotate(folder: &Folder, world: &World, lang: Lang) -> Done {
    let made = NewAuthority::make().map_err(|error| vec![Trouble::Authority(error.to_string())])?;
    let commit = block_on(office::commit(folder, Job::Rotate(made), world))??.commit;
    tell(lang.pick(
        &format!(
            "Đã lập khóa chứng thực mới, lần ghi {commit}. Mỗi máy của xã tự nhận khóa mới ở lần đồng bộ tới và dùng nó từ lần sau nữa. Khi gom-server authority list cho thấy không máy nào còn cần khóa cũ: gom-server authority retire SỐ. Mã ghi danh in ra trước đó vẫn dùng được cho đến lúc ấy."
        ),
        &format!(
            "Another authority is made, commit {commit}. Each computer comes to know it with its next sync and uses it from the one after. Once gom-server authority list shows that no computer needs the old one: gom-server authority retire NUMBER. Enrolment codes that were printed before can be used until then."
        ),
    ));
    list(folder, Format::Table, lang)
}

fn retire(folder: &Folder, job: RetireAuthority, world: &World, lang: Lang) -> Done {
    let number = job.number;
    let commit = block_on(office::commit(folder, Job::RetireAuthority(job), world))??.commit;
    tell(&match (commit, lang) {
        (0, Lang::Vi) => format!("Khóa chứng thực số {number} đã bỏ từ trước."),
        (0, Lang::En) => format!("Authority {number} was retired before."),
        (_, Lang::Vi) => format!(
            "Đã bỏ khóa chứng thực số {number}, lần ghi {commit}: những gì nó ký không còn giá trị. Mã ghi danh in ra trước đây không dùng được nữa; hãy cấp mã mới."
        ),
        (_, Lang::En) => format!(
            "Authority {number} is retired, commit {commit}: what it has signed opens nothing any more. Enrolment codes that were printed before are of no use; issue new ones."
        ),
    });
    list(folder, Format::Table, lang)
}

fn list(folder: &Folder, format: Format, lang: Lang) -> Done {
    let (_, memory) = recalled(folder, None)?;
    match format {
        Format::Json => memory.authorities.iter().for_each(|row| {
            let at = |ms| jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_string();
            let line = json!({
                "number": row.number,
                "fingerprint": fingerprint(row),
                "made": at(row.made_ms),
                "retired": row.retired_ms.map(at),
                "needed_by": needed_by(row, &memory),
            });
            put(&line.to_string());
        }),
        Format::Table => {
            let mut table = Table::new(&[
                (lang.pick("Số", "No."), Align::Right),
                (lang.pick("Dấu nhận", "Fingerprint"), Align::Left),
                (lang.pick("Lập", "Made"), Align::Left),
                (lang.pick("Tình trạng", "State"), Align::Left),
                (lang.pick("Máy còn cần", "Still needed by"), Align::Right),
            ]);
            memory.authorities.iter().for_each(|row| table.shaded(line(row, &memory, lang)));
            put(table.text().trim_end());
        }
    }
    Ok(())
}

fn line(row: &AuthorityRow, memory: &Memory, lang: Lang) -> [(String, Shade); 5] {
    let is = |other: Option<&AuthorityRow>| other.is_some_and(|other| other.number == row.number);
    let (speaks, signs) = (is(authority::active(memory).next()), is(authority::active(memory).last()));
    let state = match (row.retired_ms, speaks, signs) {
        (Some(at_ms), ..) => format!("{} {}", lang.pick("đã bỏ", "retired"), vietnam_time(at_ms)),
        (None, true, true) => lang.pick("đang dùng", "in use").to_owned(),
        (None, true, false) => {
            lang.pick("máy chủ còn xưng bằng khóa này", "the server still speaks for it").to_owned()
        }
        (None, false, true) => lang.pick("ký các chứng thư mới", "signs new certificates").to_owned(),
        (None, false, false) => lang.pick("còn giá trị", "still counts").to_owned(),
    };
    let shade = if row.retired_ms.is_some() { Shade::Dim } else { Shade::Plain };
    let needed = needed_by(row, memory).map_or_else(|| "–".to_owned(), |count| count.to_string());
    [row.number.to_string(), fingerprint(row), vietnam_time(row.made_ms), state, needed]
        .map(|cell| (cell, shade))
}

fn fingerprint(row: &AuthorityRow) -> String {
    gom_trust::fingerprint(&row.certificate).map(|print| print.shown()).unwrap_or_default()
}

/// How many computers could not come in without it; none where it counts no more.
fn needed_by(row: &AuthorityRow, memory: &Memory) -> Option<usize> {
    row.retired_ms.is_none().then(|| authority::left_outside(memory, row.number).count())
}
