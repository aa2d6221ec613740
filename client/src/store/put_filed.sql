insert into filed (fingerprint, history, district_commit, at_ms, submission, programme_version, form, period, body,
                   by_district, verdict, ruling, device, epoch, sequence, seal)
values (:fingerprint, :history, :district_commit, :at_ms, :submission, :programme_version, :form, :period, :body,
        :by_district, :verdict, :ruling, :device, :epoch, :sequence, :seal)
on conflict (fingerprint) do update
set history = excluded.history,
    district_commit = excluded.district_commit,
    at_ms = excluded.at_ms,
    by_district = excluded.by_district,
    verdict = excluded.verdict,
    ruling = excluded.ruling,
    device = excluded.device,
    epoch = excluded.epoch,
    sequence = excluded.sequence,
    seal = excluded.seal
where filed.history != excluded.history
