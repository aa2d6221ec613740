insert into prior (kind, year, bytes)
values (:kind, :year, :bytes)
on conflict (kind, year) do update set bytes = excluded.bytes
