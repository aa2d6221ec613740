-- put_authority.sql: a new authority, or one that is retired
insert into authority (number, key, certificate, made_ms, retired_ms)
values (:number, :key, :certificate, :made_ms, :retired_ms)
on conflict (number) do update set retired_ms = excluded.retired_ms
