-- newest first, and never further back than the oldest that is queued: what was ruled on is not walked through
select *
from place
join operation on operation.id = (
  select id
  from operation as own
  join outbox on outbox.operation = own.id
  where own.place = place.id
    and own.id >= (select min(operation) from outbox)
  order by own.id desc
  limit 1
)
left join receipt on receipt.operation = operation.id
order by operation.id
