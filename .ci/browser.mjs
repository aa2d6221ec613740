// A month by pages alone, in a real browser: fill in without a line, be killed, come back, hand in, the line returns, the
// district's page moves by itself, explain, correct, conflict, stick. Then what nobody should meet: wrong numbers, two tabs,
// hostile words, other people's pages. No page breaks a rule of accessibility, in either language, light or dark.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import assert from "node:assert/strict";

const require = createRequire(join(process.env.NODE_PATH ?? process.cwd(), "/"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const { PROGRAMS, WORK, SHOTS } = process.env;
const PASSWORD = "mưa nắng tháng ba";
const running = new Set();

function program(name, folder, words, input = "") {
  const done = spawnSync(join(PROGRAMS, name), [...words, "--data", join(WORK, folder)], { input, encoding: "utf8" });
  assert.equal(done.status, 0, `${name} ${words.join(" ")}: ${done.stderr}`);
  return done.stdout;
}

// Starts a program that goes on; resolves with its first lines once there are so many.
function begin(name, folder, words, lines = 1) {
  const child = spawn(join(PROGRAMS, name), [...words, "--data", join(WORK, folder)], { stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  child.on("exit", () => running.delete(child));
  return new Promise((resolve, reject) => {
    let told = "";
    child.on("error", reject);
    child.stdout.on("data", (part) => {
      told += part;
      const all = told.split("\n");
      if (all.length > lines) resolve({ child, lines: all });
    });
    child.on("exit", () => reject(new Error(`${name} ${words[0]} ended`)));
  });
}

async function end({ child }, signal = "SIGTERM") {
  const gone = new Promise((resolve) => child.on("exit", resolve));
  child.kill(signal);
  await gone;
}

let checked = 0;
// What a screen reader, a keyboard or weak eyes would stumble over.
async function accessible(page, where) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const said = violations.map((one) => `${one.id}: ${one.help} (${one.nodes.map((node) => node.html).slice(0, 2).join(" | ")})`);
  assert.deepEqual(said, [], where);
  checked += 1;
}

async function seen(page, name) {
  await accessible(page, name);
  if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

// What makes a page wider than its window.
function sticksOut() {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth + 1) return [];
  const out = [...document.querySelectorAll("body *")].filter((one) => !one.closest(".wide") && one.getBoundingClientRect().right > clientWidth + 1);
  return out.map((one) => one.outerHTML.slice(0, 200));
}

async function text(page, selector = "main") {
  return (await page.locator(selector).innerText()).normalize("NFC");
}

async function has(page, part, selector = "main") {
  await page.locator(selector).filter({ hasText: part }).first().waitFor({ timeout: 15_000 }).catch(async () => {
    assert.fail(`“${part}” is not in: ${(await text(page, selector)).slice(0, 600)}`);
  });
}

const step = (what) => console.log(`--- ${what}`);

async function main() {
  if (SHOTS) mkdirSync(SHOTS, { recursive: true });
  program("gom-server", "district", ["init", "--programme", "programmes/phung-hiep-2024"]);
  for (const [name, ...more] of [["lanhdao", "--role", "viewer", "--restricted"], ["canbo", "--role", "officer"]]) {
    program("gom-server", "district", ["user", "add", name, ...more], `${PASSWORD}\n`.repeat(2));
  }
  const listen = ["serve", "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0"];
  let district = await begin("gom-server", "district", listen, 2);
  const at = district.lines[0].split(" ")[1];
  const pages = district.lines[1].split(" ")[1].replace(/\/$/, "");
  const again = ["serve", "--listen", at, "--web", new URL(pages).host];
  for (const folder of ["hoa-an", "hoa-an-2"]) {
    const invitation = program("gom-server", "district", ["enroll", "31423"]).trim();
    program("gom", folder, ["enroll", invitation]);
  }

  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const context = (options = {}) => browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const errors = [];
  const watch = (page) => {
    page.on("pageerror", (error) => errors.push(`${page.url()}: ${error.message}`));
    // Nobody but the program that the page came from is asked for anything.
    page.on("request", (request) => {
      const [asked, from] = [new URL(request.url()), new URL(page.url())];
      const own = request.isNavigationRequest() ? asked.hostname === "127.0.0.1" : asked.origin === from.origin;
      if (!own) errors.push(`asked for ${asked}`);
    });
    return page;
  };

  step("the leader logs in, with the keyboard alone, and sees an empty year");
  const leaders = await context();
  const leader = watch(await leaders.newPage());
  await leader.goto(`${pages}/?as_of=2024-05`);
  await seen(leader, "login");
  await leader.locator('input[name="name"]').focus();
  await leader.keyboard.type("lanhdao");
  await leader.keyboard.press("Tab");
  await leader.keyboard.type("sai mật khẩu");
  await leader.keyboard.press("Enter");
  await has(leader, "không đúng");
  await leader.locator('input[name="name"]').fill("lanhdao");
  await leader.locator('input[name="password"]').fill(PASSWORD);
  await leader.keyboard.press("Enter");
  await has(leader, "Tiến độ các chỉ tiêu");
  await has(leader, "giả lập");
  assert.match(leader.url(), /as_of=2024-05/, "he is where he wanted to go");

  step("the commune's officer fills in a form without a line, as in a spreadsheet");
  await end(district);
  const officers = await context();
  let screen = await begin("gom", "hoa-an", ["open", "--no-browser"]);
  const officer = watch(await officers.newPage());
  await officer.goto(screen.lines[0]);
  assert.ok(!officer.url().includes("token"), "the address that lets in does not stay in the bar");
  await has(officer, "Biểu phải nộp");
  await seen(officer, "to-do");
  const base = () => new URL(screen.lines[0]).origin;
  await officer.goto(`${base()}/settings`);
  await officer.getByLabel("Họ và tên").fill('Họ và tên <img src=x onerror="window.hacked=1">');
  await officer.getByRole("button", { name: "Lưu", exact: true }).click();
  await seen(officer, "settings");
  const form = "/forms/society/2024-05";
  await officer.goto(base() + form);
  const cells = officer.locator("input.figure");
  const count = await cells.count();
  await cells.nth(0).focus();
  await officer.keyboard.type("24");
  await officer.keyboard.press("ArrowDown");
  await officer.keyboard.type("bảy");
  await officer.keyboard.press("Enter");
  await has(officer, "không phải là số", "form");
  await has(officer, "chưa lưu vì ghi sai", "#saved");
  assert.equal(await cells.nth(1).getAttribute("aria-invalid"), "true");
  await seen(officer, "sheet-wrong");
  // What is no figure stays as it was typed whatever is saved beside it, and nobody goes on past it unknowingly.
  await officer.keyboard.type("13.000");
  const told = officer.waitForResponse((answer) => answer.url().endsWith("/cells"));
  await officer.keyboard.press("Tab");
  await told;
  await officer.waitForTimeout(300);
  assert.equal(await cells.nth(1).inputValue(), "bảy");
  await has(officer, "không phải là số", "form");
  await officer.getByRole("link", { name: "Xem lại và nộp" }).click();
  await officer.waitForTimeout(300);
  assert.ok(officer.url().endsWith(form), "there is something to be corrected first");
  assert.equal(await officer.evaluate(() => document.activeElement.value), "bảy");
  await officer.keyboard.type("7");
  await officer.keyboard.press("Enter");
  await has(officer, "Đã lưu trên máy này", "#saved");
  assert.equal(await cells.nth(1).getAttribute("aria-invalid"), null);
  // A block from a spreadsheet: a column of names and one of figures, in Vietnamese notation.
  await cells.nth(2).focus();
  await officer.evaluate((block) => {
    const data = new DataTransfer();
    data.setData("text/plain", block);
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, "Chỉ tiêu\tSố\tGhi chú\r\nBảo hiểm\t13.400\ttheo QĐ 12\r\nĐào tạo\t3\t\r\nViệc làm\t11\t\r\n");
  await has(officer, "Số ô đã dán: 3 (lấy cột thứ 2)", "#pasted");
  await has(officer, "Đã lưu trên máy này", "#saved");
  await officer.waitForTimeout(800);
  assert.deepEqual(await Promise.all([0, 1, 2, 3, 4].map((nth) => cells.nth(nth).inputValue())), ["24", "7", "13.400", "3", "11"]);
  // A column that holds something else beside figures is not guessed at, and neither is one to its left.
  await officer.evaluate((block) => {
    const data = new DataTransfer();
    data.setData("text/plain", block);
    document.querySelectorAll("input.figure")[2].dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, "1\tBảo hiểm\t13.400\r\n2\tĐào tạo\tchưa rõ\r\n");
  await has(officer, "chưa dán gì", "#pasted");
  assert.equal(await cells.nth(2).inputValue(), "13.400");
  // More deaths than births can explain: that is known although no line has brought the population.
  await cells.nth(1).fill("2400");
  await officer.locator("label.note input").first().waitFor();
  // From the figures Tab goes to the notes, and what is said of a cell goes on changing.
  await cells.nth(count - 1).focus();
  await officer.keyboard.press("Tab");
  assert.ok(await officer.evaluate(() => document.activeElement.matches("label.note input")));
  // A note to a warning is kept where the warning stands.
  await officer.locator("label.note input").first().fill("<b>hai tháng</b> cộng lại");
  await has(officer, "Đã lưu trên máy này", "#saved");
  await officer.waitForTimeout(800);
  await officer.reload();
  assert.equal(await officer.locator("label.note input").first().inputValue(), "<b>hai tháng</b> cộng lại");
  // Why a cell is blank is said where it is blank, once somebody unfolds the field.
  await officer.locator("label.note input").first().focus();
  await officer.keyboard.press("Tab");
  assert.ok(await officer.evaluate(() => document.activeElement.matches("details.note summary")));
  await officer.keyboard.press("Enter");
  await officer.keyboard.press("Tab");
  await officer.keyboard.type("công an xã chưa gửi số liệu");
  const whole = new URLSearchParams({ text: "công an xã chưa gửi số liệu" }).toString().slice("text=".length);
  const noted = officer.waitForResponse((answer) => answer.url().endsWith("/cells") && answer.request().postData().includes(whole));
  await officer.keyboard.press("Tab");
  await noted;
  await has(officer, "Đã lưu trên máy này", "#saved");
  await seen(officer, "sheet-warned");
  await officer.reload();
  assert.equal(await officer.locator("label.note input").nth(1).inputValue(), "công an xã chưa gửi số liệu");

  step("two tabs: what the one saves the other does not undo");
  const second = watch(await officers.newPage());
  await second.goto(base() + form);
  await second.locator("input.figure").nth(count - 1).fill("1");
  await has(second, "Đã lưu", "#saved");
  await cells.nth(count - 2).fill("2");
  await has(officer, "Đã lưu", "#saved");
  await officer.waitForTimeout(800);
  await second.reload();
  assert.equal(await second.locator("input.figure").nth(count - 2).inputValue(), "2");
  assert.equal(await second.locator("input.figure").nth(count - 1).inputValue(), "1");
  await second.close();

  step("the program is killed, and nothing is lost");
  await end(screen, "SIGKILL");
  screen = await begin("gom", "hoa-an", ["open", "--no-browser"]);
  await officer.goto(screen.lines[0]);
  await officer.goto(base() + form);
  assert.equal(await officer.locator("input.figure").nth(2).inputValue(), "13.400");
  await officer.locator("input.figure").nth(0).fill("24");
  await officer.keyboard.press("Tab");
  await has(officer, "Đã lưu", "#saved");

  step("he hands in; it waits for the line");
  await officer.getByRole("link", { name: "Xem lại và nộp" }).click();
  await has(officer, "Sẽ nộp");
  await seen(officer, "hand-in");
  // A click that began on what was reviewed hands in nothing that came since.
  const elsewhere = watch(await (await context({ storageState: await officers.storageState() })).newPage());
  const typed = async (births) => {
    await elsewhere.locator("input.figure").nth(0).fill(births);
    await has(officer, births, "main td.num");
  };
  await elsewhere.goto(base() + form);
  await officer.getByRole("button", { name: "Nộp", exact: true }).hover();
  await officer.mouse.down();
  await typed("25");
  await officer.mouse.up();
  await officer.waitForTimeout(500);
  await has(officer, "không còn gì chờ gửi", "#line");
  await typed("24");
  await elsewhere.context().close();
  const note = officer.locator("label.note input").first();
  assert.equal(await note.inputValue(), "<b>hai tháng</b> cộng lại");
  await note.fill("đã đối chiếu sổ hộ tịch");
  await officer.getByRole("button", { name: "Nộp", exact: true }).click();
  await has(officer, "Đã xếp hàng chờ gửi");
  await has(officer, "chờ gửi 1", "#line");
  await seen(officer, "queued");
  await officer.getByRole("button", { name: "Gửi ngay" }).click();
  await has(officer, "không có máy chủ nào");

  step("the line returns, and the district's page moves by itself");
  // It sends by itself as soon as there is a line: not before the leader has looked.
  screen.child.kill("SIGSTOP");
  district = await begin("gom-server", "district", again, 2);
  // The page that has stood open all the while notices that nobody is logged in any more.
  await leader.waitForURL(/\/login/, { timeout: 20_000 });
  await leader.goto(`${pages}/?as_of=2024-05`);
  await leader.locator('input[name="name"]').fill("lanhdao");
  await leader.locator('input[name="password"]').fill(PASSWORD);
  await leader.keyboard.press("Enter");
  await has(leader, "Báo cáo đến hạn đã nhận: 0/");
  await leader.evaluate(() => { window.stayed = true; });
  const choice = await leader.locator("main select").first().elementHandle();
  screen.child.kill("SIGCONT");
  await has(officer, "huyện đã nhận số", "#line");
  await has(officer, "không còn gì chờ gửi", "#line");
  await has(leader, "Báo cáo đến hạn đã nhận: 1/");
  assert.ok(await leader.evaluate(() => window.stayed), "without being loaded anew");
  assert.ok(await choice.evaluate((one) => one.isConnected), "what says the same as before stays as it is");
  await officer.goto(`${base()}/receipts`);
  await officer.locator("tbody a").first().click();
  await has(officer, "Huyện nhận số");
  await seen(officer, "receipt");

  step("the leader has a figure explained, down to the report");
  await leader.getByRole("link", { name: /^9a / }).click();
  await has(leader, "Số này từ đâu ra");
  await has(leader, "Trên bản đồ");
  await seen(leader, "target");
  await leader.locator("details#sources summary").click();
  await leader.locator("details#sources a").first().click();
  await has(leader, "Biên nhận");
  await has(leader, "đã đối chiếu sổ hộ tịch");
  await has(leader, "<img src=x");
  await seen(leader, "report");
  await leader.goto(`${pages}/reported?as_of=2024-05`);
  await has(leader, "Nhắc việc");
  await seen(leader, "reported");
  await leader.goto(`${pages}/reported?as_of=2024-05&form=society`);
  await seen(leader, "reported-form");
  await leader.goto(`${pages}/units/hoa-an?as_of=2024-05`);
  await seen(leader, "unit");
  await leader.goto(`${pages}/programme`);
  await seen(leader, "programme");
  await leader.goto(`${pages}/?as_of=2024-05&order=document`);
  await seen(leader, "overview-document");

  step("a correction, and a conflict with the unit's other computer");
  const other = await begin("gom", "hoa-an-2", ["open", "--no-browser"]);
  const theirs = watch(await (await context()).newPage());
  await theirs.goto(other.lines[0]);
  const there = new URL(other.lines[0]).origin;
  await theirs.getByRole("button", { name: "Gửi ngay" }).click();
  await has(theirs, "Đã liên hệ với huyện");
  const correct = async (page, from, births, send) => {
    await page.goto(from + form);
    await page.locator("input.figure").nth(0).fill(births);
    await has(page, "Đã lưu", "#saved");
    await page.getByRole("link", { name: "Xem lại và nộp" }).click();
    await has(page, "≠");
    await page.getByRole("button", { name: "Nộp", exact: true }).click();
    await has(page, "Đã xếp hàng");
    if (send) await page.getByRole("button", { name: "Gửi ngay" }).click();
  };
  await end(district);
  await correct(theirs, there, "26", false);
  await correct(officer, base(), "25", false);
  other.child.kill("SIGSTOP");
  district = await begin("gom-server", "district", again, 2);
  await has(officer, "không còn gì chờ gửi", "#line");
  await has(officer, "Đã xếp hàng");
  other.child.kill("SIGCONT");
  await has(theirs, "Xung đột (1)", "nav");
  await theirs.goto(`${there}/conflicts`);
  await has(theirs, "khác nhau");
  await seen(theirs, "conflict");
  await theirs.getByRole("button", { name: /Nhận bản đang có hiệu lực/ }).click();
  await has(theirs, "Đã nhận bản đang có hiệu lực");
  await theirs.goto(`${there}/forms`);
  await seen(theirs, "year");
  await end(other);

  step("by stick: a queue goes there, the receipts come back");
  await end(district);
  await correct(officer, base(), "27", false);
  await officer.goto(`${base()}/stick`);
  await seen(officer, "stick");
  const [download] = await Promise.all([officer.waitForEvent("download"), officer.getByRole("button", { name: "Ghi tệp hàng đợi" }).click()]);
  const queue = join(WORK, "queue");
  await download.saveAs(queue);
  program("gom-server", "district", ["import-queue", queue, "--receipts", join(WORK, "answers")]);
  await officer.setInputFiles('input[type="file"]', join(WORK, "answers"));
  await officer.getByRole("button", { name: "Nhận biên nhận" }).click();
  await has(officer, "1 được nhận");
  writeFileSync(join(WORK, "no-answers"), "<script>alert(1)</script>");
  await officer.goto(`${base()}/stick`);
  await officer.setInputFiles('input[type="file"]', join(WORK, "no-answers"));
  await officer.getByRole("button", { name: "Nhận biên nhận" }).click();
  await has(officer, "Chưa làm được");
  await seen(officer, "failed");

  step("with the keyboard alone: from the last figure onward");
  await officer.goto(`${base()}/forms/society/2024-04`);
  const figures = ["24", "7", "13400", "3", "11", "2", "1"];
  for (const [nth, figure] of figures.slice(0, -1).entries()) await cells.nth(nth).fill(figure);
  await has(officer, "để trống", "form");
  await cells.nth(figures.length - 1).focus();
  await officer.keyboard.type(figures.at(-1));
  await officer.keyboard.press("Tab");
  await has(officer, "Đã lưu trên máy này", "#saved");
  await officer.waitForTimeout(800);
  assert.equal(await officer.evaluate(() => document.activeElement.textContent), "Xem lại và nộp →");

  step("another page, a foreign name, and hostile words do nothing");
  const evil = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<form method="post" action="${base()}/settings/name"><input name="name" value="evil"></form><iframe src="${base()}/"></iframe>
      <script>fetch("${base()}/").then(() => { window.read = true }, () => { window.read = false }); document.forms[0].target = "_top"; setTimeout(() => document.forms[0].submit(), 500)</script>`);
  });
  await new Promise((resolve) => evil.listen(0, "127.0.0.1", resolve));
  const visitor = await officers.newPage();
  await visitor.goto(`http://127.0.0.1:${evil.address().port}/`);
  await visitor.waitForFunction(() => window.read !== undefined);
  assert.equal(await visitor.evaluate(() => window.read), false, "another page reads nothing");
  await visitor.waitForURL((url) => url.port === new URL(base()).port);
  assert.match(await visitor.locator("body").innerText(), /not sent by a page of this program/);
  await officer.goto(`${base()}/settings`);
  assert.notEqual(await officer.getByLabel("Họ và tên").inputValue(), "evil");
  assert.equal(await officer.evaluate(() => window.hacked), undefined);
  assert.equal(await leader.evaluate(() => window.hacked), undefined);
  evil.close();
  await visitor.close();

  step("both languages, dark, on a phone, without a script, on paper");
  district = await begin("gom-server", "district", again, 2);
  const state = await officers.storageState();
  for (const [name, options, lang] of [
    ["dark", { colorScheme: "dark" }, "en"],
    ["phone", { viewport: { width: 390, height: 844 } }, "vi"],
    ["phone-dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }, "en"],
    ["no-script", { javaScriptEnabled: false }, "vi"],
  ]) {
    const eyes = await context(options);
    const page = await eyes.newPage();
    await page.goto(`${pages}/login?to=/&lang=${lang}`);
    await page.locator('input[name="name"]').fill("lanhdao");
    await page.locator('input[name="password"]').fill(PASSWORD);
    await page.locator('main button[type="submit"]').click();
    const at = await context({ ...options, storageState: state });
    const sheet = await at.newPage();
    const looks = [
      [page, pages, { overview: "/?as_of=2024-05", target: "/targets/9a?as_of=2024-05", reported: "/reported?as_of=2024-05", report: "/reports/hoa-an/society/2024-05", unit: "/units/hoa-an" }],
      [sheet, base(), { "to-do": "/", sheet: form, receipts: "/receipts", year: "/forms", conflicts: "/conflicts", stick: "/stick", settings: "/settings" }],
    ];
    for (const [eye, from, paths] of looks) {
      for (const [what, path] of Object.entries(paths)) {
        const answer = await eye.goto(`${from}${path}${path.includes("?") ? "&" : "?"}lang=${lang}`);
        assert.equal(answer.status(), 200, `${name} ${what}`);
        if (options.javaScriptEnabled === false) {
          assert.ok((await text(eye)).length > 20, `${name} ${what}`);
          continue;
        }
        assert.deepEqual(await eye.evaluate(sticksOut), [], `${name} ${what} is too wide`);
        await seen(eye, `${name}-${what}`);
      }
    }
    if (name === "no-script") {
      await sheet.goto(base() + form);
      await sheet.locator("input.figure").nth(0).fill("28");
      await sheet.getByRole("button", { name: "Lưu", exact: true }).click();
      await sheet.goto(base() + form);
      assert.equal(await sheet.locator("input.figure").nth(0).inputValue(), "28");
    }
    await eyes.close();
    await at.close();
  }
  await leader.goto(`${pages}/login`);
  await leader.locator('input[name="name"]').fill("lanhdao");
  await leader.locator('input[name="password"]').fill(PASSWORD);
  await leader.keyboard.press("Enter");
  await has(leader, "Tiến độ các chỉ tiêu");
  await leader.goto(`${pages}/?as_of=2024-05`);
  const paper = await leader.pdf({ format: "A4" });
  writeFileSync(join(SHOTS ?? WORK, "overview.pdf"), paper);
  const sheets = paper.toString("latin1").match(/\/Type \/Page\b/g).length;
  assert.ok(sheets <= 3, `${sheets} sheets of paper for one page`);

  step("a page weighs little");
  for (const [own, address] of [[leaders, `${pages}/?as_of=2024-05`], [officers, base() + form]]) {
    const fresh = await context({ storageState: await own.storageState() });
    const page = await fresh.newPage();
    const answers = [];
    page.on("response", (answer) => answers.push(answer));
    await page.goto(address, { waitUntil: "load" });
    const bodies = await Promise.all(answers.filter((answer) => !answer.url().endsWith("/live")).map((answer) => answer.body()));
    const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
    console.log(`${address.replace(/^.*:\d+/, "")}: ${(bytes / 1000).toFixed(1)} kB in ${bodies.length} parts, nothing left out`);
    assert.ok(bodies.length >= 3 && bytes <= 150_000, `${bytes} bytes`);
    await fresh.close();
  }
  step("by an encrypted line, as from another computer");
  await end(district);
  district = await begin("gom-server", "district", [...listen, "--tls"], 2);
  const encrypted = district.lines[1].split(" ")[1].replace(/\/$/, "");
  assert.match(encrypted, /^https:/);
  const distant = await context({ ignoreHTTPSErrors: true });
  const far = await distant.newPage();
  await far.goto(`${encrypted}/login`);
  assert.equal(await far.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol), "h2");
  await far.locator('input[name="name"]').fill("lanhdao");
  await far.locator('input[name="password"]').fill(PASSWORD);
  await far.keyboard.press("Enter");
  await has(far, "Tiến độ các chỉ tiêu");
  await distant.close();

  assert.deepEqual(errors, []);
  await browser.close();
  await end(screen);
  await end(district);
  program("gom-server", "district", ["verify"]);
  console.log(`${checked} pages looked at; none breaks a rule of accessibility`);
}

main().catch((error) => { console.error(error); process.exitCode = 1; }).finally(() => {
  for (const child of running) child.kill("SIGKILL");
  if (process.exitCode) process.exit(process.exitCode);
});
