insert into receipt (operation, district_commit, at_ms, verdict, ruling)
values (:operation, :district_commit, :at_ms, :verdict, :ruling)
on conflict (operation) do update
set district_commit = excluded.district_commit,
    at_ms = excluded.at_ms,
    verdict = excluded.verdict,
    ruling = excluded.ruling
where district_commit != excluded.district_commit
   or ruling != excluded.ruling
