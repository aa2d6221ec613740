-- put_standing.sql: what stands from now on
insert into standing (period, form, unit, seq, last)
values (:period, :form, :unit, :seq, :last)
on conflict (period, form, unit) do update set seq = excluded.seq, last = excluded.last
