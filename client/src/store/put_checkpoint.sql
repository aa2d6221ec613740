insert into checkpoint (history, district_commit, head, signature, told_ms)
values (:history, :district_commit, :head, :signature, :told_ms)
on conflict do nothing
