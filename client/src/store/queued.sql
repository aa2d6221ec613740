select *
from outbox
join operation on operation.id = outbox.operation
join place on place.id = operation.place
left join receipt on receipt.operation = operation.id
order by operation.id
