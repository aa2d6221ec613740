-- each_handed_in.sql: what bears on what stands, and no more, for books are read by the hundred thousand rows
select seq, unit, form, period, case when verdict = 0 and repeats is null then revision end as accepted, body
from submission
where seq <= :up_to
order by seq
