//! Words for the line to the district. Whatever happens on it, what is queued stays queued.

use gom_domain::{Bilingual, say};

use super::{folder_fault, store_fault};
use crate::line::LineFault;
use crate::sync::SyncError;

/// Why the district cannot be spoken to.
pub fn line_fault(fault: &LineFault) -> Bilingual {
    match fault {
        LineFault::BadAddress(address) => say!(
            "«{address}» không phải là địa chỉ máy chủ; viết như http://127.0.0.1:7443",
            "“{address}” is no address of a server; write one like http://127.0.0.1:7443"
        ),
        LineFault::NotEncrypted(address) => say!(
            "địa chỉ {address} không đúng với cách ghi danh: chưa ghi danh bằng mã có dấu của huyện thì chỉ nối được trong máy này (http://127.0.0.1:7443); đã ghi danh có mã hóa thì địa chỉ bắt đầu bằng https://",
            "the address {address} does not go with the enrolment: without an invitation that has the district's fingerprint only this computer can be spoken to (http://127.0.0.1:7443); with one, addresses begin with https://"
        ),
        LineFault::NotTheDistrict(_) => say!(
            "nơi trả lời không phải là máy chủ của huyện này: dấu của nó khác với dấu trong mã ghi danh. Không gửi gì cả và không mất gì; hãy kiểm tra địa chỉ và hỏi huyện. Nếu huyện đã thay khóa, hãy xin mã mới rồi chạy gom enroll trên chính thư mục này",
            "what answers is not this district's server: its fingerprint is not the one in the invitation. Nothing was sent and nothing is lost; check the address and ask the district. If the district has replaced its key, ask for another invitation and run gom enroll on this very folder"
        ),
        LineFault::CertificateRefused => say!(
            "máy chủ của huyện không nhận chứng thư của máy này; những gì đã xếp hàng vẫn còn nguyên. Hãy xin huyện mã ghi danh mới",
            "the district's server does not take this computer's certificate; everything queued is still there. Ask the district for another invitation"
        ),
        LineFault::Credentials(why) => say!(
            "không dùng được khóa hoặc chứng thư của máy này ({why}); những gì đã xếp hàng vẫn còn nguyên. Hãy báo huyện",
            "this computer's key or certificate cannot be used ({why}); everything queued is still there. Tell the district"
        ),
        LineFault::NoServer { address, .. } => say!(
            "không có máy chủ nào tại {address}; hãy kiểm tra địa chỉ, mạng, và máy chủ đã bật chưa",
            "there is no server at {address}; check the address and the network, and whether the server runs"
        ),
        LineFault::Unresolved { address, .. } => say!(
            "không tìm thấy tên máy trong {address}; hãy kiểm tra mạng và tên máy",
            "the computer's name in {address} cannot be resolved; check the network and the name"
        ),
        LineFault::Silent { address, .. } => say!(
            "không ai trả lời tại {address}; hãy kiểm tra mạng rồi thử lại",
            "nothing answers at {address}; check the network and try again"
        ),
        LineFault::NoGomServer(_) => say!(
            "nơi trả lời không phải là máy chủ gom (có thể là trang đăng nhập mạng); hãy đăng nhập mạng hoặc kiểm tra địa chỉ",
            "what answers is no gom server (perhaps a network's sign-in page); sign in to the network or check the address"
        ),
        LineFault::Cut(_) => say!(
            "đường truyền bị ngắt; những gì đã xếp hàng vẫn còn nguyên. Hãy thử lại",
            "the line was cut; everything queued is still there. Try again"
        ),
        LineFault::TooLong => say!(
            "huyện không trả lời quá lâu; những gì đã xếp hàng vẫn còn nguyên. Hãy thử lại",
            "the district has been silent for too long; everything queued is still there. Try again"
        ),
        LineFault::HungUp => say!(
            "máy chủ kết thúc giữa chừng; những gì đã xếp hàng vẫn còn nguyên. Hãy thử lại",
            "the server hung up half-way; everything queued is still there. Try again"
        ),
        LineFault::Refused(why) | LineFault::Denied(why) => with_reason(
            &say!(
                "huyện không cho máy này vào (đã bị thu hồi hoặc không đúng); hãy liên hệ huyện",
                "the district does not let this device in (revoked, or not the right one); ask the district"
            ),
            why,
        ),
        LineFault::Overloaded { why, .. } => with_reason(
            &say!(
                "máy chủ của huyện đang quá tải; hãy thử lại sau ít phút",
                "the district's server is overloaded; try again in a few minutes"
            ),
            why,
        ),
        LineFault::Answer(why) => why.clone(),
        LineFault::Malformed(why) => say!(
            "máy chủ trả lời sai quy ước ({why}); hãy cập nhật phần mềm hoặc báo huyện",
            "the server broke the contract ({why}); update gom or tell the district"
        ),
    }
}

fn with_reason(text: &Bilingual, why: &Bilingual) -> Bilingual {
    let joined =
        |text: &str, why: &str| if why.is_empty() { text.to_owned() } else { format!("{text} ({why})") };
    Bilingual { vi: joined(&text.vi, &why.vi), en: joined(&text.en, &why.en) }
}

/// Why a sync ended early.
pub fn sync_error(error: &SyncError) -> Bilingual {
    match error {
        SyncError::Folder(fault) => folder_fault(fault),
        SyncError::Store(fault) => store_fault(fault),
        SyncError::NotEnrolled => say!(
            "thư mục chưa ghi danh; hãy chạy gom enroll với mã do huyện cấp",
            "the folder is not enrolled; run gom enroll with the district's code"
        ),
        SyncError::Line(fault) => line_fault(fault),
        SyncError::NeverCurrent => say!(
            "nhiều máy đang dùng chung một danh tính cùng lúc. Không mất gì; hãy thử lại, và xin huyện mã mới cho từng máy",
            "several computers are using one name at the same moment. Nothing is lost; try again, and ask the district for a code for each computer"
        ),
        SyncError::Quarantined => say!(
            "máy khác đang dùng danh tính của máy này nên huyện không nhận gì từ đây nữa. Những gì đã xếp hàng vẫn còn nguyên: hãy xin huyện mã mới rồi chạy gom enroll trên chính thư mục này; chúng sẽ được gửi đi",
            "another computer goes by this one's name, so the district takes nothing from here any more. What is queued is all still there: ask the district for a new code and run gom enroll on this very folder; it will be handed in"
        ),
        SyncError::UnknownAction => say!(
            "huyện yêu cầu điều mà phiên bản này chưa biết; hãy cập nhật phần mềm gom",
            "the district asks for something that this version does not know; update gom"
        ),
    }
}
