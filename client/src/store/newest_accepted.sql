-- newest first, and from the newest that was ruled on: what is queued behind it is not walked through
select *
from place
join operation on operation.id = (
  select id
  from operation as own
  join receipt as ruled on ruled.operation = own.id
  where own.place = place.id
    and own.id <= (select max(operation) from receipt)
    and ruled.verdict = 'accepted'
    and own.id not in (select moved.operation from moved)
  order by own.id desc
  limit 1
)
join receipt on receipt.operation = operation.id
order by operation.id
