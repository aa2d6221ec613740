-- told again alike, a receipt keeps the sheet that it came on
insert into receipt (operation, district_commit, at_ms, verdict, ruling, sheet, history)
values (:operation, :district_commit, :at_ms, :verdict, :ruling, :sheet, :history)
on conflict (operation) do update
set district_commit = excluded.district_commit,
    at_ms = excluded.at_ms,
    verdict = excluded.verdict,
    ruling = excluded.ruling,
    sheet = coalesce(
      excluded.sheet,
      case when district_commit = excluded.district_commit and ruling = excluded.ruling then receipt.sheet end
    ),
    history = excluded.history
where district_commit != excluded.district_commit
   or ruling != excluded.ruling
   or receipt.history is not excluded.history
