-- numbers are given without gaps, so what was sealed is counted by the last of each epoch
select coalesce(sum(sealed), 0)
  - (select count(*) from outbox)
  - (select count(*) from receipt where verdict != 'accepted' and operation not in (select moved.operation from moved))
  - (select count(*) from moved)
from (
  with recursive epoch (last) as (
    select max(id) from operation
    union all
    select (select max(id) from operation where id < last >> 40 << 40) from epoch where last is not null
  )
  select last & 0xffffffffff as sealed from epoch
)
