-- put_code.sql: issuing a code, or noting who used it
insert into code (hash, unit, expires_ms, device)
values (:hash, :unit, :expires_ms, :device)
on conflict (hash) do update set device = excluded.device
